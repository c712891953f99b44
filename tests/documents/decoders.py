"""What other programs read in a YAML document: the ones that Towpath's output has to be unmistakable to."""

from __future__ import annotations

import fcntl
import functools
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from ruamel.yaml import YAML

from towpath.documents.node import plain
from towpath.documents.reader import Dialect, read_all
from towpath.errors import TowpathError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

ROOT = Path(__file__).resolve().parent.parent.parent
GODECODE = ROOT / ".tools" / "bin" / "godecode"


@dataclass(frozen=True, slots=True)
class Failure:
    """A document that a decoder does not take."""

    reason: str


def kubernetes(documents: list[str]) -> list[Any]:
    """Read with sigs.k8s.io/yaml, as kubectl and the API server do."""
    return _go("kubernetes", documents)


def yaml_v3(documents: list[str]) -> list[Any]:
    """Read with gopkg.in/yaml.v3. A time becomes a map, and so does a map with a key that is not a string."""
    return _go("v3", documents)


def pyyaml(documents: list[str]) -> list[Any]:
    """Read as YAML 1.1."""
    return [_tried(lambda text: yaml.load(text, yaml.SafeLoader), text) for text in documents]


def ruamel(documents: list[str]) -> list[Any]:
    """Read as YAML 1.2."""
    reader = YAML(typ="safe", pure=True)
    return [_tried(reader.load, text) for text in documents]


def own(documents: list[str]) -> list[Any]:
    """Read with Towpath's own reader of manifests."""
    return [_tried(_own, text) for text in documents]


DECODERS: tuple[Callable[[list[str]], list[Any]], ...] = (kubernetes, yaml_v3, pyyaml, ruamel, own)
EACH_DECODER = [pytest.param(decoder, id=decoder.__name__) for decoder in DECODERS]


def alike(wanted: object, found: object) -> bool:
    """Compare values and types, keys without order. `1` and `1.0` are the same number, as they are in JSON."""
    if isinstance(wanted, dict):
        return (
            isinstance(found, dict)
            and wanted.keys() == found.keys()
            and all(alike(item, found[key]) for key, item in wanted.items())
        )
    if isinstance(wanted, list):
        return isinstance(found, list) and len(wanted) == len(found) and all(map(alike, wanted, found))
    if isinstance(wanted, bool) or isinstance(found, bool):
        return wanted is found
    if isinstance(wanted, float):
        # JSON has no floats of its own: 5e16 may come as an integer, whose digits a double rounds to the same.
        return isinstance(found, int | float) and wanted == float(found)
    if isinstance(wanted, int):
        return isinstance(found, int | float) and wanted == found
    return type(wanted) is type(found) and wanted == found


def differences(
    decoder: Callable[[list[str]], list[Any]], values: Iterable[Any], documents: list[str]
) -> list[str]:
    """Return a line for each document that the decoder does not take for its value."""
    return [
        f"{document!r} is read as {found!r}, not as {value!r}"
        for value, document, found in zip(values, documents, decoder(documents), strict=True)
        if not alike(value, found)
    ]


def _go(which: str, documents: list[str]) -> list[Any]:
    require_godecode()
    done = subprocess.run(
        [GODECODE], input=json.dumps(documents), capture_output=True, text=True, check=False, timeout=60
    )
    if done.returncode:
        pytest.fail(f"godecode failed: {done.stderr.strip()}", pytrace=False)
    return [
        Failure(reading[which]["error"]) if "error" in reading[which] else reading[which]["value"]
        for reading in json.loads(done.stdout)
    ]


@functools.cache
def require_godecode() -> None:
    """Build godecode where it is missing or older than its source. Fails the test, with the remedy, if it cannot."""
    GODECODE.parent.mkdir(parents=True, exist_ok=True)
    # Test processes run side by side; one builds, the others wait.
    with (GODECODE.parent / ".godecode.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = subprocess.run(
            [sys.executable, ROOT / "scripts" / "install_tools.py", "godecode"],
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )
    if done.returncode or not GODECODE.is_file():
        pytest.fail(
            f"{GODECODE} is missing and could not be built; it needs Go.\n"
            f"  to do: make tools\n{done.stderr.strip()}",
            pytrace=False,
        )


def _own(text: str) -> Any:
    (node,) = read_all(text.encode(), "document.yaml", Dialect.KUBERNETES)
    return plain(node)


def _tried(read: Callable[[str], Any], text: str) -> Any:
    try:
        return read(text)
    except (yaml.YAMLError, TowpathError, ValueError) as error:
        return Failure(str(error))
    except Exception as error:  # noqa: BLE001 -- ruamel has error classes of its own, and reports are what counts
        return Failure(repr(error))
