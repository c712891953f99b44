"""What charts pass to constructs, turned into what specs hold."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from towpath.constructs.kube_object import declared_at
from towpath.errors import refuse
from towpath.images.symbol import IMAGE_NAME, Form, ImageSymbol
from towpath.settings.model import Resources as ResourcesSetting
from towpath.settings.workloads import Reach
from towpath.specs.values import Autoscale, Egress, Probe, Resources, Volume

if TYPE_CHECKING:
    from towpath.errors import TowpathError
    from towpath.settings.model import Autoscaling as AutoscalingSetting
    from towpath.settings.model import Probe as ProbeSetting
    from towpath.settings.workloads import VolumeSettings

T = TypeVar("T")


def image_symbol(image: str | ImageSymbol) -> ImageSymbol:
    """Return the symbol of an image that a chart names.

    Raises:
        TowpathError: where no pin can have that name, or the symbol stands for a part of the reference only.

    """
    symbol = image if isinstance(image, ImageSymbol) else ImageSymbol(image)
    if not IMAGE_NAME.fullmatch(symbol.image):
        raise refuse(
            f"{symbol.image!r} is no name of an image",
            place=declared_at(),
            expected="the name of a pin: lower-case letters, digits and inner '-', at most 63",
            remedy="name the image here, and say which one it is with `towpath pin`",
            rule="construct.image-name",
        )
    if symbol.form is not Form.REFERENCE:
        raise refuse(
            f"the image {symbol.image} is given in its {symbol.form} form",
            place=declared_at(),
            expected="the whole reference, which a container needs",
            remedy=f"write image={symbol.image!r}",
            rule="construct.image-form",
        )
    return symbol


def in_order(argument: str, values: Iterable[T]) -> tuple[T, ...]:
    """Return the items of an argument that is a sequence.

    Raises:
        TowpathError: where it is one thing and not several, or a set, whose order may differ from run to run.

    """
    given: object = values
    if not isinstance(given, Iterable):
        raise refuse(
            f"the argument {argument} is a {type(given).__name__}",
            place=declared_at(),
            expected="a list or a tuple",
            remedy="write it in brackets, with a comma after it: (x,)",
            rule="construct.one-thing",
        )
    if isinstance(values, str | bytes):
        raise refuse(
            f"the argument {argument} is one text, {values!r}",
            place=declared_at(),
            expected="a list or a tuple of texts",
            remedy="write each word as an item of its own; no shell splits it",
            rule="construct.one-text",
        )
    if isinstance(values, set | frozenset):
        raise refuse(
            f"the argument {argument} is a set, which has no order",
            place=declared_at(),
            expected="a list or a tuple",
            remedy="write sorted(...) around it",
            rule="construct.unordered",
        )
    return tuple(values)


def _wrong_kind(argument: str, value: object, expected: str) -> TowpathError:
    return refuse(
        f"the argument {argument} holds {value!r}, a {type(value).__name__}",
        place=declared_at(),
        expected=expected,
        rule="construct.value",
    )


def resources_of(wanted: ResourcesSetting | Resources) -> Resources:
    """Return resources as specs hold them, from settings or as they are."""
    if isinstance(wanted, Resources):
        return wanted
    if not isinstance(wanted, ResourcesSetting):
        raise _wrong_kind("resources", wanted, "Resources(...), or the setting of that name")
    requests, limits = wanted.requests.to_kubernetes(), wanted.limits.to_kubernetes()
    return Resources(
        cpu_request=requests.get("cpu", ""),
        memory_request=requests.get("memory", ""),
        cpu_limit=limits.get("cpu", ""),
        memory_limit=limits.get("memory", ""),
        disk_request=requests.get("ephemeral-storage", ""),
        disk_limit=limits.get("ephemeral-storage", ""),
    )


def probe_of(wanted: ProbeSetting | Probe, port: str) -> Probe:
    """Return a liveness or readiness probe as specs hold it; `port` is the name of the workload's first port.

    Raises:
        TowpathError: where there is no port to ask.

    """
    if isinstance(wanted, Probe):
        return wanted
    if not (wanted.command or wanted.port or port):
        raise refuse(
            "the health check asks a port, and the workload has none",
            place=declared_at(),
            expected="ports, a port in the health check, or a command",
            remedy="give the workload a port, or let the health check run a command",
            rule="construct.probe-port",
        )
    return Probe(
        port="" if wanted.command else str(wanted.port or port),
        path=str(wanted.path or ""),
        tcp=not wanted.path and not wanted.command,
        command=tuple(wanted.command or ()),
        period=wanted.interval.seconds,
        timeout=wanted.timeout.seconds,
        failures=wanted.retries,
    )


def startup_of(wanted: ProbeSetting | Probe | None, port: str) -> Probe | None:
    """Return the startup probe that a health check's start period asks for, or None where it has none.

    Until it succeeds Kubernetes runs no other probe, as Docker counts no failure in the start period.
    """
    if wanted is None or isinstance(wanted, Probe) or not wanted.start_period.seconds:
        return None
    asked = probe_of(wanted, port)
    periods = -(-wanted.start_period.seconds // asked.period)
    return replace(asked, failures=periods + asked.failures)


def optional_probe(wanted: ProbeSetting | Probe | None, port: str) -> Probe | None:
    """Return a probe as specs hold it, or None where none is wanted."""
    return None if wanted is None else probe_of(wanted, port)


def autoscale_of(wanted: AutoscalingSetting | None) -> Autoscale | None:
    """Return autoscaling as specs hold it, or None where none is wanted."""
    if wanted is None:
        return None
    return Autoscale(wanted.minimum, wanted.maximum, wanted.cpu or 0, wanted.memory or 0)


def egress_of(wanted: Egress | Reach) -> Egress:
    """Return a way out as specs hold it, from settings or as it is."""
    if isinstance(wanted, Reach):
        return wanted.to_egress()
    if not isinstance(wanted, Egress):
        raise _wrong_kind("egress", wanted, "Egress(...), or a setting of the kind Reach")
    return wanted


def volume_of(name: str, path: str, wanted: VolumeSettings, *, by_pod: bool = False) -> Volume:
    """Return a volume of settings' size and class, mounted at a path; `name` is that of its claim."""
    return Volume(
        name, path, str(wanted.size), str(wanted.storage_class or ""), shared=wanted.shared, by_pod=by_pod
    )
