"""Explanations of settings and of objects, as text for a terminal and as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from towpath.report.inert import visible
from towpath.report.wording import counted
from towpath.settings.explanation import HIDDEN, value_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from towpath.errors import Place
    from towpath.manifests.key import ManifestKey
    from towpath.settings.explanation import About, Setting
    from towpath.settings.layers import Origin

# What a column of a table may take, so that a long value does not push the rest off the screen.
_WIDEST = 48
_FIELDS = 2


@dataclass(frozen=True, slots=True)
class Influence:
    """A setting that shaped an object."""

    setting: Setting
    of: str
    """`settings` or `cluster`."""
    shows: tuple[tuple[str | int, ...], ...]
    """The fields of the object in which another value shows; empty where it was only read on the way."""
    places: tuple[Place, ...]
    """The lines of charts that read it."""

    @property
    def name(self) -> str:
        """The setting, as lists name it."""
        return f"cluster: {self.setting.name}" if self.of == "cluster" else self.setting.name


@dataclass(frozen=True, slots=True)
class ShapedObject:
    """An object, and what shaped it."""

    file: str
    """From the project's root."""
    key: ManifestKey
    declared: Place
    influences: tuple[Influence, ...]

    @property
    def name(self) -> str:
        """The object, as people name it."""
        return f"{self.key.kind}/{self.key.name}"

    @property
    def platform(self) -> str:
        """The platform that it belongs to."""
        return self.file.split("/")[-2]


def settings_text(settings: Sequence[Setting]) -> str:
    """Return settings as a table: what each is, where it came from, and what it overrode."""
    rows = [("SETTING", "VALUE", "FROM", "OVERRIDES")]
    rows += [
        (each.name, _short(each.text), _from(each.origin), "; ".join(_overridden(each))) for each in settings
    ]
    return _table(rows)


def setting_text(setting: Setting, about: About, whose: str, objects: Sequence[ShapedObject] | None) -> str:
    """Return everything about one setting; `objects` is None where it is not known what it shapes."""
    origin = setting.origin
    lines = [
        ("value", setting.text),
        ("from", f"{origin.layer}, {_line(origin.place)}" if origin.place.file else "the model's default"),
        *(("overrides", each) for each in _overridden(setting, long=True)),
        ("expected", f"{about.expected}{', or null' if about.optional else ''}"),
        *(("about", each) for each in about.documentation.splitlines()),
    ]
    if objects is not None:
        lines += [("shapes", each) for each in _shapes(objects)] or [("shapes", "no object, as things are")]
    shown = [f"{setting.name} of {whose}"]
    before = ""
    for name, text in lines:
        shown.append(f"  {'' if name == before else name:<10} {visible(text)}")
        before = name
    return "".join(f"{line}\n" for line in shown)


def object_text(shaped: ShapedObject, whose: str, field: str) -> str:
    """Return what shaped an object, or one field of it."""
    what = f"{field} of {shaped.name}" if field else shaped.name
    declared = f"declared at {_line(shaped.declared)}" if shaped.declared.file else "made by Towpath or cdk8s"
    text = f"{visible(what)} of {whose}: {shaped.file}\n{declared}\n\n"
    shown = [each for each in shaped.influences if each.shows or each.setting.group]
    if shown:
        rows = [("SETTING", "VALUE", "FROM", "SHOWS IN")]
        rows += [
            (each.name, _short(each.setting.text), _from(each.setting.origin), _fields(each.shows))
            for each in shown
        ]
        text += _table(rows)
    else:
        text += "no setting shows here\n"
    others = [each.name for each in shaped.influences if each not in shown]
    if others and not field:
        text += f"\nread on the way, where another value decides nothing by itself:\n{_wrapped(others)}"
    return text


def setting_document(setting: Setting) -> dict[str, Any]:
    """Return a setting in JSON's types. A value that may be secret is null there, and `hidden` is true."""
    origin = setting.origin
    return {
        "path": setting.name,
        **_origin_document(origin, hidden=setting.hidden),
        "hidden": setting.hidden,
        "overrides": [_origin_document(each, hidden=setting.hidden) for each in origin.overridden],
    }


