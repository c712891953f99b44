"""What all constructs that declare a part of a platform have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constructs import Construct

from towpath.constructs.platform import platform_of

if TYPE_CHECKING:
    from towpath.constructs.platform import Platform


class Part(Construct):
    """A construct that declares one part of a platform."""

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id)
        self.platform: Platform = platform_of(scope)
