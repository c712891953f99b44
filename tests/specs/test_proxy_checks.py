"""What a proxy may not hold: each fault with its place, and hostile values everywhere a text goes."""

from __future__ import annotations

from typing import Any

import pytest

from tests.specs.proxies import API, BACKEND, COMPLETE, FRONTEND, LOGIN, location, proxy
from towpath.specs.parts import RateLimit
from towpath.specs.proxy import (
    Buffers,
    CacheSpec,
    Compression,
    Files,
    Header,
    LocationSpec,
    Match,
    Moved,
    Pass,
    ProxySpec,
    Reply,
    ServerSpec,
    Timeouts,
    ZoneRate,
    inherited,
)
from towpath.specs.proxy_checks import proxy_faults


def server(*hosts: str) -> ServerSpec:
    """Return a server of these hosts."""
    return ServerSpec(hosts=hosts, locations=(location("/"),))


def inside(outer: str, *inner: LocationSpec, **changes: Any) -> ProxySpec:
    """Return a proxy with locations inside of another."""
    return proxy(location(outer, inside=inner, **changes))


def test_nothing_wrong() -> None:
    """The proxy with one of nearly everything has no fault."""
    assert proxy_faults(COMPLETE) == []


MOVED = Moved("app.example.com")
ANY_TEXT = "printable ASCII without $, such as nosniff"
SIZE = "a size in nginx's notation, such as 10m"


