"""What settings shape in charts of every style: nothing that they shape is missed, and not everything is named."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from towpath.settings.messages import dotted

if TYPE_CHECKING:
    from tests.origins.conftest import Shop
    from towpath.synth.explanation import Compiled

WEB = "deployment_web.yaml"
WORKER = "deployment_worker.yaml"
MAP = "configmap_config.yaml"
ALL_OF_WORKER = {"worker.replicas", "worker.word", "worker.level"} | {
    f"worker.resources.{kind}.{name}"
    for kind in ("requests", "limits")
    for name in ("cpu", "memory", "ephemeral_storage")
}

_ROWS = [
    pytest.param(
        """
word = settings.web.word
self.workload("web", environment={"WORD": word})
self.workload("worker", environment={"LEVEL": settings.worker.level})
""",
        {WEB: {"web.word"}, WORKER: {"worker.level"}},
        id="a-name-assigned-before",
    ),
    pytest.param(
        """
word = settings.web.word
self.workload("web", environment={"WORD": word})
word = settings.worker.word
self.workload("worker", environment={"WORD": word})
""",
        {WEB: {"web.word"}, WORKER: {"worker.word"}},
        id="a-name-assigned-twice",
    ),
    pytest.param(
        """
self.workload("web", replicas=settings.web.replicas)
self.workload("worker", replicas=settings.worker.replicas, environment={"W": settings.worker.word})
""",
        {WEB: {"web.replicas"}, WORKER: {"worker.replicas", "worker.word"}, "serviceaccount_web.yaml": set()},
        id="arguments",
    ),
    pytest.param(
        """
for name, replicas in (("web", settings.web.replicas), ("worker", settings.worker.replicas)):
    self.workload(name, replicas=replicas)
""",
        {WEB: {"web.replicas", "worker.replicas"}, WORKER: {"web.replicas", "worker.replicas"}},
        id="a-loop-over-a-table",
    ),
    pytest.param(
        """
data = {}
for index, name in enumerate(settings.names):
    data[f"N{index}"] = name
if settings.on:
    data.update(WORD=settings.web.word)
Configuration(self, "config", data=data)
self.workload("web")
""",
        {MAP: {"names[0]", "names[1]", "on", "web.word"}, WEB: set()},
        id="a-dictionary-changed-in-place",
    ),
    pytest.param(
        """
items = [settings.web.word]
items += [settings.web.level]
items.append(settings.worker.word)
self.workload("web", arguments=items)
self.workload("worker")
""",
        {WEB: {"web.word", "web.level", "worker.word"}, WORKER: set()},
        id="a-list-that-grows",
    ),
    pytest.param(
        """
if settings.on and not settings.off:
    self.workload("web")
else:
    self.workload("other")
self.workload("worker")
""",
        {WEB: {"on", "off"}, WORKER: set()},
        id="a-condition-around",
    ),
    pytest.param(
        """
self.workload("worker")
if settings.off:
    return
self.workload("web")
""",
        {WEB: {"off"}, WORKER: set()},
        id="a-return-before",
    ),
    pytest.param(
        """
for each in settings.services:
    if each.level == "high":
        continue
    self.workload(each.word)
""",
        {
            "deployment_first.yaml": {
                "services",
                *(f"services[{n}].{name}" for n in (0, 1) for name in ("word", "level")),
            },
        },
        id="a-loop-over-settings",
    ),
    pytest.param(
        """
for _ in settings.services[:1]:
    self.workload("web")
self.workload("worker")
""",
        {WEB: {"services"}, WORKER: set()},
        id="a-loop-that-decides-and-gives-nothing",
    ),
    pytest.param(
        """
Configuration(self, "config", data=variables_of(settings.web, "word", "level"))
self.workload("web")
""",
        {MAP: {"web.word", "web.level"}, WEB: set()},
        id="some-fields-as-variables",
    ),
    pytest.param(
        """
Configuration(self, "config", data={name.upper(): str(value) for name, value in settings.worker})
self.workload("web")
""",
        {MAP: ALL_OF_WORKER, WEB: set()},
        id="a-model-by-iteration",
    ),
    pytest.param(
        """
dump = settings.worker.model_dump()
Configuration(self, "config", data={"ALL": str(dump)})
""",
        {MAP: ALL_OF_WORKER},
        id="a-model-dumped",
    ),
    pytest.param(
        """
config = Configuration(self, "config", data={"WORD": settings.web.word})
self.workload("web", configuration=(config,))
self.workload("worker")
""",
        {MAP: {"web.word"}, WEB: {"web.word"}, WORKER: set()},
        id="configuration-restarts-what-takes-it",
    ),
    pytest.param(
        """
web = self.workload("web", replicas=settings.web.replicas, ports=(Port("http", settings.port),))
worker = self.workload("worker", environment={"WORD": settings.worker.word})
worker.connects_to(web, variables={"URL": "url"})
""",
        {
            WEB: {"web.replicas", "port"},
            WORKER: {"worker.word", "port"},
            "networkpolicy_worker.yaml": {"port"},
            "service_web.yaml": {"port"},
        },
        id="a-connection-brings-ports-and-not-replicas",
    ),
    pytest.param(
        """
