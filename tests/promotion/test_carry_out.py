"""Whole promotions over HTTP: what stands in the repository afterwards, run once, again, and after others moved."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from scripts.example_images import digest_of, push
from tests.promotion.sample import REDIS, base
from tests.promotion.scene import PIPELINE, Scene, image, pin, rendering, stocked_registry
from tests.support.git_command import git
from tests.support.git_server import cutting_proxy
from tests.support.registry import FakeRegistry
from towpath.errors import TowpathError, UsageError
from towpath.forges.local import LocalForge
from towpath.forges.port import MergeState, PullRequestState
from towpath.images.pinfile import format_pins, parse_pins
from towpath.pipeline import parse_pipeline
from towpath.promotion.carry_out import HalfDoneError, Result, Status
from towpath.promotion.request import Planner, Request
from towpath.registry.port import RegistryError
from towpath.repository.git import open_repository
from towpath.repository.port import Fault, RepositoryError

if TYPE_CHECKING:
    from pathlib import Path

    from towpath.repository.git import GitRepository

UP = Request("shop", "production", "staging")
BRANCH = "towpath/production/shop"
PINS = "envs/production/shop.images.yaml"


def named(version: str, target: str = "development") -> Request:
    """Return the promotion of one version of the backend from the registry."""
    return Request("shop", target, images={"backend": f":{version}"})


def merged(scene: Scene, result: Result) -> str:
    """Merge a promotion's pull request, and return the commit of the base."""
    assert result.pull_request is not None
    outcome = scene.forge().merge(result.pull_request.number, result.commit)
    assert outcome.state is MergeState.MERGED
    assert outcome.commit is not None
    return outcome.commit


def test_e71_a_promotion_moves_exactly_the_pins_of_its_source(scene: Scene) -> None:
    """Production gets staging's pins and the files that they give, and no other byte changes."""
    result = scene.promote(UP)
    assert result.status is Status.OPENED
    wanted = rendering("production", versions={"backend": "1.1.0", "frontend": "1.1.0"})
    before = rendering("production")
    changed = git(scene.bare, "diff", "--name-only", "main", BRANCH).splitlines()
    assert sorted(changed) == sorted(path for path in wanted if wanted[path] != before[path])
    assert {path: scene.show(BRANCH, path) for path in wanted} == wanted
    assert scene.parents(result.commit) == [scene.head("main")]


def test_a_promotion_is_one_branch_and_one_pull_request(scene: Scene) -> None:
    """The pull request leads from the promotion's branch to the base, and its commit names what it was made for."""
    result = scene.promote(UP)
    (pull,) = scene.forge().list()
    assert (pull.head, pull.base, pull.state) == (BRANCH, "main", PullRequestState.OPEN)
    assert pull.head_commit == result.commit
    trailers = scene.commit_of(result.commit).trailers
    assert trailers["Towpath-Source"] == "staging"
    assert trailers["Towpath-Base"] == scene.head("main")


def test_e42_e31_running_it_again_changes_nothing(scene: Scene) -> None:
    """No push, the same head, the same pull request, from another private clone and another process's memory too."""
    first = scene.promote(UP)
    before = scene.refs(), len(scene.updates())
    for name in ("promoter", "another-runner"):
        again = scene.promote(UP, repository=scene.repository(name))
        assert (again.status, again.commit) == (Status.UNCHANGED, first.commit)
    assert (scene.refs(), len(scene.updates())) == before


def test_e31_two_images_of_one_source_revision_share_one_branch(near: Scene) -> None:
    """A second image for the same target replaces the plan on the same branch and in the same pull request."""
    first = near.promote(named("1.2.0"))
    second = near.promote(Request("shop", "development", images={"frontend": ":1.2.0"}))
    assert second.status is Status.UPDATED
    assert first.pull_request is not None
    assert second.pull_request is not None
    assert second.pull_request.number == first.pull_request.number
    assert near.parents(second.commit) == [first.commit]


