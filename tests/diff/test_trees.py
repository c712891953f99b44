"""Comparing two trees: objects by their keys, pins by their images, and all else by its path."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.diff.examples import DIGESTS, config, manifest, one_file, pins, secret, tree
from towpath.diff.change import ChangeKind, Counts, Diff, Unreadable
from towpath.diff.trees import diff_trees, rendering_of
from towpath.documents.emitter import emit

if TYPE_CHECKING:
    from collections.abc import Mapping

CHANGED, ADDED, REMOVED = ChangeKind.CHANGED, ChangeKind.ADDED, ChangeKind.REMOVED
PINS = "envs/staging/shop.images.yaml"


def kinds(diff: Diff) -> list[tuple[str, str]]:
    """Return what happens to which object."""
    return [(change.kind.value, change.key.name) for change in diff.changes]


def yaml(*objects: dict[str, Any]) -> bytes:
    """Return a file of some objects."""
    return "---\n".join(emit(each) for each in objects).encode()


SERVICE = manifest("Service", "web", spec={"ports": [{"port": 80, "name": "http"}], "type": "ClusterIP"})
OTHER = manifest("Service", "db", spec={"ports": [{"port": 5432}]})


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            yaml(SERVICE),
            b"kind: Service\nspec: {type: ClusterIP, ports: [{name: http, port: 80}]}\n"
            b'metadata: {namespace: "shop", name: web}\napiVersion: v1\n',
            id="keys-and-style",
        ),
        pytest.param(yaml(SERVICE, OTHER), yaml(OTHER, SERVICE), id="documents"),
        pytest.param(yaml(SERVICE), b"# a comment\n---\n" + yaml(SERVICE) + b"---\n", id="empty-documents"),
        pytest.param(yaml(SERVICE), json.dumps(SERVICE).encode(), id="json"),
        pytest.param(
            yaml(SERVICE, OTHER),
            yaml({"apiVersion": "v1", "kind": "List", "items": [OTHER, SERVICE]}),
            id="list",
        ),
        pytest.param(yaml(SERVICE), yaml(SERVICE).replace(b"\n", b"\r\n"), id="line-ends"),
    ],
)
def test_c32_another_form_of_the_same_objects_is_no_difference(before: bytes, after: bytes) -> None:
    """Order and style do not count; that the file is written anew is told apart."""
    assert before != after
    found = diff_trees(one_file(before), one_file(after))
    assert found == Diff(reformatted=("dist/staging/shop/a.yaml",))
    assert not found


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(1, True, id="number-and-truth"),
        pytest.param(1, 1.0, id="integer-and-float"),
        pytest.param(80, "80", id="number-and-text"),
        pytest.param(None, "", id="null-and-empty"),
        pytest.param("a\n", "a", id="c10-final-line-feed"),
        pytest.param([1, 2], [2, 1], id="order-of-a-list"),
    ],
)
def test_values_that_only_look_alike_are_different(one: object, other: object) -> None:
    """What Kubernetes reads differently is a change, also where Python says that it is equal."""
    found = diff_trees(
        one_file(yaml(manifest("Widget", "w", spec={"a": one}))),
        one_file(yaml(manifest("Widget", "w", spec={"a": other}))),
    )
    assert kinds(found) == [("changed", "w")]
    assert found.changes[0].lines()


def test_an_explicit_null_is_not_the_absence_of_a_field() -> None:
    """In server-side apply they mean different things."""
    found = diff_trees(
        one_file(yaml(manifest("W", "w", spec={"a": None}))), one_file(yaml(manifest("W", "w", spec={})))
    )
    assert kinds(found) == [("changed", "w")]


def test_c37_another_version_of_an_api_is_one_change() -> None:
    """Group, kind, namespace and name say which object it is; the version does not."""
    old = manifest("Ingress", "web", api="networking.k8s.io/v1beta1")
    new = manifest("Ingress", "web", api="networking.k8s.io/v1")
    found = diff_trees(one_file(yaml(old)), one_file(yaml(new)))
    assert kinds(found) == [("changed", "web")]
    assert found.changes[0].lines()[1:3] == (
        "-apiVersion: networking.k8s.io/v1beta1",
        "+apiVersion: networking.k8s.io/v1",
    )


def test_objects_are_matched_by_key_and_not_by_file() -> None:
    """An object that moves to another file is the same object, and may change on the way."""
    moved = diff_trees(tree(a=config(x="1"), b=yaml(OTHER)), tree(c=config(x="1"), b=yaml(OTHER)))
    assert not moved
    changed = diff_trees(tree(a=config(x="1")), tree(c=config(x="2")))
    assert [(each.file_before, each.file_after) for each in changed.changes] == [
        ("dist/staging/shop/a.yaml", "dist/staging/shop/c.yaml")
    ]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(
            manifest("Service", "web"), manifest("Service", "web", namespace="else"), id="namespace"
        ),
        pytest.param(
            manifest("Service", "web"), manifest("Service", "web", api="serving.knative.dev/v1"), id="group"
        ),
        pytest.param(manifest("Service", "web"), manifest("Deployment", "web"), id="kind"),
        pytest.param(manifest("Service", "web"), manifest("Service", "Web"), id="name"),
    ],
)
def test_another_key_is_another_object(one: dict[str, Any], other: dict[str, Any]) -> None:
    """It is removed and added, not changed."""
    assert diff_trees(one_file(yaml(one)), one_file(yaml(other))).counts == Counts(added=1, removed=1)


def test_each_rendering_and_cluster_is_compared_with_itself() -> None:
    """The same key in another environment, platform or cluster is another object."""
    paths = (
        "staging/shop/a",
        "production/shop/a",
        "staging/pay/a",
        "staging/shop/east/a",
        "staging/shop/west/a",
    )
    before = {f"dist/{path}.yaml": config(x=path) for path in paths}
    after = {f"dist/{path}.yaml": config(x=path + "!") for path in paths}
    found = diff_trees(before, after, environments=["staging", "production"])
    assert [(each.environment, each.platform, each.cluster) for each in found.changes] == [
        ("production", "shop", ""),
        ("staging", "pay", ""),
        ("staging", "shop", ""),
        ("staging", "shop", "east"),
        ("staging", "shop", "west"),
    ]
    assert {each.kind for each in found.changes} == {CHANGED}
    assert [str(each) for each in found.renderings] == ["staging/pay", "staging/shop", "production/shop"]
    assert [each.counts.total for each in found.renderings] == [1, 3, 1]


def test_pins_are_compared_by_image() -> None:
    """Each pin that differs in anything is listed, with both sides."""
    before = pins(web="1@a", db="7", gone="1@b")
    after = pins(web="2@c", db="7", new="1@b")
    found = diff_trees({PINS: before}, {PINS: after})
    assert [(each.environment, each.platform, each.image) for each in found.pins] == [
        ("staging", "shop", image) for image in ("gone", "new", "web")
    ]
    gone, new, web = found.pins
    assert (gone.after, new.before) == (None, None)
    assert (web.before and web.before.digest, web.after and web.after.digest) == (DIGESTS["a"], DIGESTS["c"])
    assert found
    assert [str(each) for each in found.renderings] == ["staging/shop"]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        pytest.param(b"a: [", "not readable as YAML (line 2)", id="syntax"),
        pytest.param(b"a: 1\na: 2\n", "not readable as YAML (line 2)", id="duplicate-key"),
        pytest.param(b"- a\n", "no object: a list", id="list"),
        pytest.param(
            b"apiVersion: v1\nkind: Pod\n", "no manifest: metadata.name is missing or no text", id="no-name"
        ),
        pytest.param(
            b"kind: 1\nmetadata: x\n",
            "no manifest: apiVersion, kind, metadata.name is missing or no text",
            id="no-manifest",
        ),
        pytest.param(
            b"apiVersion: v1\nkind: Pod\nmetadata: {generateName: x-}\n",
            "no manifest: metadata.name is missing or no text",
            id="c23-generate-name",
        ),
        pytest.param(b"\xff\xfe", "not readable as YAML (line 1)", id="no-text"),
        pytest.param(b"[" * 200_000, "not readable as YAML (line 1)", id="bomb"),
        pytest.param(b"#" * 5_000_000, "too large: 5000000 bytes", id="too-large"),
    ],
)
def test_a_file_that_is_no_manifest_is_listed(data: bytes, reason: str) -> None:
    """It is no error and hides nothing else: the text is compared as far as it may be shown."""
    start = time.process_time()
    found = diff_trees(tree(a=config(x="1"), b=yaml(OTHER)), tree(a=data))
    assert time.process_time() - start < 2
    (file,) = found.unreadable
    assert (file.path, file.reason) == ("dist/staging/shop/a.yaml", reason)
    assert kinds(found) == [("removed", "db")]
    assert sum(map(len, file.lines())) < 50_000
    backwards = diff_trees(tree(a=data), tree(a=config(x="1")))
    assert [each.reason for each in backwards.unreadable] == [reason]


def test_c42_an_unreadable_secret_is_not_shown() -> None:
    """The text of a Secret that cannot be read stays hidden, and so do the reader's words about it."""
    data = secret(stringData={"a": "c4nary"}) + b"stringData: {}\n"
    found = diff_trees(tree(a=config(x="1")), tree(a=data))
    assert found.unreadable == (Unreadable("dist/staging/shop/a.yaml", "not readable as YAML (line 8)"),)


