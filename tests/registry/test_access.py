"""Who is asked, who sees a credential, what is tried again, and where a redirect may lead."""

from __future__ import annotations

import base64
import dataclasses
import json
import logging
import traceback
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from scripts.example_images import digest_of
from tests.registry.scripted import (
    BACKEND,
    BASE,
    TAG_PATH,
    FakeClock,
    Reply,
    Request,
    ScriptedServer,
    pages,
    serve,
)
from towpath.errors import UsageError
from towpath.images.reference import ImageReference
from towpath.registry.answers import retry_after
from towpath.registry.client import HttpRegistry
from towpath.registry.credentials import Credentials, credentials_from, parse_challenge
from towpath.registry.fetch import Limits
from towpath.registry.mirrors import Endpoint
from towpath.registry.port import Fault, RegistryError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

REFERENCE = ImageReference("ghcr.io/example/pms-backend", "1.0.0")
PASSWORD = "canary-7f3a"
LOGIN = base64.b64encode(f"robot:{PASSWORD}".encode()).decode()
BASIC = f"Basic {LOGIN}"
CONFIG_PATH = f"{BASE}/blobs/{digest_of(BACKEND.blobs[1])}"
QUICK = Limits(total=20.0, step=10.0, attempts=1)


def _account(host: str, token_host: str = "") -> Credentials:
    return Credentials(host, "robot", PASSWORD, token_host)


def _guarded(challenge: str, *accepted: str) -> Callable[[Request], Reply]:
    """Return a server that has the backend for those who send one of the `accepted` credentials."""
    table = pages()

    def respond(request: Request) -> Reply:
        if request.authorization in accepted:
            return table.get(request.path, Reply(404))
        return Reply(401, headers={"WWW-Authenticate": challenge})

    return respond


def test_p12_basic_credentials_go_to_their_own_server_after_it_asked() -> None:
    """The first request is anonymous; all that follow the challenge carry the account."""
    with serve(_guarded('Basic realm="x"', BASIC)) as server:
        client = HttpRegistry(server.mirrors, credentials=_account(server.host), limits=QUICK)
        assert client.resolve(REFERENCE).digest == BACKEND.digest
        assert [request.authorization for request in server.requests] == ["", BASIC, BASIC, BASIC]


def test_an_open_registry_never_sees_the_account() -> None:
    """An account that nobody asks for stays here."""
    with serve(pages()) as server:
        HttpRegistry(server.mirrors, credentials=_account(server.host), limits=QUICK).resolve(REFERENCE)
        assert {request.authorization for request in server.requests} == {""}


@pytest.mark.parametrize(
    ("host", "message"),
    [
        pytest.param("ghcr.io", "is for ghcr.io and goes nowhere else", id="the-mirrored-registry"),
        pytest.param("127.0.0.1:1", "is for 127.0.0.1:1 and goes nowhere else", id="another-port"),
    ],
)
def test_p12_an_account_of_another_server_is_not_sent(host: str, message: str) -> None:
    """A mirror does not see the account of the registry that it stands for."""
    with serve(_guarded("Basic", BASIC)) as server:
        with pytest.raises(RegistryError, match=message) as caught:
            HttpRegistry(server.mirrors, credentials=_account(host), limits=QUICK).resolve(REFERENCE)
        assert caught.value.fault is Fault.UNAUTHORIZED
        assert {request.authorization for request in server.requests} == {""}


def test_an_anonymous_refusal_says_how_to_give_an_account() -> None:
    """The message names the three variables."""
    with serve(_guarded("Basic", BASIC)) as server, pytest.raises(RegistryError) as caught:
        HttpRegistry(server.mirrors, limits=QUICK).resolve(REFERENCE)
    assert "TOWPATH_REGISTRY_HOST, TOWPATH_REGISTRY_USERNAME and TOWPATH_REGISTRY_PASSWORD" in str(
        caught.value
    )


