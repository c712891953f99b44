"""Projects on disk for tests: a small complete one, a copy of this checkout's, and the command line run on them."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.support.git_command import git

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
SOURCES = ROOT / "src"

# What a command needs to run at all; a test adds what it is about.
_PASSED_ON = ("PATH", "HOME", "TMPDIR", "JSII_NODE")
_SECONDS = 120

_PIPELINE = """\
environments: [development, production]
registries:
  allowed: [ghcr.io, docker.io]
"""

_CLUSTER = """\
kubernetes: "1.33"
ingress:
  class_name: nginx
storage_class: standard
secret_store:
  name: {environment}
installed: [external-secrets]
argocd:
  repository: https://github.com/example/shop-environments.git
"""

_SETTINGS_MODEL = '''\
"""The settings of the shop."""

from __future__ import annotations

from towpath.settings.fields import SecretRef
from towpath.settings.model import Count, Resources, SettingsModel
from towpath.settings.stores import RedisSettings


class Application(SettingsModel):
    """Variables of the shop's own."""

    log_level: str
    greeting: str = "hello"


class Settings(SettingsModel):
    """The shop in one environment."""

    application: Application
    replicas: Count = 1
    worker_replicas: Count = 1
    closed: bool = False
    redis_password: SecretRef
    redis: RedisSettings
    resources: Resources
'''

_CHART = '''\
"""What the shop is made of."""

from __future__ import annotations

from pathlib import Path

from towpath.constructs import Configuration, Platform, Port, Redis, Secret, User, Workload
from towpath.settings.variables import variables_of


class Shop(Platform):
    """A web page and a worker on one Redis."""

    def __init__(self, scope, id, *, settings, target):
        super().__init__(scope, id, target=target)
        if settings.closed:
            return
        note = (Path(__file__).parent / "note.txt").read_text(encoding="utf-8").strip()
        secret = Secret(self, "shop-secrets", keys={"redis-password": settings.redis_password})
        data = {**variables_of(settings.application), "NOTE": note}
        configuration = Configuration(self, "shop-config", data=data)
        redis = Redis(self, "redis", settings=settings.redis, password=secret.key("redis-password"))
        for name, replicas, ports in (
            ("web", settings.replicas, (Port("http", 8080),)),
            ("worker", settings.worker_replicas, ()),
        ):
            workload = Workload(
                self,
                name,
                image=name,
                user=User(1001, 1001),
                resources=settings.resources,
                replicas=replicas,
                ports=ports,
                configuration=(configuration,),
            )
            workload.connects_to(redis)
