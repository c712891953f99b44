"""Our constructs are cdk8s constructs: its tools see whole objects, and its own constructs work beside ours."""

from __future__ import annotations

import gc
import importlib
from typing import TYPE_CHECKING, Any

import cdk8s
import pytest
from constructs import Construct

from tests.constructs.sample import Synthesis, bodies, chart, shop, workload
from towpath.constructs import Configuration, ImageSymbol, KubeObject
from towpath.documents.node import plain
from towpath.documents.reader import Dialect, read_all
from towpath.errors import TowpathError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CONFIG = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"x": "1"}}


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the names of the requests that go to JavaScript from now on."""
    runtime: Any = importlib.import_module("jsii._runtime")
    process = runtime.kernel.provider._process
    sent: list[str] = []
    send = type(process).send

    def counted(self: Any, request: Any, response_type: Any) -> Any:
        sent.append(type(request).__name__)
        return send(self, request, response_type)

    monkeypatch.setattr(type(process), "send", counted)
    return sent


def test_an_object_costs_one_call(calls: list[str]) -> None:
    """A body with any number of fields goes nowhere until something asks for it."""
    scope = chart()
    before = len(calls)
    found = KubeObject(scope, "a", CONFIG | {"spec": {"deep": [{"er": 1}]}})
    assert calls[before:] == ["CreateRequest"]
    assert found.body()["spec"] == {"deep": [{"er": 1}]}
    assert len(calls) == before + 1


def test_a_workload_costs_one_call_an_object(calls: list[str]) -> None:
    """The construct itself, its Deployment, Service, ServiceAccount and NetworkPolicy."""
    platform = shop()
    before = len(calls)
    workload(platform, "web")
    assert calls[before:] == ["CreateRequest"] * 5


def test_testing_and_to_json_give_whole_objects() -> None:
    """cdk8s's own ways to look at a chart show every object with its full body."""
    platform = shop()
    workload(platform, "web").connects_to(workload(platform, "api"))
    synthesized = Synthesis.synth(platform)
    assert synthesized == platform.to_json()
    kinds = [each["kind"] for each in synthesized]
    assert sorted(set(kinds)) == [
        "Deployment",
        "LimitRange",
        "Namespace",
        "NetworkPolicy",
        "ResourceQuota",
        "Service",
        "ServiceAccount",
    ]
    assert len(kinds) == 13
    (web,) = (
        each for each in synthesized if (each["kind"], each["metadata"]["name"]) == ("Deployment", "web")
    )
    assert web["spec"]["template"]["spec"]["containers"][0]["image"] == "towpath-image://web/reference"


def test_app_synth_writes_whole_objects(tmp_path: Path) -> None:
    """Plain `app.synth()` writes every object, the ones declared by cdk8s's own constructs among them."""
    app = cdk8s.App(outdir=str(tmp_path))
    platform = shop(app)
    workload(platform, "web")
    cdk8s.ApiObject(platform, "plain", api_version="v1", kind="Secret", metadata={"name": "plain"})
    app.synth()
    (file,) = tmp_path.iterdir()
    found = [plain(node) for node in read_all(file.read_bytes(), file.name, Dialect.KUBERNETES)]
    assert [each["kind"] for each in found].count("NetworkPolicy") == 3
    assert len(found) == 10
    assert all(
        each.keys() & {"spec", "automountServiceAccountToken"}
        for each in found
        if each["kind"] not in {"Namespace", "Secret"}
    )


def test_objects_nobody_holds_stay_whole() -> None:
    """A body lives in Python, also after the last variable that named its object is gone."""
    scope = chart()

    KubeObject(Construct(scope, "passing"), "a", CONFIG)
    gc.collect()
    assert Synthesis.synth(scope) == [CONFIG]


def test_cdk8s_constructs_work_beside_ours(tmp_path: Path) -> None:
    """A plain ApiObject and cdk8s's Include stand in the same chart."""
    file = tmp_path / "more.yaml"
    file.write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: included}\ndata: {a: b}\n")
    platform = shop()
    cdk8s.ApiObject(platform, "object", api_version="x.io/v1", kind="Thing", metadata={"name": "thing"})
    cdk8s.Include(platform, "include", url=str(file))
    KubeObject(platform, "ours", CONFIG)
    names = {f"{each['kind']} {each['metadata']['name']}" for each in Synthesis.synth(platform)}
    assert names >= {"Thing thing", "ConfigMap included", "ConfigMap a", "Namespace shop-staging"}


def test_api_object_of_a_workload_is_its_deployment() -> None:
    """cdk8s's way to reach the main object of a construct reaches ours."""
    found = cdk8s.ApiObject.of(workload(shop(), "web"))
    assert isinstance(found, KubeObject)
    assert (found.kind, found.name, found.api_version) == ("Deployment", "web", "apps/v1")


def test_metadata_of_the_body_stays() -> None:
    """What is added to lists and mappings of the metadata stands beside what the body has."""
    body = {**CONFIG, "metadata": {"name": "a", "labels": None, "finalizers": ["one"]}}
    found = KubeObject(chart(), "a", body)
    _label(found)
    assert found.body()["metadata"]["finalizers"] == ["one", "x.io/keep"]
    assert found.body()["metadata"]["labels"] == {"team": "shop"}


def _patch(found: cdk8s.ApiObject) -> None:
    found.add_json_patch(
        cdk8s.JsonPatch.replace("/spec/replicas", 5), cdk8s.JsonPatch.remove("/spec/strategy")
    )


