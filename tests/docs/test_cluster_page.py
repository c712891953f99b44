"""`docs/cluster.md`: it names every fact of a cluster with its default, no other, and its settings are settings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING

import pytest

from tests.support.projects import ROOT
from towpath.settings.cluster import Cluster, Component
from towpath.settings.layers import load_settings, read_layer
from towpath.settings.model import SettingsModel

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = (ROOT / "docs/cluster.md").read_text(encoding="utf-8")
ROWS = dict(re.findall(r"^\| `([a-z_.]+)` \| (.*?) \|", PAGE, re.MULTILINE))
BLOCKS = dict(re.findall(r"^```yaml (\w+)\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE))


def facts(model: type[SettingsModel], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield the name of each fact of a model, and its default as the page writes it."""
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, SettingsModel):
            yield from facts(kind, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", "needed" if field.is_required() else written(field.default)


def written(value: object) -> str:
    """Return a default as the page writes it."""
    if isinstance(value, Mapping):
        return ", ".join(f"`{key}: {each}`" for key, each in value.items()) or "none"
    if isinstance(value, bool):
        return f"`{value}`".lower()
    return f"`{value}`" if value or isinstance(value, StrEnum) else "none"


def cluster(text: str) -> Cluster:
    """Return the facts that a text states."""
    return load_settings(Cluster, [read_layer("page", "docs/cluster.md", text.encode())]).value


def test_every_fact_is_named_with_its_default() -> None:
    """And nothing else is called a fact."""
    assert dict(facts(Cluster)) == ROWS


@pytest.mark.parametrize("component", Component)
def test_every_component_is_named(component: Component) -> None:
    """In the row of `installed`."""
    (row,) = (line for line in PAGE.splitlines() if line.startswith("| `installed` |"))
    assert f"`{component}`" in row


def test_the_least_that_works() -> None:
    """It states what has no default, and what cannot be without."""
    assert cluster(BLOCKS["least"]).installed == (Component.EXTERNAL_SECRETS,)
    stated = set(re.findall(r"^(\w+):", BLOCKS["least"], re.MULTILINE))
    needed = {name.partition(".")[0] for name, default in facts(Cluster) if default == "needed"}
    assert stated == needed | {"installed"}


def test_private_images() -> None:
    """What the page shows is a reference below the prefix."""
    rest = "".join(line for line in BLOCKS["least"].splitlines(keepends=True) if "secret_store" not in line)
    found = cluster(rest + BLOCKS["private"])
    assert found.pull_secret is not None
    assert found.pull_secret.key_below(str(found.secret_store.prefix)) == "production/images"
