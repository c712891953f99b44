"""`towpath verify`: what was edited, what is behind its inputs, what another Towpath wrote (c30)."""

from __future__ import annotations

import hashlib
import json
import shutil
from typing import TYPE_CHECKING

import pytest

from tests.support.git_command import git
from tests.support.projects import commit_all, edit, made_once, synthesized, towpath, tree, write_shop

if TYPE_CHECKING:
    from pathlib import Path

_WEB = "dist/production/shop/deployment_web.yaml"


def _rules(folder: Path, *arguments: str) -> tuple[int, dict[str, set[str]]]:
    """Return the exit code of verify, and the files of each rule's findings; warnings are left out."""
    done = towpath(folder, "verify", "--format", "json", *arguments)
    found: dict[str, set[str]] = {}
    for finding in done.json["findings"]:
        if finding["severity"] == "error":
            found.setdefault(finding["rule"], set()).add(finding["file"])
    assert done.json["clean"] == (not found)
    return done.code, found


def _without(folder: Path, *paths: str) -> None:
    for path in paths:
        there = folder / path
        if there.is_dir():
            shutil.rmtree(there)
        else:
            there.unlink()


def test_clean(shop: Path) -> None:
    """What synth wrote is clean; so it is compared with a fresh compile."""
    before = tree(shop)
    assert _rules(shop, "--compile") == (0, {})
    assert tree(shop) == before


def test_c30_edited(shop: Path) -> None:
    """A file that was edited by hand is named as edited, and is not put right by a relink."""
    edit(shop / _WEB, "replicas: 2", "replicas: 9")
    done = towpath(shop, "verify")
    assert done.code == 1
    assert f"{_WEB}: error: the file is not what was compiled: edited (verify.edited)" in done.out
    assert f"git restore {_WEB}" in done.out
    relinked = towpath(shop, "relink")
    assert relinked.code == 1
    assert _WEB in relinked.err


def test_c30_stale_names_the_settings(shop: Path) -> None:
    """A file behind its settings is named as stale, with the settings file that Git says has changed since."""
    commit_all(shop, "All as it should be")
    edit(shop / "envs/production/shop.yaml", "replicas: 2", "replicas: 3")
    commit_all(shop, "More replicas")
    assert _rules(shop) == (0, {})
    done = towpath(shop, "verify", "--compile")
    assert done.code == 1
    assert (
        f"{_WEB}: error: a fresh compile differs: this file has other content; "
        "changed since: envs/production/shop.yaml (verify.stale)\n  to do: run `towpath synth`"
    ) in done.out
    # The namespace's quota counts replicas too; nothing else is stale.
    assert _rules(shop, "--compile")[1] == {
        "verify.stale": {_WEB, "dist/production/shop/resourcequota_quota.yaml"}
    }


def test_c30_stale_without_git(shop: Path) -> None:
    """Without Git the message names what the rendering is made of."""
    edit(shop / "envs/production/shop.yaml", "replicas: 2", "replicas: 3")
    done = towpath(shop, "verify", "--compile", "-e", "production")
    assert done.code == 1
    assert (
        "its inputs are charts/shop/, envs/defaults/shop.yaml, envs/production/shop.yaml, envs/production/cluster.yaml"
    ) in done.out


def test_c30_stale_files_that_come_and_go(shop: Path) -> None:
    """A file that a fresh compile would add, drop or change is named with which of these it is; then synth mends it."""
    edit(shop / "charts/shop/chart.py", '("worker", settings.worker_replicas, ()),', '("jobs", 1, ()),')
    edit(shop / "charts/shop/chart.py", "image=name", "image=name.replace('jobs', 'worker')")
    edit(shop / "envs/production/cluster.yaml", '"1.33"', '"1.34"')
    done = towpath(shop, "verify", "--compile", "-e", "production")
    assert done.code == 1
    folder = "dist/production/shop"
    assert f"{folder}/deployment_jobs.yaml: error: a fresh compile differs: this file is missing;" in done.out
    assert (
        f"{folder}/deployment_worker.yaml: error: a fresh compile differs: this file is not made any more;"
        in done.out
    )
    assert "compiled for Kubernetes 1.33, and the cluster has 1.34" in done.out
    assert towpath(shop, "synth", "-e", "production").code == 0
    assert _rules(shop, "-e", "production") == (0, {})


def test_c30_another_towpath(shop: Path) -> None:
    """A map of another format is named as the work of another version, and as neither edited nor stale."""
    link_map = shop / "dist/production/shop.links"
    edit(link_map, '{"format":1,', '{"format":99,')
    code, found = _rules(shop, "-e", "production")
    assert code == 1
    assert len(found) == 1
    assert not {"verify.edited", "verify.stale"} & found.keys()
    assert _rules(shop, "--compile", "-e", "production")[1] == found


