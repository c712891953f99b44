"""Nothing of the caller's environment, settings and hooks reaches Git, and Git changes nothing of the caller's."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.repository.conftest import MOMENT, Scene
from tests.support.git_command import git
from tests.support.git_server import git_server
from towpath.forges.local import LocalForge
from towpath.repository.address import parse_address
from towpath.repository.environment import local_environment, remote_environment
from towpath.repository.port import Fault, RepositoryError

if TYPE_CHECKING:
    from pathlib import Path

ROWS = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_NAMESPACE",
    "GIT_CEILING_DIRECTORIES",
    "GIT_SHALLOW_FILE",
    "GIT_GRAFT_FILE",
    "GIT_REPLACE_REF_BASE",
    "GIT_SSH",
    "GIT_SSH_COMMAND",
    "GIT_ASKPASS",
    "SSH_ASKPASS",
    "GIT_PROXY_COMMAND",
    "GIT_EXTERNAL_DIFF",
    "GIT_EXEC_PATH",
    "GIT_TEMPLATE_DIR",
    "GIT_TRACE",
    "GIT_TRACE2_EVENT",
    "GIT_TRACE_PACKET",
    "GIT_CONFIG",
    "GIT_CONFIG_PARAMETERS",
    "GIT_AUTHOR_NAME",
    "GIT_AUTHOR_DATE",
    "GIT_COMMITTER_EMAIL",
    "GIT_DEFAULT_HASH",
    "GIT_PROTOCOL",
    "GIT_ATTR_SOURCE",
    "EMAIL",
]


def _walk(scene: Scene) -> list[str]:
    """Take every kind of step, and return ids that say whether each came out as it should."""
    repository = scene.open()
    repository.fetch()
    one = repository.write(
        scene.first, {"a.txt": b"1\r\n"}, parents=[scene.first], message="one\n", time=MOMENT
    )
    two = repository.write(scene.first, {"b": b"2"}, parents=[scene.first], message="two\n", time=MOMENT)
    tree = repository.merge_trees(scene.first, one, two)
    assert isinstance(tree, str)
    assert repository.push(one, "refs/heads/towpath/production/pms", None).accepted
    forge = LocalForge(repository, clock=lambda: MOMENT)
    pull = forge.open("towpath/production/pms", "main", "Title", "Body")
    merged = forge.merge(pull.number, one)
    assert merged.commit == scene.head()
    return [one, two, tree, merged.commit or "", scene.head("refs/towpath/pulls/1")]


@pytest.fixture
def trap(tmp_path: Path) -> Path:
    """Return a program that leaves a mark when it is run, in a folder where marks are looked for."""
    program = tmp_path / "trap" / "program"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\ntouch "{program.parent}/sprung"\nexit 1\n', encoding="utf-8")
    program.chmod(0o755)
    return program


@pytest.fixture
def stranger(tmp_path: Path) -> Path:
    """Return another repository, into which the environment points."""
    folder = tmp_path / "stranger"
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch=main", ".")
    (folder / "file").write_bytes(b"x")
    git(folder, "add", "file")
    git(folder, "commit", "--quiet", "--message=one")
    return folder


@pytest.fixture
def _hostile(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, trap: Path, stranger: Path) -> None:
    """Set every variable and every file that can lead Git astray."""
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    for hook in (
        "pre-push",
        "reference-transaction",
        "pre-auto-gc",
        "post-index-change",
        "fsmonitor-watchman",
    ):
        (hooks / hook).symlink_to(trap)
    config = tmp_path / "hostile.gitconfig"
    config.write_text(
        f"[core]\n hooksPath = {hooks}\n fsmonitor = {trap}\n autocrlf = true\n sshCommand = {trap}\n"
        f" askPass = {trap}\n attributesFile = {tmp_path}/attributes\n pager = {trap}\n gitProxy = {trap}\n"
        f'[credential]\n helper = {trap}\n[filter "evil"]\n clean = {trap}\n smudge = {trap}\n required = true\n'
        f"[commit]\n gpgSign = true\n[push]\n gpgSign = true\n followTags = true\n[gpg]\n program = {trap}\n"
        f'[url "{stranger}"]\n insteadOf = file://\n pushInsteadOf = file://\n'
        f"[http]\n sslVerify = false\n proxy = http://127.0.0.1:1\n"
        f'[protocol]\n allow = always\n[merge "evil"]\n driver = {trap}\n[i18n]\n commitEncoding = latin1\n'
        f"[transfer]\n fsckObjects = false\n[init]\n templateDir = {stranger}/.git\n"
        f"[user]\n name = Mallory\n email = mallory@example.invalid\n[alias]\n push = !{trap}\n",
        encoding="utf-8",
    )
    (tmp_path / "attributes").write_text("* filter=evil merge=evil text eol=crlf\n", encoding="utf-8")
    home = tmp_path / "home"
    (home / ".config" / "git").mkdir(parents=True)
    (home / ".gitconfig").write_bytes(config.read_bytes())
    (home / ".config" / "git" / "config").write_bytes(config.read_bytes())
    (home / ".config" / "git" / "attributes").write_bytes((tmp_path / "attributes").read_bytes())
    (home / ".netrc").write_text("default login mallory password netrc-canary\n", encoding="utf-8")
    monkeypatch.delenv("GIT_CONFIG_NOSYSTEM", raising=False)
    for name in ROWS:
        monkeypatch.setenv(name, str(trap))
    for name in ("GIT_DIR", "GIT_COMMON_DIR"):
        monkeypatch.setenv(name, str(stranger / ".git"))
    values = {
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "GIT_CONFIG_GLOBAL": str(config),
        "GIT_CONFIG_SYSTEM": str(config),
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "core.hooksPath",
        "GIT_CONFIG_VALUE_0": str(hooks),
        "GIT_CONFIG_PARAMETERS": f"'core.hooksPath'='{hooks}'",
        "GIT_WORK_TREE": str(stranger),
        "GIT_INDEX_FILE": str(stranger / ".git" / "index"),
        "GIT_OBJECT_DIRECTORY": str(stranger / ".git" / "objects"),
        "GIT_TRACE": str(trap.parent / "trace"),
        "GIT_TRACE2_EVENT": str(trap.parent / "trace2"),
        "GIT_TRACE_PACKET": str(trap.parent / "packets"),
        "GIT_ALLOW_PROTOCOL": "ext:file:http",
        "GIT_SSL_NO_VERIFY": "1",
        "GIT_CURL_VERBOSE": "1",
        "GIT_TERMINAL_PROMPT": "1",
        "GIT_AUTHOR_DATE": "@1 +0000",
        "GIT_DEFAULT_HASH": "sha256",
        "LANG": "de_DE.UTF-8",
        "LC_ALL": "tr_TR.UTF-8",
        "TZ": "Pacific/Apia",
    }
    for name, value in values.items():
        monkeypatch.setenv(name, value)


def _tracks(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_e43_p7_p21_a_hostile_environment_changes_nothing(
    scene: Scene, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """Hooks, filters, aliases, settings, keys, other repositories: the same ids come out, and no trap is sprung."""
    expected = _walk(scene)
    for ref in ("refs/heads/towpath/production/pms", "refs/towpath/pulls/1"):
        git(scene.folder, "update-ref", "-d", ref)
    git(scene.folder, "update-ref", "refs/heads/main", scene.first)
    request.getfixturevalue("_hostile")
    stranger, trap = tmp_path / "stranger", tmp_path / "trap"
    before = _tracks(stranger)
    assert _walk(scene) == expected
    assert _tracks(stranger) == before
    assert [path.name for path in trap.iterdir()] == ["program"]


@pytest.mark.usefixtures("_hostile")
def test_e43_p7_in_a_fresh_process(scene: Scene, tmp_path: Path) -> None:
    """The same holds from the very start of a process, where GitPython is imported."""
    before = _tracks(tmp_path / "stranger")
    script = (
        "import sys, pathlib; from towpath.repository.git import open_repository\n"
        "r = open_repository(pathlib.Path(sys.argv[1]), sys.argv[2]); r.fetch(); print(r.branch('main'))"
    )
    # What GitPython itself runs on import (`git version`) may be traced; it reads and writes no repository.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_TRACE")}
    del environment["GIT_EXEC_PATH"]
    environment["PYTHONPATH"] = os.pathsep.join(sys.path)
    done = subprocess.run(
        [sys.executable, "-c", script, str(scene.project), scene.url],
        capture_output=True,
        check=False,
        text=True,
        env=environment,
        timeout=60,
    )
    assert (done.stdout.strip(), done.returncode) == (scene.first, 0), done.stderr
    assert _tracks(tmp_path / "stranger") == before
    assert not (tmp_path / "trap" / "sprung").exists()


def test_p7_the_users_own_clone_is_not_touched(scene: Scene) -> None:
    """A clone of the user's at the project's root keeps every byte, index and stash included."""
    git(scene.project.parent, "clone", "--quiet", str(scene.folder), str(scene.project))
    (scene.project / "a.txt").write_bytes(b"not committed\n")
    git(scene.project, "stash")
    (scene.project / "a.txt").write_bytes(b"not committed either\n")
    git(scene.project, "add", "a.txt")
    before = _tracks(scene.project)
    _walk(scene)
    after = {path: data for path, data in _tracks(scene.project).items() if "/.towpath/" not in path}
    assert after == before


def test_p21_what_git_is_told() -> None:
    """Only what is on the list comes from the caller, and each safety setting is there."""
    caller = {"PATH": "/bin", "HOME": "/root", "SECRET": "x", "GIT_DIR": "/x", "https_proxy": "http://p:1"}
    address = parse_address("https://git.example/env.git")
    for environment in (
        local_environment(caller, "/clone"),
        remote_environment(caller, "/clone", address, None),
    ):
        assert environment["GIT_DIR"] == "/clone"
        assert environment["HOME"] == os.devnull
        assert "SECRET" not in environment
        count = int(environment["GIT_CONFIG_COUNT"])
        told = {
            environment[f"GIT_CONFIG_KEY_{at}"]: environment[f"GIT_CONFIG_VALUE_{at}"] for at in range(count)
        }
        assert told["core.hooksPath"] == os.devnull
        assert told["protocol.allow"] == "never"
        assert told["http.sslVerify"] == "true"
        assert told["http.followRedirects"] == "false"
        assert told["credential.helper"] == ""
        assert told["transfer.fsckObjects"] == "true"
        assert told["safe.bareRepository"] == "explicit"
    assert local_environment(caller, "/clone")["GIT_ALLOW_PROTOCOL"] == "none"
    assert remote_environment(caller, "/clone", address, None)["GIT_ALLOW_PROTOCOL"] == "https"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file with a key and a certificate for this machine that nobody else signed."""
    folder = tmp_path_factory.mktemp("tls")
    key, signed, both = folder / "key.pem", folder / "signed.pem", folder / "both.pem"
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
    ]
    command += ["-keyout", str(key), "-out", str(signed), "-days", "2", "-subj", "/CN=127.0.0.1"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run(command, check=True, capture_output=True)
    both.write_bytes(key.read_bytes() + signed.read_bytes())
    return both


def test_p13_verification_cannot_be_switched_off(
    scene: Scene, certificate: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """An unknown certificate is refused in spite of variables and settings; a trusted authority is enough."""
    config = tmp_path / "gitconfig"
    config.write_text("[http]\n sslVerify = false\n", encoding="utf-8")
    monkeypatch.setenv("GIT_SSL_NO_VERIFY", "1")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    with git_server(scene.folder.parent, certificate=certificate) as server:
        account = {"TOWPATH_GIT_HOST": server.host, "TOWPATH_GIT_TOKEN": "c4n4ry"}
        with pytest.raises(RepositoryError, match="does not prove who it is") as caught:
            scene.open(server.url(), environment={**os.environ, **account}).fetch()
        assert caught.value.fault is Fault.UNREACHABLE
        assert server.requests == []
        trusting = {**os.environ, **account, "SSL_CERT_FILE": str(certificate)}
        repository = scene.open(server.url(), environment=trusting)
        repository.fetch()
        assert repository.branch("main") == scene.first
