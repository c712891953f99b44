"""A real Argo CD brings `dist/` from a real Git server to a real control plane, and keeps it there.

The tests stand in the order of a platform's life and share one installation: bootstrap, promotion, people's edits.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from tests.cluster.kubelet import run_pods
from tests.cluster.operators import serve
from tests.cluster.sync import PLATFORMS, RENDERINGS, define, manifests_of, wave
from tests.support.argo_cd import NAMESPACE, argo_cd
from tests.support.control_plane import control_plane
from tests.support.git_command import git
from tests.support.git_server import git_server
from tests.support.kubernetes_api import MERGE, until
from tests.support.projects import commit_all, copy_real, edit, towpath

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.support.kubernetes_api import Api

pytestmark = pytest.mark.cluster

Body = dict[str, Any]

_ENVIRONMENTS = ("development", "staging", "production")
_APPLICATIONS = f"/apis/argoproj.io/v1alpha1/namespaces/{NAMESPACE}/applications"
# Some twenty applications with up to eight waves each, on two processors.
_SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class Site:
    """An environment repository, the Git server that has it, and the cluster that Argo CD brings it to."""

    api: Api
    project: Path

    @property
    def applications(self) -> dict[str, Body]:
        """Every application by its name."""
        return {each["metadata"]["name"]: each for each in self.api.items(_APPLICATIONS)}

    def merge(self, message: str) -> str:
        """Commit the whole repository, push it, and return the commit."""
        commit_all(self.project, message)
        git(self.project, "push", "--quiet", "origin", "main")
        return git(self.project, "rev-parse", "HEAD")

    def wait(self, holds: Callable[[dict[str, Body]], bool]) -> None:
        """Let everything in the cluster take its steps until the applications are as they should be."""

        def stepped() -> bool:
            serve(self.api)
            for each in PLATFORMS:
                run_pods(self.api, _namespace(each))
            return holds(self.applications)

        until(stepped, lambda: "\n".join(map(_state, self.applications.values())), seconds=_SECONDS)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Return a cluster in which the two objects were applied that docs/argocd.md names, for each environment."""
    folder = tmp_path_factory.mktemp("site")
    with git_server(folder) as server, control_plane(folder) as api:
        git(folder, "init", "--quiet", "--bare", "--initial-branch=main", "env.git")
        (folder / "project").mkdir()
        site = Site(api, copy_real(folder / "project"))
        for environment in _ENVIRONMENTS:
            cluster = site.project / f"envs/{environment}/cluster.yaml"
            edit(cluster, "https://github.com/example/towpath-environments.git", server.url())
            # The one that runs here: what is asked of Argo CD depends on it.
            edit(cluster, 'version: "3.6"', 'version: "3.2"')
        assert towpath(site.project, "synth").code == 0
        commit_all(site.project, "everything")
        git(site.project, "remote", "add", "origin", str(folder / "env.git"))
        git(site.project, "push", "--quiet", "origin", "main")
        define(api)
        _classes(api)
        with argo_cd(folder, api):
            for environment in _ENVIRONMENTS:
                for file, manifest in manifests_of(f"{environment}/argocd", site.project / "dist"):
                    if re.search(r"\.io_root-", file):
                        assert api.apply(manifest).is_good
            yield site


def _classes(api: Api) -> None:
    """Make the storage classes that the environments name; whoever asks for a disk gets it from the tests."""
    for name in ("standard", "gp3", "efs"):
        answer = api.apply(
            {
                "apiVersion": "storage.k8s.io/v1",
                "kind": "StorageClass",
                "metadata": {"name": name},
                "provisioner": "tests/none",
            }
        )
        assert answer.is_good, answer


def test_everything_arrives(site: Site) -> None:
    """The roots bring the projects and the applications, and these bring the platforms: all synced and healthy."""
    expected = {
        manifest["metadata"]["name"]
        for rendering in RENDERINGS
        for _, manifest in manifests_of(rendering)
        if manifest["kind"] == "Application"
    }
    site.wait(lambda found: found.keys() == expected and all(map(_is_well, found.values())))
    conditions = {name: each["status"].get("conditions") for name, each in site.applications.items()}
    assert conditions == dict.fromkeys(expected)


