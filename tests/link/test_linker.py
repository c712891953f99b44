"""Linking files, and taking the link back."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest
import yaml
from hypothesis import given, settings

from tests.link.examples import (
    BACKEND,
    BACKEND_PIN,
    DIGEST,
    ENTRIES,
    LINKED,
    MAP,
    MIGRATE_PIN,
    OBJECTS,
    SCOPE,
    SCOPES,
    SYMBOLS,
    WORKER,
    scope_of,
)
from towpath.errors import BugError, Place, TowpathError
from towpath.images.pin import ImagePin
from towpath.images.symbol import Form, ImageSymbol
from towpath.link.linker import is_unedited, link_rendering, locate, symbolize
from towpath.link.pinning import PinScope, pin_findings, resolve, try_words

REPOSITORY = "ghcr.io/example/backend"


@pytest.mark.parametrize(
    ("form", "tag", "digest", "expected"),
    [
        pytest.param(Form.REFERENCE, "1.4", DIGEST, f"{REPOSITORY}:1.4@{DIGEST}", id="reference"),
        pytest.param(Form.REFERENCE, "1.4", "", f"{REPOSITORY}:1.4", id="unresolved-reference"),
        pytest.param(Form.REFERENCE, "", DIGEST, f"{REPOSITORY}@{DIGEST}", id="reference-without-tag"),
        pytest.param(Form.REPOSITORY, "1.4", DIGEST, REPOSITORY, id="repository"),
        pytest.param(Form.TAG, "1.4", DIGEST, "1.4", id="tag"),
        pytest.param(Form.DIGEST, "1.4", DIGEST, DIGEST, id="digest"),
        pytest.param(Form.VERSION, "1.4", DIGEST, "1.4", id="version-is-the-tag"),
        pytest.param(Form.VERSION, "1.4", "", "1.4", id="version-of-an-unresolved-pin"),
        pytest.param(Form.VERSION, "", DIGEST, "0123456789ab", id="version-without-tag"),
        pytest.param(Form.VERSION, "_dev", DIGEST, "0123456789ab", id="tag-is-no-label-value"),
        pytest.param(Form.VERSION, "1.4-", DIGEST, "0123456789ab", id="tag-ends-in-a-dash"),
        pytest.param(Form.VERSION, "a" * 63, DIGEST, "a" * 63, id="longest-label-value"),
        pytest.param(Form.VERSION, "a" * 64, DIGEST, "0123456789ab", id="tag-is-too-long"),
    ],
)
def test_resolve(form: Form, tag: str, digest: str, expected: str) -> None:
    """Each form takes its part of the pin."""
    assert resolve(ImageSymbol("backend", form), ImagePin("backend", REPOSITORY, tag, digest)) == expected


@pytest.mark.parametrize(
    ("form", "tag", "digest", "words"),
    [
        pytest.param(Form.TAG, "", DIGEST, "the pin backend has no tag", id="tag"),
        pytest.param(
            Form.DIGEST, "1.4", "", "the pin backend has no digest", id="digest-of-an-unresolved-pin"
        ),
        pytest.param(Form.REFERENCE, "", "", "neither a tag nor a digest", id="reference-to-nothing"),
        pytest.param(Form.VERSION, "_dev", "", "its tag cannot be a label's value", id="version"),
    ],
)
def test_resolve_refuses(form: Form, tag: str, digest: str, words: str) -> None:
    """A form whose part the pin lacks is refused."""
    with pytest.raises(TowpathError, match=words):
        resolve(ImageSymbol("backend", form), ImagePin("backend", REPOSITORY, tag, digest))


def test_link_replaces_the_last_word_of_a_line() -> None:
    """Only the images change; a value that YAML would misread is quoted."""
    before, after = (BACKEND.decode().splitlines(), LINKED["deployment_backend.yaml"].decode().splitlines())
    assert {line: text for line, text in enumerate(after, 1) if text != before[line - 1]} == {
        6: '    app.kubernetes.io/version: "1.4.0"',
        12: f"        image: {MIGRATE_PIN.repository}:1.25@{MIGRATE_PIN.digest}",
        15: f"        image: {REPOSITORY}:1.4.0@{DIGEST}",
        18: '          value: "1.4.0"',
    }
    assert LINKED["service_backend.yaml"] == OBJECTS["service_backend.yaml"]


@pytest.mark.parametrize(
    "tag", ["1.25", "1234567", "1234e56", "0755", "yes", "null", "2024-01-01", "12345e7", "_"]
)
def test_c02_e13_a_tag_stays_text(tag: str) -> None:
    """A tag that looks like a number, a date or a truth value is text in the linked file."""
    linked = link_rendering(OBJECTS, MAP, scope_of(replace(BACKEND_PIN, tag=tag), MIGRATE_PIN))
    container = yaml.safe_load(linked["deployment_backend.yaml"])["spec"]["template"]["spec"]["containers"][0]
    assert container["env"][0]["value"] == tag
    assert container["image"] == f"{REPOSITORY}:{tag}@{DIGEST}"


@settings(max_examples=25)
@given(SCOPES)
def test_p17_symbolize_takes_the_link_back(scope: PinScope) -> None:
    """Whatever the pins, a linked file without its images is its object file."""
    for file, linked in link_rendering(OBJECTS, MAP, scope).items():
        assert symbolize(linked, ENTRIES[file]) == OBJECTS[file]
        assert is_unedited(linked, ENTRIES[file])


@settings(max_examples=25)
@given(SCOPES)
def test_e13_linked_files_read_as_their_pins_say(scope: PinScope) -> None:
    """A YAML reader finds exactly the references of the pins."""
    worker = yaml.safe_load(link_rendering(OBJECTS, MAP, scope)["deployment_worker.yaml"])
    pod = worker["spec"]["template"]["spec"]
    assert pod["containers"][0]["image"] == resolve(ImageSymbol("backend"), scope.pins["backend"])


def test_missing_pins_are_all_named_once() -> None:
    """Each image without a pin is one problem: first place, number of places, pins file and command."""
    with pytest.raises(TowpathError) as caught:
        link_rendering(OBJECTS, MAP, scope_of(replace(MIGRATE_PIN, image="migrat")))
    assert str(caught.value) == (
        "dist/staging/pms/deployment_backend.yaml:6: the image backend has no pin (and 3 more)\n"
        "  expected: a pin named backend in envs/staging/pms.images.yaml\n"
        "  to do: run `towpath pin staging/pms backend=<reference>`\n"
        "dist/staging/pms/deployment_backend.yaml:12: the image migrate has no pin\n"
        "  expected: a pin named migrate in envs/staging/pms.images.yaml (it has migrat)\n"
        "  to do: run `towpath pin staging/pms migrate=<reference>`"
    )


def test_pins_that_lack_a_part_are_all_named() -> None:
    """A pin that cannot give a form is named with the first place that needs it, beside a missing one."""
    with pytest.raises(TowpathError) as caught:
        link_rendering(OBJECTS, MAP, scope_of(replace(BACKEND_PIN, tag="")))
    assert [(str(problem.place), problem.rule) for problem in caught.value.problems] == [
        ("dist/staging/pms/deployment_backend.yaml:12", "link.missing-pin"),
        ("envs/staging/pms.images.yaml", "link.unresolvable"),
    ]
    assert caught.value.problems[1].what == (
        "the pin backend has no tag, and dist/staging/pms/deployment_backend.yaml:18 needs its tag"
    )


@pytest.mark.parametrize("tag", ["a b", "a\nb", "a\tb", "\u00e9", "a\u2028b"])
def test_a_value_that_is_not_one_word_is_refused(tag: str) -> None:
    """A pin that did not come through the pins file's checks cannot break a line in two."""
    with pytest.raises(TowpathError, match=r"holds a space or a character|its tag cannot be"):
        link_rendering(OBJECTS, MAP, scope_of(replace(BACKEND_PIN, tag=tag, digest=""), MIGRATE_PIN))


