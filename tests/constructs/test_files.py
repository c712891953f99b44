"""Configuration as files of a workload: how it is mounted, and that a change of it restarts the pods."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.constructs.sample import bodies, workload
from towpath.constructs import Configuration

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.constructs.sample import Shop

CHECKSUM = "checksum/configuration"
RULES = {"rules.conf": "allow all\n"}
BASE: dict[str, Mapping[str, str]] = {"/etc/shop": RULES, "/etc/extra": {"a.conf": "1\n", "b.conf": "2\n"}}


def template(mounted: Mapping[str, Mapping[str, str]], beside: Mapping[str, str] | None = None) -> Any:
    """Return the pod template of a workload that mounts one configuration a folder, with another one beside it."""

    def declare(platform: Shop) -> None:
        Configuration(platform, "beside", data=beside or {"A": "1"})
        files = {
            folder: Configuration(platform, folder.strip("/").replace("/", "-"), data=data)
            for folder, data in mounted.items()
        }
        workload(platform, "web", files=files)

    return bodies(declare)["Deployment web"]["spec"]["template"]


def checksum(mounted: Mapping[str, Mapping[str, str]], beside: Mapping[str, str] | None = None) -> str:
    """Return the checksum that the pods carry."""
    found: str = template(mounted, beside)["metadata"]["annotations"][CHECKSUM]
    return found


def test_files_are_mounted_for_reading() -> None:
    """Each folder is a volume of its ConfigMap, and every user of the pod may read it."""
    pod = template(BASE)["spec"]
    assert pod["volumes"] == [
        {"name": "etc-shop", "configMap": {"name": "etc-shop", "defaultMode": 0o444}},
        {"name": "etc-extra", "configMap": {"name": "etc-extra", "defaultMode": 0o444}},
    ]
    (container,) = pod["containers"]
    assert container["volumeMounts"] == [
        {"name": "etc-shop", "mountPath": "/etc/shop", "readOnly": True},
        {"name": "etc-extra", "mountPath": "/etc/extra", "readOnly": True},
    ]
    # They are files alone, and no variables.
    assert "envFrom" not in container


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"/etc/shop": {"rules.conf": "allow some\n"}}, id="other-text"),
        pytest.param({"/etc/shop": {"rule.conf": "allow all\n"}}, id="other-name-of-the-file"),
        pytest.param({"/etc/shop": {**RULES, "more.conf": ""}}, id="one-file-more"),
        pytest.param({"/etc/extra": {"a.conf": "1\n", "b.conf": "3\n"}}, id="second-folder"),
        pytest.param({"/etc/extra": {"a.conf": "2\n", "b.conf": "1\n"}}, id="texts-change-places"),
        pytest.param({"/etc/more": {"c.conf": "3\n"}}, id="one-folder-more"),
    ],
)
def test_a_change_of_a_mounted_file_restarts(changes: Mapping[str, Mapping[str, str]]) -> None:
    """The checksum over everything that is mounted differs, so the pods are made anew."""
    assert checksum({**BASE, **changes}) != checksum(BASE)


def test_other_configuration_restarts_nothing() -> None:
    """What is not mounted does not count, nor does the order in which folders are given (c18)."""
    assert template(BASE, {"A": "2"}) == template(BASE)
    assert checksum(dict(reversed(BASE.items()))) == checksum(BASE)
