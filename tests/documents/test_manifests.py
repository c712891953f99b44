"""Reading manifests: what Kubernetes reads, and a refusal where that would surprise somebody."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.documents.decoders import Failure, alike, kubernetes
from towpath.documents.emitter import emit
from towpath.documents.node import plain
from towpath.documents.reader import Dialect, read, read_all
from towpath.errors import TowpathError


def data(text: str) -> list[Any]:
    """Read the documents of a manifest file."""
    return [plain(node) for node in read_all(text.encode(), "m.yaml")]


def complaints(text: str | bytes) -> list[str]:
    """Return each problem of a manifest file as `line:column rule what`."""
    with pytest.raises(TowpathError) as caught:
        read_all(text if isinstance(text, bytes) else text.encode(), "m.yaml")
    assert all(problem.place.file == "m.yaml" for problem in caught.value.problems)
    assert all(problem.expected and problem.remedy for problem in caught.value.problems)
    return [
        f"{problem.place.line}:{problem.place.column} {problem.rule} {problem.what}"
        for problem in caught.value.problems
    ]


def rules_or_data(text: str) -> tuple[set[str], Any]:
    """Return the rules that a document breaks, or else its data."""
    try:
        return set(), data(text)[0]
    except TowpathError as error:
        return {problem.rule for problem in error.problems}, None


PLAIN = (
    *(
        "y",
        "Y",
        "yes",
        "on",
        "ON",
        "n",
        "No",
        "off",
        "true",
        "TRUE",
        "False",
        "tRUE",
        "null",
        "Null",
        "~",
        "",
    ),
    *("0", "-0", "+1", "00", "012", "08", "-012", "0o14", "0O14", "0x1F", "-0X1f", "0b101", "0b-101", "-0b1"),
    *("1_000", "_1", "-_1", "1_", "0_", "0x_1", "1e3", "1E-3", "12345e7", ".5", "-.5", "+.5", "1.", "1.e5"),
    *(".5_0", "._5", ".5e1_0", "e3", ".", "+", "1e400", ".5e400", "0x1p-2", "inf", "=", "12:30", "12:30:45"),
    *("2001-12-14", "2001-12-14T21:59:43Z", "9007199254740993", "9223372036854775807", "9223372036854775808"),
    *("18446744073709551615", "-9223372036854775808", "0xFFFFFFFFFFFFFFFF", "-0xFFFFFFFFFFFFFFFF"),
    *("0777777777777777777777", "089", "1.0", "-0.0", "a b", "é", "0b12", "0o8", "0xg", "+0x1", "+0b11"),
)


@pytest.mark.parametrize("text", [pytest.param(text, id=text or "(empty)") for text in PLAIN])
def test_c01_an_unquoted_value_is_what_kubernetes_reads(text: str) -> None:
    """The value has the type and the digits that Kubernetes' own decoder gives it."""
    document = f"a: {text}\nb: [{text}]\n" if text else "a:\n"
    (found,) = kubernetes([document])
    assert not isinstance(found, Failure)
    assert alike(data(document)[0], found)


@given(
    texts=st.lists(
        st.one_of(
            st.text("0123456789", min_size=1, max_size=22),
            st.text("01_+-.eExXoObB8", min_size=1, max_size=9),
            st.text("0123-:T Z.", min_size=1, max_size=22),
            st.text("yesnofftruNULL~", min_size=1, max_size=5),
        ).filter(lambda text: not text.startswith(("- ", "---", " ")) and text != "-" and ": " not in text),
        min_size=1,
        max_size=40,
    )
)
@settings(max_examples=100)
def test_c01_any_unquoted_value_is_what_kubernetes_reads(texts: list[str]) -> None:
    """Every value of a suspicious alphabet is read as Kubernetes does, or refused because it would be rounded."""
    documents = [f"a: {text}\n" for text in texts]
    for document, found in zip(documents, kubernetes(documents), strict=True):
        rules, mine = rules_or_data(document)
        if rules:
            assert isinstance(found, Failure) or rules == {"yaml.integer-range"}, document
        else:
            assert alike(mine, found), (document, mine, found)


