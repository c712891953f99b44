"""The account of the Git host: where it may go, and all the places where it must not turn up."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
import threading
import traceback
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from tests.repository.conftest import Scene, command_lines
from tests.support.git_server import git_server
from towpath.errors import UsageError
from towpath.repository.address import parse_address
from towpath.repository.credentials import GitCredentials, git_credentials_from
from towpath.repository.port import Fault, RepositoryError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CANARY = "c4n4ry/t0ken+with=signs"
FORMS = (
    CANARY,
    quote(CANARY, safe=""),
    base64.b64encode(CANARY.encode()).decode(),
    base64.b64encode(f"x-access-token:{CANARY}".encode()).decode(),
    base64.b64encode(f":{CANARY}".encode()).decode().rstrip("=")[4:-4],
    CANARY[:8],
)


def _account(host: str, token: str = CANARY) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "TOWPATH_GIT_HOST": host, "TOWPATH_GIT_TOKEN": token}


@contextmanager
def _watched_processes() -> Iterator[set[str]]:
    """Collect the command lines of all processes of this machine while the block runs."""
    seen: set[str] = set()
    done = threading.Event()

    def watch() -> None:
        while not done.is_set():
            seen.update(command_lines())
            done.wait(0.001)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield seen
    finally:
        done.set()
        thread.join()


def _leaks(text: str) -> list[str]:
    return [form for form in FORMS if form in text]


@pytest.mark.usefixtures("_no_pauses")
def test_e78_p11_the_token_turns_up_nowhere(
    scene: Scene, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """No argument list, file, log, output, exception or text form holds it, in any encoding; the server has it."""
    caplog.set_level("DEBUG")
    told = []
    with (
        git_server(scene.folder.parent, username="x-access-token", password=CANARY) as server,
        _watched_processes() as seen,
    ):
        repository = scene.open(server.url(), environment=_account(server.host))
        repository.fetch()
        commit = repository.write(scene.first, {"x": b"x"}, parents=[scene.first], message="x\n")
        assert repository.push(commit, "refs/heads/main", scene.first).accepted
        # A server that sends the account back, and one that turns it down.
        scene.hook("pre-receive", f"echo 'bad token {CANARY} {FORMS[3]}' >&2; exit 1")
        later = repository.write(commit, {"x": b"y"}, parents=[commit], message="y\n")
        told.append(str(repository.push(later, "refs/heads/main", commit)))
        for status in (401, 403, 500):
            server.status = status
            try:
                repository.fetch()
            except RepositoryError:
                told.append(traceback.format_exc())
        told.append(repr(git_credentials_from(_account(server.host))))
        accounts = server.authorizations
    assert accounts == {f"Basic {FORMS[3]}"}
    assert any("git" in line and "push" in line for line in seen), "the watcher saw nothing"
    assert len(told) == 5
    assert "***" in told[0]
    output = capfd.readouterr()
    for text in (*told, *seen, caplog.text, output.out, output.err):
        assert not _leaks(text)
    files = [path for path in scene.project.rglob("*") if path.is_file()]
    assert files
    for path in files:
        assert not _leaks(path.read_bytes().decode("latin-1"))


def test_e78_p11_a_whole_process_says_nothing_of_it(scene: Scene) -> None:
    """An error that nobody catches, with GitPython's own trace on, ends in output without the token."""
    script = (
        "import pathlib, sys, logging; logging.basicConfig(level=0)\n"
        "from towpath.repository.git import open_repository\n"
        "open_repository(pathlib.Path(sys.argv[1]), sys.argv[2]).fetch()"
    )
    with git_server(scene.folder.parent, username="x", password="another") as server:
        environment = _account(server.host) | {
            "PYTHONPATH": os.pathsep.join(sys.path),
            "GIT_PYTHON_TRACE": "full",
            "GIT_CURL_VERBOSE": "1",
            "GIT_TRACE_CURL": "1",
        }
        done = subprocess.run(
            [sys.executable, "-c", script, str(scene.project), server.url()],
            capture_output=True,
            check=False,
            text=True,
            env=environment,
            timeout=60,
        )
        assert server.authorizations == {f"Basic {FORMS[3]}"}
    assert done.returncode == 1
    assert "Traceback" in done.stderr
    assert not _leaks(done.stdout + done.stderr)


