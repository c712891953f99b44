"""Settings explained: their paths as people write them, what is hidden, what is known of each."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.settings.sample import Shop, load
from towpath.errors import UsageError
from towpath.settings.explanation import (
    HIDDEN,
    about,
    covered,
    find_path,
    group_at,
    parse_path,
    settings_below,
    value_text,
)
from towpath.settings.messages import dotted

TEXT = """\
domain: shop.example
hosts: [a.example, b.example]
backend:
  image: web
  env: {LOG: verbose, "API_TOKEN": ""}
database: {mode: external, host: db.example, password: "app#db"}
labels: {"example.com/team": shop}
"""

_MEASURES = ("cpu", "memory", "ephemeral_storage")


def _text(path: str, *texts: str) -> str:
    loaded = load(*(texts or (TEXT,)))
    [found] = settings_below(loaded, find_path(loaded, path, "it"), Shop)
    return found.text


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        pytest.param("", (), id="nothing"),
        pytest.param("backend.replicas", ("backend", "replicas"), id="names"),
        pytest.param("hosts[0]", ("hosts", "0"), id="an-index"),
        pytest.param("hosts.0", ("hosts", "0"), id="an-index-with-a-dot"),
        pytest.param('labels["a.b/c"]', ("labels", "a.b/c"), id="a-key-in-quotes"),
        pytest.param("labels[a.b/c]", ("labels", "a.b/c"), id="a-key-without"),
        pytest.param("spec.containers[web].env", ("spec", "containers", "web", "env"), id="a-member-by-name"),
    ],
)
def test_paths(text: str, parts: tuple[str, ...]) -> None:
    """Both forms of an index and of a key are read."""
    assert parse_path(text) == parts


@pytest.mark.parametrize("text", ["a..b", ".a", "a[", "a b", "a.", "a[]", 'a["\\x"]', "\x1b[31m"])
def test_no_paths(text: str) -> None:
    """What is no path is a mistake on the command line, shown without control characters."""
    with pytest.raises(UsageError, match="is no path") as caught:
        parse_path(text)
    assert "\x1b" not in str(caught.value)


@given(
    st.lists(st.one_of(st.integers(0, 99), st.text(min_size=1)), min_size=1).filter(
        lambda path: isinstance(path[0], str)
    )
)
def test_paths_are_read_as_they_are_written(path: list[str | int]) -> None:
    """Every path that a message shows can be given back."""
    assert parse_path(dotted(tuple(path))) == tuple(map(str, path))


@pytest.mark.parametrize(
    ("path", "words"),
    [
        pytest.param(
            "backend.replcas", ["one of image, port, replicas", "did you mean `backend.replicas`?"], id="slip"
        ),
        pytest.param("bckend", ["one of domain, hosts", "did you mean `backend`?"], id="slip-at-the-top"),
        pytest.param("hosts[2]", ["one of 0, 1 after hosts"], id="beyond-a-list"),
        pytest.param(
            "jwt_secret.key", ["jwt_secret is null in it, so there is nothing below it"], id="below-null"
        ),
        pytest.param("domain.x", ["domain is shop.example in it"], id="below-a-value"),
    ],
)
def test_unknown_paths(path: str, words: list[str]) -> None:
    """The message says what there is, and what was probably meant."""
    with pytest.raises(UsageError) as caught:
        find_path(load(TEXT), path, "it")
    for word in words:
        assert word in str(caught.value)


def test_settings_below_a_path() -> None:
    """A group is listed in the order of the model, with what each overrode."""
    loaded = load("domain: a.example\nbackend: {image: web, replicas: 3}\n", "backend: {replicas: 4}\n")
    found = settings_below(loaded, ("backend",), Shop)
    assert [each.name for each in found][:3] == ["backend.image", "backend.port", "backend.replicas"]
    [replicas] = [each for each in found if each.name == "backend.replicas"]
    assert replicas.origin.layer == "production"
    assert [each.value for each in replicas.origin.overridden] == [3, 2]


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        pytest.param("database.password", '"app#db"', id="a-reference"),
        pytest.param("backend.env.LOG", "verbose", id="a-variable"),
        pytest.param("backend.env.API_TOKEN", '""', id="an-empty-one"),
        pytest.param("jwt_secret", "null", id="none"),
    ],
)
def test_what_is_shown(path: str, shown: str) -> None:
    """References and what holds nothing are no secrets."""
    assert _text(path) == shown


def test_what_is_hidden() -> None:
    """Plain text under the name of a secret is not shown, and neither is what a lower layer said."""
    texts = ("domain: a.example\nlabels: {session_token: hunter2}\n", "labels: {session_token: hunter3}\n")
    loaded = load(*texts)
    [found] = settings_below(loaded, ("labels", "session_token"), Shop)
    assert found.hidden
    assert found.text == HIDDEN
    assert "hunter" not in found.text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        pytest.param(None, "null", id="null"),
        pytest.param(True, "true", id="true"),
        pytest.param("true", '"true"', id="text-that-looks-like-true"),
        pytest.param("1", '"1"', id="text-that-looks-like-a-number"),
        pytest.param([1, "a"], "[1, a]", id="a-list"),
        pytest.param({"a": []}, "{a: []}", id="a-mapping"),
        pytest.param("a\nb", "'a\\nb'", id="lines"),
        pytest.param("\u202e", "'\\u202e'", id="a-direction"),
    ],
)
def test_values(value: object, text: str) -> None:
    """Values stand as in YAML, on one line, with nothing in them that a terminal obeys."""
    assert value_text(value) == text


@pytest.mark.parametrize(
    ("path", "expected", "optional", "default"),
    [
        pytest.param(("backend", "replicas"), "a whole number from 1 to 50", False, (1,), id="bounds"),
        pytest.param(("jwt_secret",), "a reference <key>#<property>", True, (None,), id="optional"),
        pytest.param(("log_level",), "'debug', 'info' or 'error'", False, ("info",), id="a-choice"),
        pytest.param(("hosts", 1), "a host name in lower case", False, (), id="an-element"),
        pytest.param(("backend", "env", "LOG"), "text", False, (), id="a-free-key"),
        pytest.param(("database", "host"), "a host name", False, (), id="a-member-of-a-union"),
        pytest.param(("domain",), "a host name", False, (), id="required"),
    ],
)
def test_about(path: tuple[Any, ...], expected: str, optional: bool, default: tuple[object, ...]) -> None:
    """What may stand there is said in the words of messages."""
    found = about(Shop, load(TEXT).value, path)
    assert found.expected.startswith(expected)
    assert (found.optional, found.default) == (optional, default)


def test_documentation() -> None:
    """The string below a field is what is known about it."""
    found = about(Shop, load(TEXT).value, ("backend", "probe", "start_period"))
    assert found.documentation == "For how long failures do not count while the container starts."


@pytest.mark.parametrize(
    ("model", "field", "paths"),
    [
        pytest.param((), "domain", [("domain",)], id="a-value"),
        pytest.param((), "hosts", [("hosts", 0), ("hosts", 1)], id="a-list"),
        pytest.param((), "backend", [], id="a-model-that-is-always-there"),
        pytest.param((), "jwt_secret", [("jwt_secret",)], id="one-that-is-not-there"),
        pytest.param(("backend",), "env", [("backend", "env", "LOG"), ("backend", "env", "API_TOKEN")], id="a-mapping"),
        pytest.param(
            ("backend", "resources"), "**",
            [("backend", "resources", kind, name) for kind in ("requests", "limits") for name in _MEASURES],
            id="everything-below",
        ),
        pytest.param(
            ("database",), "*", [("database", name) for name in ("mode", "host", "password")], id="all-of-a-model"
        ),
    ],
)  # fmt: skip
def test_what_a_read_is_about(model: tuple[str, ...], field: str, paths: list[tuple[str | int, ...]]) -> None:
    """A read of a field is about the settings in it, less those of models, which are read one by one."""
    assert list(covered(load(TEXT).value, model, field, whole="*", deep="**")) == paths


def test_a_group_as_one() -> None:
    """It is there, from where the first of it came."""
    found = group_at(load(TEXT), ("hosts",))
    assert (found.name, found.text, found.origin.place.line) == ("hosts", "(2 of them)", 2)
    assert group_at(load(TEXT), ("backend",)).text == "(set)"