@pytest.mark.parametrize(
    ("spoil", "rule", "file"),
    [
        pytest.param(lambda at: (at / _WEB).unlink(), "verify.missing", _WEB, id="missing"),
        pytest.param(
            lambda at: (at / "dist/production/shop/mine.yaml").write_text("a: 1\n", encoding="utf-8"),
            "verify.extra",
            "dist/production/shop/mine.yaml",
            id="extra-file",
        ),
        pytest.param(
            lambda at: (at / "dist/production/notes").mkdir(),
            "verify.no-map",
            "dist/production/notes.links",
            id="extra-folder",
        ),
        pytest.param(
            lambda at: (at / "dist/README").write_text("", encoding="utf-8"),
            "verify.extra",
            "dist/README",
            id="stray-file",
        ),
        pytest.param(
            lambda at: edit(at / "envs/production/shop.images.yaml", '"7.2-alpine"', '"7.4-alpine"'),
            "verify.unlinked",
            "dist/production/shop/statefulset_redis.yaml",
            id="behind-its-pin",
        ),
        pytest.param(
            lambda at: (at / "dist/production/shop.links").unlink(),
            "verify.no-map",
            "dist/production/shop.links",
            id="no-map",
        ),
        pytest.param(
            lambda at: edit(
                at / "dist/production/argocd/application.argoproj.io_shop-production.yaml", "main", "mine"
            ),
            "verify.edited",
            "dist/production/argocd/application.argoproj.io_shop-production.yaml",
            id="argocd-edited",
        ),
        pytest.param(
            lambda at: _without(at, "dist/production/argocd", "dist/production/argocd.links"),
            "verify.no-map",
            "dist/production/argocd.links",
            id="argocd-deleted",
        ),
        pytest.param(
            lambda at: _without(at, "dist/production/argocd"),
            "verify.missing",
            "dist/production/argocd/application.argoproj.io_shop-production.yaml",
            id="argocd-folder-deleted",
        ),
        pytest.param(
            lambda at: _without(at, "dist/production/argocd.links"),
            "verify.no-map",
            "dist/production/argocd.links",
            id="argocd-map-deleted",
        ),
    ],
)
def test_c30_each_has_its_rule(shop: Path, spoil: object, rule: str, file: str) -> None:
    """Every way to differ from what synth wrote is told apart."""
    assert callable(spoil)
    spoil(shop)
    code, found = _rules(shop)
    assert code == 1
    assert file in found[rule]


def test_c30_remedy_of_unlinked_works(shop: Path) -> None:
    """The command that verify advises for a file behind its pin is one that exists and helps."""
    edit(shop / "envs/production/shop.images.yaml", '"7.2-alpine"', '"7.4-alpine"')
    findings = towpath(shop, "verify", "--format", "json").json["findings"]
    (remedy,) = {each["remedy"] for each in findings if each["rule"] == "verify.unlinked"}
    command = remedy.partition("`towpath ")[2].partition("`")[0]
    assert towpath(shop, *command.split()).code == 0
    assert _rules(shop) == (0, {})


def test_equal_inputs_with_other_bytes(shop: Path) -> None:
    """A compile that gives other bytes than one before from equal inputs is a bug: exit 3."""
    (entry,) = (shop / ".towpath/cache/production/shop").iterdir()
    value = json.loads(entry.read_text(encoding="utf-8"))
    old = value["files"]["service_web.yaml"]
    new = old.replace("port: 8080", "port: 8081")
    assert new != old
    value["files"]["service_web.yaml"] = new
    hashes = [hashlib.sha256(each.encode()).hexdigest() for each in (old, new)]
    assert hashes[0] in value["map"]
    value["map"] = value["map"].replace(*hashes)
    entry.write_text(json.dumps(value), encoding="utf-8")
    done = towpath(shop, "verify", "--compile", "-e", "production")
    assert done.code == 3
    assert (
        "production/shop compiled to other bytes than before from equal inputs: service_web.yaml" in done.err
    )


def _with_a_clock(folder: Path) -> None:
    write_shop(folder)
    edit(
        folder / "charts/shop/chart.py",
        '"NOTE": note}',
        '"NOTE": note, "T": str(__import__("time").time_ns())}',
    )
    synthesized(folder)


def test_a_clock_in_a_chart(tmp_path_factory: pytest.TempPathFactory) -> None:
    """A chart that puts the time into its output is found by the first verification: exit 3."""
    folder = made_once(tmp_path_factory, "clock", _with_a_clock)
    done = towpath(folder, "verify", "--compile", "-e", "production")
    assert done.code == 3
    assert "configmap_shop-config.yaml" in done.err
    assert "look for a clock, a random number" in done.err


def test_git_variables_of_a_hook(shop: Path, tmp_path: Path) -> None:
    """Variables that a calling Git hook sets do not send the search for causes to another repository."""
    commit_all(shop, "All as it should be")
    edit(shop / "envs/production/shop.yaml", "replicas: 2", "replicas: 3")
    other = tmp_path / "other"
    other.mkdir()
    git(other, "init", "--quiet")
    hijack = {"GIT_DIR": str(other / ".git"), "GIT_INDEX_FILE": str(other / "index")}
    done = towpath(shop, "verify", "--compile", "-e", "production", env=hijack)
    assert "changed since: envs/production/shop.yaml" in done.out
