"""`towpath.yaml`: what it says, and every mistake at its line."""

from __future__ import annotations

import pytest

from towpath.errors import Place, TowpathError
from towpath.pipeline import Pipeline, name_fault, parse_pipeline

COMPLETE = b"""\
environments: [development, staging, production]
digests: required
forge: local
repository:
  url: ssh://git@git.example.org/shop.git
  branch: trunk
registries:
  allowed: [ghcr.io, docker.io]
  own: [ghcr.io/example]
  mirrors:
    ghcr.io: http://127.0.0.1:5000
"""


def test_a_complete_pipeline() -> None:
    """Every key is read, in the order of the file."""
    found = parse_pipeline(COMPLETE)
    assert found == Pipeline(
        environments=("development", "staging", "production"),
        digests_required=True,
        allowed_registries=("ghcr.io", "docker.io"),
        mirrors={"ghcr.io": "http://127.0.0.1:5000"},
        mirror_places={"ghcr.io": Place("towpath.yaml", 11, 14)},
        own_builds=("ghcr.io/example",),
        repository="ssh://git@git.example.org/shop.git",
        branch="trunk",
        forge="local",
        environments_place=Place("towpath.yaml", 1, 15),
    )


def test_a_short_pipeline() -> None:
    """Only environments are needed; digests are optional then, and every registry is allowed."""
    found = parse_pipeline(b"environments: [production]\n")
    assert (found.environments, found.digests_required, found.allowed_registries) == (
        ("production",),
        False,
        (),
    )
    assert (found.repository, found.branch, dict(found.mirrors)) == ("", "main", {})


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        pytest.param("", 0, "no environments are named", id="empty"),
        pytest.param("# nothing\n", 0, "no environments are named", id="comment-only"),
        pytest.param("[a]\n", 1, "the file is no mapping", id="list"),
        pytest.param("environments: []\n", 1, "no environments are named", id="no-environments"),
        pytest.param("environments: a\n", 1, "environments is no list", id="environments-are-text"),
        pytest.param("environments: [a, 5]\n", 1, "an item of environments is no text", id="number"),
        pytest.param("environments: [a, b, a]\n", 1, "the environment `a` is named twice", id="twice"),
        pytest.param("environments: [a]\nenviroments: [b]\n", 2, "unknown key `enviroments`", id="misspelt"),
        pytest.param("environments: [a]\nenvironments: [b]\n", 2, "environments", id="c05-key-twice"),
        pytest.param("environments: [a]\ndigests: always\n", 2, "digests is `always`", id="choice"),
        pytest.param("environments: [a]\nforge: gitcafe\n", 2, "forge is `gitcafe`", id="forge"),
        pytest.param(
            "environments: [a]\ntoken: x\n", 2, "`token` looks like a credential", id="p11-credential"
        ),
        pytest.param(
            "environments: [a]\nregistries:\n  password: x\n",
            3,
            "`password` looks like a credential",
            id="p11-nested",
        ),
        pytest.param(
            "environments: [a]\nrepository:\n  url: https://bob:hunter2@git.example.org/x\n",
            3,
            "url holds a credential (it is not shown)",
            id="p11-in-a-url",
        ),
        pytest.param(
            "environments: [a]\nrepository:\n  url: https://hunter2@git.example.org/x\n",
            3,
            "url holds a credential",
            id="p11-token-in-a-url",
        ),
        pytest.param(
            "environments: [a]\nregistries:\n  mirrors:\n    ghcr.io: http://bob:hunter2@mirror\n",
            4,
            "the mirror of ghcr.io holds a credential",
            id="p11-in-a-mirror",
        ),
        pytest.param(
            "environments: [a]\nregistries:\n  mirrors:\n    token.example.org: http://bob:hunter2@mirror\n",
            4,
            "the mirror of token.example.org holds a credential",
            id="p11-in-a-mirror-of-such-a-host",
        ),
        pytest.param(
            "environments: [a]\nregistries:\n  mirrors:\n    token: hunter2\n",
            4,
            "`token` looks like a credential",
            id="p11-no-host",
        ),
        pytest.param(
            "environments: [a]\nregistries:\n  mirrors:\n    bob:hunter2@ghcr.io: http://mirror\n",
            4,
            "a host of mirrors holds a credential (it is not shown)",
            id="p11-before-a-host",
        ),
        pytest.param("environments: [a]\nregistries: x\n", 2, "registries is no mapping", id="registries"),
        pytest.param("environments: [a]\nregistries:\n  allowed: x\n", 3, "allowed is no list", id="allowed"),
        pytest.param(
            "environments: [a]\nregistries:\n  mirrors:\n    x: 5\n",
            4,
            "the mirror of x is no text",
            id="mirror",
        ),
    ],
)
def test_mistakes(text: str, line: int, words: str) -> None:
    """Each has its line, and a credential is never repeated."""
    with pytest.raises(TowpathError) as caught:
        parse_pipeline(text.encode())
    problem = next(each for each in caught.value.problems if words in each.what)
    assert (problem.place.file, problem.place.line) == ("towpath.yaml", line)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "host",
    [
        pytest.param("token.example.org", id="token"),
        pytest.param("registry.secrets.example", id="secret"),
        pytest.param("apikey:5000", id="with-a-port"),
    ],
)
def test_a_host_is_no_credential(host: str) -> None:
    """Whatever the name of a registry's host, it can have a mirror."""
    text = f'environments: [a]\nregistries:\n  mirrors:\n    "{host}": http://127.0.0.1:5000\n'
    assert parse_pipeline(text.encode()).mirrors == {host: "http://127.0.0.1:5000"}


