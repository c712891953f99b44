"""`docs/constructs.md`: every construct is there, every example runs, and it renders what the page says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cdk8s
import pytest
from constructs import Construct

from tests.constructs.sample import CLUSTER, Shop, Synthesis
from tests.docs.examples import declare, examples
from tests.kubernetes.rules import References, flows, name_of, pod_security_faults
from towpath import constructs
from towpath.settings.cluster import Component, Purpose

PAGE = (Path(__file__).resolve().parents[2] / "docs/constructs.md").read_text(encoding="utf-8")
EXAMPLES = [pytest.param(each, id=each.title) for each in examples(PAGE)]
EVERYTHING = CLUSTER.model_copy(update={"installed": tuple(Component), "purpose": Purpose.DEVELOPMENT})


def shop() -> Shop:
    """Return an empty platform in a cluster that has everything."""
    return Shop(cdk8s.App(), "shop", target=constructs.Target("shop", "staging", EVERYTHING))


def names_of(manifests: list[Any]) -> set[str]:
    """Return `Kind/name` of each."""
    return {f"{each['kind']}/{each['metadata']['name']}" for each in manifests}


def test_every_construct_is_on_the_page() -> None:
    """A construct without a section, or a section without an example, is found."""
    exported = {name: getattr(constructs, name) for name in constructs.__all__}
    every = {
        name for name, each in exported.items() if isinstance(each, type) and issubclass(each, Construct)
    }
    assert {each.title for each in examples(PAGE)} >= every - {"Platform"}


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_renders_what_the_page_says(example: Any) -> None:
    """Nothing more and nothing less, besides what every platform has."""
    platform, empty = shop(), shop()
    declare(example, platform)
    assert names_of(Synthesis.synth(platform)) - names_of(Synthesis.synth(empty)) == example.renders


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_is_sound(example: Any) -> None:
    """Pod Security, references and network flows hold for it, as for everything that is rendered."""
    platform = shop()
    declare(example, platform)
    manifests = Synthesis.synth(platform)
    assert [f"{name_of(each)}: {fault}" for each in manifests for fault in pod_security_faults(each)] == []
    assert References(manifests).dangling() == []
    assert flows(manifests, "egress") == flows(manifests, "ingress")
