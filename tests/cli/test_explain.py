"""`towpath explain`: settings with their origins, objects with what shaped them, and what is refused."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.support.projects import Done, edit, towpath, tree

if TYPE_CHECKING:
    from pathlib import Path

# With it whatever starts Node fails.
NO_NODE = {"JSII_NODE": "/bin/false"}
WEB = "dist/production/shop/deployment_web.yaml"


def _explain(folder: Path, *arguments: str) -> Done:
    return towpath(folder, "explain", *arguments, env=NO_NODE)


def _text(folder: Path, *arguments: str) -> str:
    done = _explain(folder, *arguments)
    assert done.code == 0, done.err
    return done.out


SETTINGS = """\
SETTING                    VALUE  FROM                            OVERRIDES
application.log_level      warn   envs/production/shop.yaml:2
application.greeting       hello  default
replicas                   2      envs/production/shop.yaml:3     1 (default)
worker_replicas            1      default
closed                     false  default
redis_password             "shop#redis-password"  envs/defaults/shop.yaml:1
"""


def test_every_setting(synthesized_shop: Path) -> None:
    """Each with its value, the line that it came from, and what it overrode; in the order of the model."""
    lines = [" ".join(line.split()) for line in _text(synthesized_shop, "production/shop").splitlines()]
    assert lines[:7] == [" ".join(line.split()) for line in SETTINGS.splitlines()]
    assert "resources.limits.cpu 500m envs/defaults/shop.yaml:3 null (default)" in lines


def test_columns_are_aligned(synthesized_shop: Path) -> None:
    """Each column starts where its heading does."""
    head, *lines = _text(synthesized_shop, "production/shop").splitlines()
    for line in lines:
        assert line[head.index("VALUE") - 2 : head.index("VALUE")] == "  "
        assert line[head.index("FROM") - 2 : head.index("FROM")] == "  "


def test_a_group(synthesized_shop: Path) -> None:
    """With a path, only what is below it."""
    names = [
        line.split()[0] for line in _text(synthesized_shop, "production/shop", "application").splitlines()
    ]
    assert names == ["SETTING", "application.log_level", "application.greeting"]


def test_one_setting(synthesized_shop: Path) -> None:
    """All that is known of it, and the objects that it shapes with the fields that show it."""
    assert _text(synthesized_shop, "production/shop", "replicas").splitlines() == [
        "replicas of production/shop",
        "  value      2",
        "  from       production, envs/production/shop.yaml:3",
        "  overrides  1, the model's default",
        "  expected   a whole number from 0 to 2147483647",
        "  shapes     Deployment/web       spec.replicas",
        "             Deployment/worker    spec.replicas",
        "             ResourceQuota/quota  spec.hard (4 fields)",
    ]


def test_one_that_shapes_nothing(shop: Path) -> None:
    """It is said, and not left out."""
    edit(
        shop / "charts/shop/settings.py",
        "    closed: bool = False\n",
        "    closed: bool = False\n    unused: bool = False\n",
    )
    assert towpath(shop, "synth").code == 0
    assert "  shapes     no object, as things are" in _text(shop, "production/shop", "unused").splitlines()


def test_documentation_and_choices(shop: Path) -> None:
    """The string below a field is shown, and what is allowed."""
    edit(
        shop / "charts/shop/settings.py",
        "    log_level: str\n",
        '    log_level: Literal["debug", "warn"]\n    """How much it says."""\n',
    )
    edit(
        shop / "charts/shop/settings.py",
        "from towpath.settings.fields",
        "from typing import Literal\n\nfrom towpath.settings.fields",
    )
    done = _explain(shop, "production/shop", "application.log_level")
    assert done.code == 0, done.err
    assert "  expected   'debug' or 'warn'" in done.out.splitlines()
    assert "  about      How much it says." in done.out.splitlines()
    # The models changed, so what was compiled before says nothing any more.
    assert "production/shop is not compiled as its charts and settings are now" in done.err
    assert "run `towpath synth -e production -p shop`" in done.err
    assert "shapes" not in done.out


def test_facts_of_the_cluster(synthesized_shop: Path) -> None:
    """They are listed like settings, and one says what it shapes in every platform."""
    text = _text(synthesized_shop, "production/cluster", "storage_class")
    assert "from       production, envs/production/cluster.yaml:4" in text
    assert "StatefulSet/redis  spec.volumeClaimTemplates" in text


def test_an_object(synthesized_shop: Path) -> None:
    """Where it was declared, and which settings shaped it, each with its origin and the fields that show it."""
    lines = [" ".join(line.split()) for line in _text(synthesized_shop, WEB).splitlines()]
    assert lines[0] == f"Deployment/web of production/shop: {WEB}"
    assert lines[1].startswith("declared at charts/shop/chart.py:")
    assert "replicas 2 envs/production/shop.yaml:3 spec.replicas" in lines
    assert any(line.startswith("redis.bundled.host redis envs/production/shop.yaml:") for line in lines)
    assert any(line.startswith("closed false default the whole object") for line in lines)
    assert not any("redis.bundled.size" in line for line in lines)


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param([WEB, "spec.replicas"], id="by-its-file"),
        pytest.param(["production/shop", "--object", "Deployment/web", "spec.replicas"], id="by-its-name"),
        pytest.param(
            ["production/shop", "spec.replicas", "--object", "deployment/web"], id="in-another-order"
        ),
        pytest.param(
            ["production/shop", "--object", "deployment.apps/web", "spec.replicas"], id="with-its-group"
        ),
        pytest.param(
            ["production/shop", "--object", "deployment_web.yaml", "spec.replicas"], id="by-its-file-name"
        ),
    ],
)
def test_a_field_of_an_object(synthesized_shop: Path, arguments: list[str]) -> None:
    """Only what shows in the field is named."""
    lines = _text(synthesized_shop, *arguments).splitlines()
    assert lines[0] == f"spec.replicas of Deployment/web of production/shop: {WEB}"
    assert [line.split()[0] for line in lines[3:]] == ["SETTING", "replicas", "worker_replicas"]


def test_members_of_lists_by_name_and_by_index(synthesized_shop: Path) -> None:
    """Both lead to the same field."""
    texts = {
        _text(synthesized_shop, WEB, f"spec.template.spec.containers{part}.resources.limits.cpu")
        for part in ("[web]", "[0]", ".0")
    }
    assert len(texts) == 1
    assert "resources.limits.cpu" in texts.pop()


def test_an_object_of_argo_cd(synthesized_shop: Path) -> None:
    """No chart declares it; the facts that it follows from are listed."""
    text = _text(synthesized_shop, "dist/production/argocd/application_shop.yaml")
    assert "argocd.repository" in text


def test_from_a_folder_below(synthesized_shop: Path) -> None:
    """A file is found from where one stands."""
    done = towpath(synthesized_shop / "dist/production", "explain", "shop/deployment_web.yaml", env=NO_NODE)
    assert done.code == 0, done.err
    assert done.out.startswith("Deployment/web of production/shop")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        pytest.param(
            ["production/shop", "replcas"],
            2,
            ["`replcas` is not a setting", "did you mean `replicas`?"],
            id="setting",
        ),
        pytest.param(["production/cluster", "ingres"], 2, ["did you mean `ingress`?"], id="fact"),
        pytest.param(["prod/shop"], 2, ["unknown environment `prod`"], id="environment"),
        pytest.param(["prod/cluster"], 2, ["unknown environment `prod`"], id="environment-of-a-cluster"),
        pytest.param(
            ["production/shp"], 2, ["unknown platform `shp`", "did you mean `shop`?"], id="platform"
        ),
        pytest.param(["production"], 2, ["names no target", "<environment>/<platform>"], id="no-target"),
        pytest.param(
            ["production/shop", "--object", "Deployment/wb"],
            2,
            ["did you mean `Deployment/web`?"],
            id="object",
        ),
        pytest.param(
            ["dist/production/shop/deployment_wb.yaml"], 2, ["did you mean `deployment_web.yaml`?"], id="file"
        ),
        pytest.param(
            [WEB, "spec.replica"], 2, ["no field `spec.replica`", "did you mean `replicas`?"], id="field"
        ),
        pytest.param(["envs/production/shop.yaml"], 2, ["is no object of this project"], id="another-file"),
        pytest.param([WEB, "--object", "Deployment/web"], 2, ["--object needs a target"], id="object-twice"),
        pytest.param(["production/shop", "a..b"], 2, ["`a..b` is no path"], id="no-path"),
        pytest.param([], 2, ["required: TARGET"], id="nothing"),
    ],
)
def test_refusals(synthesized_shop: Path, arguments: list[str], code: int, words: list[str]) -> None:
    """Each says what there is, or what was probably meant."""
    done = _explain(synthesized_shop, *arguments)
    assert (done.code, done.out) == (code, "")
    for word in words:
        assert word in done.err


def test_an_object_that_is_not_compiled(shop: Path) -> None:
    """Nothing is guessed from what was compiled before, and nothing is compiled."""
    edit(shop / "envs/production/shop.yaml", "replicas: 2", "replicas: 3")
    before = tree(shop)
    done = _explain(shop, WEB)
    assert (done.code, done.out) == (1, "")
    assert "production/shop is not compiled as its charts and settings are now" in done.err
    assert "run `towpath synth -e production -p shop` and ask again" in done.err
    assert tree(shop) == before
    # Settings need no compile.
    assert "3" in _text(shop, "production/shop", "replicas")
    assert towpath(shop, "synth").code == 0
    assert _explain(shop, WEB).code == 0


@pytest.mark.parametrize("damage", [pytest.param("", id="gone"), pytest.param("AAAA", id="damaged")])
def test_a_cache_without_a_recording(shop: Path, damage: str) -> None:
    """It is as if the target was not compiled, and synth does not compile it again for that."""
    (entry,) = (shop / ".towpath/cache/production/shop").iterdir()
    entry.write_text(json.dumps({**json.loads(entry.read_text()), "origins": damage}))
    assert _explain(shop, WEB).code == 1
    assert towpath(shop, "synth", "--format", "json", env=NO_NODE).compiled == []


def test_mistakes_in_settings(shop: Path) -> None:
    """They are said as everywhere."""
    edit(shop / "envs/production/shop.yaml", "replicas: 2", "replicas: two")
    done = _explain(shop, "production/shop")
    assert done.code == 1
    assert "envs/production/shop.yaml:3:11: replicas is 'two'" in done.err


def test_secrets_are_not_shown(shop: Path) -> None:
    """References are; plain text under a secret's name is not, in no format."""
    edit(
        shop / "charts/shop/settings.py",
        "    closed: bool = False\n",
        '    closed: bool = False\n    token_note: str = ""\n',
    )
    with (shop / "envs/production/shop.yaml").open("a") as file:
        file.write("token_note: hunter2\n")
    assert '"shop#redis-password"' in _text(shop, "production/shop")
    for arguments in (
        ["production/shop"],
        ["production/shop", "token_note"],
        ["production/shop", "--format", "json"],
    ):
        done = _explain(shop, *arguments)
        assert done.code == 0, done.err
        assert "hunter2" not in done.out + done.err
    assert "(not shown, it may be secret)" in _text(shop, "production/shop")


