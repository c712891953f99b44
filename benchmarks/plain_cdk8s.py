"""Plain cdk8s in Python, as people use it for bodies that they have as dictionaries: ApiObject and JsonPatch.

Arguments: services, teams, output folder.
"""

from __future__ import annotations

import sys
from pathlib import Path

import cdk8s

from benchmarks.workload import ENVIRONMENTS, objects, services

_IDENTITY = ("apiVersion", "kind", "metadata")


def main(count: int, teams: int, out: Path) -> None:
    """Write every object of every environment, a chart for each service."""
    listed = services(count, teams)
    for environment in ENVIRONMENTS:
        app = cdk8s.App(
            outdir=str(out / environment), yaml_output_type=cdk8s.YamlOutputType.FILE_PER_RESOURCE
        )
        for service in listed:
            chart = cdk8s.Chart(app, service.name)
            for body in objects(service, environment):
                added = cdk8s.ApiObject(
                    chart,
                    body["kind"],
                    api_version=body["apiVersion"],
                    kind=body["kind"],
                    metadata=body["metadata"],
                )
                # An ApiObject's arguments have no place for `spec` and `data`.
                fields = (field for field in body if field not in _IDENTITY)
                added.add_json_patch(*(cdk8s.JsonPatch.add(f"/{field}", body[field]) for field in fields))
        app.synth()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
