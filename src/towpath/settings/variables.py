"""Settings as environment variables."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from towpath.settings.model import SettingsModel


def variables_of(
    model: SettingsModel, *fields: str, name: Callable[[str], str] = str.upper
) -> dict[str, str]:
    """Return a model's values as text, by variable name: `log_level` is `LOG_LEVEL`, true is `true`.

    With `fields`, only these. Values that are not set (None) are left out.
    """
    return {
        name(field): _text(value)
        for field in type(model).model_fields
        if (not fields or field in fields) and (value := getattr(model, field)) is not None
    }


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
