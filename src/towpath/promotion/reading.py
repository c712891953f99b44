"""Reading the environment repository: the pipeline, the pins and the renderings of its base branch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from towpath.errors import TowpathError, refuse
from towpath.images.pinfile import Pins, parse_pins
from towpath.layout import map_path
from towpath.link.map import is_file_name
from towpath.pipeline import PIPELINE_FILE, Pipeline, parse_pipeline
from towpath.promotion.base import Base
from towpath.repository.port import REGULAR_MODES

if TYPE_CHECKING:
    from towpath.repository.port import Repository


def read_pipeline(repository: Repository, commit: str, fallback: Pipeline) -> Pipeline:
    """Return the pipeline as the base branch states it, or another where it has none.

    The base decides and not the working tree, so that a change cannot loosen the rules that it is held to.
    """
    data = repository.read(commit, [PIPELINE_FILE]).get(PIPELINE_FILE)
    return fallback if data is None else parse_pipeline(data)


def base_head(repository: Repository, branch: str) -> str:
    """Return the head of the base branch.

    Raises:
        TowpathError: where the branch does not exist.

    """
    head = repository.branch(branch)
    if head is None:
        raise refuse(
            f"the environment repository has no branch {branch}",
            expected="a branch that holds envs/ and dist/",
            remedy="push it, or correct repository.branch in towpath.yaml",
            rule="promote.no-base",
        )
    return head


def read_pins(repository: Repository, commit: str, environment: str, platform: str) -> Pins:
    """Return the pins of a platform in an environment as of a commit.

    Raises:
        TowpathError: where there are none, or the file is malformed.

    """
    path = f"envs/{environment}/{platform}.images.yaml"
    data = repository.read(commit, [path]).get(path)
    if data is None:
        raise refuse(
            f"{environment} has no pins of {platform}",
            expected=f"{path} on the base branch",
            remedy=f"pin its images with `towpath pin {environment}/{platform} IMAGE=REFERENCE` and merge that",
            rule="promote.no-pins",
        )
    return parse_pins(data, path)


def read_base(repository: Repository, commit: str, environment: str, platform: str) -> Base:
    """Return a rendering and its pins as of a commit."""
    folder = f"dist/{environment}/{platform}/"
    entries = repository.list(commit, folder)
    files = {
        path: path.removeprefix(folder)
        for path, entry in entries.items()
        if entry.mode in REGULAR_MODES and is_file_name(path.removeprefix(folder))
    }
    unexpected = {
        path.removeprefix(folder): "a file of this name" if entry.mode in REGULAR_MODES else "no plain file"
        for path, entry in entries.items()
        if path not in files
    }
    pins_path = f"envs/{environment}/{platform}.images.yaml"
    link_map = f"dist/{map_path(environment, platform)}"
    found = repository.read(commit, [*files, pins_path, link_map])
    pins_data = found.get(pins_path)
    return Base(
        commit=commit,
        environment=environment,
        platform=platform,
        pins=Pins({}, {}) if pins_data is None else parse_pins(pins_data, pins_path),
        pins_data=pins_data,
        map_data=found.get(link_map),
        files={name: found[path] for path, name in files.items()},
        unexpected=unexpected,
    )


def since_when(repository: Repository, commit: str, environment: str, platform: str) -> dict[str, int]:
    """Return for each image since when its environment has had its present digest, in Unix seconds.

    An image that has had it for longer than the history that is read goes back to the oldest commit read.
    """
    path = f"envs/{environment}/{platform}.images.yaml"
    since: dict[str, int] = {}
    wanted: dict[str, str] = {}
    settled: set[str] = set()
    for entry, data in repository.history(commit, path):
        try:
            pins = {} if data is None else parse_pins(data, path).images
        except TowpathError:
            # An old commit may hold what nobody accepts today; what came after it is still true.
            break
        if not wanted:
            wanted = {image: pin.digest or pin.tag for image, pin in pins.items()}
        for image, digest in wanted.items():
            pin = pins.get(image)
            if image in settled:
                continue
            if pin is not None and (pin.digest or pin.tag) == digest:
                since[image] = entry.time
            else:
                settled.add(image)
    return since
