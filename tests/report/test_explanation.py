"""Explanations as text: columns, long values, what is hidden, and text from outside that a terminal would obey."""

from __future__ import annotations

from typing import Any

import pytest

from towpath.errors import NOWHERE, Place
from towpath.manifests.key import ManifestKey
from towpath.report.explanation import (
    Influence,
    ShapedObject,
    field_text,
    object_document,
    object_text,
    setting_text,
    settings_text,
)
from towpath.settings.explanation import About, Setting
from towpath.settings.layers import Origin

KEY = ManifestKey("apps", "Deployment", "shop", "web")
PLACE = Place("envs/production/shop.yaml", 3, 11)
CHART = Place("charts/shop/chart.py", 9)


def setting(value: Any, *path: str | int, overridden: tuple[Origin, ...] = (), **more: Any) -> Setting:
    """Return a setting that a file states."""
    return Setting(path or ("replicas",), Origin("production", PLACE, value, overridden), **more)


def shaped(*influences: Influence, file: str = "dist/production/shop/deployment_web.yaml") -> ShapedObject:
    """Return an object with what shaped it."""
    return ShapedObject(file, KEY, CHART, influences)


def influence(*shows: tuple[str | int, ...], of: str = "settings", **more: Any) -> Influence:
    """Return an influence that shows in some fields."""
    return Influence(setting(2, **more), of, shows, (CHART,))


TABLE = """\
SETTING   VALUE                                             FROM                         OVERRIDES
replicas  2                                                 envs/production/shop.yaml:3  1 (envs/defaults/shop.yaml:2); 3 (default)
note      aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa...  default
token     (not shown, it may be secret)                     envs/production/shop.yaml:3  (not shown, it may be secret) (default)
"""  # noqa: E501 -- a line of the table is one line


def test_settings() -> None:
    """Columns are as wide as they must be; a long value is cut; nothing of a secret is shown."""
    lower = Origin("defaults", Place("envs/defaults/shop.yaml", 2, 1), 1)
    rows = [
        setting(2, overridden=(lower, Origin("default", NOWHERE, 3))),
        Setting(("note",), Origin("default", NOWHERE, "a" * 60)),
        setting("hunter2", "token", overridden=(Origin("default", NOWHERE, "hunter1"),), hidden=True),
    ]
    assert settings_text(rows) == TABLE


ONE = """\
replicas of production/shop
  value      2
  from       production, envs/production/shop.yaml:3
  expected   a number, or null
  about      How many.
             At least one.
  shapes     Deployment/web  spec.replicas
             read on the way to Deployment/web
"""


def test_one_setting() -> None:
    """Each thing on a line of its own, and what is of one kind below one another."""
    about = About("a number", "How many.\nAt least one.", optional=True)
    objects = [
        shaped(influence(("spec", "replicas"))),
        shaped(influence(), file="dist/production/shop/other.yaml"),
    ]
    assert setting_text(setting(2), about, "production/shop", objects) == ONE


def test_objects_of_several_platforms() -> None:
    """Then each says which platform it belongs to."""
    objects = [
        shaped(influence(("spec", "replicas"))),
        shaped(influence(("spec", "paused")), file="dist/production/other/deployment_web.yaml"),
    ]
    text = setting_text(setting(2), About("a number"), "production/cluster", objects)
    assert "shop: Deployment/web   spec.replicas" in text
    assert "other: Deployment/web  spec.paused" in text


def test_what_it_shapes_may_not_be_known() -> None:
    """Then nothing is said of objects; an empty list says that there are none."""
    about = About("a number")
    assert "shapes" not in setting_text(setting(2), about, "it", None)
    assert "no object, as things are" in setting_text(setting(2), about, "it", [])


OBJECT = """\
Deployment/web of production/shop: dist/production/shop/deployment_web.yaml
declared at charts/shop/chart.py:9

SETTING             VALUE  FROM                         SHOWS IN
replicas            2      envs/production/shop.yaml:3  spec.replicas
cluster: pull.name  2      envs/production/shop.yaml:3  the whole object

read on the way, where another value decides nothing by itself:
  on, off
"""


def test_an_object() -> None:
    """What shows first, and then what was only read."""
    found = shaped(
        influence(("spec", "replicas")),
        Influence(setting(2, "pull", "name"), "cluster", ((), ("spec",)), ()),
        Influence(setting(True, "on"), "settings", (), ()),
        Influence(setting(False, "off"), "settings", (), ()),
    )
    assert object_text(found, "production/shop", "") == OBJECT


def test_an_object_that_nothing_shaped() -> None:
    """It is said so; and where nobody knows the line, that too."""
    found = ShapedObject("dist/production/shop/x.yaml", KEY, NOWHERE, ())
    assert object_text(found, "production/shop", "") == (
        "Deployment/web of production/shop: dist/production/shop/x.yaml\n"
        "made by Towpath or cdk8s\n\nno setting shows here\n"
    )


@pytest.mark.parametrize(
    ("path", "text"),
    [
        pytest.param(("spec", "replicas"), "spec.replicas", id="names"),
        pytest.param(
            ("spec", "containers", "[web]", "image"), "spec.containers[web].image", id="a-member-by-name"
        ),
        pytest.param(("rules", 0, "host"), "rules[0].host", id="a-member-by-index"),
        pytest.param(
            ("metadata", "annotations", "a.b/c"), "metadata.annotations[a.b/c]", id="a-key-with-dots"
        ),
        pytest.param((), "the whole object", id="the-whole"),
    ],
)
def test_paths(path: tuple[str | int, ...], text: str) -> None:
    """They are written as people write them."""
    assert field_text(path) == text


@pytest.mark.parametrize(
    ("shows", "text"),
    [
        pytest.param([("a", "b"), ("a", "c")], "a.b, a.c", id="two"),
        pytest.param([("a", "b", 1), ("a", "b", 2), ("a", "b", 3)], "a.b (3 fields)", id="more-below-one"),
        pytest.param([("a", "b"), ("c",), ("a", "d")], "a, c (3 fields)", id="more-in-several"),
        pytest.param([("a",), (), ("b",)], "the whole object", id="the-whole-among-them"),
    ],
)
def test_fields_are_summed_up(shows: list[tuple[str | int, ...]], text: str) -> None:
    """Two are named; more are counted where they stand."""
    assert object_text(shaped(influence(*shows)), "it", "").splitlines()[4].endswith(f"  {text}")


def test_text_from_outside() -> None:
    """What a terminal would obey, or nobody would see, is made visible."""
    rows = settings_text([setting("x", "a\x1b[31mb"), setting("\u202e", "plain")])
    assert "\x1b" not in rows
    assert "\u202e" not in rows


def test_json_of_a_hidden_value() -> None:
    """It is null, and nothing of it stands anywhere else."""
    hidden = setting("hunter2", "token", overridden=(Origin("default", NOWHERE, "hunter1"),), hidden=True)
    document = object_document(shaped(Influence(hidden, "settings", (), ())))
    assert document["settings"][0]["value"] is None
    assert document["settings"][0]["hidden"] is True
    assert "hunter" not in str(document)
