"""The dist/ of this checkout: exactly what synth gives, and valid for the Kubernetes of each environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.kubeconform import kubeconform
from tests.support.projects import ROOT, towpath, tree
from towpath.documents.node import plain
from towpath.documents.reader import read
from towpath.project import Project

if TYPE_CHECKING:
    from pathlib import Path

ENVIRONMENTS = ("development", "staging", "production")
# Of this group the makers' schemas are not beside the checkout; our own closed one holds its objects.
_UNPUBLISHED = "generators.external-secrets.io"


def _manifests(environment: str) -> list[Path]:
    return sorted((ROOT / "dist" / environment).rglob("*.yaml"))


def _kubernetes(environment: str) -> str:
    path = f"envs/{environment}/cluster.yaml"
    node = read((ROOT / path).read_bytes(), path)
    assert node is not None
    return str(plain(node)["kubernetes"])


def test_dist_is_what_synth_gives(fresh: Path) -> None:
    """No file of dist/ is missing, extra or different: `make synth` and commit what it changes."""
    committed, expected = tree(ROOT / "dist"), tree(fresh / "dist")
    assert sorted(committed) == sorted(expected)
    assert not [name for name in committed if committed[name] != expected[name]]


def test_verify_is_clean() -> None:
    """`towpath verify` finds nothing but warnings in this checkout."""
    done = towpath(ROOT, "verify", "--format", "json")
    assert (done.code, done.json["clean"]) == (0, True), done.out
    assert {each["rule"] for each in done.json["findings"]} <= {"pins.unresolved"}


def test_environments() -> None:
    """The environments that these tests look at are those of the pipeline, in the order of promotion."""
    assert Project(ROOT).pipeline.environments == ENVIRONMENTS
    assert all(_manifests(environment) for environment in ENVIRONMENTS)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_p26_schemas(environment: str) -> None:
    """Every manifest is valid for the environment's Kubernetes, strictly, and none is skipped."""
    failures = kubeconform(_manifests(environment), _kubernetes(environment))
    assert not failures, "\n".join(map(str, failures))


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_p26_schemas_of_the_makers(environment: str) -> None:
    """Custom resources pass the schemas of those who make the controllers, where these lie beside the checkout."""
    folder = ROOT.parent / "shared" / "schemas" / "crds"
    if not folder.is_dir():
        pytest.skip(
            f"LEFT OUT: {folder} does not exist, so custom resources are held against our own schemas only"
        )
    every = [file for file in _manifests(environment) if _UNPUBLISHED not in file.name]
    failures = kubeconform(every, _kubernetes(environment), custom_resources=folder)
    assert not failures, "\n".join(map(str, failures))
