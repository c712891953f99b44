"""Hiding what a diff must not show: the values of Secrets, what looks like a credential, and endless lines.

A hidden value is replaced by a mark with a number. On both sides of a diff, and in one place, equal values have equal
numbers and different values different ones: so a reader sees that a value changed, and never what it is. Nothing of a
value, not even its hash, is in its mark; only a line that is too long to be shown tells its length and hash.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from typing import TYPE_CHECKING, Any

from towpath.settings.secrets import credential_in, holds_secret

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST_LINE = 500
"""Characters of a line that is shown whole."""
_EXCERPT = 160
_LEAD = 40
# Around an excerpt, far enough to see that it is the inside of a credential.
_MARGIN = 2000
# Looking for credentials in long text without blanks takes long.
_EXCERPTS = 50

# What everybody may see of a Secret. Whatever else it has is a value, also where the object is malformed.
_OPEN_FIELDS = frozenset({"apiVersion", "kind", "metadata", "type", "immutable"})
_VALUES = ("data", "stringData")
# A copy of the whole object, values and all.
_COPY = "last-applied-configuration"
_NO_SECRETS = frozenset({"", "true", "false"})
_PLACEHOLDER = re.compile(r"\$\([^()]+\)|\$\{[^{}]+\}|<[^<>]+>")
# In text that cannot be read as YAML, any word of this kind may start an object with values.
_SECRET_WORD = re.compile(r"\bSecret\b")
_WRAPPED = re.compile(r"\s+")


def hidden(
    before: Mapping[str, Any] | None, after: Mapping[str, Any] | None
) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """Return both sides of an object, plain JSON data, as they may be shown; None stays None."""
    hider = _Hider()

    def shown(manifest: Mapping[str, Any] | None) -> dict[str, Any] | None:
        return None if manifest is None else hider.shown(dict(manifest))

    # The first look at both sides tells where long lines differ.
    shown(before), shown(after)
    hider.compare()
    return shown(before), shown(after)


def hidden_text(before: str, after: str) -> tuple[str, str]:
    """Return both sides of a text that is no manifest as they may be shown.

    Both are empty where one may hold a Secret: in text that cannot be read there is no telling which part is a value.
    """
    if _SECRET_WORD.search(before) or _SECRET_WORD.search(after):
        return "", ""
    if "PRIVATE KEY" in before or "PRIVATE KEY" in after:
        return "", ""
    hider = _Hider()
    hider.shown_text(before), hider.shown_text(after)
    hider.compare()
    return hider.shown_text(before), hider.shown_text(after)


class _Hider:
    """Hides values of one object, or of one file, for both sides of a diff."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, ...], dict[str, int]] = {}
        self._forms: dict[tuple[str, ...], dict[str, int]] = {}
        self._kinds: dict[str, str] = {}
        self._excerpts: dict[str, str] = {}
        self._long: dict[tuple[str, ...], list[str]] = {}
        self._comparing = False

    def shown(self, manifest: dict[str, Any]) -> dict[str, Any]:
        """Return plain data as it may be shown."""
        shown: dict[str, Any] = self._value(manifest, ())
        return shown

    def shown_text(self, text: str) -> str:
        """Return text as it may be shown."""
        return "\n".join(self._line(line, (str(number),)) for number, line in enumerate(text.split("\n")))

    def compare(self) -> None:
        """From now on, show of long lines what differs between the sides that were seen until now."""
        self._comparing = True

    def _value(self, value: Any, path: tuple[str, ...]) -> Any:
        if isinstance(value, str):
            return self._string(value, path)
        if isinstance(value, dict):
            if value.get("kind") == "Secret":
                return self._secret(value, path)
            named = _named_value(value)
            return {
                key: self._mark((*path, key), item, "a secret by its name")
                if (key == "value" and named) or _is_secret_entry(key, item, path)
                else self._value(item, (*path, key))
                for key, item in value.items()
            }
        if isinstance(value, list):
            return [self._value(item, (*path, _step(item, index))) for index, item in enumerate(value)]
        return value

    def _secret(self, secret: dict[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
        return {
            key: self._value(item, (*path, key)) if key in _OPEN_FIELDS else self._values(key, item, path)
            for key, item in secret.items()
        }

    def _values(self, field: str, values: Any, path: tuple[str, ...]) -> Any:
        if not isinstance(values, dict):
            return self._mark((*path, field), repr(values))
        if field not in _VALUES:
            return {key: self._mark((*path, field, key), repr(item)) for key, item in values.items()}
        # `data` and `stringData` are two ways to write one thing: a value that moves is the same value.
        return {
            key: self._mark((*path, "data", key), *_meaning(item, encoded=field == "data"))
            for key, item in values.items()
        }

    def _string(self, text: str, path: tuple[str, ...]) -> str:
        if path and path[-1].endswith(_COPY):
            return self._mark(path, text, "a copy of an object")
        # A key spans many lines, of which only the first and the last look like one.
        if "PRIVATE KEY" in text and credential_in("\n".join(_short_lines(text))) == "a private key":
            return self._mark(path, text, "a private key")
        if "\n" not in text:
            return self._line(text, path)
        return "\n".join(
            self._line(line, (*path, str(number))) for number, line in enumerate(text.split("\n"))
        )

    def _line(self, line: str, path: tuple[str, ...]) -> str:
        if len(line) > LONGEST_LINE:
            return self._excerpt(line, path)
        kind = self._kinds.get(line)
        if kind is None:
            kind = self._kinds[line] = credential_in(line)
        return self._mark((), line, kind) if kind else line

    def _excerpt(self, line: str, path: tuple[str, ...]) -> str:
        """Return the beginning of a line that is too long, or of its first difference from the other side."""
        if not self._comparing:
            self._long.setdefault(path, []).append(line)
            return line
        # One text for one line wherever it stands: a line that only moved is no difference.
        if line not in self._excerpts:
            self._excerpts[line] = self._cut(line, self._long[path])
        return self._excerpts[line]

    def _cut(self, line: str, seen: list[str]) -> str:
        # The hash of a line of this length tells nothing that could be tried out.
        other = next((each for each in seen if each != line), line)
        start = max(0, _common(other, line) - _LEAD) if other != line else 0
        digest = hashlib.sha256(line.encode(errors="surrogatepass")).hexdigest()[:12]
        size = f"{len(line)} characters, sha256 {digest}"
        if len(self._excerpts) >= _EXCERPTS:
            return f"CUT ({size})"
        if "PRIVATE KEY" in line or credential_in(line[max(0, start - _MARGIN) : start + _EXCERPT + _MARGIN]):
            return f"HIDDEN ({size}, with a credential)"
        return f"{line[start : start + _EXCERPT]} CUT ({size}, shown from {start + 1})"

    def _mark(self, path: tuple[str, ...], value: object, kind: str = "", form: str = "") -> str:
        text = value if isinstance(value, str) else repr(value)
        numbers = self._numbers.setdefault(path, {})
        number = numbers.setdefault(text, len(numbers) + 1)
        forms = self._forms.setdefault((*path, text), {})
        written = forms.setdefault(form, len(forms) + 1)
        label = f"{kind}, value {number}" if kind else f"value {number}"
        return f"HIDDEN ({label})" if written == 1 else f"HIDDEN ({label}, written in form {written})"


def _meaning(value: Any, *, encoded: bool) -> tuple[str, str, str]:
    """Return what a value of a Secret stands for, no kind, and in what form it is written."""
    if not isinstance(value, str):
        return repr(value), "", "no text"
    if not encoded:
        return value, "", ""
    try:
        data = base64.b64decode(_WRAPPED.sub("", value), validate=True)
        text = data.decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return value, "", "base64 of bytes"
    # Another wrapping of the same base64 is the same value; it differs in form only.
    return text, "", "" if base64.b64encode(data).decode() == value else "wrapped"


def _named_value(entry: dict[str, Any]) -> bool:
    """Tell whether this is a name with a literal value, such as of an environment variable, that holds a secret."""
    name, value = entry.get("name"), entry.get("value")
    return isinstance(name, str) and isinstance(value, str) and _holds_literal(name, value)


def _is_secret_entry(key: str, value: Any, path: tuple[str, ...]) -> bool:
    """Tell whether this is an entry of a ConfigMap's data, or an annotation, that holds a secret by its name."""
    if path not in {("data",), ("metadata", "annotations")} or not isinstance(value, str):
        return False
    return _holds_literal(key.rpartition("/")[2], value)


def _holds_literal(name: str, value: str) -> bool:
    if value in _NO_SECRETS or _PLACEHOLDER.fullmatch(value):
        return False
    return holds_secret(name)


def _step(item: Any, index: int) -> str:
    # By name, so that a list whose first element goes is not another list from there on.
    name = item.get("name") if isinstance(item, dict) else None
    return f"[{name}]" if isinstance(name, str) else f"[{index}]"


def _short_lines(text: str) -> list[str]:
    return [line for line in text.split("\n") if len(line) <= LONGEST_LINE and "PRIVATE KEY" in line]


def _common(one: str, other: str) -> int:
    """Return how many characters two texts have in common at their beginning."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low
