"""The pull request's title and body for a plan, with what the environment repository knows of the images' past."""

from __future__ import annotations

from typing import TYPE_CHECKING

from towpath.diff.trees import diff_trees
from towpath.promotion.carry_out import Writing
from towpath.promotion.reading import since_when
from towpath.promotion.route import REGISTRY
from towpath.report.pull_request import (
    ImageRow,
    Promotion,
    SkippedRow,
    pull_request_body,
    pull_request_title,
)

if TYPE_CHECKING:
    from towpath.promotion.plan import Plan
    from towpath.repository.port import Repository


def describe(plan: Plan, repository: Repository) -> Writing:
    """Return what a reviewer reads about a plan.

    The same plan on the same base gives the same text, so that running a promotion again changes nothing.
    """
    from_environment = plan.route.source != REGISTRY
    since = since_when(repository, plan.base, plan.route.source, plan.platform) if from_environment else {}
    promotion = Promotion(
        platform=plan.platform,
        target=plan.route.target,
        source=plan.route.source if from_environment else "",
        images=tuple(
            ImageRow(move.image, move.before, move.after, since.get(move.image)) for move in plan.moves
        ),
        skipped=tuple(SkippedRow(each.image, each.reason) for each in plan.skipped),
        statement=plan.statement,
        notes=plan.notes,
        passed_over=plan.route.passed_over,
        reason=plan.route.reason,
    )
    return Writing(
        pull_request_title(promotion), pull_request_body(promotion, diff_trees(plan.before, plan.files))
    )
