"""Which images a promotion moves."""

from __future__ import annotations

import pytest

from tests.promotion.sample import BACKEND, FRONTEND, PIPELINE, REDIS, base, digest, pin, pins_of
from towpath.errors import TowpathError
from towpath.images.pin import ImagePin
from towpath.promotion.moves import Move, Skipped, is_own_build, named_moves, promotion_set

NEW_BACKEND = pin("backend", "1.1.0", "d")
NEW_REDIS = ImagePin("redis", "docker.io/library/redis", "7.4", digest("e"))


def test_own_builds_move_and_a_third_party_stays() -> None:
    """By default one's own builds move; what is equal is not mentioned; a third party's is listed with the reason."""
    moves, skipped = promotion_set(pins_of(NEW_BACKEND, FRONTEND, NEW_REDIS), base(), PIPELINE)
    assert moves == (Move("backend", BACKEND, NEW_BACKEND),)
    assert skipped == (Skipped("redis", "it is a third party's, which moves only by name"),)


def test_a_named_image_moves_alone() -> None:
    """Naming an image moves it, a third party's too, and nothing else."""
    moves, skipped = promotion_set(
        pins_of(NEW_BACKEND, FRONTEND, NEW_REDIS), base(), PIPELINE, named=["redis"]
    )
    assert moves == (Move("redis", REDIS, NEW_REDIS),)
    assert skipped == (Skipped("backend", "it was not named"),)


def test_images_that_only_one_side_has_are_listed() -> None:
    """What the target does not use is skipped; what the source does not pin keeps its pin."""
    source = pins_of(NEW_BACKEND, REDIS, pin("importer", "1.0.0", "f"))
    moves, skipped = promotion_set(source, base(), PIPELINE)
    assert [move.image for move in moves] == ["backend"]
    assert skipped == (
        Skipped("frontend", "the source does not pin it, so it keeps its pin"),
        Skipped("importer", "production does not use it"),
    )


def test_e44_equal_pins_are_nothing_to_promote() -> None:
    """The same digests in source and target make an empty set; other platforms or revisions do not matter."""
    same = ImagePin("backend", BACKEND.repository, BACKEND.tag, BACKEND.digest, ("linux/amd64",), "abc")
    assert promotion_set(pins_of(same, FRONTEND, REDIS), base(), PIPELINE) == ((), ())


def test_e68_a_first_promotion_has_no_pin_before() -> None:
    """An environment that does not pin an image yet gets it; nothing stands for what was before."""
    bare = base()
    empty = type(bare)(**{**{name: getattr(bare, name) for name in bare.__slots__}, "pins": pins_of()})
    moves, _ = promotion_set(pins_of(NEW_BACKEND), empty, PIPELINE)
    assert moves == (Move("backend", None, NEW_BACKEND),)


def test_an_unresolved_image_cannot_be_promoted() -> None:
    """A pin without digest is refused at its place: there is nothing exact to promote."""
    with pytest.raises(
        TowpathError, match=r"envs/staging/shop.images.yaml:2:3: the pin backend has no digest"
    ):
        promotion_set(pins_of(pin("backend", "2.0.0", "")), base(), PIPELINE)


@pytest.mark.parametrize(
    ("named", "message"),
    [
        pytest.param("backnd", "the source pins no image backnd", id="mistyped"),
        pytest.param("importer", "production/shop uses no image importer", id="not used by the target"),
    ],
)
def test_a_named_image_that_cannot_move_is_refused(named: str, message: str) -> None:
    """An image that a person names moves or is an error; it is never passed over in silence."""
    source = pins_of(NEW_BACKEND, pin("importer", "1.0.0", "f"))
    with pytest.raises(TowpathError, match=message):
        promotion_set(source, base(), PIPELINE, named=[named])


def test_images_from_a_registry_have_to_be_used() -> None:
    """A target that does not use the image refuses it; the present digest again moves nothing."""
    with pytest.raises(TowpathError, match="production/shop uses no image importer"):
        named_moves(base(), {"importer": pin("importer", "1.0.0", "f")})
    assert named_moves(base(), {"backend": BACKEND}) == ()
    assert named_moves(base(), {"backend": NEW_BACKEND}) == (Move("backend", BACKEND, NEW_BACKEND),)


@pytest.mark.parametrize(
    ("repository", "own"),
    [
        pytest.param("ghcr.io/example/shop-backend", True, id="below the prefix"),
        pytest.param("ghcr.io/example", True, id="the prefix itself"),
        pytest.param("ghcr.io/example-two/shop", False, id="a name that only begins alike"),
        pytest.param("ghcr.io.evil/example/shop", False, id="another host"),
    ],
)
def test_p18_own_builds_are_told_by_whole_path_parts(repository: str, own: bool) -> None:
    """A prefix counts part by part."""
    assert is_own_build(repository, PIPELINE) is own
