"""Songs measured side by side give the figures of songs measured in turn; the command writes them."""

import json

import pytest
from tiny_pool import make_pool
from typer.testing import CliRunner

from offline_train.cli import app
from offline_train.evaluate import as_json, evaluate
from offline_train.evaluation.song import Plan
from offline_train.pool import Pool
from rtiass.bundle import load_bundle
from rtiass.engine import choose


def flat(text):
    """Every figure of a report by its place, and everything else."""
    figures, words = {}, {}

    def walk(place, value):
        if isinstance(value, dict | list):
            for key, part in value.items() if isinstance(value, dict) else enumerate(value):
                walk(f"{place}/{key}", part)
        else:
            (figures if isinstance(value, int | float) else words)[place] = value

    walk("", json.loads(text))
    assert len(figures) > 30
    return figures, words


@pytest.fixture
def folder(tmp_path):
    return make_pool(tmp_path / "pool")


def test_processes_give_the_same_report(folder, tiny_bundle):
    bundle = load_bundle(tiny_bundle)
    _, session, _ = choose("onnxruntime", bundle, 1)
    plan = Plan(modes=("live",), seconds=1.0, museval=False)
    said = []
    alone = evaluate(bundle, session, Pool(folder, "valid"), plan, lambda text: None)
    beside = evaluate(bundle, session, Pool(folder, "valid"), plan, said.append, 2, "onnxruntime")
    session.close()
    # A worker has one thread, and sums of another order differ in their last digits.
    figures, words = flat(as_json(alone))
    assert flat(as_json(beside)) == (pytest.approx(figures, rel=1e-9, abs=1e-9), words)
    assert said == ["1 of 1 songs measured"]


def test_the_command_prints_the_table_and_writes_the_folder(folder, tiny_bundle, tmp_path):
    out = tmp_path / "out"
    given = ["evaluate", str(tiny_bundle), "--pool", str(folder), "--seconds", "1", "--modes", "live"]
    result = CliRunner().invoke(app, [*given, "--gates", "off,oracle", "-o", str(out)])
    assert result.exit_code == 0, result.output
    assert "recorded songs (v)" in result.output and "Gates in live" in result.output
    assert "museval" not in (out / "table.md").read_text()
    assert {p.name for p in out.iterdir()} == {"figures.json", "table.md", "sdr.png", "gate.png"}
