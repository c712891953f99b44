"""`towpath diff` on real Git repositories: what differs between commits and the files as they are."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.diff.examples import config, pins, secret
from tests.support.git_command import git
from towpath.cli.main import main

if TYPE_CHECKING:
    from collections.abc import Mapping

SETTINGS = "dist/staging/shop/configmap_settings.yaml"
FILES = {
    "towpath.yaml": b"environments: [development, staging, production]\n",
    SETTINGS: config(a="1"),
    "dist/production/shop/configmap_settings.yaml": config(a="1"),
    "dist/staging/shop.links": b"{}\n",
    "envs/staging/shop.images.yaml": pins(web="1@a"),
    "envs/staging/shop.yaml": b"replicas: 1\n",
    "envs/production/shop.yaml": b"replicas: 1\n",
}


def write(root: Path, files: Mapping[str, bytes | None]) -> None:
    """Write files, or remove those that are None."""
    for path, data in files.items():
        file = root / path
        if data is None:
            file.unlink()
        else:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)


def commit(root: Path, files: Mapping[str, bytes | None]) -> str:
    """Commit files, and return the commit's id."""
    write(root, files)
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "change")
    return git(root, "rev-parse", "HEAD")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a project under Git with one commit."""
    folder = tmp_path / "project"
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch=main")
    commit(folder, FILES)
    return folder


class Run:
    """Runs the command in this process."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, root: Path, *arguments: str) -> tuple[int, str, str]:
        """Return exit code, standard output and standard error of `towpath diff`."""
        code = main(["diff", "--project", str(root), *arguments])
        found = self._capsys.readouterr()
        return code, found.out, found.err

    def json(self, root: Path, *arguments: str) -> tuple[int, dict[str, object]]:
        """Return exit code and what it prints for machines."""
        code, out, _ = self(root, *arguments, "--format", "json")
        document = json.loads(out)
        assert isinstance(document, dict)
        return code, document


@pytest.fixture
def diff(capsys: pytest.CaptureFixture[str]) -> Run:
    """Return the command."""
    return Run(capsys)


def changed(document: dict[str, object]) -> list[str]:
    """Return what happens to which object of which rendering."""
    return [
        f"{each['kind']} {rendering['environment']}/{rendering['platform']} {each['key']['name']}"
        for rendering in document["renderings"]  # type: ignore[attr-defined]  # parsed JSON
        for each in rendering["changes"]
    ]


EXPECTED = """\
staging/shop: 1 changed, 0 added, 0 removed
pin web: ghcr.io/example/web:1@sha256:aaaaaaaaaaaa -> ghcr.io/example/web:2@sha256:bbbbbbbbbbbb
changed ConfigMap shop/settings (dist/staging/shop/configmap_settings.yaml)
@@ -4,4 +4,4 @@
   name: settings
   namespace: shop
 data:
-  a: "1"
+  a: "2"

1 other file changed: envs/staging/shop.yaml
1 object differs in 1 rendering: 1 changed, 0 added, 0 removed; 1 pin differs
"""
CHANGE = {
    SETTINGS: config(a="2"),
    "envs/staging/shop.images.yaml": pins(web="2@b"),
    "envs/staging/shop.yaml": b"replicas: 2\n",
    "dist/staging/shop.links": b"{ }\n",
}


def test_two_commits(root: Path, diff: Run) -> None:
    """Objects and pins that differ are shown; there are differences, so the exit code is 1."""
    commit(root, CHANGE)
    assert diff(root, "HEAD~1", "HEAD") == (1, EXPECTED, "")
    assert diff(root, "HEAD", "HEAD") == (0, "no object and no pin differs\n", "")


@pytest.mark.parametrize("staged", [False, True], ids=["not-staged", "staged"])
def test_a_commit_and_the_files_as_they_are(root: Path, diff: Run, staged: bool) -> None:
    """Without a second revision, the files count, in the index or not."""
    write(root, CHANGE)
    if staged:
        git(root, "add", "--all")
    assert diff(root, "HEAD") == (1, EXPECTED, "")


def test_files_that_git_does_not_know_yet_count(root: Path, diff: Run) -> None:
    """A new file counts, an ignored one does not, and a file that is gone is gone."""
    write(
        root, {"dist/staging/shop/new.yaml": config("new"), SETTINGS: None, ".gitignore": b"ignored.yaml\n"}
    )
    write(root, {"dist/staging/shop/ignored.yaml": config("ignored")})
    code, document = diff.json(root, "main")
    assert code == 1
    assert changed(document) == ["added staging/shop new", "removed staging/shop settings"]
    assert document["others"] == [".gitignore"]


def test_a_file_taken_out_of_the_index_and_still_there_counts(root: Path, diff: Run) -> None:
    """What matters is what stands in the folder."""
    git(root, "rm", "--quiet", "--cached", SETTINGS)
    assert diff(root, "HEAD")[0] == 0
    write(root, {SETTINGS: config(a="3")})
    assert changed(diff.json(root, "HEAD")[1]) == ["changed staging/shop settings"]


