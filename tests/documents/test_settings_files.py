"""Reading what people write: accepted is only what every reader takes for the same value."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.documents.decoders import alike, kubernetes, pyyaml, ruamel, yaml_v3
from towpath.documents.node import Mapping, Scalar, plain
from towpath.documents.reader import read, read_all
from towpath.errors import TowpathError


def complaints(text: str) -> list[str]:
    """Return each problem of a settings file as `line:column rule what`."""
    with pytest.raises(TowpathError) as caught:
        read(text.encode(), "s.yaml")
    assert all(problem.expected and problem.remedy for problem in caught.value.problems)
    return [
        f"{problem.place.line}:{problem.place.column} {problem.rule} {problem.what}"
        for problem in caught.value.problems
    ]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("true", True, id="true"),
        pytest.param("False", False, id="false"),
        pytest.param("null", None, id="null"),
        pytest.param("~", None, id="tilde"),
        pytest.param("", None, id="nothing"),
        pytest.param("0", 0, id="zero"),
        pytest.param("-12", -12, id="negative"),
        pytest.param("18446744073709551615", 2**64 - 1, id="largest"),
        pytest.param("0.5", 0.5, id="float"),
        pytest.param("-1.0", -1.0, id="whole-float"),
        pytest.param("1.5e+3", 1500.0, id="exponent-with-a-sign"),
        pytest.param("1.2.3", "1.2.3", id="version"),
        pytest.param("10.0.0.1", "10.0.0.1", id="address"),
        pytest.param("10.0.0.0/8", "10.0.0.0/8", id="address-range"),
        pytest.param("100m", "100m", id="quantity"),
        pytest.param("1Gi", "1Gi", id="memory"),
        pytest.param("30s", "30s", id="duration"),
        pytest.param("nginx:1.25", "nginx:1.25", id="image"),
        pytest.param("https://a.example:80/b", "https://a.example:80/b", id="address-of-a-page"),
        pytest.param("a b", "a b", id="words"),
        pytest.param("-x", "-x", id="option"),
        pytest.param("2024-01", "2024-01", id="month"),
        pytest.param("northern", "northern", id="word-that-begins-like-no"),
        pytest.param("tRUE", "tRUE", id="no-reader-s-spelling"),
        pytest.param('"012"', "012", id="double-quotes"),
        pytest.param("'on'", "on", id="single-quotes"),
        pytest.param("|\n  12:30\n", "12:30\n", id="block"),
        pytest.param(">-\n  1\n  2\n", "1 2", id="folded"),
    ],
)
def test_a_value_that_is_alike_everywhere_is_read(text: str, value: Any) -> None:
    """Ordinary settings need no quotes."""
    node = read(f"a: {text}\n".encode(), "s.yaml")
    assert node is not None
    found = plain(node)["a"]
    assert (found, type(found)) == (value, type(value))


AMBIGUOUS = (
    *(
        "on",
        "On",
        "OFF",
        "yes",
        "No",
        "y",
        "N",
        "012",
        "08",
        "00",
        "0o14",
        "0x1F",
        "0b11",
        "1_000",
        "+1",
        "1_",
    ),
    *("12:30:45", "12:30", "22:22", "1:2:3.5", "1e3", "1E3", "12345e7", "1.5e3", ".5", "1.", "+0.5", "-.5"),
    *(
        "2001-12-14",
        "2001-1-1T1:00:00Z",
        "2001-12-14 21:59:43.10 -5",
        "=",
        "e3",
        ".",
        "._",
        "+_",
        "0o_",
        ".0_1",
    ),
    *("01.5", "-012", "0O7", "0X1", "1__0", "-0x1", "0b-1", ".e3", "1e400", "0o7777777777777777777777777"),
)


@pytest.mark.parametrize("text", [pytest.param(text, id=text) for text in AMBIGUOUS])
def test_c01_a_value_that_readers_disagree_on_is_refused(text: str) -> None:
    """The place is named, and quotes are the remedy; in quotes the value is read."""
    expected = f"yaml.ambiguous {text} is not read alike by all YAML readers without quotes"
    assert complaints(f"a: {text}\nb: [{text}]\n") == [f"1:4 {expected}", f"2:5 {expected}"]
    with pytest.raises(TowpathError, match="put it in double quotes if it is text"):
        read(f"a: {text}".encode(), "s.yaml")
    node = read(f'a: "{text}"'.encode(), "s.yaml")
    assert node is not None
    assert plain(node) == {"a": text}


def test_c01_the_merge_sign_as_a_value_is_refused() -> None:
    """`<<` is a type of its own in YAML 1.1."""
    assert complaints("a: <<\n")[0].startswith("1:4 yaml.ambiguous")


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        pytest.param(".inf", "yaml.not-finite", id="infinity"),
        pytest.param("-.INF", "yaml.not-finite", id="negative-infinity"),
        pytest.param(".nan", "yaml.not-finite", id="not-a-number"),
        pytest.param("1.0e+999", "yaml.not-finite", id="too-large-for-a-float"),
        pytest.param("18446744073709551616", "yaml.integer-range", id="above-64-bits"),
        pytest.param("-9223372036854775809", "yaml.integer-range", id="below-64-bits"),
        pytest.param("9" * 5000, "yaml.integer-range", id="thousands-of-digits"),
    ],
)
def test_c07_c08_a_number_that_no_manifest_can_hold_is_refused(text: str, rule: str) -> None:
    """Numbers without end and integers beyond 64 bits have a rule of their own."""
    (complaint,) = complaints(f"a: {text}\n")
    assert complaint.startswith(f"1:4 {rule}")


@given(
    texts=st.lists(
        st.one_of(
            st.text("01289_+-.eExXoObB:", min_size=1, max_size=9),
            st.text("0123-:T Z.", min_size=1, max_size=22),
            st.text("yesnofftruNULL~<=", min_size=1, max_size=5),
            st.text("ab 1.-/:@é", min_size=1, max_size=12),
        ).map(str.strip),
        min_size=1,
        max_size=40,
    )
)
@settings(max_examples=60)
def test_c01_what_is_accepted_is_alike_everywhere(texts: list[str]) -> None:
    """A value that is accepted without quotes is the same to YAML 1.1, to YAML 1.2 and to both Go decoders."""
    documents, values = [], []
    for text in texts:
        document = f"a: {text}\n"
        try:
            node = read(document.encode(), "s.yaml")
        except TowpathError:
            continue
        assert node is not None
        documents.append(document)
        values.append(plain(node))
    for decoder in (kubernetes, yaml_v3, pyyaml, ruamel):
        for document, value, found in zip(documents, values, decoder(documents), strict=True):
            assert alike(value, found), (decoder.__name__, document, value, found)


def test_c04_keys_that_are_not_text_are_refused() -> None:
    """All at once: truth values, numbers, nothing, a date, a list, and what is ambiguous."""
    text = "on: 1\n1: 1\nnull: 1\n0.5: 1\ntrue: 1\n2001-12-14: 1\n012: 1\n[a]: 1\n? \n: 1\nfine: 1\n"
    assert [line.split(" ")[:2] for line in complaints(text)] == [
        ["1:1", "yaml.ambiguous"],
        ["2:1", "yaml.key"],
        ["3:1", "yaml.key"],
        ["4:1", "yaml.key"],
        ["5:1", "yaml.key"],
        ["6:1", "yaml.ambiguous"],
        ["7:1", "yaml.ambiguous"],
        ["8:1", "yaml.key"],
        ["9:2", "yaml.key"],
    ]
    node = read(b'"on": 1\n"1": 2\n', "s.yaml")
    assert node is not None
    assert plain(node) == {"on": 1, "1": 2}


def test_c12_anchors_aliases_and_merges_are_refused() -> None:
    """Settings have layers of their own; each use is reported."""
    text = "a: &x {k: 1}\nb: *x\nc:\n  <<: *x\n  d: &y 1\ne: *unknown\n"
    assert complaints(text) == [
        "1:4 yaml.anchor the anchor &x is not allowed here",
        "2:4 yaml.anchor the alias *x is not allowed here",
        "4:3 yaml.merge the merge key << is not allowed here",
        "4:7 yaml.anchor the alias *x is not allowed here",
        "5:6 yaml.anchor the anchor &y is not allowed here",
        "6:4 yaml.anchor the alias *unknown is not allowed here",
    ]


def test_every_problem_of_a_file_is_reported_at_once() -> None:
    """Duplicates, ambiguous values, tags and directives come in one error, sorted by place."""
    text = "%YAML 1.2\n---\na: on\na: !!str 1\nb: {c: 012, c: 1}\n---\nd: 1\n"
    assert [line.split(" ")[:2] for line in complaints(text)] == [
        ["1:1", "yaml.directive"],
        ["3:4", "yaml.ambiguous"],
        ["4:1", "yaml.duplicate-key"],
        ["4:4", "yaml.tag"],
        ["5:8", "yaml.ambiguous"],
        ["5:13", "yaml.duplicate-key"],
        ["6:1", "yaml.many-documents"],
    ]


def test_the_text_of_a_message() -> None:
    """A message names the place, the thing, what was expected and what to do."""
    with pytest.raises(TowpathError) as caught:
        read(b"replicas: 012\nreplicas: 2\n", "envs/staging/pms.yaml")
    assert str(caught.value) == (
        "envs/staging/pms.yaml:1:11: 012 is not read alike by all YAML readers without quotes\n"
        "  expected: text in quotes, or a number written like 10, -3 or 0.5, or true, false or null\n"
        '  to do: put it in double quotes if it is text: "012"\n'
        "envs/staging/pms.yaml:2:1: the key replicas stands here again; it stands at "
        "envs/staging/pms.yaml:1:1 already\n"
        "  expected: every key once in its map\n"
        "  to do: remove or rename one of the two"
    )


def test_p16_hidden_characters_are_refused_as_escapes_too() -> None:
    """In a file that people write there is no use for them."""
    assert complaints('a: "\\0"\nb: "x\\u202ey"\n"\\u200f": 1\n') == [
        "1:4 yaml.character the value holds the hidden character U+0000",
        "2:4 yaml.character the value holds the hidden character U+202E",
        "3:1 yaml.character the value holds the hidden character U+200F",
    ]


def test_one_document() -> None:
    """Markers and empty documents around the one are fine; a second one is refused at its start."""
    node = read(b"---\n# settings\n---\na: 1\n---\n", "s.yaml")
    assert node is not None
    assert plain(node) == {"a": 1}
    assert complaints("a: 1\n---\nb: 1\n---\nc: 1\n") == [
        "2:1 yaml.many-documents a second document begins here",
        "4:1 yaml.many-documents a second document begins here",
    ]
    assert read(b"# nothing\n", "s.yaml") is None


def test_places_and_text_of_scalars() -> None:
    """A scalar knows its place, its characters and whether it was quoted."""
    node = read("é: 'on'\nb: 1.0\n".encode(), "s.yaml")
    assert isinstance(node, Mapping)
    first, second = node.get("é"), node.get("b")
    assert isinstance(first, Scalar)
    assert isinstance(second, Scalar)
    assert (first.value, first.text, first.quoted, str(first.place)) == ("on", "on", True, "s.yaml:1:4")
    assert (second.value, second.text, second.quoted, str(second.place)) == (1.0, "1.0", False, "s.yaml:2:4")


def test_the_parser_in_python_finds_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where PyYAML comes without libyaml, values, places and refusals are the same."""
    text = "a: [1, 'x', {b: null}]\nc: |\n  y\nd: &e {f: 1.5}\ng: {<<: *e, h: i}\n"
    fast = read_all(text.encode(), "m.yaml")
    monkeypatch.setattr("towpath.documents.composition._LOADER", yaml.SafeLoader)
    assert read_all(text.encode(), "m.yaml") == fast
    for broken in ("a: [1\nb: 2\n", "a: !x 1\n", "a: 1\na: 2\n", "a:\n\tb: 1\n", "a: b: c\n", "[" * 100_000):
        with pytest.raises(TowpathError) as caught:
            read_all(broken.encode(), "m.yaml")
        assert caught.value.problems[0].place.line > 0