def test_nothing_is_left_out(site: Site) -> None:
    """Every object of every rendering is there, and Argo CD has it for its own."""
    missing = []
    for rendering in RENDERINGS:
        for file, manifest in manifests_of(rendering, site.project / "dist"):
            live = site.api.request("GET", site.api.path(manifest)).body
            if "argocd.argoproj.io/tracking-id" not in live.get("metadata", {}).get("annotations", {}):
                missing.append(file)
    assert missing == []


@pytest.mark.parametrize("rendering", PLATFORMS)
def test_waves_came_in_their_order(site: Site, rendering: str) -> None:
    """No object of a wave was there before the last one of the wave before it."""
    made: dict[int, list[tuple[str, str]]] = {}
    for file, manifest in manifests_of(rendering, site.project / "dist"):
        # Argo CD takes a namespace in the wave of the first object that stands in it.
        if manifest["kind"] == "Namespace":
            continue
        live = site.api.request("GET", site.api.path(manifest)).body
        _, number = wave(manifest)
        made.setdefault(number, []).append((live["metadata"]["creationTimestamp"], file))
    order = sorted(made)
    assert len(order) > 3
    early = {
        (one, other): (max(made[one]), min(made[other]))
        for one, other in pairwise(order)
        if max(made[one])[0] > min(made[other])[0]
    }
    assert early == {}


def test_a_promotion_rolls_out_its_image_alone(site: Site) -> None:
    """Argo CD runs the migration anew, then replaces the workloads of that image, and touches nothing else."""
    api, namespace = site.api, _namespace("production/taskmanager")
    before = _versions(api, namespace)
    job_before = api.request("GET", f"/apis/batch/v1/namespaces/{namespace}/jobs/migrate").body
    pins = site.project / "envs/production/taskmanager.images.yaml"
    [digest] = re.findall(r"backend:\n(?:    .*\n)*?    digest: sha256:([0-9a-f]{64})", pins.read_text())
    edit(pins, digest, digest[::-1])
    assert towpath(site.project, "relink").code == 0
    changed = {
        line.rpartition("/")[2].removesuffix(".yaml")
        for line in git(site.project, "diff", "--name-only").split()
        if line.startswith("dist/") and line.endswith(".yaml")
    }
    commit = site.merge("a promotion")
    site.wait(
        lambda found: _has(found["taskmanager-production"], commit) and all(map(_is_well, found.values()))
    )
    after = _versions(api, namespace)
    assert {name for name in after if after[name] != before.get(name)} == changed - {"job_migrate"}
    job = api.request("GET", f"/apis/batch/v1/namespaces/{namespace}/jobs/migrate").body
    assert ("job_migrate" in changed) == (job["metadata"]["uid"] != job_before["metadata"]["uid"])
    images = [each["image"] for each in job["spec"]["template"]["spec"]["containers"]]
    assert all(digest[::-1] in image for image in images)
    newest = max(
        each["metadata"]["creationTimestamp"]
        for each in api.items(f"/apis/apps/v1/namespaces/{namespace}/replicasets")
    )
    assert job["status"]["completionTime"] <= newest


def test_a_hand_edit_is_undone(site: Site) -> None:
    """What somebody changes in the cluster is changed back."""
    path = f"/apis/apps/v1/namespaces/{_namespace('production/pms')}/deployments/backend"
    meant = _variables(site.api, path)
    first = next(each for each in meant if "value" in each)
    container = {"name": "backend", "env": [{**first, "value": "by hand"}]}
    patch = {"spec": {"template": {"spec": {"containers": [container]}}}}
    form = "application/strategic-merge-patch+json"
    answer = site.api.request("PATCH", path, patch, form=form)
    assert answer.is_good, answer
    assert _variables(site.api, path) != meant
    site.wait(lambda found: _variables(site.api, path) == meant and all(map(_is_well, found.values())))