def test_c03_times_and_dates_stay_text() -> None:
    """A time is no number of seconds, and a date no time stamp."""
    text = "time: 12:30:45\ndate: 2001-12-14\nboth: 2001-12-14 21:59:43.10 -5\n"
    assert data(text) == [
        {"time": "12:30:45", "date": "2001-12-14", "both": "2001-12-14 21:59:43.10 -5"},
    ]


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        pytest.param("on", "the key on is not text without quotes", id="on"),
        pytest.param("y", "the key y is not text without quotes", id="y"),
        pytest.param("1", "the key 1 is not text without quotes", id="number"),
        pytest.param("1.5", "the key 1.5 is not text without quotes", id="float"),
        pytest.param("null", "the key null is not text without quotes", id="null"),
        pytest.param("~", "the key ~ is not text without quotes", id="tilde"),
    ],
)
def test_c04_a_key_that_is_not_text_is_refused(key: str, shown: str) -> None:
    """Kubernetes would turn these keys into `true` and the like; the place and the remedy are named."""
    assert complaints(f"data:\n {key}: a\n") == [f"2:2 yaml.key {shown}"]


def test_c04_an_empty_key_is_refused() -> None:
    """A key that is nothing at all is named as empty."""
    assert complaints("a: {? : 1}\n") == ["1:7 yaml.key the key is empty"]


def test_c04_two_keys_do_not_collapse() -> None:
    """`on` and `y` would both become `true`; each is reported. In quotes they are two keys."""
    assert complaints("on: 1\ny: 2\n") == [
        "1:1 yaml.key the key on is not text without quotes",
        "2:1 yaml.key the key y is not text without quotes",
    ]
    assert data('"on": 1\n"y": 2\n') == [{"on": 1, "y": 2}]


def test_c05_duplicate_keys_are_reported_with_both_places() -> None:
    """Every repetition is reported at once, with the place of the first."""
    text = 'a: 1\nb:\n  c: 1\n  d: {x: 1, "x": 2}\n  c: 2\na: 3\n---\na: 1\na: 2\nb: 1\n'
    assert complaints(text) == [
        "4:13 yaml.duplicate-key the key x stands here again; it stands at m.yaml:4:7 already",
        "5:3 yaml.duplicate-key the key c stands here again; it stands at m.yaml:3:3 already",
        "6:1 yaml.duplicate-key the key a stands here again; it stands at m.yaml:1:1 already",
        "9:1 yaml.duplicate-key the key a stands here again; it stands at m.yaml:8:1 already",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("a: [1, 2\nb: 3\n", "2:2 yaml.syntax", id="flow-without-end"),
        pytest.param("a: {b: 1\n", "2:1 yaml.syntax", id="map-without-end"),
        pytest.param("a:\n  b: 1\n c: 2\n", "3:2 yaml.syntax", id="bad-indentation"),
        pytest.param("a:\n\tb: 1\n", "2:1 yaml.syntax a tab stands where YAML allows only spaces", id="tab"),
        pytest.param("a: b: c\n", "1:5 yaml.syntax", id="two-colons"),
        pytest.param('a: "b\n', "2:1 yaml.syntax", id="quote-without-end"),
        pytest.param("a: 1\n- b\n", "2:1 yaml.syntax", id="list-in-map"),
        pytest.param('a: "\\q"\n', "1:5 yaml.syntax", id="unknown-escape"),
        pytest.param('a: "\\ud800"\n', "1:7 yaml.syntax", id="surrogate"),
        pytest.param("a: @b\n", "1:4 yaml.syntax", id="reserved-sign"),
        pytest.param("é: 1\nü: [\n", "3:1 yaml.syntax", id="columns-count-characters"),
    ],
)
def test_c06_wrong_syntax_has_a_place(text: str, expected: str) -> None:
    """The parser's complaint comes with line and column, and nothing is returned."""
    (complaint,) = complaints(text)
    assert complaint.startswith(expected)


def test_c06_what_was_found_before_wrong_syntax_is_reported_too() -> None:
    """One error holds the problems up to the place where the syntax breaks."""
    assert [line.split(" ")[1] for line in complaints("a: 1\na: 2\nb: [\n")] == [
        "yaml.duplicate-key",
        "yaml.syntax",
    ]


