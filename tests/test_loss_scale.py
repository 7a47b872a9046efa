"""The paper's loss is of plain magnitudes: the scale of ours is taken back, so that its alpha weighs what it weighed."""

import tomllib

import pytest
import torch
from tiny_pool import make_pool
from torch.nn.functional import binary_cross_entropy_with_logits

from offline_train.loss import LossConfig, MaskLoss
from offline_train.mixing import Mixer
from offline_train.pool import Pool
from offline_train.settings import CONFIGS, parse


def paper(**fewer):
    table = tomllib.loads((CONFIGS / "paper.toml").read_text("utf-8"))
    table["mixing"] |= {"holdout": [], "frames": 6, "batch": 2, "levelled": False, **fewer}
    table["fit"]["development"] = "valid"
    return parse(table)


def test_it_is_the_mean_squared_error_of_plain_magnitudes(tmp_path, monkeypatch):
    settings = paper(gain=[1.0, 1.0])
    mixer = Mixer(Pool(make_pool(tmp_path)), settings.mixing, 1, settings.lineup)
    drawn = []
    draw = mixer.draw
    monkeypatch.setattr(mixer, "draw", lambda *args: drawn.append(draw(*args)) or drawn[-1])
    batch = mixer.batch(0)

    def plain(audio):
        window = torch.hann_window(4096)
        spectrum = torch.stft(audio, 4096, 1024, window=window, center=False, return_complex=True)
        return spectrum.abs().mean(dim=0).T

    mask = torch.rand(2, 1, 6, 2049)
    logits = torch.zeros(2, 1, 6)
    error = torch.stack([
        (mask[k, 0] * plain(torch.from_numpy(audio).sum(dim=0)) - plain(torch.from_numpy(audio[0]))).square().mean()
        for k, (audio, _) in enumerate(drawn)
    ]).mean()  # fmt: skip
    active = binary_cross_entropy_with_logits(logits, batch.active[:, :1])
    total, _ = MaskLoss(settings.loss, mixer.rows, settings.mixing.exponent)(mask, logits, batch)
    assert error > 0
    assert float(total) == pytest.approx(float(error + 2.0 * active), rel=1e-4)


def test_a_scale_of_nothing_is_refused():
    assert LossConfig(scale=0.0).problem([]) == ("scale", "must be above 0")
