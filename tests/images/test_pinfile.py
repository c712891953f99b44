"""Pin files: canonical bytes, every fault at once with its place, and strings that stay strings."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from towpath.errors import Place, TowpathError
from towpath.images.pin import ImagePin
from towpath.images.pinfile import Pins, format_pins, parse_pins, with_pin

if TYPE_CHECKING:
    from random import Random

FILE = "envs/staging/pms.images.yaml"
DIGEST = f"sha256:{'0123456789abcdef' * 4}"
BACKEND = ImagePin(
    "backend",
    "ghcr.io/example/pms-backend",
    tag="1.4.0",
    digest=DIGEST,
    platforms=("linux/amd64", "linux/arm64"),
    revision="c0ffee5",
)
CANONICAL = f"""\
images:
  backend:
    repository: ghcr.io/example/pms-backend
    tag: "1.4.0"
    digest: {DIGEST}
    platforms:
    - linux/amd64
    - linux/arm64
    revision: c0ffee5
  redis:
    repository: docker.io/library/redis
    tag: "7.4"
"""
REDIS = ImagePin("redis", "docker.io/library/redis", tag="7.4")


def test_the_canonical_form() -> None:
    """Images stand by name, fields in a fixed order, and empty fields not at all."""
    assert format_pins([REDIS, BACKEND]).decode() == CANONICAL
    unsorted = replace(BACKEND, platforms=("linux/arm64", "linux/amd64", "linux/arm64"))
    assert format_pins([unsorted, REDIS]).decode() == CANONICAL
    assert with_pin(Pins({}), unsorted).images["backend"] == BACKEND


def test_reading_gives_pins_with_the_places_of_their_keys() -> None:
    """Each image knows the line and column of its key."""
    pins = parse_pins(CANONICAL.encode(), FILE)
    assert dict(pins.images) == {"backend": BACKEND, "redis": REDIS}
    assert pins.place("backend") == Place(FILE, 2, 3)
    assert pins.place("redis") == Place(FILE, 10, 3)
    assert pins.place("other") == Place()


def test_places_do_not_make_pins_differ() -> None:
    """Two environments that pin the same are equal, whatever stands around the pins."""
    moved = b"# a comment\n\n" + CANONICAL.encode()
    assert parse_pins(moved, "other.yaml") == parse_pins(CANONICAL.encode(), FILE)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"# nothing\n", id="comment"),
        pytest.param(b"images: {}\n", id="no-images"),
    ],
)
def test_a_file_without_images_holds_no_pins(data: bytes) -> None:
    """An environment may pin nothing; its canonical form still has the key."""
    pins = parse_pins(data, FILE)
    assert pins.images == {}
    assert format_pins(pins.images.values()) == b"images: {}\n"


def test_the_tree_of_the_charts_is_kept() -> None:
    """The file may say which charts the environment is compiled from."""
    tree = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
    data = format_pins([REDIS], charts=tree)
    assert data.startswith(f'charts: "{tree}"\nimages:\n'.encode())
    assert parse_pins(data, FILE).charts == tree


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        pytest.param("- a\n", "1:1", "the pin file is not a mapping", id="list"),
        pytest.param("charts: zz\nimages: {}\n", "1:9", "`charts` is `zz`", id="charts"),
        pytest.param("charts: {}\nimages: {}\n", "1:9", "`charts` is not a string", id="charts-mapping"),
        pytest.param(f"charts: {'a' * 40}\n", "1:1", "has no `images`", id="no-images"),
        pytest.param("images: []\n", "1:9", "`images` is not a mapping", id="images-list"),
        pytest.param("image: {}\nimages: {}\n", "1:1", "did you mean `images`?", id="unknown-top"),
        pytest.param("images:\n  a:\n", "2:5", "the pin of image `a` is not a mapping", id="null-pin"),
        pytest.param("images:\n  a: {}\n", "2:3", "has no `repository`", id="e15-no-repository"),
        pytest.param(
            "images:\n  a: {repository: ghcr.io/x}\n", "2:3", "neither `tag` nor", id="e15-no-version"
        ),
        pytest.param(
            "images:\n  A: {repository: ghcr.io/x, tag: a}\n", "2:3", "`A` is not allowed", id="name"
        ),
        pytest.param(
            "images:\n  a: {repository: nginx, tag: a}\n", "2:19", "docker.io/library/nginx", id="e21"
        ),
        pytest.param(
            "images:\n  a: {repository: ghcr.io/x:1, tag: a}\n", "2:19", "more than a", id="e21-tag"
        ),
        pytest.param("images:\n  a: {repository: Ghcr.io/x, tag: a}\n", "2:19", "upper-case", id="p18-case"),
        pytest.param(
            "images:\n  a: {repository: a@b/x, tag: a}\n", "2:19", "no digest follows", id="p18-user"
        ),
        pytest.param("images:\n  a: {repository: ghcr.io/x, tag: 7}\n", "2:35", "a number", id="e13-number"),
        pytest.param("images:\n  a: {repository: ghcr.io/x, tag: 1.10}\n", "2:35", "`1.10`", id="e13-float"),
        pytest.param(
            "images:\n  a: {repository: ghcr.io/x, tag: true}\n", "2:35", "true or false", id="e13-bool"
        ),
        pytest.param("images:\n  a: {repository: ghcr.io/x, tag: null}\n", "2:35", "null", id="e13-null"),
        pytest.param('images:\n  a: {repository: ghcr.io/x, tag: ""}\n', "2:35", "is empty", id="empty-tag"),
        pytest.param('images:\n  a: {repository: ghcr.io/x, tag: "a b"}\n', "2:35", "no tag has", id="tag"),
        pytest.param(
            "images:\n  a: {repository: ghcr.io/x, digest: sha256:1}\n", "2:38", "1 hex", id="digest"
        ),
        pytest.param(
            "images:\n  a: {repository: ghcr.io/x, tag: a, tagg: a}\n", "2:38", "`tag`?", id="unknown"
        ),
        pytest.param(
            "images:\n  a: {repository: ghcr.io/x, tag: a, platforms: x}\n", "2:49", "list", id="no-list"
        ),
        pytest.param(
            "images:\n  a: {repository: ghcr.io/x, tag: a, platforms: [x]}\n", "2:49", "`x`", id="os"
        ),
        pytest.param(
            'images:\n  a: {repository: ghcr.io/x, tag: a, revision: "a b"}\n', "2:48", "word", id="word"
        ),
        pytest.param(
            "images:\n  a: {repository: ghcr.io/x, tag: a}\n  a: {}\n", "3:3", "again", id="e18-twice"
        ),
        pytest.param("images:\n  a: {repository: &r ghcr.io/x, tag: a}\n", "2:19", "", id="anchor"),
    ],
)
def test_a_wrong_pin_file_is_refused_at_its_place(text: str, place: str, message: str) -> None:
    """Each fault has one problem, with file, line, column and a remedy."""
    with pytest.raises(TowpathError) as caught:
        parse_pins(text.encode(), FILE)
    problem = next(problem for problem in caught.value.problems if message in str(problem))
    assert str(problem.place) == f"{FILE}:{place}"
    assert problem.expected
    assert problem.remedy


def test_e15_all_faults_are_reported_at_once_in_order() -> None:
    """One run names everything that is wrong in the file, and nothing twice."""
    text = (
        "images:\n"
        "  a:\n"
        "    repository: nginx\n"
        "    tag: 1\n"
        "    digest: sha256:1\n"
        "  b: {}\n"
        "  c:\n"
        "    repository: []\n"
        "    tag: x\n"
    )
    with pytest.raises(TowpathError) as caught:
        parse_pins(text.encode(), FILE)
    assert [(problem.place.line, problem.what.split("`")[1]) for problem in caught.value.problems] == [
        (3, "a"),
        (4, "tag"),
        (5, "a"),
        (6, "b"),
        (6, "b"),
        (8, "repository"),
    ]


@pytest.mark.parametrize(
    "tag",
    [
        *(
            "1234567",
            "1234e56",
            "0755",
            "0x1F",
            "0o17",
            "1_000",
            "yes",
            "off",
            "2024-01-01",
            "n",
            "Y",
            "1.10",
        ),
        *(
            "null",
            "true",
            "1e3",
            "e5",
            "0b1",
            "08",
            "1.",
            "_1",
            "__",
            "NO",
            "NaN",
            "1__0",
            "12345e7",
            "0.0.0",
        ),
    ],
)
def test_e13_a_tag_comes_back_as_the_same_string(tag: str) -> None:
    """Whatever a tag looks like, our reader, YAML 1.1 and YAML 1.2 read the same text."""
    data = format_pins([ImagePin("a", "ghcr.io/x", tag=tag)])
    assert parse_pins(data, FILE).images["a"].tag == tag
    assert yaml.safe_load(data)["images"]["a"]["tag"] == tag
    assert YAML(typ="safe", pure=True).load(data)["images"]["a"]["tag"] == tag


def test_e13_a_time_is_no_tag() -> None:
    """A tag holds no colon, so what YAML 1.1 takes for a time is refused before it is written."""
    with pytest.raises(TowpathError, match="12:30:45"):
        with_pin(Pins({}), ImagePin("a", "ghcr.io/x", tag="12:30:45"))


def test_e17_seventy_alternating_pins_leave_the_file_as_it_was() -> None:
    """The size is constant, and doing the same again changes nothing."""
    data = first = format_pins([BACKEND, REDIS])
    for number in range(70):
        tag = ("7.4", "7.5")[number % 2]
        data = format_pins(
            with_pin(parse_pins(data, FILE), ImagePin("redis", REDIS.repository, tag=tag)).images.values()
        )
        assert len(data) == len(first)
    again = with_pin(parse_pins(data, FILE), ImagePin("redis", REDIS.repository, tag="7.5"))
    assert format_pins(again.images.values()) == data


def test_a_pin_replaces_only_its_own() -> None:
    """Other pins, places and the charts stay; the old value is not changed."""
    pins = parse_pins(format_pins([BACKEND, REDIS], charts="a" * 40), FILE)
    moved = with_pin(pins, ImagePin("backend", BACKEND.repository, tag="2.0.0"))
    assert moved.images["backend"].tag == "2.0.0"
    assert moved.images["backend"].digest == ""
    assert moved.images["redis"] is pins.images["redis"]
    assert (moved.charts, dict(moved.places)) == (pins.charts, dict(pins.places))
    assert pins.images["backend"] == BACKEND
    assert list(with_pin(pins, ImagePin("aa", "ghcr.io/x", tag="1")).images) == ["aa", "backend", "redis"]


def test_a_wrong_pin_is_not_taken() -> None:
    """Every fault of a pin that a program made is named at once."""
    wrong = ImagePin("A", "nginx", digest="sha256:1", platforms=("x",), revision="a b")
    with pytest.raises(TowpathError) as caught:
        with_pin(Pins({}), wrong)
    assert len(caught.value.problems) == 5


def test_reading_pins_imports_neither_pydantic_nor_a_shell_module() -> None:
    """A relink has to start fast."""
    code = "import sys, towpath.images.pinfile; print({'pydantic', 'http', 'ssl'} & sys.modules.keys())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


_WORD = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?", fullmatch=True)
_PIN = st.builds(
    ImagePin,
    _WORD,
    st.builds("ghcr.io/{}/{}".format, _WORD, _WORD),
    tag=st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}", fullmatch=True),
    digest=st.just("") | st.from_regex(r"sha256:[0-9a-f]{64}", fullmatch=True),
    platforms=st.lists(st.sampled_from(["linux/amd64", "linux/arm64", "linux/arm/v7"]), unique=True).map(
        lambda platforms: tuple(sorted(platforms))
    ),
    revision=st.just("") | st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._/+:@-]{0,40}", fullmatch=True),
)


@given(st.lists(_PIN, max_size=5, unique_by=lambda pin: pin.image), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_what_is_written_is_read_again(pins: list[ImagePin], random: Random) -> None:
    """Reading what was written gives the same pins, and writing them again the same bytes, in any order."""
    data = format_pins(pins)
    assert sorted(parse_pins(data, FILE).images.values()) == sorted(pins)
    random.shuffle(pins)
    assert format_pins(pins) == data
