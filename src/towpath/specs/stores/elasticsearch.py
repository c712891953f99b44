"""Elasticsearch: what clients are told, how the official image runs it, and the template for the platform's indices."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from towpath.specs.parts import WorkloadSpec
from towpath.specs.values import Port, User, Writable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from towpath.images.symbol import ImageSymbol
    from towpath.specs.values import EnvironmentValue, Probe, Resources, SecretKey, Storage

ELASTICSEARCH_PORT = 9200
SUPERUSER = "elastic"
_HOME = "/usr/share/elasticsearch"
DATA = f"{_HOME}/data"
# The user `elasticsearch` of the official image.
USER = User(1000, 1000)
SETTINGS: Mapping[str, bool] = {
    # Files are read and not mapped: mapping needs a kernel setting of the node that only a privileged container can
    # change.
    "node.store.allow_mmap": False,
}
"""elasticsearch.yml, wherever a node of ours runs."""


def address_facts(
    *, url: str, host: str, port: int, username: str, password: SecretKey, index_prefix: str
) -> dict[str, EnvironmentValue]:
    """Return what clients are told."""
    return {
        "url": url,
        "host": host,
        "port": str(port),
        "username": username,
        "password": password,
        "index_prefix": index_prefix,
    }


def elasticsearch_workload(
    name: str,
    *,
    image: ImageSymbol,
    host: str,
    password: SecretKey,
    java_options: str,
    resources: Resources,
    storage: Storage,
    health: Probe,
    startup: Probe | None,
) -> WorkloadSpec:
    """Return what runs a bundled Elasticsearch: one node with security, which speaks HTTP without TLS."""
    return WorkloadSpec(
        name=name,
        image=image,
        user=USER,
        ports=(Port("http", ELASTICSEARCH_PORT),),
        environment={
            # The image takes variables with a dot for settings.
            "discovery.type": "single-node",
            "xpack.security.enabled": "true",
            # Stated, or the first start would make certificates that no client knows.
            "xpack.security.http.ssl.enabled": "false",
            **{setting: json.dumps(value) for setting, value in SETTINGS.items()},
            "ELASTIC_PASSWORD": password,
            **({"ES_JAVA_OPTS": java_options} if java_options else {}),
        },
        resources=resources,
        startup=startup,
        liveness=health,
        readiness=health,
        writable=(
            # At each start the image writes a keystore beside its own configuration files.
            Writable(f"{_HOME}/config", "16Mi", copied=True),
            # The image keeps 32 files of 64 megabytes about garbage collection; a volume that overflows ends the pod.
            Writable(f"{_HOME}/logs", "2304Mi"),
            Writable("/tmp", "256Mi"),  # noqa: S108 -- a path in the container
        ),
        storage=storage,
        host=host,
        # A shutdown writes what is in memory.
        grace_seconds=60,
        spread=False,
    )


def template_script(prefix: str, nodes: int) -> str:
    """Return the shell script that tells the server how the platform's indices are made.

    A copy of each shard on another node, where there is another one: on a single node a copy has no place, and the
    cluster would never be green. Doing it again changes nothing. The password goes to curl through a pipe, so that it
    is no argument that others see.
    """
    template = {
        "index_patterns": [f"{prefix}*"],
        # The least above the default, so that a template of the application's own goes before it.
        "priority": 1,
        "template": {"settings": {"index": {"number_of_replicas": min(1, nodes - 1)}}},
    }
    lines = [
        "set -eu",
        "ask() {",
        """  printf 'user = "%s:%s"\\n' "$ELASTICSEARCH_USERNAME" "$ELASTICSEARCH_PASSWORD" |""",
        '    curl --silent --show-error --fail --max-time 30 --config - "$@"',
        "}",
        'until ask "$ELASTICSEARCH_NODE/_cluster/health?wait_for_status=yellow&timeout=20s"; do sleep 2; done',
        "ask --request PUT --header 'Content-Type: application/json' \\",
        f"  --data '{json.dumps(template, sort_keys=True)}' \\",
        f'  "$ELASTICSEARCH_NODE/_index_template/{prefix}"',
    ]
    return "\n".join(lines) + "\n"
