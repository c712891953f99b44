"""What `cdk8s synth` runs: the synthesis of the project around the working folder.

It writes where `CDK8S_OUTDIR` says and nothing to standard output, so `cdk8s synth --stdout` and `--output` work. The
cdk8s command line removes the output folder before it runs its app, so it cannot keep the promise that a failed run
leaves the old files; `git restore dist` mends that.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from towpath.cli.main import main as towpath


def main() -> int:
    """Synthesize everything and return the exit code."""
    outdir = os.environ.get("CDK8S_OUTDIR")
    arguments = ["--output", str(Path(outdir).absolute())] if outdir else []
    result = sys.stdout
    sys.stdout = sys.stderr
    try:
        return towpath(["synth", *arguments])
    finally:
        sys.stdout = result
