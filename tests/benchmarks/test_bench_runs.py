"""The benchmark's project renders what the other contestants render, and its comparison notices where it does not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from benchmarks.comparison import Comparison, compare
from benchmarks.contest import FLOOR, Result
from benchmarks.documents import dump
from benchmarks.run import main
from benchmarks.scene import Timing
from benchmarks.workload import ENVIRONMENTS, Body, objects, services

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]


def test_contestants_render_the_same() -> None:
    """Two services in three environments: five objects each, from Towpath, the floor and plain cdk8s."""
    done = subprocess.run(
        [sys.executable, "benchmarks/run.py", "--check", "--services", "2"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(ROOT / "src"), "PATH": "/usr/bin:/bin"},
    )
    assert done.returncode == 0, done.stderr
    # Of its own Towpath adds six objects to a platform and two for Argo CD, and two for the root of each of three
    # environments.
    assert done.stdout.splitlines()[:3] == [
        "towpath: 30 objects as the workload has them, 54 more",
        "floor: 30 objects as the workload has them, 0 more",
        "cdk8s: 30 objects as the workload has them, 0 more",
    ]


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        pytest.param("minReplicas", 9, "spec.minReplicas is 9 and not 1", id="number"),
        pytest.param("minReplicas", "1", "spec.minReplicas is '1' and not 1", id="type"),
        pytest.param("minReplicas", None, "spec.minReplicas is missing", id="missing field"),
        pytest.param("paused", True, "spec.paused is too much", id="field too much"),
        pytest.param("metrics", [], "spec.metrics is [] and not [", id="length of a list"),
    ],
)
def test_comparison_notices_a_field(tmp_path: Path, field: str, value: object, expected: str) -> None:
    """Every difference of a field is named with its object and path."""

    def changed(body: Body) -> None:
        if value is None:
            del body["spec"][field]
        else:
            body["spec"][field] = value

    found = _compared(tmp_path, changed)
    assert found.same == 14
    (difference,) = found.differences
    assert difference.startswith(f"team-0-dev HorizontalPodAutoscaler service-000.{expected}")


def test_comparison_leaves_out_what_towpath_adds(tmp_path: Path) -> None:
    """Two annotations are Towpath's own; any other one is a difference."""

    def annotated(body: Body) -> None:
        body["metadata"]["annotations"] = {"argocd.argoproj.io/sync-wave": "1", "checksum/configuration": "0"}

    assert _compared(tmp_path / "own", annotated) == Comparison(15, 0, ())

    def noted(body: Body) -> None:
        body["metadata"]["annotations"] = {"note": "x"}

    assert _compared(tmp_path / "other", noted).differences == (
        "team-0-dev HorizontalPodAutoscaler service-000.metadata.annotations is too much",
    )


def test_comparison_notices_missing_and_added_objects(tmp_path: Path) -> None:
    """An object that was lost is a difference; one more is counted."""

    def renamed(body: Body) -> None:
        body["metadata"]["name"] = "another"

    found = _compared(tmp_path, renamed)
    assert found == Comparison(14, 1, ("team-0-dev HorizontalPodAutoscaler service-000 is missing",))


def test_comparison_reads_as_kubernetes_does(tmp_path: Path) -> None:
    """Text that Kubernetes reads as a number is a difference, although PyYAML reads it as text."""
    _compared(tmp_path, lambda _: None)
    path = tmp_path / "dev-ConfigMap.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("'7e2'", "7e2"), encoding="utf-8")
    (difference,) = compare(tmp_path, services(1, 1)).differences
    assert difference == "team-0-dev ConfigMap service-000-config.data.REVISION is 700.0 and not '7e2'"


def test_folder_that_is_not_empty(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The benchmark works in no folder that holds something."""
    (tmp_path / "precious").touch()
    assert main(["--dir", str(tmp_path)]) == 2
    assert capsys.readouterr().err == f"{tmp_path} is not empty; name a new folder\n"


def test_result_takes_the_best_run() -> None:
    """A result is its fastest run, its run in the middle, and the least processor time, each by itself."""
    result = Result(FLOOR, [Timing(3.0, 0.5), Timing(1.0, 0.7), Timing(2.0, 0.6)])
    assert (result.best, result.median, result.cpu) == (1.0, 2.0, 0.5)


def _compared(folder: Path, change: Callable[[Body], None]) -> Comparison:
    """Write one service as the workload has it, but for the autoscaler in dev, and compare."""
    (service,) = services(1, 1)
    folder.mkdir(exist_ok=True)
    for environment in ENVIRONMENTS:
        for body in objects(service, environment):
            if (environment, body["kind"]) == ("dev", "HorizontalPodAutoscaler"):
                change(body)
            with (folder / f"{environment}-{body['kind']}.yaml").open("w", encoding="utf-8") as file:
                dump(body, file)
    return compare(folder, [service])
