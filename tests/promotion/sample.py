"""A small base to promote onto: two workloads of one's own, a third party's image, and a label with a version."""

from __future__ import annotations

from dataclasses import replace

from towpath.images.pin import ImagePin
from towpath.images.pinfile import Pins, format_pins, parse_pins
from towpath.images.symbol import Form, ImageSymbol
from towpath.link.linker import link_rendering, locate
from towpath.link.map import LinkMap, format_map
from towpath.link.pinning import PinScope
from towpath.pipeline import Pipeline
from towpath.promotion.base import Base

ORDER = ("development", "staging", "production")
PIPELINE = Pipeline(
    environments=ORDER, own_builds=("ghcr.io/example",), allowed_registries=("ghcr.io", "docker.io")
)


def digest(letter: str) -> str:
    """Return a digest of one hex letter again and again."""
    return f"sha256:{letter * 64}"


def pin(image: str, tag: str, letter: str, *, repository: str = "") -> ImagePin:
    """Return a pin of one's own build, or of another repository."""
    return ImagePin(
        image, repository or f"ghcr.io/example/shop-{image}", tag, digest(letter) if letter else ""
    )


BACKEND = pin("backend", "1.0.0", "a")
FRONTEND = pin("frontend", "1.0.0", "b")
REDIS = ImagePin("redis", "docker.io/library/redis", "7.2", digest("c"))


def pins_of(*pins: ImagePin, file: str = "envs/staging/shop.images.yaml") -> Pins:
    """Return pins as they are read from a file."""
    return parse_pins(format_pins(pins), file)


_OBJECTS = {
    "deployment_backend.yaml": ("backend", "backend"),
    "deployment_frontend.yaml": ("frontend", "frontend"),
    "deployment_worker.yaml": ("worker", "backend"),
    "statefulset_redis.yaml": ("redis", "redis"),
}


def base(*pins: ImagePin, environment: str = "production", commit: str = "0" * 40) -> Base:
    """Return a clean base whose rendering is linked with these pins; by default with all three."""
    chosen = pins or (BACKEND, FRONTEND, REDIS)
    objects = {}
    entries = []
    for file, (name, image) in sorted(_OBJECTS.items()):
        reference, version = ImageSymbol(image), ImageSymbol(image, Form.VERSION)
        text = (
            f"apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {name}\n  labels:\n"
            f"    app.kubernetes.io/version: {version}\nspec:\n  replicas: 2\n  image: {reference}\n"
        ).encode()
        objects[file] = text
        entries.append(locate(file, text, [("metadata.labels", version), ("spec.image", reference)]))
    link_map = LinkMap("1.33", tuple(entries))
    found = pins_of(*chosen, file=f"envs/{environment}/shop.images.yaml")
    files = link_rendering(objects, link_map, PinScope(environment, "shop", found.images))
    return Base(
        commit=commit,
        environment=environment,
        platform="shop",
        pins=found,
        pins_data=format_pins(found.images.values()),
        map_data=format_map(link_map),
        files=files,
    )


def edited(clean: Base) -> Base:
    """Return a base of which one file was edited by hand."""
    name = "deployment_backend.yaml"
    data = clean.files[name].replace(b"replicas: 2", b"replicas: 3")
    return replace(clean, files={**clean.files, name: data})
