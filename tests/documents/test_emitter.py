"""Emitting: every reader takes the text for the same data, and reading it gives the same bytes again."""

from __future__ import annotations

import enum
import math
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.documents.decoders import EACH_DECODER, differences
from tests.documents.hostile import KEYS, STRINGS
from towpath.documents import scalars
from towpath.documents.emitter import emit
from towpath.documents.node import plain
from towpath.documents.reader import Dialect, Limits, read_all
from towpath.documents.scalars import number, scalar
from towpath.errors import TowpathError

if TYPE_CHECKING:
    from collections.abc import Callable

# Text with the characters that YAML gives a meaning to, and any other text.
TEXT = st.one_of(
    st.text(alphabet="ab e0123-+._:#=<~yn \t\n'\"|>{[&*!%@`\\,?", max_size=12),
    st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=8),
)
NUMBERS = st.one_of(
    st.integers(-(2**63), 2**64 - 1), st.floats(allow_nan=False, allow_infinity=False, width=64)
)
DATA: st.SearchStrategy[Any] = st.recursive(
    st.one_of(TEXT, NUMBERS, st.booleans(), st.none()),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(TEXT, inner, max_size=4)),
    max_leaves=12,
)
DOCUMENTS = st.one_of(st.lists(DATA, max_size=4), st.dictionaries(TEXT, DATA, max_size=5))


def reread(text: str) -> Any:
    """Read what was emitted, as a manifest."""
    (node,) = read_all(text.encode(), "emitted.yaml", Dialect.KUBERNETES)
    return plain(node)


def around(text: str) -> dict[str, Any]:
    """Put a string into every position that a value may have: in a map, in lists, at the end, before others."""
    return {"a": text, "b": [text, [text, text], {"c": text}], "d": {"e": text, "f": "f"}, "g": text}


@pytest.mark.parametrize("decoder", EACH_DECODER)
def test_c01_p25_a_hostile_string_as_a_value(decoder: Callable[[list[str]], list[Any]]) -> None:
    """Every decoder reads every hostile string as the identical string, wherever it stands."""
    assert len(STRINGS) >= 120
    values = [around(text) for text in STRINGS]
    assert differences(decoder, values, [emit(value) for value in values]) == []


@pytest.mark.parametrize("decoder", EACH_DECODER)
def test_c01_c04_p25_a_hostile_string_as_a_key(decoder: Callable[[list[str]], list[Any]]) -> None:
    """Every decoder reads every hostile string as the identical key, in a map and in the map of a list item."""
    values = [{text: 1, "z": [{text: "b", "c": text}, {text: {text: []}}]} for text in KEYS]
    assert differences(decoder, values, [emit(value) for value in values]) == []


@pytest.mark.parametrize("decoder", EACH_DECODER)
def test_c04_all_hostile_keys_stay_apart(decoder: Callable[[list[str]], list[Any]]) -> None:
    """One map with all hostile keys keeps them all; none collapse into one, as y and on do elsewhere."""
    value = {text: text for text in KEYS}
    assert differences(decoder, [value], [emit(value)]) == []


@pytest.mark.parametrize("decoder", EACH_DECODER)
@given(texts=st.lists(TEXT, min_size=1, max_size=30))
@settings(max_examples=25)
def test_c01_c09_p25_any_text(decoder: Callable[[list[str]], list[Any]], texts: list[str]) -> None:
    """Every decoder reads any text back exactly, as a value and as a key."""
    values = [{"a": text, text: [text], "z": {text: text}} for text in texts]
    assert differences(decoder, values, [emit(value) for value in values]) == []


@pytest.mark.parametrize("decoder", EACH_DECODER)
def test_c09_each_character_alone_and_between_others(decoder: Callable[[list[str]], list[Any]]) -> None:
    """The first 768 characters, and the odd ones beyond, come back alone, at both ends, between and in lines."""
    codes = [*range(0x300), *range(0x2000, 0x2070), *range(0xFE00, 0xFE10), *range(0xFFF0, 0x10000)]
    codes += [0x3000, 0xD7FF, 0xE000, 0xF8FF, 0xFDD0, 0x1F600, 0xE0001, 0xF0000, 0x10FFFF]
    values = [
        {sign: sign, "a": [f"{sign}b", f"a{sign}", f"a{sign}b"], "b": f"a\n{sign}b\nc{sign}d\n"}
        for sign in map(chr, codes)
    ]
    assert differences(decoder, values, [emit(value) for value in values]) == []


