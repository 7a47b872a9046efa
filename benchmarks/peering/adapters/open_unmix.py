"""Open-Unmix: ``umxl``, its default, as its command separates a song, in one go with one step of Wiener filtering.

The unidirectional form is the same network with ``unidirectional=True``, which the package can build. It has no
interface that keeps the states, so it hears the whole song too.
"""

from __future__ import annotations

import argparse
import sys
import types

import meter
import torch

# It opens and resamples files, nothing that is measured, and has no build for every PyTorch.
sys.modules.setdefault("torchaudio", types.ModuleType("torchaudio"))

import openunmix  # noqa: E402
from openunmix.model import OpenUnmix, Separator  # noqa: E402

TARGETS = ("vocals", "drums", "bass", "other")


def unidirectional() -> Separator:
    """Separator of networks of the default's size that look back only."""
    bins = openunmix.utils.bandwidth_to_max_bin(rate=44100.0, n_fft=4096, bandwidth=16000)
    networks = {
        target: OpenUnmix(nb_bins=2049, nb_channels=2, hidden_size=1024, max_bin=bins, unidirectional=True)
        for target in TARGETS
    }
    return Separator(target_models=networks, niter=1)


def load(options: argparse.Namespace) -> meter.System:
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    separator = unidirectional() if options.unidirectional else openunmix.umxl(pretrained=False)
    separator.freeze()

    def process(sound):
        return separator(torch.from_numpy(sound.T.copy())[None])

    parameters = sum(p.numel() for p in separator.parameters())
    known = "documented: the package separates whole songs"
    if options.unidirectional:
        known += "; the network itself looks back only (92.9 ms, a window, if its states were kept)"
    return meter.System(process, parameters, None, known, streams=False, weights="random")


if __name__ == "__main__":
    meter.run(load, lambda parser: parser.add_argument("--unidirectional", action="store_true"))