def test_a_near_miss_is_suggested() -> None:
    """A misspelt key comes with the one that is meant."""
    with pytest.raises(TowpathError) as caught:
        parse_pipeline(b"environments: [a]\nregistries: {alowed: [x]}\n")
    assert [each.remedy for each in caught.value.problems] == ["did you mean `allowed`?"]


def test_all_mistakes_at_once() -> None:
    """One run shows everything that is wrong, each once."""
    with pytest.raises(TowpathError) as caught:
        parse_pipeline(b"environments: [5, 6, A]\ndigests: x\nfoo: 1\n")
    assert [each.place.line for each in caught.value.problems] == [1, 1, 1, 2, 3]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        pytest.param("production", "", id="plain"),
        pytest.param("eu-1", "", id="dash-and-digit"),
        pytest.param("a" * 63, "", id="63"),
        pytest.param("a" * 64, "lower-case", id="64"),
        pytest.param("", "lower-case", id="empty"),
        pytest.param("PROD", "lower-case", id="upper-case"),
        pytest.param("-a", "lower-case", id="leading-dash"),
        pytest.param("a-", "lower-case", id="trailing-dash"),
        pytest.param("..", "lower-case", id="dots"),
        pytest.param("a/b", "lower-case", id="slash"),
        pytest.param("a.b", "lower-case", id="dot"),
        pytest.param("a\n", "lower-case", id="newline"),
        pytest.param("рrod", "lower-case", id="cyrillic"),
        pytest.param("ｐrod", "lower-case", id="fullwidth"),
        pytest.param("pr\u200bod", "lower-case", id="zero-width-space"),
        pytest.param("\u202eprod", "lower-case", id="right-to-left"),
        pytest.param("@", "lower-case", id="at"),
        pytest.param("con", "a device", id="device"),
        pytest.param("nul", "a device", id="other-device"),
        pytest.param("argocd", "Towpath uses it itself", id="argocd"),
        pytest.param("defaults", "Towpath uses it itself", id="defaults"),
        pytest.param("cluster", "Towpath uses it itself", id="cluster"),
        pytest.param("root", "Towpath uses it itself", id="root"),
    ],
)
def test_p14_names(name: str, words: str) -> None:
    """Names are lower-case ASCII, no devices, and none of Towpath's own."""
    assert words in name_fault(name)
    assert bool(words) == bool(name_fault(name))
