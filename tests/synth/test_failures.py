"""Charts that go wrong: each gives its messages with the line at fault, and nothing is written."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.support.projects import Done, made_once, towpath, tree, write, write_shop

if TYPE_CHECKING:
    from pathlib import Path

_HEAD = """\
import os
import socket
import subprocess
import sys
from pathlib import Path

import cdk8s

from towpath.constructs import *

SMALL = Resources("1m", "1Mi", "1m", "1Mi")


class Broken(Platform):
    def __init__(self, scope, id, *, settings, target):
        super().__init__(scope, id, target=target)
"""
# The line of the chart on which the statement of a row stands.
_LINE = _HEAD.count("\n") + 1

_SETTINGS = """\
from towpath.settings.model import SettingsModel


class Settings(SettingsModel):
    pass
"""

_ALONE = (
    "\n  expected: a chart that depends on its settings and its own files alone"
    "\n  to do: pass what it needs as a setting"
)
_PLACES = (
    "\n  expected: an image symbol as a whole `image` field, as a whole value in its tag, digest or repository form, "
    "or as the label app.kubernetes.io/version\n  to do: pass the image to the field by itself "
)
_CORRECT = "\n  to do: correct the chart; --debug shows the whole traceback"
_ORDER = "\n  expected: a list or a tuple\n  to do: write sorted(...) around it"
_WORKLOAD = 'Workload(self, "w", image="w", user=User(1, 1), resources=SMALL)'
_JOB = 'Job(self, "j", image="j", user=User(1, 1), resources=SMALL,'
_NO_STORE = "which is no store\n  expected: a store of this platform"
_NO_TARGET = "which is no workload and no store\n  expected: a workload or a store of this platform"

# name: (the statement, what is said about it after the place)
_ROWS = {
    "jsii-type": (
        'cdk8s.ApiObject(self, "a", api_version=3, kind="X")',
        f"the chart failed: TypeError: type of argument api_version must be str; got int instead{_CORRECT}",
    ),
    "jsii-twice": (
        '[cdk8s.ApiObject(self, "a", api_version="v1", kind="X") for _ in "12"]',
        (
            "cdk8s refused it: There is already a Construct with name 'a' in Chart [jsii-twice]"
            "\n  to do: correct the arguments on this line"
        ),
    ),
    "exception": ('raise KeyError("gone")', f"the chart failed: KeyError: 'gone'{_CORRECT}"),
    "exception-of-jsii-s-kind": (
        'raise RuntimeError("not ready")',
        f"the chart failed: RuntimeError: not ready{_CORRECT}",
    ),
    "many-lines": (
        'raise ValueError("first\\nsecond \\x1b[31mred")',
        f"the chart failed: ValueError: first second  [31mred{_CORRECT}",
    ),
    "exits": ("sys.exit(3)", f"the chart failed: SystemExit: 3{_CORRECT}"),
    "recursion": (
        "(f := lambda: f())()",
        f"the chart failed: RecursionError: maximum recursion depth exceeded{_CORRECT}",
    ),
    "c57-keyword": (
        'Workload(self, "web", imagee="web", user=User(1, 1), resources=SMALL)',
        "Workload has no argument `imagee`\n  to do: correct its name",
    ),
    "c57-inner-keyword": (
        'Port("http", 80, protocl="UDP")',
        "Port has no argument `protocl`\n  to do: correct its name",
    ),
    "c24-set": (
        'Workload(self, "web", image="web", user=User(1, 1), resources=SMALL, command={"a", "b"})',
        f"the argument command is a set, which has no order{_ORDER}",
    ),
    "c24-set-of-constructs": (
        'Workload(self, "web", image="web", user=User(1, 1), resources=SMALL, configuration={1})',
        f"the argument configuration is a set, which has no order{_ORDER}",
    ),
    "c24-set-in-body": (
        'KubeObject(self, "x", {"apiVersion": "v1", "kind": "C", "metadata": {"name": "x", "finalizers": {1}}})',
        f"metadata.finalizers is a set, which has no order{_ORDER}",
    ),
    "c08-nan": (
        'KubeObject(self, "x", {"apiVersion": "v1", "kind": "C", "metadata": {"name": "x"}, "n": float("nan")})',
        (
            "C c08-nan-development/x: the value at n cannot be written: the number nan has no form in a manifest"
            "\n  expected: a finite number\n  to do: use a finite number, or a string"
        ),
    ),
    "c16-twice": (
        '[KubeObject(self, n, {"apiVersion": "v1", "kind": "C", "metadata": {"name": "x"}}) for n in "ab"]',
        (
            f"C c16-twice-development/x is declared twice; it was declared at charts/c16_twice/chart.py:{_LINE}"
            "\n  to do: rename one of the two, or declare it once"
        ),
    ),
    "image-in-text": (
        'Workload(self, "w", image="a", user=User(1, 1), resources=SMALL, command=[f"v-{ImageSymbol(\'a\')}"])',
        (
            "Deployment.apps image-in-text-development/w: the image symbol in "
            "spec.template.spec.containers[0].command[0] may not stand there: it stands inside a longer text"
            f"{_PLACES}(found 'v-towpath-image://a/reference')"
        ),
    ),
    "image-in-config": (
        'Configuration(self, "c", data={"V": str(ImageSymbol("web"))})',
        (
            "ConfigMap image-in-config-development/c: the image symbol in data.V may not stand there: "
            f"it is the data of a ConfigMap{_PLACES}(found 'towpath-image://web/reference')"
        ),
    ),
    "c17-name": (
        f'Workload(self, "{"a" * 53}", image="w", user=User(1, 1), resources=SMALL, storage=Storage("/d", "1Gi"))',
        (
            f"StatefulSet.apps c17-name-development/{'a' * 53}: the name has 53 characters; the kind StatefulSet "
            "allows 52\n  to do: give the construct a shorter or plainer name"
        ),
    ),
    "connects-to-none": (
        f"{_WORKLOAD}.connects_to(None)",
        (
            f"w connects to None, {_NO_TARGET}"
            "\n  to do: connect to it only where it is declared; a setting may leave it out here"
        ),
    ),
    "connects-to-text": (
        f'{_WORKLOAD}.connects_to("db")',
        f"w connects to the text 'db', {_NO_TARGET}\n  to do: pass the construct, not its name",
    ),
    "connects-to-job": (
        f'{_WORKLOAD}.connects_to(Job(self, "j", image="j", user=User(1, 1), resources=SMALL))',
        (
            f"w connects to the job j, {_NO_TARGET}"
            "\n  to do: name the store in the job's `prepares`: whatever uses that store waits for the job"
        ),
    ),
    "connects-to-configuration": (
        f'{_WORKLOAD}.connects_to(Configuration(self, "c", data={{"A": "b"}}))',
        f"w connects to a Configuration, {_NO_TARGET}\n  to do: pass a workload or a store",
    ),
    "connects-to-nothing-open": (
        f'{_WORKLOAD}.connects_to(Workload(self, "v", image="v", user=User(1, 1), resources=SMALL))',
        (
            "w connects to v, which has no port\n  expected: a target with ports"
            "\n  to do: give v a port, or take the connection away"
        ),
    ),
    "prepares-none": (
        f"{_JOB} prepares=(None,))",
        (
            f"j prepares None, {_NO_STORE}"
            "\n  to do: prepare it only where it is declared; a setting may leave it out here"
        ),
    ),
    "prepares-text": (
        f'{_JOB} prepares=("db",))',
        f"j prepares the text 'db', {_NO_STORE}\n  to do: pass the construct, not its name",
    ),
    "prepares-workload": (
        f"{_JOB} prepares=({_WORKLOAD},))",
        (
            f"j prepares the workload w, {_NO_STORE}"
            "\n  to do: pass a store; what else the job uses, it `connects_to`"
        ),
    ),
    "prepares-one": (
        f"{_JOB} prepares={_WORKLOAD})",
        (
            "the argument prepares is a Workload\n  expected: a list or a tuple"
            "\n  to do: write it in brackets, with a comma after it: (x,)"
        ),
    ),
    "variable-circle": (
        'Workload(self, "w", image="w", user=User(1, 1), resources=SMALL, environment={"A": "$(B)", "B": "$(A)"})',
        (
            "w: the variables refer to one another in a circle: A -> B -> A"
            "\n  expected: an order in which Kubernetes can fill them in\n  to do: write one of the values out"
        ),
    ),
    "reads-pins": (
        'Path("envs/production/shop.images.yaml").read_text()',
        (
            "the chart reads envs/production/shop.images.yaml, which is not among its declared inputs"
            "\n  expected: reads of charts/reads_pins"
            "\n  to do: move the file into the chart's folder, or make its content a setting"
        ),
    ),
    "reads-pipeline": (
        '(Path(__file__).parents[2] / "towpath.yaml").read_bytes()',
        (
            "the chart reads towpath.yaml, which is not among its declared inputs"
            "\n  expected: reads of charts/reads_pipeline"
            "\n  to do: move the file into the chart's folder, or make its content a setting"
        ),
    ),
    "reads-machine": (
        'open("/etc/hostname")',
        (
            "the chart reads /etc/hostname, which is not among its declared inputs"
            "\n  expected: reads of charts/reads_machine"
            "\n  to do: move the file into the chart's folder, or make its content a setting"
        ),
    ),
    "reads-neighbour": (
        "import charts.shop.chart",
        (
            "the chart reads charts/shop/__init__.py, which is not among its declared inputs"
            "\n  expected: reads of charts/reads_neighbour"
            "\n  to do: move the file into the chart's folder, or make its content a setting"
        ),
    ),
    "reads-through-link": (
        '(Path(__file__).parent / "link.txt").read_text()',
        (
            "the chart reads /etc/hostname, which is not among its declared inputs"
            "\n  expected: reads of charts/reads_through_link"
            "\n  to do: move the file into the chart's folder, or make its content a setting"
        ),
    ),
    "lists": (
        'os.listdir("envs")',
        (
            "the chart reads envs, which is not among its declared inputs\n  expected: reads of charts/lists"
            "\n  to do: move the file into the chart's folder, or make its content a setting"
        ),
    ),
    "writes": ('Path("made.txt").write_text("x")', f"the chart writes made.txt{_ALONE}"),
    "writes-own": (
        '(Path(__file__).parent / "made.txt").write_text("x")',
        f"the chart writes charts/writes_own/made.txt{_ALONE}",
    ),
    "removes": ('Path("towpath.yaml").unlink()', f"the chart changes files{_ALONE}"),
    "renames": ('Path("towpath.yaml").rename("other")', f"the chart changes files{_ALONE}"),
    "makes-folder": ('Path("made").mkdir()', f"the chart changes files{_ALONE}"),
    "process": ('subprocess.run(["touch", "made.txt"])', f"the chart starts a process{_ALONE}"),
    "shell": ('os.system("touch made.txt")', f"the chart starts a process{_ALONE}"),
    "forks": ("os.fork()", f"the chart starts a process{_ALONE}"),
    "connects": (
        'socket.socket().connect(("127.0.0.1", 9))',
        f"the chart opens a network connection{_ALONE}",
    ),
    "sends": (
        'socket.socket(type=socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", 9))',
        f"the chart opens a network connection{_ALONE}",
    ),
    "looks-up": ('socket.getaddrinfo("localhost", 80)', f"the chart looks up a host name{_ALONE}"),
}

_SWALLOWS = """\
        try:
            open("/etc/hostname")
        except Exception:
            pass
