"""A promotion of one image on a large environment repository, as a multiple of `git clone --depth 1` of it.

`python benchmarks/promotion.py` prints it; `measure` is for `make bench`.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

# Run by path, so Python looks for modules in this folder and not in the one above.
sys.path[0] = str(Path(__file__).resolve().parent.parent)

from towpath.images.pin import ImagePin  # noqa: E402 -- see above
from towpath.images.pinfile import format_pins  # noqa: E402 -- see above
from towpath.images.symbol import Form, ImageSymbol  # noqa: E402 -- see above
from towpath.link.linker import link_rendering, locate  # noqa: E402 -- see above
from towpath.link.map import LinkMap, format_map  # noqa: E402 -- see above
from towpath.link.pinning import PinScope  # noqa: E402 -- see above

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_ROOT = Path(__file__).resolve().parent.parent
_ENVIRONMENTS = ("development", "staging", "production")
_PIPELINE = "environments: [development, staging, production]\nregistries:\n  own: [ghcr.io/example]\n"
_CLONE, _COLD, _WARM, _AGAIN = (
    "git clone --depth 1",
    "promote, no private clone yet",
    "promote, private clone there",
    "promote again, nothing to do",
)
# So that one service is about six files, as the platforms of the other benchmarks have them.
_FILES_OF_A_SERVICE = 6


@dataclass(frozen=True, slots=True)
class Measured:
    """What one way took, in seconds, a run after the other."""

    name: str
    seconds: tuple[float, ...]

    @property
    def best(self) -> float:
        """The fastest run."""
        return min(self.seconds)

    @property
    def median(self) -> float:
        """The run in the middle."""
        return statistics.median(self.seconds)


class PromotionScene:
    """A bare repository with platforms in three environments, and a project that promotes in it over `file://`."""

    def __init__(self, folder: Path, platforms: int = 50, files: int = 10_000) -> None:
        self.folder = folder
        self.platforms = [f"team-{number}" for number in range(platforms)]
        services = max(1, round(files / (platforms * len(_ENVIRONMENTS) * _FILES_OF_A_SERVICE)))
        draft = folder / "draft"
        self.files = 0
        for platform in self.platforms:
            for index, environment in enumerate(_ENVIRONMENTS):
                # Production is behind, so that there is something to promote.
                digest = ("a" if index < 2 else "b") * 64  # noqa: PLR2004 -- the first two are alike
                rendered = _rendering(environment, platform, services, f"sha256:{digest}")
                self.files += len(rendered)
                for path, data in rendered.items():
                    where = draft / path
                    where.parent.mkdir(parents=True, exist_ok=True)
                    where.write_bytes(data)
        (draft / "towpath.yaml").write_text(_PIPELINE, encoding="utf-8")
        self.bare = folder / "env.git"
        _git(draft, "init", "--quiet", "--initial-branch=main")
        _git(draft, "add", "--all")
        _git(draft, "commit", "--quiet", "--message", "The environments")
        _git(folder, "clone", "--quiet", "--bare", str(draft), str(self.bare))
        _git(self.bare, "repack", "--quiet", "-a", "-d")
        shutil.rmtree(draft)
        self.project = folder / "project"
        self.project.mkdir()
        (self.project / "towpath.yaml").write_text(_PIPELINE, encoding="utf-8")

    @property
    def url(self) -> str:
        """The repository's address; a path alone would have Git copy files instead."""
        return f"file://{self.bare}"

    def clone(self) -> float:
        """Clone the last commit with its files; return the seconds."""
        target = self.folder / "shallow"
        shutil.rmtree(target, ignore_errors=True)
        return _timed(["git", "clone", "--quiet", "--depth", "1", self.url, str(target)])

    def promote(self, platform: str, *, cold: bool = False) -> float:
        """Promote one image of a platform from staging to production; return the seconds."""
        if cold:
            shutil.rmtree(self.project / ".towpath", ignore_errors=True)
        command = [sys.executable, "-m", "towpath", "promote", "--platform", platform, "--from", "staging"]
        command += ["--to", "production", "--image", "service-0", "--no-registry", "--format", "json"]
        return _timed([*command, "--repository", self.url, "--project", str(self.project)])


