"""The floor: dictionaries, written by PyYAML's C dumper, a file each. Arguments: services, teams, output folder."""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.documents import dump
from benchmarks.workload import ENVIRONMENTS, objects, services


def main(count: int, teams: int, out: Path) -> None:
    """Write every object of every environment."""
    listed = services(count, teams)
    for environment in ENVIRONMENTS:
        for service in listed:
            folder = out / environment / service.team
            folder.mkdir(parents=True, exist_ok=True)
            for body in objects(service, environment):
                name = f"{body['kind'].lower()}_{body['metadata']['name']}.yaml"
                with (folder / name).open("w", encoding="utf-8") as file:
                    dump(body, file)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
