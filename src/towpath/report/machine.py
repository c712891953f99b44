"""A difference as JSON data for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from towpath.diff.change import Change, Counts, Diff, PinChange
    from towpath.images.pin import ImagePin


def document(diff: Diff) -> dict[str, Any]:
    """Return the difference as JSON data. Names stand in it as they are; texts as the diff shows them."""
    return {
        "differs": bool(diff),
        "counts": _counts(diff.counts),
        "renderings": [
            {
                "environment": rendering.environment,
                "platform": rendering.platform,
                "counts": _counts(rendering.counts),
                "pins": [_pin(pin) for pin in rendering.pins],
                "changes": [_change(change) for change in rendering.changes],
            }
            for rendering in diff.renderings
        ],
        "unreadable": [
            {"path": file.path, "reason": file.reason, "lines": list(file.lines())}
            for file in diff.unreadable
        ],
        "others": list(diff.others),
        "reformatted": list(diff.reformatted),
        "maps": diff.maps,
    }


def pin_document(pin: ImagePin | None) -> dict[str, Any] | None:
    """Return a pin as JSON data."""
    if pin is None:
        return None
    return {
        "repository": pin.repository,
        "tag": pin.tag,
        "digest": pin.digest,
        "platforms": list(pin.platforms),
        "revision": pin.revision,
    }


def _counts(counts: Counts) -> dict[str, int]:
    return {
        "changed": counts.changed,
        "added": counts.added,
        "removed": counts.removed,
        "total": counts.total,
    }


def _pin(pin: PinChange) -> dict[str, Any]:
    return {"image": pin.image, "before": pin_document(pin.before), "after": pin_document(pin.after)}


def _change(change: Change) -> dict[str, Any]:
    key = change.key
    return {
        "kind": change.kind.value,
        "key": {"group": key.group, "kind": key.kind, "namespace": key.namespace, "name": key.name},
        "cluster": change.cluster,
        "file_before": change.file_before,
        "file_after": change.file_after,
        "lines": list(change.lines()),
    }
