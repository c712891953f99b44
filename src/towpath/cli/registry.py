"""The option by which commands read a registry's bytes from another address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from towpath.errors import NOWHERE, Problem, UsageError

if TYPE_CHECKING:
    import argparse

    from towpath.pipeline import Pipeline
    from towpath.registry.mirrors import Mirrors


def add_mirror(command: argparse.ArgumentParser) -> None:
    """Add `--mirror`."""
    command.add_argument(
        "--mirror",
        action="append",
        default=[],
        metavar="HOST=URL",
        help="read this registry's bytes from another address, as registries.mirrors in towpath.yaml does",
    )


def mirrors_of(arguments: argparse.Namespace, pipeline: Pipeline) -> Mirrors:
    """Return the mirrors of the pipeline and of the command line, which prevails.

    Raises:
        UsageError: where an argument is no mirror.

    """
    from towpath.registry.mirrors import parse_mirrors  # noqa: PLC0415 -- other commands need no registry

    parts = [text.partition("=") for text in arguments.mirror]
    problems = [
        Problem(
            NOWHERE,
            f"`{ascii(host)[1:-1]}` is no mirror",
            "HOST=URL, such as ghcr.io=http://127.0.0.1:5000",
            rule="usage.mirror",
        )
        for host, equals, url in parts
        if not (host and equals and url)
    ]
    if problems:
        raise UsageError(problems)
    named = {host: url for host, _, url in parts}
    return parse_mirrors({**pipeline.mirrors, **named}, pipeline.mirror_places)
