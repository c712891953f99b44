"""Verifying the output folder against link maps and pins. It needs no charts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from towpath.dist.tree import list_renderings, read_rendering
from towpath.errors import Place
from towpath.findings import Finding
from towpath.link.verify import verify_rendering
from towpath.project import Target

if TYPE_CHECKING:
    from collections.abc import Sequence

    from towpath.project import Output, Project


def verify_targets(project: Project, targets: Sequence[Target], output: Output) -> tuple[Finding, ...]:
    """Return what is wrong with renderings as they stand; nothing where all are clean."""
    findings: list[Finding] = []
    for target in targets:
        found = read_rendering(output.folder, target.environment, target.platform)
        findings.extend(
            verify_rendering(
                found.map_data,
                found.files,
                project.scope(target, project.pins(target), output.name),
                unexpected=found.unexpected,
                digests_required=project.pipeline.digests_required,
            )
        )
    return tuple(sorted(findings))


def standing_targets(output: Output, environments: Sequence[str]) -> tuple[Target, ...]:
    """Return every rendering that the output folder holds for these environments."""
    found = (Target(*each) for each in list_renderings(output.folder).found)
    return tuple(each for each in found if each.environment in environments)


def stray_findings(output: Output, environments: Sequence[str]) -> tuple[Finding, ...]:
    """Return what the output folder holds that no command of Towpath's writes."""
    unexpected = list_renderings(output.folder).unexpected
    return tuple(
        Finding(
            "verify.extra",
            f"{kind} stands here that Towpath did not write",
            place=Place(f"{output.name}/{path}"),
            remedy="move it out of the output folder",
        )
        for path, kind in sorted(unexpected.items())
        if "/" not in path or path.partition("/")[0] in environments
    )