def test_p18_a_registry_that_is_not_allowed_is_named_once() -> None:
    """At its pin, however many objects use it; the other pins link."""
    place = Place("envs/staging/pms.images.yaml", 3, 3)
    scope = replace(
        scope_of(replace(BACKEND_PIN, repository="ghcr.io.evil.example/backend"), MIGRATE_PIN),
        places={"backend": place},
        allowed=("ghcr.io",),
    )
    words, problems = try_words(MAP.entries, scope)
    assert {image for image, _ in words} == {"migrate"}
    (problem,) = problems
    assert (problem.place, problem.rule) == (place, "link.registry")
    assert problem.what == "backend: the registry ghcr.io.evil.example is not allowed"
    assert "run `towpath pin staging/pms backend=<reference>`" in problem.remedy


def test_unused_and_unresolved_pins_are_found() -> None:
    """An unused pin is a warning; so is an unresolved one, unless digests are required."""
    scope = scope_of(BACKEND_PIN, replace(MIGRATE_PIN, digest=""), ImagePin("spare", REPOSITORY, "1"))
    found = pin_findings(MAP.entries, scope)
    assert [(finding.rule, finding.severity.value) for finding in found] == [
        ("pins.unresolved", "warning"),
        ("pins.unused", "warning"),
    ]
    strict = pin_findings(MAP.entries, scope, digests_required=True)
    assert [finding.severity.value for finding in strict] == ["error", "warning"]
    assert {finding.place.file for finding in found} == {"envs/staging/pms.images.yaml"}


