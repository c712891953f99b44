"""A real Argo CD for tests: its repository server and its application controller, and the cache between them."""

from __future__ import annotations

import os
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.control_plane import LOCAL, PROGRAMS, check_running, free_ports, stop

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.kubernetes_api import Api

NAMESPACE = "argocd"
_PROGRAM = PROGRAMS / "argo-cd"


@contextmanager
def argo_cd(folder: Path, api: Api) -> Iterator[None]:
    """Run Argo CD on a control plane whose kubeconfig is in a folder. Fails the test where a part of it has ended."""
    if not _PROGRAM.is_file():
        pytest.fail("argo-cd is not in .tools/bin: run `make cluster`", pytrace=False)
    _prepare(api)
    home = folder / "argo-cd"
    for name in ("tls", "ssh", "gpg", "tmp"):
        (home / name).mkdir(parents=True)
    cache, repositories, *metrics = free_ports(4)
    kubeconfig = folder / "kubeconfig"
    common = [f"--redis={LOCAL}:{cache}", f"--kubeconfig={kubeconfig}", f"--namespace={NAMESPACE}"]
    commands = [
        ["cache", f"{LOCAL}:{cache}"],
        [
            "repo-server",
            common[0],
            f"--address={LOCAL}",
            f"--port={repositories}",
            f"--metrics-address={LOCAL}",
            f"--metrics-port={metrics[0]}",
            "--disable-tls",
            # So that a commit is seen at once.
            "--revision-cache-expiration=1s",
        ],
        [
            "application-controller",
            *common,
            f"--repo-server={LOCAL}:{repositories}",
            "--repo-server-plaintext",
            f"--metrics-port={metrics[1]}",
            "--app-resync=5",
            "--app-resync-jitter=0",
        ],
    ]
    variables = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "TMPDIR": str(home / "tmp"),
        "KUBECONFIG": str(kubeconfig),
        # The cluster that Argo CD runs in is the one of the kubeconfig.
        "ARGOCD_FAKE_IN_CLUSTER": "true",
        "ARGOCD_GPG_ENABLED": "false",
        "ARGOCD_TLS_DATA_PATH": str(home / "tls"),
        "ARGOCD_SSH_DATA_PATH": str(home / "ssh"),
        "ARGOCD_GNUPGHOME": str(home / "gpg"),
        "ARGOCD_PLUGINSOCKFILEPATH": str(home / "tmp"),
        "GIT_TERMINAL_PROMPT": "0",
    }
    started: list[subprocess.Popen[bytes]] = []
    try:
        started += [_start(home, command, variables) for command in commands]
        yield
        check_running(home, {command[0]: each for command, each in zip(commands, started, strict=True)})
    finally:
        for process in reversed(started):
            stop(process)


def _prepare(api: Api) -> None:
    """Make what an installation of Argo CD has beside its programs."""
    api.request("POST", "/api/v1/namespaces", {"metadata": {"name": NAMESPACE}})
    labels = {"app.kubernetes.io/part-of": "argocd"}
    objects: list[dict[str, Any]] = [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "argocd-cm"}, "data": {}},
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "argocd-cmd-params-cm"}, "data": {}},
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "argocd-secret"},
            "stringData": {"server.secretkey": "for tests"},
        },
    ]
    for each in objects:
        each["metadata"] = {**each["metadata"], "namespace": NAMESPACE, "labels": labels}
        answer = api.apply(each)
        assert answer.is_good, answer


def _start(home: Path, command: list[str], variables: dict[str, str]) -> subprocess.Popen[bytes]:
    with (home / f"{command[0]}.log").open("wb") as log:
        return subprocess.Popen([_PROGRAM, *command], stdout=log, stderr=log, cwd=home, env=variables)
