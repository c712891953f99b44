"""`make bench`: what Towpath takes, as a multiple of other ways to render the same objects."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if not __package__:
    # Run by path, so Python looks for modules in this folder and not in the one above.
    sys.path[0] = str(Path(__file__).resolve().parent.parent)

from benchmarks import contest, promotion
from benchmarks.comparison import ADDED_ANNOTATIONS, compare, report
from benchmarks.scene import CommandError, Scene
from benchmarks.workload import KINDS, SERVICES, TEAMS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.contest import Result

_DESCRIPTION = """\
Render one workload in several ways, check that all of them give the same objects, and print what each takes as a
multiple of the floor (dictionaries, PyYAML's C dumper, a file each) and of a Python that does nothing.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark and return 0, or 1 where a contestant fails or renders something else."""
    options = _parser().parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="towpath-bench-") as scratch:
        folder = options.dir.resolve() if options.dir else Path(scratch)
        if options.dir and folder.exists() and any(folder.iterdir()):
            print(f"{folder} is not empty; name a new folder", file=sys.stderr)
            return 2
        try:
            return _bench(folder, options)
        except CommandError as error:
            print(error, file=sys.stderr)
            return 1


def _bench(folder: Path, options: argparse.Namespace) -> int:
    _progress("writing the project")
    scene = Scene(folder, options.services)
    checked = _checked(scene)
    if checked is None:
        return 1
    if options.check:
        print("\n".join(checked))
        return 0
    larger = None
    if not options.small:
        _progress(f"copying a project with {contest.TIMES} times the platforms")
        larger = scene.larger_project(contest.TIMES)
    entries = list(contest.cases(scene, larger))
    results = contest.hold(scene, entries, options.rounds, options.seconds, _progress)
    promoted: list[promotion.Measured] = []
    if not options.small:
        _progress("promoting one image in a repository of 10,000 files")
        promoted = promotion.measure(folder / "promotion", rounds=3)
    _progress("")
    if options.format == "json":
        print(json.dumps(_document(results, checked, options.services), indent=2))
    else:
        print("\n".join([_machine(), *checked, "", *_table(results)]))
        if promoted:
            print("\n".join(["", *promotion.table(promoted)]))
    return 0


def _checked(scene: Scene) -> list[str] | None:
    """Return what each contestant rendered, in a line each, or None after saying what differs."""
    lines = []
    failed = False
    for name, command, out in (
        ("towpath", scene.towpath("synth"), scene.dist),
        ("floor", scene.script("floor.py", scene.folder / "floor"), scene.folder / "floor"),
        ("cdk8s", scene.script("plain_cdk8s.py", scene.folder / "cdk8s"), scene.folder / "cdk8s"),
    ):
        _progress(f"checking what {name} renders")
        scene.run(command)
        comparison = compare(out, scene.services)
        lines.append(report(name, comparison))
        failed = failed or bool(comparison.differences)
    _progress("")
    lines.append(
        f"compared: every field of {', '.join(KINDS)}; not {' and '.join(sorted(ADDED_ANNOTATIONS))}"
    )
    if failed:
        print("\n".join(["the contestants do not render the same:", *lines]), file=sys.stderr)
        return None
    return lines


def _table(results: Sequence[Result]) -> list[str]:
    nothing, floor = _named(results, contest.NOTHING), _named(results, contest.FLOOR)
    lines = [f"{'':<36} {'min s':>8} {'median':>8} {'cpu s':>8} {'x floor':>8} {'x pass':>8}"]
    lines.extend(
        f"{each.name:<36} {each.best:>8.3f} {each.median:>8.3f} {each.cpu:>8.3f} "
        f"{each.best / floor.best:>8.2f} {each.best / nothing.best:>8.1f}"
        for each in results
    )
    lines.append(
        f"{len(results[0].timings)} rounds, interleaved; `x floor` and `x pass` divide the fastest run "
        f"by the fastest of the floor and of `{contest.NOTHING}`"
    )
    return lines


def _document(results: Sequence[Result], checked: list[str], count: int) -> dict[str, object]:
    nothing, floor = _named(results, contest.NOTHING), _named(results, contest.FLOOR)
    return {
        "machine": _machine(),
        "services": count,
        "checked": checked,
        "rounds": len(results[0].timings),
        "cases": [
            {
                "name": each.name,
                "min_seconds": round(each.best, 4),
                "median_seconds": round(each.median, 4),
                "min_cpu_seconds": round(each.cpu, 4),
                "times_floor": round(each.best / floor.best, 3),
                "times_pass": round(each.best / nothing.best, 2),
            }
            for each in results
        ],
    }


def _named(results: Sequence[Result], name: str) -> Result:
    return next(each for each in results if each.name == name)


def _machine() -> str:
    cores = len(os.sched_getaffinity(0))
    load = os.getloadavg()[0]
    return (
        f"{platform.system()} {platform.machine()}, {cores} cores, Python {platform.python_version()}, "
        f"load {load:.1f} at the end"
    )


def _progress(text: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)
    elif text:
        print(text, file=sys.stderr, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make bench", description=_DESCRIPTION)
    parser.add_argument("--rounds", type=int, default=7, metavar="N", help="rounds (default: 7)")
    parser.add_argument(
        "--seconds", type=float, default=200, metavar="S", help="begin no round that would not end by then"
    )
    parser.add_argument(
        "--services", type=int, default=SERVICES, metavar="N", help=f"services (default: {SERVICES})"
    )
    parser.add_argument(
        "--small", action="store_true", help=f"leave out the project of {10 * TEAMS} platforms"
    )
    parser.add_argument("--check", action="store_true", help="only check that all render the same")
    parser.add_argument("--dir", type=Path, metavar="DIR", help="work in this new folder and leave it there")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how to print")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