def _label(found: cdk8s.ApiObject) -> None:
    found.metadata.add_label("team", "shop")
    found.metadata.add_annotation("note", "x")
    found.metadata.add_finalizers("x.io/keep")
    found.metadata.add("generation", 3)


@pytest.mark.parametrize(
    ("change", "field", "expected"),
    [
        pytest.param(_patch, ("spec", "replicas"), 5, id="replaced"),
        pytest.param(_patch, ("spec", "strategy"), None, id="removed"),
        pytest.param(_patch, ("spec", "revisionHistoryLimit"), 5, id="the-rest-stays"),
        pytest.param(_label, ("metadata", "labels", "team"), "shop", id="label"),
        pytest.param(
            _label, ("metadata", "labels", "app.kubernetes.io/component"), "web", id="our-labels-stay"
        ),
        pytest.param(_label, ("metadata", "annotations", "note"), "x", id="annotation"),
        pytest.param(_label, ("metadata", "finalizers"), ["x.io/keep"], id="finalizer"),
        pytest.param(_label, ("metadata", "generation"), 3, id="any-field-of-metadata"),
    ],
)
@pytest.mark.parametrize("when", ["before-connecting", "after-connecting"])
def test_patches_and_labels(change: Any, field: tuple[str, ...], expected: object, when: str) -> None:
    """A patch or a label applies to the object as it is in the end, and hides nothing that is declared later."""
    platform = shop()
    web, api = workload(platform, "web"), workload(platform, "api")
    found = cdk8s.ApiObject.of(web)
    if when == "before-connecting":
        change(found)
    web.connects_to(api, variables={"API": "url"})
    if when == "after-connecting":
        change(found)
    assert isinstance(found, KubeObject)
    for body in (
        found.body(),
        next(each for each in Synthesis.synth(platform) if each["metadata"]["name"] == "web"),
    ):
        at: Any = body
        for part in field:
            at = at.get(part)
        assert at == expected
        assert body["spec"]["template"]["spec"]["containers"][0]["env"] == [
            {"name": "API", "value": "http://api:8080"}
        ]


def test_an_object_that_was_looked_at_early_is_not_frozen() -> None:
    """What a chart asks for half-way does not keep what it says later out of the objects."""
    platform = shop()
    web, api = workload(platform, "web"), workload(platform, "api")
    assert "env" not in cdk8s.ApiObject.of(web).to_json()["spec"]["template"]["spec"]["containers"][0]
    web.connects_to(api, variables={"API": "host"})
    assert "env" in cdk8s.ApiObject.of(web).to_json()["spec"]["template"]["spec"]["containers"][0]


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(2**53 + 1, id="c07-integer-above-what-javascript-holds"),
        pytest.param(-(2**60), id="c07-negative-integer"),
        pytest.param(1.0, id="c07-float"),
        pytest.param(None, id="c11-null"),
        pytest.param([None, 1], id="c11-null-in-a-list"),
        pytest.param({}, id="empty"),
        pytest.param("\0001", id="text-that-looks-like-our-mark"),
        pytest.param(True, id="true"),
    ],
)
def test_patches_lose_nothing(value: object) -> None:
    """Patches are applied in JavaScript; what it has no form for comes back as it was."""
    found = KubeObject(chart(), "a", CONFIG | {"spec": {"value": value}})
    found.add_json_patch(cdk8s.JsonPatch.add("/data/y", "2"))
    assert found.body()["data"] == {"x": "1", "y": "2"}
    assert found.body()["spec"] == {"value": value}
    assert type(found.body()["spec"]["value"]) is type(value)


def test_symbols_survive_patches() -> None:
    """An image given as a symbol is text once cdk8s sees it."""
    found = KubeObject(chart(), "a", CONFIG | {"spec": {"image": ImageSymbol("web")}})
    found.add_json_patch(cdk8s.JsonPatch.add("/data/y", "2"))
    assert found.body()["spec"] == {"image": "towpath-image://web/reference"}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        pytest.param({"apiVersion": "v1", "kind": "Pod"}, "Pod has no name", id="no-metadata"),
        pytest.param(
            {"apiVersion": "v1", "kind": "Pod", "metadata": {"generateName": "a-"}},
            "generateName and no name",
            id="c23",
        ),
        pytest.param(
            {"kind": "Pod", "metadata": {"name": "a"}}, "an object has no apiVersion", id="no-version"
        ),
    ],
)
def test_objects_without_identity_are_refused(body: dict[str, Any], words: str) -> None:
    """The error stands at the line of the chart."""
    with pytest.raises(TowpathError, match=words) as caught:
        KubeObject(chart(), "a", body)
    assert caught.value.problems[0].place.file == __file__


def _declared(order: Iterator[str] | list[str]) -> dict[str, Any]:
    def declare(platform: Any) -> None:
        for name in order:
            if name == "settings":
                Configuration(platform, "settings", data={"B": "1", "A": "2"})
            else:
                workload(platform, name, environment={"X": name, "A": name})

    return bodies(declare)


def test_c18_reordered_statements_give_the_same_objects() -> None:
    """The order of declarations shows in nothing but the order in which cdk8s lists them."""
    assert _declared(["web", "settings", "api"]) == _declared(["api", "web", "settings"])


@pytest.mark.parametrize("depth", [0, 1, 3])
def test_c19_moved_constructs_keep_their_objects(depth: int) -> None:
    """A part is named by its id, so another parent changes neither its selector nor anything else."""

    def declare(platform: Any, depth: int) -> None:
        scope = platform
        for level in range(depth):
            scope = Construct(scope, f"level-{level}")
        workload(scope, "web")

    assert bodies(lambda platform: declare(platform, depth)) == bodies(lambda platform: declare(platform, 0))