@pytest.mark.parametrize(
    ("declared", "at", "what", "expected"),
    [
        pytest.param(
            proxy(servers=()), (), "it has no servers", "a server with its hosts and locations", id="servers"
        ),
        pytest.param(
            proxy(servers=(server("a.org"), server("b.org", "a.org"))),
            (1,),
            "the host a.org has two servers",
            "one server a host",
            id="host-twice",
        ),
        pytest.param(
            proxy(servers=(server(), server())),
            (1,),
            "two servers are for any host",
            "one server a host",
            id="any-host",
        ),
        pytest.param(
            proxy(servers=(server("10.0.0.1"),)),
            (0,),
            "'10.0.0.1' is no host: it is an address",
            "a name in lower case, such as app.example.com",
            id="host",
        ),
        pytest.param(
            proxy(servers=(ServerSpec(hosts=("a.org",), locations=()),)),
            (0,),
            "the server for a.org has no locations",
            "at least one",
            id="no-locations",
        ),
        pytest.param(
            proxy(headers=(Header("Date", "x"),)),
            (0,),
            "the server for app.example.com adds the header 'Date': nginx sets this header itself",
            "a name such as X-Frame-Options",
            id="header-name",
        ),
        pytest.param(
            proxy(headers=(Header("X-A", "$x"),)),
            (0,),
            "the server for app.example.com adds the header 'X-A': it has a $, which nginx would read as a variable",
            ANY_TEXT,
            id="header-value",
        ),
        pytest.param(
            proxy(location("/a"), location("/a")),
            (0, 1),
            "the location /a stands there twice",
            "each once",
            id="twice",
        ),
        pytest.param(
            proxy(location("/a"), location("/a", match=Match.PREFIX_FIRST)),
            (0, 1),
            "the location ^~ /a stands there twice",
            "each once",
            id="prefix-twice",
        ),
        pytest.param(
            proxy(location("a")),
            (0, 0),
            "the location a: it does not start with /",
            "a path such as /api/",
            id="path",
        ),
        pytest.param(
            proxy(location("(", match=Match.REGEX)),
            (0, 0),
            "the location ~ (: it is no regular expression",
            r"a pattern such as \.(js|css)$",
            id="pattern",
        ),
        pytest.param(
            proxy(location("/", answer=None)),
            (0, 0),
            "the location / leads nowhere",
            "one of `to`, `files`, `answer` and `moved_to`",
            id="nowhere",
        ),
        pytest.param(
            proxy(location("/a", answer=Pass(BACKEND, "b"))),
            (0, 0),
            "the location /a changes the path to 'b': it does not start with /",
            "a path such as /",
            id="changed-path",
        ),
        pytest.param(
            proxy(location("/a/", answer=Pass(BACKEND, "/b"))),
            (0, 0),
            "the location /a/ changes the path to /b",
            "a / at the end of both or of neither, because nginx replaces text and not parts of a path",
            id="changed-path-glues",
        ),
        pytest.param(
            proxy(location("/a", answer=Pass(BACKEND, "/"))),
            (0, 0),
            "the location /a changes the path to /",
            "a / at the end of both or of neither, because nginx replaces text and not parts of a path",
            id="changed-path-doubles",
        ),
        pytest.param(
            proxy(location("a", match=Match.REGEX, answer=Pass(BACKEND, "/"))),
            (0, 0),
            "the location ~ a changes the path",
            "a prefix: nginx cannot cut a pattern away",
            id="changed-pattern",
        ),
        pytest.param(
            proxy(location("/", request_headers=(("Host", "x"),))),
            (0, 0),
            "the location / sends the header 'Host': the proxy sets this header itself",
            "a name such as X-Forwarded-Server, and text or a variable such as $host",
            id="request-header",
        ),
        pytest.param(
            proxy(location("/", answer=Files("srv"))),
            (0, 0),
            "the location / answers with the file 'srv'",
            "a path such as /index.html",
            id="folder",
        ),
        pytest.param(
            proxy(location("/", answer=Files("/srv", "index.html"))),
            (0, 0),
            "the location / answers with the file 'index.html'",
            "a path such as /index.html",
            id="fallback",
        ),
        pytest.param(
            proxy(location("/", answer=Reply("$x\n"))),
            (0, 0),
            "the location / answers with a text: it has a $, which nginx would read as a variable",
            ANY_TEXT,
            id="answer",
        ),
        pytest.param(
            proxy(location("/", answer=Moved("https://a.org"))),
            (0, 0),
            "the location / moved to 'https://a.org'",
            "a host such as app.example.com",
            id="moved",
        ),
        pytest.param(
            proxy(location("/", cache=True)),
            (0, 0),
            "the location / uses the cache, and the proxy has none",
            "the setting `cache`",
            id="no-cache",
        ),
        pytest.param(
            proxy(location("/", expires="soon")),
            (0, 0),
            "the location / expires after 'soon'",
            "a time such as 1y, 30d or 10m",
            id="expires",
        ),
        pytest.param(
            proxy(location("/", body_size="10M")),
            (0, 0),
            "the location /: the body size is '10M'",
            SIZE,
            id="body",
        ),
        pytest.param(proxy(body_size="10M"), (), "the body size is '10M'", SIZE, id="body-of-all"),
        pytest.param(
            proxy(location("/", connections=0)),
            (0, 0),
            "the location /: connections: 0",
            "a whole number, 1 or more",
            id="no-connections",
        ),
        pytest.param(
            proxy(connections=True), (), "connections: True", "a whole number, 1 or more", id="connections"
        ),
        pytest.param(
            proxy(location("/", buffers=Buffers(number=2))),
            (0, 0),
            "the buffers do not fit together: busy is more than all buffers but one hold together",
            "sizes that nginx takes together",
            id="buffers",
        ),
        pytest.param(
            proxy(buffers=Buffers(header="4K")),
            (),
            "the buffers have the header '4K'",
            SIZE,
            id="buffer-size",
        ),
        pytest.param(
            proxy(buffers=Buffers(size="4K")),
            (),
            "the buffers have the size '4K'",
            SIZE,
            id="size-of-buffers",
        ),
        pytest.param(
            proxy(buffers=Buffers(busy="4K")), (), "the buffers have the busy '4K'", SIZE, id="busy-buffers"
        ),
        pytest.param(
            proxy(buffers=Buffers(number=1)),
            (),
            "the number of buffers: 1",
            "a whole number, 2 or more",
            id="number-of-buffers",
        ),
        pytest.param(
            proxy(compression=Compression(types=("text/html",))),
            (),
            "the type 'text/html' is among those to compress: it is always compressed",
            "a type such as text/css",
            id="compression",
        ),
        pytest.param(
            proxy(trusted=("10.0.0.1/8",)),
            (),
            "'10.0.0.1/8' is trusted",
            "a range of addresses such as 10.0.0.0/8",
            id="trusted",
        ),
        pytest.param(
            proxy(health="/a b"),
            (),
            "the health check asks for '/a b'",
            "a path such as /health",
            id="health",
        ),
        pytest.param(
            proxy(location("/", rate=ZoneRate("a b", RateLimit(requests=1)))),
            (0, 0),
            "the location /: 'a b' is no name of a rate",
            "lower-case letters, digits, '_' and '-', a letter first, such as login",
            id="rate-name",
        ),
        pytest.param(
            proxy(location("/", rate=ZoneRate("a", RateLimit(requests=0)))),
            (0, 0),
            "the location /: the requests of the rate a: 0",
            "a whole number, 1 or more",
            id="rate-without-requests",
        ),
        pytest.param(
            proxy(location("/", rate=ZoneRate("a", RateLimit(requests=1, burst=-1)))),
            (0, 0),
            "the location /: the burst of the rate a: -1",
            "a whole number, 0 or more",
            id="rate-burst",
        ),
        pytest.param(
            proxy(location("/", rate=ZoneRate("a", RateLimit(requests=1, per="hour")))),  # type: ignore[arg-type] # to be refused
            (0, 0),
            "the location /: the rate a is for each 'hour'",
            "second or minute",
            id="rate-per-hour",
        ),
        pytest.param(
            proxy(location("/a", rate=API), location("/b", rate=ZoneRate("api", RateLimit(requests=5)))),
            (0, 1),
            "the rate api is 5 a second here, and 100 a minute before",
            "one rate for one name; only the burst may differ",
            id="rates-of-one-name",
        ),
        pytest.param(
            inside("/", location("/a", inside=(location("/a/b"),))),
            (0, 0, 0),
            "the location /a stands inside of / and holds further ones",
            "one level",
            id="two-levels",
        ),
        pytest.param(
            inside("/a", location("/b")),
            (0, 0, 0),
            "the location /b stands inside of /a",
            "a path that starts with /a, or a regular expression",
            id="inside-elsewhere",
        ),
        pytest.param(
            inside("/a", location("/a/b"), match=Match.EXACT),
            (0, 0, 0),
            "the location /a/b stands inside of = /a",
            "a prefix around it",
            id="inside-of-an-exact-one",
        ),
        pytest.param(
            inside("/a/", location("/a/b", answer=None), answer=Pass(BACKEND, "/")),
            (0, 0, 0),
            "the location /a/b stands inside of /a/, which changes the path to /",
            "its own `to`: nginx would not change the path here",
            id="inside-of-a-changed-path",
        ),
        pytest.param(
            inside("/", location("/a"), location("/a")),
            (0, 0, 1),
            "the location /a stands there twice",
            "each once",
            id="inside-twice",
        ),
        pytest.param(
            inside("/", location("/a", rate=ZoneRate("login", RateLimit(requests=2))), rate=LOGIN),
            (0, 0, 0),
            "the rate login is 2 a second here, and 1 a second before",
            "one rate for one name; only the burst may differ",
            id="inside-rate",
        ),
    ],
)
def test_fault(declared: ProxySpec, at: tuple[int, ...], what: str, expected: str) -> None:
    """Each is found once, where it stands."""
    found = [(fault.at, fault.what, fault.expected) for fault in proxy_faults(declared)]
    assert found == [(at, what, expected)]


