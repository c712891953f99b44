"""`towpath images`: the table, the JSON, and since when an image is pinned as the history tells it."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.test_diff import write
from tests.diff.examples import DIGESTS, pins
from tests.support.git_command import git
from tests.support.projects import ROOT
from towpath.cli.main import main
from towpath.images.pinfile import parse_pins
from towpath.images.symbol import Form
from towpath.link.map import LinkEntry, LinkMap, Location, format_map
from towpath.report.inventory import Since, pinned_since

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

DAY = 86_400
NOW = 2_000_000_000
ORDER = ("development", "staging", "production")
HEADS = ["PLATFORM", "IMAGE", "ENVIRONMENT", "REFERENCE", "DIGEST", "PINNED", "FOR", "REMARKS"]


def link_map(*names: str) -> bytes:
    """Return a link map of one file that uses some images."""
    locations = tuple(
        Location(line, "spec.image", name, Form.REFERENCE) for line, name in enumerate(names, 1)
    )
    return format_map(LinkMap("1.33", (LinkEntry("deployment_web.yaml", "0" * 64, locations),)))


def commit(root: Path, files: Mapping[str, bytes], age: int) -> None:
    """Commit files as of some days ago."""
    write(root, files)
    git(root, "add", "--all")
    time = f"{NOW - age * DAY} +0000"
    subprocess.run(
        ["git", "commit", "--quiet", "--message", "change"],
        cwd=root,
        check=True,
        env={**os.environ, "GIT_AUTHOR_DATE": time, "GIT_COMMITTER_DATE": time},
    )


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("towpath.cli.images.time.time", lambda: float(NOW))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a project with a history: staging follows development, production has its own."""
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    files = {"towpath.yaml": f"environments: [{', '.join(ORDER)}]\n".encode()}
    for environment in ORDER:
        files[f"envs/{environment}/shop.images.yaml"] = pins(web="1@a", redis="7")
        files[f"dist/{environment}/shop.links"] = link_map("web", "redis")
    commit(tmp_path, files, 30)
    commit(tmp_path, {"envs/development/shop.images.yaml": pins(web="2@b", redis="7", old="1")}, 10)
    commit(tmp_path, {"envs/staging/shop.images.yaml": pins(web="2@b", redis="7")}, 3)
    write(tmp_path, {"dist/production/shop.links": link_map("web", "redis", "mail")})
    return tmp_path


