"""A signal ends training after the step, with a checkpoint from which it goes on as if nothing had been."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from pytorch_lightning.callbacks import Callback
from tiny_stems import held_pool, train
from typer.testing import CliRunner

from offline_train.cli import app
from offline_train.fit.saved import LAST

ROOT = Path(__file__).parent.parent
CONFIG = """
seed = 3
[network]
kind = "joint"
channels = [4, 4, 4]
hidden = 8
squeeze = 2
rank = 4
[mixing]
frames = 6
batch = 2
modes = [[2048, 1024, 1.0]]
holdout = ["held"]
[fit]
validate_excerpts = 0
statistics_batches = 1
accelerator = "cpu"
devices = 1
threads = 1
workers = 1
"""


class Kill(Callback):
    """Sends this process a signal within a step."""

    def __init__(self, step, number):
        self.step, self.number = step, number

    def on_train_batch_start(self, trainer, module, batch, batch_idx):
        if trainer.global_step + 1 == self.step:
            os.kill(os.getpid(), self.number)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stops_after_the_step_and_resumes_exactly(tmp_path, capsys, number):
    pool = held_pool(tmp_path / "pool")
    before = signal.getsignal(number)
    # After step 2 a validation is due, so the checkpoint is that of step 3.
    with pytest.raises(SystemExit) as ended:
        train(tmp_path / "run", pool, steps=6, epoch_steps=2, extra=[Kill(2, number)])
    assert ended.value.code == 128 + number and signal.getsignal(number) == before
    assert "--resume" in capsys.readouterr().out
    assert torch.load(tmp_path / "run" / LAST, weights_only=True)["global_step"] == 3
    train(tmp_path / "run", pool, resume=True, steps=6, epoch_steps=2)
    train(tmp_path / "straight", pool, steps=6, epoch_steps=2)
    ends = [torch.load(tmp_path / name / LAST, weights_only=True) for name in ("run", "straight")]
    for key, value in ends[0]["current_model_state"].items():
        assert torch.equal(value, ends[1]["current_model_state"][key]), key


def test_the_command_ends_with_the_signal_s_code_and_goes_on(tmp_path):
    pool, run = held_pool(tmp_path / "pool"), tmp_path / "run"
    (tmp_path / "tiny.toml").write_text(CONFIG)
    command = ["train", "--out", str(run)]
    begin = [*command, "--config", str(tmp_path / "tiny.toml"), "--pool", str(pool), "--steps", "100000"]
    first = [sys.executable, "-m", "offline_train", *begin]
    process = subprocess.Popen(first, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        deadline = time.monotonic() + 300
        while not ((run / "log.jsonl").is_file() and (run / "log.jsonl").read_text().count("\n") >= 20):
            assert process.poll() is None and time.monotonic() < deadline
            time.sleep(0.1)
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=300)
    finally:
        process.kill()
    assert process.returncode == 143 and "Go on with: rtiass-train train" in out
    stopped = torch.load(run / LAST, weights_only=True)["global_step"]
    assert stopped >= 20
    # Neither the pool nor the workers need to be said again.
    done = CliRunner().invoke(app, [*command, "--resume", "--steps", str(stopped + 2)])
    assert done.exit_code == 0, done.output
    steps = [json.loads(line)["step"] for line in (run / "log.jsonl").read_text().splitlines() if '"loss"' in line]
    assert steps == list(range(1, stopped + 3))
