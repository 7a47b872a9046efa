"""The command line starts quickly: nothing heavy is imported before a command needs it."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("numba", "onnxruntime", "matplotlib", "soundfile", "av", "soxr", "sounddevice", "torch")


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["separate", "--help"]])
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    code = (
        "import sys; sys.argv = ['rtiass', *sys.argv[1:]]\n"
        "from rtiass.cli import main\n"
        "try: main()\n"
        "finally: print('LOADED', *[m for m in sys.modules if '.' not in m])"
    )
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    loaded = done.stdout.split("LOADED", 1)[1].split()
    assert "typer" in loaded
    assert not set(loaded) & set(HEAVY)


def test_version_is_the_packages() -> None:
    from importlib.metadata import version

    import rtiass

    done = subprocess.run([sys.executable, "-m", "rtiass", "--version"], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == f"rtiass {rtiass.__version__}"
    assert rtiass.__version__ == version("rtiass")


def test_modes_and_formats_are_those_of_the_library() -> None:
    from rtiass import audiowriter, cli, stft
    from rtiass.activity import GATE_KINDS

    assert [mode.value for mode in cli.Mode] == list(stft.ALL_MODES)
    assert [fmt.value for fmt in cli.Format] == list(audiowriter.FORMATS)
    assert [gate.value for gate in cli.Gate] == list(GATE_KINDS)
