"""The contest: every case once a round, round after round, so that a noisy moment hits all of them alike."""

from __future__ import annotations

import shutil
import statistics
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from benchmarks.workload import VERSION, other_digest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from benchmarks.scene import Scene, Timing

NOTHING = "python -c pass"
FLOOR = "floor: dictionaries, PyYAML"
TIMES = 10
"""How many times the platforms the larger project has."""

_TEAM = "team-3"
_ENVIRONMENT = "prod"


@dataclass(frozen=True, slots=True)
class Case:
    """Something to measure. `prepare` sets it up before each run, and is not measured; it is given the round."""

    name: str
    command: Callable[[int], list[str]]
    prepare: Callable[[int], None] = lambda _: None


@dataclass(slots=True)
class Result:
    """What the runs of one case took."""

    name: str
    timings: list[Timing] = field(default_factory=list)

    @property
    def best(self) -> float:
        """Seconds of the fastest run."""
        return min(each.wall for each in self.timings)

    @property
    def median(self) -> float:
        """Seconds of the run in the middle."""
        return statistics.median(each.wall for each in self.timings)

    @property
    def cpu(self) -> float:
        """The least processor time, in seconds; it hardly depends on what else the machine does."""
        return min(each.cpu for each in self.timings)


def cases(scene: Scene, larger: Path | None) -> Iterator[Case]:
    """Yield the cases in the order of a round; the first leaves a project that is synthesized for the others."""
    team, environment = _TEAM, _ENVIRONMENT
    target = ("--environment", environment, "--platform", team)
    out = scene.folder / "out"

    def emptied(_: int) -> None:
        shutil.rmtree(out, ignore_errors=True)

    def pinned(number: int, project: Path | None = None) -> None:
        # One digest and the other in turn, so that every relink has something to do.
        first = scene.members(team)[0]
        digest = other_digest(first) if number % 2 == 0 else first.digests[environment]
        scene.change_pin(team, environment, digest, project)

    def pin_command(number: int) -> list[str]:
        first = scene.members(team)[0]
        # What `pinned` has not left there.
        digest = first.digests[environment] if number % 2 == 0 else other_digest(first)
        reference = f"{first.repository}:{VERSION}@{digest}"
        return scene.towpath("pin", f"{environment}/{team}", f"{first.name}={reference}", "--unresolved")

    yield Case(NOTHING, lambda _: [sys.executable, "-c", "pass"])
    yield Case(FLOOR, lambda _: scene.script("floor.py", out), emptied)
    yield Case("cdk8s in Python, ApiObject", lambda _: scene.script("plain_cdk8s.py", out), emptied)
    yield Case("towpath synth, cold", lambda _: scene.towpath("synth"), lambda _: scene.forget())
    yield Case(
        "towpath synth, one setting changed",
        lambda _: scene.towpath("synth"),
        lambda number: scene.change_setting(team, "dev", number + 1),
    )
    yield Case("towpath synth, nothing changed", lambda _: scene.towpath("synth"))
    yield Case(
        "towpath synth, cached, dist/ lost",
        lambda _: scene.towpath("synth"),
        lambda _: scene.forget(cache=False),
    )
    yield Case("towpath verify", lambda _: scene.towpath("verify"))
    yield Case("towpath relink, one digest", lambda _: scene.towpath("relink", *target), pinned)
    yield Case("towpath pin, one digest", pin_command)
    if larger is not None:
        yield Case(
            f"towpath relink, {TIMES}x the platforms",
            lambda _: scene.towpath("relink", *target, project=larger),
            lambda number: pinned(number, larger),
        )


def hold(
    scene: Scene, entries: Sequence[Case], rounds: int, seconds: float, progress: Callable[[str], None]
) -> list[Result]:
    """Return the results of so many rounds; fewer where the next would not fit into the seconds."""
    results = [Result(case.name) for case in entries]
    began = time.perf_counter()
    for number in range(rounds):
        for case, result in zip(entries, results, strict=True):
            progress(f"round {number + 1} of {rounds}: {case.name}")
            case.prepare(number)
            result.timings.append(scene.run(case.command(number)))
        spent = time.perf_counter() - began
        if spent * (number + 2) / (number + 1) > seconds:
            break
    return results