def test_e44_nothing_to_promote_leaves_nothing(near: Scene) -> None:
    """Staging runs what development runs: no branch, no pull request, a status of its own."""
    before = near.refs()
    result = near.promote(Request("shop", "staging", "development"))
    assert (result.status, result.commit, result.pull_request) == (Status.NOTHING, "", None)
    assert near.refs() == before


def test_e44_a_pull_request_that_is_out_of_date_is_named(near: Scene) -> None:
    """The source went back to what the target runs, while a pull request for a newer image is open."""
    opened = near.promote(UP)
    near.commit(rendering("staging", versions={"backend": "1.0.0", "frontend": "1.0.0"}))
    result = near.promote(UP)
    assert result.status is Status.NOTHING
    assert result.pull_request == opened.pull_request


def test_e45_a_newer_version_updates_the_same_pull_request(near: Scene) -> None:
    """The branch moves forward, title and body are new, and another environment's pull request is another."""
    first = near.promote(named("1.2.0"))
    other = near.promote(UP)
    second = near.promote(named("1.3.0"))
    assert second.status is Status.UPDATED
    assert near.parents(second.commit) == [first.commit]
    assert first.pull_request is not None
    assert second.pull_request is not None
    assert other.pull_request is not None
    assert second.pull_request.number == first.pull_request.number != other.pull_request.number
    assert "1.3.0" in second.pull_request.title
    assert "1.2.0" not in second.pull_request.body
    assert [(each.number, each.head_commit) for each in near.forge().list()] == [
        (other.pull_request.number, other.commit),
        (second.pull_request.number, second.commit),
    ]


def test_e45_p1_when_the_base_moved_the_branch_goes_on_from_both(scene: Scene) -> None:
    """The new commit has the old head and the new base as parents, and the base's tree with the plan's files."""
    first = scene.promote(UP)
    base = scene.commit({"README.md": b"about\n"})
    second = scene.promote(UP)
    assert second.status is Status.UPDATED
    assert scene.parents(second.commit) == [first.commit, base]
    assert scene.show(second.commit, "README.md") == b"about\n"
    assert git(scene.bare, "diff", "--name-only", base, second.commit) == git(
        scene.bare, "diff", "--name-only", first.commit + "^", first.commit
    )
    assert scene.promote(UP).status is Status.UNCHANGED


def test_e26_a_pin_that_changed_on_the_base_is_planned_again(near: Scene) -> None:
    """The base got another backend meanwhile: the pull request says so, and nothing of the base is lost."""
    near.promote(UP)
    near.commit(rendering("production", versions={"backend": "1.2.0"}))
    result = near.promote(UP)
    assert result.pull_request is not None
    assert ":1.2.0@" in result.pull_request.body
    merged(near, result)
    assert parse_pins(near.show("main", PINS), PINS).images["backend"] == pin("backend", "1.1.0")


def test_e26_a_stale_pull_request_is_refused_at_the_merge_and_not_mixed(near: Scene) -> None:
    """Merged without another run, the two changes of one pin conflict, and the base keeps its own."""
    result = near.promote(UP)
    base = near.commit(rendering("production", versions={"backend": "1.2.0"}))
    assert result.pull_request is not None
    outcome = near.forge().merge(result.pull_request.number, result.commit)
    assert outcome.state is MergeState.CONFLICT
    assert PINS in outcome.paths
    assert near.head("main") == base


def test_e26_a_base_that_moves_while_it_is_planned_is_planned_again(near: Scene) -> None:
    """The plan is made anew for the base as it stands when the branch is pushed."""
    moved: list[str] = []

    class Slow(FakeRegistry):
        def resolve(self, reference):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202 -- as the port
            if not moved:
                moved.append(near.commit(rendering("production", versions={"backend": "1.2.0"})))
            return near.http_registry().resolve(reference)

    result = near.promote(UP, registry=Slow())
    assert near.parents(result.commit) == moved


