"""The examples of `docs/constructs.md`: settings in YAML, declarations in Python, and the objects that come of them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from towpath import constructs
from towpath.documents.node import plain
from towpath.documents.reader import read
from towpath.settings import fields, keycloak, measures, model, proxy, stores

if TYPE_CHECKING:
    from tests.constructs.sample import Shop
    from towpath.settings.model import SettingsModel

_FENCE = re.compile(
    r"^```(?P<language>\w+)(?: (?P<model>\w+))?\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)
_RENDERS = re.compile(r"^Renders: (?P<list>.*?)(?:\n\n|\Z)", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Example:
    """One section of the page: what is declared in it, and what it says that this renders."""

    title: str
    blocks: tuple[tuple[str, str, str], ...]
    """Language, model of the settings, text."""
    renders: frozenset[str]
    """`Kind/name`, besides what every platform has."""


def examples(text: str) -> list[Example]:
    """Return the sections that have a block of Python."""
    found = []
    for section in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        title = section.partition("\n")[0].strip()
        blocks = tuple(
            (each["language"], each["model"] or "", each["text"]) for each in _FENCE.finditer(section)
        )
        if any(language == "python" for language, _, _ in blocks):
            listed = _RENDERS.search(section)
            named = re.findall(r"`([^`]+)`", listed["list"]) if listed else []
            found.append(Example(title, blocks, frozenset(named)))
    return found


def declare(example: Example, platform: Shop) -> None:
    """Declare in a platform what an example declares."""
    names: dict[str, Any] = {name: getattr(constructs, name) for name in constructs.__all__}
    names |= {"platform": platform, "SecretRef": fields.SecretRef}
    for language, settings, text in example.blocks:
        if language == "yaml" and settings:
            names["settings"] = settings_of(settings, text)
        elif language == "python":
            exec(compile(text, f"docs/constructs.md, {example.title}", "exec"), names)  # noqa: S102 -- the page's own code


def settings_of(name: str, text: str) -> SettingsModel:
    """Return settings of a model, by its name, from YAML."""
    for module in (stores, proxy, keycloak, model, measures, fields):
        if hasattr(module, name):
            found: type[SettingsModel] = getattr(module, name)
            node = read(text.encode(), "docs/constructs.md")
            return found.model_validate_json(json.dumps(plain(node) if node else {}))
    message = f"there is no settings model {name}"
    raise LookupError(message)