def test_files_of_other_kinds() -> None:
    """Link maps are counted, and files outside of renderings listed, with what manifests are made from first."""
    before = {"dist/staging/shop.links": b"1", "README.md": b"1", "dist/staging/shop/notes.txt": b"1"}
    after = {
        "dist/staging/shop.links": b"2",
        "envs/staging/shop.yaml": b"1",
        "dist/staging/shop/notes.txt": b"2",
    }
    found = diff_trees(
        before, after, others=["charts/shop/settings.py"], unreadable=[Unreadable("dist/a/b/l", "a link")]
    )
    assert found == Diff(
        unreadable=(
            Unreadable("dist/a/b/l", "a link"),
            Unreadable("dist/staging/shop/notes.txt", "not a manifest by its name", "1", "2"),
        ),
        others=("charts/shop/settings.py", "envs/staging/shop.yaml", "README.md"),
        maps=1,
    )


@pytest.mark.parametrize(
    ("path", "home"),
    [
        pytest.param("dist/staging/shop/a.yaml", ("staging", "shop"), id="manifest"),
        pytest.param("dist/staging/shop/east/a.yaml", ("staging", "shop"), id="cluster"),
        pytest.param("dist/staging/argocd/a.yaml", ("staging", "argocd"), id="argocd"),
        pytest.param("dist/staging/shop.links", ("staging", "shop"), id="map"),
        pytest.param("envs/staging/shop.images.yaml", ("staging", "shop"), id="pins"),
        pytest.param("envs/staging/shop.yaml", ("", ""), id="settings"),
        pytest.param("dist/staging/README", ("", ""), id="beside"),
        pytest.param("distant/staging/shop/a.yaml", ("", ""), id="another-folder"),
        pytest.param("charts/shop/x/y.yaml", ("", ""), id="charts"),
    ],
)
def test_rendering_of(path: str, home: tuple[str, str]) -> None:
    """A path says which rendering it belongs to."""
    assert rendering_of(path) == home