def test_c07_numbers_keep_their_digits() -> None:
    """Integers beyond a double are exact, and a float stays a float."""
    text = "a: 9007199254740993\nb: 18446744073709551615\nc: -9223372036854775808\nd: 1.0\nf: 1\n"
    (found,) = data(text)
    assert [repr(value) for value in found.values()] == [
        "9007199254740993",
        "18446744073709551615",
        "-9223372036854775808",
        "1.0",
        "1",
    ]
    assert emit(found) == text


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("18446744073709551616", id="above-64-bits"),
        pytest.param("-9223372036854775809", id="below-64-bits"),
        pytest.param("+9223372036854775808", id="signed-beyond-63-bits"),
        pytest.param("1" * 5000, id="thousands-of-digits"),
    ],
)
def test_c07_an_integer_that_kubernetes_would_round_is_refused(text: str) -> None:
    """Its digits would be lost without a word."""
    (complaint,) = complaints(f"a: {text}\n")
    assert complaint.startswith("1:4 yaml.integer-range")
    assert "Kubernetes would round it" in complaint
    assert data(f'a: "{text}"\n') == [{"a": text}]


@pytest.mark.parametrize(
    "text", [pytest.param(text, id=text) for text in (".inf", "-.Inf", "+.INF", ".nan", ".NaN", ".NAN")]
)
def test_c08_infinity_and_not_a_number_are_refused(text: str) -> None:
    """Kubernetes cannot decode them either."""
    assert isinstance(kubernetes([f"a: {text}\n"])[0], Failure)
    assert complaints(f"a: {text}\nb: [{text}]\n") == [
        f"1:4 yaml.not-finite {text} is infinite or not a number",
        f"2:5 yaml.not-finite {text} is infinite or not a number",
    ]
    assert data(f'a: "{text}"\n') == [{"a": text}]


def test_c09_odd_characters_in_escapes_are_read() -> None:
    """What the emitter writes as an escape comes back, hidden characters included."""
    text = '"\\u0000\\u007F\\u0085\\u2028\\uFEFF\\u202E\\U000E0001\\t\\r\\n "'
    assert data(f"a: {text}\n") == [{"a": "\x00\x7f\x85\u2028\ufeff\u202e\U000e0001\t\r\n "}]


def test_c09_line_ends_and_a_byte_order_mark_at_the_start() -> None:
    """Files of other systems are read alike; places count their lines."""
    text = b"\xef\xbb\xbfa: 1\r\nb: |\r\n  x\r\n  y\r\nc: [\r\n"
    assert complaints(text)[0].startswith("6:1 yaml.syntax")
    node = read(text.removesuffix(b"c: [\r\n"), "m.yaml", Dialect.KUBERNETES)
    assert node is not None
    assert plain(node) == {"a": 1, "b": "x\ny\n"}
    assert (node.place.line, node.place.column) == (1, 1)


def test_c10_the_end_of_a_block_is_kept() -> None:
    """`|`, `|-` and `|+` give different text, and each is emitted as it was."""
    text = "a: |\n  x\nb: |-\n  x\nc: |+\n  x\n\nd: end\n"
    (found,) = data(text)
    assert found == {"a": "x\n", "b": "x", "c": "x\n\n", "d": "end"}
    assert emit(found) == "a: |\n  x\nb: x\nc: |+\n  x\n\nd: end\n"


