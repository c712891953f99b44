"""Settings of a platform's own workloads: how many copies, how to ask for their health, how to bring in a version."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from towpath.settings.fields import PercentOrCount, Port
from towpath.settings.measures import Duration
from towpath.settings.model import Autoscaling, Probe, Resources, SettingsModel, misfit, require_seconds
from towpath.settings.proxy import AddressRange
from towpath.settings.stores import Sized
from towpath.specs.values import Egress

_ANYWHERE = "0.0.0.0/0"


class Reach(SettingsModel):
    """Addresses outside of the cluster that a workload may reach."""

    cidr: AddressRange
    ports: Annotated[tuple[Port, ...], Field(min_length=1)]

    def to_egress(self) -> Egress:
        """Return the way out. Anywhere is anywhere public: leave to call the outside is not leave to call every pod."""
        if self.cidr == _ANYWHERE:
            return Egress(ports=self.ports)
        return Egress(ports=self.ports, cidr=str(self.cidr), excluding=())


class Updates(SettingsModel):
    """How a new version comes in, in the words of Compose's `update_config`. New pods start before old ones stop."""

    parallelism: Annotated[int, Field(ge=1, le=100)] = 1
    """How many pods are replaced at once."""
    delay: Duration = Duration("0s")
    """How long new pods have to be well before the next ones start."""


class VolumeSettings(Sized):
    """A volume that outlives the pods of a workload."""

    shared: bool = False
    """Whether pods on several nodes use it, for which its class has to offer ReadWriteMany."""


class WorkloadSettings(SettingsModel):
    """A workload: a fixed number of copies, or as many as its load asks for."""

    replicas: Annotated[int, Field(ge=1, le=100)] | None = None
    autoscaling: Autoscaling | None = None
    """In place of `replicas`: two owners of one number would fight over it."""
    resources: Resources
    health: Probe | None = None
    """None where nothing but its process tells whether it is well."""
    max_unavailable: PercentOrCount | None = None
    """Pods that a node's drain may take away at once; none set, none is protected."""
    updates: Updates = Updates()

    @model_validator(mode="after")
    def _has_a_number(self) -> Self:
        if self.autoscaling is None:
            if self.replicas is None:
                raise misfit("has no number", "replicas", expected="replicas, or autoscaling")
            return self
        if self.replicas is not None:
            raise misfit(
                f"is {self.replicas}, and autoscaling is set", "replicas", expected="one of the two, not both"
            )
        for name in ("cpu", "memory"):
            aims, asks = getattr(self.autoscaling, name), getattr(self.resources.requests, name)
            # A limit alone becomes a request too, but a target of the limit is rarely what is meant.
            if aims is not None and asks is None:
                raise misfit(
                    "is not set, and autoscaling measures against it",
                    "resources",
                    "requests",
                    name,
                    expected=f"a request, of which {aims} % is the target",
                )
        return self

    @model_validator(mode="after")
    def _several_pods_share(self) -> Self:
        pods = self.autoscaling.maximum if self.autoscaling else self.replicas or 1
        for name, value in self:
            if isinstance(value, VolumeSettings) and pods > 1 and not value.shared:
                raise misfit(
                    f"is false, and {pods} replicas write to it",
                    name,
                    "shared",
                    expected="true, with a storage class that offers ReadWriteMany, or one replica",
                )
        return self


class JobSettings(SettingsModel):
    """A job: what it may use, how often it is tried, and for how long altogether."""

    resources: Resources
    retries: Annotated[int, Field(ge=0, le=20)] = 3
    deadline: Duration = Duration("10m")

    @model_validator(mode="after")
    def _has_time(self) -> Self:
        require_seconds(self, "deadline", example="10m")
        return self