@pytest.mark.parametrize(
    "says",
    [
        pytest.param(f"{PASSWORD} is wrong", id="password"),
        pytest.param(f"no user robot, header {BASIC}", id="header"),
    ],
)
def test_p11_a_refused_account_appears_in_no_message(says: str, caplog: pytest.LogCaptureFixture) -> None:
    """Not even where the server repeats it: not in the error, its chain, the traceback or a log."""
    refusal = Reply(
        401,
        json.dumps({"errors": [{"code": "UNAUTHORIZED", "message": says}]}).encode(),
        {"WWW-Authenticate": "Basic"},
    )
    with serve({TAG_PATH: refusal}) as server, caplog.at_level(logging.DEBUG):
        account = _account(server.host)
        with pytest.raises(RegistryError) as caught:
            HttpRegistry(server.mirrors, credentials=account, limits=QUICK).resolve(REFERENCE)
    shown = (
        "".join(traceback.format_exception(caught.value)) + repr(caught.value) + repr(account) + caplog.text
    )
    assert caught.value.fault is Fault.UNAUTHORIZED
    assert "***" in shown
    assert PASSWORD not in shown
    assert LOGIN not in shown


def _with_tokens(server_host: Callable[[], str], token: object) -> Callable[[Request], Reply]:
    guarded = _guarded('Bearer realm="http://{host}/token",service="it",scope="*"', "Bearer t0ken")

    def respond(request: Request) -> Reply:
        if request.path.startswith("/token"):
            return Reply(body=json.dumps({"token": token}).encode())
        reply = guarded(request)
        challenge = reply.headers.get("WWW-Authenticate", "").replace("{host}", server_host())
        return dataclasses.replace(reply, headers={**reply.headers, "WWW-Authenticate": challenge})

    return respond


@pytest.fixture
def token_server() -> Iterator[ScriptedServer]:
    """Return a registry with a token service on the same origin."""
    running: list[ScriptedServer] = []
    with serve(_with_tokens(lambda: running[0].host, "t0ken")) as server:
        running.append(server)
        yield server


@pytest.mark.parametrize(
    "with_account", [pytest.param(True, id="account"), pytest.param(False, id="anonymous")]
)
def test_a_token_is_fetched_once_for_reading_one_repository(
    token_server: ScriptedServer, *, with_account: bool
) -> None:
    """The scope is ours and not the server's; only the token service of the same origin sees the account."""
    account = _account(token_server.host) if with_account else None
    resolved = HttpRegistry(token_server.mirrors, credentials=account, limits=QUICK).resolve(REFERENCE)
    assert resolved.digest == BACKEND.digest
    tokens = [request for request in token_server.requests if request.path.startswith("/token")]
    assert [request.path for request in tokens] == [
        "/token?service=it&scope=repository%3Aexample%2Fpms-backend%3Apull"
    ]
    assert tokens[0].authorization == (BASIC if with_account else "")
    others = [request.authorization for request in token_server.requests if request not in tokens]
    assert others == ["", *["Bearer t0ken"] * 3]


@pytest.mark.parametrize("allowed", [pytest.param(True, id="named"), pytest.param(False, id="not-named")])
def test_p12_a_token_service_elsewhere_sees_the_account_only_if_the_environment_names_it(
    *,
    allowed: bool,
) -> None:
    """A registry cannot choose who gets the account."""
    with serve({}) as elsewhere:
        guarded = _guarded(f'Bearer realm="http://{elsewhere.host}/token"', "Bearer t")
        with serve(guarded) as server:
            account = _account(server.host, elsewhere.host if allowed else "")
            with pytest.raises(RegistryError, match="gave no token"):
                HttpRegistry(server.mirrors, credentials=account, limits=QUICK).resolve(REFERENCE)
        assert [request.authorization for request in elsewhere.requests] == [BASIC if allowed else ""]


@pytest.mark.parametrize(
    "realm",
    [
        pytest.param("http://auth.example/token", id="plain-http"),
        pytest.param("ftp://auth.example/token", id="ftp"),
        pytest.param("test", id="a-word"),
        pytest.param("", id="empty"),
        pytest.param("https://u:p@auth.example/", id="userinfo"),
        pytest.param("https://auth.example/a b", id="space"),
        pytest.param("https:///token", id="no-host"),
        pytest.param("https://auth.example:99999/", id="port"),
    ],
)
def test_p12_a_token_service_must_be_private(realm: str) -> None:
    """The challenge is refused before anything is sent to the service that it names."""
    with serve(_guarded(f'Bearer realm="{realm}"')) as server, pytest.raises(RegistryError) as caught:
        HttpRegistry(server.mirrors, credentials=_account(server.host), limits=QUICK).resolve(REFERENCE)
    assert caught.value.fault is Fault.UNAUTHORIZED
    assert "cannot be trusted" in str(caught.value)