def test_c11_null_is_told_from_absent() -> None:
    """Each form of an explicit null stays in its map and in its list."""
    (found,) = data("a: null\nb: ~\nc:\nd: [null, 1, ~]\n")
    assert found == {"a": None, "b": None, "c": None, "d": [None, 1, None]}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("a: &x {k: 1}\nb: *x\n", {"a": {"k": 1}, "b": {"k": 1}}, id="alias"),
        pytest.param("a: &x v\nb: [*x, *x]\n", {"a": "v", "b": ["v", "v"]}, id="alias-of-text"),
        pytest.param(
            "a: &x {k: 1, l: 2}\nb:\n  <<: *x\n  k: 3\n",
            {"a": {"k": 1, "l": 2}, "b": {"k": 3, "l": 2}},
            id="own-key-wins",
        ),
        pytest.param(
            "a: &x {k: 1}\nb: &y {k: 2, l: 2}\nc:\n  <<: [*x, *y]\n  m: 3\n",
            {"a": {"k": 1}, "b": {"k": 2, "l": 2}, "c": {"k": 1, "l": 2, "m": 3}},
            id="earlier-merge-wins",
        ),
        pytest.param(
            "a: &x {k: 1}\nb: &y\n  <<: *x\n  l: 2\nc:\n  <<: *y\n",
            {"a": {"k": 1}, "b": {"k": 1, "l": 2}, "c": {"k": 1, "l": 2}},
            id="merge-of-a-merge",
        ),
        pytest.param("a:\n  <<: {k: 1}\n", {"a": {"k": 1}}, id="merge-written-out"),
        pytest.param("a:\n  m: 1\n  <<: {k: 1}\n", {"a": {"m": 1, "k": 1}}, id="merge-of-other-keys-below"),
        pytest.param('a:\n  "<<": {k: 1}\n', {"a": {"<<": {"k": 1}}}, id="quoted-is-a-key"),
        pytest.param("a: <<\nb: [<<]\n", {"a": "<<", "b": ["<<"]}, id="text-as-a-value"),
        pytest.param("a: &x 1\nb: &x 2\nc: *x\n", {"a": 1, "b": 2, "c": 2}, id="anchor-used-again"),
    ],
)
def test_c12_anchors_and_merges_are_expanded(text: str, expected: dict[str, Any]) -> None:
    """The data is what Kubernetes reads, and what is emitted has no anchors."""
    (found,) = data(text)
    assert found == expected
    assert alike(found, kubernetes([text])[0]) or "<<: {k: 1}\n" in text
    emitted = emit(found)
    assert not set("&*") & set(emitted)
    assert data(emitted) == [expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("a: *x\n", "1:4 yaml.anchor the alias *x has no anchor before it", id="unknown"),
        pytest.param(
            "a: &x [*x]\n", "1:8 yaml.anchor the alias *x stands inside its own anchor", id="itself"
        ),
        pytest.param(
            "a: &x 1\n---\nb: *x\n",
            "3:4 yaml.anchor the alias *x has no anchor before it",
            id="of-another-document",
        ),
        pytest.param(
            "a:\n  <<: 1\n", "2:3 yaml.merge the merge key << has a value that is not a map", id="no-map"
        ),
        pytest.param(
            "a:\n  <<: [{k: 1}, 2]\n",
            "2:3 yaml.merge the merge key << has a value that is not a map",
            id="no-map-in-a-list",
        ),
        pytest.param(
            "a:\n  <<: {k: 1}\n  <<: {l: 1}\n",
            "3:3 yaml.duplicate-key the key << stands here again; it stands at m.yaml:2:3 already",
            id="two-merges",
        ),
        pytest.param(
            "a:\n  k: 1\n  <<: {k: 2}\n",
            "2:3 yaml.merge the key k stands before a merge << that sets it too",
            id="key-before-the-merge",
        ),
        pytest.param(
            "&x a: 1\n? *x\n: 2\n",
            "2:3 yaml.duplicate-key the key a stands here again; it stands at m.yaml:1:1 already",
            id="alias-as-a-key",
        ),
    ],
)
def test_c12_what_cannot_be_expanded_is_refused(text: str, expected: str) -> None:
    """An alias without an anchor and a merge without a map have a place; nothing is guessed."""
    assert complaints(text) == [expected]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        pytest.param("", 0, id="zero-bytes"),
        pytest.param("\ufeff", 0, id="byte-order-mark-only"),
        pytest.param("\n\n", 0, id="blank-lines"),
        pytest.param("# a\n# b\n", 0, id="comments-only"),
        pytest.param("---\n", 0, id="marker-only"),
        pytest.param("---\n---\n# c\n---\n", 0, id="empty-documents"),
        pytest.param("--- # comment\na: 1\n", 1, id="comment-beside-the-marker"),
        pytest.param("a: 1\n---\n", 1, id="marker-at-the-end"),
        pytest.param("a: 1\n...\n", 1, id="end-marker"),
        pytest.param("---\n# c\n---\na: 1\n---\n---\n- b\n", 2, id="empty-between"),
    ],
)
def test_c13_no_phantom_documents(text: str, count: int) -> None:
    """Documents without content are skipped, with comments or not."""
    assert len(data(text)) == count
    if count == 0:
        assert read(text.encode(), "m.yaml", Dialect.KUBERNETES) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("hello\n", "1:1 yaml.scalar-document the document is a lone value", id="scalar"),
        pytest.param("a: 1\n---\nnull\n", "3:1 yaml.scalar-document the document is a lone value", id="null"),
        pytest.param("--- |\n  x\n", "1:5 yaml.separator content stands on the line of ---", id="block"),
        pytest.param(
            "{{ template }}\n",
            "1:2 yaml.key a list or a map stands where a key is expected",
            id="template",
        ),
        pytest.param(
            "a: {{ b }}\n",
            "1:5 yaml.key a list or a map stands where a key is expected",
            id="template-as-a-value",
        ),
        pytest.param("{{- if a }}\nb: 1\n", "1:3 yaml.syntax", id="template-with-a-dash"),
        pytest.param("a: {{ b | quote }}\n", "1:5 yaml.key", id="template-with-a-pipe"),
        pytest.param("[a]: 1\n", "1:1 yaml.key a list or a map stands where a key is", id="list-as-a-key"),
    ],
)
def test_c13_text_that_is_no_manifest_is_refused(text: str, expected: str) -> None:
    """A lone value and template text are errors with a place, never an object."""
    assert complaints(text)[0].startswith(expected)
    if "{{" in text:
        with pytest.raises(TowpathError, match="this looks like template text"):
            data(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("--- {a: 1}\n", "1:5 yaml.separator", id="content-beside-the-marker"),
        pytest.param("a: 1\n--- &x\nb: 1\n", "2:5 yaml.separator", id="anchor-beside-the-marker"),
        pytest.param("a: 1\n...\nb: 2\n", "3:1 yaml.syntax", id="document-after-the-end-marker"),
        pytest.param("%YAML 1.2\n---\na: 1\n", "1:1 yaml.directive", id="version"),
        pytest.param("%TAG ! !x\n---\na: 1\n", "1:1 yaml.directive", id="tag-prefix"),
        pytest.param("%YAML 1.1\n--- {a: 1}\n", "1:1 yaml.directive", id="directive-and-content"),
    ],
)
def test_what_kubectl_would_drop_is_refused(text: str, expected: str) -> None:
    """It cuts a file at the lines that begin with ---, and drops the rest of each such line."""
    assert complaints(text)[0].startswith(expected)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("a: !x 1\n", "1:4 yaml.tag the tag !x is not allowed here", id="own"),
        pytest.param("a: !!binary aGk=\n", "1:4 yaml.tag the tag !!binary is not allowed here", id="binary"),
        pytest.param("a: !!int 3\n", "1:4 yaml.tag the tag !!int is not allowed here", id="int"),
        pytest.param("a: !!python/object:x {}\n", "1:4 yaml.tag the tag !!python/object:x is", id="python"),
        pytest.param("a: !!set {b}\n", "1:4 yaml.tag the tag !!set is not allowed here", id="set"),
        pytest.param("a: ! 3\n", "1:4 yaml.tag the tag ! is not allowed here", id="non-specific"),
        pytest.param("!x\na: 1\n", "1:1 yaml.tag the tag !x is not allowed here", id="at-the-root"),
        pytest.param("!x a: 1\n", "1:1 yaml.tag the tag !x is not allowed here", id="at-a-key"),
    ],
)
def test_p16_tags_are_refused(text: str, shown: str) -> None:
    """No tag changes what a value is."""
    (complaint,) = complaints(text)
    assert complaint.startswith(shown)


def test_p16_the_tag_of_text_is_read() -> None:
    """`!!str` is harmless and means the same to everybody."""
    text = "a: !!str 012\nb: !!str\n!!str on: !!str |\n  x\n"
    assert data(text) == [{"a": "012", "b": "", "on": "x\n"}]
    assert alike(data(text)[0], kubernetes([text])[0])