secret = Secret(self, "secret", keys={"key": settings.key})
web = self.workload("web", environment={"KEY": secret.key("key")})
""",
        {"externalsecret.external-secrets.io_secret.yaml": {"key"}, WEB: {"key"}},
        id="a-secret-by-reference",
    ),
    pytest.param(
        """
known = {"word": settings.web.word, "level": settings.web.level}
self.workload("web", environment={"WORD": known["word"]})
self.workload("worker", environment={"LEVEL": known.get("level", "")})
""",
        {WEB: {"web.word"}, WORKER: {"web.level"}},
        id="a-dictionary-by-its-keys",
    ),
    pytest.param(
        """
web = self.workload("web")
ApiObject.of(web).add_json_patch(JsonPatch.add("/spec/paused", settings.on))
self.workload("worker")
""",
        {WEB: {"on"}, WORKER: set()},
        id="a-patch",
    ),
    pytest.param(
        """
web = self.workload("web")
ApiObject.of(web).metadata.add_label("word", settings.web.word)
self.workload("worker")
""",
        {WEB: {"web.word"}, WORKER: set()},
        id="a-label-added",
    ),
    pytest.param(
        """
body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "config"}}
KubeObject(self, "config", {**body, "data": {"WORD": settings.web.word}})
self.workload("web", environment={"LEVEL": settings.web.level})
""",
        {MAP: {"web.word"}, WEB: {"web.level"}},
        id="an-object-as-it-is",
    ),
    pytest.param(
        """
def values():
    return {"WORD": settings.web.word}
if settings.on:
    cdk8s.ApiObject(
        self, "config", api_version="v1", kind="ConfigMap", metadata={"name": "config"}
    ).add_json_patch(JsonPatch.add("/data", values()))
""",
        {MAP: {"web.word", "on"}},
        id="an-object-of-cdk8s",
    ),
    pytest.param(
        """
if settings.on:
    Include(self, "included", path=Path(__file__).parent / "map.yaml")
self.workload("web")
""",
        {"configmap_included.yaml": {"on"}, WEB: set()},
        id="an-included-file",
    ),
    pytest.param(
        """
self.workload("web", environment={"DOMAIN": f"{settings.web.word}.{target.cluster.storage_class}"})
""",
        {WEB: {"web.word"}},
        id="text-with-a-fact-of-the-cluster",
    ),
    pytest.param(
        """
names = [name for name in settings.names if name != settings.web.word]
self.workload("web", arguments=names)
""",
        {WEB: {"names[0]", "names[1]", "web.word"}},
        id="a-comprehension-with-a-condition",
    ),
    pytest.param(
        """
if (extra := settings.extra) is not None:
    self.workload("web", replicas=extra.replicas)
self.workload("worker", environment={"MORE": "yes" if settings.extra else "no"})
""",
        {WORKER: {"extra"}},
        id="a-model-that-may-be-missing",
    ),
    pytest.param(
        """
self.workload("web", arguments=[(word := settings.web.word)])
self.workload("worker", environment={"WORD": word})
""",
        {WEB: {"web.word"}, WORKER: {"web.word"}},
        id="a-name-assigned-in-an-expression",
    ),
    pytest.param(
        """
word = settings.web.word
def shouted():
    return f"{word}!"
self.workload("web", environment={"WORD": shouted()})
self.workload("worker")
""",
        {WEB: {"web.word"}, WORKER: set()},
        id="a-function-inside-that-uses-a-name-around-it",
    ),
    pytest.param(
        """
word = settings.web.word
def shouted(name):
    return f"{name} {word}"
self.workload("web", arguments=list(map(shouted, settings.names)))
self.workload("worker")
""",
        {WEB: {"web.word", "names[0]", "names[1]"}, WORKER: set()},
        id="a-function-that-is-passed-on",
    ),
    pytest.param(
        """
match settings.web:
    case object(word=word, replicas=replicas):
        self.workload("web", replicas=replicas, environment={"WORD": word})
""",
        {WEB: {"web.word", "web.replicas"}},
        id="a-match",
    ),
]

_WITH_METHODS = [
    pytest.param(
        """
self.web = self.declare("web", settings.web)
self.worker = self.declare("worker", settings.worker)
self.worker.connects_to(self.web)
""",
        """
def declare(self, name, service):
    return self.workload(name, replicas=service.replicas, ports=(Port("http", self.settings.port),))
""",
        {WEB: {"web.replicas", "port"}, WORKER: {"worker.replicas", "port"}},
        id="a-method-for-both",
    ),
    pytest.param(
        """
self.note_word(settings.web.word)
self.declare()
self.workload("worker")
""",
        """
def note_word(self, word):
    self.word = word

def declare(self):
    self.workload("web", environment={"WORD": self.word})