def foreign(scene: Scene, kind: str) -> str:
    """Put a commit of a person's onto the promotion branch and return it."""
    if kind == "a file beside":
        return scene.commit({"notes.txt": b"mine\n"}, BRANCH)
    if kind == "a rendered file":
        path = "dist/production/shop/deployment_backend.yaml"
        edited = scene.show(BRANCH, path).replace(b"replicas: 2", b"replicas: 9")
        return scene.commit({path: edited}, BRANCH)
    message = git(scene.bare, "log", "-1", "--format=%B", BRANCH)
    if kind == "other pins, amended":
        versions = {"backend": "1.3.0", "frontend": "1.1.0"}
        files = {**rendering("production", versions=versions)}
        return scene.commit(files, BRANCH, message)
    path = {"amended": "dist/production/shop/deployment_backend.yaml", "amended beside": "towpath.yaml"}[kind]
    return scene.commit({path: scene.show(BRANCH, path) + b"# by hand\n"}, BRANCH, message)


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        pytest.param("a file beside", "it has no trailers of this promotion", id="a human's commit"),
        pytest.param("a rendered file", "it has no trailers of this promotion", id="a human's edit of dist"),
        pytest.param(
            "amended", "deployment_backend.yaml is not what its pins give", id="our trailers, edited"
        ),
        pytest.param("amended beside", "it changes towpath.yaml", id="our trailers, another file"),
        pytest.param("other pins, amended", "its pins are not those that its trailers name", id="other pins"),
    ],
)
def test_e41_a_commit_of_somebody_elses_is_not_overwritten(near: Scene, kind: str, why: str) -> None:
    """It is refused with its id, the reason and what to do; branch and pull request stay as they are."""
    near.promote(UP)
    theirs = foreign(near, kind)
    near.commit({"README.md": b"the base moved as well\n"})
    before = near.refs()
    with pytest.raises(TowpathError) as caught:
        near.promote(UP)
    (problem,) = caught.value.problems
    assert theirs[:12] in problem.what
    assert why in problem.what
    assert "take that commit to another branch" in problem.remedy
    assert near.refs() == before


def test_e41_once_the_branch_is_deleted_the_promotion_starts_anew(near: Scene) -> None:
    """The remedy works: a new branch from the base, and one open pull request that leads from it."""
    near.promote(UP)
    foreign(near, "a file beside")
    git(near.bare, "update-ref", "-d", f"refs/heads/{BRANCH}")
    again = near.promote(UP)
    assert near.parents(again.commit) == [near.head("main")]
    assert [each.head_commit for each in near.forge().list(PullRequestState.OPEN)] == [again.commit]


def test_e33_after_a_merge_the_next_promotion_opens_another_pull_request(scene: Scene) -> None:
    """The branch that was left behind goes on from the base, which holds all of it."""
    first = scene.promote(named("1.2.0"))
    base = merged(scene, first)
    second = scene.promote(named("1.3.0"))
    assert second.status is Status.OPENED
    assert scene.parents(second.commit) == [base]
    assert first.pull_request is not None
    assert second.pull_request is not None
    assert second.pull_request.number > first.pull_request.number
    assert scene.promote(named("1.3.0")).status is Status.UNCHANGED


def test_e33_after_a_squash_merge_the_branch_moves_forward_from_both(near: Scene) -> None:
    """The old head is no ancestor of the base: the next commit has both as parents and only the plan's change."""
    first = near.promote(named("1.2.0"))
    changed = git(near.bare, "diff", "--name-only", "main", first.commit).splitlines()
    base = near.commit({path: near.show(first.commit, path) for path in changed}, message="Squashed")
    assert near.promote(named("1.2.0")).status is Status.NOTHING
    second = near.promote(named("1.3.0"))
    assert near.parents(second.commit) == [first.commit, base]
    assert sorted(git(near.bare, "diff", "--name-only", base, second.commit).splitlines()) == sorted(changed)
    merged(near, second)
    assert parse_pins(near.show("main", "envs/development/shop.images.yaml"), "x").images["backend"] == pin(
        "backend", "1.3.0"
    )


def test_e30_a_branch_that_was_merged_and_deleted_is_not_brought_back(near: Scene) -> None:
    """The next promotion's branch starts at the base, without the old commits beside it."""
    base = merged(near, near.promote(named("1.2.0")))
    git(near.bare, "update-ref", "-d", "refs/heads/towpath/development/shop")
    assert near.promote(named("1.2.0")).status is Status.NOTHING
    assert near.parents(near.promote(named("1.3.0")).commit) == [base]