@given(value=DOCUMENTS)
@settings(max_examples=300)
def test_emitting_is_a_fixed_point(value: dict[str, Any] | list[Any]) -> None:
    """Reading what was emitted gives equal data of equal types, and emitting that gives the same bytes."""
    text = emit(value)
    found = reread(text)
    assert repr(found) == repr(value)
    assert emit(found) == text


@pytest.mark.parametrize("decoder", EACH_DECODER)
@given(numbers=st.lists(NUMBERS, min_size=1, max_size=20))
@settings(max_examples=20)
def test_c07_any_number(decoder: Callable[[list[str]], list[Any]], numbers: list[float]) -> None:
    """Every decoder reads every number of 64 bits as the identical number."""
    values = [{"a": found, "b": [found]} for found in numbers]
    assert differences(decoder, values, [emit(value) for value in values]) == []


@pytest.mark.parametrize(
    ("value", "form"),
    [
        pytest.param(0, "0", id="zero"),
        pytest.param(2**53 + 1, "9007199254740993", id="beyond-a-double"),
        pytest.param(2**64 - 1, "18446744073709551615", id="largest"),
        pytest.param(-(2**63), "-9223372036854775808", id="smallest"),
        pytest.param(1.0, "1.0", id="whole-float"),
        pytest.param(-0.0, "-0.0", id="negative-zero"),
        pytest.param(1e16, "1.0e+16", id="point-and-sign-before-an-exponent"),
        pytest.param(1.5e-7, "1.5e-07", id="small"),
        pytest.param(123456.789, "123456.789", id="ordinary"),
        pytest.param(5e-324, "5.0e-324", id="smallest-float"),
    ],
)
def test_c07_the_form_of_a_number(value: float, form: str) -> None:
    """An integer keeps its digits, and a float stays a float to every reader."""
    assert number(value) == form
    assert emit({"a": value}) == f"a: {form}\n"


@pytest.mark.parametrize(
    ("text", "form"),
    [
        pytest.param("12345e7", '"12345e7"', id="c02-short-commit"),
        pytest.param("0123abc", '"0123abc"', id="commit-with-leading-zero"),
        pytest.param("", '""', id="empty"),
        pytest.param("y", '"y"', id="truth-value-of-kubernetes"),
        pytest.param("None", "None", id="headless-service"),
        pytest.param("docker.io/library/nginx:1.25", "docker.io/library/nginx:1.25", id="image"),
        pytest.param("1.25", '"1.25"', id="tag-like-a-number"),
        pytest.param("a: b", '"a: b"', id="colon-and-space"),
        pytest.param("a:", '"a:"', id="colon-at-the-end"),
        pytest.param("a #b", '"a #b"', id="comment"),
        pytest.param("two words", "two words", id="words"),
        pytest.param("two  words", '"two  words"', id="two-spaces"),
        pytest.param("--flag=on", "--flag=on", id="option"),
        pytest.param("-1", '"-1"', id="negative"),
        pytest.param("-e3", '"-e3"', id="negative-for-one-reader"),
        pytest.param("/", "/", id="path"),
        pytest.param("100m", "100m", id="quantity"),
        pytest.param("25%", "25%", id="percentage"),
        pytest.param("10.0.0.0/8", "10.0.0.0/8", id="address-range"),
        pytest.param('say "hi"\t\\', '"say \\"hi\\"\\t\\\\"', id="escapes"),
        pytest.param("é", "é", id="letter"),
        pytest.param("😀", '"😀"', id="emoji"),
        pytest.param("\u2028", '"\\u2028"', id="line-separator"),
        pytest.param("\U000e0001", '"\\U000E0001"', id="invisible-tag"),
        pytest.param("a\nb", '"a\\nb"', id="lines-on-one-line"),
    ],
)
def test_c02_the_form_of_a_string(text: str, form: str) -> None:
    """Quotes stand where some reader needs them, and nowhere else in ordinary manifests."""
    assert scalar(text) == form
    assert scalar(text) == form, "the remembered form differs from the first one"