@pytest.mark.parametrize("token", ["", 7, None, "a b", "a\r\nX: y", "\u00e9"])
def test_a_token_that_cannot_stand_in_a_header_is_refused(token: object) -> None:
    """A token is visible ASCII or none."""
    running: list[ScriptedServer] = []
    with serve(_with_tokens(lambda: running[0].host, token)) as server:
        running.append(server)
        with pytest.raises(RegistryError, match="gave no token"):
            HttpRegistry(server.mirrors, limits=QUICK).resolve(REFERENCE)


@pytest.mark.parametrize(
    ("header", "scheme", "realm"),
    [
        pytest.param('Bearer realm="https://a/t",service="s"', "bearer", "https://a/t", id="bearer"),
        pytest.param('bearer Realm="https://a/t"', "bearer", "https://a/t", id="case"),
        pytest.param('Bearer realm="https://a/t", Basic realm="b"', "bearer", "https://a/t", id="first-wins"),
        pytest.param('Basic realm="x"', "basic", "", id="basic"),
        pytest.param("Negotiate", None, "", id="unknown"),
        pytest.param("", None, "", id="none"),
    ],
)
def test_challenges_are_parsed(header: str, scheme: str | None, realm: str) -> None:
    """Only what we can meet is understood."""
    challenge = parse_challenge(header)
    assert (challenge.scheme if challenge else None) == scheme
    assert (challenge.realm if challenge else "") == realm


@pytest.mark.parametrize(
    ("endpoint", "registry", "belongs"),
    [
        pytest.param(Endpoint("https", "ghcr.io", 443), "ghcr.io", True, id="itself"),
        pytest.param(Endpoint("https", "ghcr.io", 443), "other.io", False, id="other-registry"),
        pytest.param(Endpoint("https", "ghcr.io", 443, is_mirror=True), "other.io", True, id="its-mirror"),
        pytest.param(
            Endpoint("https", "mirror.io", 443, is_mirror=True), "ghcr.io", False, id="a-mirror-of-it"
        ),
        pytest.param(Endpoint("http", "ghcr.io", 80, is_mirror=True), "x.io", False, id="plain-http"),
    ],
)
def test_p12_an_account_belongs_to_one_server(endpoint: Endpoint, registry: str, *, belongs: bool) -> None:
    """Host and port decide, and nobody may be able to read along."""
    assert _account("ghcr.io").belongs_to(registry, endpoint) is belongs


def test_the_token_service_of_docker_hub_is_known() -> None:
    """Docker Hub's own token service may see an account of Docker Hub, and of nothing else."""
    hub = Endpoint("https", "registry-1.docker.io", 443)
    realm = Endpoint("https", "auth.docker.io", 443)
    assert _account("docker.io").belongs_to("docker.io", hub)
    assert _account("docker.io").may_go_to(realm, hub)
    assert not _account("ghcr.io").may_go_to(realm, Endpoint("https", "ghcr.io", 443))


@pytest.mark.parametrize(
    ("environment", "wrong"),
    [
        pytest.param({"USERNAME": "a", "PASSWORD": "b"}, ["HOST"], id="no-host"),
        pytest.param({"HOST": "ghcr.io"}, ["USERNAME", "PASSWORD"], id="host-only"),
        pytest.param(
            {"HOST": "https://ghcr.io", "USERNAME": "a", "PASSWORD": "b"}, ["HOST"], id="host-is-a-url"
        ),
        pytest.param({"HOST": "ghcr.io/x", "USERNAME": "a", "PASSWORD": "b"}, ["HOST"], id="host-with-path"),
        pytest.param({"HOST": "ghcr.io", "USERNAME": "a:b", "PASSWORD": "b"}, ["USERNAME"], id="colon"),
        pytest.param(
            {"HOST": "ghcr.io", "USERNAME": "a", "PASSWORD": f"{PASSWORD}\n"}, ["PASSWORD"], id="newline"
        ),
        pytest.param(
            {"HOST": "ghcr.io", "USERNAME": "a", "PASSWORD": "b", "TOKEN_HOST": "a/b"},
            ["TOKEN_HOST"],
            id="token",
        ),
    ],
)
def test_a_half_or_broken_account_is_refused(environment: dict[str, str], wrong: list[str]) -> None:
    """The message names the variables and not their values."""
    variables = {f"TOWPATH_REGISTRY_{name}": value for name, value in environment.items()}
    with pytest.raises(UsageError) as caught:
        credentials_from(variables)
    assert [problem.what.split("_")[-1].split()[0] for problem in caught.value.problems] == sorted(
        name.split("_")[-1] for name in wrong
    )
    assert PASSWORD not in str(caught.value)


