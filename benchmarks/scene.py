"""The scene of a benchmark: a folder with the contestants' code, a Towpath project, and what is needed to run them."""

from __future__ import annotations

import compileall
import os
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.project import pin_of, settings_text, write_project
from benchmarks.workload import ENVIRONMENTS, TEAMS, services
from towpath.images.pinfile import format_pins
from towpath.synth.workers import node_program

if TYPE_CHECKING:
    from benchmarks.workload import Service

_ROOT = Path(__file__).parent.parent
# What the installed command `towpath` runs.
_TOWPATH = "from towpath.cli.main import run; run()"


@dataclass(frozen=True, slots=True)
class Timing:
    """What one run took, in seconds."""

    wall: float
    cpu: float
    """User and system time of the process and of those that it started and waited for."""


class CommandError(Exception):
    """A contestant's command failed; the text says which, and what it printed."""


class Scene:
    """A folder in which contestants run, with a copy of the code as an installation has it: with its bytecode."""

    def __init__(self, folder: Path, count: int, teams: int = TEAMS) -> None:
        self.folder = folder
        self.count = count
        self.teams = teams
        self.services = services(count, teams)
        self.site = folder / "site"
        for package in (_ROOT / "src" / "towpath", _ROOT / "benchmarks"):
            shutil.copytree(package, self.site / package.name, ignore=shutil.ignore_patterns("__pycache__"))
        compileall.compile_dir(self.site, quiet=2)
        self.project = folder / "project"
        write_project(self.project, self.services)

    @property
    def dist(self) -> Path:
        """Where Towpath renders to."""
        return self.project / "dist"

    def towpath(self, *arguments: str, project: Path | None = None) -> list[str]:
        """Return the command line of a Towpath command."""
        return [sys.executable, "-c", _TOWPATH, *arguments, "--project", str(project or self.project)]

    def script(self, name: str, out: Path) -> list[str]:
        """Return the command line of a contestant that is a script of ours."""
        return [
            sys.executable,
            str(self.site / "benchmarks" / name),
            str(self.count),
            str(self.teams),
            str(out),
        ]

    def forget(self, *, cache: bool = True) -> None:
        """Remove what Towpath rendered and, as asked for, its cache."""
        shutil.rmtree(self.dist, ignore_errors=True)
        if cache:
            shutil.rmtree(self.project / ".towpath", ignore_errors=True)

    def change_setting(self, team: str, environment: str, more_replicas: int) -> None:
        """Let the first service of a team have more replicas in one environment."""
        text = settings_text(self.members(team), environment, more_replicas)
        (self.project / f"envs/{environment}/{team}.yaml").write_text(text, encoding="utf-8")

    def change_pin(self, team: str, environment: str, digest: str, project: Path | None = None) -> None:
        """Pin the image of a team's first service to another digest."""
        first, *rest = self.members(team)
        pins = [pin_of(first, digest), *(pin_of(each, each.digests[environment]) for each in rest)]
        path = (project or self.project) / f"envs/{environment}/{team}.images.yaml"
        path.write_bytes(format_pins(pins))

    def members(self, team: str) -> list[Service]:
        """Return the services of a team."""
        return [each for each in self.services if each.team == team]

    def larger_project(self, times: int) -> Path:
        """Copy the project, which has to be synthesized, and each of its teams under further names; return the copy.

        Everything of a team is copied, its rendering too, so that a relink of one team has these others around it.
        """
        folder = self.folder / f"project-{times}"
        shutil.copytree(self.project, folder)
        for number in range(self.teams, self.teams * times):
            model, team = f"team-{number % self.teams}", f"team-{number}"
            shutil.copytree(folder / _charts(model), folder / _charts(team))
            shutil.copy(folder / f"envs/defaults/{model}.yaml", folder / f"envs/defaults/{team}.yaml")
            for environment in ENVIRONMENTS:
                envs, dist = folder / "envs" / environment, folder / "dist" / environment
                for ending in (".yaml", ".images.yaml"):
                    shutil.copy(envs / f"{model}{ending}", envs / f"{team}{ending}")
                shutil.copy(dist / f"{model}.links", dist / f"{team}.links")
                shutil.copytree(dist / model, dist / team)
        return folder

    def run(self, command: list[str]) -> Timing:
        """Run a command to its end and return what it took.

        Raises:
            CommandError: where it fails.

        """
        with tempfile.TemporaryFile() as printed:
            began = time.perf_counter()
            process = os.posix_spawn(
                command[0],
                command,
                self._environment(),
                file_actions=[(os.POSIX_SPAWN_DUP2, printed.fileno(), each) for each in (1, 2)],
            )
            _, status, usage = os.wait4(process, 0)
            wall = time.perf_counter() - began
            if status:
                printed.seek(0)
                text = printed.read().decode(errors="replace")
                message = f"{' '.join(command)} failed:\n{text}"
                raise CommandError(message)
        return Timing(wall, usage.ru_utime + usage.ru_stime)

    def _environment(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
        return {
            **kept,
            "JSII_NODE": node_program(),
            "JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION": "1",
            "LANG": "C.UTF-8",
            "PYTHONPATH": str(self.site),
        }


def _charts(team: str) -> str:
    return f"charts/{team.replace('-', '_')}"