def test_e30_merged_and_deleted_while_we_plan(near: Scene) -> None:
    """The base moved and the branch is gone before the push: it is looked at again, and there is nothing left to do."""
    first = near.promote(UP)
    done: list[str] = []

    class Late(FakeRegistry):
        def resolve(self, reference):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202 -- as the port
            if not done:
                done.append(merged(near, first))
                git(near.bare, "update-ref", "-d", f"refs/heads/{BRANCH}")
            return near.http_registry().resolve(reference)

    assert near.promote(UP, registry=Late()).status is Status.NOTHING
    assert near.head(BRANCH) == ""


def test_e68_the_first_digest_of_a_platform(near: Scene) -> None:
    """Production has its images by tag alone; the promotion brings digests."""
    near.commit(unresolved())
    result = near.promote(UP)
    assert result.pull_request is not None
    assert "`:1.0.0`" in result.pull_request.body
    merged(near, result)
    assert parse_pins(near.show("main", PINS), PINS).images["backend"] == pin("backend", "1.1.0")


def unresolved() -> dict[str, bytes]:
    """Return production's rendering with pins that have no digest."""
    pins = [
        replace(pin(name, "1.0.0"), digest="", platforms=(), revision="") for name in ("backend", "frontend")
    ]
    made = base(*pins, REDIS)
    assert made.pins_data is not None
    return {f"dist/production/shop/{name}": data for name, data in made.files.items()} | {
        PINS: made.pins_data
    }


def test_e68_a_platform_that_was_removed_is_not_promoted(near: Scene) -> None:
    """Its open pull request cannot be merged any more, and a new run says why."""
    opened = near.promote(UP)
    near.commit(dict.fromkeys(rendering("production")))
    with pytest.raises(TowpathError, match="production has no platform `shop` on the base branch"):
        near.promote(UP)
    assert opened.pull_request is not None
    assert near.forge().merge(opened.pull_request.number, opened.commit).state is MergeState.CONFLICT


def test_e70_a_tag_is_pinned_by_the_digest_of_its_index(near: Scene) -> None:
    """All platforms move together, with the source revision of the labels."""
    result = near.promote(named("1.2.0"))
    path = "envs/development/shop.images.yaml"
    assert parse_pins(near.show(result.commit, path), path).images["backend"] == pin("backend", "1.2.0")


@pytest.mark.parametrize("reference", ["{tag}@{child}", "@{child}"], ids=["with its tag", "alone"])
def test_e70_the_digest_of_one_platform_is_refused(near: Scene, reference: str) -> None:
    """Nodes of another architecture could not run it."""
    child = digest_of(image("backend", "1.2.0").manifests[0])
    before = near.refs()
    request = Request("shop", "development", images={"backend": reference.format(tag=":1.2.0", child=child)})
    with pytest.raises(TowpathError, match=r"one platform alone|for linux/amd64 alone"):
        near.promote(request)
    assert near.refs() == before


def test_e71_a_tag_that_moved_does_not_move_production(near: Scene) -> None:
    """What staging runs is promoted, and the pull request says that the tag is another image by now."""
    with stocked_registry() as registry:
        impostor = replace(image("backend", "1.3.0"), version="1.1.0")
        push(impostor, registry.host)
        moved = replace(near, registry=registry)
        result = moved.promote(UP)
    assert parse_pins(near.show(result.commit, PINS), PINS).images["backend"] == pin("backend", "1.1.0")
    assert result.pull_request is not None
    assert "stands for another digest by now" in result.pull_request.body


def test_e72_a_digest_that_is_gone_fails_before_anything_is_written(near: Scene) -> None:
    """The registry lost the image: no branch and no pull request."""
    before = near.refs()
    with pytest.raises(RegistryError, match="not in the registry"):
        near.promote(UP, registry=FakeRegistry())
    assert near.refs() == before


