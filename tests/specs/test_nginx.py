"""The text of nginx.conf: a golden file, and tables of what each part of a proxy becomes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.specs.proxies import BACKEND, COMPLETE, FRONTEND, IMMUTABLE, LOGIN, location, proxy, written
from towpath.errors import BugError, TowpathError
from towpath.specs import nginx_words
from towpath.specs.nginx import nginx_conf
from towpath.specs.parts import RateLimit
from towpath.specs.proxy import (
    Address,
    Buffers,
    CacheSpec,
    Compression,
    Files,
    Header,
    Match,
    Moved,
    Pass,
    Reply,
    ServerSpec,
    Timeouts,
    UpstreamSpec,
    ZoneRate,
)

if TYPE_CHECKING:
    from towpath.specs.proxy import LocationSpec, ProxySpec

GOLDEN = Path(__file__).parent / "nginx" / "complete.conf"
REQUEST_HEADERS = """\
proxy_set_header Host $host;
proxy_set_header X-Real-IP $remote_addr;
proxy_set_header X-Forwarded-For $remote_addr;
proxy_set_header X-Forwarded-Proto $forwarded_proto;
proxy_set_header X-Forwarded-Host $host;
"""


def block(text: str, head: str) -> str:
    """Return what stands in the last block that starts so, without its indentation."""
    lines = text.splitlines()
    start = max(index for index, line in enumerate(lines) if line.strip() == f"{head} {{")
    indent = re.match(" *", lines[start])
    assert indent
    end = next(index for index in range(start, len(lines)) if lines[index] == f"{indent[0]}}}")
    inner = (line.removeprefix(f"{indent[0]}    ") for line in lines[start + 1 : end])
    return "\n".join(inner) + "\n"


def test_the_whole_file() -> None:
    """A proxy with one of nearly everything becomes exactly this file."""
    assert written(COMPLETE) == GOLDEN.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("declared", "head", "expected"),
    [
        pytest.param(location("/"), "location /", "proxy_pass http://frontend-http;\n", id="as-it-is"),
        pytest.param(
            location("/api/", answer=Pass(BACKEND, "/")),
            "location /api/",
            "proxy_pass http://backend-http/;\n",
            id="path-taken-away",
        ),
        pytest.param(
            location("/api/login", answer=Pass(BACKEND, "/login"), rate=LOGIN),
            "location /api/login",
            "limit_req zone=login burst=5 nodelay;\nproxy_pass http://backend-http/login;\n",
            id="path-changed-and-rate",
        ),
        pytest.param(
            location("/", rate=ZoneRate("api", RateLimit(requests=1))),
            "location /",
            "limit_req zone=api;\nproxy_pass http://frontend-http;\n",
            id="rate-without-burst",
        ),
        pytest.param(
            location("/health", answer=Reply("healthy\n")),
            "location /health",
            'access_log off;\ndefault_type text/plain;\nreturn 200 "healthy\\n";\n',
            id="answer",
        ),
        pytest.param(
            location("/", answer=Moved("app.example.com")),
            "location /",
            "return 301 $forwarded_proto://app.example.com$request_uri;\n",
            id="moved",
        ),
        pytest.param(
            location("/", answer=Files("/usr/share/nginx/html", "/index.html")),
            "location /",
            "root /usr/share/nginx/html;\ntry_files $uri $uri/ /index.html;\n",
            id="files",
        ),
        pytest.param(
            location("/x", match=Match.EXACT),
            "location = /x",
            "proxy_pass http://frontend-http;\n",
            id="exact",
        ),
        pytest.param(
            location("/x/", match=Match.PREFIX_FIRST),
            "location ^~ /x/",
            "proxy_pass http://frontend-http;\n",
            id="prefix-first",
        ),
        pytest.param(
            location(r"^/v[0-9]{1,3}/\d;\n", match=Match.REGEX),
            r'location ~ "^/v[0-9]{1,3}/\\d;\\n"',
            "proxy_pass http://frontend-http;\n",
            id="pattern-with-braces",
        ),
        pytest.param(
            location("/ws", websocket=True),
            "location /ws",
            REQUEST_HEADERS + "proxy_set_header Upgrade $http_upgrade;\n"
            "proxy_set_header Connection $connection_upgrade;\nproxy_pass http://frontend-http;\n",
            id="websocket",
        ),
        pytest.param(
            location("/", request_headers=(("X-Forwarded-Server", "$host"), ("X-Tier", 'a "b"'))),
            "location /",
            REQUEST_HEADERS + 'proxy_set_header Connection "";\nproxy_set_header X-Forwarded-Server $host;\n'
            'proxy_set_header X-Tier "a \\"b\\"";\nproxy_pass http://frontend-http;\n',
            id="request-headers",
        ),
        pytest.param(
            location("/", timeouts=Timeouts(5, 30, 90), body_size="50m", connections=3),
            "location /",
            "limit_conn conn_limit_per_ip 3;\nclient_max_body_size 50m;\nproxy_connect_timeout 5s;\n"
            "proxy_send_timeout 30s;\nproxy_read_timeout 90s;\nproxy_pass http://frontend-http;\n",
            id="times-sizes-connections",
        ),
        pytest.param(
            location("/", buffers=Buffers("128k", 4, "256k", "256k")),
            "location /",
            "proxy_buffering on;\nproxy_buffer_size 128k;\nproxy_buffers 4 256k;\nproxy_busy_buffers_size 256k;\n"
            "proxy_pass http://frontend-http;\n",
            id="buffers",
        ),
        pytest.param(
            location("/", buffers=Buffers("8k", 8, "16k")),
            "location /",
            "proxy_buffering on;\nproxy_buffer_size 8k;\nproxy_buffers 8 16k;\nproxy_busy_buffers_size 32k;\n"
            "proxy_pass http://frontend-http;\n",
            id="buffers-without-busy",
        ),
        pytest.param(
            location("/", buffers=Buffers(enabled=False)),
            "location /",
            "proxy_buffering off;\nproxy_buffer_size 4k;\nproxy_pass http://frontend-http;\n",
            id="no-buffers",
        ),
        pytest.param(
            location("/s/", expires="1y", headers=(IMMUTABLE,)),
            "location /s/",
            'expires 1y;\nadd_header X-A "a" always;\nadd_header X-B "b" always;\n'
            'add_header Cache-Control "public, immutable";\nproxy_pass http://frontend-http;\n',
            id="headers-of-the-server-again",
        ),
        pytest.param(
            location("/s/", headers=(Header("x-a", "other"), Header("X-B", ""))),
            "location /s/",
            'add_header x-a "other" always;\nadd_header X-B "" always;\nproxy_pass http://frontend-http;\n',
            id="headers-of-the-server-changed",
        ),
    ],
)
def test_location(declared: LocationSpec, head: str, expected: str) -> None:
    """A location becomes exactly these directives."""
    headers = (Header("X-A", "a"), Header("X-B", "b"))
    assert block(written(proxy(declared, headers=headers)), head) == expected


STATIC = location(r"\.js$", match=Match.REGEX_ANY_CASE, answer=None, expires="1y")


@pytest.mark.parametrize(
    ("outer", "expected"),
    [
        pytest.param(
            location("/", inside=(STATIC,)),
            "expires 1y;\nproxy_pass http://frontend-http;\n",
            id="where-it-leads",
        ),
        pytest.param(
            location("/", answer=Files("/srv", "/index.html"), inside=(STATIC,)),
            "expires 1y;\nroot /srv;\n",
            id="files-without-fallback",
        ),
        pytest.param(
            location(
                "/", websocket=True, rate=LOGIN, timeouts=Timeouts(), headers=(IMMUTABLE,), inside=(STATIC,)
            ),
            "expires 1y;\nproxy_pass http://frontend-http;\n",
            id="what-nginx-takes-over-itself",
        ),
        pytest.param(
            location(
                "/",
                headers=(Header("X-C", "c"),),
                inside=(location("/a", answer=Pass(BACKEND), headers=(Header("X-D", "d"),)),),
            ),
            'add_header X-A "a" always;\nadd_header X-C "c" always;\nadd_header X-D "d" always;\n'
            "proxy_pass http://backend-http;\n",
            id="headers-of-both-levels",
        ),
        pytest.param(
            location(
                "/",
                request_headers=(("X-Tier", "1"),),
                inside=(location("/a", websocket=True),),
            ),
            REQUEST_HEADERS + "proxy_set_header Upgrade $http_upgrade;\n"
            'proxy_set_header Connection $connection_upgrade;\nproxy_set_header X-Tier "1";\n'
            "proxy_pass http://frontend-http;\n",
            id="request-headers-of-both-levels",
        ),
    ],
)
def test_location_inside_of_another(outer: LocationSpec, expected: str) -> None:
    """A location inside of another has what nginx would not take over from the outer one."""
    inner = outer.inside[0]
    head = r"location ~* \.js$" if inner.match.is_regex else f"location {inner.path}"
    assert block(written(proxy(outer, headers=(Header("X-A", "a"),))), head) == expected


@pytest.mark.parametrize(
    ("declared", "present", "absent"),
    [
        pytest.param(
            proxy(), ["worker_processes 1;", "proxy_request_buffering off;"], ["gzip", "limit_", "_cache"]
        ),
        pytest.param(
            proxy(workers=0, multi_accept=True),
            ["worker_processes auto;", "multi_accept on;"],
            [],
            id="workers",
        ),
        pytest.param(
            proxy(compression=Compression(types=(), vary=False)),
            ["gzip_vary off;"],
            ["gzip_types"],
            id="only-html-compressed",
        ),
        pytest.param(
            proxy(location("/", rate=LOGIN)),
            ["limit_req_zone $binary_remote_addr zone=login:10m rate=1r/s;", "limit_req_status 503;"],
            ["limit_conn"],
            id="rate",
        ),
        pytest.param(
            proxy(location("/", rate=ZoneRate("search", RateLimit(requests=100, per="minute", burst=5)))),
            ["limit_req_zone $binary_remote_addr zone=search:10m rate=100r/m;"],
            ["r/s"],
            id="rate-a-minute",
        ),
        pytest.param(
            proxy(location("/", connections=3)),
            ["limit_conn_zone $binary_remote_addr zone=conn_limit_per_ip:10m;", "limit_conn_status 503;"],
            ["limit_req"],
            id="connections-of-one-location",
        ),
        pytest.param(
            proxy(location("/", cache=True), cache=CacheSpec(megabytes=64)),
            ["proxy_cache app_cache;", "max_size=64m inactive=600s use_temp_path=off;"],
            ["proxy_cache_valid"],
            id="cache",
        ),
        pytest.param(
            proxy(upstreams=UpstreamSpec()),
            ["server frontend:3000 max_fails=1 fail_timeout=10s;"],
            ["least_conn", "keepalive 32"],
            id="plain-upstream",
        ),
        pytest.param(
            proxy(location("/", answer=Files("/srv"))),
            ["include /etc/nginx/mime.types;"],
            ["upstream"],
            id="files-need-types",
        ),
        pytest.param(proxy(), [], ["mime.types"], id="others-need-none"),
        pytest.param(
            proxy(trusted=("127.0.0.0/8",)), ["set_real_ip_from 127.0.0.0/8;"], ["10.0.0.0/8"], id="trusted"
        ),
    ],
)
def test_the_rest(declared: ProxySpec, present: list[str], absent: list[str]) -> None:
    """Directives stand there where something asks for them, and only then."""
    text = written(declared)
    assert [line for line in present if line not in text] == []
    assert [line for line in absent if line in text] == []


@pytest.mark.parametrize(
    ("servers", "defaults"),
    [
        pytest.param([("a.org",)], 1, id="one-of-its-own"),
        pytest.param([("a.org",), ()], 1, id="for-any-host"),
        pytest.param([()], 1, id="for-any-host-alone"),
    ],
)
def test_unknown_hosts(servers: list[tuple[str, ...]], defaults: int) -> None:
    """There is one server for all other hosts, and it answers the kubelet."""
    spec = proxy(servers=tuple(ServerSpec(hosts=hosts, locations=(location("/"),)) for hosts in servers))
    text = written(spec)
    assert text.count("    listen 8080 default_server;\n        server_name _;\n") == defaults
    assert text.count("default_server") == defaults
    assert text.count("location = /health {") == 1
    assert ("return 421;" in text) == (() not in servers)


def test_a_server_for_any_host_may_answer_health_checks_itself() -> None:
    """Its own exact location is not doubled, which nginx would refuse."""
    own = location("/health", match=Match.EXACT)
    text = written(proxy(servers=(ServerSpec(hosts=(), locations=(own,)),)))
    assert block(text, "location = /health") == "proxy_pass http://frontend-http;\n"
    assert text.count("location = /health {") == 1


def test_paths_that_no_location_has() -> None:
    """A server without a location `/` finds nothing there; nginx would look for files of its own."""
    assert block(written(proxy(location("/api/"))), "location /") == "return 404;\n"


def test_zones_are_shared_and_sorted() -> None:
    """Locations with one name have one zone, and the order of declaration does not show (c18)."""
    wider = ZoneRate("login", RateLimit(requests=1, burst=50))
    spec = proxy(
        location("/b", rate=ZoneRate("z", LOGIN.limit)), location("/a", rate=LOGIN), location("/", rate=wider)
    )
    zones = re.findall(r"limit_req_zone .* zone=(\w+):10m", written(spec))
    assert zones == ["login", "z"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("app.example.com", "app.example.com", id="plain"),
        pytest.param("", '""', id="empty"),
        pytest.param("a b", '"a b"', id="space"),
        pytest.param("a;b", '"a;b"', id="semicolon"),
        pytest.param("{", '"{"', id="brace"),
        pytest.param("#", '"#"', id="comment"),
        pytest.param('"', r'"\""', id="quote"),
        pytest.param("'", '"\'"', id="single-quote"),
        pytest.param("\\", r'"\\"', id="backslash"),
        pytest.param(r"\"; evil", r'"\\\"; evil"', id="escaped-quote"),
    ],
)
def test_word(text: str, expected: str) -> None:
    """What has a meaning to nginx stands in quotes, and what has one there is escaped."""
    assert nginx_words.word(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(r"\.(js|css)$", r"\.(js|css)$", id="as-in-the-documents"),
        pytest.param(r"^/a\\b", r'"^/a\\\\b"', id="backslash"),
        pytest.param(r"\t", r'"\\t"', id="nginx-would-make-a-tab"),
        pytest.param("a{2}", '"a{2}"', id="braces"),
        pytest.param("a b", '"a b"', id="space"),
    ],
)
def test_pattern(text: str, expected: str) -> None:
    """A regular expression reaches the matcher as it was written."""
    assert nginx_words.pattern(text) == expected


@pytest.mark.parametrize(
    "text",
    [pytest.param("$x", id="variable"), pytest.param("a\rb", id="return"), pytest.param("é", id="accent")],
)
def test_words_that_cannot_be(text: str) -> None:
    """What the checks let through by mistake is a bug, and never a line of the configuration."""
    with pytest.raises(BugError):
        nginx_words.quoted(text)


def unquoted(word: str) -> tuple[str, str]:
    """Read one word as nginx's own reader does; return it and what follows it."""
    if word[0] != '"':
        match = re.match(r"(?:\\.|[^\s;{\\])+", word)
        assert match
        text, rest = match[0], word[match.end() :]
    else:
        match = re.match(r'"((?:\\.|[^"\\])*)"', word)
        assert match
        text, rest = match[1], word[match.end() :]
    meanings = {r"\"": '"', r"\'": "'", r"\\": "\\", r"\t": "\t", r"\r": "\r", r"\n": "\n"}
    return re.sub(r"\\.", lambda found: meanings.get(found[0], found[0]), text), rest


