"""Input that is made to hurt: refused in time, in little memory, with a place."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from towpath.documents.node import plain
from towpath.documents.reader import LIMITS, Dialect, Limits, read, read_all
from towpath.errors import TowpathError

BOTH = [pytest.param(dialect, id=dialect.value) for dialect in Dialect]


def only_problem(data: bytes, dialect: Dialect = Dialect.KUBERNETES, limits: Limits = LIMITS) -> str:
    """Return the one problem of a file as `line:column rule what`."""
    with pytest.raises(TowpathError) as caught:
        read_all(data, "m.yaml", dialect, limits=limits)
    (problem,) = caught.value.problems
    return f"{problem.place.line}:{problem.place.column} {problem.rule} {problem.what}"


BOMBS = {
    "lists": "['[' * 1_000_000]",
    "maps": "['{' * 1_000_000]",
    "maps-in-lists": "['[{a: ' * 150_000]",
    "dashes": "['- ' * 500_000]",
    "questions": "['? ' * 500_000]",
    "closed-lists": "['[' * 500_000 + ']' * 500_000]",
    "indentation": "''.join(' ' * depth + 'a:\\n' for depth in range(1400))",
    "many-tags": "['!a ' * 300_000]",
    "many-anchors": "['&a ' * 300_000]",
    "blanks": "[(' ' * 1000 + '\\n') * 1000 + '[' * 1000]",
}
READ_BOMBS = """
import json, sys, time
from towpath.documents.reader import Dialect, read_all
from towpath.errors import TowpathError
report = {}
for name, source in json.load(sys.stdin).items():
    data = "".join(eval(source)).encode()
    started = time.perf_counter()
    for dialect in Dialect:
        try:
            read_all(data, "m.yaml", dialect)
            report[name] = ["accepted", 0]
        except TowpathError as error:
            report[name] = [error.problems[-1].rule, time.perf_counter() - started]
