"""Secrets in plain text: what a chart or an included file brought into a manifest, refused at compile time.

Settings are looked at when they are loaded. This looks at what is rendered in the end, wherever it came from (P22). No
message shows a value.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from towpath.errors import Problem
from towpath.manifests.order import path_text
from towpath.settings.secrets import credential_in, holds_secret

if TYPE_CHECKING:
    from collections.abc import Iterator

    from towpath.manifests.rendering import Manifest, Rendering

Path = tuple[str | int, ...]

_REMEDY = "put the value into the secret store, declare its key with `Secret`, and use the reference that `key` returns"
# What the kubelet fills in, or names something else; a value of these alone is no secret.
_REFERENCE = re.compile(r"\$\([A-Za-z_][A-Za-z0-9_.-]*\)|\$\{[^}]*\}")
# What a Secret holds values in. References to values belong into an ExternalSecret.
_VALUES = ("data", "stringData")
# A switch or a number beside such a name is no secret: `REQUIRE_PASSWORD: "true"`, `ROTATE_KEYS: "30"`.
_HARMLESS = re.compile(r"true|false|[0-9]{1,6}|")


def plaintext_problems(rendering: Rendering) -> Iterator[Problem]:
    """Yield a problem for each secret in plain text."""
    for manifest in rendering.manifests:
        for path, what in _found(manifest.key.kind, manifest.body):
            yield _problem(manifest, path, what)


def _found(kind: str, body: Any) -> Iterator[tuple[Path, str]]:
    if kind == "Secret":
        for field in _VALUES:
            for name in body.get(field) or ():
                yield (field, name), "is the value of a Secret"
        return
    if kind == "ConfigMap":
        for name, value in (body.get("data") or {}).items():
            if _names_a_secret(name, value):
                yield ("data", name), "is named like a secret"
    yield from _inside(body, ())


def _inside(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(value, str):
        kind = credential_in(value)
        if kind:
            yield path, f"holds {kind}"
    elif isinstance(value, dict):
        if path and _in_environment(path) and _names_a_secret(value.get("name"), value.get("value")):
            yield (*path, "value"), f"is the variable {value['name']}, which is named like a secret"
            return
        for name, item in value.items():
            yield from _inside(item, (*path, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _inside(item, (*path, index))


def _in_environment(path: Path) -> bool:
    return isinstance(path[-1], int) and path[-2:-1] == ("env",)


def _names_a_secret(name: object, value: object) -> bool:
    if not isinstance(name, str) or not isinstance(value, str) or not holds_secret(name):
        return False
    return not _HARMLESS.fullmatch(_REFERENCE.sub("", value).strip())


def _problem(manifest: Manifest, path: Path, what: str) -> Problem:
    return Problem(
        manifest.place,
        f"{manifest.key}: {path_text(path)} {what}, in plain text (not shown)",
        "no secret in a manifest: it is committed, and everybody who reads it has it",
        _REMEDY,
        rule="manifest.plaintext",
    )
