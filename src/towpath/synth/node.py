"""Starting Node, in which cdk8s runs, while the settings models are imported: each takes about as long as the other."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from towpath.synth.failures import node_failure

if TYPE_CHECKING:
    from types import ModuleType


class Node:
    """A Node process that is being started in the background."""

    def __init__(self) -> None:
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._start, name="start of Node")
        self._thread.start()

    def _start(self) -> None:
        try:
            import cdk8s  # noqa: PLC0415 -- importing it starts Node, which may fail

            # The first call loads jsii's type checker, which looks through the whole import path: no read of a chart's.
            cdk8s.App()
        except Exception as error:  # noqa: BLE001 -- whatever it is, `constructs` reports it
            self._error = error

    def wait(self) -> None:
        """Wait until Node runs, or has failed to start."""
        self._thread.join()

    def constructs(self) -> ModuleType:
        """Return the construct library.

        Raises:
            TowpathError: where cdk8s is not installed or Node does not start.

        """
        self.wait()
        if self._error is not None:
            raise node_failure(self._error) from self._error
        import towpath.constructs  # noqa: PLC0415 -- it imports cdk8s

        return towpath.constructs
