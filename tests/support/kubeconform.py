"""Run kubeconform on manifests, offline, with Kubernetes' own schemas and the project's closed ones."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterable

ROOT = Path(__file__).resolve().parent.parent.parent
KUBECONFORM = ROOT / ".tools" / "bin" / "kubeconform"
KUBERNETES_SCHEMAS = ROOT / ".tools" / "schemas" / "kubernetes"
OWN_SCHEMAS = ROOT / "schemas"
# Nothing listens on the discard port, so an attempt to fetch a schema fails at once.
_CLOSED = "http://127.0.0.1:9"


@dataclass(frozen=True, order=True, slots=True)
class Failure:
    """One object that kubeconform does not accept; `status` is its word: invalid, error, skipped or empty."""

    file: str
    kind: str
    name: str
    status: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}: {self.kind} {self.name}: {self.status}: {self.message}"


def custom_resource_location(folder: Path) -> str:
    """Return kubeconform's template for a folder of schemas named `<group>/<kind>_<version>.json`."""
    return f"{folder}/{{{{ .Group }}}}/{{{{ .ResourceKind }}}}_{{{{ .ResourceAPIVersion }}}}.json"


def kubeconform(
    paths: Path | Iterable[Path],
    kubernetes_version: str,
    *,
    custom_resources: Path = OWN_SCHEMAS,
) -> list[Failure]:
    """Return every object in these files and folders that is not accepted as it stands, sorted.

    `kubernetes_version` is a version such as `1.33` or `1.33.4`. An object without a schema, an empty one
    and a folder without manifests are failures too. Fails the test if kubeconform is missing.
    """
    files = [str(path) for path in ([paths] if isinstance(paths, Path) else paths)]
    minor = ".".join(kubernetes_version.removeprefix("v").split(".")[:2])
    _require(minor)
    kubernetes = (
        f"{KUBERNETES_SCHEMAS}/{{{{ .NormalizedKubernetesVersion }}}}-local{{{{ .StrictSuffix }}}}"
        "/{{ .ResourceKind }}{{ .KindSuffix }}.json"
    )
    command = [str(KUBECONFORM), "-strict", "-verbose", "-summary", "-output", "json"]
    command += ["-kubernetes-version", f"{minor}.0"]
    command += ["-schema-location", kubernetes]
    command += ["-schema-location", custom_resource_location(custom_resources)]
    surroundings = {
        **os.environ,
        **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), _CLOSED),
        **dict.fromkeys(("NO_PROXY", "no_proxy"), ""),
    }
    done = subprocess.run(
        [*command, "--", *files], capture_output=True, text=True, check=False, env=surroundings, timeout=120
    )
    try:
        report = json.loads(done.stdout)
    except ValueError:
        pytest.fail(
            f"kubeconform gave no report (exit {done.returncode}): {done.stderr.strip()}", pytrace=False
        )
    failures = [
        Failure(
            file=entry["filename"],
            kind=entry["kind"],
            name=entry["name"],
            status=entry["status"].removeprefix("status").lower() or "empty",
            message=entry["msg"],
        )
        for entry in report["resources"]
        if entry["status"] != "statusValid"
    ]
    if not report["resources"]:
        failures.append(Failure(" ".join(files), "", "", "empty", "there are no objects here"))
    summary = report["summary"]
    # The summary counts what the list may leave out.
    unlisted = summary["invalid"] + summary["errors"] + summary["skipped"] > len(failures)
    if unlisted or (done.returncode and not failures):
        failures.append(Failure(" ".join(files), "", "", "error", f"{summary} {done.stderr.strip()}"))
    return sorted(failures)


def _require(minor: str) -> None:
    """Fail with what to do if kubeconform is missing; write this Kubernetes version's schemas if they are."""
    if not KUBECONFORM.is_file():
        pytest.fail(f"{KUBECONFORM} is missing.\n  to do: make tools", pytrace=False)
    script = ROOT / "scripts" / "kubernetes_schemas.py"
    if not (KUBERNETES_SCHEMAS / f"v{minor}.0-local-strict" / ".from").is_file():
        done = subprocess.run(
            [sys.executable, script, minor], capture_output=True, text=True, check=False, timeout=120
        )
        if done.returncode:
            pytest.fail(done.stderr.strip(), pytrace=False)
