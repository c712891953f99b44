"""The base of every settings model, and the small models that most platforms need."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from towpath.settings.fields import Duration, Expected, Percent, Port, Quantity

if TYPE_CHECKING:
    from collections.abc import Iterator

Count = Annotated[int, Field(ge=0, le=2**31 - 1)]
"""A whole number that is not negative."""

Positive = Annotated[
    int, Field(ge=1, le=2**31 - 1), Expected("a whole number that is greater than zero, such as 100")
]
"""A whole number where 0 would be a mistake: a rate, a lifetime."""


UrlPath = Annotated[
    str, Field(pattern=r"^/[!-~]*$", max_length=1024), Expected("a path that starts with /, such as /health")
]
"""The path of a URL, without spaces."""


class SettingsModel(BaseModel):
    """Typed settings: frozen, strict, and closed (an unknown key is a mistake).

    A key in YAML is the field's name. Lists are typed `tuple[X, ...]`; a choice is a `Literal`, an `Enum`,
    or a union of models with `Field(discriminator=...)`. A string below a field is its documentation.

    Strict means that nothing is converted: `"3"` is no number, `1` is not true. Only forms that YAML lacks
    are read from those it has, by `towpath.settings.layers`: a list becomes a tuple, text a member of an
    `Enum`.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        validate_default=True,
        allow_inf_nan=False,
        use_attribute_docstrings=True,
        # A message of pydantic's own would quote values, secrets among them.
        hide_input_in_errors=True,
        # A validator is made when a model is first used: a chart uses few of the many that it imports.
        defer_build=True,
    )


def misfit(what: str, *path: str | int, expected: str = "") -> PydanticCustomError:
    """Return an error for a validator of a whole model to raise: values that do not fit together.

    `what` follows the setting's name in the message ("is more than the limit"); `path` leads from the model
    to the value to change, and `expected` says what would fit.
    """
    # The text is context and not the template, in which braces would be read as names.
    return PydanticCustomError("misfit", "{what}", {"what": what, "path": path, "expected": expected})


def require_seconds(settings: SettingsModel, *names: str, example: str) -> None:
    """Refuse a duration of no time at all in one of the fields `names`, in a validator of the whole model.

    Kubernetes counts whole seconds, and 0 means something else to it. `example` is a duration that would do.
    """
    for name in names:
        duration: Duration = getattr(settings, name)
        if duration.seconds < 1:
            raise misfit(f"is {duration}", name, expected=f"one second or more, such as {example}")


class ResourceList(SettingsModel):
    """Amounts of the resources that a container asks for or may use."""

    cpu: Quantity | None = None
    """CPUs; `250m` is a quarter."""
    memory: Quantity | None = None
    """Bytes of memory."""
    ephemeral_storage: Quantity | None = None
    """Bytes of the node's disk: logs, scratch files and writable layers."""

    def items(self) -> Iterator[tuple[str, Quantity]]:
        """Yield the names of the fields that are set, with their amounts."""
        for name in ("cpu", "memory", "ephemeral_storage"):
            amount = getattr(self, name)
            if amount is not None:
                yield name, amount

    @model_validator(mode="after")
    def _sizes_have_units(self) -> Self:
        for name, amount in self.items():
            # Nobody means less than a megabyte: `512` and `512m` are 512 bytes and half a byte.
            if name != "cpu" and 0 < amount.amount < 2**20:
                raise misfit(
                    f"is {amount}, which is less than one megabyte", name, expected="a size such as 512Mi"
                )
        return self

    def to_kubernetes(self) -> dict[str, str]:
        """Return the amounts as a Kubernetes resource list."""
        return {name.replace("_", "-"): str(amount) for name, amount in self.items()}


class Resources(SettingsModel):
    """What a container is given at least (`requests`) and at most (`limits`)."""

    requests: ResourceList = ResourceList()
    limits: ResourceList = ResourceList()

    @model_validator(mode="after")
    def _requests_within_limits(self) -> Self:
        limits = dict(self.limits.items())
        for name, amount in self.requests.items():
            if name in limits and amount > limits[name]:
                raise misfit(
                    f"is {amount}, more than the limit of {limits[name]}",
                    "requests",
                    name,
                    expected=f"{limits[name]} or less",
                )
        return self


class Probe(SettingsModel):
    """How a container's health is asked for, in the words of Docker's health check.

    A `path` is asked for by HTTP, a `command` is run in the container; with neither, a TCP connection to the
    port counts.
    """

    path: (
        Annotated[str, Field(pattern=r"^/[!-~]*$"), Expected("a path that starts with /, such as /health")]
        | None
    ) = None
    command: Annotated[tuple[str, ...], Field(min_length=1)] | None = None
    """The program and its arguments; no shell reads them."""
    port: Port | None = None
    """The port to ask, where it is not the workload's own."""
    interval: Duration = Duration("10s")
    timeout: Duration = Duration("3s")
    retries: Annotated[int, Field(ge=1, le=1000)] = 3
    """How many failures in a row make the container unhealthy."""
    start_period: Duration = Duration("0s")
    """For how long failures do not count while the container starts."""

    @model_validator(mode="after")
    def _one_way_of_asking(self) -> Self:
        if self.path is not None and self.command is not None:
            raise misfit("cannot stand beside path", "command", expected="either path or command")
        if self.command is not None and self.port is not None:
            raise misfit("has no meaning for a command", "port", expected="a port only with a path or alone")
        require_seconds(self, "interval", "timeout", example="5s")
        return self


class RateLimit(SettingsModel):
    """How many requests one client may make."""

    requests: Annotated[int, Field(ge=1, le=1_000_000)]
    per: Literal["second", "minute"] = "second"
    burst: Count = 0
    """How many requests above the rate are let through before others are refused."""


class Autoscaling(SettingsModel):
    """How many copies of a workload run, by its load."""

    minimum: Annotated[int, Field(ge=1, le=10_000)]
    maximum: Annotated[int, Field(ge=1, le=10_000)]
    cpu: Percent | None = None
    """The share of the requested CPU to aim at, in percent."""
    memory: Percent | None = None
    """The share of the requested memory to aim at, in percent."""

    @model_validator(mode="after")
    def _can_scale(self) -> Self:
        if self.maximum < self.minimum:
            raise misfit(
                f"is {self.maximum}, less than the minimum", "maximum", expected=f"{self.minimum} or more"
            )
        if self.cpu is None and self.memory is None:
            raise misfit("has nothing to aim at", expected="cpu, memory or both, such as cpu: 70")
        return self
