"""HS-TasNet, by the streaming interface of its package: 512 samples in, 512 samples of four stems out."""

from __future__ import annotations

import argparse
import sys
import types
from unittest.mock import MagicMock

import meter
import torch


class Absent(types.ModuleType):
    """Stands in for a package that trains, draws, or handles files and sound cards: none of it is measured."""

    __path__: list[str] = []  # noqa: RUF012  # what Python looks for in a package

    def __getattr__(self, name: str) -> MagicMock:
        if name.startswith("__"):
            raise AttributeError(name)
        return MagicMock(name=name)


for absent in (
    "accelerate",
    "ema_pytorch",
    "librosa",
    "matplotlib",
    "matplotlib.pyplot",
    "musdb",
    "sounddevice",
    "torchaudio",
    "torchaudio.functional",
    "torchcodec",
    "torchcodec.encoders",
):
    sys.modules[absent] = Absent(absent)

from hs_tasnet import HSTasNet  # noqa: E402


def load(options: argparse.Namespace) -> meter.System:
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    if options.without_onednn:
        # Its LSTM packs the weights anew at every call, which costs more than a hop's own work.
        torch.backends.mkldnn.set_flags(False)
    model = HSTasNet()
    hop, window = model.overlap_len, model.segment_len

    def process(sound):
        separate = model.init_stateful_transform_fn()
        samples = torch.from_numpy(sound.T.copy())
        for start in range(0, samples.shape[1] - hop + 1, hop):
            separate(samples[:, start : start + hop])

    known = f"formula: a window of {window} samples"
    return meter.System(process, model.num_parameters, window / meter.RATE, known, streams=True, weights="random")


if __name__ == "__main__":
    meter.run(load, lambda parser: parser.add_argument("--without-onednn", action="store_true"))
