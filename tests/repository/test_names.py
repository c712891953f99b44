"""Names of branches, refs and files: an allow-list far stricter than Git's."""

from __future__ import annotations

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from towpath.repository.names import branch_clash, branch_fault, path_fault, ref_fault

PARTS = st.text(alphabet="abz09._-/", min_size=1, max_size=30)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("main", id="plain"),
        pytest.param("towpath/production/pms", id="promotion"),
        pytest.param("release/1.2_3", id="dots"),
        pytest.param("a" * 63, id="long-part"),
    ],
)
def test_e32_usable_branch_names(name: str) -> None:
    """Names that Towpath makes, and usual names of base branches, pass."""
    assert branch_fault(name) == ""


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("", id="empty"),
        pytest.param("a" * 64, id="part-too-long"),
        pytest.param("/".join(["a" * 59] * 5), id="300-characters"),
        pytest.param("рrod", id="cyrillic"),
        pytest.param("pr\u200bod", id="zero-width-space"),
        pytest.param("pr\u202eod", id="direction-override"),
        pytest.param("ｐrod", id="fullwidth"),
        pytest.param("@", id="at"),
        pytest.param("refs/heads/x", id="full-ref"),
        pytest.param("head", id="head"),
        pytest.param("PROD", id="upper-case"),
        pytest.param("a..b", id="two-dots"),
        pytest.param("../x", id="parent"),
        pytest.param("/x", id="absolute"),
        pytest.param("x/", id="ends-in-slash"),
        pytest.param("x//y", id="empty-part"),
        pytest.param("x.lock", id="lock"),
        pytest.param("x.lock/y", id="inner-lock"),
        pytest.param("-x", id="option"),
        pytest.param("x y", id="space"),
        pytest.param("x\n", id="newline-at-end"),
        pytest.param("x:y", id="refspec"),
        pytest.param("x*", id="pattern"),
        pytest.param("con", id="device"),
        pytest.param("x/nul.txt", id="device-with-ending"),
        pytest.param("0" * 40, id="object-id"),
    ],
)
def test_e32_p14_unusable_branch_names(name: str) -> None:
    """Everything else is refused with a reason, also what Git itself would take."""
    assert branch_fault(name)
    assert ref_fault(f"refs/heads/{name}")


@given(PARTS)
def test_p14_what_passes_is_plain_ascii(name: str) -> None:
    """A name that passes is short, printable ASCII in lower case, without empty parts."""
    if not branch_fault(name):
        assert name.isascii()
        assert name == name.lower()
        assert len(name) <= 200
        assert all(0 < len(part) <= 63 for part in name.split("/"))


def test_e32_git_takes_what_passes() -> None:
    """Each name that passes is a branch name for Git."""
    for name in ("main", "towpath/production/pms", "a.b/c-d/e_f", "0"):
        assert not branch_fault(name)
        subprocess.run(["git", "check-ref-format", "--branch", name], check=True, capture_output=True)


@pytest.mark.parametrize(
    ("name", "existing", "clash"),
    [
        pytest.param("apps/b", ["apps"], "apps", id="file-above"),
        pytest.param("apps", ["apps/b"], "apps/b", id="folder-below"),
        pytest.param("main", ["Main"], "Main", id="case"),
        pytest.param("apps/b", ["APPS"], "APPS", id="case-and-folder"),
        pytest.param("apps", ["apps"], "", id="itself"),
        pytest.param("apps", ["apps-b", "apps2/c"], "", id="common-start"),
    ],
)
def test_e32_names_that_cannot_stand_side_by_side(name: str, existing: list[str], clash: str) -> None:
    """A file and a folder of one name, and names that differ in case only, clash."""
    assert branch_clash(name, existing) == clash


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("dist/production/pms/Deployment.backend.yaml", id="manifest"),
        pytest.param("dist/production/pms.links", id="map"),
        pytest.param("a b/c@d+e", id="odd-but-fine"),
        pytest.param(".gitattributes", id="dot-file"),
    ],
)
def test_p15_usable_paths(path: str) -> None:
    """Files that Towpath writes, and usual others, pass."""
    assert path_fault(path) == ""


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("", id="empty"),
        pytest.param("/etc/passwd", id="absolute"),
        pytest.param("../x", id="parent"),
        pytest.param("a/../../x", id="inner-parent"),
        pytest.param("./x", id="here"),
        pytest.param("a//b", id="empty-part"),
        pytest.param("a/", id="ends-in-slash"),
        pytest.param(".git/config", id="git"),
        pytest.param("a/.GIT/hooks/x", id="git-in-capitals"),
        pytest.param("git~1/config", id="short-name"),
        pytest.param(".git /config", id="git-and-space"),
        pytest.param(".g\u200cit/config", id="ignorable-letter"),
        pytest.param("a\\..\\b", id="backslash"),
        pytest.param("C:x", id="drive"),
        pytest.param("a:b", id="stream"),
        pytest.param("a\nb", id="newline"),
        pytest.param("a\x00b", id="nul"),
        pytest.param("a\x1b[31m", id="escape"),
        pytest.param("x./y", id="dot-at-end"),
        pytest.param("aux.yaml", id="device"),
        pytest.param("a" * 256, id="part-too-long"),
        pytest.param("a/" * 600 + "a", id="too-long"),
    ],
)
def test_e80_p15_unusable_paths(path: str) -> None:
    """A path that could leave the repository, reach Git's own folder or mean two things is refused."""
    assert path_fault(path)


@pytest.mark.parametrize(
    "ref",
    [
        pytest.param("refs/tags/v1", id="tag"),
        pytest.param("refs/remotes/origin/main", id="tracked"),
        pytest.param("main", id="short"),
        pytest.param("HEAD", id="head"),
        pytest.param("refs/towpath/*", id="pattern"),
    ],
)
def test_p14_refs_of_others(ref: str) -> None:
    """Only branches and Towpath's own refs are touched."""
    assert ref_fault(ref)
    assert not ref_fault("refs/towpath/pulls/12")
