"""Fetching documents of one repository: who to ask, with which credentials, how often, and where to stop."""

from __future__ import annotations

import json
import logging
import random
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlencode, urlsplit

from towpath.registry.answers import bad_redirect, is_visible, redirected, retry_after, token_of
from towpath.registry.credentials import Challenge, Credentials, parse_challenge
from towpath.registry.mirrors import Endpoint, endpoint_of
from towpath.registry.port import Fault, RegistryError
from towpath.registry.transport import Answer, Clock, Transport, clean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from towpath.images.reference import ImageReference

_LOG = logging.getLogger(__name__)

_TOKEN_LIMIT = 64 * 1024
_REDIRECT_LIMIT = 3
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_BUSY = frozenset({408, 425, 429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Limits:
    """How long to wait and how often to try. Times are in seconds."""

    total: float = 60.0
    """For everything that one question needs. A connection just being made may exceed it by `step`."""
    step: float = 15.0
    """For a server's silence."""
    attempts: int = 4
    """For one request."""
    first_pause: float = 0.5
    """Before the second attempt at most; doubled each time. What the server asks for is waited at least."""


@dataclass(slots=True)
class Source:
    """One repository at one server, while one question is answered."""

    endpoint: Endpoint
    registry: str
    path: str
    deadline: float
    authorization: str = ""

    def __repr__(self) -> str:
        """Return a text without the authorization."""
        return f"Source({self.endpoint}, {self.registry}/{self.path})"


class Fetcher:
    """Gets documents over a transport."""

    def __init__(
        self,
        credentials: Credentials | None,
        environment: Mapping[str, str],
        limits: Limits,
        clock: Clock,
    ) -> None:
        self._credentials = credentials
        self._limits = limits
        self._clock = clock
        self._transport = Transport(clock, step=limits.step, environment=environment)

    def source(self, endpoint: Endpoint, reference: ImageReference) -> Source:
        """Return the repository of `reference` at `endpoint`; its time starts now."""
        return Source(endpoint, reference.registry, reference.path, self._clock.now() + self._limits.total)

    def manifest(self, source: Source, version: str, *, accept: str, limit: int) -> Answer | None:
        """Return the answer for the manifest `version` (a tag or digest), or None where there is none.

        Redirects are refused: a manifest decides what runs, so it comes from the registry itself.
        """
        target = f"/v2/{source.path}/manifests/{version}"
        answer = self._authorized(source, target, {"Accept": accept}, limit)
        if answer.status in _REDIRECTS:
            raise RegistryError(
                Fault.NOT_A_MANIFEST,
                f"{source.endpoint} sent Towpath elsewhere for a manifest",
                "an answer from the registry itself",
                "name the registry that has the image, or list it as a mirror.",
            )
        return self._success(source, answer)

    def blob(self, source: Source, digest: str, *, limit: int) -> bytes | None:
        """Return the bytes that the registry gives for `digest`, not yet proved, or None for none.

        Follows a few redirects, as registries keep their blobs in other stores; no credential goes along to
        another origin.
        """
        target = f"/v2/{source.path}/blobs/{digest}"
        answer = self._authorized(source, target, {}, limit)
        endpoint = source.endpoint
        for _ in range(_REDIRECT_LIMIT):
            if answer.status not in _REDIRECTS:
                break
            endpoint, target = redirected(endpoint, target, answer.header("Location"))
            headers = _authorization(source) if endpoint.origin == source.endpoint.origin else {}
            answer = self._patient(endpoint, target, headers, limit, source.deadline)
        if answer.status in _REDIRECTS:
            raise bad_redirect(source.endpoint, "it sent Towpath in circles")
        found = self._success(source, answer)
        return None if found is None else found.body

    def _authorized(self, source: Source, target: str, headers: Mapping[str, str], limit: int) -> Answer:
        """Return the answer to a request, after meeting the server's challenge once if it has one."""
        answer = self._patient(
            source.endpoint, target, {**headers, **_authorization(source)}, limit, source.deadline
        )
        if answer.status != HTTPStatus.UNAUTHORIZED or source.authorization:
            return answer
        challenge = parse_challenge(answer.header("WWW-Authenticate"))
        if challenge is None:
            return answer
        source.authorization = self._meet(source, challenge)
        if not source.authorization:
            return answer
        return self._patient(
            source.endpoint, target, {**headers, **_authorization(source)}, limit, source.deadline
        )

    def _meet(self, source: Source, challenge: Challenge) -> str:
        """Return the authorization that meets the challenge, or an empty string where we have none."""
        account = self._credentials
        if account is not None and not account.belongs_to(source.registry, source.endpoint):
            account = None
        if challenge.scheme == "basic":
            return account.basic if account is not None else ""
        realm, url = self._realm(source, challenge)
        headers: dict[str, str] = {}
        if account is not None and account.may_go_to(realm, source.endpoint):
            headers["Authorization"] = account.basic
        # The scope is our own: the server does not choose what the account is used for.
        query = {"service": challenge.service, "scope": f"repository:{source.path}:pull"}
        target = f"{url.path or '/'}?{urlencode({name: value for name, value in query.items() if value})}"
        answer = self._patient(realm, target, headers, _TOKEN_LIMIT, source.deadline)
        if answer.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
            raise self._unauthorized(source, answer)
        token = token_of(answer)
        if not token:
            raise RegistryError(
                Fault.UNAUTHORIZED,
                f"the token service {realm} of {source.endpoint} gave no token",
                "a token for reading the repository",
                "try again later, or ask the registry's operator.",
            )
        return f"Bearer {token}"

    def _realm(self, source: Source, challenge: Challenge) -> tuple[Endpoint, SplitResult]:
        """Return the server and the URL of the token service, which must be as private as the registry."""
        try:
            url = urlsplit(challenge.realm)
            realm = endpoint_of(url)
        except ValueError:
            realm, url = None, urlsplit("")
        if (
            realm is None
            or not realm.is_private
            or (realm.is_loopback and not source.endpoint.is_loopback)
            or "@" in url.netloc
            or not is_visible(challenge.realm)
        ):
            raise RegistryError(
                Fault.UNAUTHORIZED,
                f"{source.endpoint} names a token service that cannot be trusted: {clean(challenge.realm)}",
                "an https address",
                "ask the registry's operator.",
            )
        _LOG.info("%s uses the token service %s", source.endpoint, realm)
        return realm, url

    def _patient(
        self, endpoint: Endpoint, target: str, headers: Mapping[str, str], limit: int, deadline: float
    ) -> Answer:
        """Return the answer to a GET, tried again while the server is busy or breaks off and time is left."""
        for attempt in range(1, self._limits.attempts + 1):
            pause = self._limits.first_pause * 2 ** (attempt - 1)
            # Many clients that were turned away together should not come back together.
            pause *= random.uniform(0.5, 1.0)  # noqa: S311 -- spreads load; nothing secret depends on it
            is_last = attempt == self._limits.attempts
            try:
                answer = self._transport.get(endpoint, target, headers, limit=limit, deadline=deadline)
            except RegistryError as error:
                if error.fault is Fault.TOO_LARGE or is_last or not self._pause(pause, deadline):
                    raise
                continue
            if answer.status not in _BUSY:
                return answer
            asked = retry_after(answer.header("Retry-After"), datetime.now(UTC))
            if is_last or not self._pause(max(pause, asked), deadline):
                raise self._busy(endpoint, answer, asked)
        raise AssertionError  # the last attempt returns or raises

    def _pause(self, seconds: float, deadline: float) -> bool:
        """Wait, unless that would leave no time."""
        if self._clock.now() + seconds >= deadline:
            return False
        self._clock.sleep(seconds)
        return True

    def _success(self, source: Source, answer: Answer) -> Answer | None:
        if answer.status == HTTPStatus.OK:
            return answer
        if answer.status == HTTPStatus.NOT_FOUND:
            return None
        if answer.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
            raise self._unauthorized(source, answer)
        raise RegistryError(
            Fault.UNREACHABLE,
            f"{source.endpoint} answered with HTTP {answer.status}{self._words(source, answer)}",
            "HTTP 200",
            "check that this address is a container registry.",
        )

    def _unauthorized(self, source: Source, answer: Answer) -> RegistryError:
        account = self._credentials
        if account is None:
            remedy = (
                "set TOWPATH_REGISTRY_HOST, TOWPATH_REGISTRY_USERNAME and TOWPATH_REGISTRY_PASSWORD, "
                "and check the repository's name."
            )
        elif not account.belongs_to(source.registry, source.endpoint):
            remedy = (
                f"the account in the environment is for {account.host} and goes nowhere else, nor over plain "
                "http; set TOWPATH_REGISTRY_HOST to the server that asks."
            )
        else:
            remedy = (
                "check the account's right to read it, and the repository's name; where the token service is "
                "another host, name that in TOWPATH_REGISTRY_TOKEN_HOST."
            )
        return RegistryError(
            Fault.UNAUTHORIZED,
            f"{source.endpoint} does not let us read `{source.registry}/{source.path}`"
            f"{self._words(source, answer)}",
            "a public repository, or an account that may read it",
            remedy,
        )

    def _busy(self, endpoint: Endpoint, answer: Answer, asked: float) -> RegistryError:
        wait = f" and asks to wait {asked:.0f} seconds" if asked else ""
        return RegistryError(
            Fault.BUSY,
            f"{endpoint} answered with HTTP {answer.status}{wait}",
            f"an answer within {self._limits.attempts} attempts and {self._limits.total:g} seconds",
            "try again later; nothing was changed.",
        )

    def _words(self, source: Source, answer: Answer) -> str:
        """Return what the server says about its refusal, made safe to show."""
        try:
            error = json.loads(answer.body)["errors"][0]
            text = f"{error['code']} {error.get('message', '')}"
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
            return ""
        if source.authorization:
            text = text.replace(source.authorization.partition(" ")[2], "***")
        if self._credentials is not None:
            text = self._credentials.hide(text)
        return f" ({clean(text)})"


def _authorization(source: Source) -> dict[str, str]:
    return {"Authorization": source.authorization} if source.authorization else {}
