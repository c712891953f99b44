"""Write Kubernetes' own JSON schemas to `.tools/schemas/kubernetes/`, for kubeconform to read offline.

usage: kubernetes_schemas.py [VERSION...]      for example: kubernetes_schemas.py 1.33 1.34

Without arguments it takes the versions that `envs/*/cluster.yaml` name. The schemas come from the PyPI
package kubernetes-validate. There each file has a web address as its `$id`, so that every reference becomes a
web address too, and kubeconform would fetch it. Here the `$id` goes and references become relative. Only the
strict form is written (unknown fields are refused). A folder that is complete already is left alone.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import tempfile
from importlib.metadata import version as package_version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / ".tools" / "schemas" / "kubernetes"
_REMOTE = "/api/"
_VERSION = re.compile(r"v?(1\.[0-9]{1,3})(\.[0-9]+)?")


def local(schema: Any) -> Any:
    """Return `schema` with references to files beside it instead of web addresses."""
    if isinstance(schema, list):
        return [local(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    # `$ref` and `$id` may also be names of properties; then their value is a schema, not text.
    return {
        key: value.removeprefix(_REMOTE) if key == "$ref" and isinstance(value, str) else local(value)
        for key, value in schema.items()
        if not (key == "$id" and isinstance(value, str))
    }


def declared_versions() -> list[str]:
    """Return the Kubernetes versions that the environments' `cluster.yaml` files name, sorted."""
    import yaml  # noqa: PLC0415 -- only needed when no version is given

    found = set()
    for file in sorted(ROOT.glob("envs/*/cluster.yaml")):
        cluster = yaml.safe_load(file.read_bytes())
        if isinstance(cluster, dict) and "kubernetes" in cluster:
            found.add(str(cluster["kubernetes"]))
    return sorted(found)


def folder_name(version: str) -> str:
    """Return the folder of a version such as `1.33` or `1.33.4`; schemas exist for minor versions only."""
    matched = _VERSION.fullmatch(version)
    if not matched:
        sys.exit(f"kubernetes_schemas: {version!r} is not a Kubernetes version; expected for example 1.33")
    return f"v{matched[1]}.0-local-strict"


def write(version: str) -> bool:
    """Write the schemas of one version; return whether there was anything to do. Exits if there are none."""
    import kubernetes_validate  # noqa: PLC0415 -- the message below is clearer than a failed import

    source = Path(kubernetes_validate.__file__).parent / "kubernetes-json-schema" / folder_name(version)
    if not source.is_dir():
        folders = (folder.name.split(".0-")[0].removeprefix("v") for folder in source.parent.iterdir())
        known = sorted(set(folders), key=lambda text: tuple(map(int, text.split("."))))
        sys.exit(
            f"kubernetes_schemas: there are no schemas for Kubernetes {version}\n"
            f"  expected: a version from {known[0]} to {known[-1]}\n"
            "  to do: correct envs/*/cluster.yaml, or update kubernetes-validate in requirements/dev.in"
        )
    target = OUT / source.name
    stamp = target / ".from"
    origin = f"kubernetes-validate {package_version('kubernetes-validate')}\n"
    if stamp.is_file() and stamp.read_text() == origin:
        return False
    OUT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=OUT) as scratch:
        fresh = Path(scratch) / "fresh"
        fresh.mkdir()
        for file in source.glob("*.json"):
            text = json.dumps(local(json.loads(file.read_bytes())), separators=(",", ":"))
            (fresh / file.name).write_text(text)
        (fresh / stamp.name).write_text(origin)
        # A folder appears under its name only when it is complete.
        shutil.rmtree(target, ignore_errors=True)
        os.replace(fresh, target)  # noqa: PTH105 -- Path.replace reads as if it replaced text
    return True


def main(arguments: list[str]) -> int:
    """Write what is missing and say so; return the exit code."""
    if any(argument.startswith("-") for argument in arguments):
        print(__doc__)
        return 0 if arguments[0] in ("-h", "--help") else 2
    versions = arguments or declared_versions()
    written = [version for version in versions if write(version)]
    if written:
        print(f"wrote the schemas of Kubernetes {', '.join(written)} to {OUT.relative_to(ROOT)}/")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