@pytest.mark.parametrize(
    ("argument", "value", "answers"),
    [
        pytest.param("websocket", True, (Files("/srv"), Reply("x"), MOVED), id="websocket"),
        pytest.param(
            "request_headers", (("X-A", "a"),), (Files("/srv"), Reply("x"), MOVED), id="request-headers"
        ),
        pytest.param("timeouts", Timeouts(), (Files("/srv"), Reply("x"), MOVED), id="timeouts"),
        pytest.param("buffers", Buffers(), (Files("/srv"), Reply("x"), MOVED), id="buffers"),
        pytest.param("cache", True, (Files("/srv"), Reply("x"), MOVED), id="cache"),
        pytest.param("rate", LOGIN, (Reply("x"), MOVED), id="rate"),
        pytest.param("connections", 5, (Reply("x"), MOVED), id="connections"),
    ],
)
def test_without_effect(argument: str, value: object, answers: tuple[Files | Reply | Moved, ...]) -> None:
    """What nginx would pass over in silence is refused, and taken where it has an effect."""
    for answer in (Files("/srv"), Reply("x"), MOVED, Pass(FRONTEND)):
        found = [
            each.what
            for each in proxy_faults(
                proxy(location("/", answer=answer, **{argument: value}), cache=CacheSpec(megabytes=8))
            )
        ]
        useless = answer in answers
        assert found == [f"the location / has `{argument}`, and no workload answers it"] * useless


def test_all_at_once() -> None:
    """One run finds everything."""
    declared = proxy(location("a"), location("/b", expires="x", body_size="y"), body_size="z")
    assert [fault.at for fault in proxy_faults(declared)] == [(), (0, 0), (0, 1), (0, 1)]