def test_e75_every_object_that_runs_an_image_moves(near: Scene) -> None:
    """Backend and worker run one image, also where the two were pinned as one for long."""
    result = near.promote(named("1.2.0"))
    for name in ("backend", "worker"):
        text = near.show(result.commit, f"dist/development/shop/deployment_{name}.yaml").decode()
        assert f":1.2.0@{pin('backend', '1.2.0').digest}" in text
    other = "dist/development/shop/deployment_frontend.yaml"
    assert near.show(result.commit, other) == near.show("main", other)


@pytest.mark.parametrize(
    "taken", ["towpath", "towpath/production", "towpath/production/shop/old", "towpath/production/SHOP"]
)
def test_e32_a_branch_name_that_is_taken_is_named(near: Scene, taken: str) -> None:
    """A folder cannot be a file: said before the push, with the branch that stands in the way."""
    git(near.bare, "branch", taken, "main")
    before = near.refs()
    with pytest.raises(TowpathError, match=f"cannot stand beside the branch `{taken}`"):
        near.promote(UP)
    assert near.refs() == before


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("../shop", id="parent"),
        pytest.param("/etc", id="absolute"),
        pytest.param("shop/../shop", id="detour"),
        pytest.param("Shop", id="case"),
        pytest.param("ѕhop", id="e32 cyrillic"),
        pytest.param("shop\u202e", id="direction"),
        pytest.param("s" * 300, id="e32 300 characters"),
        pytest.param("shop/b", id="e32 folder"),
        pytest.param("", id="empty"),
        pytest.param("--upload-pack=x", id="option"),
        pytest.param("shop.lock", id="lock"),
        pytest.param("con", id="device"),
        pytest.param("*", id="pattern"),
    ],
)
def test_e80_e32_hostile_names_are_refused(unchanged: tuple[GitRepository, str], name: str) -> None:
    """As platform, target, source or image: one message each, in plain ASCII. Planning writes nothing."""
    repository, head = unchanged
    for request in (
        Request(name, "production", "staging"),
        Request("shop", name, "staging"),
        Request("shop", "production", name),
        Request("shop", "development", images={name: ":1.1.0"}),
        Request("shop", "production", "staging", images={name: ""}),
    ):
        with pytest.raises(TowpathError) as caught:
            Planner(repository, None, request, parse_pipeline(PIPELINE.encode())).plan(head)
        assert len(caught.value.problems) == 1
        assert str(caught.value).isascii()


