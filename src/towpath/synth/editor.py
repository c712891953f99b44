"""Files for editors: a schema for the settings of each platform and for the facts of clusters."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from towpath.settings.cluster import Cluster
from towpath.settings.json_schema import layer_schema
from towpath.synth.declarations import charts_importable, settings_model

if TYPE_CHECKING:
    from collections.abc import Sequence

    from towpath.project import Project

FOLDER = "envs/schemas"
CLUSTER = "cluster"
_MODELINE = "# yaml-language-server: $schema="


def schema_path(name: str) -> str:
    """Return where the schema of a platform, or of `cluster`, is kept, from the root."""
    return f"{FOLDER}/{name}.json"


def modeline() -> str:
    """Return the line by which a settings file names its schema; every settings file is as deep."""
    return f"{_MODELINE}../schemas/"


def schemas(project: Project, names: Sequence[str]) -> dict[str, bytes]:
    """Return schemas as text by name: platforms, and `cluster`.

    Raises:
        TowpathError: where a platform has no settings model, or its module fails.

    """
    found = {}
    with charts_importable(project):
        for name in names:
            model = Cluster if name == CLUSTER else settings_model(project, name)
            what = "The facts of a cluster" if name == CLUSTER else f"Settings of {name}, one layer"
            text = json.dumps(layer_schema(model, what), indent=2, ensure_ascii=False)
            found[name] = f"{text}\n".encode()
    return found


def charted(project: Project) -> tuple[str, ...]:
    """Return every platform with settings in some environment, sorted."""
    return tuple(sorted({name for each in project.pipeline.environments for name in project.charted(each)}))


def without_modeline(project: Project, platforms: Sequence[str]) -> dict[str, str]:
    """Return the settings files whose first line names no schema, and the line to add to each."""
    found = {}
    for folder in ("defaults", *project.pipeline.environments):
        for name in (*platforms, CLUSTER):
            path = f"envs/{folder}/{name}.yaml"
            data = project.read_if_present(path)
            wanted = f"{modeline()}{name}.json"
            if data is not None and data.partition(b"\n")[0].decode(errors="replace").strip() != wanted:
                found[path] = wanted
    return found
