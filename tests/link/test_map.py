"""The link map's one form, and what is refused."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.link.examples import MAP
from towpath.errors import TowpathError
from towpath.images.symbol import Form
from towpath.link.map import (
    FORMAT,
    LinkEntry,
    LinkMap,
    Location,
    format_map,
    is_file_name,
    listed_files,
    parse_map,
)

if TYPE_CHECKING:
    from towpath.errors import Problem

FILE = "dist/staging/pms.links"
HASH = "ab" * 32
HEADER = '{"format":1,"kubernetes":"1.33.4"}'


def _line(file: str = "a.yaml", rest: str = "", sha256: str = HASH) -> str:
    return f'{{"file":{json.dumps(file)},"sha256":"{sha256}"{rest}}}'


def _image(line: str = "3", path: str = "spec.image", image: str = "backend", form: str = "reference") -> str:
    return f'{{"line":{line},"path":"{path}","image":"{image}","form":"{form}"}}'


def _images(*images: str) -> str:
    return f',"images":[{",".join(images)}]'


def test_form() -> None:
    """A map is one line a file, with a fixed order of keys and no spaces."""
    link_map = LinkMap(
        "1.33.4",
        (
            LinkEntry("a.yaml", HASH),
            LinkEntry("b.yaml", HASH, (Location(31, 'metadata.labels["x"]', "backend", Form.TAG),)),
        ),
    )
    assert FORMAT == 1
    assert format_map(link_map).decode().splitlines() == [
        '{"format":1,"kubernetes":"1.33.4"}',
        f'{{"file":"a.yaml","sha256":"{HASH}"}}',
        _line("b.yaml", _images(_image("31", r"metadata.labels[\"x\"]", form="tag"))),
    ]
    assert format_map(link_map).endswith(b"}\n")


def test_what_a_map_knows() -> None:
    """Files, clusters, images, and the files that a change of pins has to read."""
    assert MAP.files == ("deployment_backend.yaml", "deployment_worker.yaml", "service_backend.yaml")
    assert MAP.images == {"backend", "migrate"}
    assert MAP.files_using(["migrate"]) == ("deployment_backend.yaml",)
    assert MAP.files_using([]) == ()
    assert MAP.clusters == ()
    assert LinkMap("1.33", (LinkEntry("north/a.yaml", HASH), LinkEntry("south/a.yaml", HASH))).clusters == (
        "north",
        "south",
    )


_LOCATIONS = st.lists(
    st.builds(
        Location,
        st.integers(1, 10**6),
        st.text(st.characters(exclude_categories=["C", "Z"])),
        st.from_regex(r"[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?", fullmatch=True),
        st.sampled_from(Form),
    ),
    max_size=4,
    unique_by=lambda location: location.line,
).map(lambda locations: tuple(sorted(locations, key=lambda location: location.line)))
_ENTRIES = st.lists(
    st.builds(
        LinkEntry,
        st.from_regex(r"([a-z]{1,3}/)?[a-z0-9%][a-z0-9%._~-]{0,12}\.yaml", fullmatch=True),
        st.from_regex(r"[0-9a-f]{64}", fullmatch=True),
        _LOCATIONS,
    ),
    max_size=6,
    unique_by=lambda entry: entry.file,
).map(lambda entries: tuple(sorted(entries, key=lambda entry: entry.file)))


@settings(max_examples=30)
@given(st.builds(LinkMap, st.sampled_from(["1.33.4", "1.30"]), _ENTRIES))
def test_round_trip(link_map: LinkMap) -> None:
    """Reading what was written gives the same map."""
    data = format_map(link_map)
    assert parse_map(data, FILE) == link_map
    assert listed_files(data) == set(link_map.files)


@given(data=st.binary(max_size=60), at=st.integers(0, 400), cut=st.integers(0, 40))
def test_any_damage_is_refused_or_harmless(data: bytes, at: int, cut: int) -> None:
    """However a map is damaged, it is refused with a place, or it still is the form of what it says."""
    whole = format_map(MAP)
    damaged = whole[:at] + data + whole[at + cut :]
    problems: tuple[Problem, ...] = ()
    try:
        assert format_map(parse_map(damaged, FILE)) == damaged
    except TowpathError as error:
        problems = error.problems
    assert all(problem.place.file == FILE and problem.place.line >= 1 for problem in problems)


@pytest.mark.parametrize(
    ("lines", "place", "words"),
    [
        pytest.param([], 1, "the link map has no header", id="empty"),
        pytest.param(["[]"], 1, "the link map has no header", id="no-object"),
        pytest.param([_line()], 1, "the link map has no header", id="header-missing"),
        pytest.param(['{"format":1}'], 1, "the header names no Kubernetes version", id="no-version"),
        pytest.param(['{"format":1,"kubernetes":"v1.33"}'], 1, "no Kubernetes version", id="strange-version"),
        pytest.param(['{"format":1, "kubernetes":"1.33.4"}'], 1, "not in the form", id="header-with-a-space"),
        pytest.param(
            ['{"format":1,"kubernetes":"1.33.4","x":1}'], 1, "not in the form", id="header-with-more"
        ),
        pytest.param([HEADER, "nonsense"], 2, "the line is not a JSON object", id="no-json"),
        pytest.param([HEADER, ""], 2, "the line is not a JSON object", id="empty-line"),
        pytest.param([HEADER, "[" * 100_000], 2, "the line is not a JSON object", id="depth-bomb"),
        pytest.param([HEADER, '{"file":[[]]}'], 2, "a list is not a file name", id="name-is-a-list"),
        pytest.param([HEADER, _line("../a.yaml")], 2, "'../a.yaml' is not a file name", id="parent"),
        pytest.param([HEADER, _line("/a.yaml")], 2, "is not a file name", id="absolute"),
        pytest.param([HEADER, _line("a\x00.yaml")], 2, "'a\\x00.yaml' is not a file name", id="nul"),
        pytest.param([HEADER, _line("a/../b.yaml")], 2, "is not a file name", id="parent-inside"),
        pytest.param([HEADER, _line("a/b/c.yaml")], 2, "is not a file name", id="two-folders"),
        pytest.param([HEADER, _line(".hidden.yaml")], 2, "is not a file name", id="hidden"),
        pytest.param([HEADER, _line("a\\b.yaml")], 2, "is not a file name", id="backslash"),
        pytest.param([HEADER, _line("a.sh")], 2, "is not a file name", id="no-manifest"),
        pytest.param([HEADER, _line("a" * 300 + ".yaml")], 2, "is not a file name", id="long"),
        pytest.param([HEADER, _line("\u0430.yaml")], 2, "'\\u0430.yaml' is not a file name", id="cyrillic"),
        pytest.param([HEADER, _line(sha256="AB" * 32)], 2, "the hash of a.yaml", id="upper-case-hash"),
        pytest.param([HEADER, _line(sha256="ab")], 2, "the hash of a.yaml", id="short-hash"),
        pytest.param(
            [HEADER, _line(rest=',"images":{}')], 2, "the images of a.yaml", id="images-are-no-list"
        ),
        pytest.param([HEADER, _line(rest=',"images":[]')], 2, "not in the form", id="empty-images"),
        pytest.param([HEADER, _line(rest=',"extra":1')], 2, "not in the form", id="unknown-key"),
        pytest.param([HEADER, _line(rest=f',"sha256":"{HASH}"')], 2, "not in the form", id="key-twice"),
        pytest.param([HEADER, _line() + " "], 2, "not in the form", id="trailing-space"),
        pytest.param([HEADER, _line() + "\r"], 2, "not in the form", id="carriage-return"),
        pytest.param(
            [HEADER, _line(rest=_images("1"))], 2, "image location 1 of", id="location-is-no-object"
        ),
        pytest.param([HEADER, _line(rest=_images(_image("0")))], 2, "image location 1 of", id="line-zero"),
        pytest.param([HEADER, _line(rest=_images(_image("true")))], 2, "image location 1 of", id="line-true"),
        pytest.param([HEADER, _line(rest=_images(_image("1.0")))], 2, "image location 1 of", id="line-float"),
        pytest.param([HEADER, _line(rest=_images(_image(form="name")))], 2, "image location 1 of", id="form"),
        pytest.param([HEADER, _line(rest=_images(_image(image="A")))], 2, "image location 1 of", id="image"),
        pytest.param(
            [HEADER, _line(rest=_images(_image(path="\\u202ea")))],
            2,
            "image location 1 of",
            id="direction-mark",
        ),
        pytest.param(
            [HEADER, _line(rest=_images(_image("3"), _image("3")))],
            2,
            "not sorted by line",
            id="one-line-twice",
        ),
        pytest.param([HEADER, _line("b.yaml"), _line()], 3, "a.yaml is out of order", id="unsorted"),
        pytest.param([HEADER, _line(), _line()], 3, "a.yaml stands twice", id="twice"),
        pytest.param(
            [HEADER, _line("A.yaml"), _line("a.yaml")],
            3,
            "a.yaml stands twice (first as A.yaml)",
            id="c15-case",
        ),
        pytest.param(
            [HEADER, "<<<<<<< HEAD", _line(), "=======", _line("b.yaml"), ">>>>>>> x"],
            2,
            "a merge conflict is not resolved",
            id="merge-conflict",
        ),
    ],
)
def test_e80_malformed_maps(lines: list[str], place: int, words: str) -> None:
    """A map that Towpath did not write is refused at its line."""
    with pytest.raises(TowpathError) as caught:
        parse_map("".join(f"{line}\n" for line in lines).encode(), FILE)
    assert [(problem.place.line, problem.rule) for problem in caught.value.problems] == [
        (place, "map.malformed")
    ]
    assert words in caught.value.problems[0].what


def test_a_map_that_is_cut_off() -> None:
    """A missing newline at the end is a missing piece."""
    with pytest.raises(TowpathError, match=rf"{FILE}:3: the last line is cut off"):
        parse_map(f"{HEADER}\n{_line()}\n{_line('b.yaml')[:20]}".encode(), FILE)


def test_bytes_that_are_no_text() -> None:
    """Bytes that are no UTF-8 are refused, not stumbled over."""
    with pytest.raises(TowpathError, match="is not a JSON object"):
        parse_map(HEADER.encode() + b'\n{"file":"\xff"}\n', FILE)


def test_all_problems_at_once() -> None:
    """One run names every bad line."""
    with pytest.raises(TowpathError) as caught:
        parse_map(f"{HEADER}\nx\n{_line()}\ny\n".encode(), FILE)
    assert [problem.place.line for problem in caught.value.problems] == [2, 4]


@pytest.mark.parametrize("found", ["2", "0", '"1"', "null", "true", "[1]"])
def test_c30_another_format_is_the_tool_and_not_an_edit(found: str) -> None:
    """A map of another format says that the tool differs, whatever the rest of it looks like."""
    with pytest.raises(TowpathError) as caught:
        parse_map(f'{{"format":{found},"anything":1}}\nwhatever\n'.encode(), FILE)
    assert [problem.rule for problem in caught.value.problems] == ["map.tool"]
    assert "another version of Towpath" in caught.value.problems[0].what


@pytest.mark.parametrize(
    "name", ["deployment_backend.yaml", "north/role_system%3anode.yaml", "a..b.yaml", "%61.yaml"]
)
def test_names_that_a_map_may_list(name: str) -> None:
    """The names that the compiler writes are allowed."""
    assert is_file_name(name)
