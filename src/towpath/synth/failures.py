"""What goes wrong while charts run, as one message with the line of the chart at fault."""

from __future__ import annotations

import errno
import os
import re
import traceback
from typing import TYPE_CHECKING

from towpath.errors import NOWHERE, Place, Problem, TowpathError

if TYPE_CHECKING:
    from pathlib import Path

_LONGEST = 400
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS})
_NODE_ADVICE = (
    "install the extra `compile` (`pip install 'towpath[compile]'`), which brings Node, or set JSII_NODE"
)
# jsii wraps a message into its own and its stack; the first line that says something is what a person needs.
_NOISE = re.compile(r"^(@jsii/kernel\.\w+: |Error: |\s*at |\s*$)")
_UNKNOWN_KEYWORD = re.compile(
    r"(?P<call>[\w.]+)\(\) got an unexpected keyword argument '(?P<name>\w+)'(?P<hint>.*)"
)


def failure_of(error: BaseException, root: Path, *, chart: str) -> TowpathError:
    """Return an exception that a chart raised as problems with places.

    `chart` is the chart's file, named where no frame of a chart is known.
    """
    place = _place_of(error, root) or Place(chart)
    if isinstance(error, TowpathError):
        return type(error)(
            [
                Problem(
                    relative_place(problem.place, root) if problem.place.file else place,
                    # Further places stand in the text.
                    problem.what.replace(f"{root}{os.sep}", ""),
                    problem.expected,
                    problem.remedy,
                    rule=problem.rule,
                )
                for problem in error.problems
            ]
        )
    if isinstance(error, SyntaxError) and error.filename:
        place = Place(_inside(error.filename, root), error.lineno or 0, error.offset or 0)
        return TowpathError(Problem(place, f"Python cannot read the chart: {error.msg}", rule="chart.syntax"))
    if type(error).__module__.startswith("jsii") or _is_jsii(error):
        return TowpathError(
            Problem(
                place,
                f"cdk8s refused it: {_javascript_message(str(error))}",
                remedy="correct the arguments on this line",
                rule="chart.jsii",
            )
        )
    unknown = _UNKNOWN_KEYWORD.match(str(error)) if isinstance(error, TypeError) else None
    if unknown:
        return TowpathError(
            Problem(
                place,
                f"{unknown['call'].removesuffix('.__init__')} has no argument `{unknown['name']}`{unknown['hint']}",
                remedy="correct its name",
                rule="chart.argument",
            )
        )
    text = _clipped(str(error)) or "no message"
    return TowpathError(
        Problem(
            place,
            f"the chart failed: {type(error).__name__}: {text}",
            remedy="correct the chart; --debug shows the whole traceback",
            rule="chart.exception",
        )
    )


def node_failure(error: BaseException) -> TowpathError:
    """Return what is to be said where cdk8s cannot be imported or its Node process does not start."""
    if isinstance(error, OSError) and error.errno in _NO_ROOM:
        return TowpathError(
            Problem(
                NOWHERE,
                f"Node cannot be started: the system refuses to write its program: {error.strerror}",
                remedy="make room where TMPDIR points to, or let it be written to",
                rule="compile.no-room",
            )
        )
    if isinstance(error, ModuleNotFoundError):
        what = f"charts cannot be compiled: the package {error.name} is not installed"
    else:
        # jsii waits for a greeting in JSON; what ends at once or is no Node sends none.
        silent = isinstance(error, ValueError)
        reason = "it gave no answer" if silent else _javascript_message(str(error))
        what = f"charts cannot be compiled: Node ({os.environ.get('JSII_NODE', 'node')}) does not start: {reason}"
    return TowpathError(
        Problem(
            NOWHERE,
            what,
            expected="cdk8s, constructs and a Node that jsii can run",
            remedy=_NODE_ADVICE,
            rule="compile.node",
        )
    )


def _is_jsii(error: BaseException) -> bool:
    # The constructor of a chart runs inside of jsii, so only where the error was raised tells whose it is.
    raised = [frame.f_code.co_filename for frame, _ in traceback.walk_tb(error.__traceback__)][-1:]
    return isinstance(error, RuntimeError) and any(f"{os.sep}jsii{os.sep}" in file for file in raised)


def _javascript_message(text: str) -> str:
    lines = [
        _NOISE.sub("", line).strip() for line in text.splitlines() if not line.lstrip().startswith("at ")
    ]
    return _clipped(next((line for line in lines if line), "no message"))


def _clipped(text: str) -> str:
    line = " ".join(text.split())
    printable = "".join(each if each.isprintable() else " " for each in line)
    return printable if len(printable) <= _LONGEST else printable[:_LONGEST] + "..."


def _place_of(error: BaseException, root: Path) -> Place | None:
    charts = f"{root}{os.sep}charts{os.sep}"
    found = None
    for frame, line in traceback.walk_tb(error.__traceback__):
        if frame.f_code.co_filename.startswith(charts):
            found = Place(_inside(frame.f_code.co_filename, root), line)
    return found


def relative_place(place: Place, root: Path) -> Place:
    """Return a place with its file relative to the root, where it is inside."""
    return Place(_inside(place.file, root), place.line, place.column)


def _inside(file: str, root: Path) -> str:
    return os.path.relpath(file, root) if file.startswith(f"{root}{os.sep}") else file
