"""What stops a synthesis: missing files, mistakes in settings, no Node, a dead worker, what stands in the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.projects import edit, towpath, tree, write, write_shop

if TYPE_CHECKING:
    from pathlib import Path

# With it a synth that needs Node fails, so a synth that says something else did not need it.
NO_NODE = {"JSII_NODE": "/bin/false"}


@pytest.fixture
def unsynthesized(tmp_path: Path) -> Path:
    """Return a project that was never synthesized."""
    return write_shop(tmp_path / "shop")


@pytest.mark.parametrize(
    ("missing", "message"),
    [
        pytest.param(
            "envs/production/cluster.yaml",
            "error: envs/production/cluster.yaml: the file does not exist\n  expected: a YAML file\n",
            id="cluster-file",
        ),
        pytest.param(
            "charts/shop/settings.py",
            "error: charts/shop: the platform shop has no charts/shop/settings.py\n"
            "  expected: a module with a class Settings\n"
            "  to do: write its settings model, or remove the platform's settings from envs/\n",
            id="settings-model",
        ),
        pytest.param(
            "envs/defaults/shop.yaml",
            "error: envs/production/shop.yaml:1:1: redis_password is missing\n",
            id="defaults-that-were-needed",
        ),
    ],
)
def test_missing_file(unsynthesized: Path, missing: str, message: str) -> None:
    """A file that is not there is named, and no Node is needed to say so."""
    (unsynthesized / missing).unlink()
    before = tree(unsynthesized)
    done = towpath(unsynthesized, "synth", env=NO_NODE)
    assert (done.code, done.out) == (1, "")
    assert message in done.err
    assert tree(unsynthesized) == before


def test_missing_chart(unsynthesized: Path) -> None:
    """A platform with settings and without a chart is refused; nothing is written."""
    (unsynthesized / "charts/shop/chart.py").unlink()
    done = towpath(unsynthesized, "synth", "-e", "development")
    assert done.code == 1
    assert done.err == (
        "error: charts/shop: the platform shop has no charts/shop/chart.py\n"
        "  expected: a module that defines a subclass of towpath.constructs.Platform\n"
        "1 problem; nothing was changed\n"
    )
    assert not (unsynthesized / "dist").exists()


def test_missing_settings(shop: Path) -> None:
    """A platform that lost its settings in one environment is not removed without being asked for."""
    (shop / "envs/production/shop.yaml").unlink()
    before = tree(shop)
    done = towpath(shop, "synth", env=NO_NODE)
    assert done.code == 1
    assert "production/shop renders no objects" in done.err
    assert "--allow-removal" in done.err
    assert tree(shop) == before


def test_mistakes_of_two_environments_at_once(unsynthesized: Path) -> None:
    """Mistakes in settings, defaults and cluster facts of all environments are one sorted list; no Node is needed."""
    edit(unsynthesized / "envs/development/shop.yaml", "log_level: debug", "log_levle: debug")
    edit(unsynthesized / "envs/production/shop.yaml", "replicas: 2", "replicas: many")
    edit(unsynthesized / "envs/production/cluster.yaml", 'kubernetes: "1.33"', 'kubernetes: "latest"')
    edit(unsynthesized / "envs/defaults/shop.yaml", "cpu: 500m", "cpu: 500 m")
    before = tree(unsynthesized)
    done = towpath(unsynthesized, "synth", env=NO_NODE)
    assert done.code == 1
    heads = [line.removeprefix("error: ") for line in done.err.splitlines() if line.startswith("error: ")]
    places = [head.partition(": ")[0] for head in heads]
    assert places == [
        "envs/defaults/shop.yaml:3:17",
        "envs/development/shop.yaml:2:3",
        "envs/production/cluster.yaml:1:13",
        "envs/production/shop.yaml:3:11",
    ]
    assert "did you mean 'log_level'?" in done.err
    assert tree(unsynthesized) == before


@pytest.mark.parametrize(
    ("node", "reason"),
    [
        pytest.param("/nonexistent/node", "[Errno 2] No such file or directory", id="is-not-there"),
        pytest.param("/bin/false", "it gave no answer", id="ends-at-once"),
        pytest.param("/dev/null", "[Errno 13] Permission denied", id="is-no-program"),
    ],
)
def test_no_node(unsynthesized: Path, node: str, reason: str) -> None:
    """Without a Node that runs there is one message that says which Node and what to do, and nothing is written."""
    before = tree(unsynthesized)
    done = towpath(unsynthesized, "synth", env={"JSII_NODE": node})
    assert done.code == 1
    assert done.err.startswith(f"error: charts cannot be compiled: Node ({node}) does not start: {reason}")
    assert "pip install 'towpath[compile]'" in done.err
    assert done.err.endswith("1 problem; nothing was changed\n")
    assert tree(unsynthesized) == before


def test_dead_worker(shop: Path) -> None:
    """A chart that ends its process is a bug that names the target; targets beside it are not blamed."""
    write(shop / "charts/killer/__init__.py", "")
    write(shop / "charts/killer/settings.py", "import os\n\nos._exit(7)\n")
    write(shop / "envs/development/killer.yaml", "{}\n")
    before = tree(shop / "dist")
    done = towpath(shop, "synth", env=NO_NODE)
    assert done.code == 3
    assert done.err == (
        "error: compiling development/killer broke down:\nits process ended with code 7 and no message\n"
    )
    assert tree(shop / "dist") == before


def test_image_without_pin(shop: Path) -> None:
    """An image that no pin names is refused with the place that uses it and the command that pins it."""
    edit(
        shop / "envs/production/shop.images.yaml",
        '  web:\n    repository: ghcr.io/example/pms-frontend\n    tag: "1.0.0"\n    digest: sha256:'
        + "2a" * 32
        + "\n",
        "",
    )
    before = tree(shop)
    done = towpath(shop, "synth", env=NO_NODE)
    assert done.code == 1
    assert "the image web has no pin" in done.err
    assert "towpath pin production/shop web=<reference>" in done.err
    assert tree(shop) == before


def test_foreign_file_in_the_way(shop: Path) -> None:
    """A file that Towpath did not write is not overwritten, and the refusal names it."""
    place = shop / "dist/development/shop/deployment_web.yaml"
    (shop / "dist/development/shop.links").unlink()
    place.write_text("mine: true\n", encoding="utf-8")
    done = towpath(shop, "synth", env=NO_NODE)
    assert done.code == 1
    assert "development/shop/deployment_web.yaml: a file that the link map does not list stands" in done.err
    assert place.read_text(encoding="utf-8") == "mine: true\n"