def test_one_key_twice_is_matched_by_file() -> None:
    """Two objects of one key are a mistake, but the diff of it is still right."""
    before = tree(a=config(x="1"), b=config(x="2"))
    after = tree(a=config(x="1"), b=config(x="3"), c=config(x="1"))
    found = diff_trees(before, after)
    assert sorted(each.kind for each in found.changes) == [ADDED, CHANGED]


def test_c39_a_large_config_map_takes_no_long_time() -> None:
    """900 KB of JSON on one line: compared, and shown where it differs."""
    text = json.dumps({f"panel {n}": {"title": "t" * 40} for n in range(14_000)})
    assert len(text) > 900_000
    start = time.process_time()
    found = diff_trees(
        tree(a=config(dashboard=text)), tree(a=config(dashboard=text.replace('"panel 7000"', '"panel x"')))
    )
    assert time.process_time() - start < 3
    assert any("panel x" in line for line in found.changes[0].lines())
    assert sum(map(len, found.changes[0].lines())) < 2000


OBJECTS = st.builds(
    lambda kind, name, value: manifest(kind, name, data={"x": value}),
    st.sampled_from(["ConfigMap", "Secret", "Service"]),
    st.sampled_from(["a", "b"]),
    st.sampled_from(["1", "2", "postgres://a:b@c/d"]),
)
CONTENTS = st.lists(OBJECTS, max_size=2).map(lambda objects: yaml(*objects)) | st.sampled_from(
    [b"", b"a: [", b"x\n"]
)
TREES = st.dictionaries(
    st.sampled_from(
        [
            "dist/a/p/1.yaml",
            "dist/a/p/2.yaml",
            "dist/a/p/c/1.yaml",
            "dist/b/p/1.yaml",
            "dist/a/p.links",
            "x",
            "envs/a/p.yaml",
        ]
    ),
    CONTENTS,
    max_size=6,
) | st.builds(lambda tag: {"envs/a/p.images.yaml": pins(web=tag)}, st.sampled_from(["1@a", "2@a", "2"]))


