"""Reading Markdown as a forge does, as far as the tests need it: what is code, and what is not."""

from __future__ import annotations

import re

_OPENING = re.compile(r" {0,3}(?P<fence>`{3,}|~{3,})(?P<info>.*)")


def outside_of_fences(page: str) -> str:
    """Return the lines of a page that stand in no code block. Fails where a block does not end."""
    fence, kept = "", []
    for line in page.split("\n"):
        match = _OPENING.fullmatch(line)
        if fence:
            if match and match["fence"].startswith(fence) and not match["info"].strip():
                fence = ""
        elif match and not (match["fence"][0] == "`" and "`" in match["info"]):
            fence = match["fence"]
        else:
            kept.append(line)
    assert not fence, "a code block is open at the end"
    return "\n".join(kept)


def outside_of_code(page: str) -> str:
    """Return the text of a page that stands in no code at all: what a forge formats, links and notifies."""
    return "\n".join(_without_spans(line) for line in outside_of_fences(page).split("\n"))


def _without_spans(line: str) -> str:
    kept, at = [], 0
    for opening in re.finditer(r"`+", line):
        if opening.start() < at:
            continue
        closing = next(
            (each for each in re.finditer(r"`+", line[opening.end() :]) if each[0] == opening[0]), None
        )
        if closing is not None:
            kept.append(line[at : opening.start()])
            at = opening.end() + closing.end()
    kept.append(line[at:])
    return "".join(kept)
