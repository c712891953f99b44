"""`towpath synth`, `python main.py` and `cdk8s synth` give the same bytes."""

from __future__ import annotations

import os
import re
import shutil
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.projects import ROOT, Done, run, towpath, tree

if TYPE_CHECKING:
    from pathlib import Path

CDK8S = ROOT / "node_modules" / ".bin" / "cdk8s"


def _main(folder: Path, **environment: str) -> Done:
    return run(folder, [sys.executable, "main.py"], env=environment)


def _cdk8s(folder: Path, *arguments: str) -> Done:
    """Run the cdk8s command line, which runs `.venv/bin/python main.py` as cdk8s.yaml says."""
    if not CDK8S.exists():
        pytest.fail(f"{CDK8S} is missing.\n  to do: make test, or scripts/prepare.py node", pytrace=False)
    if not (folder / ".venv").exists():
        (folder / ".venv").symlink_to(sys.prefix)
    # The command line is a Node script, and looks for new releases of itself unless it is told not to.
    path = os.pathsep.join([f"{sys.prefix}/bin", os.environ["PATH"]])
    return run(folder, [str(CDK8S), "synth", *arguments], env={"PATH": path, "CI": "1"})


def test_main(project: Path, fresh: Path) -> None:
    """`python main.py` makes dist/ and writes nothing to standard output."""
    shutil.rmtree(project / "dist")
    done = _main(project)
    assert (done.code, done.out) == (0, ""), done.err
    assert tree(project / "dist") == tree(fresh / "dist")


def test_main_in_a_chosen_folder(project: Path, fresh: Path, tmp_path: Path) -> None:
    """CDK8S_OUTDIR says where to; dist/ stays as it is."""
    before = tree(project)
    for chosen in ("rendered", str(tmp_path / "elsewhere")):
        done = _main(project, CDK8S_OUTDIR=chosen)
        assert done.code == 0, done.err
        assert tree(project / chosen) == tree(fresh / "dist")
        shutil.rmtree(project / chosen)
    assert tree(project) == before


def test_main_that_fails(project: Path) -> None:
    """A failed run says why on standard error, exits with 1 and leaves dist/."""
    (project / "envs/staging/pms.yaml").write_text("frontend: 1\n", encoding="utf-8")
    before = tree(project)
    done = _main(project, JSII_NODE="/bin/false")
    assert (done.code, done.out) == (1, "")
    assert "envs/staging/pms.yaml:1:" in done.err
    assert tree(project) == before


def test_cdk8s(project: Path, fresh: Path) -> None:
    """`cdk8s synth` gives the same bytes as `towpath synth`."""
    done = _cdk8s(project)
    assert done.code == 0, done.err + done.out
    assert tree(project / "dist") == tree(fresh / "dist")
    assert towpath(project, "verify").code == 0


def test_cdk8s_in_a_chosen_folder(project: Path, fresh: Path) -> None:
    """`cdk8s synth --output` writes there."""
    done = _cdk8s(project, "--output", "rendered")
    assert done.code == 0, done.err + done.out
    assert tree(project / "rendered") == tree(fresh / "dist")
    assert tree(project / "dist") == tree(fresh / "dist")


def test_cdk8s_to_standard_output(project: Path, fresh: Path) -> None:
    """`cdk8s synth --stdout` prints the bytes of every manifest and nothing else; dist/ stays.

    The cdk8s command line joins files as they come, without a `---`, so this compares file by file.
    """
    done = _cdk8s(project, "--stdout")
    assert done.code == 0, done.err
    printed = [
        f"apiVersion: {each}" for each in re.split("^apiVersion: ", done.out, flags=re.MULTILINE) if each
    ]
    files = {name: data.decode() for name, data in tree(fresh / "dist").items() if name.endswith(".yaml")}
    assert sorted(printed) == sorted(files.values())
    assert tree(project / "dist") == tree(fresh / "dist")


def test_cdk8s_that_fails(project: Path) -> None:
    """`cdk8s synth` of broken settings fails and shows the message."""
    (project / "envs/staging/pms.yaml").write_text("frontend: 1\n", encoding="utf-8")
    done = _cdk8s(project)
    assert done.code != 0
    assert "envs/staging/pms.yaml:1:" in done.err + done.out
