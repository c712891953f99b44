"""Names of files: one for each object, readable, and none that leaves its folder."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from towpath.link.map import is_file_name
from towpath.manifests.files import file_name
from towpath.manifests.key import ManifestKey, key_of
from towpath.manifests.kinds import BUILT_IN_GROUPS

HOME = "shop-staging"


@pytest.mark.parametrize(
    ("key", "name"),
    [
        pytest.param(("apps", "Deployment", HOME, "web"), "deployment_web.yaml", id="own-namespace"),
        pytest.param(("", "Namespace", "", HOME), "namespace_shop-staging.yaml", id="cluster-scoped"),
        pytest.param(("", "Service", "other", "web"), "service_other_web.yaml", id="c15-another-namespace"),
        pytest.param(
            ("serving.knative.dev", "Service", HOME, "web"),
            "service.serving.knative.dev_web.yaml",
            id="c15-another-group",
        ),
        pytest.param(
            ("rbac.authorization.k8s.io", "ClusterRole", "", "system:node"),
            "clusterrole_system%3anode.yaml",
            id="c15-colon",
        ),
        pytest.param(
            ("rbac.authorization.k8s.io", "ClusterRole", "", "systemnode"),
            "clusterrole_systemnode.yaml",
            id="c15-no-colon",
        ),
        pytest.param(("rbac.authorization.k8s.io", "Role", HOME, "Web"), "role_%57eb.yaml", id="c15-capital"),
        pytest.param(
            ("x.io", "Thing", HOME, "../../etc/passwd"),
            "thing.x.io_..%2f..%2fetc%2fpasswd.yaml",
            id="c22-slash",
        ),
        pytest.param(("x.io", "Thing", HOME, ".."), "thing.x.io_...yaml", id="c22-dots"),
        pytest.param(("x.io", "Thing", HOME, "a\0b"), "thing.x.io_a%00b.yaml", id="c22-nul"),
        pytest.param(("x.io", "Thing", HOME, "a:b"), "thing.x.io_a%3ab.yaml", id="c22-colon"),
        pytest.param(
            ("x.io", "Thing", HOME, "\ud800"), "thing.x.io_%ed%a0%80.yaml", id="c22-half-a-surrogate"
        ),
        pytest.param(("", "../x", HOME, "a"), "%2e%2e%2fx_a.yaml", id="c22-kind"),
        pytest.param(("../x", "Thing", HOME, "a"), "thing...%2fx_a.yaml", id="c22-group"),
        pytest.param(("", "Thing", "../x", "a"), "thing_..%2fx_a.yaml", id="c22-namespace"),
        pytest.param(("", "Thing", HOME, "a%2fb"), "thing_a%252fb.yaml", id="c22-escape-in-the-name"),
    ],
)
def test_file_name(key: tuple[str, str, str, str], name: str) -> None:
    """Kind, group where it is a custom one, namespace where it is another, and name."""
    assert file_name(ManifestKey(*key), HOME) == name
    assert is_file_name(name)


def test_c22_long_names_are_cut_and_stay_apart() -> None:
    """A name of 300 characters fits into a file system, and one that differs at its end has another file."""
    long, other = (ManifestKey("x.io", "Thing", HOME, "n" * 299 + end) for end in "ab")
    names = {file_name(long, HOME), file_name(other, HOME)}
    assert len(names) == 2
    assert {len(name) for name in names} == {205}
    assert all(is_file_name(name) for name in names)


_HOSTILE = st.sampled_from(
    [
        "..",
        "../x",
        "a/b",
        "a\\b",
        "a\0b",
        "a:b",
        "a_b",
        "a%5fb",
        "A",
        "a",
        "ａ",
        "ß",
        "SS",
        "ss",
        "K",
        "-",
        ".",
        "~",
        "con",
    ]
)
_TEXT = _HOSTILE | st.text(min_size=1, max_size=20) | st.text("a_.-%~A:/", min_size=1, max_size=6)
_LONG = st.builds(lambda start, end: start + "x" * 250 + end, st.text(max_size=2), st.text(max_size=3))
_GROUPS = st.sampled_from(["", "apps", "x.io", "a_b", "../x", "y.x.io"]) | st.text(max_size=8)
_KEYS = st.builds(
    ManifestKey, _GROUPS, _TEXT, st.just("") | st.just(HOME) | _TEXT, st.one_of(_TEXT, _TEXT, _LONG)
)


def _what_files_tell_apart(key: ManifestKey) -> tuple[str, str, str, str]:
    """Return the key without what a rendering cannot hold twice: `render` refuses those (see test_rendering)."""
    group = "" if key.group in BUILT_IN_GROUPS else key.group
    kind = key.kind.lower() if key.kind.isalnum() else key.kind
    return group, kind, "" if key.namespace == HOME else key.namespace, key.name


@given(st.lists(_KEYS, min_size=2, max_size=6))
@settings(max_examples=80)
def test_c22_different_keys_have_different_files(keys: list[ManifestKey]) -> None:
    """No two objects share a file, also where a file system folds case, and every name may stand in a map."""
    names: dict[str, tuple[str, str, str, str]] = {}
    for key in keys:
        name = file_name(key, HOME)
        assert is_file_name(name), name
        assert names.setdefault(name.casefold(), _what_files_tell_apart(key)) == _what_files_tell_apart(key)


@pytest.mark.parametrize(
    ("api_version", "namespace", "shown"),
    [
        pytest.param("v1", None, "Role a", id="core-group"),
        pytest.param("x.io/v1", "n", "Role.x.io n/a", id="group-and-namespace"),
    ],
)
def test_key_of(api_version: str, namespace: str | None, shown: str) -> None:
    """A key holds the group without the version."""
    metadata = {"name": "a"} | ({"namespace": namespace} if namespace else {})
    assert str(key_of({"apiVersion": api_version, "kind": "Role", "metadata": metadata})) == shown
