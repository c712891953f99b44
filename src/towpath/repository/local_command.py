"""Git commands that only read the repository a project stands in, with a scrubbed environment.

No index is refreshed, no hook, pager or helper runs, and nothing is fetched. Variables that a calling hook sets, and
which would lead Git to another repository, index or program, do not reach it.
"""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from towpath.errors import TowpathError, refuse

if TYPE_CHECKING:
    from pathlib import Path

_SECONDS = 60
# For what a message or a default would be the better for: nobody waits long for that.
_SOON = 10
# Where programs and the person's own settings are, such as which folders of others they trust.
_FROM_CALLER = ("PATH", "HOME", "XDG_CONFIG_HOME", "TMPDIR", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_NOSYSTEM")
_OWN = {
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_LITERAL_PATHSPECS": "1",
    "LC_ALL": "C",
}
_SETTINGS = (
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.quotePath=false",
    "log.showSignature=false",
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command left behind, whatever its exit code."""

    code: int
    out: bytes
    errors: bytes


def ask(root: Path, *arguments: str, stdin: bytes = b"", seconds: float = _SECONDS) -> Answer:
    """Run a Git command in a folder: a fixed list, in which names of others stand behind `--end-of-options` or `--`.

    Raises:
        TowpathError: where Git cannot be started, or does not end within so many seconds.

    """
    settings = [word for each in _SETTINGS for word in ("-c", each)]
    environment = {name: os.environ[name] for name in _FROM_CALLER if name in os.environ} | _OWN
    command = ["git", "--no-pager", *settings, "-C", str(root), *arguments]
    try:
        done = subprocess.run(
            command, input=stdin, capture_output=True, check=False, timeout=seconds, env=environment
        )
    except subprocess.TimeoutExpired:
        raise no_answer(arguments[0], f"it did not end within {seconds:g} seconds") from None
    except OSError as error:
        raise refuse(
            f"Git cannot be started: {error.strerror}",
            expected="git on PATH",
            remedy="install it",
            rule="git.none",
        ) from None
    return Answer(done.returncode, done.stdout, done.stderr)


def text_or_nothing(root: Path, *arguments: str) -> str:
    """Return what a Git command prints, or an empty string where it fails, or takes long, or there is no Git."""
    try:
        answer = ask(root, *arguments, seconds=_SOON)
    except TowpathError:
        return ""
    return answer.out.decode(errors="replace") if answer.code == 0 else ""


def no_answer(command: str, words: str) -> TowpathError:
    """Return the error of a command that failed, with Git's own words as one line."""
    shown = " ".join("".join(each if each.isprintable() else " " for each in words).split())[:300]
    return refuse(
        f"`git {command}` gives no answer: {shown}",
        expected="a repository that Git can read",
        remedy="run `git fsck` in it",
        rule="git.failed",
    )
