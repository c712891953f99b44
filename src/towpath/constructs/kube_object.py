"""A cdk8s ApiObject whose body stays in Python until something on the other side of jsii asks for it.

Creating one costs one jsii call. cdk8s's own way needs three for an object with a `spec`, because a Python ApiObject
cannot carry one: the constructor, a patch and the call that adds it.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, cast

import cdk8s
import jsii

from towpath.errors import NOWHERE, Place
from towpath.manifests.order import canonical

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    from constructs import Construct

Body = dict[str, Any]

# Frames of these packages are never where a person declared an object.
_OWN_PACKAGES = ("towpath.constructs", "jsii", "cdk8s", "constructs", "typeguard")
_IDENTITY = ("apiVersion", "kind", "metadata")
# The members through which a body is changed on the other side.
_DOORS = frozenset({"metadata", "add_json_patch"})


class KubeObject(cdk8s.ApiObject):
    """A Kubernetes object given as a dictionary, or as a function that returns it when the object is needed.

    The function lets an object depend on what is declared after it, as a NetworkPolicy does on connections. `kind`,
    `apiVersion` and `metadata.name` have to be known at once.
    """

    def __init__(
        self, scope: Construct, id: str, body: Body, *, late: Callable[[], Body] | None = None
    ) -> None:
        self._body: Body | None = None if late else body
        self._late = late
        self._in_javascript = False
        self.place = declared_at()
        metadata = body["metadata"]
        props = cdk8s.ApiObjectProps(
            api_version=body["apiVersion"],
            kind=body["kind"],
            metadata=cdk8s.ApiObjectMetadata(name=metadata["name"], namespace=metadata.get("namespace")),
        )
        # What the generated constructor does, without its run-time type checks: they cost as much as the call.
        jsii.create(type(self), self, [scope, id, props])

    def body(self) -> Body:
        """Return the object as a dictionary, patches included. Fields are in no particular order."""
        if self._in_javascript:
            return cast("Body", super().to_json())
        if self._body is None:
            assert self._late is not None  # noqa: S101 -- the constructor sets one of the two
            self._body = self._late()
        return self._body

    def to_json(self) -> Any:
        """Return the object as cdk8s's own `to_json` would. cdk8s calls it for `Testing.synth` and `App.synth`."""
        return canonical(self.body(), self.place)

    def __getattribute__(self, name: str) -> Any:
        """Hand the body over before a patch or a label is added.

        Overriding these members would do the same, but jsii would take them for overrides that JavaScript has to call.
        """
        if name in _DOORS and not object.__getattribute__(self, "_in_javascript"):
            self._move_to_javascript()
        return super().__getattribute__(name)

    def _move_to_javascript(self) -> None:
        """Hand the body over to cdk8s, so that patches find it there."""
        body = canonical(self.body(), self.place)
        patches = [
            cdk8s.JsonPatch.add(f"/{field}", value) for field, value in body.items() if field not in _IDENTITY
        ]
        for field, value in body["metadata"].items():
            patches.append(cdk8s.JsonPatch.add(f"/metadata/{field}", value))
        self._in_javascript = True
        super().add_json_patch(*patches)


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
