"""What a streaming Wiener filter behind a shipped model gains or costs: SDR of validation songs, with it and without.

    python benchmarks/wiener.py --pool POOL [--model band] [--mode studio] [--seconds 30] [--power 2]

Prints a table in Markdown: median over 1 s windows of SDR by song and stem, and the mean over them.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load

from offline_train.evaluation.score import windowed_sdr
from offline_train.evaluation.truth import cut_song
from offline_train.lineup import Lineup
from offline_train.network import build
from offline_train.paper.views import Paired
from offline_train.paper.whole import run
from offline_train.pool import Pool
from offline_train.wiener import wiener
from rtiass.bundle import load_bundle
from rtiass.errors import UserError
from rtiass.stft import MODES


def fill(network: torch.nn.Module, weights: dict[str, torch.Tensor], name: str) -> None:
    """Put weights into a network.

    Raises:
        UserError: They are not all that it has: the rest would be random.
    """
    odd = network.load_state_dict(weights, strict=False)
    # Counts of training steps are not shipped.
    missing = [key for key in odd.missing_keys if not key.endswith("num_batches_tracked")]
    if missing or odd.unexpected_keys:
        names = ", ".join([*missing, *odd.unexpected_keys][:3])
        raise UserError(f"The weights of the model {name} don't fit its network: {names}. Export it again.")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pool", type=Path, default=Path("pool"))
    parser.add_argument("--model", default="band")
    parser.add_argument("--mode", default="studio", choices=list(MODES))
    parser.add_argument("--kind", default="recorded", choices=["recorded", "rendered"], help="songs")
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--forget", default="0.9,0.99,0.998")
    parser.add_argument("--power", type=float, default=2.0, help="power of the mask that is a source's power")
    options = parser.parse_args()
    torch.set_num_threads(1)
    bundle = load_bundle(options.model)
    network = build(bundle.card["network"]).eval()
    data = bundle.weights_bytes()
    if data is None:
        raise UserError(f"The model {bundle.name} brings no weights for PyTorch; this needs them.")
    fill(network, load(data), bundle.name)
    forgets = [float(value) for value in options.forget.split(",")]
    view = Paired(options.mode)
    rows: dict[str, list[float]] = {}
    print(f"{bundle.name}, {options.mode}, {options.kind} songs, {options.seconds:g} s each\n")
    print(f"| song | stem | masks | {' | '.join(f'Wiener {value:g}' for value in forgets)} |")
    print("|---" * (3 + len(forgets)) + "|")
    for song in Pool(options.pool, "valid").songs:
        truth = cut_song(song, Lineup.declaring(bundle.stems), options.seconds)
        if song.kind != options.kind or len(truth.sources) < 2:
            continue
        mixture = view.analyse(torch.from_numpy(truth.mixture))
        masks = run(network, mixture.abs()).masks
        images = (masks ** (options.power / 2) * mixture).numpy()
        systems = [masks * mixture, *(torch.from_numpy(wiener(images, mixture.numpy(), a)) for a in forgets)]
        sounds = [view.synthesise(system, truth.samples).numpy() for system in systems]
        for stem, target in truth.stems.items():
            index = bundle.stems.index(stem)
            values = [float(np.nanmedian(windowed_sdr(target, sound[index]))) for sound in sounds]
            rows[f"{song.name} {stem}"] = values
            print(f"| {song.name} | {stem} | {' | '.join(f'{value:.2f}' for value in values)} |", flush=True)
    if not rows:
        raise UserError(f"The pool in {options.pool} has no {options.kind} validation song of two stems or more.")
    means = np.mean(list(rows.values()), axis=0)
    print(f"| mean | | {' | '.join(f'{value:.2f}' for value in means)} |")


if __name__ == "__main__":
    try:
        main()
    except UserError as problem:
        sys.exit(str(problem))