@pytest.mark.parametrize(
    ("text", "form"),
    [
        pytest.param("a\nb\n", "|\n  a\n  b\n", id="one-line-feed-at-the-end"),
        pytest.param("a\nb", "|-\n  a\n  b\n", id="c10-none-at-the-end"),
        pytest.param("a\n\n", "|+\n  a\n\n", id="two-at-the-end"),
        pytest.param("\na\n", "|\n\n  a\n", id="one-at-the-start"),
        pytest.param("a\n\n  b \n", "|\n  a\n\n    b \n", id="inner-indentation-and-trailing-blank"),
        pytest.param("a\n \nb", "|-\n  a\n   \n  b\n", id="blank-line-between"),
        pytest.param("a\n\tb\n", "|\n  a\n  \tb\n", id="tab-after-the-first-line"),
        pytest.param("# a\n---\n", "|\n  # a\n  ---\n", id="comment-and-separator"),
        pytest.param(" a\nb", '" a\\nb"\n', id="blank-at-the-start"),
        pytest.param("\ta\nb", '"\\ta\\nb"\n', id="tab-at-the-start"),
        pytest.param("a\n ", '"a\\n "\n', id="blank-last-line"),
        pytest.param("\n", '"\\n"\n', id="lone-line-feed"),
        pytest.param("a\r\nb", '"a\\r\\nb"\n', id="carriage-return"),
        pytest.param("a\n\u200bb", '"a\\n\\u200Bb"\n', id="invisible-character"),
        pytest.param("x" * 500 + "\n", "|\n  " + "x" * 500 + "\n", id="never-folded"),
    ],
)
def test_c10_the_form_of_lines(text: str, form: str) -> None:
    """Lines stand as a block that shows what ends them, or on one line where a block would not be exact."""
    assert emit({"a": text}) == f"a: {form}"
    assert emit([text]) == f"- {form}"
    assert reread(emit({"a": text})) == {"a": text}


@given(text=TEXT)
@settings(max_examples=200)
def test_c24_the_form_does_not_depend_on_what_came_before(text: str) -> None:
    """A string that was asked for on one line, or that was a key, is emitted as if it were seen first."""
    scalars.cached.clear()
    fresh = emit({"a": text, "b": [text]})
    scalars.cached.clear()
    scalar(text)
    emit({text: {}})
    assert emit({"a": text, "b": [text]}) == fresh


def test_c24_a_block_stays_a_block() -> None:
    """Lines whose one-line form was needed somewhere are still written as a block."""
    assert scalar("p\nq\n") == '"p\\nq\\n"'
    assert emit({"p\nq\n": "p\nq\n"}) == '"p\\nq\\n": |\n  p\n  q\n'


def test_the_memory_of_forms_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many different strings do not pile up, and long ones are not kept."""
    monkeypatch.setattr(scalars, "_CACHED_COUNT", 10)
    for count in range(100):
        assert scalar(f"s{count}") == f"s{count}"
        scalar("long" * 100 + str(count))
    assert len(scalars.cached) <= 10


def test_layout() -> None:
    """Two spaces, lists not indented in maps, keys in their order, empty ones inline, no marker, no anchors."""
    shared = {"k": "v"}
    value = {
        "kind": "Deployment",
        "apiVersion": "apps/v1",
        "spec": {
            "containers": [{"name": "a", "args": ["x", "y"], "env": []}, {"name": "b"}],
            "nested": [[1, [2.5, None]], [{"a": {"b": [True]}}], [], {}],
            "tuple": ("p", {"q": "r"}),
            "script": ["a\nb\n", {"c": "d\ne"}],
        },
        "first": shared,
        "second": shared,
        "status": {},
    }
    assert emit(value) == (
        "kind: Deployment\n"
        "apiVersion: apps/v1\n"
        "spec:\n"
        "  containers:\n"
        "  - name: a\n"
        "    args:\n"
        "    - x\n"
        '    - "y"\n'
        "    env: []\n"
        "  - name: b\n"
        "  nested:\n"
        "  - - 1\n"
        "    - - 2.5\n"
        "      - null\n"
        "  - - a:\n"
        "        b:\n"
        "        - true\n"
        "  - []\n"
        "  - {}\n"
        "  tuple:\n"
        "  - p\n"
        "  - q: r\n"
        "  script:\n"
        "  - |\n"
        "    a\n"
        "    b\n"
        "  - c: |-\n"
        "      d\n"
        "      e\n"
        "first:\n"
        "  k: v\n"
        "second:\n"
        "  k: v\n"
        "status: {}\n"
    )


@pytest.mark.parametrize(
    ("value", "form"),
    [
        pytest.param({}, "{}\n", id="empty-map"),
        pytest.param([], "[]\n", id="empty-list"),
        pytest.param("a", "a\n", id="string"),
        pytest.param("a\nb", "|-\n  a\n  b\n", id="lines"),
        pytest.param(None, "null\n", id="null"),
        pytest.param(True, "true\n", id="true"),
        pytest.param(3, "3\n", id="number"),
    ],
)
def test_anything_can_be_the_whole(value: Any, form: str) -> None:
    """The whole may be a value without parts too."""
    assert emit(value) == form


def test_c11_null_is_kept() -> None:
    """An explicit null in a map and in a list is written; dropping it is another module's decision."""
    assert emit({"a": None, "b": [None, 1]}) == "a: null\nb:\n- null\n- 1\n"


