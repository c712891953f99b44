"""What a platform asks for and cannot have: a message with the thing, its place, what was expected and what to do.

Connections to what is not there, circles and names of parts are in `test_failures.py`; hosts, namespaces, ports,
classes and custom kinds in `test_environment.py`.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.support.projects import edit, towpath, tree, write, write_shop

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_TWO_STORES = """\
from towpath.constructs import Elasticsearch, Platform, PostgreSQL, Secret


class Depot(Platform):
    def __init__(self, scope, id, *, settings, target):
        super().__init__(scope, id, target=target)
        secret = Secret(self, "depot-secrets", keys={"db-password": settings.db_password})
        PostgreSQL(self, "db", settings=settings.db, password=secret.key("db-password"))
        Elasticsearch(self, "search", settings=settings.search)
"""
_DB, _SEARCH = (
    _TWO_STORES[: _TWO_STORES.index(f"        {name}(self")].count("\n") + 1
    for name in ("PostgreSQL", "Elasticsearch")
)
_TWO_SETTINGS = """\
from towpath.settings.fields import SecretRef
from towpath.settings.model import SettingsModel
from towpath.settings.stores import ElasticsearchSettings, PostgreSQLSettings


class Settings(SettingsModel):
    db_password: SecretRef
    db: PostgreSQLSettings
    search: ElasticsearchSettings
"""
_TWO_OPERATORS = """\
db_password: depot#db-password
db:
  mode: operator
  database: depot
  username: depot
  operator:
    instances: 2
    size: 1Gi
    resources: {limits: {cpu: 1, memory: 1Gi}}
search:
  mode: operator
  version: 8.11.0
  index_prefix: depot
  operator:
    nodes: 1
    size: 1Gi
    resources: {limits: {cpu: 1, memory: 1Gi}}
"""


def _operators_missing(shop: Path) -> None:
    write(shop / "charts/depot/__init__.py", "")
    write(shop / "charts/depot/settings.py", _TWO_SETTINGS)
    write(shop / "charts/depot/chart.py", _TWO_STORES)
    write(shop / "envs/development/depot.yaml", _TWO_OPERATORS)


def _mode_unsupported(shop: Path) -> None:
    edit(shop / "envs/production/shop.yaml", "  mode: bundled\n", "  mode: operator\n")


def _mode_unfit(shop: Path) -> None:
    edit(shop / "envs/production/shop.yaml", "  mode: bundled\n", "  mode: bundled\n  cluster_mode: true\n")


def _host_too_long(shop: Path) -> None:
    edit(shop / "envs/production/shop.yaml", "    host: redis\n", f"    host: {'r' * 64}\n")


def _platform_too_long(shop: Path) -> None:
    name = "s" * 60
    (shop / "charts/shop").rename(shop / f"charts/{name}")
    for file in sorted((shop / "envs").glob("*/shop.*")):
        file.rename(file.with_name(file.name.replace("shop", name, 1)))
    shutil.rmtree(shop / "envs/development")
    edit(shop / "towpath.yaml", "[development, production]", "[production]")


def _fails_in_production(shop: Path) -> None:
    wrong = 'settings.replicas == 1 or {}["two"]'
    edit(
        shop / "charts/shop/chart.py",
        "        if settings.closed:",
        f"        {wrong}\n        if settings.closed:",
    )


def _operator(line: int, kind: str, name: str, operator: str) -> str:
    cluster = "envs/development/cluster.yaml"
    return (
        f"charts/depot/chart.py:{line}: {kind} '{name}' has mode operator, and {operator} is not installed in the "
        f"cluster of development\n  expected: {operator} among `installed` in {cluster}, or another `mode` in "
        f"envs/development/depot.yaml\n  to do: choose another mode, or install the operator and list {operator} in "
        f"{cluster}\n"
    )


_ROWS: dict[str, tuple[Callable[[Path], None], list[str]]] = {
    "operators-that-the-cluster-lacks": (
        _operators_missing,
        [
            _operator(_DB, "PostgreSQL", "db", "cloudnative-pg"),
            _operator(_SEARCH, "Elasticsearch", "search", "eck"),
        ],
    ),
    "mode-that-the-store-does-not-have": (
        _mode_unsupported,
        ["envs/production/shop.yaml:5:9: redis.mode is 'operator'\n  expected: 'bundled' or 'external'\n"],
    ),
    "mode-that-cannot-do-it": (
        _mode_unfit,
        [
            (
                "envs/production/shop.yaml:6:17: redis.cluster_mode is true, and the bundled server is a single one"
                "\n  expected: false, or mode external\n"
            )
        ],
    ),
    "c17-host-too-long-for-a-service": (
        _host_too_long,
        [
            (
                f"envs/production/shop.yaml:7:11: redis.bundled.host is '{'r' * 60}...'\n  expected: the name of a "
                "Service, at most 63 lower-case letters, digits and hyphens, such as redis\n"
            )
        ],
    ),
    "c17-platform-too-long-for-a-label": (
        _platform_too_long,
        [
            (
                f"charts/{'s' * 60}/chart.py:15: the platform's name '{'s' * 60}' has 60 characters\n  expected: at "
                "most 49, so that <platform>-configuration fits into 63\n  to do: give it a shorter name\n"
            )
        ],
    ),
    "only-in-one-environment": (
        _fails_in_production,
        [
            (
                "charts/shop/chart.py:16: the chart failed: KeyError: 'two' (in production)\n"
                "  to do: correct the chart; --debug shows the whole traceback\n"
            )
        ],
    ),
}


@pytest.mark.parametrize("name", list(_ROWS))
def test_bad_input(tmp_path: Path, name: str) -> None:
    """Everything is said at once, each thing at its place, and nothing is written."""
    change, messages = _ROWS[name]
    shop = write_shop(tmp_path / "shop")
    change(shop)
    before = tree(shop)
    done = towpath(shop, "synth")
    count = f"{len(messages)} problem{'s' if len(messages) > 1 else ''}; nothing was changed\n"
    assert done.err == "".join(f"error: {message}" for message in messages) + count
    assert (done.code, done.out) == (1, "")
    assert tree(shop) == before


def test_p22_a_secret_in_a_chart(tmp_path: Path) -> None:
    """A value that a chart writes out is refused at the workload's line, shown nowhere, and nothing is written."""
    shop = write_shop(tmp_path / "shop")
    edit(
        shop / "charts/shop/chart.py",
        "                configuration=(configuration,),\n",
        '                configuration=(configuration,),\n                environment={"DB_PASSWORD": "hunter2"},\n',
    )
    before = tree(shop)
    done = towpath(shop, "synth")
    assert done.code == 1
    assert "charts/shop/chart.py:" in done.err
    assert "is the variable DB_PASSWORD, which is named like a secret, in plain text (not shown)" in done.err
    assert "hunter2" not in done.err + done.out
    assert tree(shop) == before