def test_what_an_autoscaler_does_is_left_alone(site: Site) -> None:
    """More replicas than the manifest's, which has no number, are no difference."""
    namespace = _namespace("production/taskmanager")
    (scaler, *_) = site.api.items(f"/apis/autoscaling/v2/namespaces/{namespace}/horizontalpodautoscalers")
    name, most = scaler["spec"]["scaleTargetRef"]["name"], scaler["spec"]["maxReplicas"]
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments/{name}"
    assert site.api.request("PATCH", f"{path}/scale", {"spec": {"replicas": most}}, form=MERGE).is_good
    refresh = {"metadata": {"annotations": {"argocd.argoproj.io/refresh": "hard"}}}
    application = f"{_APPLICATIONS}/taskmanager-production"
    assert site.api.request("PATCH", application, refresh, form=MERGE).is_good
    # Argo CD takes the annotation away once it has looked.
    site.wait(
        lambda found: (
            "argocd.argoproj.io/refresh" not in found["taskmanager-production"]["metadata"]["annotations"]
            and all(map(_is_well, found.values()))
        )
    )
    assert site.api.request("GET", path).body["spec"]["replicas"] == most


def test_a_platform_that_is_taken_away(site: Site) -> None:
    """Development prunes always: nothing is left. Staging asks before: everything is, and Argo CD says so."""
    for environment in ("development", "staging"):
        for file in site.project.glob(f"envs/{environment}/nexus.*"):
            file.unlink()
    assert towpath(site.project, "synth", "--allow-removal").code == 0
    before = _uids(site.api, "nexus-staging")
    commit = site.merge("without nexus")
    site.wait(
        # It has nothing to apply, so that there is no operation to wait for.
        lambda found: (
            "nexus-development" not in found
            and found["root-staging"]["status"]["sync"].get("revision") == commit
        )
    )
    projects = _APPLICATIONS.replace("applications", "appprojects")
    until(
        lambda: all(
            site.api.request("GET", path).status == 404
            for path in ("/api/v1/namespaces/nexus-development", f"{projects}/nexus-development")
        ),
        lambda: "its namespace or its project is still there",
    )
    assert site.api.request("GET", f"{projects}/nexus-staging").is_good
    found = site.applications
    assert found["root-staging"]["status"]["sync"]["status"] == "OutOfSync"
    assert _uids(site.api, "nexus-staging") == before
    away = {"root-staging", "nexus-staging"}
    site.wait(lambda found: all(_is_well(each) for name, each in found.items() if name not in away))


def _uids(api: Api, namespace: str) -> set[str]:
    return {
        each["metadata"]["uid"]
        for kind in ("deployments", "statefulsets", "replicasets")
        for each in api.items(f"/apis/apps/v1/namespaces/{namespace}/{kind}")
    }


def _namespace(rendering: str) -> str:
    environment, _, platform = rendering.partition("/")
    return f"{platform}-{environment}"


def _is_well(application: Body) -> bool:
    status = application.get("status", {})
    return (
        status.get("sync", {}).get("status") == "Synced"
        and status.get("health", {}).get("status") == "Healthy"
        and status.get("operationState", {}).get("phase") == "Succeeded"
        and "operation" not in application
    )


def _has(application: Body, commit: str) -> bool:
    # Argo CD takes the result of a sync away for the moment in which it begins another.
    status = application["status"]
    operation = status.get("operationState", {}).get("syncResult", {})
    return bool(status["sync"].get("revision") == commit and operation.get("revision") == commit)


def _state(application: Body) -> str:
    status = application.get("status", {})
    not_well = [
        f"{each['kind']}/{each['name']} {each.get('status')} {each.get('health', {})}"
        for each in status.get("resources", ())
        if each.get("status") != "Synced" or each.get("health", {}).get("status") not in (None, "Healthy")
    ]
    operation = status.get("operationState", {})
    return (
        f"{application['metadata']['name']}: {status.get('sync', {}).get('status')} "
        f"{status.get('health', {}).get('status')} {operation.get('phase')} {operation.get('message')} "
        f"{status.get('conditions', '')} {not_well[:6]}"
    )


def _versions(api: Api, namespace: str) -> dict[str, tuple[str, int]]:
    """Return the identity and the version of what each Deployment and StatefulSet is to be, by the name of its file."""
    return {
        f"{kind}_{each['metadata']['name']}": (each["metadata"]["uid"], each["metadata"]["generation"])
        for kind in ("deployment", "statefulset")
        for each in api.items(f"/apis/apps/v1/namespaces/{namespace}/{kind}s")
    }


def _variables(api: Api, deployment: str) -> list[Body]:
    container = api.request("GET", deployment).body["spec"]["template"]["spec"]["containers"][0]
    return list(container["env"])
