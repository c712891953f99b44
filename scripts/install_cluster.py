"""Build a Kubernetes control plane, Argo CD and the operators' resource definitions, for the tests of `tests/cluster`.

usage: python3 -m scripts.install_cluster

The API server, the controller manager, etcd and Argo CD go into `.tools/bin/`, the CustomResourceDefinitions into
`.tools/crds/`, one folder for each operator: they are generated from the Go types of the operators themselves, as the
operators' authors do it. Everything is pinned by the `go.mod` and `go.sum` files below `tests/cluster`. It takes some
twelve minutes on two processors. What is there is left alone. This script needs the standard library only.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from scripts.install_tools import BIN, GO_MINIMUM, ROOT, STAMPS, TOOLS, delete_caches, fail, find_go, run_go

SOURCES = ROOT / "tests" / "cluster"
CRDS = TOOLS / "crds"
# Elastic generates with the metadata of the templates inside a resource; without it, the API server would drop labels.
_OPTIONS = {"elastic-cloud-on-kubernetes": ",generateEmbeddedObjectMeta=true"}
_GENERATOR = "sigs.k8s.io/controller-tools/cmd/controller-gen"
_IMPORT = re.compile(r'^\t_ "([^"]+)"$', re.MULTILINE)
_KUBERNETES = re.compile(r"^\tk8s\.io/kubernetes (v\S+)$", re.MULTILINE)
_GO = re.compile(r"^go (\d+)\.(\d+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Module:
    """A Go module of this checkout, of which something is built."""

    name: str
    folder: Path
    results: tuple[Path, ...]

    def key(self) -> str:
        """Return the text that changes when it has to be built again."""
        digest = hashlib.sha256(Path(__file__).read_bytes())
        for file in sorted(self.folder.glob("*")):
            digest.update(f"{file.name}\n".encode() + file.read_bytes())
        return digest.hexdigest()

    def go(self) -> tuple[int, ...]:
        """Return the Go that the module asks for, such as `(1, 24)`."""
        found = _GO.search((self.folder / "go.mod").read_text())
        return tuple(map(int, found.groups())) if found else GO_MINIMUM

    def imports(self) -> list[str]:
        """Return the packages that the module imports to pin them."""
        return [
            name for file in sorted(self.folder.glob("*.go")) for name in _IMPORT.findall(file.read_text())
        ]


def programs() -> list[Module]:
    """Return the modules that programs are built from: first the one of the module's own folder, then what it names."""
    plane = ("etcd", "kube-apiserver", "kube-controller-manager")
    return [
        Module("control plane", SOURCES / "control_plane", tuple(BIN / name for name in plane)),
        Module("parts of Argo CD", SOURCES / "argo_cd", (BIN / "argo-cd",)),
    ]


def definitions() -> list[Module]:
    """Return the modules that operators' resources are generated from."""
    folders = sorted(file.parent for file in (SOURCES / "crds").glob("*/go.mod"))
    return [Module(f"resources of {each.name}", each, (CRDS / each.name,)) for each in folders]


def build(module: Module, go: Path) -> None:
    """Build a module's programs into `.tools/bin/`."""
    found = _KUBERNETES.search((module.folder / "go.mod").read_text())
    # Kubernetes gets its version when it is linked; clients ask for it.
    version = f" -X k8s.io/component-base/version.gitVersion={found[1]}" if found else ""
    arguments = ["build", "-mod=readonly", f"-ldflags=-s -w{version}", "-o"]
    run_go(go, [*arguments, str(module.results[0]), "."], module.folder)
    others = module.imports()
    if others:
        run_go(go, [*arguments, f"{BIN}/", *others], module.folder)


def generate(module: Module, go: Path) -> None:
    """Generate an operator's definitions into its folder of `.tools/crds/`."""
    (folder,) = module.results
    shutil.rmtree(folder, ignore_errors=True)
    packages = [f"paths={name}" for name in module.imports() if name != _GENERATOR]
    kind = f"crd:allowDangerousTypes=true{_OPTIONS.get(folder.name, '')}"
    run_go(
        go, ["run", "-mod=readonly", _GENERATOR, kind, *packages, f"output:crd:dir={folder}"], module.folder
    )
    if not any(folder.glob("*.yaml")):
        fail(f"no resource definitions came out of {module.folder.relative_to(ROOT)}", "look at its crds.go")


def main(arguments: list[str]) -> int:
    """Build what is missing, one line each; return the exit code."""
    if arguments:
        print(__doc__)
        return 0 if arguments[0] in ("-h", "--help") else 2
    built_whole = programs()
    missing = []
    for module in (*built_whole, *definitions()):
        stamp = STAMPS / module.folder.name
        built = stamp.is_file() and stamp.read_text() == module.key()
        if not (built and all(result.exists() for result in module.results)):
            missing.append(module)
    if not missing:
        return 0
    BIN.mkdir(parents=True, exist_ok=True)
    STAMPS.mkdir(parents=True, exist_ok=True)
    go = find_go(max(module.go() for module in missing))
    for module in missing:
        started = time.monotonic()
        print(f"building the {module.name} ...", flush=True)
        (build if module in built_whole else generate)(module, go)
        (STAMPS / module.folder.name).write_text(module.key())
        print(f"  built in {time.monotonic() - started:.1f} s", flush=True)
    delete_caches()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