def test_locate_finds_lines_and_hash() -> None:
    """An entry holds the lines of the symbols, in order, and the hash of the object file."""
    entry = locate("deployment_backend.yaml", BACKEND, SYMBOLS["deployment_backend.yaml"])
    assert [(each.line, each.image, each.form.value) for each in entry.images] == [
        (6, "backend", "version"),
        (12, "migrate", "reference"),
        (15, "backend", "reference"),
        (18, "backend", "tag"),
    ]
    assert entry.images[2].path == "spec.template.spec.containers[0].image"
    assert entry.sha256 == hashlib.sha256(BACKEND).hexdigest()


@pytest.mark.parametrize(
    "symbols",
    [
        pytest.param([], id="none"),
        pytest.param([("spec.image", ImageSymbol("other"))], id="another-image"),
        pytest.param([("spec.image", ImageSymbol("backend", Form.TAG))], id="another-form"),
        pytest.param([("a", ImageSymbol("backend")), ("b", ImageSymbol("backend"))], id="too-many"),
    ],
)
def test_locate_refuses_a_text_that_disagrees(symbols: list[tuple[str, ImageSymbol]]) -> None:
    """Text and symbols that do not match are a mistake of the compiler's, and are told as one."""
    with pytest.raises(BugError):
        locate("deployment_worker.yaml", WORKER, symbols)


@pytest.mark.parametrize(
    "objects",
    [
        pytest.param(
            {**OBJECTS, "deployment_worker.yaml": WORKER.replace(b"replicas: 1", b"replicas: 2")}, id="edited"
        ),
        pytest.param(
            {**OBJECTS, "deployment_worker.yaml": LINKED["deployment_worker.yaml"]}, id="linked-already"
        ),
        pytest.param({"deployment_worker.yaml": WORKER}, id="others-are-missing"),
    ],
)
def test_link_refuses_other_object_files(objects: dict[str, bytes]) -> None:
    """Linking a file that the map does not describe is a mistake, such as a damaged cache."""
    with pytest.raises(BugError):
        link_rendering(objects, MAP, SCOPE)


@pytest.mark.parametrize("ending", [b" ", b"\t", b"\r", b" # c", b"\xc2\xa0", b"\x00"])
def test_c30_what_an_editor_leaves_behind_an_image_is_an_edit(ending: bytes) -> None:
    """Spaces, a comment or a carriage return after an image do not pass as a part of it."""
    line = f":1.4.0@{DIGEST}\n".encode()
    linked = LINKED["deployment_worker.yaml"]
    edited = linked.replace(line, line[:-1] + ending + b"\n")
    assert edited != linked
    assert not is_unedited(edited, ENTRIES["deployment_worker.yaml"])