json.dump(report, sys.stdout)
"""


def test_p16_a_bomb_of_depth_is_refused_in_time() -> None:
    """A million brackets end neither in a crash of the process nor in quadratic time.

    In a process of its own, because a segmentation fault or an endless run would take the tests with it.
    """
    done = subprocess.run(
        [sys.executable, "-c", READ_BOMBS],
        input=json.dumps(BOMBS),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report.keys() == BOMBS.keys()
    assert {name: rule for name, (rule, _) in report.items() if rule != "yaml.too-deep"} == {
        "many-tags": "yaml.syntax",
        "many-anchors": "yaml.syntax",
    }
    assert {name: seconds for name, (_, seconds) in report.items() if seconds > 5} == {}


@pytest.mark.parametrize("dialect", BOTH)
@pytest.mark.parametrize(
    ("opening", "closing"),
    [
        pytest.param("[", "]", id="flow"),
        pytest.param("- ", "", id="block"),
        pytest.param("{a: ", "}", id="maps"),
    ],
)
def test_p16_depth(dialect: Dialect, opening: str, closing: str) -> None:
    """The deepest nesting is read; one level more is refused at its place."""
    deepest = opening * 64 + "x" + closing * 64
    assert len(read_all(deepest.encode(), "m.yaml", dialect)) == 1
    column = 64 * len(opening) + 1
    found = only_problem((opening * 65 + "x" + closing * 65).encode(), dialect)
    assert found == f"1:{column} yaml.too-deep lists and maps are nested deeper than 64 levels"


def test_p16_depth_counts_expanded_aliases() -> None:
    """Aliases cannot build what may not be written out."""
    levels = "".join(f"a{n}: &a{n} [*a{n - 1}]\n" for n in range(1, 64))
    assert only_problem(f"a0: &a0 [x]\n{levels}".encode()) == (
        "64:12 yaml.too-deep lists and maps are nested deeper than 64 levels"
    )


def test_p16_size() -> None:
    """A file of a mebibyte is read, and one byte more is not."""
    data = b"#" * (1 << 20)
    assert read_all(data, "m.yaml") == []
    assert only_problem(data + b"#") == "0:0 yaml.too-large the file has 1048577 bytes"


def test_p16_nodes() -> None:
    """Keys, values, lists and maps are counted over the whole file."""
    limits = Limits(nodes=9)
    # The map and its two keys, the list and its two items, the inner map and its key and value.
    data = b"a: [1, 2]\nb: {c: d}\n"
    assert len(read_all(data, "m.yaml", limits=limits)) == 1
    assert only_problem(data + b"e: 1\n", limits=limits) == (
        "3:1 yaml.too-many-nodes the file has more than 9 keys, values, lists and maps"
    )
    assert only_problem(b"- 1\n---\n" * 6, limits=limits).startswith("9:3 yaml.too-many-nodes")


def test_p16_nodes_at_full_size() -> None:
    """The real limit holds, at its place."""
    assert only_problem(b"[" + b"a," * 300_000) == (
        "1:400000 yaml.too-many-nodes the file has more than 200000 keys, values, lists and maps"
    )


def test_p16_aliases_multiply_nodes() -> None:
    """Nine aliases of nine aliases and so on are refused when they are counted, long before they are expanded."""
    lines = ["a0: &a0 [x,x,x,x,x,x,x,x,x]"]
    lines += [f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9)]
    assert only_problem("\n".join(lines).encode()).split(" ")[1] == "yaml.too-many-nodes"


def test_p16_merges_multiply_nodes() -> None:
    """A merge counts the entries that it brings."""
    big = "a: &a {" + ",".join(f"k{n}: 1" for n in range(100)) + "}\n"
    merges = "".join(f"m{n}: {{<<: *a}}\n" for n in range(10))
    assert only_problem((big + merges).encode(), limits=Limits(nodes=1500)).split(" ")[1] == (
        "yaml.too-many-nodes"
    )


def test_p16_aliases() -> None:
    """A hundred aliases are read, and one more is refused."""
    node = read(f"a: &a 1\nb: [{'*a,' * 100}]\n".encode(), "m.yaml", Dialect.KUBERNETES)
    assert node is not None
    assert plain(node)["b"] == [1] * 100
    assert only_problem(f"a: &a 1\nb: [{'*a,' * 101}]\n".encode()) == (
        "2:305 yaml.too-many-aliases the file has more than 100 aliases"
    )


@pytest.mark.parametrize("dialect", BOTH)
@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(b"a: 1\nb: \xff\n", "2:4 yaml.not-utf-8 the byte 0xff is not UTF-8", id="not-utf-8"),
        pytest.param(b"\xff\xfea\x00", "1:1 yaml.not-utf-8 the byte 0xff is not UTF-8", id="utf-16"),
        pytest.param(b"\xef\xbb\xbfa: \xc3(", "1:4 yaml.not-utf-8 the byte 0xc3", id="after-the-mark"),
        pytest.param(b"a: \xed\xa0\x80", "1:4 yaml.not-utf-8 the byte 0xed", id="surrogate"),
        pytest.param(b"a: \x00\n", "1:4 yaml.character the control character U+0000", id="nul"),
        pytest.param(b"a: 1\r\nb: \x1b[m\n", "2:4 yaml.character the control character U+001B", id="escape"),
        pytest.param(b"a: \x7f\n", "1:4 yaml.character the control character U+007F", id="delete"),
        pytest.param(
            "a: é\u202e\n".encode(), "1:5 yaml.character the text direction control U+202E", id="bidi"
        ),
        pytest.param(
            "# \u2066\n".encode(), "1:3 yaml.character the text direction control", id="in-a-comment"
        ),
        pytest.param("a: \u061c\n".encode(), "1:4 yaml.character the text direction", id="arabic-mark"),
        pytest.param("a: \u200f\n".encode(), "1:4 yaml.character the text direction control", id="mark"),
        pytest.param(
            "a: \u2028\n".encode(), "1:4 yaml.character the character U+2028 ends a line", id="line"
        ),
        pytest.param("a: \x85\n".encode(), "1:4 yaml.character the character U+0085 ends a line", id="nel"),
        pytest.param("a: \ufeff\n".encode(), "1:4 yaml.character the byte order mark", id="byte-order-mark"),
        pytest.param("\ufeff\ufeffa: 1".encode(), "1:1 yaml.character the byte order mark", id="two-marks"),
        pytest.param("a: \uffff\n".encode(), "1:4 yaml.character the control character", id="noncharacter"),
    ],
)
def test_p16_characters(dialect: Dialect, data: bytes, expected: str) -> None:
    """Bytes that are no text, and characters that hide or that readers disagree on, are refused everywhere."""
    assert only_problem(data, dialect).startswith(expected)


def test_all_characters_are_reported_at_once() -> None:
    """One run shows every place, up to the limit of problems."""
    with pytest.raises(TowpathError) as caught:
        read(("a: \u202e\nb: \u2028\n" * 80).encode(), "m.yaml")
    assert len(caught.value.problems) == 100


@pytest.mark.parametrize("dialect", BOTH)
def test_the_number_of_problems_is_bounded(dialect: Dialect) -> None:
    """A file of nothing but problems gives a hundred of them, quickly."""
    with pytest.raises(TowpathError) as caught:
        read_all(b"1: a\n" * 100_000, "m.yaml", dialect)
    assert len(caught.value.problems) == 100


def test_a_long_piece_of_the_file_is_shortened_in_messages() -> None:
    """A message shows the start of what is wrong and never a control character."""
    with pytest.raises(TowpathError) as caught:
        read_all(b'"' + b"\\e[31mx" * 100 + b'": 1\n"' + b"\\e[31mx" * 100 + b'": 1\n', "m.yaml")
    text = str(caught.value)
    assert len(text) < 400
    assert text.isascii()
    assert "\x1b" not in text
    assert "the key \\x1b[31mx" in text
