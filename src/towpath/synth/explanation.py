"""Explaining a project: the settings of a target, the facts of a cluster, the objects of a compile. Starts no Node."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from towpath.documents.node import plain
from towpath.documents.reader import Dialect, read
from towpath.errors import NOWHERE, Problem, UsageError, nearest
from towpath.manifests.order import path_text
from towpath.origins.recording import CLUSTER, DEEPLY, EVERYTHING, SETTINGS, Recording, is_recording
from towpath.origins.shaping import Shaping
from towpath.origins.sources import Source
from towpath.origins.trials import by_name
from towpath.origins.watch import PACKAGE
from towpath.project import OUTPUT_FOLDER
from towpath.report.explanation import Influence, ShapedObject
from towpath.settings.cluster import Cluster
from towpath.settings.explanation import Setting, covered, group_at, parse_path, settings_below
from towpath.synth.cache import Cache
from towpath.synth.declarations import charts_importable, load_cluster, load_target_settings, settings_model
from towpath.synth.inputs import Tool, cache_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from towpath.errors import Place
    from towpath.origins.shaping import Reading
    from towpath.origins.trials import Path as FieldPath
    from towpath.project import Project, Target
    from towpath.settings.layers import Loaded
    from towpath.settings.merge import Path as SettingPath
    from towpath.settings.model import SettingsModel
    from towpath.synth.object_files import ObjectFiles


@dataclass(frozen=True, slots=True)
class Group:
    """All settings of a target, or all facts of a cluster."""

    kind: str
    """`SETTINGS` or `CLUSTER`."""
    name: str
    """`<environment>/<platform>`, or `<environment>/cluster`."""
    loaded: Loaded[Any]
    model: type[SettingsModel]

    def settings(self, path: SettingPath = ()) -> list[Setting]:
        """Return the settings at and below a path."""
        return settings_below(self.loaded, path, self.model)

    def setting(self, path: SettingPath) -> Setting:
        """Return one setting, or a group of them as one."""
        return self.settings(path)[0] if path in self.loaded.origins else group_at(self.loaded, path)

    def covers(self, reading: Reading) -> tuple[SettingPath, ...]:
        """Return the settings that a reading is about."""
        if reading.kind != self.kind:
            return ()
        return tuple(covered(self.loaded.value, reading.model, reading.field, whole=EVERYTHING, deep=DEEPLY))


def settings_of(project: Project, target: Target) -> Group:
    """Return the settings of a target.

    Raises:
        TowpathError: with every mistake in them.

    """
    with charts_importable(project):
        model = settings_model(project, target.platform)
        return Group(SETTINGS, str(target), load_target_settings(project, target), model)


def cluster_of(project: Project, environment: str) -> Group:
    """Return the facts of an environment's cluster.

    Raises:
        TowpathError: with every mistake in them.

    """
    return Group(CLUSTER, f"{environment}/cluster", load_cluster(project, environment), Cluster)


@dataclass(frozen=True, slots=True)
class Compiled:
    """A target whose compile is known: its object files, and what shaped them."""

    target: Target
    files: Mapping[str, bytes]
    shaping: Shaping
    groups: tuple[Group, ...]
    """The settings and the facts that it was compiled from."""

    def shaped(self, file: str, wanted: Callable[[Reading], bool] = lambda _: True) -> ShapedObject:
        """Return what shaped an object, by the name of its file, as far as its readings are wanted."""
        shows: defaultdict[tuple[int, SettingPath], set[FieldPath]] = defaultdict(set)
        places: defaultdict[tuple[int, SettingPath], set[Place]] = defaultdict(set)
        for share in self.shaping.shares(file, wanted):
            for index, group in enumerate(self.groups):
                for path in group.covers(share.reading):
                    shows[index, path] |= share.shows
                    places[index, path].update(share.places)
        influences = (
            Influence(
                self.groups[index].setting(path),
                self.groups[index].kind,
                tuple(sorted(shows[index, path], key=str)),
                tuple(sorted(places[index, path])),
            )
            for index, path in sorted(shows, key=self._order)
        )
        return ShapedObject(
            f"{OUTPUT_FOLDER}/{self.target}/{file}",
            self.shaping.objects[file],
            self.shaping.declared_at(file),
            tuple(influences),
        )

    def _order(self, entry: tuple[int, SettingPath]) -> tuple[int, int]:
        """Return the place of a setting in the order of its model."""
        index, path = entry
        origins = self.groups[index].loaded.origins
        return index, next(number for number, each in enumerate(origins) if each[: len(path)] == path)


def compiled(project: Project, target: Target) -> Compiled | None:
    """Return a target whose object files are in the cache as charts and settings are now; None where they are not."""
    found = Cache(project.root).get(str(target), cache_key(project, target, Tool.installed()))
    if found is None or not is_recording(found.origins):
        return None
    return compiled_from(project, target, found)


def compiled_from(project: Project, target: Target, objects: ObjectFiles) -> Compiled:
    """Return a target that was just compiled."""
    shaping = Shaping(Recording.from_text(objects.origins), objects.files, _sources(project))
    groups = (settings_of(project, target), cluster_of(project, target.environment))
    return Compiled(target, objects.files, shaping, groups)


def not_compiled(target: Target) -> Problem:
    """Return what to say of a target that is not in the cache as it is now."""
    return Problem(
        NOWHERE,
        f"{target} is not compiled as its charts and settings are now, so nobody knows what shapes its objects",
        remedy=f"run `towpath synth -e {target.environment} -p {target.platform}` and ask again",
        rule="explain.not-compiled",
    )


def objects_shaped_by(
    project: Project, group: Group, path: SettingPath, targets: Iterable[Target]
) -> tuple[list[ShapedObject], list[Target]]:
    """Return the objects that a setting shapes, each with that one influence, and the targets that are not compiled."""
    objects: list[ShapedObject] = []
    missing: list[Target] = []
    for target in targets:
        known = compiled(project, target)
        if known is None:
            missing.append(target)
            continue
        for file in known.files:
            shaped = known.shaped(file, lambda reading: path in group.covers(reading))
            own = [each for each in shaped.influences if (each.of, each.setting.path) == (group.kind, path)]
            if own:
                objects.append(replace(shaped, influences=tuple(own)))
    return objects, missing


def find_object(known: Compiled, text: str) -> str:
    """Return the file of an object that people name: `Deployment/backend`, or the file itself.

    Raises:
        UsageError: where there is none, or several; the message names the nearest.

    """
    kind, _, name = text.partition("/")
    found = [
        file
        for file, key in known.shaping.objects.items()
        if file == text
        or (key.name == name and kind.lower() in (key.kind.lower(), f"{key.kind}.{key.group}".lower()))
    ]
    if len(found) == 1:
        return found[0]
    names = [f"{key.kind}/{key.name}" for key in known.shaping.objects.values()]
    near = nearest(text, [*names, *known.files])
    if found:
        what, expected = f"`{text}` names several objects", "one of " + ", ".join(found)
    else:
        what, expected = (
            f"{known.target} has no object `{ascii(text)[1:-1]}`",
            "<Kind>/<name>, such as Deployment/web",
        )
    remedy = f"did you mean `{near}`?" if near and not found else ""
    raise UsageError(Problem(NOWHERE, what, expected, remedy, rule="usage.object"))


def field_of(known: Compiled, file: str, text: str) -> FieldPath:
    """Return the path of a field of an object that people name. A member of a list goes by its name or its index.

    Raises:
        UsageError: where the object has no such field; the message names the nearest.

    """
    node = read(known.files[file], file, Dialect.KUBERNETES)
    value: Any = None if node is None else plain(node)
    found: list[str | int] = []
    for part in parse_path(text):
        names = _members(value)
        key = names.get(part)
        if key is None:
            near = nearest(part, names)
            raise UsageError(
                Problem(
                    NOWHERE,
                    f"{file} has no field `{ascii(text)[1:-1]}`",
                    f"one of {', '.join(names)}" + (f" after {path_text(tuple(found))}" if found else ""),
                    f"did you mean `{near}`?" if near else "",
                    rule="usage.field",
                )
            )
        found.append(key)
        value = by_name(value)[key] if isinstance(value, list) else value[key]
    return tuple(found)


def _members(value: Any) -> Mapping[str, str | int]:
    """Return the parts of a value by what people may call them, and what they are called in paths."""
    if isinstance(value, dict):
        return {key: key for key in value}
    if not isinstance(value, list):
        return {}
    keys = list(by_name(value))
    return {str(index): key for index, key in enumerate(keys)} | {str(key).strip("[]"): key for key in keys}


def showing_in(shaped: ShapedObject, field: FieldPath) -> ShapedObject:
    """Return what shows in one field of an object, or in what is around or below it."""
    kept = [
        replace(each, shows=shows)
        for each in shaped.influences
        if (shows := tuple(path for path in each.shows if path and path[: len(field)] == field[: len(path)]))
    ]
    return replace(shaped, influences=tuple(kept))


def _sources(project: Project) -> Callable[[str], Source | None]:
    @cache
    def source_of(file: str) -> Source | None:
        path = (PACKAGE.parent if file.startswith(f"{PACKAGE.name}/") else project.root) / file
        return Source(file, path.read_text(encoding="utf-8")) if path.is_file() else None

    return source_of