'''

_DEFAULTS = """\
redis_password: shop#redis-password
resources:
  limits: {cpu: 500m, memory: 256Mi}
"""

_SETTINGS = """\
application:
  log_level: {level}
replicas: {replicas}
redis:
  mode: bundled
  bundled:
    host: redis
    size: 1Gi
    resources:
      limits: {{cpu: 250m, memory: 128Mi}}
    health:
      command: [redis-cli, ping]
      interval: 30s
      timeout: 3s
      retries: 3
"""

_PINS = """\
images:
  redis:
    repository: docker.io/library/redis
    tag: "7.2-alpine"
  web:
    repository: ghcr.io/example/pms-frontend
    tag: {tag}
    digest: sha256:{web}
  worker:
    repository: ghcr.io/example/pms-backend
    tag: {tag}
    digest: sha256:{worker}
"""


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """Standard output as the JSON document that it is."""
        value: dict[str, Any] = json.loads(self.out)
        return value

    @property
    def compiled(self) -> list[str]:
        """The renderings whose charts ran, of a `synth --format json`."""
        return [
            f"{each['environment']}/{each['platform']}"
            for each in self.json["renderings"]
            if each["compiled"]
        ]


def surroundings(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment variables of a command: few, with the sources of this checkout, and `extra`."""
    kept = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    git = {name: value for name, value in os.environ.items() if name.startswith("GIT_")}
    return {**kept, **git, "PYTHONPATH": str(SOURCES), **(extra or {})}


def run(
    folder: Path, command: list[str], *, env: Mapping[str, str] | None = None, umask: int = 0o022
) -> Done:
    """Run a program in a folder and return how it ended; it never reads from standard input."""
    done = subprocess.run(
        command,
        cwd=folder,
        env=surroundings(env),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        encoding="utf-8",
        timeout=_SECONDS,
        umask=umask,
    )
    return Done(done.returncode, done.stdout, done.stderr)


def towpath(folder: Path, *arguments: str, env: Mapping[str, str] | None = None, umask: int = 0o022) -> Done:
    """Run the command line in a folder, in a process of its own."""
    return run(folder, [sys.executable, "-m", "towpath", *arguments], env=env, umask=umask)


def commit_all(folder: Path, message: str) -> None:
    """Commit everything in a folder; it becomes a repository where it is none."""
    if not (folder / ".git").exists():
        git(folder, "init", "--quiet", "--initial-branch=main")
        (folder / ".gitignore").write_text(".towpath/\n__pycache__/\n", encoding="utf-8")
        (folder / ".gitattributes").write_text("dist/** -text\n", encoding="utf-8")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", message)


def write(path: Path, text: str) -> None:
    """Write a file and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def edit(path: Path, old: str, new: str) -> None:
    """Replace the one occurrence of a text in a file."""
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{path.name} holds {old!r} {text.count(old)} times"
    path.write_text(text.replace(old, new), encoding="utf-8")


def write_shop(folder: Path) -> Path:
    """Write a small complete project without dist/: one platform `shop` in development and production."""
    write(folder / "towpath.yaml", _PIPELINE)
    write(folder / "charts/shop/__init__.py", '"""The shop."""\n')
    write(folder / "charts/shop/settings.py", _SETTINGS_MODEL)
    write(folder / "charts/shop/chart.py", _CHART)
    write(folder / "charts/shop/note.txt", "open\n")
    write(folder / "envs/defaults/shop.yaml", _DEFAULTS)
    for environment, level, replicas, tag in (
        ("development", "debug", 1, "1.1.0"),
        ("production", "warn", 2, "1.0.0"),
    ):
        write(folder / f"envs/{environment}/cluster.yaml", _CLUSTER.format(environment=environment))
        write(folder / f"envs/{environment}/shop.yaml", _SETTINGS.format(level=level, replicas=replicas))
        pins = _PINS.format(tag=f'"{tag}"', web=f"{replicas}a" * 32, worker=f"{replicas}b" * 32)
        write(folder / f"envs/{environment}/shop.images.yaml", pins)
    return folder


def copy_real(folder: Path) -> Path:
    """Copy this checkout's project, less what is generated."""
    skip = shutil.ignore_patterns("__pycache__")
    for name in ("charts", "envs"):
        shutil.copytree(ROOT / name, folder / name, ignore=skip)
    for name in ("towpath.yaml", "main.py", "cdk8s.yaml"):
        shutil.copy(ROOT / name, folder / name)
    return folder


def copy(project: Path, folder: Path) -> Path:
    """Copy a project with its dist/ and cache, to be changed."""
    return Path(shutil.copytree(project, folder, symlinks=True))


def tree(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder by its path, less the folder in which Towpath keeps its lock."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".towpath" not in path.relative_to(folder).parts
    }


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """Return a folder that the first process to ask for it fills; the workers of one test run share it.

    Whoever wants to change it makes a copy.
    """
    base = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        base = base.parent
    folder, filled = base / name, base / f"{name}.filled"
    with (base / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not filled.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            make(folder)
            filled.touch()
    return folder


def synthesized(folder: Path) -> Path:
    """Synthesize a project once, so that its dist/ and its cache are there."""
    done = towpath(folder, "synth")
    assert done.code == 0, done.err
    return folder