@pytest.mark.parametrize("named", [pytest.param("host", id="by-name"), pytest.param("port", id="by-port")])
def test_p12_another_host_gets_nothing(scene: Scene, named: str) -> None:
    """An account of another host, or of another port of this one, is not sent; the message says why."""
    with git_server(scene.folder.parent, username="x-access-token", password=CANARY) as server:
        host = "git.example" if named == "host" else "127.0.0.1:1"
        with pytest.raises(RepositoryError, match="no account was sent") as caught:
            scene.open(server.url(), environment=_account(host)).fetch()
        assert caught.value.fault is Fault.UNAUTHORIZED
        assert server.requests
        assert server.authorizations == set()


def test_p12_a_redirect_is_not_followed(scene: Scene, tmp_path: Path) -> None:
    """A server that sends us elsewhere cannot send the account with us."""
    with (
        git_server(scene.folder.parent, username="x-access-token", password=CANARY) as server,
        git_server(scene.folder.parent) as thief,
    ):
        server.redirect = f"http://{thief.host}"
        with pytest.raises(RepositoryError) as caught:
            scene.open(server.url(), environment=_account(server.host)).fetch()
        assert caught.value.fault is Fault.MOVED
        assert server.authorizations
        assert thief.requests == []


@pytest.mark.parametrize(
    ("url", "host", "belongs"),
    [
        pytest.param("https://git.example/env", "git.example", True, id="itself"),
        pytest.param("https://git.example:443/env", "git.example:443", True, id="usual-port"),
        pytest.param("https://git.example:8443/env", "git.example", False, id="another-port"),
        pytest.param("https://git.example.evil.example/env", "git.example", False, id="longer-name"),
        pytest.param("https://evil-git.example/env", "git.example", False, id="name-at-the-end"),
        pytest.param("http://git.example/env", "git.example", False, id="not-encrypted"),
        pytest.param("ssh://git@git.example/env", "git.example", False, id="ssh"),
        pytest.param("file:///git.example/env", "git.example", False, id="file"),
        pytest.param("http://127.0.0.1:8080/env", "127.0.0.1:8080", True, id="this-machine"),
    ],
)
def test_p12_whom_an_account_belongs_to(url: str, host: str, belongs: bool) -> None:
    """The very host and port, over a connection that nobody can listen to."""
    account = GitCredentials(host, CANARY)
    address = parse_address(url, allow_http=True)
    assert account.belong_to(address) is belongs
    assert bool(account.configuration(address)) is belongs


@pytest.mark.parametrize(
    "environment",
    [
        pytest.param({"TOWPATH_GIT_TOKEN": CANARY}, id="no-host"),
        pytest.param({"TOWPATH_GIT_HOST": "git.example"}, id="no-token"),
        pytest.param(
            {"TOWPATH_GIT_HOST": "https://git.example", "TOWPATH_GIT_TOKEN": CANARY}, id="url-as-host"
        ),
        pytest.param({"TOWPATH_GIT_HOST": "git.example", "TOWPATH_GIT_TOKEN": f"{CANARY}\n"}, id="newline"),
        pytest.param({"TOWPATH_GIT_HOST": "git.example", "TOWPATH_GIT_TOKEN": f"{CANARY} x"}, id="space"),
        pytest.param(
            {"TOWPATH_GIT_HOST": "git.example", "TOWPATH_GIT_TOKEN": CANARY, "TOWPATH_GIT_USERNAME": "a:b"},
            id="colon-in-name",
        ),
    ],
)
def test_half_an_account_is_refused(environment: dict[str, str]) -> None:
    """It must not become an anonymous request; the message does not repeat the values."""
    with pytest.raises(UsageError) as caught:
        git_credentials_from(environment)
    assert not _leaks(f"{caught.value} {caught.value!r}")


def test_no_account() -> None:
    """Without one, nothing is sent and nothing is wrong."""
    assert git_credentials_from({"TOWPATH_GIT_USERNAME": "x"}) is None