"""

_THREE = """\
        a, b, c = (
            Workload(self, name, image=name, user=User(1, 1), resources=SMALL, ports=[Port("http", 80)])
            for name in "abc"
        )
        a.connects_to(b)
"""
_AFTER_THREE = _LINE + _THREE.count("\n")

# name: (the whole chart, the whole message); what is no statement in a constructor.
_FILES = {
    "c29-circle": (
        f"{_HEAD}{_THREE}        b.connects_to(c)\n        c.connects_to(b)\n",
        (
            f"charts/c29_circle/chart.py:{_AFTER_THREE + 1}: platform c29-circle: connects_to makes a circle: "
            f"b -> c -> b (b connects to c at charts/c29_circle/chart.py:{_AFTER_THREE}; "
            f"c connects to b at charts/c29_circle/chart.py:{_AFTER_THREE + 1})"
            "\n  expected: an order in which the parts can start\n  to do: take one of these connections away"
        ),
    ),
    "c29-circle-of-one": (
        f"{_HEAD}{_THREE}        c.connects_to(c)\n",
        (
            f"charts/c29_circle_of_one/chart.py:{_AFTER_THREE}: platform c29-circle-of-one: connects_to makes a "
            f"circle: c -> c (c connects to c at charts/c29_circle_of_one/chart.py:{_AFTER_THREE})"
            "\n  expected: an order in which the parts can start\n  to do: take one of these connections away"
        ),
    ),
    "variable-twice": (
        (
            f'{_HEAD}{_THREE}        a.connects_to(c, variables={{"X": "host"}})\n'
            '        a.connects_to(b, variables={"X": "host"})\n'
        ),
        (
            f"charts/variable_twice/chart.py:{_AFTER_THREE + 1}: a: the variable X has one value of its own and "
            "another from b\n  expected: one value for each variable"
            "\n  to do: take X out of the environment, or rename the connection's variable"
        ),
    ),
    "syntax": (
        f"{_HEAD}        if True\n",
        f"charts/syntax/chart.py:{_LINE}:16: Python cannot read the chart: expected ':'",
    ),
    "missing-module": (
        "import nothing_of_this_name\n",
        (
            "charts/missing_module/chart.py:1: the chart failed: ModuleNotFoundError: No module named "
            f"'nothing_of_this_name'{_CORRECT}"
        ),
    ),
    "no-chart": (
        "X = 1\n",
        (
            "charts/no_chart/chart.py: charts/no_chart/chart.py defines 0 charts (none)"
            "\n  expected: exactly one subclass of towpath.constructs.Platform"
        ),
    ),
    "two-charts": (
        f"{_HEAD}\n\nclass Other(Platform):\n    pass\n",
        (
            "charts/two_charts/chart.py: charts/two_charts/chart.py defines 2 charts (Broken, Other)"
            "\n  expected: exactly one subclass of towpath.constructs.Platform"
        ),
    ),
    "caught": (
        f"{_HEAD}{_SWALLOWS}",
        (
            f"charts/caught/chart.py:{_LINE + 1}: the chart reads /etc/hostname, which is not among its declared inputs"
            "\n  expected: reads of charts/caught"
            "\n  to do: move the file into the chart's folder, or make its content a setting"
        ),
    ),
    "other-file": (
        f"{_HEAD}        from charts.other_file.inner import fails\n        fails()\n",
        f"charts/other_file/inner.py:2: the chart failed: ZeroDivisionError: division by zero{_CORRECT}",
    ),
}

# Charts that print, exit quietly or do nothing notable; they must not disturb the others.
_HARMLESS = {
    "prints": f"{_HEAD}        print('hello')\n        sys.stdout.flush()\n        os.write(1, b'{{}}')\n",
    "does-nothing": _HEAD,
}


def _folder(name: str) -> str:
    return f"charts/{name.replace('-', '_')}"


def _write_broken(folder: Path) -> None:
    """Write a project with a platform for every chart above, and synthesize it into files of its own."""
    write_shop(folder)
    charts = {
        **{name: f"{_HEAD}        {statement}\n" for name, (statement, _) in _ROWS.items()},
        **{name: chart for name, (chart, _) in _FILES.items()},
        **_HARMLESS,
    }
    for name, chart in charts.items():
        write(folder / _folder(name) / "chart.py", chart)
        write(folder / _folder(name) / "settings.py", _SETTINGS)
        write(folder / f"envs/development/{name}.yaml", "{}\n")
    write(folder / "charts/other_file/inner.py", "def fails():\n    return 1 / 0\n")
    (folder / "charts/reads_through_link/link.txt").symlink_to("/etc/hostname")
    before = tree(folder)
    done = towpath(folder, "synth", "--environment", "development")
    assert tree(folder) == before, "a failed synth changed files"
    write(folder / "result/code", str(done.code))
    write(folder / "result/out", done.out)
    write(folder / "result/err", done.err)


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Done:
    """Return how the synthesis of all broken charts at once ended."""
    result = made_once(tmp_path_factory, "broken", _write_broken) / "result"
    texts = [(result / name).read_text(encoding="utf-8") for name in ("code", "out", "err")]
    return Done(int(texts[0]), texts[1], texts[2])


def _messages(done: Done, name: str) -> list[str]:
    """Return the messages about one platform."""
    listed = re.sub(r"[0-9]+ problems; nothing was changed\n$", "", done.err)
    every = re.split(r"^error: ", listed, flags=re.MULTILINE)[1:]
    return [each.rstrip("\n") for each in every if each.startswith(f"{_folder(name)}/")]


@pytest.mark.parametrize("name", _ROWS)
def test_statement(broken: Done, name: str) -> None:
    """A wrong statement gives one message, with the line of the chart that it stands on."""
    assert _messages(broken, name) == [f"{_folder(name)}/chart.py:{_LINE}: {_ROWS[name][1]}"]


@pytest.mark.parametrize("name", _FILES)
def test_file(broken: Done, name: str) -> None:
    """A chart that is wrong as a whole gives one message that names the file."""
    assert _messages(broken, name) == [_FILES[name][1]]


@pytest.mark.parametrize("name", _HARMLESS)
def test_harmless(broken: Done, name: str) -> None:
    """What a chart prints disturbs nothing."""
    assert not _messages(broken, name)


def test_none_is_left_over(broken: Done) -> None:
    """Every message is about one of the charts."""
    names = [*_ROWS, *_FILES]
    assert sum(len(_messages(broken, name)) for name in names) == len(
        re.findall("^error: ", broken.err, re.MULTILINE)
    )


def test_all_at_once(broken: Done) -> None:
    """One run reports every chart, sorted, exits with 1 and prints no traceback and no result."""
    assert broken.code == 1
    assert broken.out == ""
    heads = re.findall(r"^error: (.*)", broken.err, flags=re.MULTILINE)
    assert len(heads) == len(_ROWS) + len(_FILES)
    assert heads == sorted(heads, key=lambda head: head.split(":")[0])
    assert "Traceback" not in broken.err
    assert broken.err.endswith(f"{len(heads)} problems; nothing was changed\n")
