"""The grammar of what a proxy's configuration holds: header names and values, hosts, paths, sizes, times.

Each function returns None where the text is right, or what is wrong with it without quoting it, which is empty where
the form as a whole is wrong. Settings and charts are checked by the same functions.
"""

from __future__ import annotations

import re

_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(\.{_LABEL})*", re.ASCII)
_HEADER_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,39}", re.ASCII)
_PATH = re.compile(r"/[A-Za-z0-9._~@:+,=!&/-]*", re.ASCII)
_SIZE = re.compile(r"([1-9][0-9]{0,6})([km]?)", re.ASCII)
_TIME = re.compile(r"max|epoch|off|[1-9][0-9]{0,4}[smhdwMy]", re.ASCII)
_MEDIA_TYPE = re.compile(r"[a-z]+/[a-z0-9][a-z0-9.+-]{0,126}", re.ASCII)
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,62}", re.ASCII)
_CIPHERS = re.compile(r"[A-Za-z0-9+:_!-]{1,2048}", re.ASCII)
_PRINTABLE = re.compile(r"[ -~]*")
_SCALE = {"": 1, "k": 1024, "m": 1024**2}
_LONGEST_VALUE = 3000  # nginx reads no word of more than 4096 bytes
_LONGEST_PATH = 512

# nginx writes these itself; a second one of them would make a response that clients read in different ways.
_OWN_HEADERS = frozenset(
    {
        "connection",
        "content-encoding",
        "content-length",
        "content-type",
        "date",
        "keep-alive",
        "server",
        "transfer-encoding",
        "upgrade",
        "vary",
    }
)
# What a client's address and scheme are known by; another value would be a lie to the workloads.
_OWN_REQUEST_HEADERS = frozenset(
    {"host", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip"}
)
REQUEST_VARIABLES = frozenset({"$host", "$http_host", "$remote_addr", "$request_id", "$request_uri"})
"""What the value of a header to a workload may be, besides plain text."""


def host_fault(host: object) -> str | None:
    """Say what is wrong with a host name: lower case, neither a pattern nor an address."""
    if not isinstance(host, str) or not _HOST.fullmatch(host):
        return ""
    return "it is an address" if host.rpartition(".")[2].isdigit() else None


def header_name_fault(name: object) -> str | None:
    """Say what is wrong with the name of a response header."""
    if not isinstance(name, str) or not _HEADER_NAME.fullmatch(name):
        return ""
    return "nginx sets this header itself" if name.lower() in _OWN_HEADERS else None


def header_value_fault(value: object) -> str | None:
    """Say what is wrong with the value of a header."""
    if not isinstance(value, str):
        return "it is no text"
    if not _PRINTABLE.fullmatch(value):
        return "it has characters that are not printable ASCII"
    if "$" in value:
        return "it has a $, which nginx would read as a variable"
    if value != value.strip():
        return "it begins or ends with a space"
    return f"it is longer than {_LONGEST_VALUE} characters" if len(value) > _LONGEST_VALUE else None


def request_header_fault(name: object, value: object) -> str | None:
    """Say what is wrong with a header that the proxy sends to a workload."""
    fault = header_name_fault(name)
    if fault is None and str(name).lower() in _OWN_REQUEST_HEADERS:
        fault = "the proxy sets this header itself"
    if fault is not None:
        return fault
    return None if value in REQUEST_VARIABLES else header_value_fault(value)


def path_fault(path: object) -> str | None:
    """Say what is wrong with a path as nginx compares it: decoded, and without empty, `.` and `..` parts."""
    if not isinstance(path, str) or not path.startswith("/"):
        return "it does not start with /"
    if not _PATH.fullmatch(path):
        return "it has characters that no path may have here"
    parts = path.split("/")
    if "" in parts[1:-1] or {".", ".."} & set(parts):
        return "it has an empty part, or one that is . or .."
    return f"it is longer than {_LONGEST_PATH} characters" if len(path) > _LONGEST_PATH else None


def pattern_fault(pattern: object) -> str | None:
    """Say what is wrong with a regular expression; Python's reading of it stands in for nginx's."""
    if not isinstance(pattern, str) or not pattern or not _PRINTABLE.fullmatch(pattern):
        return "it is empty or has characters that are not printable ASCII"
    if len(pattern) > _LONGEST_PATH:
        return f"it is longer than {_LONGEST_PATH} characters"
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError):
        return "it is no regular expression"
    return None


def size_fault(size: object) -> str | None:
    """Say what is wrong with a size in nginx's notation."""
    return None if isinstance(size, str) and _SIZE.fullmatch(size) else ""


def size_bytes(size: str) -> int:
    """Return a size such as `10m` in bytes."""
    match = _SIZE.fullmatch(size)
    if match is None:
        raise ValueError(size)
    return int(match[1]) * _SCALE[match[2]]


def buffers_fault(header: str, number: int, size: str, busy: str) -> str | None:
    """Say what is wrong with sizes of buffers that nginx would refuse together."""
    greatest, every = max(size_bytes(header), size_bytes(size)), (number - 1) * size_bytes(size)
    if size_bytes(busy or busy_size(header, size)) < greatest:
        return f"busy is less than {max(header, size, key=size_bytes)}, the greatest single buffer"
    if size_bytes(busy or busy_size(header, size)) > every:
        return "busy is more than all buffers but one hold together"
    return None


def busy_size(header: str, size: str) -> str:
    """Return how much may be on its way to a client where nothing else is said: twice the greatest buffer."""
    amount = 2 * max(size_bytes(header), size_bytes(size))
    return str(amount) if amount % 1024 else f"{amount // 1024}k"


def time_fault(time: object) -> str | None:
    """Say what is wrong with the time after which a response expires."""
    return None if isinstance(time, str) and _TIME.fullmatch(time) else ""


def media_type_fault(media_type: object) -> str | None:
    """Say what is wrong with a type whose responses are compressed."""
    if not isinstance(media_type, str) or not _MEDIA_TYPE.fullmatch(media_type):
        return ""
    return "it is always compressed" if media_type == "text/html" else None


def name_fault(name: object) -> str | None:
    """Say what is wrong with the name of a zone."""
    return None if isinstance(name, str) and _NAME.fullmatch(name) else ""


def ciphers_fault(ciphers: object) -> str | None:
    """Say what is wrong with a list of TLS ciphers in OpenSSL's notation."""
    return None if isinstance(ciphers, str) and _CIPHERS.fullmatch(ciphers) else ""