@given(files=TREES)
@settings(max_examples=30)
def test_a_tree_is_no_difference_from_itself(files: Mapping[str, bytes]) -> None:
    """Equal files are not even read."""
    assert diff_trees(files, dict(files)) == Diff()


@given(before=TREES, after=TREES)
@settings(max_examples=80)
def test_swapping_the_sides_swaps_added_and_removed(
    before: Mapping[str, bytes], after: Mapping[str, bytes]
) -> None:
    """The same objects differ, the other way round; and files that are the same may be left out."""
    there, back = diff_trees(before, after), diff_trees(after, before)
    turned = {ADDED: REMOVED, REMOVED: ADDED, CHANGED: CHANGED}
    assert [
        (each.key, each.cluster, turned[each.kind], each.file_after, each.file_before)
        for each in back.changes
    ] == [(each.key, each.cluster, each.kind, each.file_before, each.file_after) for each in there.changes]
    assert [(each.image, each.after, each.before) for each in back.pins] == [
        (each.image, each.before, each.after) for each in there.pins
    ]
    assert (back.others, back.reformatted, back.maps) == (there.others, there.reformatted, there.maps)
    assert [each.path for each in back.unreadable] == [each.path for each in there.unreadable]
    assert all(each.lines() for each in there.changes)
    same = {path for path in before if before[path] == after.get(path)}
    assert (
        diff_trees(
            *({path: data for path, data in side.items() if path not in same} for side in (before, after))
        )
        == there
    )


@given(before=TREES, after=TREES)
@settings(max_examples=30)
def test_counts_are_those_of_the_renderings(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> None:
    """Nothing is counted twice and nothing is lost between the whole and its parts."""
    diff = diff_trees(before, after)
    parts = [each.counts for each in diff.renderings]
    assert diff.counts == Counts(
        sum(each.changed for each in parts),
        sum(each.added for each in parts),
        sum(each.removed for each in parts),
    )
    assert diff.counts.total == len(diff.changes)
    assert sum(len(each.pins) for each in diff.renderings) == len(diff.pins)
