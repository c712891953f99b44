"""`docs/keycloak.md`: its chart renders in each mode that it shows, and it names every fact and every setting."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import cdk8s
import pytest

from tests.constructs.sample import CLUSTER, Shop, Synthesis
from tests.kubernetes.rules import References
from tests.support.projects import ROOT
from towpath import constructs
from towpath.constructs import Keycloak, PostgreSQL, Target
from towpath.settings.cluster import Component
from towpath.settings.fields import SecretRef
from towpath.settings.keycloak import ClientSettings, KeycloakSettings
from towpath.settings.layers import load_settings, read_layer
from towpath.settings.stores import PostgreSQLSettings

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = (ROOT / "docs" / "keycloak.md").read_text(encoding="utf-8")
DATABASE = {
    "mode": "external",
    "database": "shop",
    "username": "shop",
    "host": "db.example.com",
}
OPERATED = CLUSTER.model_copy(update={"installed": (*CLUSTER.installed, Component.KEYCLOAK_OPERATOR)})


def blocks(language: str) -> Iterator[tuple[str, str]]:
    """Yield the page's blocks in a language, with the word after it."""
    fence = re.compile(rf"^```{language}(?: (\w+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
    return ((match[1] or "", match[2]) for match in fence.finditer(PAGE))


MODES = dict(blocks("yaml"))


def declared(mode: str) -> dict[str, Any]:
    """Return what the page's chart declares with the settings that it shows for a mode, and its objects."""
    layer = read_layer("page", "docs/keycloak.md", MODES[mode].encode())
    platform = Shop(cdk8s.App(), "shop", target=Target("shop", "staging", OPERATED))
    ((_, text),) = blocks("python")
    names: dict[str, Any] = {name: getattr(constructs, name) for name in constructs.__all__}
    names |= {
        "platform": platform,
        "SecretRef": SecretRef,
        "settings": load_settings(KeycloakSettings, [layer]).value,
        "database_settings": PostgreSQLSettings.model_validate_json(json.dumps(DATABASE)),
    }
    exec(compile(text, "docs/keycloak.md", "exec"), names)  # noqa: S102 -- the page's own code
    return {**names, "objects": Synthesis.synth(platform)}


@pytest.mark.parametrize("mode", list(MODES))
def test_the_chart_is_the_same_in_each_mode(mode: str) -> None:
    """Each block of settings is one of the mode that it is called by, and what comes of it holds together."""
    found = declared(mode)
    keycloak: Keycloak = found["keycloak"]
    assert keycloak.spec.mode == mode
    assert isinstance(found["postgres"], PostgreSQL)
    assert References(found["objects"]).dangling() == []
    kinds = {each["kind"] for each in found["objects"] if each["metadata"]["name"].startswith("keycloak")}
    (row,) = (line for line in PAGE.splitlines() if line.startswith(f"| `{mode}` |"))
    assert all(kind.removesuffix("s") in row for kind in kinds), kinds


def test_every_mode_is_shown() -> None:
    """The page has settings for each."""
    assert list(MODES) == ["bundled", "operator", "external"]


def test_every_fact_is_described() -> None:
    """So is each setting of a client."""
    facts = {fact for mode in MODES for fact in declared(mode)["keycloak"].spec.facts}
    named = set(re.findall(r"`(\w+)`?:?", PAGE)) | set(re.findall(r"(\w+):", "".join(MODES.values())))
    assert facts - named == set()
    assert set(ClientSettings.model_fields) - named == set()