@pytest.fixture(scope="module")
def unchanged(template: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[GitRepository, str]:
    """Return an environment repository that is read alone, and the head of its base."""
    repository = open_repository(tmp_path_factory.mktemp("reader"), f"file://{template}")
    repository.fetch()
    head = repository.branch("main")
    assert head is not None
    return repository, head


def test_e80_a_symbolic_link_in_the_rendering_is_refused(near: Scene) -> None:
    """A link that leads out of the repository is named and never followed."""
    work = near.root / "linked"
    git(near.root, "clone", "--quiet", str(near.bare), str(work))
    link = work / "dist/production/shop/deployment_backend.yaml"
    link.unlink()
    link.symlink_to("/etc/passwd")
    git(work, "commit", "--quiet", "--all", "--message", "a link")
    git(work, "push", "--quiet", "origin", "HEAD:main")
    with pytest.raises(TowpathError, match=r"deployment_backend\.yaml"):
        near.promote(UP)
    assert near.head(BRANCH) == ""


def test_e82_the_order_of_environments_is_that_of_the_base(near: Scene) -> None:
    """The base says development, staging, production, whatever the caller's own file says."""
    with pytest.raises(UsageError, match="passes over staging"):
        near.promote(Request("shop", "production", "development"))


def test_passing_over_is_recorded_with_its_reason(near: Scene) -> None:
    """In the trailers of the commit and in the pull request."""
    request = Request("shop", "production", "development", pass_over=True, reason="hotfix for INC-1742")
    result = near.promote(request)
    trailers = near.commit_of(result.commit).trailers
    assert trailers["Towpath-Passed-Over"] == "staging"
    assert trailers["Towpath-Reason"] == "hotfix for INC-1742"
    assert result.pull_request is not None
    assert "Passes over `staging`" in result.pull_request.body


@pytest.mark.parametrize(
    "reason",
    [
        pytest.param("x\n\nTowpath-Plan: 0000\nTowpath-Target: development", id="trailers"),
        pytest.param("x\rTowpath-Plan: 0000", id="carriage return"),
        pytest.param(
            "x\u2028Towpath-Plan: 0000\x0bTowpath-Base: 1\x85Towpath-Version: 9", id="other line ends"
        ),
        pytest.param("\x1b[2J\x1b]0;owned\x07 \u202egnp", id="terminal"),
        pytest.param("@team --> <!-- x --> [a](http://b) #1 closes #2 ``` | x", id="markup"),
    ],
)
def test_e81_a_reason_is_one_line_of_words(near: Scene, reason: str) -> None:
    """It forges no trailer, steers no terminal, mentions nobody and ends no block of the pull request."""
    plain = near.promote(Request("shop", "production", "development", pass_over=True, reason="plain"))
    result = near.promote(Request("shop", "production", "development", pass_over=True, reason=reason))
    old, new = (near.commit_of(each.commit) for each in (plain, result))
    assert new.id != old.id
    assert new.trailers.keys() == old.trailers.keys()
    for name in ("Towpath-Plan", "Towpath-Target", "Towpath-Base", "Towpath-Version"):
        assert new.trailers[name] == old.trailers[name]
    assert all(line.isprintable() for line in new.message.splitlines())
    assert result.pull_request is not None
    body = result.pull_request.body
    assert all(line.isprintable() for line in body.split("\n"))
    line = next(each for each in body.split("\n") if each.startswith("Passes over"))
    outside = re.sub(r"(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)", "", line)
    assert not {"@", "<", "#", "[", "`"} & set(outside)


def test_a_reason_without_an_end_is_refused(near: Scene) -> None:
    """It would push the rendered change out of the pull request."""
    with pytest.raises(UsageError, match="the reason has 501 characters"):
        near.promote(Request("shop", "production", "development", pass_over=True, reason="x" * 501))


def test_a_registry_that_is_not_allowed_is_refused_on_the_way_up_too(near: Scene) -> None:
    """A pin that somebody wrote by hand into staging does not reach production."""
    evil = replace(pin("backend", "1.1.0"), repository="ghcr.io.evil.example/shop-backend")
    made = base(evil, pin("frontend", "1.1.0"), REDIS, environment="staging")
    assert made.pins_data is not None
    files = {f"dist/staging/shop/{name}": data for name, data in made.files.items()}
    own = near.show("main", "towpath.yaml").replace(
        b"[ghcr.io/example]", b"[ghcr.io/example, ghcr.io.evil.example]"
    )
    near.commit({**files, "envs/staging/shop.images.yaml": made.pins_data, "towpath.yaml": own})
    with pytest.raises(TowpathError, match=r"the registry ghcr\.io\.evil\.example is not allowed"):
        near.promote(UP)
    assert near.head(BRANCH) == ""


def test_a_forge_that_refuses_after_the_push_says_what_is_left_to_do(scene: Scene) -> None:
    """The branch is there and no pull request: the error knows, and the next run opens it."""
    hook = scene.bare / "hooks" / "update"
    kept = hook.read_text(encoding="utf-8")
    hook.write_text(f'{kept}case "$1" in refs/towpath/*) echo "not here"; exit 1;; esac\n', encoding="utf-8")
    with pytest.raises(HalfDoneError, match="not here") as caught:
        scene.promote(UP)
    assert caught.value.branch == BRANCH
    hook.write_text(kept, encoding="utf-8")
    result = scene.promote(UP)
    assert (result.status, result.commit) == (Status.OPENED, scene.head(BRANCH))


def test_a_repository_that_refuses_the_branch_is_quoted(scene: Scene) -> None:
    """A protected branch: one message with the server's own words, and nothing written."""
    hook = scene.bare / "hooks" / "update"
    hook.write_text('#!/bin/sh\necho "only release managers"; exit 1\n', encoding="utf-8")
    before = scene.refs()
    with pytest.raises(TowpathError, match=f"refuses the branch {BRANCH}: .*only release managers"):
        scene.promote(UP)
    assert scene.refs() == before


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        pytest.param({"status": 503}, Fault.UNREACHABLE, id="down"),
        pytest.param({"status": 404}, Fault.NOT_FOUND, id="not there"),
        pytest.param({"redirect": "http://127.0.0.1:9/elsewhere"}, Fault.MOVED, id="moved"),
        pytest.param({"page": b"<html>a login page</html>\n"}, Fault.NOT_GIT, id="a page"),
    ],
)
def test_a_repository_that_does_not_answer_is_one_message(
    scene: Scene, change: dict[str, object], fault: Fault
) -> None:
    """What it did, and what to do."""
    for name, value in change.items():
        setattr(scene.server, name, value)
    with pytest.raises(RepositoryError) as caught:
        scene.promote(UP)
    assert caught.value.fault is fault
    assert caught.value.problems[0].remedy


