"""`towpath pin`, with a real registry: what it pins, what it refuses, and that pins and dist/ change together."""

from __future__ import annotations

import resource
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from scripts.example_images import build, push
from tests.registry.scripted import Reply, serve
from tests.support.projects import Done, edit, surroundings, towpath, tree
from tests.support.registry import RunningRegistry, start_registry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

VERSION = "2.0.0"
FRONTEND = build("pms-frontend", VERSION)
BACKEND = build("pms-backend", VERSION)
PINS = "envs/development/shop.images.yaml"
TARGET = "development/shop"


@pytest.fixture(scope="module")
def registry() -> Iterator[RunningRegistry]:
    """Return a registry that holds version 2.0.0 of both images."""
    with start_registry() as running:
        for image in (FRONTEND, BACKEND):
            push(image, running.url)
        yield running


def _pin(shop: Path, registry: RunningRegistry, *arguments: str) -> Done:
    return towpath(shop, "pin", TARGET, *arguments, "--mirror", f"ghcr.io={registry.url}")


def _unchanged(shop: Path, done: Done, code: int, *words: str) -> None:
    """Check a refusal: its exit code, its words, and that the copy in `shop` is as it was made."""
    assert done.code == code, done.err
    assert done.out == ""
    assert "Traceback" not in done.err
    assert done.err.startswith("error: ")
    for word in words:
        assert word in done.err


def test_pins_and_relinks(shop: Path, registry: RunningRegistry) -> None:
    """A tag becomes the digest that the registry has; pins file and dist/ follow, and nothing else changes."""
    before = tree(shop)
    done = _pin(shop, registry, f"web=ghcr.io/example/pms-frontend:{VERSION}")
    assert done.code == 0, done.err
    after = tree(shop)
    assert {name for name in after if after[name] != before.get(name)} == {
        PINS,
        "dist/development/shop/deployment_web.yaml",
    }
    text = after["dist/development/shop/deployment_web.yaml"].decode()
    assert f"image: ghcr.io/example/pms-frontend:{VERSION}@{FRONTEND.digest}\n" in text
    assert f'app.kubernetes.io/version: "{VERSION}"\n' in text
    pins = after[PINS].decode()
    assert f"digest: {FRONTEND.digest}" in pins
    assert "- linux/arm64" in pins
    assert towpath(shop, "verify").code == 0
    assert f"{TARGET} web: ghcr.io/example/pms-frontend:1.1.0@sha256:" in done.out


def test_known_repository_may_be_left_out(shop: Path, registry: RunningRegistry) -> None:
    """`IMAGE=:TAG` takes the repository of the present pin; options may stand anywhere."""
    done = _pin(shop, registry, f"web=:{VERSION}", "--format", "json", f"worker=:{VERSION}")
    assert done.code == 0, done.err
    assert {name: pin["digest"] for name, pin in done.json["pins"].items()} == {
        "web": FRONTEND.digest,
        "worker": BACKEND.digest,
    }
    assert done.json["changed"] is True
    assert towpath(shop, "verify").code == 0


def test_twice_changes_nothing(shop: Path, registry: RunningRegistry) -> None:
    """Pinning to what is pinned writes nothing."""
    assert _pin(shop, registry, f"web=:{VERSION}").code == 0
    before = tree(shop)
    again = _pin(shop, registry, f"web=:{VERSION}")
    assert again.code == 0
    assert "web: unchanged" in again.out
    assert tree(shop) == before


def test_dry_run(shop: Path, registry: RunningRegistry) -> None:
    """--dry-run says what would change and changes nothing."""
    before = tree(shop)
    done = _pin(shop, registry, f"web=:{VERSION}", "--dry-run")
    assert done.code == 0
    assert "2 files would be changed" in done.out
    assert PINS in done.out
    assert tree(shop) == before


