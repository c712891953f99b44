"""Where renderings stand inside the output folder. Pure."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from towpath.errors import refuse

MAP_SUFFIX = ".links"
STATE_FOLDER = ".towpath"
"""Lock, staging folder and journal stand in it; Git ignores it."""
# ASCII only, and what every file system and every DNS name takes.
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_DEVICES = frozenset({"con", "prn", "aux", "nul"})


def rendering_folder(environment: str, platform: str) -> PurePosixPath:
    """Return the folder of a rendering, relative to the output folder.

    Raises:
        TowpathError: where a name could escape or means something else on some system.

    """
    return PurePosixPath(_checked(environment, "environment"), _checked(platform, "platform"))


def map_path(environment: str, platform: str) -> PurePosixPath:
    """Return the link map of a rendering, relative to the output folder.

    Raises:
        TowpathError: as `rendering_folder`.

    """
    folder = rendering_folder(environment, platform)
    return folder.with_name(folder.name + MAP_SUFFIX)


def is_name(name: str) -> bool:
    """Return whether an environment or a platform may have this name."""
    return _NAME.fullmatch(name) is not None and name not in _DEVICES


def _checked(name: str, what: str) -> str:
    if not is_name(name):
        raise refuse(
            f"{name!a} cannot be the name of a {what}"
            if what == "platform"
            else f"{name!a} cannot name an {what}",
            expected="1 to 63 of the characters a-z, 0-9 and `-`, with no `-` at either end",
            remedy="rename it",
            rule="dist.name",
        )
    return name
