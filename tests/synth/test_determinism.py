"""Equal inputs give equal bytes, whatever surrounds the run (P8, c24, c25)."""

from __future__ import annotations

import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.support.projects import copy, edit, made_once, towpath, tree, write, write_shop

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

# Names are compared in other orders, and `i` is no lower case of `I`.
_TURKISH = {"LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8", "LANGUAGE": "tr"}


def _modes(folder: Path) -> dict[str, int]:
    return {
        path.relative_to(folder).as_posix(): stat.S_IMODE(path.stat().st_mode)
        for path in folder.rglob("*")
        if ".towpath" not in path.parts
    }


@dataclass(frozen=True)
class _Surroundings:
    """Where and how one compile runs."""

    place: str
    inside: str
    environment: Mapping[str, str]
    umask: int
    arguments: tuple[str, ...]


@pytest.mark.parametrize(
    "surroundings",
    [
        pytest.param(
            _Surroundings(
                "a", ".", {"PYTHONHASHSEED": "1", "LC_ALL": "C", "TZ": "UTC"}, 0o022, ("--jobs", "1")
            ),
            id="c24-seed-1-C",
        ),
        pytest.param(
            _Surroundings(
                "with a space",
                "envs/production",
                {"PYTHONHASHSEED": "4294967295", "TZ": "Asia/Kathmandu", **_TURKISH},
                0o077,
                ("--jobs", "2"),
            ),
            id="c24-last-seed-turkish-below-umask-077",
        ),
        pytest.param(
            _Surroundings(
                "tiefer/Ordner-äöü",
                "charts",
                {"PYTHONHASHSEED": "random", "PYTHONUTF8": "0", "LC_ALL": "POSIX", "SOURCE_DATE_EPOCH": "1"},
                0o002,
                ("--jobs", "7"),
            ),
            id="c24-random-seed-other-path-umask-002",
        ),
    ],
)
def test_p08_surroundings(synthesized_shop: Path, tmp_path: Path, surroundings: _Surroundings) -> None:
    """A fresh compile in other surroundings gives the same bytes and modes."""
    project = write_shop(tmp_path / surroundings.place)
    done = towpath(
        project / surroundings.inside,
        "synth",
        "--no-cache",
        *surroundings.arguments,
        env=surroundings.environment,
        umask=surroundings.umask,
    )
    assert done.code == 0, done.err
    assert tree(project / "dist") == tree(synthesized_shop / "dist")
    assert _modes(project / "dist") == _modes(synthesized_shop / "dist")


def _one_by_one(folder: Path) -> None:
    write_shop(folder)
    for environment in ("production", "development"):
        done = towpath(folder, "synth", "--no-cache", "--environment", environment)
        assert done.code == 0, done.err


def test_c25_environments_apart(synthesized_shop: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Environments synthesized by one command each, in another order, are what one command gives."""
    apart = made_once(tmp_path_factory, "apart", _one_by_one)
    assert tree(apart / "dist") == tree(synthesized_shop / "dist")


_STATE = "STATE = []\n"
_COUNTING = """\
        data["CHART"] = _counted(STATE)
        data["BESIDE"] = _counted(charts.shop.beside.STATE)
        data["PACKAGE"] = _counted(charts.shop.STATE)
        data["SETTINGS"] = _counted(charts.shop.settings.STATE)
"""
_COUNTED = """\
import charts.shop.beside
import charts.shop.settings


def _counted(state):
    state.append(None)
    return str(len(state))


STATE = []


class Shop(Platform):
"""


def _with_state(folder: Path) -> None:
    write_shop(folder)
    edit(folder / "charts/shop/__init__.py", '"""The shop."""\n', f'"""The shop."""\n{_STATE}')
    edit(folder / "charts/shop/settings.py", "\n\nclass Application", f"\n{_STATE}\n\nclass Application")
    write(folder / "charts/shop/beside.py", _STATE)
    chart = folder / "charts/shop/chart.py"
    edit(chart, "class Shop(Platform):\n", _COUNTED)
    edit(chart, "        configuration = Conf", f"{_COUNTING}        configuration = Conf")
    # One worker compiles one environment after the other.
    done = towpath(folder, "synth", "--no-cache", "--jobs", "1")
    assert done.code == 0, done.err


@pytest.mark.parametrize(
    "module",
    [
        pytest.param("CHART", id="the-chart"),
        pytest.param("BESIDE", id="a-module-beside-it"),
        pytest.param("PACKAGE", id="the-package"),
        pytest.param("SETTINGS", id="the-settings"),
    ],
)
def test_c25_no_state_goes_from_one_target_to_the_next(
    tmp_path_factory: pytest.TempPathFactory, module: str
) -> None:
    """What a chart keeps in a module is new for each target, also where one process compiles them all."""
    folder = made_once(tmp_path_factory, "state", _with_state)
    counts = {
        environment: (folder / f"dist/{environment}/shop/configmap_shop-config.yaml").read_text("utf-8")
        for environment in ("development", "production")
    }
    assert [environment for environment, text in counts.items() if f'{module}: "1"' not in text] == []


def test_c25_one_environment_leaves_the_other(shop: Path) -> None:
    """A synthesis of one environment, or of one platform, does not touch the rest."""
    before = tree(shop / "dist")
    edit(shop / "envs/defaults/shop.yaml", "cpu: 500m", "cpu: 700m")
    done = towpath(shop, "synth", "--environment", "production", "--platform", "shop", "--format", "json")
    assert done.code == 0, done.err
    assert done.compiled == ["production/shop"]
    changed = {name for name, data in tree(shop / "dist").items() if before.get(name) != data}
    assert changed == {
        "production/shop.links",
        "production/shop/deployment_web.yaml",
        "production/shop/deployment_worker.yaml",
        "production/shop/resourcequota_quota.yaml",
    }


def test_twice_changes_nothing(shop: Path) -> None:
    """A second synthesis writes nothing: no byte, and no time of a file."""
    before = {path: path.stat().st_mtime_ns for path in (shop / "dist").rglob("*")}
    done = towpath(shop, "synth", "--format", "json")
    assert done.code == 0
    assert done.json["changed"] is False
    assert {path: path.stat().st_mtime_ns for path in (shop / "dist").rglob("*")} == before


def test_c24_other_output_folder(synthesized_shop: Path, tmp_path: Path) -> None:
    """Another output folder gets the same bytes, inside the project and outside of it."""
    project = copy(synthesized_shop, tmp_path / "shop")
    for chosen in ("build/rendered", str(tmp_path / "elsewhere")):
        done = towpath(project, "synth", "--output", chosen)
        assert done.code == 0, done.err
        assert tree(project / chosen) == tree(synthesized_shop / "dist")
