"""The paper's experiments on a stand-in of a few seconds, made once for all tests of a process."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pytest
from ffmpeg_needed import NEEDS_FFMPEG
from typer.testing import CliRunner, Result

from offline_train.cli import app

NEEDS_OPENUNMIX = pytest.mark.skipif(
    find_spec("openunmix") is None, reason="needs the package openunmix: pip install --no-deps openunmix"
)
NEEDS_MUSDB = NEEDS_FFMPEG
OPTIONS = ["--standin", "--songs", "1,1,1", "--seconds", "4", "--targets", "vocals", "--jobs", "1"]


@cache
def folder() -> Path:
    """Where everything is kept; what one test has trained the next one has."""
    made = Path(tempfile.mkdtemp(prefix="paper"))
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    return made


def run(*what: str, out: Path | None = None, options: list[str] = OPTIONS) -> Result:
    """Run ``rtiass-train paper`` in this process."""
    return CliRunner().invoke(app, ["paper", *what, *options, "--out", str(out or folder())])


@cache
def done(what: str) -> Result:
    """Run a command on the stand-in, once."""
    result = run(what)
    if result.exception is not None:
        raise result.exception
    return result
