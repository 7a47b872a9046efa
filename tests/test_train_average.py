"""Averaged weights follow the weights with a decay that grows, running statistics included."""

import torch
from pytorch_lightning.callbacks import Callback
from tiny_stems import held_pool, train

from offline_train.fit.saved import load_checkpoint


class Keep(Callback):
    """The network after each step."""

    def __init__(self):
        self.states = []

    def on_train_start(self, trainer, module):
        self.start = {k: v.clone() for k, v in module.network.state_dict().items()}

    def on_train_batch_end(self, trainer, module, *args):
        self.states.append({k: v.clone() for k, v in module.network.state_dict().items()})


def test_average_is_the_moving_one_of_weights_and_statistics(tmp_path):
    keep = Keep()
    train(tmp_path / "run", held_pool(tmp_path / "pool"), steps=4, ema=0.3, extra=[keep])
    expected = keep.states[0]
    for n, state in enumerate(keep.states[1:], start=1):
        decay = min(0.3, (1 + n) / (10 + n))
        expected = {
            k: decay * v + (1 - decay) * state[k] if v.is_floating_point() else state[k] for k, v in expected.items()
        }
    found = load_checkpoint(tmp_path / "run")["average"]
    assert any("running_mean" in key for key in found)
    for key, value in expected.items():
        torch.testing.assert_close(found[key], value, msg=key)


def test_without_averaging_the_weights_themselves_are_kept(tmp_path):
    keep = Keep()
    train(tmp_path / "run", held_pool(tmp_path / "pool"), steps=2, ema=0.0, extra=[keep])
    found = load_checkpoint(tmp_path / "run")["average"]
    assert all(torch.equal(found[key], value) for key, value in keep.states[-1].items())