def test_json_of_settings(synthesized_shop: Path) -> None:
    """All that the text says, with the place in parts."""
    found = json.loads(_text(synthesized_shop, "production/shop", "replicas", "--format", "json"))
    [setting] = found["settings"]
    assert found["of"] == "production/shop"
    assert setting == {
        "path": "replicas",
        "value": 2,
        "layer": "production",
        "file": "envs/production/shop.yaml",
        "line": 3,
        "column": 11,
        "hidden": False,
        "overrides": [{"value": 1, "layer": "default", "file": "", "line": 0, "column": 0}],
        "expected": "a whole number from 0 to 2147483647",
        "documentation": "",
        "allowed": [],
        "optional": False,
        "default": 1,
        "has_default": True,
    }
    assert found["not_compiled"] == []
    shaped = {each["file"]: each["settings"][0]["fields"] for each in found["objects"]}
    assert shaped[WEB] == ["spec.replicas"]


def test_json_of_an_object(synthesized_shop: Path) -> None:
    """Its identity, its declaration, and each setting with the lines of the chart that read it."""
    found = json.loads(_text(synthesized_shop, WEB, "--format", "json"))
    assert found["object"] == {
        "group": "apps",
        "kind": "Deployment",
        "namespace": "shop-production",
        "name": "web",
    }
    assert found["declared"]["file"] == "charts/shop/chart.py"
    [replicas] = [each for each in found["settings"] if each["path"] == "replicas"]
    assert (replicas["of"], replicas["fields"]) == ("settings", ["spec.replicas"])
    line = replicas["read_at"][0]["line"]
    lines = (synthesized_shop / "charts/shop/chart.py").read_text().splitlines()
    assert "settings.replicas" in lines[line - 1]


def test_json_where_it_is_not_compiled(shop: Path) -> None:
    """The targets are named of which the objects are not known."""
    edit(shop / "envs/production/shop.yaml", "replicas: 2", "replicas: 3")
    found = json.loads(_text(shop, "production/shop", "replicas", "--format", "json"))
    assert (found["objects"], found["not_compiled"]) == ([], ["production/shop"])


def test_nothing_is_written(synthesized_shop: Path) -> None:
    """No file of the project changes, whatever is asked."""
    before = tree(synthesized_shop)
    for arguments in (["production/shop"], ["production/shop", "replicas"], [WEB], ["production/cluster"]):
        assert _explain(synthesized_shop, *arguments).code == 0
    assert tree(synthesized_shop) == before
