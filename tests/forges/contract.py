"""What every forge has to do. A forge's own tests inherit `ForgeContract` and give it a `ForgeScene`."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Protocol

import pytest

from towpath.forges.port import (
    BODY_LIMIT,
    TITLE_LIMIT,
    ForgeError,
    ForgeFault,
    MergeState,
    PullRequestState,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from towpath.forges.port import Forge

HEAD = "towpath/production/pms"
BASE = "main"
UNKNOWN = "f" * 40


class ForgeScene(Protocol):
    """One repository with a `main` branch that holds `a.txt`, and its forge."""

    @property
    def forge(self) -> Forge:
        """The forge; each call may return another client of the same one."""
        ...

    def commit(self, branch: str, files: Mapping[str, bytes | None], start: str = BASE) -> str:
        """Put a commit on a branch, which starts at another one where it does not exist; return the commit."""
        ...

    def delete(self, branch: str) -> None:
        """Delete a branch."""
        ...

    def head(self, branch: str) -> str:
        """Return the head of a branch."""
        ...

    def parents(self, commit: str) -> tuple[str, ...]:
        """Return the parents of a commit of the repository."""
        ...

    def read(self, branch: str, path: str) -> bytes | None:
        """Return a file as it is on a branch."""
        ...


class ForgeContract:
    """The tests. `scene` is a fixture of the class that inherits them."""

    def test_open_and_look(self, scene: ForgeScene) -> None:
        """What was opened is found by its branches, by its number and in the list, with all of its text."""
        commit = scene.commit(HEAD, {"b.txt": b"b\n"})
        body = "First *line*\r\n\n<!-- ä \N{BAT} -->\n\ttrailing  "
        opened = scene.forge.open(HEAD, BASE, "Promote pms: ä `x`", body)
        assert (opened.number, opened.head, opened.base) == (1, HEAD, BASE)
        assert (opened.title, opened.body) == ("Promote pms: ä `x`", body)
        assert (opened.state, opened.head_commit) == (PullRequestState.OPEN, commit)
        assert opened.merge_commit is None
        for found in (
            scene.forge.find(HEAD, BASE),
            scene.forge.get(1),
            *scene.forge.list(),
            *scene.forge.list(PullRequestState.OPEN),
        ):
            assert found == opened
        assert scene.forge.list(PullRequestState.MERGED) == []

    def test_nothing_there(self, scene: ForgeScene) -> None:
        """What does not exist is None, an empty list, or an error that says so."""
        assert scene.forge.find(HEAD, BASE) is None
        assert list(scene.forge.list()) == []
        actions: list[Callable[[], object]] = [
            lambda: scene.forge.get(7),
            lambda: scene.forge.update(7, "Title", ""),
            lambda: scene.forge.close(7),
            lambda: scene.forge.merge(7, UNKNOWN),
        ]
        for action in actions:
            with pytest.raises(ForgeError) as caught:
                action()
            assert caught.value.fault is ForgeFault.NOT_FOUND

    def test_e55_opening_again_adopts(self, scene: ForgeScene) -> None:
        """The one that is open is returned as it stands; nothing is opened or changed."""
        scene.commit(HEAD, {"b.txt": b"b\n"})
        first = scene.forge.open(HEAD, BASE, "Title", "Body")
        assert scene.forge.open(HEAD, BASE, "Another", "Text") == first
        assert len(scene.forge.list()) == 1

    def test_e55_four_at_once_open_one(self, scene: ForgeScene) -> None:
        """Those who open the same at the same time get the same."""
        scene.commit(HEAD, {"b.txt": b"b\n"})
        forges = [scene.forge for _ in range(4)]
        with ThreadPoolExecutor(4) as pool:
            numbers = set(pool.map(lambda forge: forge.open(HEAD, BASE, "Title", "Body").number, forges))
        assert numbers == {1}
        assert len(scene.forge.list()) == 1

    def test_four_at_once_get_numbers_of_their_own(self, scene: ForgeScene) -> None:
        """Different branches get different pull requests, none of which is lost."""
        heads = [f"towpath/production/app{number}" for number in range(4)]
        for head in heads:
            scene.commit(head, {head: b"x"})
        forges = [scene.forge for _ in heads]
        with ThreadPoolExecutor(4) as pool:
            pulls = list(
                pool.map(lambda forge, head: forge.open(head, BASE, f"For {head}", ""), forges, heads)
            )
        assert sorted(pull.number for pull in pulls) == [1, 2, 3, 4]
        assert [pull.number for pull in scene.forge.list()] == [4, 3, 2, 1]
        assert {pull.head for pull in scene.forge.list()} == set(heads)

    def test_e45_update(self, scene: ForgeScene) -> None:
        """Another title and body, and the head as it is now; the same again changes nothing."""
        scene.commit(HEAD, {"b.txt": b"b\n"})
        opened = scene.forge.open(HEAD, BASE, "Title", "Body")
        later = scene.commit(HEAD, {"b.txt": b"c\n"})
        assert scene.forge.get(opened.number).head_commit == later
        updated = scene.forge.update(opened.number, "Other", "")
        assert (updated.number, updated.title, updated.body, updated.head_commit) == (1, "Other", "", later)
        assert scene.forge.update(opened.number, "Other", "") == updated == scene.forge.get(1)

    @pytest.mark.parametrize(
        ("title", "body"),
        [
            pytest.param("x" * (TITLE_LIMIT + 1), "", id="title-too-long"),
            pytest.param("", "", id="no-title"),
            pytest.param("  ", "", id="blank-title"),
            pytest.param("two\nlines", "", id="title-of-two-lines"),
            pytest.param("Title", "x" * (BODY_LIMIT + 1), id="body-too-long"),
            pytest.param("Title", "\ud800", id="no-text"),
        ],
    )
    def test_e51_text_that_no_forge_takes(self, scene: ForgeScene, title: str, body: str) -> None:
        """It is refused before anything happens, and never cut."""
        scene.commit(HEAD, {"b.txt": b"b\n"})
        with pytest.raises(ForgeError) as caught:
            scene.forge.open(HEAD, BASE, title, body)
        assert caught.value.fault is ForgeFault.TOO_LONG
        assert list(scene.forge.list()) == []

    def test_e51_text_of_full_length(self, scene: ForgeScene) -> None:
        """The longest title and body come back whole; characters count, not bytes."""
        scene.commit(HEAD, {"b.txt": b"b\n"})
        scene.forge.open(HEAD, BASE, "ä" * TITLE_LIMIT, "\N{BAT}" * BODY_LIMIT)
        found = scene.forge.get(1)
        assert (len(found.title), len(found.body)) == (TITLE_LIMIT, BODY_LIMIT)

    def test_branches_that_cannot_be_compared(self, scene: ForgeScene) -> None:
        """A branch that is missing, or holds nothing of its own, has no pull request."""
        scene.commit(HEAD, {"b.txt": b"b\n"})
        for head, base, fault in (
            ("missing", BASE, ForgeFault.NOT_FOUND),
            (HEAD, "missing", ForgeFault.NOT_FOUND),
            ("Ünusable name", BASE, ForgeFault.NOT_FOUND),
            (BASE, HEAD, ForgeFault.NOTHING),
            (BASE, BASE, ForgeFault.NOTHING),
        ):
            with pytest.raises(ForgeError) as caught:
                scene.forge.open(head, base, "Title", "")
            assert caught.value.fault is fault

    def test_merge(self, scene: ForgeScene) -> None:
        """The base holds the head by a merge commit; asking again says the same and merges nothing."""
        before = scene.head(BASE)
        commit = scene.commit(HEAD, {"b.txt": b"b\n"})
        pull = scene.forge.open(HEAD, BASE, "Title", "Body")
        outcome = scene.forge.merge(pull.number, commit)
        assert (outcome.state, outcome.commit) == (MergeState.MERGED, scene.head(BASE))
        assert scene.parents(scene.head(BASE)) == (before, commit)
        assert scene.read(BASE, "b.txt") == b"b\n"
        merged = scene.forge.get(pull.number)
        assert (merged.state, merged.merge_commit) == (PullRequestState.MERGED, outcome.commit)
        assert (merged.head_commit, merged.title, merged.body) == (commit, "Title", "Body")
        assert scene.forge.merge(pull.number, commit) == outcome
        assert scene.head(BASE) == outcome.commit
        assert scene.forge.find(HEAD, BASE) is None
        assert scene.forge.list() == [merged]

    def test_merge_after_the_base_moved(self, scene: ForgeScene) -> None:
        """Changes of other files come together."""
        commit = scene.commit(HEAD, {"b.txt": b"b\n"})
        pull = scene.forge.open(HEAD, BASE, "Title", "Body")
        moved = scene.commit(BASE, {"c.txt": b"c\n"})
        assert scene.forge.merge(pull.number, commit).merged
        assert scene.parents(scene.head(BASE)) == (moved, commit)
        assert [scene.read(BASE, name) for name in ("a.txt", "b.txt", "c.txt")] == [b"a\n", b"b\n", b"c\n"]

    def test_merge_of_a_conflict(self, scene: ForgeScene) -> None:
        """Changes of one place stop: nothing is merged, and the pull request stays open."""
        commit = scene.commit(HEAD, {"a.txt": b"ours\n"})
        pull = scene.forge.open(HEAD, BASE, "Title", "Body")
        moved = scene.commit(BASE, {"a.txt": b"theirs\n"})
        outcome = scene.forge.merge(pull.number, commit)
        assert (outcome.state, outcome.commit) == (MergeState.CONFLICT, None)
        assert outcome.paths in {(), ("a.txt",)}
        assert scene.head(BASE) == moved
        assert scene.forge.get(pull.number).state is PullRequestState.OPEN

    def test_e36_merge_of_another_head(self, scene: ForgeScene) -> None:
        """A head that moved since it was looked at is not merged."""
        before = scene.head(BASE)
        commit = scene.commit(HEAD, {"b.txt": b"b\n"})
        pull = scene.forge.open(HEAD, BASE, "Title", "Body")
        scene.commit(HEAD, {"evil.txt": b"evil\n"})
        assert scene.forge.merge(pull.number, commit).state is MergeState.MOVED
        assert scene.forge.merge(pull.number, UNKNOWN).state is MergeState.MOVED
        assert scene.head(BASE) == before
        assert scene.forge.get(pull.number).state is PullRequestState.OPEN

    def test_e29_merged_by_somebody_else(self, scene: ForgeScene) -> None:
        """A head that the base holds already is merged, and is not merged again."""
        commit = scene.commit(HEAD, {"b.txt": b"b\n"})
        pull = scene.forge.open(HEAD, BASE, "Title", "Body")
        scene.delete(BASE)
        after = scene.commit(BASE, {"d.txt": b"d\n"}, start=HEAD)
        assert scene.forge.find(HEAD, BASE) is None
        outcome = scene.forge.merge(pull.number, commit)
        assert outcome.merged
        assert scene.head(BASE) == after
        assert scene.forge.get(pull.number).state is PullRequestState.MERGED
        scene.commit(HEAD, {"b.txt": b"c\n"})
        assert scene.forge.find(HEAD, BASE) is None
        assert scene.forge.open(HEAD, BASE, "Next", "").number == 2

    def test_close(self, scene: ForgeScene) -> None:
        """A closed one is not merged, not changed and not found; another may be opened for the branch."""
        before = scene.head(BASE)
        commit = scene.commit(HEAD, {"b.txt": b"b\n"})
        pull = scene.forge.open(HEAD, BASE, "Title", "Body")
        closed = scene.forge.close(pull.number)
        assert (closed.state, closed.head_commit) == (PullRequestState.CLOSED, commit)
        assert scene.forge.close(pull.number) == closed == scene.forge.get(pull.number)
        assert scene.forge.merge(pull.number, commit).state is MergeState.NOT_OPEN
        with pytest.raises(ForgeError) as caught:
            scene.forge.update(pull.number, "Other", "")
        assert caught.value.fault is ForgeFault.NOT_OPEN
        assert scene.head(BASE) == before
        assert scene.forge.find(HEAD, BASE) is None
        assert scene.forge.list() == [closed]
        again = scene.forge.open(HEAD, BASE, "Again", "")
        assert again.number == 2
        assert scene.forge.find(HEAD, BASE) == again
        assert scene.forge.list() == [again, closed]

    def test_a_merged_one_stays_merged(self, scene: ForgeScene) -> None:
        """It can neither be closed nor changed, and the branch's next commits belong to another one."""
        commit = scene.commit(HEAD, {"b.txt": b"b\n"})
        pull = scene.forge.open(HEAD, BASE, "Title", "Body")
        scene.forge.merge(pull.number, commit)
        actions: list[Callable[[], object]] = [
            lambda: scene.forge.close(pull.number),
            lambda: scene.forge.update(pull.number, "Other", ""),
        ]
        for action in actions:
            with pytest.raises(ForgeError) as caught:
                action()
            assert caught.value.fault is ForgeFault.NOT_OPEN
        scene.commit(HEAD, {"b.txt": b"c\n"})
        assert scene.forge.find(HEAD, BASE) is None
        assert scene.forge.open(HEAD, BASE, "Next", "").number == 2
        assert scene.forge.get(pull.number).head_commit == commit

    def test_a_deleted_branch_closes(self, scene: ForgeScene) -> None:
        """Without its branch a pull request is not open, and what it would have merged is still named."""
        commit = scene.commit(HEAD, {"b.txt": b"b\n"})
        pull = scene.forge.open(HEAD, BASE, "Title", "Body")
        scene.delete(HEAD)
        assert scene.forge.find(HEAD, BASE) is None
        gone = scene.forge.get(pull.number)
        assert (gone.state, gone.head_commit) == (PullRequestState.CLOSED, commit)
        assert scene.forge.merge(pull.number, commit).state is MergeState.NOT_OPEN

    def test_a_deleted_branch_of_a_merged_one(self, scene: ForgeScene) -> None:
        """E30: merged stays merged when the branch is tidied away."""
        commit = scene.commit(HEAD, {"b.txt": b"b\n"})
        pull = scene.forge.open(HEAD, BASE, "Title", "Body")
        merged = scene.forge.merge(pull.number, commit)
        scene.delete(HEAD)
        assert scene.forge.get(pull.number).state is PullRequestState.MERGED
        assert scene.forge.merge(pull.number, commit) == merged

    def test_e45_branches_do_not_mix(self, scene: ForgeScene) -> None:
        """One for each pair of branches: that of development is never that of production."""
        other = "towpath/development/pms"
        scene.commit(HEAD, {"b.txt": b"b\n"})
        scene.commit(other, {"c.txt": b"c\n"})
        production = scene.forge.open(HEAD, BASE, "Production", "")
        development = scene.forge.open(other, BASE, "Development", "")
        onto = scene.forge.open(HEAD, other, "Stacked", "")
        assert len({production.number, development.number, onto.number}) == 3
        assert scene.forge.find(HEAD, BASE) == production
        assert scene.forge.find(other, BASE) == development
        assert scene.forge.find(HEAD, other) == onto
        assert scene.forge.find(other, HEAD) is None
