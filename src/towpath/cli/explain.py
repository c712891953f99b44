"""`towpath explain`: where a setting came from, and what shaped an object."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from towpath.cli.selection import project_of, target_named
from towpath.errors import EXIT_CLEAN, NOWHERE, Problem, TowpathError, UsageError
from towpath.pipeline import ARGOCD
from towpath.project import Target

if TYPE_CHECKING:
    import argparse

    from towpath.cli.output import Output
    from towpath.project import Project
    from towpath.synth.explanation import Group

NAME = "explain"
HELP = "say where a setting came from and what it shapes, or which settings shaped an object"
DESCRIPTION = """\
Say of each setting what it is, the layer and line that it came from, and what it overrode. With a path, only what is
below it; of one setting also what may stand there, and the objects that it shapes.

Of an object in dist/, say where it was declared and which settings shaped it, with the fields in which each shows.

What shaped what was recorded when the target was compiled; nothing is compiled for this command.
"""
EXAMPLES = """\
examples:
  towpath explain production/pms                       every setting
  towpath explain production/pms mongodb               a group of them
  towpath explain production/pms backend.replicas      one, with all that is known of it
  towpath explain production/cluster ingress           facts of the cluster
  towpath explain dist/production/pms/deployment_backend.yaml
  towpath explain production/pms --object Deployment/backend spec.replicas
"""
_CLUSTER = "cluster"


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add the arguments of `explain`."""
    command.add_argument(
        "target",
        metavar="TARGET",
        help="<environment>/<platform>, <environment>/cluster, or the file of an object in dist/",
    )
    command.add_argument(
        "path", nargs="?", default="", metavar="PATH", help="a setting, or with an object one of its fields"
    )
    command.add_argument(
        "--object", default="", metavar="KIND/NAME", help="explain this object, such as Deployment/backend"
    )


def run(arguments: argparse.Namespace, output: Output) -> int:
    """Carry out `explain`."""
    from towpath.synth.explanation import cluster_of, settings_of  # noqa: PLC0415 -- other commands need not wait

    project = project_of(arguments)
    text: str = arguments.target
    environment, _, name = text.partition("/")
    if arguments.object and (text.endswith(".yaml") or name == _CLUSTER):
        raise _usage("--object needs a target", "<environment>/<platform> --object <Kind>/<name>")
    if text.endswith(".yaml"):
        _explain_object(project, *_object_in(project, text), arguments.path, output)
    elif name == _CLUSTER:
        # An environment that does not exist is said to.
        project.targets([environment])
        targets = [Target(environment, platform) for platform in project.charted(environment)]
        _explain_settings(project, cluster_of(project, environment), targets, arguments.path, output)
    else:
        target = target_named(project, text)
        if arguments.object:
            _explain_object(project, target, arguments.object, arguments.path, output)
        else:
            _explain_settings(project, settings_of(project, target), [target], arguments.path, output)
    return EXIT_CLEAN


def _explain_settings(
    project: Project, group: Group, targets: list[Target], text: str, output: Output
) -> None:
    from towpath.report import explanation as report  # noqa: PLC0415 -- see run
    from towpath.settings.explanation import about, find_path  # noqa: PLC0415 -- see run
    from towpath.synth.explanation import not_compiled, objects_shaped_by  # noqa: PLC0415 -- see run

    path = find_path(group.loaded, text, group.name)
    settings = group.settings(path)
    document: dict[str, Any] = {
        "of": group.name,
        "settings": [report.setting_document(each) for each in settings],
    }
    if path not in group.loaded.origins:
        output.document(document)
        _print(report.settings_text(settings), output)
        return
    known = about(group.model, group.loaded.value, path)
    objects, missing = objects_shaped_by(project, group, path, targets)
    document["settings"][0].update(report.about_document(known))
    document["objects"] = [report.object_document(each) for each in objects]
    document["not_compiled"] = [str(target) for target in missing]
    output.document(document)
    # Where only some are compiled, the rest is still worth showing.
    shown = objects if objects or not missing else None
    _print(report.setting_text(settings[0], known, group.name, shown), output)
    for target in missing:
        output.note(str(not_compiled(target)))


def _explain_object(project: Project, target: Target, name: str, field: str, output: Output) -> None:
    from towpath.report import explanation as report  # noqa: PLC0415 -- see run
    from towpath.synth import explanation  # noqa: PLC0415 -- see run

    if target.platform == ARGOCD:
        _explain_delivery(project, target, name, output)
        return
    known = explanation.compiled(project, target)
    if known is None:
        raise TowpathError(explanation.not_compiled(target))
    file = explanation.find_object(known, name)
    path = explanation.field_of(known, file, field)
    shaped = known.shaped(file)
    if path:
        shaped = explanation.showing_in(shaped, path)
    output.document(
        {
            "of": str(target),
            "field": report.field_text(path) if path else "",
            **report.object_document(shaped),
        }
    )
    _print(report.object_text(shaped, str(target), report.field_text(path) if path else ""), output)


def _explain_delivery(project: Project, target: Target, name: str, output: Output) -> None:
    """Explain an Argo CD object. No chart declares these: they follow from facts of the cluster and from kinds."""
    from towpath.report import explanation as report  # noqa: PLC0415 -- see run
    from towpath.synth.explanation import cluster_of  # noqa: PLC0415 -- see run

    facts = cluster_of(project, target.environment).settings((ARGOCD,))
    file = f"dist/{target}/{name}"
    output.document(
        {"of": str(target), "file": file, "settings": [report.setting_document(each) for each in facts]}
    )
    output.line(
        f"{file} is derived from the objects of the environment's platforms and these facts of its cluster"
    )
    output.line()
    _print(report.settings_text(facts), output)


def _object_in(project: Project, text: str) -> tuple[Target, str]:
    """Return the target and the file name of an object in dist/.

    Raises:
        UsageError: where the path leads elsewhere.

    """
    folder = project.output().folder
    for start in (Path.cwd(), project.root):
        path = start / text
        if path.is_relative_to(folder):
            parts = path.relative_to(folder).parts
            if len(parts) == 3:  # noqa: PLR2004 -- environment, platform and file
                environment, platform, file = parts
                chosen = [] if platform == ARGOCD else [platform]
                project.targets([environment], chosen)
                return Target(environment, platform), file
    raise _usage(
        f"`{ascii(text)[1:-1]}` is no object of this project", "dist/<environment>/<platform>/<file>.yaml"
    )


def _usage(what: str, expected: str) -> UsageError:
    return UsageError(Problem(NOWHERE, what, expected, rule="usage.target"))


def _print(text: str, output: Output) -> None:
    for line in text.splitlines():
        output.line(line)
