"""A real image registry for tests: crane's own, one process on a free port of this machine, in memory."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING

from towpath.registry.mirrors import Mirrors, parse_mirrors
from towpath.registry.port import Fault, RegistryError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from towpath.images.reference import ImageReference
    from towpath.registry.port import ResolvedImage

ROOT = Path(__file__).resolve().parent.parent.parent
CRANE = ROOT / ".tools" / "bin" / "crane"

_START_SECONDS = 20.0
_PORT = re.compile(rb"serving on port ([0-9]+)\s")


@dataclass(frozen=True)
class RunningRegistry:
    """A registry that answers until the test ends."""

    host: str
    """Address and port, as references name it: `127.0.0.1:40123`."""

    @property
    def url(self) -> str:
        """The address that a table of mirrors holds."""
        return f"http://{self.host}"

    def mirrors(self, *registries: str) -> Mirrors:
        """Return a table that has this registry's bytes stand for those of `registries`."""
        return parse_mirrors(dict.fromkeys(registries, self.url))


@dataclass
class FakeRegistry:
    """The port without a server: answers by the text of the reference, and knows nothing else."""

    images: dict[str, ResolvedImage] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def resolve(self, reference: ImageReference) -> ResolvedImage:
        """Return what was put in for the reference. Raises RegistryError where nothing was."""
        self.asked.append(str(reference))
        if str(reference) not in self.images:
            what = f"`{reference}` is not in the registry"
            raise RegistryError(Fault.NOT_FOUND, what, "an image", "push it.")
        return self.images[str(reference)]


def crane_path() -> Path:
    """Return where crane is. Raises RuntimeError where it is not installed."""
    if not CRANE.exists():
        message = f"{CRANE.relative_to(ROOT)} is missing: run `make tools`"
        raise RuntimeError(message)
    return CRANE


def crane(*arguments: str, stdin: bytes | None = None) -> str:
    """Run crane without the person's own registry logins and return what it prints, stripped."""
    environment = {"PATH": os.environ["PATH"], "HOME": os.devnull, "DOCKER_CONFIG": os.devnull}
    done = subprocess.run(
        [crane_path(), *arguments], input=stdin, capture_output=True, check=False, env=environment, timeout=60
    )
    if done.returncode:
        message = f"crane {' '.join(arguments)}: {done.stderr.decode()}"
        raise RuntimeError(message)
    return done.stdout.decode().strip()


@contextmanager
def start_registry() -> Iterator[RunningRegistry]:
    """Run a registry on a free port until the block ends, however it ends."""
    # A file and not a pipe: crane logs every request, and a full pipe would stop it.
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            [crane_path(), "registry", "serve", "--address", "127.0.0.1:0"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=log,
            env={"PATH": os.environ["PATH"], "HOME": os.devnull},
        )
        try:
            yield RunningRegistry(f"127.0.0.1:{_port(process, log)}")
        finally:
            process.kill()
            process.wait()


def _port(process: subprocess.Popen[bytes], log: IO[bytes]) -> int:
    """Return the port that the registry says it listens on."""
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        log.seek(0)
        found = _PORT.search(log.read())
        if found:
            return int(found[1])
        time.sleep(0.02)
    log.seek(0)
    message = f"crane did not start: {log.read().decode(errors='replace')}"
    raise RuntimeError(message)
