"""The order of a sync: configuration, stores, jobs, workloads, edge."""

from __future__ import annotations

import time
from itertools import pairwise
from pathlib import Path

import pytest

from tests.kubernetes.rules import Body, read_rendering
from tests.kubernetes.sample import (
    CONFIGURATION,
    SECRETS,
    connect,
    database,
    edge,
    everything,
    find,
    job,
    lowered,
    managed,
    platform,
    route,
    wave_of,
    workload,
)
from towpath.errors import TowpathError
from towpath.specs.parts import GeneratedSpec
from towpath.specs.platform import PlatformSpec, sync_waves
from towpath.specs.values import Autoscale

DEVELOPMENT = Path(__file__).resolve().parents[2] / "dist/development/pms"


def _in_order(objects: list[Body], *names: tuple[str, str]) -> None:
    waves = [wave_of(find(objects, kind, name)) for kind, name in names]
    assert all(earlier < later for earlier, later in pairwise(waves)), waves


def test_configuration_stores_jobs_workloads_edge() -> None:
    """Each comes in a wave after what it needs."""
    objects = lowered(everything())
    _in_order(
        objects,
        ("ConfigMap", "settings"),
        ("StatefulSet", "db"),
        ("Job", "migrate"),
        ("Deployment", "api"),
        ("Ingress", "shop"),
    )
    _in_order(objects, ("ExternalSecret", "keys"), ("StatefulSet", "db"))
    _in_order(
        objects, ("StatefulSet", "search"), ("Deployment", "api"), ("Deployment", "web"), ("Ingress", "shop")
    )


def test_the_same_in_what_is_rendered() -> None:
    """The bucket is made after MinIO runs and before the backend uses it."""
    objects = read_rendering(DEVELOPMENT)
    _in_order(
        objects,
        ("ConfigMap", "pms-config"),
        ("StatefulSet", "minio"),
        ("Job", "minio-bucket"),
        ("Deployment", "backend"),
        ("Deployment", "frontend"),
        ("Deployment", "nginx"),
        ("Ingress", "edge"),
    )


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        pytest.param(platform(workloads=(workload("a"),)), {"a": 1}, id="alone"),
        pytest.param(
            platform(workloads=(workload("a"), workload("b")), connections=(connect("b", "a"),)),
            {"a": 1, "b": 2},
            id="after",
        ),
        pytest.param(
            platform(workloads=(workload("a"),), stores=(managed(),), connections=(connect("a", "cache"),)),
            {"a": 1, "cache": 1},
            id="an-external-store-is-not-waited-for",
        ),
        pytest.param(
            platform(
                stores=(database(),),
                jobs=(job("j", prepares=("db",)), job("k", prepares=("db",))),
                workloads=(workload("a"),),
                connections=(connect("j", "db"), connect("k", "db"), connect("a", "db")),
            ),
            {"db": 1, "j": 2, "k": 2, "a": 3},
            id="two-jobs-prepare-one-store",
        ),
        pytest.param(
            platform(
                stores=(database(),),
                jobs=(job("j", prepares=("db",)), job("seed")),
                connections=(connect("j", "db"), connect("seed", "db")),
            ),
            {"db": 1, "j": 2, "seed": 3},
            id="a-job-that-only-uses-comes-later",
        ),
        pytest.param(
            platform(workloads=(workload("a"),), edges=(edge(route("a")),)),
            {"a": 1, "edge": 2},
            id="edge-after-workload",
        ),
    ],
)
def test_sync_waves(spec: PlatformSpec, expected: dict[str, int]) -> None:
    """Waves count from 1; what nothing needs comes first."""
    assert sync_waves(spec) == expected


def test_c29_sixty_parts_in_twenty_layers() -> None:
    """Each part uses all of the layer below: a sort that follows every path would take hours."""
    layers = [[f"p{layer}-{number}" for number in range(3)] for layer in range(20)]
    spec = platform(
        workloads=tuple(workload(name) for layer in layers for name in layer),
        connections=tuple(
            connect(source, target)
            for lower, upper in pairwise(layers)
            for source in upper
            for target in lower
        ),
    )
    start = time.perf_counter()
    waves = sync_waves(spec)
    assert time.perf_counter() - start < 0.5
    assert waves == {name: number for number, layer in enumerate(layers, 1) for name in layer}


@pytest.mark.parametrize(
    ("connections", "circle"),
    [
        pytest.param((connect("a", "b"), connect("b", "a")), "a -> b -> a", id="two"),
        pytest.param(
            (connect("a", "b"), connect("b", "c"), connect("c", "b")), "b -> c -> b", id="behind-a-tail"
        ),
        pytest.param((connect("a", "a"),), "a -> a", id="itself"),
    ],
)
def test_c29_a_circle_is_named(connections: tuple[object, ...], circle: str) -> None:
    """Parts that wait for one another are refused, and the message shows the way around."""
    spec = platform(workloads=tuple(workload(name) for name in "abc"), connections=connections)
    with pytest.raises(TowpathError) as caught:
        lowered(spec)
    assert str(caught.value).splitlines()[0] == f"platform shop: connects_to makes a circle: {circle}"


@pytest.mark.parametrize(
    ("spec", "wave"),
    [
        pytest.param(everything(), 5, id="with-an-edge"),
        pytest.param(
            platform(
                workloads=(workload("web", autoscale=Autoscale(2, 5, cpu_percent=70)), workload("late")),
                connections=(connect("late", "web"),),
            ),
            2,
            id="without-one",
        ),
        pytest.param(
            platform(workloads=(workload("web", autoscale=Autoscale(2, 5, cpu_percent=70)),)), 1, id="alone"
        ),
    ],
)
def test_an_autoscaler_comes_last(spec: PlatformSpec, wave: int) -> None:
    """A new one is degraded until pods are measured; Argo CD would end the sync in any wave but the last."""
    objects = lowered(spec)
    assert wave_of(find(objects, "HorizontalPodAutoscaler", "web")) == wave
    assert max(map(wave_of, objects)) == wave


def test_a_generator_comes_before_what_takes_from_it() -> None:
    """Without it, an ExternalSecret is degraded and the sync fails; the rest of the configuration is wave 0."""
    objects = lowered(platform(generated=(GeneratedSpec(name="keys-session", key="session", length=48),)))
    assert wave_of(find(objects, "Password", "keys-session")) == -1
    assert wave_of(find(objects, "ExternalSecret", "keys-session")) == 0


@pytest.mark.parametrize("name", ["configuration", "namespace", "secrets"])
def test_what_every_part_needs_has_no_wave(name: str) -> None:
    """A part that happens to be called like a group of objects does not hold these up."""
    objects = lowered(
        platform(
            configurations=(CONFIGURATION,),
            secrets=(SECRETS,),
            stores=(database(),),
            workloads=(workload(name),),
            edges=(edge(route(name)),),
            connections=(connect(name, "db"),),
        )
    )
    assert wave_of(find(objects, "Deployment", name)) == 2
    early = {"ConfigMap", "ExternalSecret", "LimitRange", "NetworkPolicy", "ResourceQuota", "ServiceAccount"}
    assert {(each["kind"], wave_of(each)) for each in objects if each["kind"] in early} == {
        (kind, 0) for kind in early
    }


def test_a_job_is_a_hook_with_a_stable_name() -> None:
    """A Job's template is immutable, so each sync deletes the one before it."""
    annotations = find(lowered(everything()), "Job", "migrate")["metadata"]["annotations"]
    assert annotations["argocd.argoproj.io/hook"] == "Sync"
    assert annotations["argocd.argoproj.io/hook-delete-policy"] == "BeforeHookCreation"