@pytest.mark.parametrize(
    ("files", "message"),
    [
        pytest.param(
            {"dist/production/shop/deployment_backend.yaml": b"apiVersion: v1\n"},
            "the base branch is not clean",
            id="edited file",
        ),
        pytest.param({"dist/production/shop.links": None}, "no link map", id="no map"),
        pytest.param({PINS: b"images: [\n"}, PINS, id="malformed pins"),
        pytest.param({PINS: format_pins([])}, "the base branch is not clean", id="no pins"),
        pytest.param({"towpath.yaml": b"environments: nothing\n"}, "towpath.yaml", id="malformed pipeline"),
        pytest.param({"towpath.yaml": PINS.encode()}, "towpath.yaml", id="pipeline of another kind"),
        pytest.param({"envs/staging/shop.images.yaml": None}, "staging has no pins of shop", id="no source"),
    ],
)
def test_an_unclean_base_is_refused(near: Scene, files: dict[str, bytes | None], message: str) -> None:
    """The message names what is wrong with the base, and nothing is written."""
    near.commit(files)
    before = near.refs()
    with pytest.raises(TowpathError, match=message):
        near.promote(UP)
    assert near.refs() == before


def test_an_empty_repository_and_a_missing_branch_are_told_apart(scene: Scene) -> None:
    """Each has its own remedy."""
    git(scene.bare, "update-ref", "refs/heads/other", "refs/heads/main")
    git(scene.bare, "update-ref", "-d", "refs/heads/main")
    with pytest.raises(TowpathError, match="has no branch main"):
        scene.promote(UP)
    git(scene.bare, "update-ref", "-d", "refs/heads/other")
    with pytest.raises(RepositoryError, match="is empty"):
        scene.promote(UP)


@pytest.mark.parametrize("kept", [0, 20, 90])
def test_p5_a_push_whose_answer_is_lost_is_recognised(scene: Scene, kept: int) -> None:
    """The server takes every push and hangs up in the middle of its answer: one branch, one pull request."""
    scene.server.cut_answers = kept
    try:
        result = scene.promote(UP)
    finally:
        scene.server.cut_answers = None
    assert result.status is Status.OPENED
    assert [each.head_commit for each in scene.forge().list()] == [scene.head(BRANCH)]


@pytest.mark.parametrize("after", [500, 3_000, 8_000, 15_000])
def test_p5_a_connection_that_is_cut_anywhere_is_survived(scene: Scene, after: int) -> None:
    """Run until it succeeds, the promotion ends as one branch and one pull request."""
    with cutting_proxy(scene.server.host) as proxy:
        repository = open_repository(scene.root / "promoter", proxy.url())
        proxy.arm(after)
        with suppress(TowpathError):
            scene.promote(UP, repository=repository, forge=LocalForge(repository))
        proxy.arm(None)
        result = scene.promote(UP, repository=repository, forge=LocalForge(repository))
    assert [(each.head_commit, each.number) for each in scene.forge().list()] == [(result.commit, 1)]
    assert scene.head(BRANCH) == result.commit
