"""The README's commands and links lead somewhere."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from rtiass.stft import DEFAULT_MODE, MODES, RATE

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def test_the_two_commands_come_first():
    blocks = re.findall(r"```(?:sh|bash|console)?\n(.*?)```", (ROOT / "README.md").read_text(), re.S)
    assert [block.strip() for block in blocks[:2]] == ["./demo.sh", "./test.sh"]


@pytest.mark.parametrize("name", ["demo.sh", "test.sh", ".ci/run"])
def test_scripts_are_executable_and_parse(name):
    path = ROOT / name
    assert os.access(path, os.X_OK)
    shell = "bash" if path.read_text().startswith("#!/usr/bin/env bash") else "sh"
    assert subprocess.run([shell, "-n", path]).returncode == 0


def test_continuous_integration_runs_the_test_command():
    commands = [
        line for line in (ROOT / ".ci/run").read_text().splitlines() if line and not line.startswith(("#", "set "))
    ]
    assert len(commands) == 1
    assert "/test.sh" in commands[0]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_files(page):
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text()):
        if not re.match(r"[a-z]+:", target):
            assert (page.parent / target).exists(), target


def test_latency_table_agrees_with_the_modes():
    text = (ROOT / "README.md").read_text()
    rows = [
        f"| `{m.name}`{' (default)' if m.name == DEFAULT_MODE else ''} | {m.window} | {m.hop} | {m.period} "
        f"| {m.milliseconds:.1f} ms | {round(RATE / m.period)} |"
        for m in MODES.values()
    ]
    assert "\n".join(rows) in text