def test_no_account_is_no_error() -> None:
    """Public images need none."""
    assert credentials_from({"HOME": "/"}) is None
    names = {"TOWPATH_REGISTRY_HOST": "ghcr.io", "TOWPATH_REGISTRY_USERNAME": "robot"}
    assert credentials_from({**names, "TOWPATH_REGISTRY_PASSWORD": PASSWORD}) == _account("ghcr.io")


def test_p12_a_blob_may_come_from_another_store_which_sees_no_credential() -> None:
    """The redirect is followed without the account; the bytes are still proved."""
    store_path = "/store/blob?signature=a%2Fb%2B"
    with serve({store_path: pages()[CONFIG_PATH]}) as store:
        guarded = _guarded("Basic", BASIC)

        def respond(request: Request) -> Reply:
            if request.path == CONFIG_PATH:
                return Reply(307, headers={"Location": f"http://{store.host}{store_path}"})
            return guarded(request)

        with serve(respond) as server:
            client = HttpRegistry(server.mirrors, credentials=_account(server.host), limits=QUICK)
            assert client.resolve(REFERENCE).labels["org.opencontainers.image.version"] == "1.0.0"
        assert [(request.path, request.authorization) for request in store.requests] == [(store_path, "")]


def test_a_redirect_within_the_registry_keeps_the_credential() -> None:
    """A relative redirect stays on the same origin."""
    guarded = _guarded("Basic", BASIC)

    def respond(request: Request) -> Reply:
        if request.path == CONFIG_PATH:
            return Reply(302, headers={"Location": "/moved"})
        if request.path == "/moved" and request.authorization == BASIC:
            return pages()[CONFIG_PATH]
        return guarded(request)

    with serve(respond) as server:
        client = HttpRegistry(server.mirrors, credentials=_account(server.host), limits=QUICK)
        assert client.resolve(REFERENCE).created


@pytest.mark.parametrize(
    ("location", "message"),
    [
        pytest.param("http://store.example/x?signature=secret", "others can read along", id="plain-http"),
        pytest.param(CONFIG_PATH, "in circles", id="circle"),
        pytest.param("", "no address", id="nowhere"),
        pytest.param("file:///etc/passwd", "no address", id="file"),
        pytest.param("//u:secret@127.0.0.1/x", "no address", id="userinfo"),
        pytest.param("http://[/", "no address", id="half-an-address"),
    ],
)
def test_p12_a_redirect_leads_to_a_private_address_or_nowhere(location: str, message: str) -> None:
    """The error does not repeat the address, which may hold a signature."""
    answers = {**pages(), CONFIG_PATH: Reply(302, headers={"Location": location})}
    with serve(answers) as server, pytest.raises(RegistryError) as caught:
        HttpRegistry(server.mirrors, limits=QUICK).resolve(REFERENCE)
    assert caught.value.fault is Fault.UNREACHABLE
    assert message in str(caught.value)
    assert "secret" not in str(caught.value)


def _in_turn(*replies: Reply) -> Callable[[Request], Reply]:
    """Return a server that has these answers for the tag, one after the other, then honest ones."""
    left = list(replies)
    table = pages()

    def respond(request: Request) -> Reply:
        return left.pop(0) if request.path == TAG_PATH and left else table.get(request.path, Reply(404))

    return respond


