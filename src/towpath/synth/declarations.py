"""Loading what people wrote about one target: its settings, the facts of its cluster, and its chart."""

from __future__ import annotations

import importlib
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from towpath.errors import Place, Problem, TowpathError, refuse
from towpath.settings.cluster import Cluster
from towpath.settings.layers import Layer, load_settings, read_layer
from towpath.settings.model import SettingsModel
from towpath.synth.failures import failure_of
from towpath.synth.inputs import chart_folder, cluster_file, settings_files

if TYPE_CHECKING:
    from collections.abc import Iterator

    from towpath.project import Project, Target
    from towpath.settings.layers import Loaded

MODEL = "Settings"


def load_cluster(project: Project, environment: str) -> Loaded[Cluster]:
    """Return the facts of an environment's cluster.

    Raises:
        TowpathError: with every mistake of the file.

    """
    file = cluster_file(environment)
    return load_settings(Cluster, [_layer(project, environment, file, required=True)])


def load_target_settings(project: Project, target: Target) -> Loaded[SettingsModel]:
    """Return a target's settings, each value with the layer and line that it came from.

    Raises:
        TowpathError: with every mistake of all layers.

    """
    defaults, own = settings_files(target)
    layers = [
        _layer(project, "defaults", defaults, required=False),
        _layer(project, target.environment, own, required=True),
    ]
    return load_settings(settings_model(project, target.platform), layers)


@contextmanager
def charts_importable(project: Project) -> Iterator[None]:
    """Let `charts.<platform>` be imported from a project, and nothing be written beside it; undo that afterwards."""
    root, wrote = str(project.root), sys.dont_write_bytecode
    sys.path.insert(0, root)
    sys.dont_write_bytecode = True
    forget_charts()
    try:
        yield
    finally:
        sys.path.remove(root)
        sys.dont_write_bytecode = wrote
        forget_charts()


def forget_charts() -> None:
    """Have charts imported anew, so that nothing goes from one target or project to the next in a module."""
    for name in [name for name in sys.modules if name == "charts" or name.startswith("charts.")]:
        del sys.modules[name]
    importlib.invalidate_caches()


def settings_model(project: Project, platform: str) -> type[SettingsModel]:
    """Return the model of a platform's settings: the class `Settings` of its `settings.py`.

    Raises:
        TowpathError: where there is none, or the module fails.

    """
    folder = chart_folder(platform)
    file = f"{folder}/settings.py"
    if not (project.root / file).is_file():
        raise refuse(
            f"the platform {platform} has no {file}",
            place=Place(f"{folder}"),
            expected=f"a module with a class {MODEL}",
            remedy="write its settings model, or remove the platform's settings from envs/",
            rule="chart.no-settings",
        )
    model = _imported(project, file).__dict__.get(MODEL)
    if not (isinstance(model, type) and issubclass(model, SettingsModel)):
        raise refuse(
            f"{file} defines no class {MODEL}",
            place=Place(file),
            expected=f"class {MODEL}(SettingsModel)",
            rule="chart.no-settings",
        )
    return model


def chart_class(project: Project, platform: str, base: type) -> type[Any]:
    """Return the chart of a platform: the one subclass of `base` that its `chart.py` defines.

    Raises:
        TowpathError: where there is not exactly one, or the module fails.

    """
    file = f"{chart_folder(platform)}/chart.py"
    if not (project.root / file).is_file():
        raise refuse(
            f"the platform {platform} has no {file}",
            place=Place(chart_folder(platform)),
            expected="a module that defines a subclass of towpath.constructs.Platform",
            rule="chart.none",
        )
    module = _imported(project, file)
    found = [
        each
        for each in vars(module).values()
        if isinstance(each, type) and issubclass(each, base) and each.__module__ == module.__name__
    ]
    if len(found) != 1:
        names = ", ".join(each.__name__ for each in found) or "none"
        raise refuse(
            f"{file} defines {len(found)} charts ({names})",
            place=Place(file),
            expected="exactly one subclass of towpath.constructs.Platform",
            rule="chart.none",
        )
    return found[0]


def _imported(project: Project, file: str) -> Any:
    name = file.removesuffix(".py").replace("/", ".")
    try:
        return importlib.import_module(name)
    except (Exception, SystemExit) as error:
        raise failure_of(error, project.root, chart=file) from error


def _layer(project: Project, name: str, file: str, *, required: bool) -> Layer:
    data = project.read_if_present(file)
    if data is None:
        if required:
            raise TowpathError(
                Problem(Place(file), "the file does not exist", "a YAML file", rule="settings.no-file")
            )
        return Layer(name, file, None)
    return read_layer(name, file, data)
