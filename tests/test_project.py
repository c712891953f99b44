"""The project on disk: what its files are called, and what follows from that."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from towpath.errors import TowpathError, UsageError
from towpath.project import Output, Project, Target

if TYPE_CHECKING:
    from pathlib import Path

DIGEST = "sha256:" + "ab" * 32
PINS = f"images:\n  web:\n    repository: ghcr.io/x/web\n    tag: '1'\n    digest: {DIGEST}\n"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Return a project of two environments and two platforms, one of which is in production only."""
    files = {
        "towpath.yaml": "environments: [staging, production]\n",
        "envs/defaults/shop.yaml": "{}\n",
        "envs/staging/cluster.yaml": "{}\n",
        "envs/staging/shop.yaml": "{}\n",
        "envs/staging/shop.images.yaml": PINS,
        "envs/staging/.shop.yaml.swp": "",
        "envs/staging/README.md": "",
        "envs/production/shop.yaml": "{}\n",
        "envs/production/depot.images.yaml": "images: {}\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return Project(tmp_path)


@pytest.mark.parametrize("below", ["", "envs", "envs/staging"])
def test_find_goes_upward(project: Project, below: str) -> None:
    """A project is found from any folder inside of it."""
    assert Project.find(project.root / below).root == project.root


def test_find_says_what_it_looked_for(tmp_path: Path) -> None:
    """Outside of any project the message names the file, the folder and the option."""
    with pytest.raises(TowpathError, match=r"there is no towpath\.yaml in .* or above it") as caught:
        Project.find(tmp_path)
    assert "--project" in caught.value.problems[0].remedy


@pytest.mark.parametrize(
    ("environment", "platforms", "charted"),
    [
        pytest.param("staging", ("shop",), ("shop",), id="settings-and-pins"),
        pytest.param("production", ("depot", "shop"), ("shop",), id="pins-alone-are-not-compiled"),
        pytest.param("nowhere", (), (), id="no-folder"),
        pytest.param("staging/shop.yaml", (), (), id="a-file-is-no-folder"),
    ],
)
def test_platforms(
    project: Project, environment: str, platforms: tuple[str, ...], charted: tuple[str, ...]
) -> None:
    """A platform is in an environment that has its settings or its pins; only settings can be compiled."""
    assert project.platforms(environment) == platforms
    assert project.charted(environment) == charted


@pytest.mark.parametrize(
    ("file", "words"),
    [
        pytest.param("Shop.yaml", "`Shop` cannot be the name of a platform", id="p14-upper-case"),
        pytest.param("argocd.yaml", "Towpath uses it itself", id="p14-reserved"),
        pytest.param("con.images.yaml", "reserve it for a device", id="p14-device"),
        pytest.param("рms.images.yaml", r"`\\u0440ms` cannot", id="p14-cyrillic"),
        pytest.param("cluster.images.yaml", "`cluster` cannot", id="p14-name-of-the-cluster-file"),
    ],
)
def test_p14_names_of_platforms(project: Project, file: str, words: str) -> None:
    """A bad name is refused at its file, and shown without letters that look like others."""
    (project.root / "envs/staging" / file).write_text("{}\n")
    with pytest.raises(TowpathError, match=words) as caught:
        project.platforms("staging")
    assert caught.value.problems[0].place.file == f"envs/staging/{file}"


@pytest.mark.parametrize(
    ("file", "renamed"),
    [
        pytest.param("depot.yml", "depot.yaml", id="settings"),
        pytest.param("depot.images.yml", "depot.images.yaml", id="pins"),
    ],
)
def test_another_ending_is_not_passed_over(project: Project, file: str, renamed: str) -> None:
    """A file that nothing would read is refused, with the name that it should have."""
    (project.root / "envs/staging" / file).write_text("{}\n")
    with pytest.raises(TowpathError) as caught:
        project.platforms("staging")
    (problem,) = caught.value.problems
    assert (problem.place.file, problem.remedy) == (f"envs/staging/{file}", f"rename it to {renamed}")


def test_an_environment_without_a_folder(project: Project) -> None:
    """An environment of the pipeline that has no folder is a mistake, at its line, whatever is asked for."""
    (project.root / "towpath.yaml").write_text("environments: [staging, production, canary]\n")
    with pytest.raises(TowpathError, match="the environment `canary` has no folder envs/canary") as caught:
        project.targets(("staging",))
    assert caught.value.problems[0].place.line == 1


@pytest.mark.parametrize(
    ("environments", "platforms", "expected"),
    [
        pytest.param((), (), ["staging/shop", "production/depot", "production/shop"], id="everything"),
        pytest.param(("production",), (), ["production/depot", "production/shop"], id="one-environment"),
        pytest.param((), ("shop",), ["staging/shop", "production/shop"], id="one-platform"),
        pytest.param(("production", "staging"), ("depot",), ["production/depot"], id="both"),
    ],
)
def test_targets(
    project: Project, environments: tuple[str, ...], platforms: tuple[str, ...], expected: list[str]
) -> None:
    """Targets come in the order of the pipeline, whatever the order of the names."""
    assert [str(target) for target in project.targets(environments, platforms)] == expected


def test_unknown_names_are_a_mistake_of_usage(project: Project) -> None:
    """All unknown names are reported, with what is near and what there is."""
    with pytest.raises(UsageError) as caught:
        project.targets(("stagin",), ("shopp", "\u202ex"))
    assert [problem.what for problem in caught.value.problems] == [
        "unknown environment `stagin`",
        r"unknown platform `\u202ex`",
        "unknown platform `shopp`",
    ]
    assert caught.value.problems[0].remedy == "did you mean `staging`?"
    assert caught.value.problems[2].expected == "one of depot, shop"


def test_pins(project: Project) -> None:
    """A target's pins come from its file, with their places; without a file there are none."""
    pins = project.pins(Target("staging", "shop"))
    assert pins.images["web"].digest == DIGEST
    assert pins.places["web"].file == "envs/staging/shop.images.yaml"
    assert not project.pins(Target("production", "shop")).images


@pytest.mark.parametrize(
    ("folder", "base", "prefix"),
    [
        pytest.param(None, "", "dist", id="default"),
        pytest.param("out/here", "", "out/here", id="inside"),
        pytest.param("../beside", "../beside", "", id="outside"),
    ],
)
def test_output(project: Project, folder: str | None, base: str, prefix: str) -> None:
    """A folder inside the project changes with it, all or nothing; one outside is a tree of its own."""
    found = project.output(None if folder is None else project.root / folder)
    assert isinstance(found, Output)
    assert (found.base.resolve(), found.prefix) == ((project.root / base).resolve(), prefix)
    assert found.name == (prefix or str(found.folder))


@pytest.mark.parametrize("folder", [".", "envs", "envs/staging", "charts/shop", "dist/../envs"])
def test_output_among_peoples_files(project: Project, folder: str) -> None:
    """Generated files never go among those that people write."""
    with pytest.raises(UsageError, match="is among the files that people write"):
        project.output(project.root / folder)


def test_files_that_cannot_be_read(project: Project) -> None:
    """The message names the file as people do; a file that may be absent gives None."""
    with pytest.raises(TowpathError, match=r"^envs/none\.yaml: cannot be read: No such file or directory"):
        project.read("envs/none.yaml")
    with pytest.raises(TowpathError, match="Is a directory"):
        project.read_if_present("envs/staging")
    assert project.read_if_present("envs/none.yaml") is None
