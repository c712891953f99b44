"""Differences for the tests of reports."""

from __future__ import annotations

from tests.diff.examples import DIGESTS, config, manifest, pins, secret
from towpath.diff.change import Change, ChangeKind, Diff, PinChange, Unreadable
from towpath.diff.trees import diff_trees
from towpath.documents.emitter import emit
from towpath.images.pin import ImagePin
from towpath.manifests.key import ManifestKey

HOSTILE = (
    "```\n# out of the fence\n````\n</details> <!-- --> @team #123 GH-12 \x1b[31mred\x1b[0m \u202eback\u2066 "
    "https://evil.example\n/merge\n|cell|\n~~~\n<script>\n\u200b\u3164\x00\r"
)
BEFORE = ImagePin("web", "ghcr.io/example/web", tag="1.4.0", digest=DIGESTS["a"])
AFTER = ImagePin("web", "ghcr.io/example/web", tag="1.5.0", digest=DIGESTS["b"], revision="c0ffee5")


def workload(tag: str) -> bytes:
    """Return a Deployment that runs an image."""
    container = {"name": "web", "image": f"ghcr.io/example/web:{tag}"}
    return emit(
        manifest("Deployment", "web", api="apps/v1", spec={"template": {"spec": {"containers": [container]}}})
    ).encode()


def example() -> Diff:
    """Return a difference of every kind: objects, pins, a file that cannot be read, others, and mere form."""
    before = {
        "dist/staging/shop/deployment_web.yaml": workload("1.4.0"),
        "dist/staging/shop/configmap_old.yaml": config("old", a="1"),
        "dist/staging/shop/secret_login.yaml": secret(stringData={"password": "c4nary"}),
        "dist/staging/shop/configmap_form.yaml": config("form", a="1", b="2"),
        "dist/staging/shop/broken.yaml": b"a: 1\n",
        "dist/production/shop/east/configmap_settings.yaml": config(a="1"),
        "envs/staging/shop.images.yaml": pins(web="1.4.0@a"),
        "dist/staging/shop.links": b"1",
    }
    after = {
        "dist/staging/shop/deployment_web.yaml": workload("1.5.0"),
        "dist/staging/shop/secret_login.yaml": secret(stringData={"password": "c4nary2"}),
        "dist/staging/shop/configmap_form.yaml": config("form", b="2", a="1") + b"# a comment\n",
        "dist/staging/shop/configmap_new.yaml": config("new", a="1"),
        "dist/staging/shop/broken.yaml": b"a: [\n",
        "dist/production/shop/east/configmap_settings.yaml": config(a="2"),
        "envs/staging/shop.images.yaml": pins(web="1.5.0@b"),
        "envs/staging/shop.yaml": b"replicas: 2\n",
        "dist/staging/shop.links": b"2",
    }
    return diff_trees(
        before, after, environments=["staging", "production"], others=["charts/shop/settings.py"]
    )


def hostile(text: str = HOSTILE) -> Diff:
    """Return a difference in which every text from outside is `text`."""
    key = ManifestKey(text, text, text, text)
    pin = ImagePin(text, text, tag=text, digest=text, revision=text)
    return Diff(
        changes=(
            Change(
                ChangeKind.CHANGED, text, text, key, text, text, f"a\n{text}\n", f"{text}\nb\n", cluster=text
            ),
            Change(ChangeKind.ADDED, "staging", "shop", key, "", text, "", text),
        ),
        pins=(PinChange(text, text, text, None, pin), PinChange("staging", "shop", text, pin, None)),
        unreadable=(Unreadable(text, text, text, ""),),
        others=(text,),
        reformatted=(text,),
    )


def many(number: int, lines: int = 3) -> Diff:
    """Return a difference of many objects in three environments, of every kind."""
    kinds = tuple(ChangeKind)
    changes = tuple(
        Change(
            kinds[n % 3],
            f"env{n % 3}",
            "shop",
            ManifestKey("", "ConfigMap" if n % 2 else "Namespace", "shop", f"object-{n}"),
            "" if kinds[n % 3] is ChangeKind.ADDED else f"dist/{n}",
            "" if kinds[n % 3] is ChangeKind.REMOVED else f"dist/{n}",
            "" if kinds[n % 3] is ChangeKind.ADDED else "".join(f"old {line}\n" for line in range(lines)),
            "" if kinds[n % 3] is ChangeKind.REMOVED else "".join(f"new {line}\n" for line in range(lines)),
        )
        for n in range(number)
    )
    return Diff(changes=changes)
