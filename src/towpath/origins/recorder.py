"""Recording a compile: which settings the chart reads where, and where the parts of its platform are made.

Only what `towpath explain` needs to work the rest out by itself is noted, so that a compile takes hardly longer.
"""

from __future__ import annotations

import copy
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from towpath.manifests.key import key_of
from towpath.origins.recording import CLUSTER, NONE, SETTINGS, Declaration, Owner, Patch, Read, Recording
from towpath.origins.watch import PACKAGE, Hooks, Watch
from towpath.settings.model import SettingsModel
from towpath.specs.encoding import encoded, watched_classes
from towpath.specs.platform import PlatformSpec

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from towpath.manifests.rendering import Manifest
    from towpath.settings.cluster import Cluster

M = TypeVar("M", bound=SettingsModel)

# Lowering, checks and the bookkeeping of a platform read specs again and again, and nothing of it goes back to a chart.
_QUIET = (
    "kubernetes/",
    "specs/checks.py",
    "specs/proxy_checks.py",
    "specs/platform.py",
    "constructs/platform.py",
)


class Recorder:
    """Records the compile of one target. The chart has to be given the recorder's own `settings` and `cluster`."""

    def __init__(self, root: Path, settings: SettingsModel, cluster: Cluster) -> None:
        folders = [(root / "charts", "charts/")]
        folders += [(PACKAGE / name, f"towpath/{name}/") for name in ("constructs", "specs")]
        self._watch = Watch(folders, quiet=_QUIET, once=(PlatformSpec,))
        self.settings = _apart(settings)
        self.cluster = _apart(cluster)
        for kind, model in ((SETTINGS, self.settings), (CLUSTER, self.cluster)):
            for path, each in _models(model, ()):
                self._watch.own(each, Owner(kind, path))
        self.platform: PlatformSpec | None = None
        """What the chart declared in the end; whoever runs the chart sets it."""
        self._patched: list[tuple[Any, int, int]] = []
        self._patches: list[Patch] = []

    @contextmanager
    def running(self, kube_object: type[Any]) -> Iterator[None]:
        """Record what happens inside; `kube_object` is the class whose objects may be patched."""
        keep = kube_object._keep_patches  # noqa: SLF001 -- patches are noted where they are kept

        def noted(patched: Any, *patches: Any) -> None:
            located = self._watch.located(sys._getframe(1))  # noqa: SLF001 -- whose patch it is
            self._patched.append((patched, *(located or (NONE, NONE))))
            keep(patched, *patches)

        kube_object._keep_patches = noted  # noqa: SLF001 -- as above
        try:
            with Hooks(self._watch, watched_classes(), compiling=True):
                yield
        finally:
            kube_object._keep_patches = keep  # noqa: SLF001 -- as above

    def declared(self, construct: Any, body: Any) -> None:
        """Note which object a construct is, where it was changed after it was declared."""
        places = [(run, span) for patched, run, span in self._patched if patched is construct]
        if getattr(construct, "_has_more_metadata", False):
            places.append((NONE, NONE))
        key = key_of(body) if places else None
        self._patches += [
            Patch((key.group, key.kind, key.namespace, key.name), *each) for each in places if key
        ]

    def recording(self, manifests: Iterable[Manifest]) -> Recording:
        """Return all that was recorded; `manifests` are what the platform was rendered to."""
        watch = self._watch
        first = next(
            (n for n, each in enumerate(watch.made) if watch.kinds[each.kind].name == "PlatformSpec"), NONE
        )

        def number(value: Any) -> int:
            owner = watch.owner(value)
            return owner.made if owner else first if isinstance(value, PlatformSpec) else NONE

        # Most models are never looked at, and most values of specs by nobody but the library that made them.
        owners: dict[int, int] = {}
        reads = [
            Read(run, span, owners.setdefault(owner, len(owners)), field)
            for run, span, owner, field in watch.reads
        ]
        return Recording(
            watch.spans,
            watch.functions,
            watch.activations,
            [watch.owners[each] for each in owners],
            reads,
            watch.kinds,
            watch.made,
            self._patches,
            [Declaration(each.file, each.place.file, each.place.line) for each in manifests],
            encoded(self.platform, number),
        )


def _apart(model: M) -> M:
    """Return a model in which no two models are the same object, as defaults that several fields share are."""
    seen: set[int] = set()

    def apart(value: Any) -> Any:
        if isinstance(value, SettingsModel):
            if id(value) in seen:
                value = copy.copy(value)
            seen.add(id(value))
            fields = vars(value)
            for name, each in list(fields.items()):
                fields[name] = apart(each)
            return value
        if isinstance(value, tuple):
            return tuple(map(apart, value))
        if isinstance(value, dict):
            return {key: apart(each) for key, each in value.items()}
        return value

    found: M = apart(copy.copy(model))
    return found


def _models(value: Any, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], SettingsModel]]:
    """Yield each model in a value, with the way to it."""
    parts: Iterable[tuple[str | int, Any]] = ()
    if isinstance(value, SettingsModel):
        yield path, value
        parts = vars(value).items()
    elif isinstance(value, tuple):
        parts = enumerate(value)
    elif isinstance(value, dict):
        parts = ((str(key), each) for key, each in value.items())
    for name, each in parts:
        yield from _models(each, (*path, name))
