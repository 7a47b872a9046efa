"""The packages musdb and museval do not work without FFmpeg's programs."""

import shutil

import pytest

NEEDS_FFMPEG = pytest.mark.skipif(
    not (shutil.which("ffmpeg") and shutil.which("ffprobe")), reason="needs the programs ffmpeg and ffprobe"
)
