"""A settings model with one of everything, for the tests of layers and messages."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, field_validator

from towpath.settings.fields import (
    CronSchedule,
    EnvName,
    HostName,
    ImageName,
    PercentOrCount,
    Port,
    Quantity,
    SecretRef,
    Url,
)
from towpath.settings.layers import Layer, Loaded, load_settings, read_layer
from towpath.settings.model import Probe, Resources, SettingsModel


class LogLevel(StrEnum):
    """How much a program says."""

    DEBUG = "debug"
    INFO = "info"
    ERROR = "error"


class Bundled(SettingsModel):
    """A database of our own."""

    mode: Literal["bundled"] = "bundled"
    size: Quantity = Quantity("1Gi")


class External(SettingsModel):
    """Somebody else's database."""

    mode: Literal["external"]
    host: HostName
    password: SecretRef


class Workload(SettingsModel):
    """A program."""

    image: ImageName
    port: Port = 8080
    replicas: Annotated[int, Field(ge=1, le=50)] = 1
    env: Mapping[EnvName, str] = Field(default={})
    probe: Probe = Probe(path="/health")
    resources: Resources = Resources()


class Mirror(SettingsModel):
    """A copy elsewhere."""

    target: Url
    every: CronSchedule


class Archive(SettingsModel):
    """Files kept for some days."""

    days: int
    bucket: str


class Shop(SettingsModel):
    """A platform."""

    domain: HostName
    hosts: tuple[HostName, ...] = ()
    log_level: LogLevel = LogLevel.INFO
    debug: bool = False
    backend: Workload = Workload(image=ImageName("backend"), replicas=2)
    database: Annotated[Bundled | External, Field(discriminator="mode")] = Bundled()
    surge: PercentOrCount = "25%"
    retention: int | str = 7
    copies: tuple[Mirror | Archive, ...] = ()
    jwt_secret: SecretRef | None = None
    labels: Mapping[str, str] = Field(default={"team": "shop"})
    colour: str = "green"

    @field_validator("colour")
    @classmethod
    def _no_red(cls, colour: str) -> str:
        if colour == "red":
            raise ValueError("red is for alarms")
        return colour


def layers(*texts: str) -> list[Layer]:
    """Return layers with these contents: `defaults` and then `production`, or the latter alone."""
    names = ["defaults", "production"][-len(texts) :]
    return [read_layer(name, f"{name}.yaml", text.encode()) for name, text in zip(names, texts, strict=True)]


def load(*texts: str) -> Loaded[Shop]:
    """Return the shop's settings in these layers, given as YAML."""
    return load_settings(Shop, layers(*texts))
