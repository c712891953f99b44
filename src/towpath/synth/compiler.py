"""Compiling one target: its chart is run, and what it declares becomes object files. Runs in a worker process."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from towpath.errors import Problem, TowpathError
from towpath.manifests.rendering import Declared, render
from towpath.origins.recorder import Recorder
from towpath.settings.stated import stated_values
from towpath.synth.declarations import chart_class, forget_charts, load_cluster, load_target_settings
from towpath.synth.delivery import delivery_of
from towpath.synth.environment import checked_object_files, offers_of
from towpath.synth.failures import failure_of, relative_place
from towpath.synth.inputs import chart_folder
from towpath.synth.reads import ReadGuard

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

    from towpath.project import Project, Target
    from towpath.settings.cluster import Cluster
    from towpath.settings.layers import Loaded
    from towpath.settings.model import SettingsModel
    from towpath.synth.node import Node
    from towpath.synth.object_files import ObjectFiles


class Compiler:
    """Compiles targets of one project, one after another, with one Node process."""

    def __init__(self, project: Project, node: Node) -> None:
        self._project = project
        self._node = node
        self._guard = ReadGuard(project.root, ())
        self._clusters: dict[str, Cluster] = {}

    def compile(self, target: Target) -> ObjectFiles:
        """Return the object files of a target.

        What is wrong with settings and cluster is said first, also where Node does not start.

        Raises:
            TowpathError: with every mistake in settings and cluster, or what the chart did wrong.

        """
        # The guard, which is for charts, would refuse what the start of Node does.
        self._node.wait()
        forget_charts()
        settings, cluster = self._inputs(target)
        constructs = self._node.constructs()
        recorder = Recorder(self._project.root, settings.value, cluster)
        with self._guard:
            declared, namespace = self._declare(constructs, target, recorder)
        try:
            rendering = render(
                declared,
                environment=target.environment,
                platform=target.platform,
                namespace=namespace,
                kubernetes=str(cluster.kubernetes),
            )
            offers = offers_of(cluster, target.environment)
            objects = checked_object_files(rendering, offers, stated_values(settings))
            origins = recorder.recording(rendering.manifests).to_text()
            return replace(objects, delivery=delivery_of(cluster), origins=origins)
        except TowpathError as error:
            raise failure_of(error, self._project.root, chart=self._chart(target)) from error

    def _inputs(self, target: Target) -> tuple[Loaded[SettingsModel], Cluster]:
        problems: list[Problem] = []
        settings = None
        try:
            # Settings modules are code of the platform too, and held to the same rule.
            with self._guard_for_settings(target):
                settings = load_target_settings(self._project, target)
        except TowpathError as error:
            problems.extend(error.problems)
        if target.environment not in self._clusters:
            try:
                self._clusters[target.environment] = load_cluster(self._project, target.environment).value
            except TowpathError as error:
                problems.extend(error.problems)
        if problems or settings is None:
            raise TowpathError(problems)
        return settings, self._clusters[target.environment]

    def _guard_for_settings(self, target: Target) -> ReadGuard:
        self._guard.allow((chart_folder(target.platform), "envs/defaults", f"envs/{target.environment}"))
        return self._guard

    def _declare(
        self, constructs: ModuleType, target: Target, recorder: Recorder
    ) -> tuple[list[Declared], str]:
        self._guard.allow((chart_folder(target.platform),))
        import cdk8s  # noqa: PLC0415 -- importing it starts Node; `Node` has dealt with failures

        app = cdk8s.App()
        where = constructs.Target(target.platform, target.environment, recorder.cluster)
        try:
            chart = chart_class(self._project, target.platform, constructs.Platform)
            with recorder.running(constructs.KubeObject):
                made = chart(app, target.platform, settings=recorder.settings, target=where)
            recorder.platform = made.spec
            found = list(_declared(app, constructs.KubeObject, cdk8s, self._project.root, recorder))
        except (Exception, SystemExit) as error:
            raise failure_of(error, self._project.root, chart=self._chart(target)) from error
        return found, where.namespace

    def _chart(self, target: Target) -> str:
        return f"{chart_folder(target.platform)}/chart.py"


def _declared(
    app: Any, kube_object: Any, cdk8s: ModuleType, root: Path, recorder: Recorder
) -> list[Declared]:
    """Return every object of an app: ours from their Python bodies, others by asking cdk8s."""
    found = []
    for construct in app.node.find_all():
        if isinstance(construct, kube_object):
            found.append(Declared(construct.body(), relative_place(construct.place, root)))
            recorder.declared(construct, found[-1].manifest)
        elif isinstance(construct, cdk8s.ApiObject):
            found.append(Declared(construct.to_json()))
    return found
