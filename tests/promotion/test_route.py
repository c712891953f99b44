"""The way of a promotion through the pipeline."""

from __future__ import annotations

import pytest

from tests.promotion.sample import PIPELINE
from towpath.errors import UsageError
from towpath.promotion.route import REGISTRY, Route, plan_route


@pytest.mark.parametrize(
    ("source", "target"),
    [
        pytest.param(REGISTRY, "development", id="a new image into the first environment"),
        pytest.param("development", "staging", id="first to second"),
        pytest.param("staging", "production", id="second to third"),
    ],
)
def test_the_next_environment_needs_no_leave(source: str, target: str) -> None:
    """A step along the pipeline passes over nothing, and records no reason."""
    route = plan_route(PIPELINE, source, target, pass_over=False, reason="unasked")
    assert route == Route(source, target)


@pytest.mark.parametrize(
    ("source", "target", "passed_over"),
    [
        pytest.param("development", "production", ("staging",), id="one environment"),
        pytest.param(REGISTRY, "staging", ("development",), id="a new image into the second"),
        pytest.param(REGISTRY, "production", ("development", "staging"), id="a new image into the last"),
    ],
)
def test_passing_over_needs_leave_and_a_reason(
    source: str, target: str, passed_over: tuple[str, ...]
) -> None:
    """The order of environments is enforced; a way past one is recorded with its reason."""
    for pass_over, reason in ((False, ""), (False, "hotfix"), (True, ""), (True, "  ")):
        with pytest.raises(UsageError, match="passes over " + ", ".join(passed_over)):
            plan_route(PIPELINE, source, target, pass_over=pass_over, reason=reason)
    route = plan_route(PIPELINE, source, target, pass_over=True, reason=" hotfix ")
    assert route == Route(source, target, passed_over, "hotfix")


@pytest.mark.parametrize(
    ("source", "target", "message"),
    [
        pytest.param("staging", "staging", "source and target are both staging", id="source is target"),
        pytest.param("production", "staging", "production comes after staging", id="backwards"),
        pytest.param("stagin", "production", "did you mean `staging`", id="unknown source"),
        pytest.param("staging", "prod", "unknown environment `prod`", id="unknown target"),
        pytest.param("staging", REGISTRY, "unknown environment `registry`", id="a registry is no target"),
        pytest.param("../x", "production", "unknown environment `../x`", id="e80 a path"),
        pytest.param("st\u0430ging", "production", r"`st\\u0430ging`", id="e32 a letter that looks alike"),
    ],
)
def test_e80_a_way_that_is_none_is_refused(source: str, target: str, message: str) -> None:
    """Unknown names, the same twice and the wrong direction are usage errors that say what is known."""
    with pytest.raises(UsageError, match=message):
        plan_route(PIPELINE, source, target, pass_over=True, reason="hotfix")
