"""Planning what to write."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from towpath.dist.changes import FileChange, FileChanges, check_removal, plan_changes, plan_rendering
from towpath.dist.tree import RenderingFiles
from towpath.errors import TowpathError
from towpath.link.map import LinkEntry, LinkMap, format_map

HASH = "0" * 64


@pytest.mark.parametrize(
    ("desired", "present", "owned", "expected"),
    [
        pytest.param({}, {}, (), FileChanges(), id="nothing"),
        pytest.param({"a": b"1"}, {}, (), FileChanges(writes=(FileChange("a", b"1"),)), id="new"),
        pytest.param({"a": b"1"}, {"a": b"1"}, ("a",), FileChanges(unchanged=1), id="unchanged"),
        pytest.param(
            {"a": b"2", "b": b"1"},
            {"a": b"1", "b": b"1"},
            ("a", "b"),
            FileChanges(writes=(FileChange("a", b"2"),), unchanged=1),
            id="changed",
        ),
        pytest.param(
            {}, {"a": b"1"}, ("a",), FileChanges(deletions=(FileChange("a", None),)), id="c26-stale-and-owned"
        ),
        pytest.param({}, {"a": b"1"}, (), FileChanges(foreign=("a",)), id="c26-foreign-stays"),
        pytest.param({}, {}, ("a",), FileChanges(), id="stale-and-already-gone"),
        pytest.param(
            {"a": b"1"}, {"a": b"1"}, (), FileChanges(unchanged=1), id="foreign-and-equal-is-adopted"
        ),
        pytest.param({}, {"a": None}, ("a",), FileChanges(foreign=("a",)), id="owned-name-became-a-link"),
    ],
)
def test_c26_plan(
    desired: dict[str, bytes], present: dict[str, bytes | None], owned: tuple[str, ...], expected: FileChanges
) -> None:
    """Only what differs is written, only what is owned is deleted."""
    assert plan_changes(desired, present, owned) == expected


def test_c26_foreign_files_in_the_way_are_all_named() -> None:
    """A desired name that somebody else's file or a link occupies is refused, all at once."""
    desired = {"a": b"1", "b": b"1", "c": b"1"}
    with pytest.raises(TowpathError) as caught:
        plan_changes(desired, {"a": b"2", "b": None, "c": b"2"}, ("b", "c"), folder="dist/staging/pms")
    assert [problem.place.file for problem in caught.value.problems] == [
        "dist/staging/pms/a",
        "dist/staging/pms/b",
    ]
    assert [problem.what.split(" stands")[0] for problem in caught.value.problems] == [
        "a file that the link map does not list",
        "something that is no plain file",
    ]


_NAMES = st.sampled_from("abcdef")
_FILES = st.dictionaries(_NAMES, st.sampled_from([b"1", b"2"]))


@given(desired=_FILES, present=_FILES, owned=st.sets(_NAMES))
def test_p09_plan_gives_what_is_desired_and_keeps_the_rest(
    desired: dict[str, bytes], present: dict[str, bytes], owned: set[str]
) -> None:
    """After the changes every desired file is there, every foreign one still is, and no other."""
    try:
        plan = plan_changes(desired, present, owned)
    except TowpathError:
        assert any(name not in owned and present.get(name, data) != data for name, data in desired.items())
        return
    after = dict(present)
    for change in plan.all:
        assert after.get(change.path) != change.data
        if change.data is None:
            del after[change.path]
        else:
            after[change.path] = change.data
    foreign = {name: data for name, data in present.items() if name not in owned}
    assert after == {**foreign, **desired}
    assert set(plan.foreign) == set(foreign) - set(desired)
    assert plan.unchanged + len(plan.writes) == len(desired)


def _map(*names: str) -> LinkMap:
    return LinkMap("1.33.4", tuple(LinkEntry(name, HASH) for name in names))