def test_touched_files_are_no_difference(root: Path, diff: Run) -> None:
    """Git's index knows times; contents decide. And the index is not refreshed: reading writes nothing."""
    index = (root / ".git/index").read_bytes()
    for path in FILES:
        os.utime(root / path, (1, 1))
    assert diff(root, "HEAD") == (0, "no object and no pin differs\n", "")
    assert (root / ".git/index").read_bytes() == index


def test_c32_mere_form_is_no_difference(root: Path, diff: Run) -> None:
    """The exit code is 0, and that a file was written anew is said."""
    write(root, {SETTINGS: b"# hello\n" + config(a="1")})
    assert diff(root, "HEAD") == (
        0,
        "1 file differs only in form: no object in them changes\nno object and no pin differs\n",
        "",
    )


def test_only_some_environments_and_platforms(root: Path, diff: Run) -> None:
    """The selection leaves out other renderings, and all that is none."""
    write(root, {**CHANGE, "dist/production/shop/configmap_settings.yaml": config(a="3")})
    code, document = diff.json(root, "HEAD", "-e", "production", "-p", "shop")
    assert (code, changed(document), document["others"]) == (1, ["changed production/shop settings"], [])
    assert diff(root, "HEAD", "-e", "development")[0] == 0


def test_an_environment_that_was_removed_can_be_named(root: Path, diff: Run) -> None:
    """The older commit knows it, although towpath.yaml does not any more."""
    commit(root, {"dist/qa/shop/a.yaml": config("a")})
    write(root, {"dist/qa/shop/a.yaml": None})
    assert changed(diff.json(root, "HEAD", "-e", "qa")[1]) == ["removed qa/shop a"]


def test_markdown_for_a_comment(root: Path, diff: Run) -> None:
    """The page starts with the counts and keeps to its limit."""
    write(root, CHANGE)
    code, out, _ = diff(root, "HEAD", "--format", "markdown")
    assert code == 1
    assert out.startswith(
        "**1 object differs in 1 rendering: 1 changed, 0 added, 0 removed; 1 pin differs.**\n"
    )
    assert '+  a: "2"\n```\n' in out
    assert len(diff(root, "HEAD", "--format", "markdown", "--limit", "300")[1]) <= 300


def test_colour_only_where_it_is_asked_for(root: Path, diff: Run) -> None:
    """A pipe gets none."""
    write(root, CHANGE)
    assert "\x1b" not in diff(root, "HEAD")[1]
    assert '\x1b[32m+  a: "2"\x1b[0m\n' in diff(root, "HEAD", "--color", "always")[1]


def test_c42_values_of_secrets_are_in_no_format(root: Path, diff: Run) -> None:
    """Neither the old value nor the new one."""
    path = "dist/staging/shop/secret_login.yaml"
    commit(root, {path: secret(stringData={"password": "c4nary-1"})})
    write(root, {path: secret(stringData={"password": "c4nary-2"})})
    for form in ("text", "json", "markdown"):
        code, out, err = diff(root, "HEAD", "--format", form)
        assert code == 1
        assert "HIDDEN (value 2)" in out
        assert "c4nary" not in out + err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(
            ["mian"],
            "there is no revision `mian`\n  expected: a branch, a tag or a commit\n  to do: did you mean `main`?",
            id="branch",
        ),
        pytest.param(["v1.0.1"], "did you mean `v1.0.0`?", id="tag"),
        pytest.param(["HEAD~99"], "there is no revision `HEAD~99`", id="too-far"),
        pytest.param(["HEAD:dist"], "there is no revision `HEAD:dist`", id="tree"),
        pytest.param(["HEAD", "0" * 40], "there is no revision `0000", id="unknown-commit"),
        pytest.param([""], "there is no revision ``", id="empty"),
        pytest.param(["a\x1b[31m\x00b"], "there is no revision `a\\x1b[31m\\x00b`", id="p24-control"),
        pytest.param(["HEAD", "-e", "prod"], "unknown environment `prod`", id="environment"),
        pytest.param(["HEAD", "-p", "shpo"], "did you mean `shop`?", id="platform"),
    ],
)
def test_what_does_not_exist(root: Path, diff: Run, arguments: list[str], message: str) -> None:
    """One message with the nearest name, and exit code 2."""
    git(root, "tag", "v1.0.0")
    code, out, err = diff(root, *arguments)
    assert (code, out) == (2, "")
    assert message in err


def test_a_revision_is_never_an_option(root: Path, diff: Run, tmp_path: Path) -> None:
    """Whatever Git would take for one is only a name that does not exist."""
    code, _, err = diff(root, "--", f"--output={tmp_path}/out")
    assert code == 2
    assert "there is no revision `--output=" in err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("made", "message"),
    [
        pytest.param(False, "is in no Git repository", id="no-repository"),
        pytest.param(
            True, "there is no revision `HEAD`\n  expected: a commit; there is none yet", id="no-commit"
        ),
    ],
)
def test_no_history(tmp_path: Path, diff: Run, made: bool, message: str) -> None:
    """Without a repository or a commit there is nothing to compare with."""
    write(tmp_path, FILES)
    if made:
        git(tmp_path, "init", "--quiet")
    code, _, err = diff(tmp_path, "HEAD")
    assert code == 2
    assert message in err


