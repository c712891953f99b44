"""Text from outside becomes harmless and visible."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.report.reading import outside_of_code, outside_of_fences
from towpath.report.inert import cell, code, fenced, prose, row, visible

HOSTILE = st.text(
    st.sampled_from("`~|\\<>!-@#:/ab1 \n\r\t\x1b\u202e\u200b*_[]()&.") | st.characters(), max_size=60
)
# What a forge might take for more than text.
ACTIVE = re.compile(r"[@#<>&`*_\[\]~|\\!$%]|://|www\.|^\s*/", re.MULTILINE)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("plain äöü 漢字 😀", "plain äöü 漢字 😀", id="plain"),
        pytest.param("a\tb", "a\tb", id="tab"),
        pytest.param("\x1b[31mred", "<U+001B>[31mred", id="c41-ansi"),
        pytest.param("a\u202eb", "a<U+202E>b", id="c41-direction"),
        pytest.param("a\u200bb\ufeff", "a<U+200B>b<U+FEFF>", id="zero-width"),
        pytest.param("a\u3164\u2800\ufe0f", "a<U+3164><U+2800><U+FE0F>", id="fillers"),
        pytest.param("a\u00a0b\u2028", "a<U+00A0>b<U+2028>", id="blanks"),
        pytest.param("a\rb\x00", "a<U+000D>b<U+0000>", id="control"),
        pytest.param("\ud800\U000e0041", "<U+D800><U+E0041>", id="surrogate-and-tag"),
    ],
)
def test_c41_what_nobody_sees_is_shown_by_its_number(text: str, shown: str) -> None:
    """A reviewer reads what the machine reads."""
    assert visible(text) == shown


@pytest.mark.parametrize(
    ("text", "span"),
    [
        pytest.param("", "", id="empty"),
        pytest.param("a", "`a`", id="plain"),
        pytest.param("a`b", "``a`b``", id="backtick"),
        pytest.param("`", "`` ` ``", id="only-a-backtick"),
        pytest.param(" a", "`  a `", id="blank-first"),
        pytest.param("a|b", "`a|b`", id="bar"),
        pytest.param("a\nb", "`a<U+000A>b`", id="line"),
    ],
)
def test_code(text: str, span: str) -> None:
    """A code span holds its text, whatever that is."""
    assert code(text) == span


def test_a_bar_ends_no_cell() -> None:
    """In a table, a bar needs a backslash even inside a code span."""
    assert row("a|b", "") == "| `a\\|b` |  |\n"
    assert cell("|") == "`\\|`"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        pytest.param(
            "It is a third party's (see below), 3 of 4.",
            "It is a third party's (see below), 3 of 4.",
            id="words",
        ),
        pytest.param("ping @team now", "ping `@team` now", id="e81-mention"),
        pytest.param("fixes #12 and GH-12", "fixes `#12` and `GH-12`", id="e81-issue"),
        pytest.param("a <!-- b --> c", "a `<!--` b `-->` c", id="e81-comment"),
        pytest.param("a **b** _c_", "a `**b**` `_c_`", id="emphasis"),
        pytest.param("see www.x.org or x.org", "see `www.x.org` or `x.org`", id="address"),
        pytest.param("/merge me", "`/merge` me", id="command"),
        pytest.param("a\n\n# b", "a `#` b", id="heading"),
        pytest.param(":smile:x: c0ffee5a.", "`:smile:x`: `c0ffee5a`.", id="emoji-and-commit"),
    ],
)
def test_prose(text: str, line: str) -> None:
    """Words stay words; whatever a forge might act on becomes code."""
    assert prose(text) == line


@given(text=HOSTILE)
@settings(max_examples=100)
def test_e81_no_text_is_active_outside_of_code(text: str) -> None:
    """Spans, cells and prose leave nothing outside of code that a forge acts on, and stay on one line."""
    for shown in (code(text), prose(text)):
        assert "\n" not in shown
        assert not ACTIVE.search(outside_of_code(shown))
    assert outside_of_code(row(text, text)) in {"|  |  |\n", "|  |  |"} or not text
    assert row(text, text).replace("\\|", "").count("|") == 3


@given(lines=st.lists(HOSTILE.map(lambda text: text.replace("\n", "")), max_size=8))
@settings(max_examples=100)
def test_c41_nothing_ends_a_fence(lines: list[str]) -> None:
    """All lines stay inside of the block."""
    assert outside_of_fences("a\n" + fenced(tuple(lines), "diff") + "b\n") == "a\nb\n"
