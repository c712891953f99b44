"""The example images: real, and the same on every machine."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from scripts.example_images import NAMES, PUBLISHED, build, main
from tests.support.registry import crane, start_registry

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.registry import RunningRegistry

DIGESTS = {
    "pms-backend": "sha256:113034d84596e189402381d71fdd97ee0cec153c9fec2a1993882e51c6319f34",
    "pms-frontend": "sha256:9ad428d324ac0358722e6f87f9f2894fd89aec516e17cee6ae6c60059b51b5b2",
    "pms-worker": "sha256:0680f4bef645e1a66a878f792bfcea746403f0a18bdc7875afba72321a09a36f",
    "taskmanager-backend": "sha256:1c3139899f4f9f684d758de059db587c431eb3e97f4eec22de34d0547d004edf",
    "taskmanager-frontend": "sha256:4fc4f02e38989e9ed69e40f0813e4e6c2f8d770dfc06662f3416615e5faa2516",
    "taskmanager-frontend-dev": "sha256:45778a9419d814d42fea5b6e5e6b4a35654de828e68db4c19788502d3b3ade26",
    "pmtool-backend": "sha256:9ab8204a04c8634223f923863b2785654e0a7868dc7f3866807f836af8916acb",
    "pmtool-frontend": "sha256:27675ccf9ea50309e281a4de9473aef562cff277e966746aa604e4c8de8d2e41",
    "keycloak-pm-backend": "sha256:803bbd13d5c71e22ef594ae9d4422d5ea1fd102a3b8972579c85ced2e15085b1",
    "keycloak-pm-frontend": "sha256:4dd07327aca69c7708a6f9f4ceee47f01821b029f8d3d8105985da257dcae0f1",
    "keycloak-pm-frontend-dev": "sha256:862d3cd453f5f17e3f6b2cacef9380dbb31194283af5c0f70a5f13dd354ed6cd",
    "nexus-backend": "sha256:1c223924518468f99f0f0142327018b2323fe16d1b7111ab74efbe0f705a8d29",
    "nexus-frontend": "sha256:2b05f10a040338f3fd6490b1c4e29015d73ee68535e4e2574c41f6a9a76e615d",
}


def _push(registry: RunningRegistry, project_root: Path, version: str) -> list[dict[str, str]]:
    script = project_root / "scripts" / "example_images.py"
    done = subprocess.run(
        [sys.executable, script, "--registry", registry.host, "--version", version],
        capture_output=True,
        text=True,
        check=True,
    )
    pushed: list[dict[str, str]] = json.loads(done.stdout)
    return pushed


def test_two_registries_get_the_same_digests(registry: RunningRegistry, project_root: Path) -> None:
    """The script prints what crane reads back, and the second registry has exactly the same."""
    first = _push(registry, project_root, "1.0.0")
    with start_registry() as other:
        assert _push(other, project_root, "1.0.0") == first
        for image in first:
            path = f"{image['repository'].partition('/')[2]}:1.0.0"
            assert image["digest"] == crane("digest", f"{registry.host}/{path}")
            assert image["digest"] == crane("digest", f"{other.host}/{path}")
    assert first == [
        {"name": name, "repository": f"{PUBLISHED}/{name}", "tag": "1.0.0", "digest": DIGESTS[name]}
        for name in NAMES
    ]


@pytest.mark.parametrize("name", NAMES)
def test_crane_finds_the_images_whole(registry: RunningRegistry, project_root: Path, name: str) -> None:
    """Layers, configurations and both platforms agree with each other."""
    _push(registry, project_root, "1.0.0")
    reference = f"{registry.host}/example/{name}:1.0.0"
    assert crane("validate", "--remote", reference).startswith("PASS")
    labels = json.loads(crane("config", "--platform", "linux/arm64", reference))["config"]["Labels"]
    assert labels["org.opencontainers.image.version"] == "1.0.0"


def test_each_name_and_version_has_its_own_digest() -> None:
    """A promotion of another version has something to show."""
    digests = [build(name, version).digest for name in NAMES for version in ("1.0.0", "1.1.0")]
    assert len(set(digests)) == len(digests)


def test_a_registry_that_is_not_there_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """The script fails without a traceback."""
    assert main(["--registry", "127.0.0.1:1"]) == 1
    assert capsys.readouterr().err.startswith("cannot push to 127.0.0.1:1: ")