def test_no_git(root: Path, diff: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without Git gets a message."""
    monkeypatch.setenv("PATH", "/nowhere")
    code, _, err = diff(root, "HEAD")
    assert code == 1
    assert "Git cannot be started" in err


def test_a_project_inside_of_a_repository(tmp_path: Path, diff: Run) -> None:
    """Paths are the project's own, and files outside of it do not count."""
    git(tmp_path, "init", "--quiet")
    files = {f"deploy/{path}": data for path, data in FILES.items()}
    commit(tmp_path, files)
    commit(tmp_path, {f"deploy/{SETTINGS}": config(a="2"), "README.md": b"hello\n"})
    code, document = diff.json(tmp_path / "deploy", "HEAD~1", "HEAD")
    assert (code, changed(document), document["others"]) == (1, ["changed staging/shop settings"], [])
    write(tmp_path, {f"deploy/{SETTINGS}": config(a="3"), "deploy/dist/staging/shop/new.yaml": config("new")})
    assert changed(diff.json(tmp_path / "deploy", "HEAD")[1]) == [
        "added staging/shop new",
        "changed staging/shop settings",
    ]


def test_what_is_no_plain_file(root: Path, diff: Run, tmp_path: Path) -> None:
    """P15: a symbolic link is named and not followed, and a huge file is not read."""
    secret_file = tmp_path / "elsewhere.yaml"
    secret_file.write_bytes(config("elsewhere"))
    (root / "dist/staging/shop/link.yaml").symlink_to(secret_file)
    write(root, {"dist/staging/shop/large.yaml": b"#" * 5_000_000})
    for arguments in (["HEAD"], ["HEAD", "next"]):
        code, document = diff.json(root, *arguments)
        assert code == 1
        assert document["unreadable"] == [
            {"path": "dist/staging/shop/large.yaml", "reason": "too large: 5000000 bytes", "lines": []},
            {"path": "dist/staging/shop/link.yaml", "reason": "a symbolic link", "lines": []},
        ]
        if len(arguments) == 1:
            git(root, "checkout", "--quiet", "-b", "next")
            commit(root, {})
            git(root, "checkout", "--quiet", "main")


def test_names_that_are_no_text(root: Path, diff: Run) -> None:
    """A file name of any bytes is shown, and stops nothing."""
    name = os.fsencode(root) + b"/dist/staging/shop/\xff\n\xe2\x80\xae.yaml"
    Path(os.fsdecode(name)).write_bytes(b"a: [\n")
    code, out, _ = diff(root, "HEAD")
    assert code == 1
    assert "dist/staging/shop/<U+DCFF><U+000A><U+202E>.yaml: not readable as YAML" in out
    assert diff(root, "HEAD", "--format", "markdown")[0] == 1
    assert diff(root, "HEAD", "--format", "json")[0] == 1


def test_p7_nothing_is_written_and_nothing_of_the_repository_runs(
    root: Path, diff: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hooks, helpers, pagers and external programs of the repository's configuration stay out."""
    trap = tmp_path / "trap"
    trap.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\ncat\n")
    trap.chmod(0o755)
    for key in (
        *(
            "core.fsmonitor",
            "core.pager",
            "diff.external",
            "diff.x.textconv",
            "filter.x.smudge",
        ),
        *("core.sshCommand", "credential.helper", "pager.diff", "pager.log", "core.editor"),
    ):
        git(root, "config", key, str(trap))
    (root / ".git/info/attributes").write_text("* diff=x filter=x\n")
    (root / ".git/hooks/post-index-change").symlink_to(trap)
    commit_before = git(root, "rev-parse", "HEAD")
    (tmp_path / "ran").unlink(missing_ok=True)
    write(root, CHANGE)
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_EXTERNAL_DIFF", str(trap))
    assert diff(root, commit_before) == (1, EXPECTED, "")
    assert not (tmp_path / "ran").exists()
    assert {path: path.read_bytes() for path in root.rglob("*") if path.is_file()} == before


def test_a_repository_with_sha256_names(tmp_path: Path, diff: Run) -> None:
    """The names of contents are of either length."""
    git(tmp_path, "init", "--quiet", "--object-format=sha256")
    commit(tmp_path, FILES)
    for path in FILES:
        os.utime(tmp_path / path, (1, 1))
    assert diff(tmp_path, "HEAD")[0] == 0
    write(tmp_path, CHANGE)
    assert diff(tmp_path, "HEAD") == (1, EXPECTED, "")


def test_ten_thousand_files_with_one_change(root: Path, diff: Run) -> None:
    """Only what differs is read."""
    commit(
        root,
        {
            f"dist/{environment}/p{n % 50}/configmap_c{n}.yaml": config(f"c{n}", a="1")
            for environment in ("development", "staging", "production")
            for n in range(3_300)
        },
    )
    commit(root, {SETTINGS: config(a="2")})
    start = time.process_time()
    assert diff(root, "HEAD~1", "HEAD")[0] == 1
    assert time.process_time() - start < 0.5
