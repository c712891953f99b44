"""`towpath promote` as people and workflows run it."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from scripts.example_images import digest_of, push
from tests.promotion.scene import Scene, image, made_scene, make_bare, pin, rendering, stocked_registry
from tests.registry.scripted import Reply, Request, pages, serve
from tests.support.git_command import git
from tests.support.git_server import git_server
from tests.support.projects import SOURCES, surroundings, tree
from towpath.cli.main import main
from towpath.images.pinfile import format_pins
from towpath.images.symbol import Form, ImageSymbol
from towpath.link.linker import link_rendering, locate
from towpath.link.map import LinkMap, format_map
from towpath.link.pinning import PinScope
from towpath.promotion.request import Request as Promotion

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.registry import RunningRegistry

BRANCH = "towpath/production/shop"
UP = ("--from", "staging", "--to", "production")
NEW = ("--to", "development", "--image", "backend=:1.2.0")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an environment repository with one platform. Nobody changes it."""
    return make_bare(tmp_path_factory.mktemp("template") / "env.git")


@pytest.fixture(scope="module")
def stocked() -> Iterator[RunningRegistry]:
    """Return a registry that holds the images."""
    with stocked_registry() as registry:
        yield registry


@pytest.fixture
def scene(tmp_path: Path, template: Path, stocked: RunningRegistry) -> Iterator[Scene]:
    """Return an environment repository of one platform, served over HTTP."""
    with made_scene(tmp_path, template, stocked) as made:
        yield made


