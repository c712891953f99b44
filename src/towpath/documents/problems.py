"""The words for what is wrong in a YAML file, one function for each kind of problem."""

from __future__ import annotations

from typing import TYPE_CHECKING

from towpath.errors import Place, Problem

if TYPE_CHECKING:
    import yaml

    from towpath.documents.resolution import Refusal

_SHOWN = 40


def shown(text: str) -> str:
    """Return a piece of the file for a message: shortened, with characters that do not print as escapes."""
    short = text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."
    return short if short.isprintable() else short.encode("unicode_escape").decode("ascii")


def syntax(error: yaml.YAMLError, text: str, file: str) -> Problem:
    """Return the parser's complaint with its place. A tab and template text are named as what they are."""
    mark = getattr(error, "problem_mark", None)
    place = Place(file, mark.line + 1, mark.column + 1) if mark else Place(file)
    line = _line(text, place.line)
    if line[place.column - 1 : place.column] == "\t" and not line[: place.column - 1].strip(" "):
        what, remedy = "a tab stands where YAML allows only spaces", "indent with spaces"
    else:
        what = str(getattr(error, "problem", None) or error).partition("\n")[0]
        if context := getattr(error, "context", None):
            begun = getattr(error, "context_mark", None)
            what += f" ({context} that begins on line {begun.line + 1})" if begun else f" ({context})"
        remedy = "correct the syntax here or just above"
    return Problem(place, what, "valid YAML", _template(text, place) or remedy, rule="yaml.syntax")


def directive(place: Place) -> Problem:
    """Report `%YAML` or `%TAG`, which not every reader accepts."""
    return Problem(
        place,
        "the document has a % directive",
        "YAML without directives",
        "remove the lines that begin with %",
        rule="yaml.directive",
    )


def beside_separator(place: Place) -> Problem:
    """Report content on the line of a `---`."""
    return Problem(
        place,
        "content stands on the line of ---",
        "--- alone on its line",
        "move the content to the next line; kubectl would drop it",
        rule="yaml.separator",
    )


def second_document(place: Place) -> Problem:
    """Report a document too many."""
    return Problem(
        place,
        "a second document begins here",
        "one document in this file",
        "remove the line --- or move the document to a file of its own",
        rule="yaml.many-documents",
    )


def scalar_document(place: Place, text: str) -> Problem:
    """Report a document that is neither a map nor a list."""
    return Problem(
        place,
        "the document is a lone value",
        "a map or a list",
        _template(text, place) or "write keys with values; check that the file is YAML",
        rule="yaml.scalar-document",
    )


def compound_key(place: Place, text: str) -> Problem:
    """Report a list or a map in the place of a key; it is what `{{ template }}` reads as."""
    return Problem(
        place,
        "a list or a map stands where a key is expected",
        "a key that is text",
        _template(text, place) or "write the key as text",
        rule="yaml.key",
    )


def key_not_text(place: Place, key: str) -> Problem:
    """Report a key that is a number, a truth value or nothing."""
    return Problem(
        place,
        f"the key {shown(key)} is not text without quotes" if key else "the key is empty",
        "a key that is text",
        f'write it in quotes: "{shown(key)}"',
        rule="yaml.key",
    )


def duplicate_key(name: str, first: Place, second: Place) -> Problem:
    """Report a key that its map has already. Both places are named."""
    return Problem(
        second,
        f"the key {shown(name)} stands here again; it stands at {first} already",
        "every key once in its map",
        "remove or rename one of the two",
        rule="yaml.duplicate-key",
    )


def not_allowed(place: Place, thing: str, remedy: str, rule: str) -> Problem:
    """Report an anchor, an alias, a merge or a tag where none may stand."""
    return Problem(place, f"{thing} is not allowed here", "values written out", remedy, rule=rule)


def unknown_alias(place: Place, name: str, *, inside_itself: bool) -> Problem:
    """Report an alias whose anchor is missing or still open."""
    why = "stands inside its own anchor" if inside_itself else "has no anchor before it"
    return Problem(
        place,
        f"the alias *{shown(name)} {why}",
        "an anchor that is complete before the alias",
        "correct the name, or write the value out",
        rule="yaml.anchor",
    )


def merge_not_map(place: Place) -> Problem:
    """Report `<<` with something that has no keys."""
    return Problem(
        place,
        "the merge key << has a value that is not a map",
        "a map, an alias of a map, or a list of these",
        "name an anchor that stands at a map",
        rule="yaml.merge",
    )


def before_merge(place: Place, name: str) -> Problem:
    """Report a key that stands before a `<<` which sets it too: readers disagree on who wins."""
    return Problem(
        place,
        f"the key {shown(name)} stands before a merge << that sets it too",
        "<< as the first key of its map",
        "move << to the top; readers disagree on which value wins here",
        rule="yaml.merge",
    )


def refused(place: Place, text: str, refusal: Refusal) -> Problem:
    """Report an unquoted scalar that cannot stand as it is."""
    what = f"{shown(text)} {refusal.what}"
    remedy = f'{refusal.remedy}: "{shown(text)}"'
    return Problem(place, what, refusal.expected, remedy, rule=refusal.rule)


def hidden(place: Place, character: str) -> Problem:
    """Report an escape for a character that nobody sees."""
    return Problem(
        place,
        f"the value holds the hidden character U+{ord(character):04X}",
        "visible text",
        "remove the escape",
        rule="yaml.character",
    )


def too_deep(place: Place, depth: int) -> Problem:
    """Report nesting beyond the limit, aliases expanded."""
    return Problem(
        place,
        f"lists and maps are nested deeper than {depth} levels",
        f"at most {depth} levels, with aliases expanded",
        "make the nesting flatter",
        rule="yaml.too-deep",
    )


def too_many_nodes(place: Place, nodes: int) -> Problem:
    """Report more values than the limit, aliases expanded."""
    return Problem(
        place,
        f"the file has more than {nodes} keys, values, lists and maps",
        f"at most {nodes}, with aliases expanded",
        "split the file",
        rule="yaml.too-many-nodes",
    )


def too_many_aliases(place: Place, aliases: int) -> Problem:
    """Report more aliases than the limit."""
    return Problem(
        place,
        f"the file has more than {aliases} aliases",
        f"at most {aliases} aliases",
        "write the values out",
        rule="yaml.too-many-aliases",
    )


def _line(text: str, line: int) -> str:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return lines[line - 1] if 0 < line <= len(lines) else ""


def _template(text: str, place: Place) -> str:
    if "{{" in _line(text, place.line):
        return "this looks like template text: use the rendered manifest, or put the text in quotes"
    return ""
