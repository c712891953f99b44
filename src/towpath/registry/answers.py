"""What a server's answer asks for: to look elsewhere, to wait, or to come with this token."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import quote, urljoin, urlsplit

from towpath.registry.mirrors import Endpoint, endpoint_of
from towpath.registry.port import Fault, RegistryError

if TYPE_CHECKING:
    from towpath.registry.transport import Answer


def redirected(endpoint: Endpoint, target: str, location: str) -> tuple[Endpoint, str]:
    """Return where a redirect leads: never from TLS to plain http, nor from elsewhere to this machine."""
    try:
        url = urlsplit(urljoin(f"{endpoint}{target}", location))
        to = endpoint_of(url)
    except ValueError:
        raise bad_redirect(endpoint, "its redirect leads to no address") from None
    if not location or not is_visible(location) or "@" in url.netloc:
        raise bad_redirect(endpoint, "its redirect leads to no address")
    if endpoint.is_private and not to.is_private:
        raise bad_redirect(endpoint, f"it redirects to {to}, where others can read along")
    if to.is_loopback and not endpoint.is_loopback:
        raise bad_redirect(endpoint, "it redirects to this machine")
    # A store's query is often a signature; it goes into the request and nowhere else.
    path = quote(url.path or "/", safe="/%:@!$&'()*+,;=~-._")
    return to, f"{path}?{url.query}" if url.query else path


def bad_redirect(endpoint: Endpoint, why: str) -> RegistryError:
    """Return the error of a redirect that is not followed."""
    return RegistryError(
        Fault.UNREACHABLE,
        f"{endpoint} cannot be followed: {why}",
        "a redirect to an https address",
        "ask the registry's operator.",
    )


def token_of(answer: Answer) -> str:
    """Return the token that a token service gave, or an empty string where it gave none."""
    try:
        document = json.loads(answer.body)
    except (ValueError, RecursionError):
        return ""
    if answer.status != HTTPStatus.OK or not isinstance(document, dict):
        return ""
    token = document.get("token") or document.get("access_token")
    return token if isinstance(token, str) and is_visible(token) else ""


def is_visible(text: str) -> bool:
    """Return whether a text holds printable ASCII alone and no space, so that it can stand in a header or URL."""
    return all("!" <= character <= "~" for character in text)


def retry_after(header: str, now: datetime) -> float:
    """Return the seconds that a `Retry-After` header asks for, given as a number or a date."""
    text = header.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return 0.0
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())
