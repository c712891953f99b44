"""Values that a part may not hold."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from towpath.images.symbol import ImageSymbol
from towpath.specs.checks import part_faults
from towpath.specs.parts import ConfigurationSpec, JobSpec, WorkloadSpec
from towpath.specs.values import Port, Resources, SecretKey, Storage, User, Writable

WORKLOAD = WorkloadSpec(
    name="backend",
    image=ImageSymbol("backend"),
    user=User(1001, 1001),
    ports=(Port("http", 8080),),
    environment={"PORT": "8080", "TOKEN": SecretKey("app", "token"), "spring.profile": "x"},
    resources=Resources(),
    max_unavailable="25%",
    writable=(Writable("/tmp"),),  # noqa: S108 -- a path in a container
)


def test_a_sound_part_has_no_faults() -> None:
    """What charts declare passes."""
    assert part_faults(WORKLOAD) == []
    assert part_faults(ConfigurationSpec("config", {"LOG_LEVEL": "info", "app.yaml": "a: b"})) == []


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        pytest.param(
            {"environment": {"PORT": 8080}}, "the variable PORT is 8080, a int", id="a number as variable"
        ),
        pytest.param(
            {"environment": {"DEBUG": True}}, "the variable DEBUG is True, a bool", id="a truth value"
        ),
        pytest.param({"environment": {"HOST NAME": "x"}}, "'HOST NAME' is no name", id="a name with a space"),
        pytest.param({"environment": {"1ST": "x"}}, "'1ST' is no name", id="a name with a digit first"),
        pytest.param({"command": ("node", 1)}, "command holds 1, a int", id="a number in the command"),
        pytest.param({"arguments": (None,)}, "arguments holds None", id="nothing in the arguments"),
        pytest.param({"replicas": "two"}, "replicas is 'two'", id="replicas as text"),
        pytest.param({"replicas": -1}, "replicas is -1", id="replicas below zero"),
        pytest.param({"replicas": True}, "replicas is True", id="replicas as truth value"),
        pytest.param(
            {"ports": (Port("http", "80"),)},  # type: ignore[arg-type]  # what is tested
            "the port http has the number '80'",
            id="a port as text",
        ),
        pytest.param({"ports": (Port("http", 0),)}, "the port http has the number 0", id="port zero"),
        pytest.param(
            {"ports": (Port("HTTP", 80),)}, "'HTTP' is no name of a port", id="a port's name in capitals"
        ),
        pytest.param({"ports": (Port("a" * 16, 80),)}, "is no name of a port", id="a port's name too long"),
        pytest.param({"ports": (Port("80", 80),)}, "'80' is no name of a port", id="a port's name of digits"),
        pytest.param({"ports": (8080,)}, "8080 stands among the ports", id="a bare number among the ports"),
        pytest.param(
            {"ports": (Port("a", 1), Port("a", 2))}, "two ports are named a", id="a port's name twice"
        ),
        pytest.param({"user": User(0, 1)}, "the user id is 0", id="the root user"),
        pytest.param({"user": 1001}, "user holds 1001, a int", id="a bare number as user"),
        pytest.param({"writable": ("/tmp",)}, "writable holds '/tmp', a str", id="a bare path"),  # noqa: S108 -- a path in a container
        pytest.param({"volumes": ("files",)}, "volumes holds 'files', a str", id="a bare claim"),
        pytest.param({"storage": "1Gi"}, "storage holds '1Gi', a str", id="a bare size"),
        pytest.param({"secret_files": {"/keys": "app"}}, "secret_files holds 'app'", id="a bare secret"),
        pytest.param({"liveness": "/health"}, "a probe holds '/health', a str", id="a bare probe"),
        pytest.param({"egress": (443,)}, "egress holds 443, a int", id="a bare port outside"),
        pytest.param({"writable": (Writable("tmp"),)}, "writable names the path 'tmp'", id="a relative path"),
        pytest.param(
            {"storage": Storage("/a/../b", "1Gi")}, "storage names the path", id="a path that climbs"
        ),
        pytest.param(
            {"files": {"etc": None}}, "files names the path 'etc'", id="files below a relative path"
        ),
        pytest.param(
            {"pod_annotations": {"a": 1}}, "pod_annotations holds 'a': 1", id="a number as annotation"
        ),
        pytest.param({"max_unavailable": "2"}, "max_unavailable is '2'", id="a count as text"),
        pytest.param({"max_unavailable": "101%"}, "max_unavailable is '101%'", id="more than all"),
        pytest.param({"grace_seconds": 1.5}, "grace_seconds is 1.5", id="a fraction of a second"),
    ],
)
def test_c57_a_wrong_value_is_a_fault(changes: dict[str, Any], fault: str) -> None:
    """Each wrong value is named; nothing else is."""
    found = part_faults(replace(WORKLOAD, **changes))
    assert len(found) == 1, found
    assert fault in found[0][0]
    assert found[0][1]


def test_all_faults_come_at_once() -> None:
    """A part with several wrong values names them all."""
    job = JobSpec(
        name="migrate",
        image=ImageSymbol("backend"),
        user=User(1001, 0),
        command=(1,),  # type: ignore[arg-type]  # what is tested
        resources=Resources(),
        retries=-1,
    )
    assert len(part_faults(job)) == 3


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        pytest.param({"a b": "x"}, "'a b' is no key", id="a key with a space"),
        pytest.param({"": "x"}, "'' is no key", id="an empty key"),
        pytest.param({"A": 1}, "the key A is 1, a int", id="a number"),
    ],
)
def test_configuration_holds_text_by_plain_keys(data: dict[str, Any], fault: str) -> None:
    """A ConfigMap takes text only, under keys of few characters."""
    assert [what for what, _ in part_faults(ConfigurationSpec("config", data)) if fault in what]
