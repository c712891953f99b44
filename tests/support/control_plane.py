"""A real Kubernetes control plane for tests: etcd, the API server and the controllers, each one process, no nodes.

Objects go through admission as in a cluster (schemas, Pod Security, quotas, limit ranges), and controllers make pods of
them. Nothing runs the pods: `Kubelet` writes down that they do.
"""

from __future__ import annotations

import base64
import secrets
import socket
import subprocess
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.support.kubernetes_api import Api
from tests.support.projects import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

PROGRAMS = ROOT / ".tools" / "bin"
_NAMES = ("etcd", "kube-apiserver", "kube-controller-manager")
LOCAL = "127.0.0.1"
# Two take pods away from a node that says nothing for some time, and for the third there is nothing to autoscale by.
_NOT_RUN = (
    "-node-lifecycle-controller",
    "-pod-garbage-collector-controller",
    "-horizontal-pod-autoscaler-controller",
)
_START_SECONDS = 60.0
_STOP_SECONDS = 10.0
# An elliptic curve key (RFC 5915, P-256) is these bytes around its number; the public half follows from it.
_BEFORE_NUMBER = bytes.fromhex("303102010104 20")
_AFTER_NUMBER = bytes.fromhex("a00a06082a8648ce3d030107")


@contextmanager
def control_plane(folder: Path) -> Iterator[Api]:
    """Run a control plane that keeps its files in a folder, and yield its API. Fails the test if it does not start."""
    missing = [name for name in _NAMES if not (PROGRAMS / name).is_file()]
    if missing:
        pytest.fail(f"{', '.join(missing)} not in .tools/bin: run `make cluster`", pytrace=False)
    token = secrets.token_hex(16)
    store, peers, secure, control = free_ports(4)
    key = _service_account_key(folder / "service-accounts.pem")
    (folder / "tokens.csv").write_text(f'{token},tests,tests,"system:masters"\n')
    commands = {
        "etcd": [
            f"--data-dir={folder}/etcd",
            f"--listen-client-urls=http://{LOCAL}:{store}",
            f"--advertise-client-urls=http://{LOCAL}:{store}",
            f"--listen-peer-urls=http://{LOCAL}:{peers}",
            f"--initial-advertise-peer-urls=http://{LOCAL}:{peers}",
            f"--initial-cluster=default=http://{LOCAL}:{peers}",
            "--unsafe-no-fsync",
        ],
        "kube-apiserver": [
            f"--etcd-servers=http://{LOCAL}:{store}",
            f"--bind-address={LOCAL}",
            f"--advertise-address={LOCAL}",
            f"--secure-port={secure}",
            f"--cert-dir={folder}/certificates",
            f"--service-account-key-file={key}",
            f"--service-account-signing-key-file={key}",
            "--service-account-issuer=https://kubernetes.default.svc",
            "--service-cluster-ip-range=10.96.0.0/12",
            "--authorization-mode=RBAC",
            f"--token-auth-file={folder}/tokens.csv",
        ],
        "kube-controller-manager": [
            f"--kubeconfig={folder}/kubeconfig",
            f"--bind-address={LOCAL}",
            f"--secure-port={control}",
            f"--service-account-private-key-file={key}",
            "--leader-elect=false",
            f"--controllers=*,{','.join(_NOT_RUN)}",
        ],
    }
    certificate = folder / "certificates" / "apiserver.crt"
    (folder / "kubeconfig").write_text(_kubeconfig(secure, certificate, token))
    started: list[subprocess.Popen[bytes]] = []
    try:
        started += [_start(folder, name, commands[name]) for name in _NAMES[:2]]
        api = Api(LOCAL, secure, certificate, token)
        _wait_until_ready(api, certificate, started, folder)
        started.append(_start(folder, _NAMES[2], commands[_NAMES[2]]))
        try:
            yield api
            check_running(folder, dict(zip(_NAMES, started, strict=True)))
        finally:
            api.close()
    finally:
        for process in reversed(started):
            stop(process)


def _service_account_key(path: Path) -> Path:
    """Write a private key to sign the tokens of service accounts with."""
    # The first byte keeps the number below the order of the curve.
    number = b"\x01" + secrets.token_bytes(31)
    text = base64.b64encode(_BEFORE_NUMBER + number + _AFTER_NUMBER).decode()
    path.write_text(f"-----BEGIN EC PRIVATE KEY-----\n{text}\n-----END EC PRIVATE KEY-----\n")
    return path


def _kubeconfig(port: int, certificate: Path, token: str) -> str:
    return f"""\
apiVersion: v1
kind: Config
clusters:
- name: tests
  cluster: {{server: "https://{LOCAL}:{port}", certificate-authority: "{certificate}"}}
users:
- name: tests
  user: {{token: "{token}"}}
contexts:
- name: tests
  context: {{cluster: tests, user: tests}}
current-context: tests
"""


def free_ports(count: int) -> list[int]:
    """Return ports that nothing listens on. All are held at once, so that they differ."""
    held = [socket.create_server((LOCAL, 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in held]
    for each in held:
        each.close()
    return ports


def check_running(folder: Path, programs: Mapping[str, subprocess.Popen[bytes]]) -> None:
    """Fail the test where one of the programs, which log into a folder by their names, has ended by itself."""
    for name, process in programs.items():
        if process.poll() is not None:
            said = "\n".join(last_lines(folder / f"{name}.log"))
            pytest.fail(f"{name} ended:\n{said}", pytrace=False)


def _start(folder: Path, name: str, arguments: list[str]) -> subprocess.Popen[bytes]:
    with (folder / f"{name}.log").open("wb") as log:
        return subprocess.Popen([PROGRAMS / name, *arguments], stdout=log, stderr=log, cwd=folder)


def _wait_until_ready(
    api: Api, certificate: Path, started: list[subprocess.Popen[bytes]], folder: Path
) -> None:
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end and all(each.poll() is None for each in started):
        # The server makes its certificate itself, when it starts.
        if certificate.is_file() and api.is_ready():
            return
        time.sleep(0.1)
    last = "\n".join(line for name in _NAMES[:2] for line in last_lines(folder / f"{name}.log"))
    pytest.fail(f"the control plane did not start:\n{last}", pytrace=False)


def last_lines(log: Path) -> list[str]:
    """Return the end of a log."""
    return log.read_text(errors="replace").splitlines()[-8:]


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a process, by force where it does not end in time."""
    process.terminate()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
