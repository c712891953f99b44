"""Messages about settings: each mistake as a problem at its place, with what was expected and what to do.

A value that may be a secret is never quoted.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from towpath.documents.node import Mapping, Scalar, Sequence
from towpath.errors import NOWHERE, Place, Problem, nearest
from towpath.settings.mistakes import MISSING, Mistake
from towpath.settings.secrets import holds_secret, mentions_secret
from towpath.settings.text import FieldError

if TYPE_CHECKING:
    from towpath.documents.node import Node
    from towpath.settings.merge import Layer, Merged, Path, Source

_SHOWN = 60
"""How many characters of a value a message quotes."""


def dotted(path: Path) -> str:
    """Return a path as people write it: `backend.hosts[0].name`."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        elif re.fullmatch(r"[A-Za-z0-9_-]+", part):
            text += f".{part}" if text else part
        else:
            text += f"[{json.dumps(part)}]"
    return text


def is_secret(path: Path) -> bool:
    """Return whether the value at `path` may be a secret by its name or by what it is part of."""
    names = [part for part in path if isinstance(part, str)]
    return bool(names) and (mentions_secret(names[-1]) or any(map(holds_secret, names)))


def shown(node: Node) -> str:
    """Return a value as a message quotes it: on one line, without control characters, and not too long."""
    if isinstance(node, Mapping):
        return "a mapping"
    if isinstance(node, Sequence):
        return "a list"
    if not isinstance(node.value, str):
        return node.text
    text = node.value if len(node.value) <= _SHOWN else node.value[:_SHOWN] + "..."
    return repr(text)


def problem(mistake: Mistake, merged: Merged, layers: tuple[Layer, ...]) -> Problem:
    """Return what to tell people about a mistake that was found in `merged`, which was made of `layers`."""
    if mistake.kind in MISSING:
        return _missing(mistake, merged, layers)
    if mistake.of_model:
        return _misfit(mistake, merged, layers)
    sources = merged.sources.get(mistake.path)
    if not sources:
        what = f"the model's own default for {dotted(mistake.path)} does not fit"
        remedy = "correct the default in the settings class"
        return Problem(NOWHERE, what, mistake.expected, remedy, rule="settings.default")
    if mistake.kind == "extra_forbidden":
        return _unknown_key(mistake, sources[0])
    return _bad_key(mistake, sources[0]) if mistake.in_key else _bad_value(mistake, sources[0])


def _unknown_key(mistake: Mistake, source: Source) -> Problem:
    near = nearest(str(mistake.path[-1]), map(str, mistake.words))
    remedy = f"did you mean '{near}'?" if near else "remove it, or add it to the settings class"
    what = f"{dotted(mistake.path)} is not a setting"
    return Problem(_key_place(source), what, mistake.expected, remedy, rule="settings.unknown-key")


def _bad_key(mistake: Mistake, source: Source) -> Problem:
    what = f"{dotted(mistake.path)} has a name that does not fit"
    return Problem(
        _key_place(source), what, mistake.expected, _nearest_word(mistake, source.key), rule="settings.value"
    )


def _bad_value(mistake: Mistake, source: Source) -> Problem:
    node = source.node
    fault = mistake.context.fault if isinstance(mistake.context, FieldError) else ""
    if is_secret(mistake.path):
        what = f"{dotted(mistake.path)} does not fit (its value is not shown, it may be secret)"
        remedy = ""
    else:
        what = f"{dotted(mistake.path)} is {shown(node)}"
        remedy = _remedy(mistake, node)
        # Somebody's own validator may quote the value.
        fault = fault or (str(mistake.context) if type(mistake.context) is ValueError else "")
    what += f": {fault}" if fault else ""
    return Problem(node.place, what, mistake.expected, remedy, rule="settings.value")


def _remedy(mistake: Mistake, node: Node) -> str:
    if not isinstance(node, Scalar):
        return ""
    if mistake.words:
        return _nearest_word(mistake, node)
    if mistake.kind == "string_type" and not node.quoted and node.value is not None:
        return f'write it in quotes: "{node.text}"'
    if mistake.kind in ("int_type", "float_type", "bool_type") and node.quoted:
        plain = re.fullmatch(r"-?[0-9]{1,18}|true|false", node.text)
        return f"write it without quotes: {node.text}" if plain else ""
    if mistake.kind == "tuple_type":
        return "write it as a list, each element on a line of its own after a hyphen"
    return ""


def _nearest_word(mistake: Mistake, node: Node | None) -> str:
    near = nearest(node.text, map(str, mistake.words)) if isinstance(node, Scalar) else ""
    return f"did you mean '{near}'?" if near else ""


def _misfit(mistake: Mistake, merged: Merged, layers: tuple[Layer, ...]) -> Problem:
    name = dotted(mistake.path)
    text = str(mistake.context)
    if mistake.kind == "misfit":
        what = f"{name or 'the file as a whole'} {text}"
    else:
        what = f"{name}: {text}" if name else text
    return Problem(
        _parent_place(mistake.path, merged, layers), what, mistake.expected, rule="settings.misfit"
    )


def _missing(mistake: Mistake, merged: Merged, layers: tuple[Layer, ...]) -> Problem:
    name = dotted(mistake.path)
    reset = merged.hidden.get(mistake.path)
    if reset:
        what = f"{name} is reset by null, but has no default"
        return Problem(
            reset[0].node.place, what, mistake.expected, "give it a value", rule="settings.missing"
        )
    place = _parent_place(mistake.path[:-1], merged, layers)
    files = " or ".join(dict.fromkeys(layer.file for layer in reversed(layers)))
    return Problem(
        place, f"{name} is missing", mistake.expected, f"add it to {files}", rule="settings.missing"
    )


def _key_place(source: Source) -> Place:
    return source.key.place if source.key is not None else source.node.place


def _parent_place(path: Path, merged: Merged, layers: tuple[Layer, ...]) -> Place:
    """Return the place of the value at `path`, or of the nearest thing around it.

    A mapping may stand in several files: the highest layer's own file counts, where people add to it.
    """
    highest = layers[-1] if layers else None
    for length in range(len(path), -1, -1):
        sources = merged.sources.get(path[:length], [])
        in_list = any(isinstance(part, int) for part in path[:length])
        for source in sources[:1]:
            if length == len(path) and not isinstance(source.node, Mapping):
                return source.node.place
            if in_list or source.layer is highest:
                return source.node.place
    return Place(highest.file) if highest else NOWHERE
