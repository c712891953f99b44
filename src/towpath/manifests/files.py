"""File names for manifests: readable, and such that no two objects share one and none leaves its folder.

`deployment_backend.yaml`, `externalsecret.external-secrets.io_pms-secrets.yaml`. Parts are joined by `_`, which no
part contains unescaped, so different keys give different names, also where a file system folds case (c15, c22).
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from towpath.manifests.kinds import BUILT_IN_GROUPS

if TYPE_CHECKING:
    from towpath.manifests.key import ManifestKey

SUFFIX = ".yaml"
# File systems take 255 bytes; journals and Git add their own endings.
_LONGEST = 200
_ESCAPED = re.compile(r"[^a-z0-9.-]")
_ESCAPED_KIND = re.compile(r"[^a-z0-9]")


def file_name(key: ManifestKey, home: str) -> str:
    """Return the file name of an object in a rendering whose own namespace is `home`.

    The namespace is part of the name only where it is another one.
    """
    # A dot in a kind would be taken for the one before the group.
    kind = _escape(key.kind.lower() if key.kind.isalnum() else key.kind, _ESCAPED_KIND)
    parts = [kind if key.group in BUILT_IN_GROUPS else f"{kind}.{_escape(key.group)}"]
    if key.namespace not in {"", home}:
        parts.append(_escape(key.namespace))
    parts.append(_escape(key.name))
    stem = "_".join(parts)
    if len(stem) > _LONGEST:
        digest = hashlib.sha256(repr(key).encode()).hexdigest()[:16]
        stem = f"{stem[: _LONGEST - 17]}~{digest}"
    return stem + SUFFIX


def _escape(part: str, escaped: re.Pattern[str] = _ESCAPED) -> str:
    # Included files may hold half of a surrogate pair; it has a number, too.
    return escaped.sub(
        lambda match: "".join(f"%{byte:02x}" for byte in match[0].encode(errors="surrogatepass")), part
    )
