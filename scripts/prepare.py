"""Prepare this checkout: the virtual environment, its packages, cdk8s-cli and the Kubernetes schemas.

usage: prepare.py STEP...      steps: runtime compile dev package node schemas, or lock

`runtime`, `compile` and `dev` install `requirements/<step>.txt`, every file checked against its hash.
`package` installs Towpath itself, so that edits take effect at once. `node` installs cdk8s-cli into
`node_modules/`. `schemas` writes the schemas that kubeconform needs. Everything stays inside the checkout.
What is done already is not done again: a stamp holds the hash of what each step reads.

`lock` writes `requirements/*.txt` anew from `requirements/*.in`. Versions in the old file are kept where they
still fit; delete a `.txt` file first to take the newest of everything that its `.in` file does not name.

This script needs the standard library only.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
import venv
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
NODE_MODULES = ROOT / "node_modules"
REQUIREMENT_SETS = ("build", "runtime", "compile", "dev")
STEPS = ("runtime", "compile", "dev", "package", "node", "schemas")


class Stamp:
    """A file that says from what a step was last done."""

    def __init__(self, name: str, folder: Path, *inputs: Path) -> None:
        self.file = folder / f".towpath-{name}"
        digest = hashlib.sha256(str(ROOT).encode())  # scripts of a virtual environment hold its absolute path
        for path in inputs:
            digest.update(path.read_bytes())
        self.wanted = digest.hexdigest()

    def stands(self) -> bool:
        """Return whether the step was done from these inputs."""
        return self.file.is_file() and self.file.read_text() == self.wanted

    def set(self) -> None:
        """Record that the step is done."""
        self.file.write_text(self.wanted)


def fail(what: str, remedy: str) -> NoReturn:
    """Print what failed and what to do, and exit with 1."""
    sys.exit(f"prepare: {what}\n  to do: {remedy}")


def run(
    doing: str, command: list[str | Path], remedy: str, surroundings: dict[str, str] | None = None
) -> None:
    """Say what is done, run the command in the checkout, say how long it took; exit if it fails."""
    started = time.monotonic()
    print(f"{doing} ...", flush=True)
    if subprocess.run(command, cwd=ROOT, env=surroundings, check=False).returncode:
        fail(f"{doing} failed, see above", remedy)
    print(f"  done in {time.monotonic() - started:.1f} s", flush=True)


def environment() -> None:
    """Make the virtual environment if it is missing, does not run or belongs to another folder."""
    stamp = Stamp("environment", VENV)
    runs = PYTHON.is_file() and not subprocess.run([PYTHON, "-c", ""], check=False).returncode
    if runs and (stamp.stands() or not stamp.file.exists()):
        stamp.set()  # an environment that somebody made by hand is taken as it is
        return
    print(f"making the virtual environment .venv with Python {sys.version.split()[0]} ...", flush=True)
    try:
        venv.create(VENV, clear=True, with_pip=True, symlinks=True)
    except subprocess.CalledProcessError:
        fail(
            "Python cannot make a virtual environment (its module `ensurepip` is missing)",
            "install it, on Debian and Ubuntu with: apt install python3-venv",
        )
    stamp.set()


def packages(steps: list[str]) -> None:
    """Install the requirement sets among `steps` that changed, in one run of pip."""
    wanted = [name for name in REQUIREMENT_SETS if name in steps or (name == "build" and "package" in steps)]
    files = {name: ROOT / "requirements" / f"{name}.txt" for name in wanted}
    stamps = {name: Stamp(name, VENV, file) for name, file in files.items()}
    missing = [name for name in wanted if not stamps[name].stands()]
    if not missing:
        return
    command: list[str | Path] = [
        PYTHON,
        "-m",
        "pip",
        "--quiet",
        "--disable-pip-version-check",
        "--no-input",
        "install",
    ]
    command += ["--require-hashes", "--no-deps", "--only-binary=:all:"]
    for name in missing:
        command += ["-r", files[name]]
    run(f"installing packages ({', '.join(missing)})", command, "check the network, then run it again")
    for name in missing:
        stamps[name].set()


def package() -> None:
    """Install Towpath itself, in place."""
    stamp = Stamp("package", VENV, ROOT / "pyproject.toml")
    if stamp.stands() and (VENV / "bin" / "towpath").is_file():
        return
    command: list[str | Path] = [PYTHON, "-m", "pip", "--quiet", "--disable-pip-version-check", "install"]
    command += ["--no-deps", "--no-build-isolation", "--no-index", "--editable", ROOT]
    run("installing towpath in place", command, "correct pyproject.toml as pip says above")
    stamp.set()


def node() -> None:
    """Install cdk8s-cli with the virtual environment's npm, exactly as `package-lock.json` says."""
    stamp = Stamp("node", NODE_MODULES, ROOT / "package.json", ROOT / "package-lock.json")
    if stamp.stands():
        return
    surroundings = {
        **os.environ,
        "PATH": f"{VENV / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "NODE_USE_SYSTEM_CA": "1",  # as pip and Go do; a company's proxy may need it
        "npm_config_cache": str(ROOT / ".tools" / "npm-cache"),
        "npm_config_update_notifier": "false",
    }
    command: list[str | Path] = [VENV / "bin" / "npm", "ci", "--ignore-scripts", "--loglevel=error"]
    run("installing cdk8s-cli", command, "check the network, then run it again", surroundings)
    stamp.set()


def schemas() -> None:
    """Write the Kubernetes schemas; the script says what it does and leaves what is there."""
    if subprocess.run([PYTHON, ROOT / "scripts" / "kubernetes_schemas.py"], check=False).returncode:
        fail("writing the Kubernetes schemas failed, see above", "correct what the message names")


def lock() -> None:
    """Write the requirement files anew, with the hashes of every file that the package index has."""
    home = ROOT / ".tools" / "lock-environment"
    stamp = Stamp("lock", home, ROOT / "requirements" / "lock.txt")
    python = home / "bin" / "python"
    if not (stamp.stands() and python.is_file()):
        venv.create(home, clear=True, with_pip=True)
        command: list[str | Path] = [python, "-m", "pip", "--quiet", "--disable-pip-version-check", "install"]
        command += ["--require-hashes", "--no-deps", "--only-binary=:all:"]
        command += ["-r", ROOT / "requirements" / "lock.txt"]
        run("installing pip-tools", command, "check the network, then run it again")
        stamp.set()
    # A later set keeps to the versions of an earlier one, so the order matters.
    for name in (*REQUIREMENT_SETS, "tools", "lock"):
        command = [python, "-m", "piptools", "compile", "--quiet", "--generate-hashes", "--allow-unsafe"]
        command += ["--strip-extras", "--no-emit-index-url", "--no-emit-find-links", "--no-header"]
        command += ["--annotation-style=line", "--output-file", f"requirements/{name}.txt"]
        command += [f"requirements/{name}.in"]
        run(f"locking requirements/{name}.txt", command, "correct the `.in` file as pip says above")


def main(steps: list[str]) -> int:
    """Do the named steps in their order; return the exit code."""
    if steps == ["lock"]:
        lock()
        return 0
    if not steps or set(steps) - set(STEPS):
        print(__doc__)
        return 0 if steps and steps[0] in ("-h", "--help") else 2
    environment()
    packages(steps)
    for step in (package, node, schemas):
        if step.__name__ in steps:
            step()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
