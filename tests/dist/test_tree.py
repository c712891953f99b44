"""Reading the output folder."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest

from tests.dist.cut_short import make_tree
from towpath.dist.tree import MAX_FILE, list_renderings, read_files, read_map, read_rendering
from towpath.errors import TowpathError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Return an output folder with one rendering."""
    make_tree(
        tmp_path,
        {
            "dist/staging/pms.links": b"map\n",
            "dist/staging/pms/a.yaml": b"a\n",
            "dist/staging/pms/role_system%3anode.yaml": b"b\n",
            "dist/staging/pms/north/a.yaml": b"north\n",
            "outside/secret.yaml": b"secret\n",
        },
    )
    return tmp_path / "dist"


def test_reads_files_and_map(out: Path) -> None:
    """Files come by name, and the map beside them."""
    found = read_rendering(out, "staging", "pms")
    assert found.files == {"a.yaml": b"a\n", "role_system%3anode.yaml": b"b\n"}
    assert found.map_data == b"map\n"
    assert found.unexpected == {"north": "a folder"}


def test_reads_the_folders_of_clusters(out: Path) -> None:
    """A cluster's folder is read where the map lists it, and not what lies deeper."""
    (out / "staging/pms/north/deep").mkdir()
    found = read_rendering(out, "staging", "pms", ["north"])
    assert found.files["north/a.yaml"] == b"north\n"
    assert found.unexpected == {"north/deep": "a folder"}


def test_an_absent_rendering_is_empty(out: Path) -> None:
    """What does not exist has no files and no map."""
    for environment, platform in (("staging", "none"), ("none", "pms")):
        found = read_rendering(out, environment, platform)
        assert (found.files, found.unexpected, found.map_data) == ({}, {}, None)
        assert read_files(out, environment, platform, ["a.yaml"]) == {}
        assert read_map(out, environment, platform) is None
    assert read_rendering(out / "none", "staging", "pms").files == {}
    assert list_renderings(out / "none").found == ()


def test_e80_what_is_no_plain_file_is_named_and_not_read(out: Path) -> None:
    """Links, pipes, sockets, folders, huge files and names that are not ours are reported, not followed."""
    folder = out / "staging/pms"
    (folder / "link.yaml").symlink_to(out.parent / "outside/secret.yaml")
    (folder / "dangling.yaml").symlink_to("nowhere")
    (folder / "north-link").symlink_to(out.parent / "outside")
    os.mkfifo(folder / "pipe.yaml")
    (folder / "folder.yaml").mkdir()
    (folder / ".hidden.yaml").write_bytes(b"")
    (folder / "README.md").write_bytes(b"")
    with (folder / "huge.yaml").open("wb") as huge:
        huge.truncate(MAX_FILE + 1)
    os.mknod(folder / "socket.yaml", stat.S_IFSOCK | 0o600)
    found = read_rendering(out, "staging", "pms", ["north", "north-link"])
    assert found.unexpected == {
        ".hidden.yaml": "a file",
        "README.md": "a file",
        "dangling.yaml": "a symbolic link",
        "folder.yaml": "a folder",
        "huge.yaml": "a file of more than 8 MiB",
        "link.yaml": "a symbolic link",
        "north-link": "a symbolic link",
        "pipe.yaml": "a pipe",
        "socket.yaml": "a socket",
    }
    assert set(found.files) == {"a.yaml", "north/a.yaml", "role_system%3anode.yaml"}


@pytest.mark.parametrize("name", ["staging", "staging/pms"])
def test_e80_a_folder_that_is_a_link_is_refused(out: Path, name: str) -> None:
    """A link in place of an environment or a rendering is not followed."""
    (out / name).rename(out.parent / "moved")
    (out / name).symlink_to(out.parent / "moved")
    with pytest.raises(TowpathError, match="a symbolic link stands where a folder is expected") as caught:
        read_rendering(out, "staging", "pms")
    assert caught.value.problems[0].place.file == f"dist/{name}"


def test_e80_a_map_that_is_a_link_is_refused(out: Path) -> None:
    """A link in place of a map is not followed."""
    (out / "staging/pms.links").unlink()
    (out / "staging/pms.links").symlink_to(out.parent / "outside/secret.yaml")
    with pytest.raises(TowpathError, match="a symbolic link stands where the link map is expected"):
        read_rendering(out, "staging", "pms")
    with pytest.raises(TowpathError, match="a symbolic link stands where the link map is expected"):
        read_map(out, "staging", "pms")


def test_reads_named_files_only(out: Path) -> None:
    """A change of a few pins reads a few files; those that do not exist are left out."""
    assert read_files(out, "staging", "pms", ["a.yaml", "north/a.yaml", "none.yaml", "south/a.yaml"]) == {
        "a.yaml": b"a\n",
        "north/a.yaml": b"north\n",
    }
    assert read_map(out, "staging", "pms") == b"map\n"


@pytest.mark.parametrize("name", ["../../../outside/secret.yaml", "/etc/passwd", "a", "north/../a.yaml", ""])
def test_e80_named_files_do_not_escape(out: Path, name: str) -> None:
    """A name that no map may list is refused."""
    with pytest.raises(TowpathError, match="is not a file name that Towpath writes"):
        read_files(out, "staging", "pms", [name])


def test_e80_a_named_file_that_is_a_link(out: Path) -> None:
    """A link in place of a file is refused."""
    (out / "staging/pms/link.yaml").symlink_to(out.parent / "outside/secret.yaml")
    with pytest.raises(TowpathError, match="a symbolic link stands where a file is expected"):
        read_files(out, "staging", "pms", ["link.yaml"])


def test_lists_renderings(out: Path) -> None:
    """A folder or a map makes a rendering; everything else is named."""
    make_tree(
        out,
        {
            "production/pms.links": b"",
            "production/argocd/application_pms.yaml": b"",
            "production/notes.txt": b"",
            "README.md": b"",
            ".towpath/lock": b"",
            "Upper/pms/a.yaml": b"",
        },
    )
    (out / "staging/other.links").mkdir()
    listed = list_renderings(out)
    assert listed.found == (("production", "argocd"), ("production", "pms"), ("staging", "pms"))
    assert listed.unexpected == {
        "README.md": "a file",
        "Upper": "a folder",
        "production/notes.txt": "a file",
        "staging/other.links": "a folder",
    }


def test_a_system_error_is_one_message(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the system refuses is told with the file's name."""

    def refuse(*_: object, **__: object) -> int:
        raise PermissionError(13, "Permission denied", "a.yaml")

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(TowpathError, match=r"a\.yaml: reading failed: Permission denied"):
        read_rendering(out, "staging", "pms")
