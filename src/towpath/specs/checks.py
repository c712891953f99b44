"""What a part may hold: checked when it is declared, so that a wrong argument is an error at its line.

Python does not check types, and Kubernetes would refuse these only when somebody syncs them, or not at all.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from towpath.images.symbol import ImageSymbol
from towpath.specs.parts import ConfigurationSpec, JobSpec, StoreSpec, WorkloadSpec
from towpath.specs.values import (
    ConfigKey,
    Egress,
    FieldPath,
    Port,
    Probe,
    Resources,
    SecretKey,
    Storage,
    User,
    Volume,
    Writable,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from towpath.specs.platform import Part

_VARIABLE = re.compile(r"[-._a-zA-Z][-._a-zA-Z0-9]*")
_CONFIG_KEY = re.compile(r"[-._a-zA-Z0-9]{1,253}")
# A port's name by the rules of IANA service names.
_PORT_NAME = re.compile(r"(?=.*[a-z])[a-z0-9](?!.*--)[a-z0-9-]{0,13}[a-z0-9]|[a-z]")
_PERCENT = re.compile(r"(100|[1-9]?[0-9])%")
_MOST_PORT = 65535

Fault = tuple[str, str]
"""What is wrong, and what was expected."""


def part_faults(part: Part) -> list[Fault]:
    """Return what is wrong with the values of a part, or nothing."""
    match part:
        case WorkloadSpec() | JobSpec() if kinds := list(_kind_faults(part)):
            # What is of another kind has nothing that could be looked at further.
            return kinds
        case WorkloadSpec():
            return [*_pod_faults(part), *_workload_faults(part)]
        case JobSpec():
            return [
                *_pod_faults(part),
                *_number("retries", part.retries, 0),
                *_number("deadline_seconds", part.deadline_seconds, 1),
            ]
        case StoreSpec():
            return part_faults(part.workload) if part.workload else []
        case ConfigurationSpec():
            return list(_configuration_faults(part))
        case _:
            return []


def _kind_faults(part: WorkloadSpec | JobSpec) -> Iterator[Fault]:
    given: list[tuple[str, Iterable[object], type]] = [
        ("user", (part.user,), User),
        ("resources", (part.resources,), Resources),
        ("writable", part.writable, Writable),
        ("egress", part.egress, Egress),
        ("secret_files", part.secret_files.values(), SecretKey),
    ]
    if isinstance(part, WorkloadSpec):
        probes = (part.startup, part.liveness, part.readiness)
        given += [
            ("storage", (part.storage,) if part.storage is not None else (), Storage),
            ("volumes", part.volumes, Volume),
            ("a probe", (each for each in probes if each is not None), Probe),
        ]
    for argument, values, kind in given:
        for value in values:
            if not isinstance(value, kind):
                yield f"{argument} holds {value!r}, a {type(value).__name__}", f"{kind.__name__}(...)"


def _pod_faults(part: WorkloadSpec | JobSpec) -> Iterator[Fault]:
    for argument, words in (("command", part.command), ("arguments", part.arguments)):
        yield from _texts(argument, words)
    for name, value in part.environment.items():
        yield from variable_faults(name, value)
    for number, who in ((part.user.uid, "user"), (part.user.gid, "group")):
        yield from _number(f"the {who} id", number, 1)
    for writable in part.writable:
        yield from _path("writable", writable.path)
    for folder in part.secret_files:
        yield from _path("secret_files", folder)
    if part.resources.memory_request and not part.resources.memory_limit:
        # The namespace's default limit would apply, which may be less than the request.
        yield "resources ask for memory and have no limit of it", "a memory limit, such as 512Mi"


def variable_faults(name: object, value: object) -> Iterator[Fault]:
    """Yield what is wrong with one environment variable."""
    if not isinstance(name, str) or not _VARIABLE.fullmatch(name):
        yield (
            f"{name!r} is no name of an environment variable",
            "letters, digits, '_', '-' and '.', no digit first",
        )
    if not isinstance(value, str | SecretKey | ConfigKey | FieldPath | ImageSymbol):
        yield (
            f"the variable {name} is {value!r}, a {type(value).__name__}",
            "text, or a reference such as a secret's key; for a number write it in quotes",
        )


def _workload_faults(workload: WorkloadSpec) -> Iterator[Fault]:
    yield from _number("replicas", workload.replicas, 0)
    yield from _number("surge", workload.surge, 0)
    yield from _number("grace_seconds", workload.grace_seconds, 0)
    yield from _number("drain_seconds", workload.drain_seconds, 0)
    yield from _number("min_ready_seconds", workload.min_ready_seconds, 0)
    for port in workload.ports:
        yield from _port_faults(port)
    names = [str(getattr(port, "name", "")) for port in workload.ports]
    yield from (
        (f"two ports are named {name}", "each once")
        for name in sorted({name for name in names if names.count(name) > 1})
    )
    yield from _labels("pod_annotations", workload.pod_annotations)
    for folder in workload.files:
        yield from _path("files", folder)
    if workload.storage:
        yield from _path("storage", workload.storage.path)
    for volume in workload.volumes:
        yield from _path("volumes", volume.path)
        greatest: object = workload.autoscale.maximum if workload.autoscale else workload.replicas
        if not volume.shared and isinstance(greatest, int) and greatest > 1:
            yield (
                f"the volume {volume.name} is for one node, and {greatest} replicas use it",
                "a shared volume (ReadWriteMany), or one replica",
            )
    budget: object = workload.max_unavailable
    counted = isinstance(budget, int) and not isinstance(budget, bool)
    if budget is not None and not counted and not (isinstance(budget, str) and _PERCENT.fullmatch(budget)):
        yield f"max_unavailable is {budget!r}", "a number of pods, or a percentage such as 25%"
    elif budget in (0, "0%"):
        yield f"max_unavailable is {budget!r}, so no node with such a pod could ever be drained", "1 or more"


def _port_faults(port: object) -> Iterator[Fault]:
    if not isinstance(port, Port):
        yield f"{port!r} stands among the ports", "Port(name, number)"
        return
    name: object = port.name
    number: object = port.number
    if not isinstance(name, str) or not _PORT_NAME.fullmatch(name):
        yield f"{name!r} is no name of a port", "at most 15 lower-case letters, digits and '-', such as http"
    if not isinstance(number, int) or isinstance(number, bool) or not 1 <= number <= _MOST_PORT:
        yield f"the port {name} has the number {number!r}", f"a whole number from 1 to {_MOST_PORT}"


def _configuration_faults(configuration: ConfigurationSpec) -> Iterator[Fault]:
    entries: Iterable[tuple[object, object]] = configuration.data.items()
    for key, value in entries:
        if not isinstance(key, str) or not _CONFIG_KEY.fullmatch(key):
            yield f"{key!r} is no key of a ConfigMap", "letters, digits, '_', '-' and '.'"
        if not isinstance(value, str):
            yield f"the key {key} is {value!r}, a {type(value).__name__}", "text"


def _texts(argument: str, values: Iterable[object]) -> Iterator[Fault]:
    for value in values:
        if not isinstance(value, str):
            yield f"{argument} holds {value!r}, a {type(value).__name__}", "text; write numbers in quotes"


def _labels(argument: str, values: Mapping[str, object]) -> Iterator[Fault]:
    for name, value in values.items():
        if not isinstance(value, str):
            yield f"{argument} holds {name!r}: {value!r}", "text for both; write numbers in quotes"


def _path(argument: str, path: object) -> Iterator[Fault]:
    if not isinstance(path, str) or not path.startswith("/") or ".." in path.split("/"):
        yield f"{argument} names the path {path!r}", "an absolute path inside the container, such as /tmp"


def _number(argument: str, value: object, least: int) -> Iterator[Fault]:
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        yield f"{argument} is {value!r}", f"a whole number, {least} or more"
