"""The set-up shared by demo.sh and test.sh: it finds a new enough Python, says what is missing, and works twice."""

import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A copy of the set-up beside an empty folder ``bin`` for commands."""
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci/setup.sh", tmp_path / ".ci")
    (tmp_path / "pyproject.toml").write_text("first\n")
    (tmp_path / "bin").mkdir()
    return tmp_path


def command(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def shell(place: Path, script: str, only_own: bool = True) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": str(place / "bin") if only_own else os.environ["PATH"]}
    line = f"set -eu; . ./.ci/setup.sh; {script}"
    return subprocess.run(
        ["/bin/sh", "-c", line, "demo.sh"], cwd=place, env=environment, capture_output=True, text=True
    )


def test_old_python_is_refused_with_a_next_step(place):
    command(place / "bin/python3", "exit 1")
    done = shell(place, "find_python")
    assert done.returncode != 0
    assert "Python 3.11 or newer is needed" in done.stderr
    assert "PYTHON=/path/to/python3 demo.sh" in done.stderr


def test_newer_python_beside_an_old_one_is_found(place):
    command(place / "bin/python3", "exit 1")
    command(place / "bin/python3.12", "exit 0")
    assert shell(place, 'find_python; echo "$PYTHON"').stdout == "python3.12\n"


def test_named_python_goes_first(place):
    command(place / "bin/python3", "exit 0")
    command(place / "bin/mine", "exit 0")
    assert shell(place, 'PYTHON=mine; find_python; echo "$PYTHON"').stdout == "mine\n"


def test_without_rights_nothing_is_installed_and_nobody_is_asked(place):
    command(place / "bin/apt-get", 'echo called >"$0.log"')
    command(place / "bin/id", "echo 1000")
    command(place / "bin/sudo", "exit 1")
    done = shell(place, "apt_install jackd2 || echo refused")
    assert done.stdout == "refused\n"
    assert not (place / "bin/apt-get.log").exists()


def test_root_installs_without_questions(place):
    command(place / "bin/apt-get", 'echo "$*" >>apt.log')
    command(place / "bin/id", "echo 0")
    command(place / "bin/env", 'shift; "$@"')
    assert shell(place, "apt_install jackd2").returncode == 0
    update, install = (place / "apt.log").read_text().splitlines()
    assert update.endswith("update")
    assert "install -y --no-install-recommends jackd2" in install


def test_set_up_is_done_once_and_again_after_a_change(place):
    command(place / ".venv/bin/python", "echo Python 3.12.0")
    script = "is_installed test && echo yes || echo no"
    assert shell(place, script, False).stdout == "no\n"
    assert shell(place, f"mark_installed test; {script}", False).stdout == "yes\n"
    assert shell(place, script.replace("test", "demo"), False).stdout == "no\n"
    (place / "pyproject.toml").write_text("second\n")
    assert shell(place, script, False).stdout == "no\n"


def test_a_browser_under_any_of_its_names_is_found(place):
    script = "have_chromium && echo yes || echo no"
    assert shell(place, script).stdout == "no\n"
    command(place / "bin/google-chrome", "exit 0")
    assert shell(place, script).stdout == "yes\n"


def test_synthesiser_arranger_and_soundfont_are_all_looked_for(place):
    script = "have_renderers && echo yes || echo no"
    font = place / "TimGM6mb.sf2"
    command(place / "bin/fluidsynth", "exit 0")
    assert shell(place, f"SOUNDFONT={font}; {script}").stdout == "no\n"
    command(place / "bin/mma", "exit 0")
    assert shell(place, f"SOUNDFONT={font}; {script}").stdout == "no\n"
    font.touch()
    assert shell(place, f"SOUNDFONT={font}; {script}").stdout == "yes\n"
