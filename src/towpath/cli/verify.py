"""`towpath verify`: prove that dist/ is what it says it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from towpath.cli.selection import add_selection, project_of
from towpath.errors import EXIT_CLEAN, EXIT_FINDINGS
from towpath.pipeline import ARGOCD
from towpath.project import Target
from towpath.report.wording import counted

if TYPE_CHECKING:
    import argparse

    from towpath.cli.output import Output

NAME = "verify"
HELP = "prove that dist/ is its object files linked with the pins, and nothing else"
DESCRIPTION = """\
Check every file of dist/ against its link map and the pins: none edited, missing, extra or behind its pin. With
--compile, compile the charts afresh too, without the cache, and compare. Nothing is written.
"""
EXAMPLES = """\
examples:
  towpath verify                    dist/ against link maps and pins; needs no charts and no Node
  towpath verify --compile          and against charts and settings
  towpath verify -e production --format json
"""


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add the arguments of `verify`."""
    add_selection(command)
    command.add_argument("--compile", action="store_true", help="compile afresh and compare with that too")


def run(arguments: argparse.Namespace, output: Output) -> int:
    """Carry out `verify`."""
    from towpath.dist.check import standing_targets, stray_findings, verify_targets  # noqa: PLC0415 -- see relink
    from towpath.dist.journal import recover  # noqa: PLC0415 -- as above
    from towpath.findings import has_errors  # noqa: PLC0415 -- as above

    project = project_of(arguments)
    folder = project.output()
    recovered = recover(folder.base)
    if recovered:
        output.note(recovered)
    environments = arguments.environments or project.pipeline.environments
    chosen = project.targets(arguments.environments, arguments.platforms)
    # Every environment that has a platform has an Argo CD rendering, whether it stands there or not.
    derived = [Target(each.environment, ARGOCD) for each in chosen if not arguments.platforms]
    standing = [*standing_targets(folder, environments), *derived]
    targets = sorted({*chosen, *(each for each in standing if _selected(each.platform, arguments.platforms))})
    findings = verify_targets(project, targets, folder)
    if not arguments.platforms:
        findings += stray_findings(folder, environments)
    if arguments.compile:
        from towpath.synth.freshness import stale_findings  # noqa: PLC0415 -- only here compiling is wanted

        findings += stale_findings(project, targets, folder)
    findings = tuple(sorted(set(findings)))
    failed = has_errors(findings)
    output.document(
        {
            "clean": not failed,
            "renderings": [str(target) for target in targets],
            "findings": [finding.to_json() for finding in findings],
        }
    )
    if not output.as_json:
        output.findings(findings)
    errors = sum(finding.severity == "error" for finding in findings)
    verdict = f"{counted(errors, 'finding')}" if failed else "clean"
    warned = f", {counted(len(findings) - errors, 'warning')}" if len(findings) > errors else ""
    output.line(f"{counted(len(targets), 'rendering')} verified: {verdict}{warned}")
    return EXIT_FINDINGS if failed else EXIT_CLEAN


def _selected(platform: str, wanted: list[str]) -> bool:
    return not wanted or platform in wanted
