"""What a Git process sees of the environment, by an allow-list, and of settings, by our own alone. Pure.

Settings travel as `GIT_CONFIG_KEY_n` and `GIT_CONFIG_VALUE_n`. They win over every file, appear in no argument list,
and are not handed on to the Git at the other end of a file path.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from towpath.repository.address import Address
    from towpath.repository.credentials import GitCredentials

_NOWHERE = "/dev/null"
# How a machine reaches the network and its keys; nothing in them names a repository or switches a check off.
_FROM_CALLER = (
    "PATH",
    "TMPDIR",
    "SSH_AUTH_SOCK",
    "http_proxy",
    "https_proxy",
    "HTTPS_PROXY",
    "no_proxy",
    "NO_PROXY",
)
# A dialogue could hang, a stranger's key could be taken on trust: neither happens without a person.
_SSH = "ssh -o BatchMode=yes -o StrictHostKeyChecking=yes -o ConnectTimeout=20 -o ServerAliveInterval=15"
_SILENT_SECONDS = "60"

_OWN = (
    ("core.hooksPath", _NOWHERE),
    ("core.fsmonitor", "false"),
    ("core.attributesFile", _NOWHERE),
    ("core.excludesFile", _NOWHERE),
    ("core.autocrlf", "false"),
    ("core.askPass", ""),
    ("core.useReplaceRefs", "false"),
    ("core.protectHFS", "true"),
    ("core.protectNTFS", "true"),
    ("credential.helper", ""),
    ("credential.interactive", "false"),
    ("safe.bareRepository", "explicit"),
    ("maintenance.auto", "false"),
    ("gc.auto", "0"),
    ("transfer.fsckObjects", "true"),
    ("fetch.fsckObjects", "true"),
    ("transfer.credentialsInUrl", "die"),
    ("transfer.bundleURI", "false"),
    ("fetch.recurseSubmodules", "false"),
    ("push.recurseSubmodules", "no"),
    ("push.followTags", "false"),
    ("push.gpgSign", "false"),
    ("push.negotiate", "false"),
    ("commit.gpgSign", "false"),
    ("log.showSignature", "false"),
    ("diff.renames", "false"),
    ("merge.renames", "false"),
    ("merge.directoryRenames", "false"),
    ("i18n.commitEncoding", "UTF-8"),
    ("i18n.logOutputEncoding", "UTF-8"),
    # Headers that Git was given stay with it across a redirect, so none is followed.
    ("http.followRedirects", "false"),
    ("http.sslVerify", "true"),
    ("http.saveCookies", "false"),
    # No byte at all for a minute; a server that works sends a sign of life every five seconds.
    ("http.lowSpeedLimit", "1"),
    ("http.lowSpeedTime", _SILENT_SECONDS),
)


def local_environment(caller: Mapping[str, str], clone: str) -> dict[str, str]:
    """Return the environment of a command that works in the private clone alone; `clone` is its absolute path."""
    return _environment(caller, clone, "none", (("protocol.allow", "never"),))


def remote_environment(
    caller: Mapping[str, str], clone: str, address: Address, credentials: GitCredentials | None
) -> dict[str, str]:
    """Return the environment of a command that talks to the remote: its protocol and no other, and the account."""
    settings = [("protocol.allow", "never"), (f"protocol.{address.scheme}.allow", "always")]
    # Another authority may be trusted in addition, as everywhere else; a check cannot be switched off.
    for variable, key in (("SSL_CERT_FILE", "http.sslCAInfo"), ("SSL_CERT_DIR", "http.sslCAPath")):
        if caller.get(variable):
            settings.append((key, caller[variable]))
    if credentials is not None:
        settings.extend(credentials.configuration(address))
    return _environment(caller, clone, address.scheme, settings)


def _environment(
    caller: Mapping[str, str],
    clone: str,
    protocols: str,
    settings: list[tuple[str, str]] | tuple[tuple[str, str], ...],
) -> dict[str, str]:
    environment = {name: caller[name] for name in _FROM_CALLER if caller.get(name)}
    environment |= {
        "GIT_DIR": clone,
        # No ~/.gitconfig, no ~/.netrc; ssh finds its keys by the account that runs it.
        "HOME": _NOWHERE,
        "GIT_CONFIG_GLOBAL": _NOWHERE,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_ALLOW_PROTOCOL": protocols,
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_LITERAL_PATHSPECS": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_LFS_SKIP_SMUDGE": "1",
        "GIT_SSH_COMMAND": _SSH,
        "GIT_SSH_VARIANT": "ssh",
        "LANGUAGE": "C",
        "LC_ALL": "C",
        "TZ": "UTC",
    }
    pairs = (*_OWN, *settings)
    environment["GIT_CONFIG_COUNT"] = str(len(pairs))
    for number, (key, value) in enumerate(pairs):
        environment[f"GIT_CONFIG_KEY_{number}"] = key
        environment[f"GIT_CONFIG_VALUE_{number}"] = value
    return environment
