"""Image references: the whole grammar, one spelling for one image, no name that passes for another host."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from towpath.errors import Place, TowpathError
from towpath.images.reference import (
    ImageReference,
    digest_problem,
    parse_reference,
    repository_problem,
    tag_problem,
)

DIGEST = f"sha256:{'0123456789abcdef' * 4}"
PLACE = Place("envs/staging/pms.images.yaml", 3, 17)


@pytest.mark.parametrize(
    ("text", "repository", "tag", "digest"),
    [
        pytest.param("nginx", "docker.io/library/nginx", "", "", id="official"),
        pytest.param("library/nginx", "docker.io/library/nginx", "", "", id="official-half"),
        pytest.param("docker.io/nginx", "docker.io/library/nginx", "", "", id="official-host"),
        pytest.param("docker.io/library/nginx:1", "docker.io/library/nginx", "1", "", id="official-in-full"),
        pytest.param("index.docker.io/nginx", "docker.io/library/nginx", "", "", id="old-hub-name"),
        pytest.param("minio/mc", "docker.io/minio/mc", "", "", id="hub-organisation"),
        pytest.param("host:5000/x", "host:5000/x", "", "", id="port-without-dot"),
        pytest.param("host:5000", "docker.io/library/host", "5000", "", id="no-slash-so-it-is-a-tag"),
        pytest.param("localhost/x", "localhost/x", "", "", id="localhost"),
        pytest.param("localhost:5000/x/y:z", "localhost:5000/x/y", "z", "", id="localhost-port"),
        pytest.param("127.0.0.1:5000/x", "127.0.0.1:5000/x", "", "", id="ipv4"),
        pytest.param("[::1]:5000/x:1", "[::1]:5000/x", "1", "", id="ipv6"),
        pytest.param("[2001:db8::1]/x", "[2001:db8::1]/x", "", "", id="ipv6-without-port"),
        pytest.param(f"ghcr.io/x:1@{DIGEST}", "ghcr.io/x", "1", DIGEST, id="tag-and-digest"),
        pytest.param(f"ghcr.io/x@{DIGEST}", "ghcr.io/x", "", DIGEST, id="digest-only"),
        pytest.param("ghcr.io/x:_a_B-1.2", "ghcr.io/x", "_a_B-1.2", "", id="tag-with-underscores"),
        pytest.param("ghcr.io/a.b/c__d/e---f:0755", "ghcr.io/a.b/c__d/e---f", "0755", "", id="separators"),
        pytest.param("r:80/x", "r:80/x", "", "", id="port-80-is-not-the-https-port"),
    ],
)
def test_e21_one_image_has_one_spelling(text: str, repository: str, tag: str, digest: str) -> None:
    """Every spelling of an image gives the same repository in full, and the parts stay apart."""
    reference = parse_reference(text)
    assert reference == ImageReference(repository, tag, digest)
    assert f"{reference.registry}/{reference.path}" == repository
    assert parse_reference(str(reference)) == reference


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("ghcr.io@evil/x", "no digest follows", id="userinfo-host"),
        pytest.param("ghcr.io:x@evil.example/x:1", "no digest follows", id="userinfo-password"),
        pytest.param(f"ghcr.io@evil/x@{DIGEST}", "no digest follows", id="userinfo-and-digest"),
        pytest.param("ghcr.io:443/x", "another registry than `ghcr.io`", id="standard-port"),
        pytest.param("ghcr.io:0443/x", "the port `0443`", id="port-leading-zero"),
        pytest.param("ghcr.io:65536/x", "the port `65536`", id="port-too-large"),
        pytest.param("ghcr.io:/x", "the port ``", id="port-empty"),
        pytest.param("ghcr.io:80:80/x", "the port `80:80`", id="two-ports"),
        pytest.param("ghcr.io:http/x", "the port `http`", id="port-word"),
        pytest.param("ghcr.io./x", "the registry host `ghcr.io.`", id="trailing-dot"),
        pytest.param("ghcr..io/x", "the registry host `ghcr..io`", id="double-dot"),
        pytest.param("-ghcr.io/x", "the registry host `-ghcr.io`", id="leading-hyphen"),
        pytest.param("gh_cr.io/x", "the registry host `gh_cr.io`", id="underscore-host"),
        pytest.param("xn--ghr-nla.io/x", "internationalised registry host", id="punycode"),
        pytest.param("gh\u0441r.io/x", "not ASCII (U+0441) at character 3", id="cyrillic"),
        pytest.param("\uff47hcr.io/x", "not ASCII (U+FF47)", id="fullwidth"),
        pytest.param("ghcr.io/x\u202e", "not ASCII (U+202E)", id="right-to-left"),
        pytest.param("ghcr.io/\u200bx", "not ASCII (U+200B)", id="zero-width"),
        pytest.param("127.1/x", "half an address", id="short-ipv4"),
        pytest.param("2130706433:5000/x", "half an address", id="ipv4-as-one-number"),
        pytest.param("0x7f.0.0.1/x", "half an address", id="hex-ipv4"),
        pytest.param("127.0.0.01/x", "half an address", id="octal-ipv4"),
        pytest.param("256.0.0.1/x", "half an address", id="ipv4-out-of-range"),
        pytest.param("[::01]/x", "the registry host `[::01]`", id="ipv6-long-form"),
        pytest.param("[fe80::1%eth0]/x", "the registry host", id="ipv6-zone"),
        pytest.param("[::1]x/y", "the registry host", id="ipv6-with-tail"),
        pytest.param("[::1/y", "the registry host", id="ipv6-open"),
        pytest.param(f"{'a' * 64}.io/x", "the registry host", id="label-too-long"),
        pytest.param(f"{'a.' * 126}io/x", "a repository of 256 characters", id="host-too-long"),
        pytest.param("Ghcr.io/x", "write `ghcr.io/x`", id="upper-case-host"),
        pytest.param("ghcr.io/Example/x", "write `ghcr.io/example/x`", id="upper-case-path"),
        pytest.param("ghcr.io/x ", "white space (U+0020) at character 10", id="trailing-space"),
        pytest.param("ghcr.io/x\n", "white space (U+000A) at character 10", id="newline"),
        pytest.param("ghcr.io/\x1b[31mx", "control character (U+001B) at character 9", id="escape"),
        pytest.param("ghcr.io/x\x00", "control character (U+0000)", id="nul"),
        pytest.param("http://ghcr.io/x", "starts with a scheme", id="http"),
        pytest.param("DOCKER://ghcr.io/x", "starts with a scheme", id="docker-scheme"),
        pytest.param("", "is empty", id="empty"),
        pytest.param(":1", "names no repository", id="tag-alone"),
        pytest.param(f"@{DIGEST}", "names no repository", id="digest-alone"),
        pytest.param("ghcr.io//x", "empty part in its path", id="double-slash"),
        pytest.param("ghcr.io/x/", "empty part in its path", id="trailing-slash"),
        pytest.param("/x", "empty part in its path", id="leading-slash"),
        pytest.param("ghcr.io/x:1:2", "more than one `:`", id="two-tags"),
        pytest.param("ghcr.io/a..b", "the path part `a..b`", id="double-dot-path"),
        pytest.param("ghcr.io/../x", "the path part `..`", id="parent"),
        pytest.param("ghcr.io/a___b", "the path part `a___b`", id="three-underscores"),
        pytest.param("ghcr.io/-a", "the path part `-a`", id="path-leading-hyphen"),
        pytest.param("ghcr.io/a?b", "the path part `a?b`", id="query"),
        pytest.param(f"ghcr.io/{'a' * 255}", "a repository of 263 characters", id="too-long"),
        pytest.param("ab" * 32, "an image id", id="image-id"),
        pytest.param("ghcr.io/x:", "has an empty tag", id="empty-tag"),
        pytest.param("ghcr.io/x:.a", "has the tag `.a`", id="tag-leading-dot"),
        pytest.param("ghcr.io/x:a+b", "has the tag `a+b`", id="tag-plus"),
        pytest.param(f"ghcr.io/x:{'a' * 129}", "has the tag", id="tag-too-long"),
        pytest.param("ghcr.io/x@", "no digest follows", id="empty-digest"),
        pytest.param("ghcr.io/x@sha256:", "has no hex digits in its digest", id="digest-without-digits"),
        pytest.param("ghcr.io/x@sha256:abc", "has 3 hex digits in its digest", id="digest-short"),
        pytest.param(f"ghcr.io/x@{DIGEST}0", "has 65 hex digits", id="digest-long"),
        pytest.param(f"ghcr.io/x@{DIGEST[:-1]}g", "characters that are no hex digits", id="digest-no-hex"),
        pytest.param(f"ghcr.io/x@{DIGEST[:-1]}F", "upper-case letters", id="digest-upper-case"),
        pytest.param(f"ghcr.io/x@sha512:{'0' * 128}", "the algorithm `sha512`", id="digest-sha512"),
        pytest.param(f"ghcr.io/x@SHA256:{'0' * 64}", "the algorithm `SHA256`", id="digest-upper-algorithm"),
    ],
)
def test_p18_a_reference_that_could_mislead_is_refused(text: str, message: str) -> None:
    """The message names the fault, the form and what to do, in one line of plain ASCII each."""
    with pytest.raises(TowpathError) as caught:
        parse_reference(text, place=PLACE)
    (problem,) = caught.value.problems
    assert message in f"{problem.what}; {problem.remedy}"
    assert problem.place == PLACE
    assert problem.expected
    assert problem.remedy
    assert problem.rule == "images.reference"
    assert re.fullmatch(r"[ -~]+", problem.what)


def test_p18_a_host_that_starts_like_another_is_its_own_registry() -> None:
    """An allow-list that compares `registry` sees the host that would be contacted."""
    assert parse_reference("ghcr.io.evil.com/example/x:1").registry == "ghcr.io.evil.com"
    assert parse_reference("evil/ghcr.io/x").registry == "docker.io"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("robot:hunter2@ghcr.io/x", id="before-a-path"),
        pytest.param("https://robot:hunter2@ghcr.io/x:1", id="in-a-web-address"),
        pytest.param("robot:hunter2@ghcr.io:5000", id="before-a-port"),
        pytest.param("robot:hunter2+@ghcr.io", id="no-tag-either"),
        pytest.param(f"robot:hunter2@ghcr.io/x@{DIGEST}", id="before-a-digest"),
        pytest.param("robot:hunter2@ghcr.io/x ", id="with-another-fault"),
        pytest.param("robot:hunter2@md5:1/x", id="digest-like-host"),
    ],
)
def test_p11_a_password_in_a_reference_is_not_repeated(text: str) -> None:
    """What stands before an `@` never reaches a message."""
    with pytest.raises(TowpathError) as caught:
        parse_reference(text)
    assert "hunter2" not in f"{caught.value}{caught.value!r}"


def test_all_faults_of_a_reference_are_reported_at_once() -> None:
    """A wrong port, path, tag and digest give four problems."""
    with pytest.raises(TowpathError) as caught:
        parse_reference("ghcr.io:0/a..b:-x@sha256:12")
    assert len(caught.value.problems) == 4


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(":2", ImageReference("ghcr.io/x", "2"), id="tag"),
        pytest.param(f"@{DIGEST}", ImageReference("ghcr.io/x", "", DIGEST), id="digest"),
        pytest.param(f":2@{DIGEST}", ImageReference("ghcr.io/x", "2", DIGEST), id="both"),
        pytest.param("y:2", ImageReference("docker.io/library/y", "2"), id="another-repository"),
    ],
)
def test_e22_a_tag_alone_keeps_registry_and_repository(text: str, expected: ImageReference) -> None:
    """Only what the text names changes."""
    assert parse_reference(text, repository="ghcr.io/x") == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("nginx", "write `docker.io/library/nginx`", id="not-in-full"),
        pytest.param("index.docker.io/library/nginx", "write `docker.io/library/nginx`", id="old-hub-name"),
        pytest.param("ghcr.io/x:1", "more than a repository", id="with-tag"),
        pytest.param(f"ghcr.io/x@{DIGEST}", "more than a repository", id="with-digest"),
        pytest.param("", "is empty", id="empty"),
        pytest.param("ghcr.io/X", "upper-case", id="upper-case"),
    ],
)
def test_e21_a_repository_must_stand_in_full(text: str, message: str) -> None:
    """A pin holds one spelling only."""
    problem = repository_problem(text, PLACE)
    assert problem is not None
    assert message in f"{problem.what} {problem.remedy}"
    assert repository_problem("docker.io/library/nginx") is None


def test_parts_are_checked_on_their_own() -> None:
    """A tag and a digest can be checked without a repository."""
    assert tag_problem("1.0") is None
    assert digest_problem(DIGEST) is None
    assert "the tag `a b` has characters that no tag has" in str(tag_problem("a b", PLACE))
    assert digest_problem(f"{DIGEST}\n") is not None


_COMPONENT = st.from_regex(r"[a-z0-9]{1,8}((\.|_|__|-{1,3})[a-z0-9]{1,8}){0,2}", fullmatch=True)
_HOST = st.from_regex(r"[a-z][a-z0-9]{0,8}(\.[a-z]{2,5}){1,2}(:[1-9][0-9]{0,3})?", fullmatch=True).filter(
    lambda host: not host.endswith(":443") and host != "index.docker.io" and "xn--" not in host
)
_REFERENCE = st.builds(
    ImageReference,
    st.builds(lambda *parts: "/".join(parts), _HOST, _COMPONENT, _COMPONENT),
    st.just("") | st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}", fullmatch=True),
    st.just("") | st.from_regex(r"sha256:[0-9a-f]{64}", fullmatch=True),
)


@given(_REFERENCE)
@settings(max_examples=100, deadline=None)
def test_every_canonical_reference_is_its_own_text(reference: ImageReference) -> None:
    """Parsing what `str` gives returns the same value."""
    assert parse_reference(str(reference)) == reference


@given(st.text(max_size=60) | st.text("abX0.:/@_-[]~ sh256", max_size=60))
@example("a@b:c")
@settings(max_examples=300, deadline=None)
def test_p18_any_text_is_canonical_or_refused(text: str) -> None:
    """No text gives anything but a problem or a value that is stable, lower-case and in full."""
    try:
        reference = parse_reference(text)
    except TowpathError:
        return
    assert parse_reference(str(reference)) == reference
    assert reference.repository == reference.repository.lower()
    assert repository_problem(reference.repository) is None
    assert str(reference).isascii()
