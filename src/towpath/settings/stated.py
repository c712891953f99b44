"""Which settings hold a value: for messages about rendered objects, whose own place is a line of a chart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from towpath.settings.messages import dotted

if TYPE_CHECKING:
    from towpath.settings.layers import Loaded


def stated_values(loaded: Loaded[Any]) -> dict[str, str]:
    """Return the settings that hold each value, as a message names them: `host, envs/production/pms.yaml:92`.

    Only texts and numbers count, and only where a file states them. What a chart makes of several values is held by no
    setting, and a value that two settings happen to share is held by both: a message may say where a value stands, and
    not that it came from there.
    """
    found: dict[str, list[str]] = {}
    for path, origin in loaded.origins.items():
        value, place = origin.value, origin.place
        if place.file and isinstance(value, str | int) and not isinstance(value, bool):
            found.setdefault(str(value), []).append(f"{dotted(path)}, {place.file}:{place.line}")
    return {value: "; ".join(settings) for value, settings in found.items()}


def held_by(settings: str | None) -> str:
    """Return the settings that hold a value, to stand behind it in a message; nothing where there are none."""
    return f" ({settings})" if settings else ""
