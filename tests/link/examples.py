"""A small rendering to link: three object files, as the emitter writes them, and the pins of two images."""

from __future__ import annotations

from hypothesis import strategies as st

from towpath.images.pin import ImagePin
from towpath.images.symbol import Form, ImageSymbol
from towpath.link.linker import link_rendering, locate
from towpath.link.map import LinkMap
from towpath.link.pinning import PinScope

DIGEST = "sha256:" + "0123456789abcdef" * 4
OTHER_DIGEST = "sha256:" + "fedcba9876543210" * 4

BACKEND = b"""\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: backend
  labels:
    app.kubernetes.io/version: towpath-image://backend/version
spec:
  template:
    spec:
      initContainers:
      - name: migrate
        image: towpath-image://migrate/reference
      containers:
      - name: backend
        image: towpath-image://backend/reference
        env:
        - name: TAG
          value: towpath-image://backend/tag
        - name: LOG_LEVEL
          value: info
"""
WORKER = b"""\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: worker
spec:
  replicas: 1
  template:
    spec:
      containers:
      - image: towpath-image://backend/reference
        name: worker
"""
SERVICE = b"""\
apiVersion: v1
kind: Service
metadata:
  name: backend
spec:
  ports:
  - port: 80
"""
POD = "spec.template.spec"
OBJECTS = {
    "deployment_backend.yaml": BACKEND,
    "deployment_worker.yaml": WORKER,
    "service_backend.yaml": SERVICE,
}
SYMBOLS = {
    "deployment_backend.yaml": [
        ('metadata.labels["app.kubernetes.io/version"]', ImageSymbol("backend", Form.VERSION)),
        (f"{POD}.initContainers[0].image", ImageSymbol("migrate")),
        (f"{POD}.containers[0].image", ImageSymbol("backend")),
        (f"{POD}.containers[0].env[0].value", ImageSymbol("backend", Form.TAG)),
    ],
    "deployment_worker.yaml": [(f"{POD}.containers[0].image", ImageSymbol("backend"))],
    "service_backend.yaml": [],
}
MAP = LinkMap("1.33.4", tuple(locate(file, text, SYMBOLS[file]) for file, text in OBJECTS.items()))
ENTRIES = {entry.file: entry for entry in MAP.entries}

BACKEND_PIN = ImagePin("backend", "ghcr.io/example/backend", "1.4.0", DIGEST)
MIGRATE_PIN = ImagePin("migrate", "ghcr.io/example/migrate", "1.25", OTHER_DIGEST)


def scope_of(*pins: ImagePin) -> PinScope:
    """Return the pins as those of `staging/pms`."""
    return PinScope("staging", "pms", {pin.image: pin for pin in pins})


SCOPE = scope_of(BACKEND_PIN, MIGRATE_PIN)
LINKED = link_rendering(OBJECTS, MAP, SCOPE)

# Among them tags that YAML readers take for something else than text, and some that are no label's value.
_TAGS = st.sampled_from(
    [
        "1.25",
        "1234567",
        "1234e56",
        "0755",
        "0x1F",
        "0o17",
        "1_000",
        "yes",
        "off",
        "null",
        "2024-01-01",
        "e3",
        "_",
        "1.",
    ]
) | st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}", fullmatch=True)
_DIGESTS = st.from_regex(r"sha256:[0-9a-f]{64}", fullmatch=True)
_REPOSITORIES = st.from_regex(
    r"([a-z]{1,8}\.io|localhost:5000|\[::1\]:5000)(/[a-z0-9]{1,6}([._-][a-z0-9]{1,3})?){1,3}", fullmatch=True
)


def pins_of(image: str) -> st.SearchStrategy[ImagePin]:
    """Return pins of an image that can be linked in every form."""
    return st.builds(ImagePin, st.just(image), _REPOSITORIES, _TAGS, _DIGESTS)


SCOPES = st.builds(scope_of, pins_of("backend"), pins_of("migrate"))