def about_document(about: About) -> dict[str, Any]:
    """Return what is known of a setting in JSON's types."""
    return {
        "expected": about.expected,
        "documentation": about.documentation,
        "allowed": list(about.words),
        "optional": about.optional,
        "default": about.default[0] if about.default else None,
        "has_default": bool(about.default),
    }


def object_document(shaped: ShapedObject) -> dict[str, Any]:
    """Return what shaped an object in JSON's types."""
    key = shaped.key
    return {
        "file": shaped.file,
        "object": {"group": key.group, "kind": key.kind, "namespace": key.namespace, "name": key.name},
        "declared": {"file": shaped.declared.file, "line": shaped.declared.line},
        "settings": [
            {
                "of": each.of,
                **setting_document(each.setting),
                "group": each.setting.group,
                "fields": [field_text(path) for path in each.shows],
                "read_at": [{"file": place.file, "line": place.line} for place in each.places],
            }
            for each in shaped.influences
        ],
    }


def _origin_document(origin: Origin, *, hidden: bool) -> Mapping[str, object]:
    place = origin.place
    return {
        "value": None if hidden else origin.value,
        "layer": origin.layer,
        "file": place.file,
        "line": place.line,
        "column": place.column,
    }


def _shapes(objects: Sequence[ShapedObject]) -> Iterator[str]:
    several = len({each.platform for each in objects}) > 1
    names = {each.file: f"{each.platform}: {each.name}" if several else each.name for each in objects}
    shown = [(each, each.influences[0].shows) for each in objects if each.influences[0].shows]
    width = max((len(names[each.file]) for each, _ in shown), default=0)
    for each, paths in shown:
        yield f"{names[each.file]:<{width}}  {_fields(paths)}"
    others = [names[each.file] for each in objects if not each.influences[0].shows]
    if others:
        yield f"read on the way to {', '.join(others)}"


def _overridden(setting: Setting, *, long: bool = False) -> list[str]:
    found = []
    for each in setting.origin.overridden:
        value = HIDDEN if setting.hidden else value_text(each.value)
        if not each.place.file:
            found.append(f"{value}, the model's default" if long else f"{_short(value)} (default)")
        else:
            place = f"{each.layer}, {_line(each.place)}" if long else _line(each.place)
            found.append(f"{value}, {place}" if long else f"{_short(value)} ({place})")
    return found


def _from(origin: Origin) -> str:
    return _line(origin.place) if origin.place.file else "default"


def _line(place: Place) -> str:
    return f"{place.file}:{place.line}" if place.line else place.file


def field_text(path: tuple[str | int, ...]) -> str:
    """Return a field path as people write it: `spec.template.spec.containers[backend].image`."""
    text = ""
    for part in path:
        if isinstance(part, int) or "." in part or "/" in part:
            text += part if isinstance(part, str) and part.startswith("[") else f"[{part}]"
        elif part.startswith("["):
            text += part
        else:
            text += f".{part}" if text else part
    return text or "the whole object"


def _fields(paths: Sequence[tuple[str | int, ...]]) -> str:
    if () in paths:
        return field_text(())
    if len(paths) <= _FIELDS:
        return ", ".join(map(field_text, paths))
    common = paths[0]
    for each in paths:
        while each[: len(common)] != common:
            common = common[:-1]
    where = [common] if common else sorted({path[:1] for path in paths}, key=str)
    return f"{', '.join(map(field_text, where))} ({counted(len(paths), 'field')})"


def _short(text: str) -> str:
    return text if len(text) <= _WIDEST else f"{text[: _WIDEST - 3]}..."


def _table(rows: Sequence[Sequence[str]]) -> str:
    cells = [[visible(each) for each in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = (
        "  ".join(f"{each:<{width}}" for each, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
    )
    return "".join(f"{line}\n" for line in lines)


def _wrapped(words: Sequence[str], width: int = 100) -> str:
    lines = [""]
    for index, word in enumerate(words):
        text = visible(word) + ("," if index < len(words) - 1 else "")
        if lines[-1] and len(lines[-1]) + len(text) >= width:
            lines.append("")
        lines[-1] += f" {text}" if lines[-1] else f"  {text}"
    return "".join(f"{line}\n" for line in lines)
