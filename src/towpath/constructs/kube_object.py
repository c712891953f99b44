"""A cdk8s ApiObject whose body stays in Python until something on the other side of jsii asks for it.

Creating one costs one jsii call. cdk8s's own way needs three for an object with a `spec`, because a Python ApiObject
cannot carry one: the constructor, a patch and the call that adds it.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, cast

import cdk8s
import jsii

from towpath.errors import NOWHERE, Place, TowpathError
from towpath.manifests.order import canonical
from towpath.manifests.rendering import Declared, shape_problems

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    from constructs import Construct

Body = dict[str, Any]

# Frames of these packages are never where a person declared an object.
_OWN_PACKAGES = (
    "towpath.constructs", "towpath.errors", "towpath.origins", "jsii", "cdk8s", "constructs", "typeguard"
)  # fmt: skip
# JavaScript has no integers beyond these.
_LARGEST = 2**53


class KubeObject(cdk8s.ApiObject):
    """A Kubernetes object given as a dictionary, or as a function that returns it when the object is needed.

    The function lets an object depend on what is declared after it, as a NetworkPolicy does on connections. `kind`,
    `apiVersion` and `metadata.name` have to be known at once. `place` is where the object was written; by default the
    line of the chart. The body is taken as it is: labels and namespace of a cdk8s chart are not added to it.

    Raises:
        TowpathError: where the body has no kind, version or name.

    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        body: Body,
        *,
        late: Callable[[], Body] | None = None,
        place: Place | None = None,
    ) -> None:
        self.place = place or declared_at()
        problems = list(shape_problems(Declared(body, self.place)))
        if problems:
            raise TowpathError(problems)
        self._body_now = late or (lambda: body)
        self._patches: list[cdk8s.JsonPatch] = []
        self._has_more_metadata = False
        identity = {
            field: value for field, value in body["metadata"].items() if field in {"name", "namespace"}
        }
        props = {"apiVersion": body["apiVersion"], "kind": body["kind"], "metadata": identity}
        # What the generated constructor does, without its run-time type checks: they cost as much as the call, and
        # so would props of cdk8s's own class, for which the other side takes a map as well.
        jsii.create(type(self), self, [scope, id, props])

    def body(self) -> Body:
        """Return the object as a dictionary, patches and added metadata included. Fields are in no particular order."""
        body = self._body_now()
        if self._has_more_metadata:
            body = {**body, "metadata": _merged(body["metadata"], super().metadata.to_json())}
        if self._patches:
            body = _patched(canonical(body, self.place), self._patches)
        return body

    def to_json(self) -> Any:
        """Return the object as cdk8s's own `to_json` would. cdk8s calls it for `Testing.synth` and `App.synth`."""
        return canonical(self.body(), self.place)

    def __getattribute__(self, name: str) -> Any:
        """Keep patches here, and notice when labels may be added, so that both apply to the body as it is in the end.

        Overriding these members would do the same, but jsii would take them for overrides that JavaScript has to call.
        """
        if name == "add_json_patch":
            return object.__getattribute__(self, "_keep_patches")
        if name == "metadata":
            self._has_more_metadata = True
        return super().__getattribute__(name)

    def _keep_patches(self, *ops: cdk8s.JsonPatch) -> None:
        self._patches.extend(ops)


def _merged(body: Body, added: Body) -> Body:
    """Return metadata with what was added to it on the other side, which knows nothing of our labels."""
    merged = dict(body)
    for field, value in added.items():
        if isinstance(value, dict):
            merged[field] = {**(merged.get(field) or {}), **value}
        elif isinstance(value, list):
            merged[field] = [*(merged.get(field) or []), *value]
        else:
            merged[field] = value
    return merged


def _patched(body: Body, patches: list[cdk8s.JsonPatch]) -> Body:
    """Return a patched body. JavaScript applies the patches; what it would lose stays behind, under a mark."""
    kept: list[Any] = []

    def mark(value: Any) -> Any:
        if isinstance(value, dict):
            return {field: mark(item) for field, item in value.items()}
        if isinstance(value, list):
            return [mark(item) for item in value]
        lost = value is None or isinstance(value, float) or (isinstance(value, int) and abs(value) > _LARGEST)
        if lost or (isinstance(value, str) and value.startswith("\0")):
            kept.append(value)
            return f"\0{len(kept) - 1}"
        return value

    def unmark(value: Any) -> Any:
        if isinstance(value, dict):
            return {field: unmark(item) for field, item in value.items()}
        if isinstance(value, list):
            return [unmark(item) for item in value]
        if isinstance(value, str) and value.startswith("\0"):
            return kept[int(value[1:])]
        return value

    return cast("Body", unmark(cdk8s.JsonPatch.apply(mark(body), *patches)))


def declared_at() -> Place:
    """Return the line of the chart that is being executed: the innermost frame outside of the library."""
    for file, module, line in _frames():
        if not module.startswith(_OWN_PACKAGES):
            return Place(file, line)
    return NOWHERE


def _frames() -> Iterator[tuple[str, str, int]]:
    frame: FrameType | None = sys._getframe(2)  # noqa: SLF001 -- `inspect.stack` reads every source file, a thousand times slower
    while frame is not None:
        yield frame.f_code.co_filename, str(frame.f_globals.get("__name__", "")), frame.f_lineno
        frame = frame.f_back
