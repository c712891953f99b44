"""How Argo CD brings the rendered manifests to a cluster: when it syncs, what it deletes, how often it tries."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from towpath.settings.fields import Duration, Text
from towpath.settings.model import SettingsModel, misfit


class ArgoCdVersion(Text):
    """A version of Argo CD with or without its patch number: `3.6` or `3.6.1`."""

    __slots__ = ()
    expected = "a version of Argo CD"
    examples = ("3.6",)
    longest = 16

    @classmethod
    def _fault(cls, text: str) -> str | None:
        number = r"(0|[1-9][0-9]{0,2})"
        if re.fullmatch(rf"{number}\.{number}(\.{number})?", text, re.ASCII):
            return None
        return "it starts with a v" if text.startswith("v") else ""

    @property
    def minor(self) -> tuple[int, int]:
        """The first two numbers: (3, 6) of 3.6.1."""
        major, minor = self.split(".")[:2]
        return int(major), int(minor)


class Prune(StrEnum):
    """What becomes of objects in the cluster that are not rendered any more."""

    ALWAYS = "always"
    """Argo CD deletes them."""
    CONFIRM = "confirm"
    """Argo CD deletes them once a person has said so."""
    NEVER = "never"
    """They stay until a person deletes them."""


class Retry(SettingsModel):
    """How often a sync that failed is tried again, and after how long."""

    limit: Annotated[int, Field(ge=-1, le=1000)] = 5
    """Attempts after the first; -1 goes on for ever, 0 tries once only."""
    delay: Duration = Duration("10s")
    """The time before the second attempt."""
    factor: Annotated[int, Field(ge=1, le=10)] = 2
    """What the time is multiplied with after each attempt."""
    longest: Duration = Duration("5m")
    """The most time between two attempts."""

    @model_validator(mode="after")
    def _can_wait(self) -> Self:
        if self.delay.seconds < 1:
            raise misfit("is no time at all", "delay", expected="one second or more, such as 10s")
        if self.longest < self.delay:
            raise misfit(
                f"is less than the delay of {self.delay}", "longest", expected=f"{self.delay} or more"
            )
        return self


class Sync(SettingsModel):
    """When and how Argo CD makes the cluster what is rendered."""

    mode: Literal["automated", "manual"] = "automated"
    """`automated` follows the repository; `manual` waits for a person to sync."""
    prune: Prune = Prune.CONFIRM
    self_heal: bool = True
    """Whether changes that somebody made in the cluster are undone; of no effect where `mode` is `manual`."""
    retry: Retry = Retry()