def test_unresolved_asks_nobody(shop: Path) -> None:
    """--unresolved writes a pin without asking a registry, and verify warns about it."""
    done = towpath(shop, "pin", TARGET, "redis=docker.io/library/redis:7.4", "--unresolved")
    assert done.code == 0, done.err
    assert b"redis:7.4\n" in (shop / "dist/development/shop/statefulset_redis.yaml").read_bytes()
    verified = towpath(shop, "verify")
    assert verified.code == 0
    assert "the pin redis of development/shop has a tag and no digest" in verified.out


def test_remove(shop: Path) -> None:
    """A pin that nothing uses can go; one that is used, or does not exist, cannot."""
    edit(shop / PINS, "  web:\n", '  unused:\n    repository: ghcr.io/example/old\n    tag: "1"\n  web:\n')
    before = tree(shop)
    _unchanged(shop, towpath(shop, "pin", TARGET, "--remove", "web"), 1, "uses the image web", "chart first")
    _unchanged(shop, towpath(shop, "pin", TARGET, "--remove", "wob"), 1, "has no pin wob")
    assert tree(shop) == before
    assert towpath(shop, "pin", TARGET, "--remove", "unused").code == 0
    assert "unused" not in (shop / PINS).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        pytest.param([], 2, ["no image is named", "IMAGE=REFERENCE"], id="no-image"),
        pytest.param(["web"], 2, ["`web` is no pin"], id="no-reference"),
        pytest.param(["=ghcr.io/a/b:1"], 2, ["is no pin"], id="no-name"),
        pytest.param(["web=:1", "web=:2"], 2, ["the image web is named twice"], id="twice"),
        pytest.param(["wob=:1"], 1, ["uses no image wob", "did you mean web?"], id="unknown-image"),
        pytest.param(["web=ghcr.io/example/pms-frontend:UP PER"], 1, ["expected"], id="malformed-reference"),
        pytest.param(["web=ghcr.io/Example/pms-frontend:1"], 1, ["expected"], id="p18-upper-case"),
        pytest.param(["web=ghcr.io@evil.example/a/b:1"], 1, ["expected"], id="p18-userinfo"),
        pytest.param(["web=ghcr.io/example/pms-frontend@sha256:123"], 1, ["expected"], id="short-digest"),
        pytest.param(
            ["web=ghcr.io.evil.example/a/b:1"],
            1,
            ["the registry ghcr.io.evil.example is not allowed", "one of ghcr.io, docker.io"],
            id="p18-registry-not-allowed",
        ),
        pytest.param(
            ["web=ghcr.io:443/a/b:1"],
            1,
            ["names the registry as `ghcr.io:443`", "write `ghcr.io`"],
            id="p18-port",
        ),
        pytest.param(["web=:9.9.9"], 1, ["9.9.9"], id="no-such-tag"),
        pytest.param(
            ["web=ghcr.io/example/nothing:1"], 1, ["ghcr.io/example/nothing"], id="no-such-repository"
        ),
        pytest.param([f"web=:{VERSION}", "worker=:9.9.9"], 1, ["9.9.9"], id="one-of-two-is-missing"),
        pytest.param(
            [f"web=:{VERSION}@sha256:{'0' * 64}"], 1, ["sha256:000000"], id="digest-that-is-not-there"
        ),
        pytest.param(["web=:1", "--mirror", "ghcr.io"], 2, ["`ghcr.io` is no mirror"], id="malformed-mirror"),
    ],
)
def test_refused(
    synthesized_shop: Path, registry: RunningRegistry, arguments: list[str], code: int, words: list[str]
) -> None:
    """What cannot be pinned is refused in plain words, and nothing changes."""
    before = tree(synthesized_shop)
    _unchanged(synthesized_shop, _pin(synthesized_shop, registry, *arguments), code, *words)
    assert tree(synthesized_shop) == before


