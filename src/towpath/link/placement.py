"""Where image symbols may stand in a manifest: the rules that make a relink as good as a fresh compile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from towpath.errors import Problem
from towpath.images.symbol import SCHEME, Form, ImageSymbol, parse_symbol
from towpath.manifests.order import path_text

if TYPE_CHECKING:
    from towpath.manifests.rendering import Manifest

VERSION_LABEL = "app.kubernetes.io/version"

# Fields that hold a whole image reference. `imageName` is what CloudNativePG calls it.
_IMAGE_FIELDS = frozenset({"image", "imageName"})
_SELECTORS = frozenset(
    {"selector", "matchLabels", "matchExpressions", "podSelector", "namespaceSelector", "labelSelector"}
)
_DATA = frozenset({"data", "binaryData", "stringData"})

_LONGEST_SHOWN = 120

Path = tuple[str | int, ...]


def place_symbols(manifest: Manifest) -> tuple[list[tuple[Path, ImageSymbol]], list[Problem]]:
    """Return the image symbols of a manifest in the order of its text, and a problem for each that may not stand there.

    The rule is the design's: a whole `image` field; a whole scalar holding a tag, digest or repository; the version
    label of a workload and of its pods. Nowhere else, because there a relink could not repeat what a compile did.
    """
    found: list[tuple[Path, ImageSymbol]] = []
    problems: list[Problem] = []
    for path, text, is_key in _holding_symbols(manifest.body):
        symbol = parse_symbol(text)
        reason = (
            "it stands inside a longer text"
            if symbol is None
            else _refusal(manifest, path, symbol, is_key=is_key)
        )
        if reason:
            problems.append(_misplaced(manifest, path, text, reason))
        elif symbol is not None:
            found.append((path, symbol))
    return found, problems


def _holding_symbols(body: dict[str, Any]) -> list[tuple[Path, str, bool]]:
    """Return the path of each text that holds a symbol, the text, and whether it is a key."""
    found: list[tuple[Path, str, bool]] = []
    path: list[str | int] = []

    # Few of a manifest's texts hold a symbol, so paths are made for these alone.
    def look(value: Any) -> None:
        if isinstance(value, str):
            if SCHEME in value:
                found.append((tuple(path), value, False))
        elif isinstance(value, dict):
            for field, item in value.items():
                path.append(field)
                if SCHEME in field:
                    found.append((tuple(path), field, True))
                look(item)
                path.pop()
        elif isinstance(value, list):
            for index, item in enumerate(value):
                path.append(index)
                look(item)
                path.pop()

    look(body)
    return found


def _refusal(manifest: Manifest, path: Path, symbol: ImageSymbol, *, is_key: bool) -> str:
    """Return why a whole symbol may not stand at a path, or an empty string."""
    fields = set(path)
    if is_key:
        return "it is a key"
    if path[0] in _DATA and manifest.key.kind in {"ConfigMap", "Secret"}:
        return f"it is the data of a {manifest.key.kind}"
    if fields & _SELECTORS:
        return "it is part of a selector"
    if "volumeClaimTemplates" in fields:
        return "volumeClaimTemplates cannot change once they exist"
    if path[:1] == ("metadata",) and path[1:2] != ("labels",):
        return f"{path_text(path)} is part of the object's identity or its annotations"
    if symbol.form is Form.VERSION:
        labelled = path[-2:] == ("labels", VERSION_LABEL)
        return "" if labelled else f"the version form belongs in the label {VERSION_LABEL}"
    if "labels" in fields or path[-1] == "name":
        return "it is a label" if "labels" in fields else "it is a name"
    misfit = symbol.form is Form.REFERENCE and path[-1] not in _IMAGE_FIELDS
    return "a whole reference belongs in a field named image" if misfit else ""


def _misplaced(manifest: Manifest, path: Path, text: str, reason: str) -> Problem:
    return Problem(
        manifest.place,
        f"{manifest.key}: the image symbol in {path_text(path)} may not stand there: {reason}",
        expected="an image symbol as a whole `image` field, as a whole value in its tag, digest or repository form, "
        f"or as the label {VERSION_LABEL}",
        remedy="pass the image to the field by itself"
        + (f" (found {text!r})" if len(text) <= _LONGEST_SHOWN else ""),
        rule="link.placement",
    )