def table(root: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    """Return the lines that `towpath images` prints."""
    assert main(["images", *arguments, "--project", str(root)]) == 0
    return capsys.readouterr().out.splitlines()


def document(root: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> list[dict[str, Any]]:
    """Return the images as `towpath images` prints them for machines."""
    found = json.loads("\n".join(table(root, capsys, "--format", "json", *arguments)))["images"]
    assert isinstance(found, list)
    return found


TABLE = """\
PLATFORM  IMAGE  ENVIRONMENT  REFERENCE                DIGEST        PINNED FOR     REMARKS
shop      mail   production   not pinned               none          unknown        not pinned in staging
shop      old    development  ghcr.io/example/old:1    none          10 days        unresolved, not used
shop      redis  development  ghcr.io/example/redis:7  none          30 days        unresolved
shop      redis  staging      ghcr.io/example/redis:7  none          30 days        unresolved
shop      redis  production   ghcr.io/example/redis:6  none          not committed  unresolved, differs from staging
shop      web    development  ghcr.io/example/web:2    bbbbbbbbbbbb  10 days
shop      web    staging      ghcr.io/example/web:2    bbbbbbbbbbbb  3 days
shop      web    production   ghcr.io/example/web:1    aaaaaaaaaaaa  30 days        differs from staging
8 images, 4 without a digest, 2 other than in the environment before, 1 not pinned"""


def test_the_table(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Aligned columns, by image and then by environment, and a line that counts."""
    write(root, {"envs/production/shop.images.yaml": pins(web="1@a", redis="6")})
    assert "\n".join(table(root, capsys)) == TABLE


def test_the_json(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """All that the table says, and the pins in full."""
    found = document(root, capsys, "-e", "staging", "-p", "shop")
    assert found[1] == {
        "platform": "shop",
        "environment": "staging",
        "image": "web",
        "pin": {
            "repository": "ghcr.io/example/web",
            "tag": "2",
            "digest": DIGESTS["b"],
            "platforms": [],
            "revision": "",
        },
        "resolved": True,
        "used": True,
        "committed": True,
        "since": NOW - 3 * DAY,
        "since_at_least": False,
        "against": "same",
        "before": "development",
    }
    assert [each["image"] for each in found] == ["redis", "web"]


def test_an_environment_is_compared_with_one_that_is_not_shown(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The selection says what is shown, not what is true."""
    (web,) = (each for each in document(root, capsys, "-e", "production") if each["image"] == "web")
    assert (web["against"], web["before"]) == ("different", "staging")


def test_the_environment_before_is_the_nearest_one_that_has_the_platform(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An environment without the platform is passed over."""
    for path in ("envs/staging/shop.images.yaml", "dist/staging/shop.links"):
        (root / path).unlink()
    (web,) = (each for each in document(root, capsys, "-e", "production") if each["image"] == "web")
    assert (web["against"], web["before"]) == ("different", "development")


MONGODB = "mongodbcommunity.mongodbcommunity.mongodb.com_db.yaml"


@pytest.fixture
def operated(root: Path) -> Path:
    """Return the project with a MongoDB in staging and production that an operator runs."""
    for environment, version in (("staging", "7.0.14"), ("production", "6.0.20")):
        manifest = f'kind: MongoDBCommunity\nmetadata:\n  name: db\nspec:\n  version: "{version}"\n'
        entries = (LinkEntry("deployment_web.yaml", "0" * 64), LinkEntry(MONGODB, "0" * 64))
        files = {
            f"dist/{environment}/shop/{MONGODB}": manifest.encode(),
            f"dist/{environment}/shop.links": format_map(LinkMap("1.33", entries)),
        }
        write(root, files)
    return root


OPERATED = """\
PLATFORM  OBJECT               ENVIRONMENT  VERSION  REMARKS
shop      MongoDBCommunity/db  staging      7.0.14   not pinned: the operator chooses the image
shop      MongoDBCommunity/db  production   6.0.20   not pinned: the operator chooses the image"""


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        pytest.param([], OPERATED.splitlines(), id="all"),
        pytest.param(["-e", "production"], [OPERATED.splitlines()[n] for n in (0, 2)], id="selected"),
        pytest.param(["-e", "development"], [], id="none"),
    ],
)
def test_versions_that_an_operator_turns_into_images(
    operated: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], shown: list[str]
) -> None:
    """They stand below the images, in the order of environments; where there is none, there is no table."""
    lines = table(operated, capsys, *arguments)
    (count,) = (number for number, line in enumerate(lines) if "without a digest" in line)
    assert lines[count + 1 :] == (["", *shown] if shown else [])


def test_versions_in_the_json(operated: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same for machines; without such an object the list is empty."""
    found = json.loads("\n".join(table(operated, capsys, "--format", "json", "-e", "staging")))["operated"]
    assert found == [
        {
            "platform": "shop",
            "environment": "staging",
            "kind": "MongoDBCommunity",
            "name": "db",
            "version": "7.0.14",
            "pin": None,
            "remark": "not pinned: the operator chooses the image",
        }
    ]
    none = json.loads("\n".join(table(operated, capsys, "--format", "json", "-e", "development")))
    assert none["operated"] == []


def test_an_object_that_cannot_be_read(operated: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is named, and not passed over."""
    write(operated, {f"dist/staging/shop/{MONGODB}": b"spec: {\n"})
    assert main(["images", "--project", str(operated)]) == 1
    assert f"dist/staging/shop/{MONGODB}" in capsys.readouterr().err


def test_a_real_rendering_is_found(capsys: pytest.CaptureFixture[str]) -> None:
    """The names of files that are looked for are those that are written."""
    lines = table(ROOT, capsys, "-e", "production", "-p", "nexus")
    assert any("MongoDBCommunity/mongodb" in line for line in lines)


def test_without_git_the_age_is_unknown(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """All else is shown."""
    git(root, "config", "core.bare", "true")
    lines = table(root, capsys)
    assert lines[0].split() == HEADS
    assert all("unknown" in line for line in lines[1:-1])


def test_in_a_shallow_clone_the_age_is_a_lower_bound(
    root: Path, tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    """The history there does not tell when it began."""
    clone = tmp_path_factory.mktemp("clone")
    git(clone, "clone", "--quiet", "--depth=1", f"file://{root}", ".")
    lines = [line for line in table(clone, capsys) if " web " in line]
    assert all("over 3 days" in line for line in lines)


def test_without_a_map_every_pin_counts_as_used(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Before the first synth nobody knows better."""
    (root / "dist/development/shop.links").unlink()
    assert all(each["used"] for each in document(root, capsys, "-e", "development"))


@pytest.mark.parametrize("option", ["-e", "-p"])
def test_unknown_names(root: Path, capsys: pytest.CaptureFixture[str], option: str) -> None:
    """A typing error is a mistake on the command line."""
    assert main(["images", option, "shpo", "--project", str(root)]) == 2
    assert "unknown" in capsys.readouterr().err


NEW, OLD = pins(web="2@b", redis="7"), pins(web="1@a", redis="7")


@pytest.mark.parametrize(
    ("versions", "since"),
    [
        pytest.param([], {}, id="no-history"),
        pytest.param([(9, NEW)], {"web": Since(9), "redis": Since(9)}, id="one-commit"),
        pytest.param([(9, NEW), (5, OLD)], {"web": Since(9), "redis": Since(5)}, id="one-changed"),
        pytest.param(
            [(9, NEW), (5, OLD), (3, NEW)], {"web": Since(9), "redis": Since(3)}, id="e61-there-and-back"
        ),
        pytest.param(
            [(9, NEW), (5, None), (3, NEW)], {"web": Since(9), "redis": Since(9)}, id="removed-between"
        ),
        pytest.param([(9, OLD), (5, NEW)], {"redis": Since(5)}, id="not-committed"),
        pytest.param([(9, NEW), (5, pins(redis="7"))], {"web": Since(9), "redis": Since(5)}, id="added"),
        pytest.param(
            [(9, NEW), (5, NEW.replace(b"images:", b"images:\n  # by hand")), (3, OLD)],
            {"web": Since(5), "redis": Since(3)},
            id="not-canonical",
        ),
        pytest.param(
            [(9, NEW.replace(b"\n  ", b"\n    ")), (5, OLD.replace(b"\n  ", b"\n    "))],
            {"web": Since(9), "redis": Since(5)},
            id="other-indent",
        ),
        pytest.param(
            [(9, NEW), (5, NEW.replace(b"b" * 64, b"b" * 64 + b"\n    revision: c0ffee5"))],
            {"web": Since(5), "redis": Since(5)},
            id="same-image-with-a-revision",
        ),
        pytest.param(
            [(9, NEW), (5, b"<<<<<<<\n")],
            {"web": Since(9, at_least=True), "redis": Since(9, at_least=True)},
            id="unreadable-before",
        ),
    ],
)
def test_pinned_since(versions: list[tuple[int, bytes | None]], since: dict[str, Since]) -> None:
    """An image is pinned so since the oldest commit of an unbroken row with the same pin."""
    path = "envs/staging/shop.images.yaml"
    assert pinned_since(versions, path, parse_pins(NEW, path).images) == since


def test_pinned_since_with_a_history_that_is_cut() -> None:
    """What reaches back to its end may be older; what changed within it is exact."""
    path = "envs/staging/shop.images.yaml"
    found = pinned_since([(9, NEW), (5, OLD)], path, parse_pins(NEW, path).images, complete=False)
    assert found == {"web": Since(9), "redis": Since(5, at_least=True)}