@pytest.mark.parametrize(
    ("target", "words"),
    [
        pytest.param("development", ["names no target", "<environment>/<platform>"], id="no-platform"),
        pytest.param("development/shop/web", ["names no target"], id="too-much"),
        pytest.param(
            "develpment/shop",
            ["unknown environment `develpment`", "did you mean `development`?"],
            id="environment",
        ),
        pytest.param("development/shap", ["unknown platform `shap`", "did you mean `shop`?"], id="platform"),
        pytest.param("../shop", ["unknown environment `..`"], id="p15-path"),
    ],
)
def test_unknown_target(synthesized_shop: Path, target: str, words: list[str]) -> None:
    """A target that does not exist is a mistake on the command line; the nearest name is suggested."""
    done = towpath(synthesized_shop, "pin", target, "web=:1", "--unresolved")
    _unchanged(synthesized_shop, done, 2, *words)


def test_registry_down(shop: Path) -> None:
    """A registry that does not answer is named, soon."""
    before = tree(shop)
    done = towpath(shop, "pin", TARGET, "web=:1", "--mirror", "ghcr.io=http://127.0.0.1:9")
    _unchanged(shop, done, 1, "127.0.0.1:9")
    assert tree(shop) == before


def test_p19_lying_registry(shop: Path) -> None:
    """Bytes that are not what the digest says are refused, whatever the header claims."""
    before = tree(shop)
    lie = Reply(
        body=FRONTEND.index + b" ",
        headers={
            "Content-Type": "application/vnd.oci.image.index.v1+json",
            "Docker-Content-Digest": FRONTEND.digest,
        },
    )
    with serve(lambda _: lie) as server:
        done = towpath(shop, "pin", TARGET, f"web=:{VERSION}", "--mirror", f"ghcr.io=http://{server.host}")
    _unchanged(shop, done, 1, FRONTEND.digest)
    assert tree(shop) == before


def test_p11_password_is_never_shown(shop: Path) -> None:
    """The password of a registry is in no output, also when the registry refuses it."""
    canary = "canary-3f9b-password"
    environment = {
        "TOWPATH_REGISTRY_HOST": "ghcr.io",
        "TOWPATH_REGISTRY_USERNAME": "robot",
        "TOWPATH_REGISTRY_PASSWORD": canary,
    }
    refusal = Reply(status=401, headers={"WWW-Authenticate": 'Basic realm="x"'})
    with serve(lambda _: refusal) as server:
        for extra in ([], ["--debug"], ["--format", "json"]):
            arguments = ["web=:1", "--mirror", f"ghcr.io=http://{server.host}", *extra]
            done = towpath(shop, "pin", TARGET, *arguments, env=environment)
            assert done.code == 1
            assert canary not in done.out + done.err
    assert not [name for name, data in tree(shop).items() if canary.encode() in data]


def test_edited_file_stops_it(shop: Path) -> None:
    """Where a file that holds the image was edited, neither pins nor dist/ change."""
    edit(shop / "dist/development/shop/deployment_web.yaml", "replicas: 1", "replicas: 4")
    before = tree(shop)
    done = towpath(shop, "pin", TARGET, "web=:1.2.0", "--unresolved")
    _unchanged(shop, done, 1, "dist/development/shop/deployment_web.yaml")
    assert tree(shop) == before


def test_before_the_first_synth(shop: Path) -> None:
    """Without dist/ a pin is written all the same: nothing can be linked yet."""
    for path in sorted((shop / "dist").rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    done = towpath(shop, "pin", TARGET, "new=ghcr.io/example/new:1", "--unresolved")
    assert done.code == 0, done.err
    assert "  new:\n" in (shop / PINS).read_text(encoding="utf-8")


def _tiny_files() -> None:
    # The system then refuses to write more than that into a file, as a full disk would.
    resource.setrlimit(resource.RLIMIT_FSIZE, (300, 300))


def test_disk_full(shop: Path) -> None:
    """Pins file and dist/ change together or not at all."""
    before = tree(shop)
    done = subprocess.run(
        [sys.executable, "-m", "towpath", "pin", TARGET, "web=:9.0.0", "--unresolved"],
        cwd=shop,
        env=surroundings(),
        capture_output=True,
        check=False,
        preexec_fn=_tiny_files,
        timeout=60,
    )
    assert done.returncode == 1
    assert b"nothing was changed" in done.stderr
    assert tree(shop) == before
