"""Verifying a rendering as it stands."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.link.examples import (
    BACKEND_PIN,
    DIGEST,
    LINKED,
    MAP,
    MIGRATE_PIN,
    OBJECTS,
    OTHER_DIGEST,
    SCOPE,
    SCOPES,
    scope_of,
)
from towpath.errors import Place
from towpath.findings import Finding, Severity, has_errors
from towpath.link.linker import link_rendering
from towpath.link.map import format_map
from towpath.link.pinning import PinScope
from towpath.link.verify import verify_rendering

MAP_DATA = format_map(MAP)
FOLDER = "dist/staging/pms"
WORKER_FILE = "deployment_worker.yaml"


def _verify(
    present: dict[str, bytes] = LINKED,
    scope: PinScope = SCOPE,
    *,
    map_data: bytes | None = MAP_DATA,
    unexpected: dict[str, str] | None = None,
) -> list[tuple[str, str, str]]:
    """Return rule, place and message of each finding."""
    found = verify_rendering(map_data, present, scope, unexpected=unexpected or {})
    assert list(found) == sorted(found)
    assert all(finding.remedy for finding in found)
    return [(finding.rule, str(finding.place), finding.message) for finding in found]


def _edited(data: bytes) -> dict[str, bytes]:
    return {**LINKED, WORKER_FILE: data}


def test_clean() -> None:
    """A rendering that was linked with its pins has no findings."""
    assert _verify() == []


@settings(max_examples=25)
@given(SCOPES)
def test_p17_what_was_linked_verifies_clean(scope: PinScope) -> None:
    """Whatever the pins, what they link verifies with them."""
    assert _verify(_linked(scope), scope) == []


def _linked(scope: PinScope) -> dict[str, bytes]:
    """Return the example linked with other pins."""
    return link_rendering(OBJECTS, MAP, scope)


WORKER = LINKED[WORKER_FILE]
IMAGE_LINE = next(line for line in WORKER.splitlines(keepends=True) if b"image:" in line)


@pytest.mark.parametrize(
    ("data", "line", "nature"),
    [
        pytest.param(WORKER.replace(b"replicas: 1", b"replicas: 3"), 0, "edited", id="value"),
        pytest.param(WORKER + b"# mine\n", 0, "edited", id="line-added"),
        pytest.param(WORKER[:-1], 11, "edited; the end of the last line is gone", id="no-last-newline"),
        pytest.param(b"", 0, "the file is empty", id="empty"),
        pytest.param(WORKER.replace(b"\n", b"\r\n"), 1, "line endings were converted", id="line-endings"),
        pytest.param(
            WORKER.replace(b"    spec:\n", b"<<<<<<< HEAD\n=======\n>>>>>>> x\n    spec:\n"),
            8,
            "a merge conflict is not resolved",
            id="merge-conflict",
        ),
        pytest.param(
            WORKER.replace(IMAGE_LINE, b"      -\n" + IMAGE_LINE.replace(b"-", b" ", 1)),
            0,
            "edited",
            id="image-moved",
        ),
        pytest.param(
            WORKER.replace(IMAGE_LINE, IMAGE_LINE[:-1] + b" \n"),
            10,
            "edited; the line of spec.template.spec.containers[0].image does not end in its image",
            id="trailing-space",
        ),
        pytest.param(
            b"".join(WORKER.splitlines(keepends=True)[:8]),
            9,
            "edited; the line of spec.template.spec.containers[0].image is gone",
            id="cut-off",
        ),
        pytest.param(
            WORKER.replace(IMAGE_LINE, IMAGE_LINE[:-1] + b"  # pinned by hand\n"), 0, "edited", id="comment"
        ),
        pytest.param(WORKER.replace(b"image:", b"imagf:"), 0, "edited", id="key"),
        pytest.param(WORKER.replace(IMAGE_LINE, b"      - image:\n"), 0, "edited", id="image-removed"),
    ],
)
def test_c30_edited(data: bytes, line: int, nature: str) -> None:
    """A file that differs in more than its images is edited; the line is named where it can be known."""
    place = f"{FOLDER}/{WORKER_FILE}:{line}" if line else f"{FOLDER}/{WORKER_FILE}"
    assert _verify(_edited(data)) == [
        ("verify.edited", place, f"the file is not what was compiled: {nature}")
    ]


@given(at=st.integers(0, len(WORKER) - 1), byte=st.binary(min_size=1, max_size=1))
def test_p17_any_changed_byte_is_found(at: int, byte: bytes) -> None:
    """No byte of a file can change unseen, inside an image or outside."""
    changed = WORKER[:at] + byte + WORKER[at + 1 :]
    assert bool(_verify(_edited(changed))) == (changed != WORKER)


def test_unlinked() -> None:
    """An image that differs from its pin is named with its field, both values and what mends it."""
    scope = scope_of(replace(BACKEND_PIN, digest=OTHER_DIGEST), MIGRATE_PIN)
    found = verify_rendering(MAP_DATA, LINKED, scope)
    assert [finding.place for finding in found] == [
        Place(f"{FOLDER}/deployment_backend.yaml", 15),
        Place(f"{FOLDER}/{WORKER_FILE}", 10),
    ]
    repository = BACKEND_PIN.repository
    assert found[1] == Finding(
        "verify.unlinked",
        f"spec.template.spec.containers[0].image is {repository}:1.4.0@{DIGEST} "
        f"and the pin backend says {repository}:1.4.0@{OTHER_DIGEST}",
        place=Place(f"{FOLDER}/{WORKER_FILE}", 10),
        path="spec.template.spec.containers[0].image",
        remedy="run `towpath relink -e staging -p pms`; "
        "to change the image, run `towpath pin staging/pms backend=<reference>`",
    )


def test_c30_an_image_edited_by_hand_is_unlinked_and_not_edited() -> None:
    """Another tag written into the file is told as an image that does not follow its pin."""
    found = _verify(_edited(WORKER.replace(b":1.4.0@", b":1.5.0@")))
    assert [rule for rule, _, _ in found] == ["verify.unlinked"]


def test_missing_and_extra() -> None:
    """Files that the map lists and that are not there, and the other way round, are named."""
    present = {**LINKED, "extra.yaml": b"x\n"}
    del present[WORKER_FILE]
    found = _verify(present, unexpected={"README.md": "a file", "north": "a folder"})
    assert [(rule, place, message.split(" ")[1]) for rule, place, message in found] == [
        ("verify.extra", f"{FOLDER}/README.md", "file"),
        ("verify.missing", f"{FOLDER}/{WORKER_FILE}", "link"),
        ("verify.extra", f"{FOLDER}/extra.yaml", "file"),
        ("verify.extra", f"{FOLDER}/north", "folder"),
    ]


def test_e80_a_listed_file_that_became_a_link() -> None:
    """A link in place of a listed file is an edit, and not a missing file beside an extra one."""
    present = {file: data for file, data in LINKED.items() if file != WORKER_FILE}
    assert _verify(present, unexpected={WORKER_FILE: "a symbolic link"}) == [
        (
            "verify.edited",
            f"{FOLDER}/{WORKER_FILE}",
            "the file is not what was compiled: a symbolic link stands in its place",
        )
    ]


def test_no_map() -> None:
    """Without a map nothing can be verified, which is an error."""
    assert [(rule, place) for rule, place, _ in _verify(map_data=None)] == [
        ("verify.no-map", f"{FOLDER}.links")
    ]


@pytest.mark.parametrize(
    ("map_data", "rule"),
    [
        pytest.param(b'{"format":2,"kubernetes":"1.33.4"}\n', "map.tool", id="another-format"),
        pytest.param(b"nonsense\n", "map.malformed", id="malformed"),
    ],
)
def test_c30_a_map_that_cannot_be_read(map_data: bytes, rule: str) -> None:
    """Another version of the tool and a damaged map are told apart, and from an edited file."""
    assert [(found, place) for found, place, _ in _verify(map_data=map_data)] == [(rule, f"{FOLDER}.links:1")]


def test_a_missing_pin_hides_nothing_else() -> None:
    """An image without a pin is one finding; other images and files are still verified."""
    present = _edited(WORKER.replace(b"replicas: 1", b"replicas: 3"))
    scope = scope_of(replace(MIGRATE_PIN, tag="2"))
    assert [(rule, place) for rule, place, _ in _verify(present, scope)] == [
        ("link.missing-pin", f"{FOLDER}/deployment_backend.yaml:6"),
        ("verify.unlinked", f"{FOLDER}/deployment_backend.yaml:12"),
        ("verify.edited", f"{FOLDER}/{WORKER_FILE}"),
    ]


def test_unresolved_pins_fail_where_digests_are_required() -> None:
    """An unresolved pin is a warning, and an error by the project's choice."""
    scope = scope_of(BACKEND_PIN, replace(MIGRATE_PIN, digest=""))
    present = _linked(scope)
    warned = verify_rendering(MAP_DATA, present, scope)
    assert [(finding.rule, finding.severity) for finding in warned] == [("pins.unresolved", Severity.WARNING)]
    assert not has_errors(warned)
    assert has_errors(verify_rendering(MAP_DATA, present, scope, digests_required=True))


def test_findings_show_the_place_of_the_pin() -> None:
    """Where the pins file's lines are known, a finding about a pin names its line."""
    scope = PinScope(
        "staging",
        "pms",
        {**SCOPE.pins, "spare": replace(BACKEND_PIN, image="spare")},
        {"spare": Place("envs/staging/pms.images.yaml", 9, 3)},
    )
    (finding,) = verify_rendering(MAP_DATA, LINKED, scope)
    assert str(finding) == (
        "envs/staging/pms.images.yaml:9:3: warning: no object of staging/pms uses the pin spare "
        "(pins.unused)\n"
        "  to do: remove it with `towpath pin staging/pms --remove spare`, or use the image"
    )
    assert finding.to_json() == {
        "rule": "pins.unused",
        "severity": "warning",
        "file": "envs/staging/pms.images.yaml",
        "line": 9,
        "column": 3,
        "key": "",
        "path": "",
        "message": "no object of staging/pms uses the pin spare",
        "remedy": "remove it with `towpath pin staging/pms --remove spare`, or use the image",
    }