@pytest.mark.parametrize(
    ("first", "least"),
    [
        pytest.param(Reply(429, headers={"Retry-After": "3"}), 3.0, id="e73-429-with-seconds"),
        pytest.param(Reply(429), 0.25, id="e73-429"),
        pytest.param(Reply(503, headers={"Retry-After": "soon"}), 0.25, id="503-with-nonsense"),
        pytest.param(Reply(500), 0.25, id="500"),
        pytest.param(Reply(raw=b""), 0.25, id="connection-lost"),
        pytest.param(Reply(body=b"{", length=9), 0.25, id="broken-off"),
    ],
)
def test_e73_a_passing_failure_is_tried_again_after_a_pause(first: Reply, least: float) -> None:
    """What the server asks for is waited at least, and the answer is whole in the end."""
    clock = FakeClock()
    with serve(_in_turn(first)) as server:
        assert HttpRegistry(server.mirrors, clock=clock).resolve(REFERENCE).digest == BACKEND.digest
    assert len(clock.pauses) == 1
    assert least <= clock.pauses[0] <= max(0.5, least)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        pytest.param("120", 120.0, id="seconds"),
        pytest.param("Sat, 01 Nov 2025 12:00:30 GMT", 30.0, id="date"),
        pytest.param("Sat, 01 Nov 2025 14:00:30 +0200", 30.0, id="date-with-zone"),
        pytest.param("Sat, 01 Nov 2025 11:00:00 GMT", 0.0, id="past"),
        pytest.param("Sat, 01 Nov 2025 12:00:30 -0000", 30.0, id="no-zone"),
        pytest.param("9" * 5000, 999999999.0, id="huge"),
        pytest.param("-1", 0.0, id="negative"),
        pytest.param("\u0663", 0.0, id="foreign-digit"),
        pytest.param("soon", 0.0, id="word"),
        pytest.param("", 0.0, id="none"),
    ],
)
def test_e73_a_registry_asks_for_seconds_or_until_a_date(header: str, seconds: float) -> None:
    """What is neither asks for nothing."""
    assert retry_after(header, datetime(2025, 11, 1, 12, tzinfo=UTC)) == seconds


@pytest.mark.parametrize(
    ("reply", "requests", "fault", "message"),
    [
        pytest.param(Reply(429), 4, Fault.BUSY, "answered with HTTP 429", id="e73-429"),
        pytest.param(Reply(502), 4, Fault.BUSY, "nothing was changed", id="502"),
        pytest.param(
            Reply(429, headers={"Retry-After": "3600"}),
            1,
            Fault.BUSY,
            "asks to wait 3600 seconds",
            id="e73-too-long",
        ),
        pytest.param(Reply(raw=b""), 4, Fault.UNREACHABLE, "does not speak HTTP", id="connection-lost"),
        pytest.param(Reply(403), 1, Fault.UNAUTHORIZED, "does not let us read", id="403-at-once"),
        pytest.param(Reply(404), 1, Fault.NOT_FOUND, "is not in the registry", id="404-at-once"),
    ],
)
def test_e73_attempts_are_bounded_and_end_in_an_error(
    reply: Reply, requests: int, fault: Fault, message: str
) -> None:
    """There is no decision from half an answer, and no endless trying."""
    clock = FakeClock()
    with serve({TAG_PATH: reply}) as server:
        with pytest.raises(RegistryError, match=message) as caught:
            HttpRegistry(server.mirrors, clock=clock).resolve(REFERENCE)
        assert len(server.requests) == requests
    assert caught.value.fault is fault
    assert sum(clock.pauses) < Limits().total


def test_p30_the_pauses_grow_and_differ() -> None:
    """Each pause is at most twice the one before, and at least half of that."""
    clock = FakeClock()
    with serve({TAG_PATH: Reply(503)}) as server, pytest.raises(RegistryError):
        HttpRegistry(server.mirrors, clock=clock).resolve(REFERENCE)
    for number, pause in enumerate(clock.pauses):
        assert 0.25 * 2**number <= pause <= 0.5 * 2**number


def test_the_request_names_all_four_media_types() -> None:
    """Without those for an index, a registry has only one platform or nothing to offer."""
    with serve(pages()) as server:
        HttpRegistry(server.mirrors, limits=QUICK).resolve(REFERENCE)
        accept = server.requests[0].headers["accept"]
    assert accept.split(", ") == [
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    ]