def measure(folder: Path, rounds: int = 5, platforms: int = 50, files: int = 10_000) -> list[Measured]:
    """Return what each way took, in interleaved rounds. The first one is what the others are compared with."""
    scene = PromotionScene(folder, platforms, files)
    ways: list[tuple[str, Callable[[int], float]]] = [
        (_CLONE, lambda _: scene.clone()),
        (_COLD, lambda number: scene.promote(scene.platforms[2 * number], cold=True)),
        (_WARM, lambda number: scene.promote(scene.platforms[2 * number + 1])),
        (_AGAIN, lambda number: scene.promote(scene.platforms[2 * number + 1])),
    ]
    taken: dict[str, list[float]] = {name: [] for name, _ in ways}
    for number in range(min(rounds, platforms // 2)):
        for name, way in ways:
            taken[name].append(way(number))
    return [Measured(name, tuple(seconds)) for name, seconds in taken.items()]


def table(results: Sequence[Measured]) -> list[str]:
    """Return the results as lines, each as a multiple of the first."""
    floor = results[0]
    return [
        f"{'':<36} {'min s':>8} {'median':>8} {'x clone':>8}",
        *(
            f"{each.name:<36} {each.best:>8.3f} {each.median:>8.3f} {each.best / floor.best:>8.2f}"
            for each in results
        ),
    ]


def _rendering(environment: str, platform: str, services: int, digest: str) -> dict[str, bytes]:
    """Return the files of one rendering with its pins, by path."""
    objects: dict[str, bytes] = {}
    symbols: dict[str, list[tuple[str, ImageSymbol]]] = {}
    for number in range(services):
        name = f"service-{number}"
        reference, version = ImageSymbol(name), ImageSymbol(name, Form.VERSION)
        for kind in range(_FILES_OF_A_SERVICE):
            file = f"{'deployment' if kind == 0 else f'object{kind}'}_{name}.yaml"
            head = f"apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {name}-{kind}\n  namespace: {platform}\n"
            tail = "".join(f"  field-{line}: {platform}-{environment}-{name}-{line}\n" for line in range(30))
            if kind == 0:
                head += f"  labels:\n    app.kubernetes.io/version: {version}\nspec:\n  image: {reference}\n"
                symbols[file] = [("metadata.labels", version), ("spec.image", reference)]
            else:
                head += "spec:\n"
            objects[file] = (head + tail).encode()
    entries = tuple(locate(file, text, symbols.get(file, [])) for file, text in sorted(objects.items()))
    pins = [
        ImagePin(f"service-{number}", f"ghcr.io/example/{platform}", "1.0.0", digest)
        for number in range(services)
    ]
    link_map = LinkMap("1.33", entries)
    linked = link_rendering(
        objects, link_map, PinScope(environment, platform, {pin.image: pin for pin in pins})
    )
    return {
        **{f"dist/{environment}/{platform}/{name}": data for name, data in linked.items()},
        f"dist/{environment}/{platform}.links": format_map(link_map),
        f"envs/{environment}/{platform}.images.yaml": format_pins(pins),
    }


def _environment() -> Mapping[str, str]:
    person = {
        f"GIT_{role}_{what}": value
        for role in ("AUTHOR", "COMMITTER")
        for what, value in (("NAME", "bench"), ("EMAIL", "bench@example.invalid"))
    }
    return {
        "PATH": os.environ["PATH"],
        "HOME": os.devnull,
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "PYTHONPATH": str(_ROOT / "src"),
        **person,
    }


def _git(folder: Path, *arguments: str) -> None:
    command = ["git", "-C", str(folder), *arguments]
    subprocess.run(command, check=True, env=_environment(), capture_output=True)


def _timed(command: Sequence[str]) -> float:
    began = time.perf_counter()
    done = subprocess.run(command, check=False, env=_environment(), capture_output=True, text=True)
    taken = time.perf_counter() - began
    if done.returncode:
        message = f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}"
        raise RuntimeError(message)
    return taken


def main() -> int:
    """Measure, print, and return 0."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="rounds (default: 5)")
    parser.add_argument("--platforms", type=int, default=50, metavar="N", help="platforms (default: 50)")
    parser.add_argument("--files", type=int, default=10_000, metavar="N", help="files (default: 10000)")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how to print")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="towpath-bench-") as folder:
        results = measure(Path(folder), options.rounds, options.platforms, options.files)
    if options.format == "json":
        print(json.dumps([{"name": each.name, "seconds": each.seconds} for each in results], indent=2))
    else:
        print("\n".join(table(results)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