def test_plan_rendering_moves_the_map_along() -> None:
    """The map is one of the files, beside the folder, and the old map says what is owned."""
    found = RenderingFiles(
        {"a.yaml": b"1\n", "b.yaml": b"1\n", "mine.yaml": b"1\n"},
        {"link.yaml": "a symbolic link"},
        format_map(_map("a.yaml", "b.yaml")),
    )
    plan = plan_rendering("staging", "pms", {"a.yaml": b"2\n"}, _map("a.yaml"), found)
    assert plan.writes == (
        FileChange("staging/pms.links", format_map(_map("a.yaml"))),
        FileChange("staging/pms/a.yaml", b"2\n"),
    )
    assert plan.deletions == (FileChange("staging/pms/b.yaml", None),)
    assert plan.foreign == ("staging/pms/link.yaml", "staging/pms/mine.yaml")


def test_plan_rendering_again_is_nothing() -> None:
    """What is as it should be is not written."""
    found = RenderingFiles({"a.yaml": b"1\n"}, {}, format_map(_map("a.yaml")))
    assert plan_rendering("staging", "pms", found.files, _map("a.yaml"), found) == FileChanges(unchanged=2)


def test_plan_rendering_of_a_platform_that_goes() -> None:
    """A platform without a map loses its files and its map."""
    found = RenderingFiles({"a.yaml": b"1\n"}, {}, format_map(_map("a.yaml")))
    plan = plan_rendering("staging", "pms", {}, None, found)
    assert [change.path for change in plan.deletions] == ["staging/pms.links", "staging/pms/a.yaml"]


def test_plan_rendering_mends_a_map_with_a_merge_conflict() -> None:
    """A fresh compile replaces a map that Git could not merge, and owns the files of both sides."""
    ours, theirs = (format_map(_map(name, "z.yaml")).split(b"\n", 1)[1] for name in ("a.yaml", "b.yaml"))
    conflict = (
        b'{"format":1,"kubernetes":"1.33.4"}\n<<<<<<< HEAD\n' + ours + b"=======\n" + theirs + b">>>>>>> x\n"
    )
    found = RenderingFiles(dict.fromkeys(("a.yaml", "b.yaml", "c.yaml"), b"1\n"), {}, conflict)
    plan = plan_rendering("staging", "pms", {"a.yaml": b"2\n"}, _map("a.yaml"), found)
    assert [change.path for change in plan.writes] == ["staging/pms.links", "staging/pms/a.yaml"]
    assert [change.path for change in plan.deletions] == ["staging/pms/b.yaml"]
    assert plan.foreign == ("staging/pms/c.yaml",)


def _names(first: int, last: int) -> list[str]:
    return [f"{number}.yaml" for number in range(first, last)]


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        pytest.param([], _names(0, 1), "", id="new"),
        pytest.param([], [], "staging/pms renders no objects", id="never-had-any"),
        pytest.param(
            _names(0, 3), [], "staging/pms renders no objects (the first is 0.yaml)", id="all-of-few"
        ),
        pytest.param(_names(0, 10), _names(0, 1), "", id="most-of-ten"),
        pytest.param(_names(0, 11), _names(0, 6), "", id="five-of-eleven"),
        pytest.param(_names(0, 12), _names(0, 6), "", id="half-of-twelve"),
        pytest.param(
            _names(0, 11), _names(0, 5), "6 of 11 objects of staging/pms would be removed", id="six-of-eleven"
        ),
        pytest.param(_names(0, 20), _names(20, 40), "20 of 20 objects", id="all-replaced-by-as-many"),
    ],
)
def test_c28_removal(before: list[str], after: list[str], words: str) -> None:
    """A compile that renders nothing, or loses most of many objects, is refused unless asked for."""
    if not words:
        check_removal("staging/pms", before, after, allow_removal=False)
        return
    with pytest.raises(TowpathError) as caught:
        check_removal("staging/pms", before, after, allow_removal=False)
    assert words in str(caught.value)
    assert "--allow-removal" in str(caught.value)
    check_removal("staging/pms", before, after, allow_removal=True)
