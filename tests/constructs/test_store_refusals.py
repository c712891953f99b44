"""What a chart leaves out that a store needs in its mode is refused where the chart declares it."""

from __future__ import annotations

import linecache
from typing import TYPE_CHECKING, Any

import cdk8s
import pytest

from tests.constructs.sample import CLUSTER, Shop, lowered, workload
from tests.constructs.stores import BUNDLED, KEY, LIMITS, OPERATED, store
from towpath.constructs import Elasticsearch, MongoDB, Redis, Target
from towpath.errors import TowpathError
from towpath.settings.stores import ElasticsearchSettings, MongoDBSettings, RedisSettings

if TYPE_CHECKING:
    from collections.abc import Callable

MEMBERS = {"version": "7.0.14", "size": "1Gi", "resources": LIMITS, "agent_resources": LIMITS}
MISSING = "set it in the settings of this environment, or choose another mode"


def mongodb(mode: str = "bundled", *, password: Any = KEY, **changes: Any) -> Callable[[Shop], object]:
    """Return a function that declares a MongoDB with what its mode needs."""
    needed = {"database": "tasks", "bundled": BUNDLED, "operator": MEMBERS}
    settings = store(MongoDBSettings, mode, **(needed | changes))
    return lambda platform: MongoDB(platform, "mongodb", settings=settings, password=password)


def redis(mode: str = "bundled", **changes: Any) -> Callable[[Shop], object]:
    """Return a function that declares a Redis with what its mode needs."""
    settings = store(RedisSettings, mode, **({"bundled": BUNDLED} | changes))
    return lambda platform: Redis(platform, "redis", settings=settings, password=KEY)


def elasticsearch(mode: str = "bundled", *, password: Any = KEY, **changes: Any) -> Callable[[Shop], object]:
    """Return a function that declares an Elasticsearch with what its mode needs."""
    needed = {
        "version": "8.11.0",
        "index_prefix": "tasks",
        "url": "https://es.example.org",
        "bundled": BUNDLED,
    }
    operator = {"nodes": 1, "size": "1Gi", "resources": LIMITS}
    settings = store(ElasticsearchSettings, mode, **(needed | {"operator": operator} | changes))
    return lambda platform: Elasticsearch(platform, "search", settings=settings, password=password)


@pytest.mark.parametrize(
    ("declare", "what", "expected", "remedy"),
    [
        pytest.param(
            mongodb("external"),
            "MongoDB 'mongodb' has mode external and no uri",
            "uri, which mode external needs",
            MISSING,
            id="mongodb-external-without-address",
        ),
        pytest.param(
            mongodb(password=None),
            "MongoDB 'mongodb' has mode bundled and no password",
            "password, which mode bundled needs",
            MISSING,
            id="mongodb-bundled-without-password",
        ),
        pytest.param(
            mongodb("operator", password=None),
            "MongoDB 'mongodb' has mode operator and no password",
            "password, which mode operator needs",
            MISSING,
            id="mongodb-operator-without-password",
        ),
        pytest.param(
            redis("external"),
            "Redis 'redis' has mode external and no url",
            "url, which mode external needs",
            MISSING,
            id="redis-external-without-address",
        ),
        pytest.param(
            elasticsearch(password=None),
            "Elasticsearch 'search' has mode bundled and no password",
            "password, which mode bundled needs",
            MISSING,
            id="elasticsearch-bundled-without-password",
        ),
        pytest.param(
            elasticsearch("external", password=None),
            "Elasticsearch 'search' has mode external and no password",
            "password, which mode external needs",
            MISSING,
            id="elasticsearch-external-without-password",
        ),
    ],
)
def test_what_a_mode_needs(declare: Any, what: str, expected: str, remedy: str) -> None:
    """Each says the thing, what was expected and what to do, at the line that declares it."""
    problem = refused(declare, OPERATED)
    assert (problem.what, problem.expected, problem.remedy) == (what, expected, remedy)


def test_a_port_that_an_operated_store_does_not_have() -> None:
    """Ports of pods that an operator starts are known, as those of any other part."""
    settings = store(MongoDBSettings, "operator", database="tasks", operator=MEMBERS)

    def declare(platform: Shop) -> None:
        made = MongoDB(platform, "mongodb", settings=settings, password=KEY)
        workload(platform, "web").connects_to(made, ports=("mongo",))

    problem = refused(declare, OPERATED)
    assert problem.what == "web connects to mongodb, which has no port mongo"
    assert problem.expected == "one of mongodb"


@pytest.mark.parametrize(
    ("declare", "name", "operator"),
    [
        pytest.param(mongodb("operator"), "MongoDB 'mongodb'", "mongodb-community", id="mongodb"),
        pytest.param(elasticsearch("operator"), "Elasticsearch 'search'", "eck", id="elasticsearch"),
    ],
)
def test_an_operator_that_is_not_there(declare: Any, name: str, operator: str) -> None:
    """The message names the environment, the operator, both files and what to do."""
    problem = refused(declare, CLUSTER)
    cluster = "envs/staging/cluster.yaml"
    assert problem.what == (
        f"{name} has mode operator, and {operator} is not installed in the cluster of staging"
    )
    assert (
        problem.expected
        == f"{operator} among `installed` in {cluster}, or another `mode` in envs/staging/shop.yaml"
    )
    assert problem.remedy == f"choose another mode, or install the operator and list {operator} in {cluster}"


def refused(declare: Callable[[Shop], object], cluster: Any) -> Any:
    """Return the one problem of a declaration, which has to stand at the line that calls the library."""
    platform = Shop(cdk8s.App(), "shop", target=Target("shop", "staging", cluster))
    with pytest.raises(TowpathError) as caught:  # noqa: PT012 -- some are said only once all is declared
        declare(platform)
        lowered(platform)
    (problem,) = caught.value.problems
    assert problem.place.file == __file__
    assert "(platform, " in linecache.getline(problem.place.file, problem.place.line)
    return problem
