"""Git as a person runs it who is not Towpath: to make repositories for tests, and to look at them."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def git(folder: Path, *arguments: str, stdin: bytes = b"", check: bool = True) -> str:
    """Run Git in a folder with a neutral environment and return what it prints, stripped.

    Bytes that are no UTF-8 become surrogates. Raises RuntimeError where Git fails, unless `check` is off.
    """
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": os.devnull,
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        **{f"GIT_{role}_NAME": "A person" for role in ("AUTHOR", "COMMITTER")},
        **{f"GIT_{role}_EMAIL": "person@example.invalid" for role in ("AUTHOR", "COMMITTER")},
    }
    done = subprocess.run(
        ["git", "-C", str(folder), *arguments],
        input=stdin,
        capture_output=True,
        check=False,
        env=environment,
        timeout=60,
        # The modes of files that it checks out are those that tests write.
        umask=0o022,
    )
    if check and done.returncode:
        message = f"git {' '.join(arguments)}: {(done.stderr + done.stdout).decode(errors='replace')}"
        raise RuntimeError(message)
    return done.stdout.decode(errors="surrogateescape").strip()