class Person:
    """Somebody with a clone of the environment repository and a shell."""

    def __init__(self, scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
        self.scene = scene
        self.folder = scene.clone()
        self._capsys = capsys

    def run(self, command: str, *arguments: str) -> tuple[int, str, str]:
        """Run a command; return its exit code and what it printed."""
        mirror = ("--mirror", self.scene.mirror) if command == "promote" else ()
        platform = ("-p", "shop") if command == "promote" and "-p" not in arguments else ()
        words = [command, *arguments, *platform, *mirror, "--project", str(self.folder)]
        try:
            code = main(words)
        except SystemExit as end:
            code = int(str(end.code))
        printed = self._capsys.readouterr()
        return code, printed.out, printed.err

    def json(self, command: str, *arguments: str) -> dict[str, Any]:
        """Run a command that ends well, and return its document."""
        code, out, errors = self.run(command, *arguments, "--format", "json")
        assert code == 0, out + errors
        document: dict[str, Any] = json.loads(out)
        return document


@pytest.fixture
def person(scene: Scene, capsys: pytest.CaptureFixture[str]) -> Person:
    """Return somebody with a clone, who reaches the environment repository over HTTP."""
    return Person(scene, capsys)


@pytest.fixture
def neighbour(scene: Scene, capsys: pytest.CaptureFixture[str]) -> Person:
    """Return somebody with a clone, who reaches it as a file, for tests that the way there is nothing to."""
    return Person(replace(scene, near=True), capsys)


def everything(folder: Path) -> dict[str, bytes]:
    """Return every byte of a person's clone, its .git too, less the folder that holds Towpath's own state."""
    return tree(folder)


def test_a_promotion_says_what_it_did(person: Person) -> None:
    """Images, files, branch and pull request; a second run says that nothing was changed."""
    code, out, errors = person.run("promote", *UP)
    assert (code, errors) == (0, "")
    assert "backend" in out
    assert "opened pull request 1: Promote shop from staging to production" in out
    code, out, _ = person.run("promote", *UP)
    assert code == 0
    assert "nothing was changed: up to date is pull request 1" in out


def test_the_document_of_a_promotion(person: Person) -> None:
    """Everything that a workflow needs, in one JSON document."""
    document = person.json("promote", *UP)
    assert (document["status"], document["changed"]) == ("opened", True)
    assert document["branch"] == BRANCH
    assert document["commit"] == person.scene.head(BRANCH)
    assert document["pull_request"]["number"] == 1
    assert [each["image"] for each in document["images"]] == ["backend", "frontend"]
    again = person.json("promote", *UP)
    assert (again["status"], again["changed"], again["commit"]) == ("unchanged", False, document["commit"])


def test_e44_nothing_to_promote_is_clean_and_says_so(neighbour: Person) -> None:
    """Exit code 0; the document tells it from a promotion."""
    code, out, _ = neighbour.run("promote", "--from", "development", "--to", "staging")
    assert code == 0
    assert "nothing to promote: staging runs these images already" in out
    document = neighbour.json("promote", "--from", "development", "--to", "staging")
    assert (document["status"], document["changed"], document["pull_request"]) == ("nothing", False, None)
    assert list(neighbour.scene.refs()) == ["refs/heads/main"]


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_dry_run_changes_nothing_at_all(neighbour: Person, form: str) -> None:
    """Not at the server and not in the neighbour's clone; it prints the plan and the pull request's text."""
    before = neighbour.scene.refs(), everything(neighbour.folder)
    code, out, errors = neighbour.run("promote", *UP, "--dry-run", "--format", form)
    assert (code, errors) == (0, "")
    assert (neighbour.scene.refs(), everything(neighbour.folder)) == before
    assert neighbour.scene.updates() == []
    if form == "json":
        document = json.loads(out)
        assert document["status"] == "planned"
        assert document["title"].startswith("Promote shop from staging to production")
        assert document["body"].startswith("Promotes 2 images")
    else:
        assert f"on the branch {BRANCH}" in out
        assert "Promotes 2 images" in out


def test_e44_a_dry_run_with_nothing_to_promote(neighbour: Person) -> None:
    """It says so, and its document has the status of a run that found nothing."""
    _, out, _ = neighbour.run("promote", "--from", "development", "--to", "staging", "--dry-run")
    assert "nothing to promote" in out
    document = neighbour.json("promote", "--from", "development", "--to", "staging", "--dry-run")
    assert document["status"] == "nothing"


def test_p7_e43_the_persons_clone_is_not_touched(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every byte of it stays, with staged work, hooks, filters and a hostile environment around Git."""
    folder = person.folder
    (folder / "staged.txt").write_text("mine\n", encoding="utf-8")
    git(folder, "add", "staged.txt")
    (folder / "towpath.yaml").write_bytes((folder / "towpath.yaml").read_bytes() + b"# not committed\n")
    for name in ("pre-push", "pre-commit", "post-checkout", "reference-transaction"):
        hook = folder / ".git" / "hooks" / name
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(
            f"#!/bin/sh\necho {name} >> {person.scene.root}/hooks.log\nexit 1\n", encoding="utf-8"
        )
        hook.chmod(0o755)
    git(folder, "config", "core.autocrlf", "true")
    git(folder, "config", "filter.upper.clean", "tr a-z A-Z")
    (folder / ".git" / "info" / "attributes").write_text("* filter=upper\n", encoding="utf-8")
    monkeypatch.setenv("GIT_DIR", str(folder / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(folder / ".git" / "index"))
    monkeypatch.setenv("GIT_CONFIG_PARAMETERS", "'core.autocrlf=true'")
    before = everything(folder)
    document = person.json("promote", *UP)
    assert everything(folder) == before
    assert not (person.scene.root / "hooks.log").exists()
    wanted = rendering("production", versions={"backend": "1.1.0", "frontend": "1.1.0"})
    assert {path: person.scene.show(document["commit"], path) for path in wanted} == wanted


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        pytest.param(("--to", "production"), 2, "nothing says what to promote", id="no source"),
        pytest.param((*UP, "--image", "backend=:1"), 2, "--from says which images", id="both sources"),
        pytest.param(("--to", "staging", "--image", "backend"), 2, "names no reference", id="no reference"),
        pytest.param(("--to", "staging", "--image", "=:1"), 2, "names no image", id="no image"),
        pytest.param((*NEW, "--image", "backend=:1"), 2, "named twice", id="twice"),
        pytest.param(
            ("--from", "staging", "--to", "staging"), 2, "source and target are both staging", id="same"
        ),
        pytest.param(("--from", "production", "--to", "staging"), 2, "comes after staging", id="backwards"),
        pytest.param(("--from", "development", "--to", "production"), 2, "passes over staging", id="order"),
        pytest.param(
            ("--from", "development", "--to", "production", "--pass-over"),
            2,
            "or add --reason",
            id="no reason",
        ),
        pytest.param(
            ("--from", "staging", "--to", "prodution"), 2, "did you mean `production`?", id="misspelt"
        ),
        pytest.param(
            ("--to", "development", "--image", "bakend=:1.2.0"),
            1,
            "did you mean backend?",
            id="no such image",
        ),
        pytest.param((*UP, "-p", "shpo"), 1, "did you mean `shop`?", id="no such platform"),
        pytest.param(
            ("--to", "development", "--image", "backend=:9.9.9"), 1, "not in the registry", id="no such tag"
        ),
        pytest.param(
            ("--to", "development", "--image", "backend=evil.example/x:1"), 1, "is not allowed", id="registry"
        ),
        pytest.param(
            ("--to", "development", "--image", "backend=https://x:y@ghcr.io/a:1"), 1, "scheme", id="e78 login"
        ),
        pytest.param((*UP, "--branch", "absent"), 1, "has no branch absent", id="no base branch"),
        pytest.param(
            (*UP, "--repository", "/nowhere/env.git"), 1, "is no Git repository", id="no repository"
        ),
        pytest.param((*UP, "--mirror", "ghcr.io"), 2, "is no mirror", id="mirror"),
    ],
)
def test_bad_input_is_one_message_and_changes_nothing(
    neighbour: Person, arguments: tuple[str, ...], code: int, message: str
) -> None:
    """What is wrong and what to do, the right exit code, no traceback; server and clone stay as they are."""
    before = neighbour.scene.refs(), everything(neighbour.folder)
    got, out, errors = neighbour.run("promote", *arguments)
    assert got == code
    assert out == ""
    assert message in errors
    assert errors.count("error: ") == 1
    assert "Traceback" not in errors
    assert (neighbour.scene.refs(), everything(neighbour.folder)) == before


def test_problems_as_json(neighbour: Person) -> None:
    """A workflow reads them from the document."""
    code, out, _ = neighbour.run("promote", "--from", "staging", "--to", "staging", "--format", "json")
    assert code == 2
    (problem,) = json.loads(out)["problems"]
    assert problem["rule"] == "promote.same"


def test_e82_the_clones_own_pipeline_does_not_loosen_the_order(neighbour: Person) -> None:
    """A working tree without staging in its pipeline does not let a promotion pass it."""
    (neighbour.folder / "towpath.yaml").write_text(
        "environments: [development, production]\n", encoding="utf-8"
    )
    code, _, errors = neighbour.run("promote", "--from", "development", "--to", "production")
    assert code == 2
    assert "passes over staging" in errors


def test_a_token_in_towpath_yaml_is_refused(neighbour: Person) -> None:
    """It is not repeated."""
    path = neighbour.folder / "towpath.yaml"
    kept = path.read_text(encoding="utf-8")
    path.write_text(f"{kept}repository:\n  url: https://x:hunter2@git.example/env.git\n", encoding="utf-8")
    code, out, errors = neighbour.run("promote", *UP)
    assert code == 1
    assert "credential" in errors
    assert "hunter2" not in out + errors


def test_e32_an_image_moves_only_by_name_if_it_is_a_third_partys(neighbour: Person) -> None:
    """Listed as staying by default, and why."""
    _, out, _ = neighbour.run("promote", *UP, "--image", "frontend")
    assert "backend          stays: it was not named" in out


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        pytest.param(Reply(503), "", id="fails"),
        pytest.param(Reply(200, b"{}", {"Content-Type": "application/json"}), "", id="not a manifest"),
        pytest.param(
            Reply(
                200,
                image("backend", "1.2.0").index,
                {
                    "Content-Type": "application/vnd.oci.image.index.v1+json",
                    "Docker-Content-Digest": "sha256:" + "0" * 64,
                },
            ),
            "",
            id="lies",
        ),
    ],
)
def test_a_registry_that_cannot_be_believed_is_one_message(
    neighbour: Person, reply: Reply, message: str
) -> None:
    """No branch and no pull request come of it."""
    with serve(lambda _: replace(reply, headers={**reply.headers, "Retry-After": "0"})) as server:
        mirror = ("--mirror", f"ghcr.io=http://{server.host}")
        code = main(["promote", "-p", "shop", *NEW, *mirror, "--project", str(neighbour.folder)])
    assert code == 1
    assert list(neighbour.scene.refs()) == ["refs/heads/main"]


def test_a_registry_that_has_the_index_alone(neighbour: Person) -> None:
    """The index names images that were never pushed: refused before anything is written."""
    built = image("backend", "1.2.0")
    table = {
        path: reply for path, reply in pages(built).items() if "/blobs/" not in path and "sha256" not in path
    }
    with serve(table) as server:
        mirror = ("--mirror", f"ghcr.io=http://{server.host}")
        code = main(["promote", "-p", "shop", *NEW, *mirror, "--project", str(neighbour.folder)])
    assert code == 1
    assert list(neighbour.scene.refs()) == ["refs/heads/main"]


def test_half_done_is_said_and_not_called_unchanged(person: Person) -> None:
    """The branch was pushed, its pull request refused: the closing line says exactly that."""
    hook = person.scene.bare / "hooks" / "update"
    hook.write_text('#!/bin/sh\ncase "$1" in refs/towpath/*) exit 1;; esac\n', encoding="utf-8")
    code, _, errors = person.run("promote", *UP)
    assert code == 1
    assert f"the branch {BRANCH} was pushed, and its pull request is not up to date" in errors
    assert "nothing was changed" not in errors


def test_e51_a_huge_change_fits_and_counts_exactly(tmp_path: Path, stocked: RunningRegistry) -> None:
    """Six hundred objects of one image: the body keeps its limit and says how many objects it leaves out."""
    count = 600
    reference, version = ImageSymbol("backend"), ImageSymbol("backend", Form.VERSION)
    objects = {
        f"deployment_d{number:03}.yaml": (
            f"apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: d{number:03}\n  labels:\n"
            f"    app.kubernetes.io/version: {version}\nspec:\n  image: {reference}\n"
        ).encode()
        for number in range(count)
    }
    entries = tuple(
        locate(file, text, [("metadata.labels", version), ("spec.image", reference)])
        for file, text in sorted(objects.items())
    )
    link_map = LinkMap("1.33", entries)
    pins = {"backend": pin("backend", "1.0.0"), "frontend": pin("frontend", "1.0.0")}
    files = link_rendering(objects, link_map, PinScope("development", "shop", pins))
    bare = make_bare(tmp_path / "template" / "env.git")
    with made_scene(tmp_path, bare, stocked) as made:
        old: dict[str, bytes | None] = dict.fromkeys(rendering("development"))
        made.commit(
            {
                **old,
                **{f"dist/development/shop/{name}": data for name, data in files.items()},
                "dist/development/shop.links": format_map(link_map),
                "envs/development/shop.images.yaml": format_pins(pins[name] for name in ("backend",)),
            }
        )
        result = made.promote(Promotion("shop", "development", images={"backend": ":1.2.0"}))
    assert result.pull_request is not None
    body = result.pull_request.body
    assert len(body) <= 65_536
    assert f"{count} changed, 0 added, 0 removed" in body
    shown = body.count("\n#### ")
    assert 0 < shown < count
    assert f"{count - shown} " in body


CANARY = "canary-0b7e2d91c4"


def _encoded(secret: str) -> set[bytes]:
    """Return a secret as it could show up: plain, and in base64 at any offset."""
    plain = secret.encode()
    forms = {plain}
    for shift in range(3):
        text = base64.b64encode(b"\0" * shift + plain)
        forms.add(text[4 if shift else 0 : -4])
    return forms


@contextmanager
def _watched() -> Iterator[set[bytes]]:
    """Collect the argument list of every process of this machine while the block runs."""
    seen: set[bytes] = set()
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.002):
            for entry in os.scandir("/proc"):
                if entry.name.isdigit():
                    try:
                        seen.add(Path(entry.path, "cmdline").read_bytes())
                    except OSError:
                        continue

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join()


@pytest.mark.parametrize(
    "wrong", ["", "git", "registry"], ids=["accepted", "git refuses", "registry refuses"]
)
def test_e78_p11_credentials_appear_nowhere(
    tmp_path: Path, template: Path, stocked: RunningRegistry, wrong: str
) -> None:
    """Both servers demand an account: neither token is in any output, file, argument list or Git object."""
    git_token, registry_token = f"git-{CANARY}-g", f"reg-{CANARY}-r"
    table = {**pages(image("backend", "1.2.0"))}

    def respond(request: Request) -> Reply:
        login = base64.b64encode(f"robot:{registry_token}".encode()).decode()
        if wrong != "registry" and request.authorization == f"Basic {login}":
            return table.get(request.path, Reply(404))
        return Reply(401, headers={"WWW-Authenticate": 'Basic realm="registry"'})

    with made_scene(tmp_path, template, stocked) as made, serve(respond) as registry:
        password = "another" if wrong == "git" else git_token
        with git_server(made.bare.parent, username="x-access-token", password=password) as server:
            guarded = replace(made, server=server)
            folder = guarded.clone()
            environment = {
                "TOWPATH_GIT_HOST": server.host,
                "TOWPATH_GIT_TOKEN": git_token,
                "TOWPATH_REGISTRY_HOST": registry.host,
                "TOWPATH_REGISTRY_USERNAME": "robot",
                "TOWPATH_REGISTRY_PASSWORD": registry_token,
                "PYTHONPATH": str(SOURCES),
            }
            command = [
                sys.executable,
                "-m",
                "towpath",
                "promote",
                "-p",
                "shop",
                *NEW,
                "--project",
                str(folder),
            ]
            with _watched() as seen:
                done = subprocess.run(
                    [*command, "--mirror", f"ghcr.io=http://{registry.host}"],
                    env=surroundings(environment),
                    capture_output=True,
                    check=False,
                    timeout=60,
                )
                time.sleep(0.01)
    assert (done.returncode == 0) == (not wrong), done.stderr.decode()
    assert any(b"towpath" in each for each in seen)
    contents = git(made.bare, "cat-file", "--batch", "--batch-all-objects").encode(errors="surrogateescape")
    files = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    places = {
        "stdout": done.stdout,
        "stderr": done.stderr,
        "objects": contents,
        "arguments": b"\n".join(seen),
    }
    for secret in (git_token, registry_token, CANARY):
        for form in _encoded(secret):
            for place, data in (*places.items(), *((str(path), data) for path, data in files.items())):
                assert form not in data, place


def test_e81_labels_of_an_image_are_data(neighbour: Person) -> None:
    """A revision that is no plain word is left out, and cannot write into commit or pull request."""
    evil = image("backend", "1.2.0")
    config = json.loads(evil.blobs[1])
    config["config"]["Labels"]["org.opencontainers.image.revision"] = "x -->\n\nTowpath-Plan: 1 @team <!--"
    built = _relabelled("backend", "6.6.6", config)
    with stocked_registry() as registry:
        push(built, registry.host)
        mirror = ("--mirror", f"ghcr.io={registry.url}")
        words = ["promote", "-p", "shop", "--to", "development", "--image", "backend=:6.6.6"]
        assert main([*words, *mirror, "--project", str(neighbour.folder)]) == 0
    (pull,) = neighbour.scene.forge().list()
    commit = neighbour.scene.commit_of(pull.head_commit)
    assert "@team" not in pull.body + commit.message
    assert "not known" in pull.body
    assert len(commit.trailers["Towpath-Plan"]) == 64


def _relabelled(name: str, version: str, config: dict[str, Any]) -> Any:
    """Return an image whose every platform has this configuration."""
    built = image(name, version)
    data = json.dumps(config).encode()
    manifest = json.loads(built.manifests[0])
    manifest["config"] = {**manifest["config"], "digest": digest_of(data), "size": len(data)}
    child = json.dumps(manifest).encode()
    index = json.loads(built.index)
    index["manifests"] = [{**index["manifests"][0], "digest": digest_of(child), "size": len(child)}]
    blobs = (*built.blobs, data)
    return replace(built, index=json.dumps(index).encode(), manifests=(child,), blobs=blobs)
