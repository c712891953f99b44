"""Registries that lie, babble, stall or send the client away: each gives one error that says what to do."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import socket
import time
from typing import TYPE_CHECKING, Any

import pytest

from scripts.example_images import digest_of
from tests.registry.scripted import (
    BACKEND,
    BASE,
    INDEX,
    MANIFEST,
    TAG_PATH,
    FakeClock,
    Reply,
    Request,
    pages,
    serve,
)
from towpath.images.reference import ImageReference
from towpath.registry.client import HttpRegistry
from towpath.registry.fetch import Limits
from towpath.registry.mirrors import parse_mirrors
from towpath.registry.port import Fault, RegistryError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from towpath.registry.port import ResolvedImage

REFERENCE = ImageReference("ghcr.io/example/pms-backend", "1.0.0")
BY_DIGEST = ImageReference("ghcr.io/example/pms-backend", "", BACKEND.digest)
DIGEST_PATH = f"{BASE}/manifests/{BACKEND.digest}"
AMD64 = BACKEND.manifests[0]
AMD64_PATH = f"{BASE}/manifests/{digest_of(AMD64)}"
CONFIG = BACKEND.blobs[1]
CONFIG_PATH = f"{BASE}/blobs/{digest_of(CONFIG)}"
QUICK = Limits(total=20.0, step=10.0, attempts=1)
SPACED = BACKEND.index + b" "
_GOOD: dict[str, Any] = json.loads(AMD64)
_GOOD_INDEX: dict[str, Any] = json.loads(BACKEND.index)


def _resolve(
    respond: Mapping[str, Reply] | Callable[[Request], Reply],
    reference: ImageReference = REFERENCE,
    limits: Limits = QUICK,
) -> ResolvedImage:
    with serve(respond) as server:
        return HttpRegistry(server.mirrors, limits=limits, clock=FakeClock()).resolve(reference)


def _index(*, replace: bytes = b"", by: bytes = b"") -> Reply:
    """Return the index with a change, and no header that could contradict it."""
    return Reply(
        body=BACKEND.index.replace(replace, by) if replace else BACKEND.index, headers={"Content-Type": INDEX}
    )


def _document(document: object, media_type: str = MANIFEST) -> dict[str, Reply]:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return {TAG_PATH: Reply(body=body, headers={"Content-Type": media_type})}


def _type(media_type: str, digest: str) -> dict[str, str]:
    return {"Content-Type": media_type, "Docker-Content-Digest": digest}


def test_the_honest_answers_are_accepted() -> None:
    """The server that the other tests corrupt is one that the client believes."""
    assert _resolve(pages()).digest == BACKEND.digest
    assert _resolve(pages(), BY_DIGEST).digest == BACKEND.digest


@pytest.mark.parametrize(
    ("changed", "reference", "message"),
    [
        pytest.param(
            {TAG_PATH: Reply(body=SPACED, headers=_type(INDEX, BACKEND.digest))},
            REFERENCE,
            f"`{REFERENCE}` than it claims",
            id="old-header-on-new-bytes",
        ),
        pytest.param(
            {DIGEST_PATH: Reply(body=SPACED, headers=_type(INDEX, BACKEND.digest))},
            BY_DIGEST,
            f"expected: {BACKEND.digest}, as its own header claims",
            id="old-header-on-new-bytes-by-digest",
        ),
        pytest.param(
            {DIGEST_PATH: Reply(body=SPACED, headers=_type(INDEX, digest_of(SPACED)))},
            BY_DIGEST,
            f"expected: the digest {BACKEND.digest}",
            id="other-image-with-its-own-header",
        ),
        pytest.param(
            {
                TAG_PATH: Reply(
                    body=BACKEND.index,
                    headers=_type(INDEX, BACKEND.digest),
                    more_headers=(("Docker-Content-Digest", digest_of(b"")),),
                )
            },
            REFERENCE,
            "as its own header claims",
            id="two-headers",
        ),
        pytest.param(
            {TAG_PATH: Reply(body=BACKEND.index, headers=_type(INDEX, f"sha512:{'0' * 128}"))},
            REFERENCE,
            "as its own header claims",
            id="wrong-sha512",
        ),
        pytest.param(
            {TAG_PATH: Reply(body=BACKEND.index, headers=_type(INDEX, "\x1b[31mmd5:0"))},
            REFERENCE,
            r"\x1b[31mmd5:0",
            id="escape-in-header",
        ),
        pytest.param({AMD64_PATH: Reply(body=AMD64 + b" ")}, REFERENCE, digest_of(AMD64), id="other-child"),
        pytest.param(
            {CONFIG_PATH: Reply(body=CONFIG + b" ")}, REFERENCE, "configuration", id="longer-config"
        ),
        pytest.param(
            {CONFIG_PATH: Reply(body=CONFIG.replace(b"pms", b"xms"))},
            REFERENCE,
            "configuration",
            id="other-config",
        ),
        pytest.param(
            {TAG_PATH: _index(replace=b'"size":%d' % len(AMD64), by=b'"size":%d' % (len(AMD64) + 1))},
            REFERENCE,
            f"{len(AMD64)} bytes",
            id="child-of-another-size",
        ),
        pytest.param(
            _document({**_GOOD, "config": {**_GOOD["config"], "size": len(CONFIG) + 1}}),
            REFERENCE,
            f"{len(CONFIG)} bytes",
            id="config-of-another-size",
        ),
    ],
)
def test_p19_bytes_that_are_not_what_they_claim_are_refused(
    changed: dict[str, Reply], reference: ImageReference, message: str
) -> None:
    """Index, child and configuration are hashed as received; header, request and descriptor must agree."""
    with pytest.raises(RegistryError) as caught:
        _resolve({**pages(), **changed}, reference)
    assert caught.value.fault is Fault.WRONG_BYTES
    assert "the registry served other bytes for" in str(caught.value)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"Content-Type": INDEX}, id="no-digest-header"),
        pytest.param({"Content-Type": f"{INDEX}; charset=utf-8"}, id="parameters"),
        pytest.param({"Content-Type": "application/json"}, id="type-only-in-the-document"),
        pytest.param(
            _type(INDEX, f"sha512:{hashlib.sha512(BACKEND.index).hexdigest()}"), id="digest-header-of-sha512"
        ),
    ],
)
def test_p19_a_header_may_be_missing_but_not_wrong(headers: dict[str, str]) -> None:
    """What is not claimed cannot be a lie."""
    answers = {**pages(), TAG_PATH: Reply(body=BACKEND.index, headers=headers)}
    assert _resolve(answers).digest == BACKEND.digest


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        pytest.param(_document(b"<html>Sign in</html>", "text/html"), "is no JSON", id="sign-in-page"),
        pytest.param(_document([]), "is no JSON object", id="list"),
        pytest.param(_document(b"[" * 200_000), "is no JSON", id="deep"),
        pytest.param(_document(b'{"schemaVersion":2,"schemaVersion":2}'), "is no JSON", id="key-twice"),
        pytest.param(_document(b'{"schemaVersion":' + b"9" * 5000 + b"}"), "is no JSON", id="huge-number"),
        pytest.param(_document(b"\xff"), "is no JSON", id="no-utf-8"),
        pytest.param(_document({"schemaVersion": 1, "fsLayers": []}), "schema 1", id="schema-1"),
        pytest.param(
            _document({}, "application/vnd.docker.distribution.manifest.v1+prettyjws"),
            "schema 1",
            id="schema-1-type",
        ),
        pytest.param(_document({**_GOOD, "schemaVersion": 3}), "schema version", id="schema-3"),
        pytest.param(
            _document({"schemaVersion": 2}, "application/json"), "is `application/json`", id="no-type"
        ),
        pytest.param(_document({**_GOOD, "mediaType": "a\x1b"}), r"is `a\x1b`", id="strange-type"),
        pytest.param(_document(_GOOD, INDEX), "calls itself", id="type-and-header-differ"),
        pytest.param(_document({**_GOOD, "manifests": []}), "index and a manifest", id="both-at-once"),
        pytest.param(
            _document({**_GOOD_INDEX, "layers": []}, INDEX), "index and a manifest", id="both-again"
        ),
        pytest.param(_document({**_GOOD_INDEX, "manifests": {}}, INDEX), "without a list", id="no-list"),
        pytest.param(_document({**_GOOD_INDEX, "manifests": []}, INDEX), "any platform", id="empty-index"),
        pytest.param(_document({**_GOOD, "config": None}), "no descriptor", id="no-config"),
        pytest.param(_document({**_GOOD, "config": {}}), "media type or a sha256", id="empty-config"),
        pytest.param(
            _document({**_GOOD, "config": {**_GOOD["config"], "digest": "../../x"}}),
            "sha256",
            id="path-as-digest",
        ),
        pytest.param(_document({**_GOOD, "config": {**_GOOD["config"], "size": -1}}), "a size", id="size"),
        pytest.param(
            _document({**_GOOD, "config": {**_GOOD["config"], "size": True}}), "a size", id="bool-size"
        ),
        pytest.param(
            _document(
                {
                    **_GOOD,
                    "config": {**_GOOD["config"], "mediaType": "application/vnd.cncf.helm.config.v1+json"},
                }
            ),
            "is no container image",
            id="helm-chart",
        ),
        pytest.param(
            {TAG_PATH: _index(replace=b'"os":"linux"', by=b'"os":"unknown"')},
            "any platform",
            id="only-attestations",
        ),
        pytest.param(
            {TAG_PATH: _index(replace=MANIFEST.encode(), by=b"application/x")},
            "says something else",
            id="child-type",
        ),
        pytest.param(
            {TAG_PATH: Reply(307, headers={"Location": DIGEST_PATH})}, "sent Towpath elsewhere", id="redirect"
        ),
    ],
)
def test_what_is_no_manifest_is_refused(answers: dict[str, Reply], message: str) -> None:
    """Nothing that two readers could take for two things gets through."""
    with pytest.raises(RegistryError) as caught:
        _resolve({**pages(), **answers})
    assert caught.value.fault is Fault.NOT_A_MANIFEST
    assert message in str(caught.value)


@pytest.mark.parametrize(
    "gone",
    [
        pytest.param(AMD64_PATH, id="child"),
        pytest.param(CONFIG_PATH, id="config"),
    ],
)
def test_e72_a_part_that_is_gone_is_an_error(gone: str) -> None:
    """An index whose parts were collected as garbage is not promoted."""
    with pytest.raises(RegistryError, match="push the image anew") as caught:
        _resolve({**pages(), gone: Reply(404)})
    assert caught.value.fault is Fault.NOT_FOUND


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(Reply(body=b" " * (4 * 1024 * 1024 + 1)), id="announced"),
        pytest.param(Reply(raw=b"HTTP/1.1 200 OK\r\n\r\n" + b" " * (4 * 1024 * 1024 + 1)), id="unannounced"),
        pytest.param(
            Reply(
                raw=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                + b"10000\r\n%b\r\n" % (b" " * 65536) * 65
            ),
            id="chunked",
        ),
    ],
)
def test_p30_a_manifest_has_a_size_limit(reply: Reply) -> None:
    """No more than 4 MiB and a byte are read, and it is not tried again."""
    with serve({TAG_PATH: reply}) as server:
        client = HttpRegistry(
            server.mirrors, limits=dataclasses.replace(QUICK, attempts=3), clock=FakeClock()
        )
        with pytest.raises(RegistryError) as caught:
            client.resolve(REFERENCE)
        assert len(server.requests) == 1
    assert caught.value.fault is Fault.TOO_LARGE
    assert "4194304 bytes" in str(caught.value)


def test_p30_a_configuration_has_a_size_limit() -> None:
    """A configuration that says it is too large is not even fetched."""
    config = {**_GOOD["config"], "size": 1024 * 1024 + 1}
    with pytest.raises(RegistryError) as caught:
        _resolve(_document({**_GOOD, "config": config}))
    assert caught.value.fault is Fault.TOO_LARGE


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(Reply(silence=60.0), id="silent"),
        pytest.param(Reply(body=b" " * 600, pause=0.1), id="drip"),
        pytest.param(Reply(raw=b"HTTP/1.1 200 OK\r\nA: " + b"a" * 600, pause=0.1), id="drip-in-the-headers"),
        pytest.param(
            Reply(length=5, raw=b"HTTP/1.1 200 OK\r\n\r\n" + b" " * 600, pause=0.1), id="drip-without-end"
        ),
        pytest.param(Reply(raw=b"HTTP/1.1 100 Continue\r\n\r\n" * 80, pause=0.03), id="endless-continue"),
    ],
)
def test_p30_a_slow_server_cannot_hang_the_client(reply: Reply) -> None:
    """Neither silence nor a byte now and then lasts beyond the deadline."""
    started = time.monotonic()
    with pytest.raises(RegistryError) as caught:
        _resolve({TAG_PATH: reply}, limits=Limits(total=0.5, step=0.3, attempts=3))
    assert caught.value.fault is Fault.TIMEOUT
    assert "did not answer in time" in str(caught.value)
    assert time.monotonic() - started < 15


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        pytest.param(Reply(body=b"{", length=10), "broke off", id="broken-off"),
        pytest.param(Reply(raw=b"SSH-2.0-OpenSSH_9.9\r\n"), "does not speak HTTP", id="ssh"),
        pytest.param(Reply(raw=b""), "does not speak HTTP", id="nothing"),
        pytest.param(Reply(418, b"{}"), "HTTP 418", id="teapot"),
        pytest.param(Reply(206, BACKEND.index), "HTTP 206", id="partial"),
    ],
)
def test_an_answer_that_makes_no_sense_is_an_error(reply: Reply, message: str) -> None:
    """The error names the server and says what to check."""
    with pytest.raises(RegistryError) as caught:
        _resolve({TAG_PATH: reply})
    assert caught.value.fault is Fault.UNREACHABLE
    assert message in str(caught.value)
    assert "http://127.0.0.1:" in str(caught.value)


def test_a_server_that_is_not_there_is_an_error() -> None:
    """Nothing listens on the port of a socket that was just closed."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    client = HttpRegistry(parse_mirrors({"ghcr.io": f"http://127.0.0.1:{port}"}), limits=QUICK)
    with pytest.raises(RegistryError, match="Connection refused") as caught:
        client.resolve(REFERENCE)
    assert caught.value.fault is Fault.UNREACHABLE
    assert "table of mirrors" in str(caught.value)


def test_p24_what_a_server_says_is_made_safe_to_show() -> None:
    """Escapes, direction marks and line breaks go, and a flood is cut."""
    says = {"errors": [{"code": "DENIED", "message": "\x1b[31mgo\u202e\r\naway`" + "x" * 10_000}]}
    with pytest.raises(RegistryError) as caught:
        _resolve({TAG_PATH: Reply(403, json.dumps(says).encode())})
    (problem,) = caught.value.problems
    assert caught.value.fault is Fault.UNAUTHORIZED
    assert "(DENIED [31mgo away xxx" in problem.what
    assert problem.what.isprintable()
    assert len(problem.what) < 400


@pytest.mark.parametrize(
    "body", [b"", b"[]", b'{"errors":[]}', b'{"errors":[1]}', b'{"errors":{"0":1}}', b"[" * 60_000]
)
def test_p24_a_refusal_without_words_is_still_told(body: bytes) -> None:
    """A malformed error document is no error of ours."""
    with pytest.raises(RegistryError) as caught:
        _resolve({TAG_PATH: Reply(403, body)})
    assert caught.value.fault is Fault.UNAUTHORIZED
