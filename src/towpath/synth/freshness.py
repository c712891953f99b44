"""Whether dist/ is what charts and settings say now: compile afresh, and compare the object files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from towpath.argocd import PLATFORM as ARGOCD
from towpath.dist.tree import read_files, read_map
from towpath.errors import NOWHERE, BugError, Place, Problem, TowpathError
from towpath.findings import Finding
from towpath.link.map import LinkMap, parse_map
from towpath.project import Target
from towpath.synth.cache import Cache
from towpath.synth.delivery import environment_delivery
from towpath.synth.environment import environment_problems, standing_objects
from towpath.synth.history import changed_since_written
from towpath.synth.inputs import Tool, cache_key, chart_folder, cluster_file, settings_files
from towpath.synth.workers import compile_targets

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from towpath.project import Output, Project
    from towpath.synth.object_files import ObjectFiles


def stale_findings(project: Project, targets: Sequence[Target], output: Output) -> tuple[Finding, ...]:
    """Return a finding for each file of dist/ that a fresh compile would make otherwise.

    Only object files are compared; that dist/ is these linked with the pins is another check.

    Raises:
        TowpathError: where the charts do not compile, or two platforms take the same thing.
        BugError: where equal inputs gave other bytes before.

    """
    charted = [target for target in targets if target.platform in project.charted(target.environment)]
    tool = Tool.installed()
    fresh = {target: objects for target, (_, objects) in compile_targets(project.root, charted).items()}
    _check_repeatable(project, fresh, tool)
    expected: dict[Target, LinkMap] = {target: objects.link_map for target, objects in fresh.items()}
    problems: list[Problem] = []
    for environment in dict.fromkeys(target.environment for target in charted):
        targets_there = [Target(environment, platform) for platform in project.charted(environment)]
        platforms = {each.platform: fresh.get(each) or _standing(output, each) for each in targets_there}
        delivery = environment_delivery(project, environment, platforms)
        expected[Target(environment, ARGOCD)] = delivery.link_map
        problems += environment_problems(environment, {**platforms, ARGOCD: delivery})
    if problems:
        raise TowpathError(problems)
    for target in targets:
        # A rendering whose platform has no settings any more should be gone.
        expected.setdefault(target, LinkMap(""))
    findings = [
        finding
        for target, link_map in expected.items()
        for finding in _compare(project, target, link_map, output)
    ]
    return tuple(sorted(findings))


def _check_repeatable(project: Project, fresh: Mapping[Target, ObjectFiles], tool: Tool) -> None:
    cache = Cache(project.root)
    problems = []
    for target, objects in fresh.items():
        cached = cache.get(str(target), cache_key(project, target, tool))
        if cached is None or cached.link_map == objects.link_map:
            continue
        before = {entry.file: entry for entry in cached.link_map.entries}
        other = sorted(entry.file for entry in objects.link_map.entries if before.get(entry.file) != entry)
        problems.append(
            Problem(
                NOWHERE,
                f"{target} compiled to other bytes than before from equal inputs: {', '.join(other) or 'fewer files'}",
                remedy="look for a clock, a random number or an environment variable in the chart; "
                "if there is none, report it",
                rule="bug.unrepeatable",
            )
        )
    if problems:
        raise BugError(problems)


def _standing(output: Output, target: Target) -> ObjectFiles:
    data = read_map(output.folder, target.environment, target.platform)
    names = () if data is None else parse_map(data, f"{output.name}/{target}.links").files
    files = read_files(output.folder, target.environment, target.platform, names)
    return standing_objects(files, f"{output.name}/{target}")


def _compare(project: Project, target: Target, expected: LinkMap, output: Output) -> Iterator[Finding]:
    map_file = f"{output.name}/{target}.links"
    data = read_map(output.folder, target.environment, target.platform)
    try:
        found = LinkMap("") if data is None else parse_map(data, map_file)
    except TowpathError:
        # Plain verification says what is wrong with the map.
        return
    if found == expected:
        return
    inputs = _inputs(target)
    changed = changed_since_written(project.root, map_file, inputs)
    cause = f"changed since: {', '.join(changed)}" if changed else f"its inputs are {', '.join(inputs)}"
    before = {entry.file: entry for entry in found.entries}
    after = {entry.file: entry for entry in expected.entries}
    for name in sorted(before.keys() | after.keys()):
        if before.get(name) == after.get(name):
            continue
        what = "has other content" if name in before and name in after else "is missing"
        what = "is not made any more" if name not in after else what
        yield Finding(
            "verify.stale",
            f"a fresh compile differs: this file {what}; {cause}",
            place=Place(f"{output.name}/{target}/{name}"),
            remedy="run `towpath synth` and commit what it changes",
        )
    if found.kubernetes != expected.kubernetes and before and after:
        yield Finding(
            "verify.stale",
            f"compiled for Kubernetes {found.kubernetes}, and the cluster has {expected.kubernetes}",
            place=Place(map_file, 1),
            remedy="run `towpath synth` and commit what it changes",
        )


def _inputs(target: Target) -> tuple[str, ...]:
    cluster = cluster_file(target.environment)
    if target.platform == ARGOCD:
        return (cluster,)
    return (f"{chart_folder(target.platform)}/", *settings_files(target), cluster)
