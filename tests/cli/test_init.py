"""`towpath init`: a new project works as it is, also from an installed wheel, and nothing is overwritten."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.kubeconform import kubeconform
from tests.support.projects import towpath
from towpath.cli.main import main
from towpath.errors import TowpathError
from towpath.skeleton.plan import Names, project_files

ROOT = Path(__file__).resolve().parents[2]


def _files(folder: Path) -> set[str]:
    every = {str(each.relative_to(folder)) for each in folder.rglob("*") if each.is_file()}
    return {name for name in every if not name.startswith(".towpath/")}


def test_the_files_and_what_comes_next(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every file of the plan is written, in a folder that is made, for a platform of the folder's name."""
    folder = tmp_path / "New_Shop"
    assert main(["init", str(folder), "--domain", "acme.org", "--images", "ghcr.io/acme"]) == 0
    wanted = project_files(Names(platform="new-shop", domain="acme.org", images="ghcr.io/acme"), "0")
    schemas = {"envs/schemas/cluster.json", "envs/schemas/new-shop.json"}
    assert _files(folder) == set(wanted) | schemas
    assert "towpath explain production/new-shop" in capsys.readouterr().out
    assert "host: new-shop.acme.org" in (folder / "envs/production/new-shop.yaml").read_text()
    assert "class NewShopPlatform(Platform)" in (folder / "charts/new_shop/chart.py").read_text()


def test_no_name_is_left_open() -> None:
    """No template keeps a place for a name, but for what GitHub's own expressions are."""
    for path, data in project_files(Names(platform="shop"), "1.2.3").items():
        text = data.decode()
        assert "PLATFORM" not in path
        assert "{{" not in text.replace("${{", ""), path
    assert project_files(Names(platform="shop"), "1.2.3")["requirements.txt"] == b"towpath[compile]==1.2.3\n"


def test_a_dry_run_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It lists the files, for machines too."""
    assert main(["init", str(tmp_path / "shop"), "--dry-run", "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["written"], document["platform"]) == (False, "shop")
    assert "charts/shop/chart.py" in document["files"]
    assert not (tmp_path / "shop").exists()


@pytest.mark.parametrize(
    ("standing", "code"),
    [
        pytest.param([], 0, id="empty"),
        pytest.param([".git/HEAD"], 0, id="a-repository-without-files"),
        pytest.param(["README.md"], 1, id="a-file"),
        pytest.param([".hidden"], 1, id="a-hidden-file"),
    ],
)
def test_only_an_empty_folder_is_taken(
    standing: list[str], code: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What stands there is named and stays; nothing else is written beside it."""
    folder = tmp_path / "shop"
    folder.mkdir()
    for name in standing:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("mine")
    assert main(["init", str(folder)]) == code
    if code:
        assert f"the folder {folder} is not empty: {standing[0]}" in capsys.readouterr().err
        assert _files(folder) == set(standing)
    assert all((folder / name).read_text() == "mine" for name in standing)


def test_a_folder_that_cannot_be_made(capsys: pytest.CaptureFixture[str]) -> None:
    """The system's reason is passed on."""
    assert main(["init", "/dev/null/shop"]) == 1
    assert "the folder /dev/null/shop cannot be made: Not a directory" in capsys.readouterr().err


def test_twice_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    """The second run finds a project."""
    assert main(["init", str(tmp_path / "shop")]) == 0
    before = {name: (tmp_path / "shop" / name).read_bytes() for name in _files(tmp_path / "shop")}
    assert main(["init", str(tmp_path / "shop")]) == 1
    assert {name: (tmp_path / "shop" / name).read_bytes() for name in _files(tmp_path / "shop")} == before


@pytest.mark.parametrize(
    ("names", "words"),
    [
        pytest.param(Names(platform="Shop"), "`Shop` cannot be the name of a platform", id="p14-upper-case"),
        pytest.param(Names(platform="argocd"), "Towpath uses it itself", id="p14-reserved"),
        pytest.param(Names(platform="1shop"), "does not start with a letter", id="digit"),
        pytest.param(Names(platform="class"), "class is a word of Python", id="word-of-python"),
        pytest.param(Names(platform="s" * 41), "has 41 characters", id="c17-too-long"),
        pytest.param(Names(platform="shop", domain="acme_org"), "is no domain", id="domain"),
        pytest.param(Names(platform="shop", images="acme"), "names no place for images", id="images"),
        pytest.param(Names(platform="shop", domain="acme..org"), "is no domain", id="domain-with-a-gap"),
        pytest.param(Names(platform="shop", repository="/srv/git"), "is no address", id="repository"),
        pytest.param(
            Names(platform="shop", repository="https://me:word@git.acme.org/x.git"),
            "^the repository is no address of one: it holds a URL with a password",
            id="p11-repository-with-a-password",
        ),
    ],
)
def test_names_that_cannot_be_used(names: Names, words: str) -> None:
    """A wrong name is refused before anything is written."""
    with pytest.raises(TowpathError, match=words):
        project_files(names, "0")


@pytest.mark.parametrize(
    "platform",
    [
        pytest.param("redis", id="a-name-that-the-chart-imports"),
        pytest.param("true", id="a-name-that-python-knows-in-capitals"),
        pytest.param("s" * 40, id="c17-the-longest"),
    ],
)
def test_whatever_the_platform_is_called_it_renders(platform: str, tmp_path: Path) -> None:
    """What is written compiles as it is."""
    assert main(["init", str(tmp_path / "new"), "--platform", platform]) == 0
    done = towpath(tmp_path / "new", "synth")
    assert (done.code, "6 renderings" in done.out) == (0, True), done.err


def test_an_installed_wheel_writes_a_project_that_renders(tmp_path: Path) -> None:
    """The wheel holds the templates; what it writes compiles, verifies, and is valid for the cluster's version."""
    wheels, site, source = tmp_path / "wheels", tmp_path / "site", tmp_path / "source"
    shutil.copytree(ROOT / "src", source / "src", ignore=shutil.ignore_patterns("*.egg-info", "__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    options = ["--no-deps", "--no-index", "--no-build-isolation"]
    subprocess.run([*pip, "wheel", *options, "--wheel-dir", wheels, source], check=True, capture_output=True)
    [wheel] = wheels.glob("towpath-*.whl")
    subprocess.run([*pip, "install", "--no-deps", "--no-index", "--target", site, wheel], check=True)
    surroundings = {**os.environ, "PYTHONPATH": str(site), "HOME": str(tmp_path)}

    def installed(*arguments: str, cwd: Path = tmp_path) -> str:
        done = subprocess.run(
            [site / "bin/towpath", *arguments],
            cwd=cwd,
            env=surroundings,
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout

    used = subprocess.run(
        [sys.executable, "-c", "import towpath; print(towpath.__file__)"],
        env=surroundings,
        check=True,
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert Path(used.stdout.strip()).is_relative_to(site)
    installed("init", "shop")
    project = tmp_path / "shop"
    assert "6 renderings" in installed("synth", cwd=project)
    installed("verify", "--compile", cwd=project)
    installed("schema", "--check", cwd=project)
    assert kubeconform(project / "dist", "1.33") == []
