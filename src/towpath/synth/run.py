"""Synthesis as a whole: compile what has changed, link everything with its pins, and write it all or nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from towpath.argocd import PLATFORM as ARGOCD
from towpath.dist.changes import FileChanges, check_removal, combined, plan_rendering
from towpath.dist.journal import apply
from towpath.dist.tree import list_renderings, read_rendering
from towpath.errors import Problem, TowpathError
from towpath.link.linker import link_rendering
from towpath.link.map import LinkMap, listed_files
from towpath.link.pinning import pin_findings
from towpath.project import Target
from towpath.synth.cache import Cache
from towpath.synth.delivery import environment_delivery
from towpath.synth.environment import environment_problems, standing_objects
from towpath.synth.inputs import Tool, cache_key
from towpath.synth.workers import compile_targets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from towpath.dist.tree import RenderingFiles
    from towpath.findings import Finding
    from towpath.project import Output, Project
    from towpath.synth.object_files import ObjectFiles


@dataclass(frozen=True, slots=True)
class TargetOutcome:
    """What synthesis found for one rendering."""

    target: Target
    objects: int
    compiled: bool
    """Whether its chart ran; otherwise its object files came from the cache."""
    changes: FileChanges


@dataclass(frozen=True, slots=True)
class Outcome:
    """What synthesis did, or would do."""

    targets: tuple[TargetOutcome, ...]
    removed: tuple[Target, ...] = ()
    """Renderings of platforms that have no settings any more."""
    warnings: tuple[Finding, ...] = ()
    changes: FileChanges = field(default_factory=FileChanges)

    @property
    def objects(self) -> int:
        """The number of objects of all renderings."""
        return sum(each.objects for each in self.targets)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How to synthesize."""

    use_cache: bool = True
    jobs: int = 0
    """Worker processes; 0 is one a processor."""
    allow_removal: bool = False


def synthesize(
    project: Project,
    targets: Sequence[Target],
    output: Output,
    *,
    options: Options,
    whole: Sequence[str] = (),
    done: Callable[[Target], None] = lambda _: None,
) -> Outcome:
    """Return the outcome of a synthesis, with the changes that `write` applies.

    `whole` names the environments of which the targets are everything; what else stands in the output folder of these
    is to be removed. One that has no target any more can be among them.

    Raises:
        TowpathError: with all problems: settings, charts, pins, and what stands in the way in the output folder.

    """
    tool = Tool.installed()
    cache = Cache(project.root) if options.use_cache else None
    compiled, fresh = _compiled(project, targets, tool, cache, jobs=options.jobs, done=done)
    environments = list(dict.fromkeys(target.environment for target in targets))
    found: dict[Target, RenderingFiles] = {}

    def present(target: Target) -> RenderingFiles:
        if target not in found:
            found[target] = read_rendering(output.folder, target.environment, target.platform)
        return found[target]

    def standing(target: Target) -> ObjectFiles:
        listed = listed_files(present(target).map_data or b"")
        files = {name: data for name, data in present(target).files.items() if name in listed}
        return standing_objects(files, f"{output.name}/{target}")

    every = dict(compiled)
    problems: list[Problem] = []
    for environment in environments:
        targets_there = [Target(environment, platform) for platform in project.charted(environment)]
        platforms = {each.platform: compiled.get(each) or standing(each) for each in targets_there}
        delivery = environment_delivery(project, environment, platforms)
        every[Target(environment, ARGOCD)] = delivery
        problems += environment_problems(environment, {**platforms, ARGOCD: delivery})
    linked, warnings = _linked(project, every, output, problems)
    outcomes: list[TargetOutcome] = []
    for target, objects in every.items():
        try:
            changes = _planned(target, linked[target], objects.link_map, present(target), options)
            outcomes.append(TargetOutcome(target, len(objects.files), target in fresh, changes))
        except TowpathError as error:
            problems.extend(error.problems)
    surplus = _surplus(output, every, whole)
    # Where no map stands beside a folder, Towpath did not make it.
    removed = tuple(target for target in surplus if present(target).map_data is not None)
    removals = [FileChanges(foreign=(str(target),)) for target in surplus if target not in removed]
    for target in removed:
        try:
            removals.append(_planned(target, {}, None, present(target), options))
        except TowpathError as error:
            problems.extend(error.problems)
    if problems:
        raise TowpathError(problems)
    changes = combined([each.changes for each in outcomes] + removals)
    return Outcome(tuple(outcomes), removed, warnings, changes)


def write(output: Output, outcome: Outcome) -> None:
    """Apply the changes of a synthesis, all or nothing.

    Raises:
        TowpathError: where the file system refuses; nothing is changed then.

    """
    apply(output.base, outcome.changes.under(output.prefix).all if output.prefix else outcome.changes.all)


def _compiled(
    project: Project,
    targets: Sequence[Target],
    tool: Tool,
    cache: Cache | None,
    *,
    jobs: int,
    done: Callable[[Target], None],
) -> tuple[dict[Target, ObjectFiles], set[Target]]:
    keys = {target: cache_key(project, target, tool) for target in targets}
    known = {target: cache.get(str(target), keys[target]) if cache else None for target in targets}
    missing = [target for target in targets if known[target] is None]
    fresh = compile_targets(project.root, missing, among=targets, jobs=jobs, done=done) if missing else {}
    if cache:
        for target, (text, _) in fresh.items():
            # A file that was saved meanwhile may have been read before or after; nothing says which.
            if cache_key(project, target, tool) == keys[target]:
                cache.put(str(target), keys[target], text)
    objects = {target: known[target] or fresh[target][1] for target in targets}
    return objects, set(fresh)


def _linked(
    project: Project, every: dict[Target, ObjectFiles], output: Output, problems: list[Problem]
) -> tuple[dict[Target, dict[str, bytes]], tuple[Finding, ...]]:
    """Return the linked files of each target; raise what is wrong with pins, together with earlier problems."""
    linked: dict[Target, dict[str, bytes]] = {}
    warnings: list[Finding] = []
    for target, objects in every.items():
        try:
            scope = project.scope(target, project.pins(target), output.name)
            linked[target] = link_rendering(objects.files, objects.link_map, scope)
            warnings.extend(pin_findings(objects.link_map.entries, scope))
        except TowpathError as error:
            problems.extend(error.problems)
    if problems:
        raise TowpathError(problems)
    return linked, tuple(sorted(warnings))


def _planned(
    target: Target,
    linked: dict[str, bytes],
    link_map: LinkMap | None,
    present: RenderingFiles,
    options: Options,
) -> FileChanges:
    before = () if present.map_data is None else listed_files(present.map_data)
    check_removal(str(target), before, linked, allow_removal=options.allow_removal)
    return plan_rendering(target.environment, target.platform, linked, link_map, present)


def _surplus(output: Output, every: Iterable[Target], environments: Sequence[str]) -> tuple[Target, ...]:
    standing = (Target(*each) for each in list_renderings(output.folder).found)
    wanted = set(every)
    # An environment that left the pipeline altogether is not ours to judge: nothing says that it is meant.
    return tuple(each for each in standing if each not in wanted and each.environment in environments)
