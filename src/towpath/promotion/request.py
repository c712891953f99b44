"""What a person or a workflow asks for, turned into plans for the base branch as it stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from towpath.errors import NOWHERE, Problem, TowpathError, nearest
from towpath.images.allowed import registry_problem
from towpath.images.pin import short_digest
from towpath.images.reference import ImageReference, parse_reference
from towpath.pipeline import name_fault
from towpath.promotion.base import check_base, link_map_of
from towpath.promotion.moves import named_moves, promotion_set, unused_images
from towpath.promotion.plan import Plan, plan_promotion
from towpath.promotion.reading import base_head, read_base, read_pins, read_pipeline
from towpath.promotion.route import REGISTRY, plan_route

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from towpath.images.pin import ImagePin
    from towpath.pipeline import Pipeline
    from towpath.promotion.base import Base
    from towpath.promotion.moves import Skipped
    from towpath.registry.port import Registry, ResolvedImage
    from towpath.repository.port import Repository


PINS_SUFFIX = ".images.yaml"


@dataclass(frozen=True, slots=True)
class Request:
    """A promotion as it is asked for."""

    platform: str
    target: str
    source: str = REGISTRY
    images: Mapping[str, str] = field(default_factory=dict)
    """Image name to reference, from a registry; from an environment, names with empty references: only these move."""
    pass_over: bool = False
    reason: str = ""


class Planner:
    """Makes the plan of one request for a commit of the base branch. Asks the registry once for each reference."""

    def __init__(
        self, repository: Repository, registry: Registry | None, request: Request, pipeline: Pipeline
    ) -> None:
        self._repository = repository
        self._registry = registry
        self._request = request
        self._fallback = pipeline
        self._resolved: dict[ImageReference, ResolvedImage] = {}

    def plan(self, commit: str) -> Plan:
        """Return the plan for a base commit. A plan without moves has nothing to do.

        Raises:
            TowpathError: with what stands in the way: the order of environments, the base, the pins, the registry.

        """
        request = self._request
        pipeline = read_pipeline(self._repository, commit, self._fallback)
        route = plan_route(
            pipeline, request.source, request.target, pass_over=request.pass_over, reason=request.reason
        )
        base = self._base(commit)
        check_base(base, pipeline)
        skipped: tuple[Skipped, ...] = ()
        notes: tuple[str, ...] = ()
        if request.source == REGISTRY:
            moves = named_moves(base, self._named(base, pipeline))
        else:
            pins = read_pins(self._repository, commit, request.source, request.platform)
            moves, skipped = promotion_set(pins, base, pipeline, named=request.images)
            self._check_registries(
                {move.image: ImageReference(move.after.repository) for move in moves}, pipeline
            )
            notes = self._check_digests({move.image: move.after for move in moves})
        return plan_promotion(route, base, moves, skipped, pipeline, notes=notes)

    def _base(self, commit: str) -> Base:
        """Return the target's rendering; refuse a platform that the environment does not have."""
        target, platform = self._request.target, self._request.platform
        here = self._repository.list(commit, f"envs/{target}")
        known = sorted(
            path.split("/")[2].removesuffix(PINS_SUFFIX)
            for path in here
            if path.endswith(PINS_SUFFIX) and path.count("/") == 2  # noqa: PLR2004 -- envs/environment/file
        )
        base = None if name_fault(platform) else read_base(self._repository, commit, target, platform)
        if base is not None and (base.map_data is not None or base.files or base.pins_data is not None):
            return base
        like = nearest(platform, known)
        raise TowpathError(
            Problem(
                NOWHERE,
                f"{target} has no platform `{ascii(platform)[1:-1][:80]}` on the base branch",
                "one of " + ", ".join(known) if known else "",
                f"did you mean `{like}`?"
                if like
                else f"to bring it there first, synthesize it with its pins in envs/{target}/ and merge that",
                rule="promote.no-platform",
            )
        )

    def _named(self, base: Base, pipeline: Pipeline) -> dict[str, ImagePin]:
        references: dict[str, ImageReference] = {}
        problems: list[Problem] = list(unused_images(base, self._request.images))
        used = link_map_of(base).images
        for image, text in self._request.images.items():
            if image not in used:
                continue
            known = base.pins.images.get(image)
            try:
                reference = parse_reference(text, repository=known.repository if known else "")
            except TowpathError as error:
                problems.extend(error.problems)
                continue
            references[image] = reference
        problems.extend(_registry_problems(references, pipeline))
        if problems:
            raise TowpathError(problems)
        return {image: self._pin(base, image, reference) for image, reference in references.items()}

    def _pin(self, base: Base, image: str, reference: ImageReference) -> ImagePin:
        found = self._resolve(reference)
        before = base.pins.images.get(image)
        if reference.digest and not reference.tag and not found.is_index and before and before.platforms:
            # Nothing says of a digest alone whether it is one platform's part of an image; its tag does.
            raise TowpathError(
                Problem(
                    NOWHERE,
                    f"{image}: `{reference}` holds the image of one platform alone, and the present pin is for "
                    + ", ".join(before.platforms),
                    "the digest of the whole image",
                    "name the tag, or the tag with the digest, so that the registry shows what belongs together",
                    rule="promote.child-digest",
                )
            )
        return found.pin(image, reference)

    def _check_registries(self, references: Mapping[str, ImageReference], pipeline: Pipeline) -> None:
        if problems := list(_registry_problems(references, pipeline)):
            raise TowpathError(problems)

    def _check_digests(self, pins: Mapping[str, ImagePin]) -> tuple[str, ...]:
        """See that the registry still has each digest, and return what a reviewer should know about tags."""
        if self._registry is None:
            return ("The registry was not asked whether it still has these digests.",) if pins else ()
        notes = []
        for image, pin in pins.items():
            found = self._resolve(ImageReference(pin.repository, pin.tag, pin.digest))
            if found.tag_digest and found.tag_digest != pin.digest:
                other = short_digest(found.tag_digest)
                notes.append(
                    f"The tag {pin.tag} of {image} stands for another digest by now ({other}); "
                    f"promoted is the one that {self._request.source} runs."
                )
        return tuple(notes)

    def _resolve(self, reference: ImageReference) -> ResolvedImage:
        if self._registry is None:
            raise TowpathError(
                Problem(
                    NOWHERE,
                    f"{reference} has to be looked up, and no registry may be asked",
                    rule="promote.offline",
                )
            )
        if reference not in self._resolved:
            self._resolved[reference] = self._registry.resolve(reference)
        return self._resolved[reference]


def current_plan(planner: Planner, repository: Repository, branch: str) -> Plan:
    """Return the plan for the base branch as it stands now, without carrying it out."""
    repository.fetch()
    return planner.plan(base_head(repository, branch))


def _registry_problems(references: Mapping[str, ImageReference], pipeline: Pipeline) -> Iterator[Problem]:
    for image, reference in references.items():
        problem = registry_problem(
            image, reference.repository, pipeline.allowed_registries, rule="pin.registry"
        )
        if problem:
            yield problem
