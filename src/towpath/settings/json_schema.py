"""JSON Schema of one layer of settings, for editors: what a file may hold that states only a part.

A model's own schema is about the whole: what is required, what may not be null. In a layer nothing is required, since
another layer may state it, and `null` resets any key (`towpath.settings.merge`). An element of a list is whole, because
lists replace one another; there the model's own rules hold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from towpath.settings.model import SettingsModel

DIALECT = "https://json-schema.org/draft/2020-12/schema"

Schema = dict[str, Any]

_DEFINITION = "#/$defs/"
# What counts for a whole mapping and not for a part of one.
_OF_THE_WHOLE = ("required", "minProperties")


def layer_schema(model: type[SettingsModel], title: str) -> Schema:
    """Return the schema of a layer of a model's settings."""
    whole = model.model_json_schema()
    definitions: dict[str, Schema] = whole.pop("$defs", {})
    partial = _reached(whole, definitions)
    found = _layered(whole)
    found["$defs"] = {
        name: _layered(each) if name in partial else _closed(_named(each))
        for name, each in sorted(definitions.items())
    }
    # An empty file is an empty layer.
    return {"$schema": DIALECT, "title": title, **found, "type": ["object", "null"]}


def _reached(schema: Schema, definitions: dict[str, Schema]) -> set[str]:
    """Return the definitions that stand somewhere outside of a list."""
    found: set[str] = set()
    waiting = [schema]
    while waiting:
        for name in _references(waiting.pop()):
            if name not in found:
                found.add(name)
                waiting.append(definitions[name])
    return found


def _references(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        reference = schema.get("$ref")
        if isinstance(reference, str):
            yield reference.removeprefix(_DEFINITION)
        for key, value in schema.items():
            if key not in {"items", "prefixItems"}:
                yield from _references(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _references(value)


def _layered(schema: Schema) -> Schema:
    """Return the schema of a part of a mapping; what stands in lists stays as it is."""
    found = _closed(_named(schema))
    tag = found.get("discriminator", {}).get("propertyName")
    for word in _OF_THE_WHOLE:
        found.pop(word, None)
    for place in ("properties", "patternProperties"):
        if place in found:
            found[place] = {name: _resettable(_layered(each)) for name, each in found[place].items()}
    if isinstance(found.get("additionalProperties"), dict):
        found["additionalProperties"] = _resettable(_layered(found["additionalProperties"]))
    for word in ("anyOf", "oneOf", "allOf"):
        if word in found:
            # Members that a tag tells apart differ in a layer by nothing else, and the tag may stand in another layer.
            found["anyOf" if word == "oneOf" and tag else word] = [_layered(each) for each in found.pop(word)]
    return found


def _named(schema: Schema) -> Schema:
    """Return a schema without what pydantic makes of the names alone."""
    dropped = {"title", "discriminator"} if "discriminator" not in schema else {"title"}
    found = {key: value for key, value in schema.items() if key not in dropped}
    if "properties" in found:
        found["properties"] = {name: _named(each) for name, each in found["properties"].items()}
    if found.get("default", 0) is None:
        del found["default"]
    return found


def _closed(schema: Schema) -> Schema:
    """Return a schema in which keys of a wrong form are refused: a pattern alone lets all others pass."""
    if "patternProperties" in schema and "additionalProperties" not in schema:
        return {**schema, "additionalProperties": False}
    return dict(schema)


def _resettable(schema: Schema) -> Schema:
    """Return a schema that takes null beside what it took."""
    members = schema.get("anyOf", [])
    if {"type": "null"} in members or schema.get("type") == "null":
        return schema
    notes: Schema = {key: schema[key] for key in ("description", "default", "examples") if key in schema}
    rest: Schema = {key: value for key, value in schema.items() if key not in notes}
    if set(rest) == {"anyOf"}:
        return {**notes, "anyOf": [*members, {"type": "null"}]}
    return {**notes, "anyOf": [rest, {"type": "null"}]}
