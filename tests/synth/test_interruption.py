"""A synth that is cut off leaves dist/ as it was or as it should be, and the next command converges (c27, P9)."""

from __future__ import annotations

import os
import random
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.projects import edit, surroundings, towpath, tree

if TYPE_CHECKING:
    from collections.abc import Callable

_SETTINGS = "envs/production/shop.yaml"


def _start(folder: Path, *, changed: dict[str, str] | None = None) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "towpath", "synth", "--jobs", "2"],
        cwd=folder,
        env=surroundings(changed),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        # A job in the background ignores Ctrl-C, and so would whatever its tests start.
        preexec_fn=_hear_interrupts,  # noqa: PLW1509 -- the tests have no threads
    )


def _hear_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _processes_in(folder: Path) -> list[int]:
    """Return the processes whose working folder is the project's: the command, its workers and their Node."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if (entry / "cwd").readlink().is_relative_to(folder):
                    found.append(int(entry.name))
            except OSError:
                continue
    return found


def _eventually(holds: Callable[[], bool], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def test_c27_killed_while_writing(shop: Path) -> None:
    """SIGKILL at any moment: afterwards the tree is the old one or the new one; the next synth gives the new one."""
    cached = [tree(shop / "dist")]
    edit(shop / "envs/defaults/shop.yaml", "cpu: 500m", "cpu: 700m")
    assert towpath(shop, "synth").code == 0
    cached.append(tree(shop / "dist"))
    began = time.monotonic()
    assert towpath(shop, "synth").code == 0
    usual = time.monotonic() - began
    # The same moments on every run; the machine's pace varies them enough.
    moments = random.Random(27)  # noqa: S311 -- moments are no secrets
    end = time.monotonic() + 8
    kills, wanted = 0, 1
    while kills < 12 and time.monotonic() < end:
        old, wanted = cached[wanted], 1 - wanted
        texts = ("cpu: 700m", "cpu: 500m")
        edit(shop / "envs/defaults/shop.yaml", texts[wanted], texts[1 - wanted])
        process = _start(shop)
        time.sleep(moments.uniform(0.3, 1.3) * usual)
        process.kill()
        process.communicate()
        kills += 1
        # Any command finishes or undoes what was begun; this one writes nothing of its own.
        towpath(shop, "relink", "--check")
        assert tree(shop / "dist") in (old, cached[wanted])
        done = towpath(shop, "synth")
        assert done.code == 0, done.err
        assert tree(shop / "dist") == cached[wanted]
        assert not (shop / ".towpath/staging").exists()
    assert kills >= 3


def test_c27_killed_while_compiling(shop: Path) -> None:
    """SIGKILL while charts compile: dist/ is untouched, workers and their Node end by themselves."""
    before = tree(shop / "dist")
    edit(shop / "envs/defaults/shop.yaml", "cpu: 500m", "cpu: 700m")
    process = _start(shop)
    assert _eventually(lambda: len(_processes_in(shop)) >= 3, 30)
    process.kill()
    process.communicate()
    assert tree(shop / "dist") == before
    assert _eventually(lambda: not _processes_in(shop), 30)
    assert towpath(shop, "synth", "--environment", "production").code == 0


@pytest.mark.parametrize(
    ("sent", "to_all"),
    [
        pytest.param(signal.SIGINT, True, id="ctrl-c"),
        pytest.param(signal.SIGINT, False, id="sigint"),
        pytest.param(signal.SIGTERM, False, id="sigterm"),
    ],
)
def test_interrupted(shop: Path, tmp_path: Path, sent: signal.Signals, to_all: bool) -> None:
    """An interrupt ends the command at once with 130 and a message; nothing is changed, no process or file is left."""
    before = tree(shop / "dist")
    edit(shop / "envs/defaults/shop.yaml", "cpu: 500m", "cpu: 700m")
    # A Node that never answers, so that only the interrupt can end the compile; like Node it ends with its input.
    node = tmp_path / "node"
    node.write_text("#!/bin/sh\nexec cat 3>&1 > /dev/null\n", encoding="utf-8")
    node.chmod(0o755)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    process = _start(shop, changed={"JSII_NODE": str(node), "TMPDIR": str(scratch)})
    # The command, two workers and the Node of each.
    assert _eventually(lambda: len(_processes_in(shop)) == 5, 30)
    if to_all:
        os.killpg(process.pid, sent)
    else:
        process.send_signal(sent)
    out, err = process.communicate(timeout=10)
    assert process.returncode == 130
    assert out == b""
    assert err == b"interrupted; nothing was changed that the next command does not finish or undo\n"
    assert tree(shop / "dist") == before
    assert _eventually(lambda: not _processes_in(shop), 10)
    assert list(scratch.iterdir()) == []


def test_c27_exception_half_way(shop: Path) -> None:
    """A chart that raises after it declared objects, in one of two environments, changes nothing in either."""
    before = tree(shop / "dist")
    chart = shop / "charts/shop/chart.py"
    edit(
        chart,
        "            workload.connects_to(redis)\n",
        "            workload.connects_to(redis)\n"
        "            if target.environment == 'production' and name == 'worker':\n"
        "                raise RuntimeError('half way')\n",
    )
    edit(shop / "envs/defaults/shop.yaml", "cpu: 500m", "cpu: 700m")
    done = towpath(shop, "synth")
    assert done.code == 1
    line = next(
        number for number, text in enumerate(chart.read_text("utf-8").split("\n"), 1) if "half way" in text
    )
    assert done.err.startswith(
        f"error: charts/shop/chart.py:{line}: the chart failed: RuntimeError: half way (in production)\n"
    )
    assert tree(shop / "dist") == before


def _small_files() -> None:
    # The system then refuses to write more than that into a file, as a full disk would.
    resource.setrlimit(resource.RLIMIT_FSIZE, (1500, 1500))


def test_c27_disk_full(shop: Path) -> None:
    """Where files cannot be written whole, nothing changes, the message says so, and later the run succeeds."""
    before = tree(shop)
    edit(shop / _SETTINGS, "replicas: 2", "replicas: 3")
    assert towpath(shop, "synth", "--check").code == 1
    process = subprocess.run(
        [sys.executable, "-m", "towpath", "synth"],
        cwd=shop,
        env=surroundings({"JSII_NODE": "/bin/false"}),
        capture_output=True,
        check=False,
        preexec_fn=_small_files,
        timeout=60,
    )
    assert process.returncode == 1
    assert b"the system refused: File too large; nothing was changed" in process.stderr
    assert tree(shop / "dist") == {
        name.removeprefix("dist/"): data for name, data in before.items() if name.startswith("dist/")
    }
    done = towpath(shop, "synth", env={"JSII_NODE": "/bin/false"})
    assert done.code == 0, done.err
    assert towpath(shop, "verify").code == 0


def test_c27_cache_cannot_be_written(shop: Path) -> None:
    """A cache that cannot be written costs nothing but time."""
    before = tree(shop / "dist")
    folder = shop / ".towpath/cache/production"
    for path in (folder / "shop").iterdir():
        path.unlink()
    (folder / "shop").rmdir()
    (folder / "shop").write_text("in the way", encoding="utf-8")
    done = towpath(shop, "synth", "--environment", "production", "--format", "json")
    assert done.code == 0, done.err
    assert done.compiled == ["production/shop"]
    assert tree(shop / "dist") == before
