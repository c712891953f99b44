"""What a store needs where it runs beside its platform."""

from __future__ import annotations

from towpath.settings.fields import HostName
from towpath.settings.measures import Quantity
from towpath.settings.model import Probe, Resources, SettingsModel


class BundledStore(SettingsModel):
    """A store in mode `bundled`: one pod with a volume."""

    host: HostName
    """The name by which clients reach it: the name of its Service."""
    resources: Resources
    size: Quantity
    """The size of its volume."""
    health: Probe
