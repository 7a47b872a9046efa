"""Several processes share the batches of a step and end with the same weights: gradients averaged over all."""

import itertools
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from tiny_stems import held_pool, settings

from offline_train.fit.budget import Budget
from offline_train.fit.data import PoolData, StepSampler
from offline_train.fit.module import Fit

SCRIPT = """
import sys
from pathlib import Path
import torch
sys.path.insert(0, {tests!r})
from pytorch_lightning.callbacks import Callback
from tiny_stems import train

folder, pool = Path(sys.argv[1]), Path(sys.argv[2])

class Keep(Callback):
    def on_train_batch_end(self, trainer, module, *args):
        weights = [p.detach().clone() for p in module.network.parameters()]
        torch.save(weights, folder / f"{{trainer.global_rank}}-{{trainer.global_step}}.pt")

folder.mkdir(exist_ok=True)
for resume in {resume}:
    train(folder, pool, resume=resume, steps=2 if resume else 1, epoch_steps=1, devices="2", strategy={strategy!r},
          schedule="constant", extra=[Keep()])
"""


def test_processes_take_turns():
    first, second = (list(itertools.islice(StepSampler(3, rank, 2), 3)) for rank in (0, 1))
    assert (first, second) == ([6, 8, 10], [7, 9, 11])


# Forked processes need not load PyTorch again; those of "ddp" run the whole command, as on several machines.
@pytest.mark.parametrize("strategy", ["ddp_fork", pytest.param("ddp", marks=pytest.mark.slow)])
def test_two_processes_average_their_gradients_and_resume(tmp_path, strategy):
    pool, run = held_pool(tmp_path / "pool"), tmp_path / "run"
    script, root = tmp_path / "two.py", Path(__file__).parent.parent
    for resumes in [[False], [True]] if strategy == "ddp" else [[False, True]]:
        script.write_text(SCRIPT.format(tests=str(Path(__file__).parent), strategy=strategy, resume=resumes))
        command = [sys.executable, str(script), str(run), str(pool)]
        done = subprocess.run(command, cwd=root, env=environment(root), capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr
    given = settings(steps=1, schedule="constant")
    data = PoolData(pool, given)
    torch.manual_seed(given.seed)
    module = Fit(given, Budget(0, 1)).train()
    module.network.fit_statistics(data.statistics())
    optimizer = module.configure_optimizers()
    for batch in (data.batches[0], data.batches[1]):
        # Each process normalises by its own batch, so the two halves run one by one.
        (module.losses(batch)[0] / 2).backward()
    torch.nn.utils.clip_grad_norm_(module.parameters(), given.fit.clip)
    optimizer.step()
    found = {name: torch.load(run / f"{name}.pt", weights_only=True) for name in ("0-1", "1-1", "0-2", "1-2")}
    for ours, theirs in zip(module.network.parameters(), found["0-1"], strict=True):
        torch.testing.assert_close(theirs, ours.detach(), rtol=1e-4, atol=1e-6)
    for step in (1, 2):
        assert all(torch.equal(a, b) for a, b in zip(found[f"0-{step}"], found[f"1-{step}"], strict=True))
    assert not all(torch.equal(a, b) for a, b in zip(found["0-1"], found["0-2"], strict=True))


def environment(root):
    """This environment, with the project to be found and nothing of an outer launcher."""
    kept = {key: value for key, value in os.environ.items() if key not in ("LOCAL_RANK", "RANK", "WORLD_SIZE")}
    return kept | {"PYTHONPATH": str(root)}