@given(
    text=st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30), as_pattern=st.booleans()
)
def test_any_text_is_one_word(text: str, as_pattern: bool) -> None:
    """Whatever a text holds, nginx reads exactly it, and the directive goes on after it."""
    if not as_pattern:
        text = text.replace("$", "")
    word = (nginx_words.pattern if as_pattern else nginx_words.word)(text)
    assert unquoted(f"{word};") == (text, ";")


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"body_size": "10m; evil"}, id="size"),
        pytest.param({"servers": (ServerSpec(hosts=("a; evil",), locations=(location("/"),)),)}, id="host"),
    ],
)
def test_what_the_checks_refuse_is_not_written(changes: dict[str, Any]) -> None:
    """There is no text for a proxy that the checks refuse."""
    with pytest.raises(TowpathError) as caught:
        written(proxy(**changes))
    assert all(problem.what.startswith("nginx: ") for problem in caught.value.problems)


@pytest.mark.parametrize(
    "addresses",
    [pytest.param({}, id="missing"), pytest.param({FRONTEND: ("a b", 1)}, id="malformed")],
)
def test_targets_without_an_address(addresses: dict[Any, Any]) -> None:
    """A target that is nowhere is a bug of the caller."""
    with pytest.raises(BugError):
        nginx_conf(proxy(), {target: Address(*where) for target, where in addresses.items()})
