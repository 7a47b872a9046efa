"""Demucs: HTDemucs of the size that was released, in segments of 7.8 s that overlap by a quarter, one random shift."""

from __future__ import annotations

import argparse
import random
from fractions import Fraction

import meter
import torch
from demucs.apply import apply_model
from demucs.htdemucs import HTDemucs

SEGMENT = Fraction(39, 5)


def load(options: argparse.Namespace) -> meter.System:
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    # 41,984,456 parameters, the released model's.
    model = HTDemucs(["drums", "bass", "other", "vocals"], bottom_channels=512, dconv_mode=3, segment=SEGMENT).eval()

    def process(sound):
        random.seed(0)
        with torch.no_grad():
            return apply_model(model, torch.from_numpy(sound.T.copy())[None], shifts=1, split=True, overlap=0.25)

    parameters = sum(p.numel() for p in model.parameters())
    known = "documented: a segment of 7.8 s goes through at once"
    return meter.System(process, parameters, float(SEGMENT), known, streams=False, weights="random")


if __name__ == "__main__":
    meter.run(load)