HOSTILE = [
    pytest.param('"; evil on; #', id="quote"),
    pytest.param("x; evil on", id="semicolon"),
    pytest.param("x} evil {", id="brace"),
    pytest.param("x\nevil on;", id="newline"),
    pytest.param("x\revil", id="return"),
    pytest.param("$evil", id="variable"),
    pytest.param("${evil}", id="variable-in-braces"),
    pytest.param("x\x00", id="zero"),
]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize(
    "declared",
    [
        pytest.param(lambda text: proxy(servers=(server(text),)), id="host"),
        pytest.param(lambda text: proxy(location(f"/{text}")), id="path"),
        pytest.param(lambda text: proxy(location("/", answer=Pass(BACKEND, f"/{text}"))), id="changed-path"),
        pytest.param(lambda text: proxy(location("/", answer=Files(f"/{text}"))), id="folder"),
        pytest.param(lambda text: proxy(location("/", answer=Files("/srv", f"/{text}"))), id="fallback"),
        pytest.param(lambda text: proxy(location("/", expires=text)), id="expires"),
        pytest.param(lambda text: proxy(location("/", body_size=text)), id="location-body"),
        pytest.param(lambda text: proxy(body_size=text), id="body"),
        pytest.param(lambda text: proxy(health=f"/{text}"), id="health"),
        pytest.param(lambda text: proxy(trusted=(text,)), id="trusted"),
        pytest.param(lambda text: proxy(compression=Compression(types=(text,))), id="type"),
        pytest.param(lambda text: proxy(buffers=Buffers(header=text)), id="buffer"),
        pytest.param(lambda text: proxy(headers=(Header(text, "x"),)), id="header-name"),
        pytest.param(lambda text: proxy(location("/", request_headers=((text, "x"),))), id="request-name"),
        pytest.param(
            lambda text: proxy(location("/", rate=ZoneRate(text, RateLimit(requests=1)))), id="rate"
        ),
    ],
)
def test_hostile(declared: Any, text: str) -> None:
    """No text that has a meaning to nginx gets into a place where it could have it."""
    assert proxy_faults(declared(text))


@pytest.mark.parametrize(
    ("declared", "body", "silence", "header"),
    [
        pytest.param(proxy(), "1m", 60, "8k", id="defaults"),
        pytest.param(
            proxy(
                location(
                    "/", body_size="20m", timeouts=Timeouts(5, 90, 30), buffers=Buffers("128k", 4, "256k")
                )
            ),
            "20m",
            90,
            "132k",
            id="one-location",
        ),
        pytest.param(
            proxy(location("/", body_size="512k", timeouts=Timeouts(5, 10, 10)), body_size="1m"),
            "1m",
            60,
            "8k",
            id="a-location-with-less",
        ),
        pytest.param(
            inside("/", location("/a", body_size="30m", timeouts=Timeouts(5, 3600, 3600))),
            "30m",
            3600,
            "8k",
            id="inside",
        ),
        pytest.param(
            proxy(headers=tuple(Header(f"X-{number}", "x" * 2000) for number in range(3))),
            "1m",
            60,
            "12k",
            id="long-headers",
        ),
    ],
)
def test_what_the_controller_has_to_let_through(
    declared: ProxySpec, body: str, silence: int, header: str
) -> None:
    """The controller must not refuse or cut what the proxy lets through."""
    assert (declared.greatest_body(), declared.longest_silence(), declared.greatest_header()) == (
        body,
        silence,
        header,
    )


@pytest.mark.parametrize(
    ("argument", "one", "other", "nothing"),
    [
        pytest.param("rate", LOGIN, API, None, id="rate"),
        pytest.param("connections", 3, 5, None, id="connections"),
        pytest.param("expires", "1y", "1d", "", id="expires"),
        pytest.param("timeouts", Timeouts(1), Timeouts(2), None, id="timeouts"),
        pytest.param("buffers", Buffers("8k"), Buffers("16k"), None, id="buffers"),
        pytest.param("body_size", "2m", "3m", "", id="body-size"),
        pytest.param("websocket", True, True, False, id="websocket"),
        pytest.param("cache", True, True, False, id="cache"),
    ],
)
def test_what_a_location_inside_takes_over(argument: str, one: Any, other: Any, nothing: Any) -> None:
    """It has its own where it has one, and the outer location's otherwise."""

    def found(outer: Any, inner: Any) -> Any:
        return getattr(
            inherited(location("/", **{argument: outer}), location("/a", **{argument: inner})), argument
        )

    assert found(one, nothing) == one
    assert found(nothing, other) == other
    assert found(one, other) == other
    assert found(nothing, nothing) == nothing


@pytest.mark.parametrize(
    ("hosts", "title"),
    [
        pytest.param((), "any host", id="any"),
        pytest.param(("a.org", "b.org"), "a.org, b.org", id="two"),
    ],
)
def test_how_messages_name_a_server(hosts: tuple[str, ...], title: str) -> None:
    """By its hosts."""
    assert ServerSpec(hosts=hosts, locations=()).title == title
