"""What the tests of origins share: a small project whose chart each test writes, and a worker that compiles it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.origins.changing import SettingsFile, Worker, changed_files, other_values, shape_at, working
from tests.support.projects import write, write_shop
from towpath.project import Project, Target
from towpath.settings.shape import Shape
from towpath.synth.explanation import Compiled, compiled_from, settings_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.origins.changing import SettingPath
    from towpath.synth.object_files import ObjectFiles

MODEL = '''\
"""The settings of the shop."""

from __future__ import annotations

from towpath.settings.fields import SecretRef
from towpath.settings.model import Count, ResourceList, Resources, SettingsModel


class Service(SettingsModel):
    """One workload."""

    replicas: Count = 1
    word: str = "plain"
    level: str = "low"
    resources: Resources = Resources()


class Settings(SettingsModel):
    """The shop in one environment."""

    web: Service
    worker: Service = Service()
    extra: Service | None = None
    names: tuple[str, ...] = ()
    services: tuple[Service, ...] = ()
    on: bool = True
    off: bool = False
    port: Count = 8080
    key: SecretRef = SecretRef("shop#key")
'''

_SETTINGS = """\
web: {replicas: 2, word: hello, resources: {limits: {memory: 64Mi}}}
worker: {resources: {limits: {memory: 32Mi}}}
names: [one, two]
services: [{word: first}, {word: second}]
"""

_CHART = '''\
"""What the shop is made of."""

from __future__ import annotations

from pathlib import Path

import cdk8s
from cdk8s import ApiObject, JsonPatch

from towpath.constructs import (
    Configuration, Include, KubeObject, Platform, Port, Redis, Resources, Secret, User, Workload
)
from towpath.settings.variables import variables_of

ME = User(1001, 1001)
SMALL = Resources("1m", "1Mi", "1m", "1Mi")
{module}

class Shop(Platform):
    """What a row declares."""

    def __init__(self, scope, id, *, settings, target):
        super().__init__(scope, id, target=target)
        self.settings = settings
{body}

    def workload(self, name, **more):
        return Workload(self, name, image=name, user=ME, resources=SMALL, **more)
{methods}
'''


@dataclass(frozen=True, slots=True)
class Shop:
    """A project on disk whose chart a test writes, and the worker that compiles it."""

    root: Path
    worker: Worker

    def compile(self, body: str, methods: str = "", module: str = "") -> Compiled:
        """Write the chart and return what its compile is known to be made from."""
        indented = {
            "body": _indented(body, 8),
            "methods": _indented(methods, 4),
            "module": module,
        }
        write(self.root / "charts/shop/chart.py", _CHART.format(**indented))
        objects = self.objects()
        assert objects is not None, self.worker.refusal
        return compiled_from(Project(self.root), Target("production", "shop"), objects)

    def objects(self) -> ObjectFiles | None:
        """Compile the chart as it is."""
        return self.worker.compile("production", "shop")

    def changes(self, before: Compiled) -> Iterator[tuple[SettingPath, set[str]]]:
        """Change each setting by itself, and yield which files are not the same then."""
        group = settings_of(Project(self.root), before.target)
        file = SettingsFile(self.root / "envs/production/shop.yaml", group.loaded)
        try:
            for path, origin in group.loaded.origins.items():
                for other in other_values(shape_at(Shape(group.model), path), origin.value):
                    file.write(path, other)
                    after = self.objects()
                    if after is not None:
                        yield path, changed_files(before.files, after.files)
                        break
        finally:
            file.restore()


def _indented(text: str, spaces: int) -> str:
    return "\n".join(f"{' ' * spaces}{line}" if line else line for line in text.strip("\n").split("\n"))


@pytest.fixture(scope="session")
def _shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    root = write_shop(tmp_path_factory.mktemp("origins"))
    for path in (root / "envs").glob("*/shop*.yaml"):
        path.unlink()
    write(root / "charts/shop/settings.py", MODEL)
    write(root / "charts/shop/map.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: included}\n")
    for environment in ("development", "production"):
        write(root / f"envs/{environment}/shop.yaml", _SETTINGS)
    with working(root) as worker:
        yield Shop(root, worker)


@pytest.fixture
def shop(_shop: Shop) -> Shop:
    """Return the project; a test writes its chart before it asks for anything."""
    return _shop
