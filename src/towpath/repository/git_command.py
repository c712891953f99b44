"""Running Git: the one module that uses GitPython, and the one place where its processes begin and end.

GitPython starts each process; everything else that it offers stays unused (docs/adr/0008). Its children inherit the
whole environment of the caller, where a single variable can lead Git to another repository, index, program or proxy.
So every command goes through `env -u`, which takes away each variable that is not on the list of
`towpath.repository.environment`.
"""

from __future__ import annotations

import contextlib
import functools
import os
import re
import selectors
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, cast

from towpath.repository.port import Fault, RepositoryError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from git.cmd import Git

_ENV = "/usr/bin/env"
_OLDEST = (2, 38)
_CHUNK = 1 << 16
_ERRORS_LIMIT = 1 << 16
_OUTPUT_LIMIT = 256 << 20
# How long a process may keep its pipes open through a child after it ended itself (ssh does that).
_LINGER = 0.5
_TERMINATE = 1.0


@dataclass(frozen=True, slots=True)
class Completed:
    """What a Git process left behind."""

    code: int
    out: bytes
    errors: bytes
    """The first 64 KiB of its words, as they came."""


def run_git(
    arguments: Sequence[str],
    *,
    environment: Mapping[str, str],
    timeout: float,
    folder: str = "/",
    stdin: bytes = b"",
    limit: int = _OUTPUT_LIMIT,
    hold: int | None = None,
) -> Completed:
    """Run one Git command to its end and return what it left behind, whatever its exit code.

    Args:
        arguments: what follows `git`: a fixed list, in which names of others stand behind `--end-of-options`.
        environment: all that the process sees of the environment; secrets may stand in it, and nowhere else.
        timeout: seconds after which it and all of its children are ended.
        folder: where it runs.
        stdin: what it reads.
        limit: bytes of output that are taken.
        hold: a file descriptor that it keeps open, so that a lock outlives a killed Towpath until its Git ends too.

    Raises:
        RepositoryError: timeout, too-large or no-git.

    """
    git, program = _git_python(), _program(environment.get("PATH", os.defpath))
    foreign = sorted(name for name in os.environ if name and name not in environment)
    command = [_ENV, *(word for name in foreign for word in ("-u", name)), program, *arguments]
    # A file and not a pipe, so that reading and writing cannot wait for each other.
    with tempfile.TemporaryFile() as source:
        source.write(stdin)
        source.seek(0)
        started = git(folder).execute(
            command,
            istream=cast("BinaryIO", source),
            as_process=True,
            shell=False,
            env=dict(environment),
            start_new_session=True,
            pass_fds=() if hold is None else (hold,),
        )
        process = started.proc
        if process is None:  # pragma: no cover -- GitPython's type allows it, its code does not
            raise _no_git("it did not start")
        try:
            return _collect(process, arguments[0], time.monotonic() + timeout, timeout, limit)
        finally:
            _end(process)


def _collect(
    process: subprocess.Popen[bytes], name: str, deadline: float, timeout: float, limit: int
) -> Completed:
    """Read both streams until they end, within the deadline."""
    out, errors = bytearray(), bytearray()
    with selectors.DefaultSelector() as selector:
        for stream, sink in ((process.stdout, out), (process.stderr, errors)):
            if stream is not None:
                selector.register(stream.fileno(), selectors.EVENT_READ, sink)
        quiet = 0.0
        while selector.get_map():
            left = deadline - time.monotonic()
            if left <= 0:
                raise _late(name, timeout)
            ended = process.poll() is not None
            ready = selector.select(min(left, _LINGER / 5))
            if ended and not ready:
                quiet += _LINGER / 5
                if quiet >= _LINGER:
                    break
            for key, _ in ready:
                quiet = 0.0
                chunk = os.read(key.fd, _CHUNK)
                if not chunk:
                    selector.unregister(key.fd)
                elif key.data is out:
                    out += chunk
                else:
                    errors += chunk[: max(0, _ERRORS_LIMIT - len(errors))]
            if len(out) > limit:
                raise RepositoryError(
                    Fault.TOO_LARGE,
                    f"`git {name}` gave more than {limit} bytes",
                    "an environment repository of text files",
                    "take large files out of envs/ and dist/ of the environment repository",
                )
    try:
        code = process.wait(max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        raise _late(name, timeout) from None
    return Completed(code, bytes(out), bytes(errors))


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process with all of its children, and close its streams."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is not None:
            break
        # It leads a session of its own, so the number of its group is its own.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, sign)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_TERMINATE)
    for stream in (process.stdout, process.stderr):
        if stream is not None:
            stream.close()


@functools.cache
def _git_python() -> type[Git]:
    """Return GitPython's runner. Imported on first use: it takes a while, and runs `git version`."""
    try:
        from git.cmd import Git  # noqa: PLC0415 -- only promotions need it, and its import starts a process
    except ImportError as error:
        raise _no_git(str(error).splitlines()[0] if str(error) else "GitPython cannot be imported") from None
    return Git


@functools.cache
def _program(path: str) -> str:
    """Return Git's path. Old versions are refused: they would pass over the settings that keep them safe."""
    program = shutil.which("git", path=path)
    if program is None:
        raise _no_git("there is no git on PATH")
    if "=" in program:
        raise _no_git("its path holds `=`, which `env` would take for a variable")
    # Asked without GitPython, for the answer decides whether it may be used at all.
    answer = subprocess.run(
        [program, "version"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        env={"PATH": path, "LC_ALL": "C"},
        timeout=30,
    )
    found = re.match(rb"git version ([0-9]+)\.([0-9]+)", answer.stdout)
    if not found or (int(found[1]), int(found[2])) < _OLDEST:
        raise _no_git("the git on PATH is too old")
    return program


def _late(name: str, timeout: float) -> RepositoryError:
    return RepositoryError(
        Fault.TIMEOUT,
        f"`git {name}` did not end within {timeout:g} seconds",
        "a repository that answers in that time",
        "check the network and the server's state, then run the command again",
    )


def _no_git(why: str) -> RepositoryError:
    wanted = ".".join(map(str, _OLDEST))
    return RepositoryError(
        Fault.NO_GIT, f"Git cannot be used: {why}", f"Git {wanted} or newer on PATH", "install it"
    )
