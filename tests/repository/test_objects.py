"""Git's objects, turned into values."""

from __future__ import annotations

import pytest

from towpath.repository.objects import parse_batch, parse_commit, parse_raw_tree, parse_trailers

NAME = "1" * 40


@pytest.mark.parametrize(
    ("message", "trailers"),
    [
        pytest.param("Subject\n\nA: b\nC-D: e f\n", {"A": "b", "C-D": "e f"}, id="usual"),
        pytest.param("Subject\n\ntext\n\nA: b\n", {"A": "b"}, id="after-a-text"),
        pytest.param("A: b\n", {}, id="a-subject-is-none"),
        pytest.param("Subject\n\ntext: with colon\nand more\n", {}, id="text-with-colon"),
        pytest.param("Subject\n\nA: b\n\nlast words\n", {}, id="not-at-the-end"),
        pytest.param("Subject\n\nA: b\n  more\n", {"A": "b more"}, id="goes-on"),
        pytest.param("Subject\n\nA: b\nA: c\n", {"A": "c"}, id="twice"),
        pytest.param("Subject\n\nA:\n", {"A": ""}, id="empty-value"),
        pytest.param("Subject\n \nA: b", {"A": "b"}, id="blank-line-with-space"),
        pytest.param("", {}, id="empty"),
    ],
)
def test_trailers(message: str, trailers: dict[str, str]) -> None:
    """The last paragraph, where it is nothing but `Name: value` lines and not the subject."""
    assert parse_trailers(message) == trailers


def test_a_commit() -> None:
    """Parents, tree, time of the commit and its author; a signature is passed over."""
    data = (
        b"tree 2222222222222222222222222222222222222222\n"
        b"parent 3333333333333333333333333333333333333333\n"
        b"parent 4444444444444444444444444444444444444444\n"
        b"author A \xc3\x96 Person <a@example.invalid> 1700000000 +0200\n"
        b"committer B <b@example.invalid> 1700000099 -0500\n"
        b"gpgsig -----BEGIN\n tree 5555\n -----END\n"
        b"\nSubject\n\nA: b \xff\n"
    )
    commit = parse_commit(NAME, data)
    assert commit.parents == ("3" * 40, "4" * 40)
    assert (commit.tree, commit.time, commit.author) == (
        "2" * 40,
        1700000099,
        "A Ö Person <a@example.invalid>",
    )
    assert commit.trailers == {"A": "b \N{REPLACEMENT CHARACTER}"}


@pytest.mark.parametrize(
    "output",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"%s blob 3\nab" % NAME.encode(), id="cut-in-content"),
        pytest.param(b"%s blob 2\nab\n%s mis" % (NAME.encode(), NAME.encode()), id="cut-in-header"),
        pytest.param(b"%s blob x\nab\n" % NAME.encode(), id="no-number"),
    ],
)
def test_output_that_was_cut_short(output: bytes) -> None:
    """Half an answer is an error, and never taken for a whole one."""
    with pytest.raises(ValueError, match=r".*"):
        parse_batch(output, 2)


def test_objects_that_are_missing() -> None:
    """A missing object is told from an empty one."""
    output = f"{NAME} blob 0\n\n{NAME} missing\n".encode()
    assert parse_batch(output, 2) == [b"", None]


def test_a_tree_object() -> None:
    """Modes get six digits, ids are hexadecimal."""
    data = b"100644 a\0" + bytes.fromhex(NAME) + b"40000 d\0" + bytes.fromhex("2" * 40)
    found = parse_raw_tree(data, NAME)
    assert {name: (entry.mode, entry.id) for name, entry in found.items()} == {
        "a": ("100644", NAME),
        "d": ("040000", "2" * 40),
    }