def test_subclasses_are_written_as_what_they_are() -> None:
    """Members of enumerations and other subclasses give their value, not their name, as values and as keys."""

    class Word(enum.StrEnum):
        ON = "on"
        LINES = "a\nb"

    class Older(str, enum.Enum):  # noqa: UP042 -- its `str()` gives the name, which is what must not be written
        OFF = "a rare word"

    class Count(enum.IntEnum):
        TWO = 2

    class Odd(dict[str, Any]):
        pass

    value = Odd({Word.ON: Word.ON, Older.OFF: Older.OFF, "b": [Count.TWO, Word.LINES], "c": Odd(d=Odd())})
    assert emit(value) == '"on": "on"\na rare word: a rare word\nb:\n- 2\n- |-\n  a\n  b\nc:\n  d: {}\n'


def test_c08_everything_that_has_no_form_is_reported_with_its_path() -> None:
    """One error names all parts that cannot be emitted, and where they stand."""
    value = {
        "spec": {
            "a.b": [1, math.nan],
            "c": {3: "x"},
            "d": object(),
            "e": 2**64,
            "f": "\ud800",
            "g": {"\udfff": 1},
            "h": b"bytes",
            "k" * 1001: 1,
        },
        "inf": [-math.inf],
    }
    with pytest.raises(TowpathError) as caught:
        emit(value)
    assert sorted((problem.rule, problem.what.split(" ")[3]) for problem in caught.value.problems) == [
        ("yaml.integer-range", "spec.e"),
        ("yaml.key", "spec.c[3]"),
        ("yaml.key", f"spec[{'k' * 57}...]"),
        ("yaml.not-finite", "inf[0]"),
        ("yaml.not-finite", "spec['a.b'][1]"),
        ("yaml.surrogate", "spec.f"),
        ("yaml.surrogate", "spec.g['\\udfff']"),
        ("yaml.type", "spec.d"),
        ("yaml.type", "spec.h"),
    ]
    text = str(caught.value)
    assert "the value at spec.c[3] has a key of type int" in text
    assert "the value at spec.d is of type object, which has no form in YAML for Kubernetes" in text
    assert "cannot be written: the integer 18446744073709551616 does not fit into 64 bits" in text


def test_the_longest_key_comes_back() -> None:
    """A key at the limit of length is read back; quotes and escapes count."""
    for key in ("k" * 1000, '"' * 499):
        assert reread(emit({key: 1})) == {key: 1}
    with pytest.raises(TowpathError, match="has a key of 1002 characters"):
        emit({'"' * 500: 1})


def test_nesting_has_the_reader_s_limit() -> None:
    """What the reader takes is emitted; one level more, and data that contains itself, is refused."""

    def nested(levels: int) -> list[Any]:
        value: list[Any] = []
        for _ in range(levels - 1):
            value = [value]
        return value

    assert reread(emit(nested(Limits().depth))) == nested(64)
    # The innermost list is empty and stands on the line of its parent.
    with pytest.raises(TowpathError, match=r"nested deeper than 64 levels"):
        emit([[nested(64)]])
    itself: dict[str, Any] = {}
    itself["a"] = itself
    with pytest.raises(TowpathError, match="check that the data does not contain itself"):
        emit(itself)


def test_a_huge_integer_is_refused_in_few_words() -> None:
    """An integer of thousands of digits gives a short message, not a failure to print it."""
    with pytest.raises(TowpathError) as caught:
        emit({"a": 10**5000})
    assert len(str(caught.value)) < 400