""",
        {WEB: {"web.word"}, WORKER: set()},
        id="an-attribute-set-by-a-method-that-reads-nothing",
    ),
    pytest.param(
        """
self.level = settings.web.level
self.workload("web", environment={"WORD": self.shouted(settings.web.word)})
self.workload("worker", environment={"WORD": self.shouted(settings.worker.word)})
""",
        """
def shouted(self, word):
    return f"{word}!{self.level}"
""",
        {WEB: {"web.word", "web.level"}, WORKER: {"worker.word", "web.level"}},
        id="a-method-that-reads-nothing-itself",
    ),
    pytest.param(
        """
self.workload("web", arguments=[str(each) for each in self.counted(settings.web.replicas)])
""",
        """
def counted(self, number):
    if number > 0:
        yield number
        yield from self.counted(number - 1)
""",
        {WEB: {"web.replicas"}},
        id="a-generator-that-calls-itself",
    ),
]


def _named(compiled: Compiled, file: str) -> set[str]:
    return {dotted(each.setting.path) for each in compiled.shaped(file).influences if each.of == "settings"}


def _check(shop: Shop, compiled: Compiled, expected: dict[str, set[str]]) -> None:
    """Hold what is named against what is expected, and against what truly changes."""
    assert {file: _named(compiled, file) & _all(compiled) for file in expected} == expected
    missed = [
        (dotted(path), file)
        for path, files in shop.changes(compiled)
        for file in files
        if dotted(path) not in _named(compiled, file)
    ]
    assert not missed


def _all(compiled: Compiled) -> set[str]:
    return {dotted(path) for path in (*compiled.groups[0].loaded.origins, ("extra",), ("services",))}


@pytest.mark.parametrize(("body", "expected"), _ROWS)
def test_statements(shop: Shop, body: str, expected: dict[str, set[str]]) -> None:
    """Each object names exactly the settings that shaped it, and all whose change would change it."""
    _check(shop, shop.compile(body), expected)


@pytest.mark.parametrize(("body", "methods", "expected"), _WITH_METHODS)
def test_methods(shop: Shop, body: str, methods: str, expected: dict[str, set[str]]) -> None:
    """Settings are followed through the methods of a chart."""
    _check(shop, shop.compile(body, methods), expected)


def test_functions_of_the_module(shop: Shop) -> None:
    """Settings are followed through functions beside the chart, and through what these define inside."""
    module = """
def variables(service, *names, **more):
    def of(name):
        return str(getattr(service, name))
    found = {name.upper(): of(name) for name in names}
    found.update(more)
    return found
"""
    body = """
self.workload("web", environment=variables(settings.web, "word", LEVEL=settings.worker.level))
self.workload("worker", environment=variables(settings.worker, "word"))
"""
    compiled = shop.compile(body, module=module)
    _check(shop, compiled, {WEB: {"web.word", "worker.level"}, WORKER: {"worker.word"}})


def test_a_class_of_the_chart_s_own(shop: Shop) -> None:
    """What an object keeps that is no construct counts where the object is used."""
    module = """
class Words:
    def __init__(self, service):
        self.first = service.word
        self.second = service.level

class Pair:
    def __init__(self, word):
        self.word = word
"""
    body = """
words = Words(settings.web)
pair = Pair(settings.worker.word)
self.workload("web", environment={"WORD": words.first})
self.workload("worker", environment={"WORD": pair.word})
"""
    compiled = shop.compile(body, module=module)
    assert {"web.word"} <= _named(compiled, WEB)
    assert _named(compiled, WORKER) == {"worker.word"}
    _check(shop, compiled, {})


def test_parts_in_a_dictionary(shop: Shop) -> None:
    """Where it cannot be told which part is meant, all that went into any of them counts."""
    body = """
self.parts = {"web": self.workload("web", ports=(Port("http", settings.port),))}
self.parts["worker"] = self.workload("worker", replicas=settings.worker.replicas)
self.join_them()
"""
    methods = """
def join_them(self):
    self.parts["worker"].connects_to(self.parts["web"])
"""
    compiled = shop.compile(body, methods)
    assert {"port"} <= _named(compiled, "networkpolicy_worker.yaml")
    assert _named(compiled, WEB) == {"port"}
    _check(shop, compiled, {})


def test_where_an_object_was_declared_and_where_its_settings_are_read(shop: Shop) -> None:
    """Both are lines of the chart."""
    body = """
replicas = settings.web.replicas
self.workload("web", replicas=replicas)
"""
    compiled = shop.compile(body)
    lines = (shop.root / "charts/shop/chart.py").read_text().splitlines()
    shaped = compiled.shaped(WEB)
    assert "return Workload(" in lines[shaped.declared.line - 1]
    [influence] = [each for each in shaped.influences if each.setting.path == ("web", "replicas")]
    assert [lines[place.line - 1].strip() for place in influence.places] == [
        "replicas = settings.web.replicas"
    ]
    assert influence.shows == (("spec", "replicas"),)
