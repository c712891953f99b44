"""What a store needs where it runs beside its platform."""

from __future__ import annotations

from typing import Self

from pydantic import model_validator

from towpath.settings.fields import HostName
from towpath.settings.measures import Quantity
from towpath.settings.model import Probe, Resources, SettingsModel, misfit

_SMALLEST = 2**20


class BundledStore(SettingsModel):
    """A store in mode `bundled`: one pod with a volume."""

    host: HostName
    """The name by which clients reach it: the name of its Service."""
    resources: Resources
    size: Quantity
    """The size of its volume."""
    health: Probe

    @model_validator(mode="after")
    def _size_has_a_unit(self) -> Self:
        # `10` would be ten bytes.
        if self.size.amount < _SMALLEST:
            raise misfit(
                f"is {self.size}, which is less than one megabyte", "size", expected="a size such as 10Gi"
            )
        return self
