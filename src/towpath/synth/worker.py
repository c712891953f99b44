"""The worker process: reads targets from standard input, one a line, and answers each with one line of JSON.

It is a process of its own so that environments compile side by side, and so that charts run in surroundings that are
always the same: a fixed hash seed, time zone and locale, and none of the caller's variables.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import sys
import traceback
from pathlib import Path
from typing import IO, TYPE_CHECKING, NoReturn

from towpath.errors import TowpathError
from towpath.project import Project, Target
from towpath.synth.node import Node

if TYPE_CHECKING:
    from towpath.synth.compiler import Compiler

# What the construct library imports beside cdk8s; it cannot itself be imported before Node runs.
_MEANWHILE = (
    "towpath.kubernetes.lower",
    "towpath.settings.keycloak",
    "towpath.settings.proxy",
    "towpath.settings.stores",
    "towpath.settings.workloads",
    "towpath.specs.checks",
)
# A target makes some 100,000 objects that live until it is finished, and little garbage in cycles.
_ALLOCATIONS = 50_000


def run(root: str) -> NoReturn:
    """Serve until standard input ends, and end the process."""
    main(root)
    # This ends Node and removes its files. What Python would do after it takes several times as long and changes
    # nothing: it takes down every module and object one by one.
    atexit._run_exitfuncs()  # noqa: SLF001 -- the only way to what `sys.exit` does first
    sys.stderr.flush()
    os._exit(0)


def main(root: str) -> None:
    """Serve until standard input ends."""
    answers = _private_stdout()
    # Nothing that is imported is ever given back, so that to look for garbage in it is time lost.
    gc.disable()
    node = Node()
    from towpath.synth.compiler import Compiler  # noqa: PLC0415 -- its imports take a while, in which Node starts

    for module in _MEANWHILE:
        importlib.import_module(module)
    node.wait()
    gc.freeze()
    gc.set_threshold(_ALLOCATIONS)
    gc.enable()
    # Charts import `charts.<platform>`, and nothing may be written beside them.
    sys.dont_write_bytecode = True
    sys.path.insert(0, root)
    compiler = Compiler(Project(Path(root)), node)
    for line in sys.stdin:
        environment, platform = line.split()
        answers.write(json.dumps(_answer(compiler, Target(environment, platform))) + "\n")
        answers.flush()


def _answer(compiler: Compiler, target: Target) -> dict[str, object]:
    try:
        return {"objects": compiler.compile(target).to_json()}
    except TowpathError as error:
        cause = "".join(traceback.format_exception(error)) if error.__cause__ else ""
        return {
            "problems": [problem.to_json() for problem in error.problems],
            "exit": error.exit_code,
            "trace": cause,
        }
    except Exception:  # noqa: BLE001 -- whatever it is, the parent reports it as a bug
        return {"bug": traceback.format_exc()}


def _private_stdout() -> IO[str]:
    """Return standard output for answers alone; what charts print goes to standard error."""
    sys.stdout.flush()
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return answers


if __name__ == "__main__":
    run(sys.argv[1])
