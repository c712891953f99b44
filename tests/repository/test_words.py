"""What a remote says: made fit to be shown, and read for its likely meaning."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from towpath.repository.port import Fault
from towpath.repository.words import WORDS_LIMIT, clean, remote_error


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        pytest.param(b"remote: \x1b[31mno\x1b[0m way\n", "no way", id="colour"),
        pytest.param(b"remote: a\x1b]0;title\x07b\n", "ab", id="window-title"),
        pytest.param(b"remote: a\x1b]8;;http://x\x1b\\b\n", "ab", id="link"),
        pytest.param(b"remote: one\rremote: two\n", "one; two", id="overwritten-line"),
        pytest.param("remote: a\u202eb\u200bc\n".encode(), "a b c", id="direction-and-zero-width"),
        pytest.param(b"remote: `rm -rf`\n", "rm -rf", id="backticks"),
        pytest.param(
            b"remote: \xff\xfe\n", "\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}", id="not-utf-8"
        ),
        pytest.param(b"To http://x\n ! [rejected]\nhint: pull first\n", "! [rejected]", id="noise"),
        pytest.param(b"remote: no\nremote: no\n", "no", id="said-twice"),
        pytest.param(b"", "", id="nothing"),
    ],
)
def test_p24_a_remotes_words_are_one_clean_line(words: bytes, shown: str) -> None:
    """No escape sequence, control character or direction mark gets through."""
    assert clean(words) == shown


@given(st.binary(max_size=600))
def test_p24_whatever_a_remote_sends(words: bytes) -> None:
    """Any bytes become one printable line of bounded length."""
    shown = clean(words)
    assert shown.isprintable()
    assert "\n" not in shown
    assert len(shown) <= WORDS_LIMIT + 3


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        pytest.param("The requested URL returned error: 401", Fault.UNAUTHORIZED, id="401"),
        pytest.param("The requested URL returned error: 403", Fault.UNAUTHORIZED, id="403"),
        pytest.param("The requested URL returned error: 308", Fault.MOVED, id="308"),
        pytest.param("repository 'http://x/' not found", Fault.NOT_FOUND, id="not-found"),
        pytest.param("git@host: Permission denied (publickey)", Fault.UNAUTHORIZED, id="ssh-key"),
        pytest.param("The requested URL returned error: 503", Fault.UNREACHABLE, id="503"),
        pytest.param("SSL certificate problem: self-signed", Fault.UNREACHABLE, id="certificate"),
        pytest.param("Operation too slow.", Fault.TIMEOUT, id="slow"),
        pytest.param("was weiß ich", Fault.UNREACHABLE, id="anything-else"),
    ],
)
def test_p29_each_fault_says_what_to_do(words: str, fault: Fault) -> None:
    """One message each: what happened, what was expected, what to do."""
    error = remote_error("https://git.example/env", words)
    assert error.fault is fault
    [problem] = error.problems
    assert words in problem.what
    assert problem.expected
    assert problem.remedy
    assert problem.rule == f"repository.{fault}"
