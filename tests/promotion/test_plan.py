"""The plan of a promotion."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.promotion.sample import BACKEND, FRONTEND, PIPELINE, REDIS, base, digest, edited, pin, pins_of
from towpath.errors import TowpathError
from towpath.images.pinfile import parse_pins
from towpath.link.verify import verify_rendering
from towpath.promotion.moves import Move
from towpath.promotion.plan import Plan, plan_promotion
from towpath.promotion.route import Route

if TYPE_CHECKING:
    from towpath.promotion.base import Base

ROUTE = Route("staging", "production")
NEW = pin("backend", "1.1.0", "d")


def planned(*moves: Move, onto: Base | None = None, route: Route = ROUTE) -> Plan:
    """Return the plan of some moves onto a clean base."""
    return plan_promotion(route, onto or base(), moves, (), PIPELINE)


def test_a_plan_holds_the_files_that_change_and_no_other() -> None:
    """One image of two workloads: their two files and the pins file, with what they replace."""
    plan = planned(Move("backend", BACKEND, NEW))
    assert sorted(plan.files) == [
        "dist/production/shop/deployment_backend.yaml",
        "dist/production/shop/deployment_worker.yaml",
        "envs/production/shop.images.yaml",
    ]
    assert plan.before.keys() == plan.files.keys()
    assert parse_pins(plan.files["envs/production/shop.images.yaml"], "x").images["backend"] == NEW
    assert plan.exact
    assert plan.branch == "towpath/production/shop"


def test_p17_what_a_plan_makes_verifies_clean() -> None:
    """The base with the plan's files is linked with the new pins, and its map is the old one."""
    before = base()
    plan = planned(Move("backend", BACKEND, NEW), onto=before)
    files = {
        name: plan.files.get(f"dist/production/shop/{name}", data) for name, data in before.files.items()
    }
    pins = parse_pins(plan.files["envs/production/shop.images.yaml"], "envs/production/shop.images.yaml")
    assert verify_rendering(before.map_data, files, before.scope(pins, PIPELINE)) == ()


def test_e75_two_workloads_of_one_image_move_together() -> None:
    """Every place of an image changes, in every file and form; places of other images stay."""
    plan = planned(Move("backend", BACKEND, NEW))
    for name in ("backend", "worker"):
        text = plan.files[f"dist/production/shop/deployment_{name}.yaml"].decode()
        assert f"image: ghcr.io/example/shop-backend:1.1.0@{digest('d')}" in text
        assert 'app.kubernetes.io/version: "1.1.0"' in text


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param(
            edited, "the base branch is not clean: the file is not what was compiled", id="edited file"
        ),
        pytest.param(lambda clean: replace(clean, map_data=None), "has no link map", id="no link map"),
        pytest.param(
            lambda clean: replace(clean, pins=pins_of(NEW, FRONTEND, REDIS)),
            "the base branch is not clean: .* the pin backend says",
            id="behind its pins",
        ),
        pytest.param(
            lambda clean: replace(clean, files={**clean.files, "extra.yaml": b"x: y\n"}),
            "the base branch is not clean",
            id="a file that no map lists",
        ),
        pytest.param(
            lambda clean: replace(clean, unexpected={"link": "no plain file"}),
            "the base branch is not clean",
            id="e80 a symbolic link",
        ),
    ],
)
def test_e80_an_unclean_base_is_refused(change: object, message: str) -> None:
    """A promotion on top of an edited or stale rendering would hide it."""
    assert callable(change)
    with pytest.raises(TowpathError, match=message):
        planned(Move("backend", BACKEND, NEW), onto=change(base()))


def test_e31_the_hash_names_the_target_and_the_images_alone() -> None:
    """The same images from another source or onto another base are the same promotion; other images are another."""
    plan = planned(Move("backend", BACKEND, NEW))
    again = planned(
        Move("backend", None, NEW), onto=base(commit="1" * 40), route=Route("registry", "production")
    )
    other = planned(Move("backend", BACKEND, pin("backend", "1.1.0", "e")))
    assert plan.hash == again.hash
    assert plan.hash != other.hash


def test_the_commit_says_what_moved_for_people_and_machines() -> None:
    """Subject, a line an image, and trailers; a way past environments is recorded with its reason on one line."""
    route = Route("development", "production", ("staging",), "hotfix\nfor INC-1742")
    plan = planned(Move("backend", BACKEND, NEW), route=route)
    lines = plan.message.splitlines()
    assert lines[0] == "Promote shop to production: backend 1.1.0"
    assert lines[2] == (
        f"backend: ghcr.io/example/shop-backend:1.0.0@{digest('a')} -> "
        f"ghcr.io/example/shop-backend:1.1.0@{digest('d')}"
    )
    assert lines[4:] == [
        "Towpath-Platform: shop",
        "Towpath-Source: development",
        "Towpath-Target: production",
        f"Towpath-Plan: {plan.hash}",
        f"Towpath-Base: {plan.base}",
        f"Towpath-Version: {plan.trailers['Towpath-Version']}",
        "Towpath-Passed-Over: staging",
        "Towpath-Reason: hotfix for INC-1742",
    ]


def test_a_long_subject_is_cut() -> None:
    """Many images do not make a subject that no tool shows."""
    plan = planned(
        Move("backend", BACKEND, pin("backend", "1." + "9" * 60, "d")),
        Move("frontend", FRONTEND, pin("frontend", "2." + "9" * 60, "e")),
    )
    assert len(plan.subject) == 100
    assert plan.subject.endswith("...")


def test_a_move_that_says_more_than_it_does_is_not_exact() -> None:
    """The statement is computed: a file that changes elsewhere too is told apart."""
    clean = base()
    plan = planned(Move("backend", BACKEND, NEW), onto=clean)
    assert "exactly these images and nothing else" in plan.statement
    assert "more than these images" in replace(plan, exact=False).statement


@given(
    st.lists(
        st.tuples(st.sampled_from(["1.0.0", "1.1.0", "yes", "0755", "1e3"]), st.sampled_from("abcdef")),
        min_size=2,
        max_size=2,
    )
)
def test_p17_a_plan_is_exact_for_any_images(chosen: list[tuple[str, str]]) -> None:
    """Whatever the tags and digests are, a plan changes lines of its images and no other."""
    moves = [
        Move(name, before, pin(name, tag, letter))
        for (name, before), (tag, letter) in zip(
            (("backend", BACKEND), ("frontend", FRONTEND)), chosen, strict=True
        )
    ]
    plan = planned(*moves)
    assert plan.exact
    assert not any("redis" in path for path in plan.files)
