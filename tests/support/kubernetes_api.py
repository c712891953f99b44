"""A small client of the Kubernetes API, for tests: one connection, JSON in and out."""

from __future__ import annotations

import http.client
import json
import ssl
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

Body = dict[str, Any]
_APPLY = "application/apply-patch+yaml"
_PATIENCE = 20.0
MERGE = "application/merge-patch+json"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server said."""

    status: int
    body: Body
    warnings: tuple[str, ...]

    @property
    def is_good(self) -> bool:
        """Whether the server did what it was asked for."""
        return 200 <= self.status < 300

    def __str__(self) -> str:
        return f"{self.status} {self.body.get('message', '')}"


@dataclass(frozen=True, slots=True)
class _Resource:
    prefix: str
    plural: str
    namespaced: bool


class Api:
    """The API of one server."""

    def __init__(self, host: str, port: int, certificate: Path, token: str) -> None:
        """Trust the server's own certificate, and be the user of a token."""
        self._host, self._port, self._certificate = host, port, certificate
        self._headers = {"Authorization": f"Bearer {token}"}
        self._connection: http.client.HTTPSConnection | None = None
        self._resources: dict[tuple[str, str], _Resource] = {}

    def is_ready(self) -> bool:
        """Return whether the server takes requests."""
        try:
            return self.request("GET", "/readyz").is_good
        except OSError:
            self.close()
            return False

    def close(self) -> None:
        """Close the connection. The next request opens another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def request(
        self, method: str, path: str, body: object = None, *, form: str = "application/json"
    ) -> Answer:
        """Send a request and return the answer, also where it is a refusal."""
        data = None if body is None else json.dumps(body).encode()
        headers = {**self._headers, "Content-Type": form}
        try:
            return self._send(method, path, data, headers)
        except http.client.RemoteDisconnected:
            # The server closes a connection that nobody has used for some minutes.
            self.close()
            return self._send(method, path, data, headers)

    def _send(self, method: str, path: str, data: bytes | None, headers: dict[str, str]) -> Answer:
        if self._connection is None:
            context = ssl.create_default_context(cafile=str(self._certificate))
            self._connection = http.client.HTTPSConnection(
                self._host, self._port, context=context, timeout=60
            )
        self._connection.request(method, path, data, headers)
        with self._connection.getresponse() as response:
            text = response.read()
            warnings = tuple(response.headers.get_all("Warning") or ())
            is_json = response.headers.get_content_type() == "application/json"
            return Answer(response.status, json.loads(text) if is_json else {}, warnings)

    def items(self, path: str) -> list[Body]:
        """Return the objects of a list. A kind that has just been defined takes a moment to be there."""
        end = time.monotonic() + _PATIENCE
        while (answer := self.request("GET", path)).status == http.HTTPStatus.TOO_MANY_REQUESTS:
            assert time.monotonic() < end, f"{path}: {answer}"
            time.sleep(0.2)
        assert answer.is_good, f"{path}: {answer}"
        found: list[Body] = answer.body["items"]
        return found

    def path(self, manifest: Mapping[str, Any]) -> str:
        """Return the path of an object. Raises KeyError where the server does not know its kind."""
        key = (manifest["apiVersion"], manifest["kind"])
        if key not in self._resources:
            self._discover(manifest["apiVersion"])
        resource = self._resources[key]
        metadata = manifest["metadata"]
        namespace = f"/namespaces/{metadata['namespace']}" if resource.namespaced else ""
        return f"{resource.prefix}{namespace}/{resource.plural}/{metadata['name']}"

    def _discover(self, version: str) -> None:
        prefix = f"/apis/{version}" if "/" in version else f"/api/{version}"
        for each in self.request("GET", prefix).body.get("resources", ()):
            if "/" not in each["name"]:
                self._resources[(version, each["kind"])] = _Resource(prefix, each["name"], each["namespaced"])

    def apply(self, manifest: Mapping[str, Any]) -> Answer:
        """Apply an object as Argo CD does with server-side apply; unknown and doubled fields are refused."""
        query = "fieldManager=argocd-controller&force=true&fieldValidation=Strict"
        return self.request("PATCH", f"{self.path(manifest)}?{query}", manifest, form=_APPLY)


def until(holds: Callable[[], bool], otherwise: Callable[[], str], *, seconds: float = 60.0) -> None:
    """Wait until something holds. Where it does not come to that, fails the test and says how things are."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"after {seconds:.0f} s: {otherwise()}"
        time.sleep(0.2)
