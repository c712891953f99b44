"""Our Include: as strict as every other reader, with the lines of the file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.constructs.sample import chart
from towpath.constructs import Include
from towpath.errors import TowpathError
from towpath.manifests.order import canonical

if TYPE_CHECKING:
    from pathlib import Path

HEAD = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"


def included(folder: Path, text: str) -> Include:
    """Include a file of this text."""
    file = folder / "more.yaml"
    file.write_text(text)
    return Include(chart(), "include", path=file)


@pytest.mark.parametrize(
    ("text", "data"),
    [
        pytest.param(
            "data: {time: 12:30:45, day: 2001-12-14}\n", {"time": "12:30:45", "day": "2001-12-14"}, id="c03"
        ),
        pytest.param("x: &d {a: b}\ndata:\n  <<: *d\n  c: d\n", {"a": "b", "c": "d"}, id="c12"),
        pytest.param("data: {big: 9007199254740993}\n", {"big": 2**53 + 1}, id="c07"),
    ],
)
def test_values_are_as_kubernetes_reads_them(tmp_path: Path, text: str, data: dict[str, object]) -> None:
    """c03, c07, c12: times stay text, anchors are expanded, digits are kept."""
    (found,) = included(tmp_path, HEAD + text).api_objects
    assert found.body()["data"] == data
    assert canonical(found.body(), found.place)["metadata"] == {"name": "a"}


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        pytest.param(f"{HEAD}data:\n  on: a\n", (5, 3), "on", id="c04-key-that-is-true-elsewhere"),
        pytest.param(f"{HEAD}data:\n  a: b\n  a: c\n", (6, 3), "a", id="c05-equal-keys"),
        pytest.param(f"{HEAD}data: {{a: b\n", (5, 1), "", id="c06-unterminated"),
        pytest.param(f"{HEAD}data:\n\ta: b\n", (5, 1), "", id="c06-tab"),
        pytest.param("just text\n", (1, 1), "", id="c13-scalar"),
        pytest.param("{{ template }}\n", (1, 2), "", id="c13-template"),
        pytest.param("- a\n", (1, 1), "a list stands where a Kubernetes object is expected", id="c13-list"),
        pytest.param("apiVersion: v1\nkind: Pod\n", (1, 1), "Pod has no name", id="no-name"),
        pytest.param(
            "apiVersion: v1\nkind: Pod\nmetadata: {generateName: a}\n", (1, 1), "generateName", id="c23"
        ),
        pytest.param(
            "apiVersion: v1\nkind: List\nitems:\n- a\n", (4, 3), "a str stands where", id="c14-member"
        ),
        pytest.param(
            f"{HEAD}---\nkind: Pod\nmetadata: {{name: b}}\n",
            (5, 1),
            "has no apiVersion",
            id="second-document",
        ),
    ],
)
def test_mistakes_have_a_line(tmp_path: Path, text: str, place: tuple[int, int], words: str) -> None:
    """What could be misread, or is no object, is refused at its line and column in the file."""
    with pytest.raises(TowpathError) as caught:
        included(tmp_path, text)
    problem = caught.value.problems[0]
    assert (problem.place.file, problem.place.line, problem.place.column) == (
        str(tmp_path / "more.yaml"),
        *place,
    )
    assert words in problem.what


@pytest.mark.parametrize(
    ("text", "names"),
    [
        pytest.param("", [], id="c13-empty"),
        pytest.param("# only a comment\n---\n---\n", [], id="c13-empty-documents"),
        pytest.param(f"{HEAD}---\n", ["a"], id="c13-marker-at-the-end"),
        pytest.param(
            "kind: List\napiVersion: v1\nitems:\n"
            "- {apiVersion: v1, kind: Secret, metadata: {name: a}}\n"
            "- kind: List\n  apiVersion: v1\n  items:\n"
            "  - {apiVersion: v1, kind: Secret, metadata: {name: b}}\n",
            ["a", "b"],
            id="c14-list-in-a-list",
        ),
    ],
)
def test_objects_of_a_file(tmp_path: Path, text: str, names: list[str]) -> None:
    """Empty documents are no objects, and lists count as their members."""
    assert [each.body()["metadata"]["name"] for each in included(tmp_path, text).api_objects] == names


def test_c16_objects_know_their_line(tmp_path: Path) -> None:
    """An included object was declared in its file, so that an error about it can say where."""
    text = f"{HEAD}---\n{HEAD.replace('name: a', 'name: b')}"
    assert [each.place.line for each in included(tmp_path, text).api_objects] == [1, 5]


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """The message names the file and stands at the line of the chart."""
    with pytest.raises(TowpathError, match="cannot be read: No such file or directory") as caught:
        Include(chart(), "include", path=tmp_path / "none.yaml")
    assert caught.value.problems[0].place.file == __file__
