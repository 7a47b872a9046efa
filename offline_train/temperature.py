"""How sure a shipped model's masks are, set on songs that it has not heard.

A network that knows its training songs by heart is too sure of itself on others, and a wrong mask costs the more SDR
the surer it is. Dividing the logits of all stems by one number before the softmax takes that back (temperature scaling:
Guo et al., "On Calibration of Modern Neural Networks", ICML 2017, there for classifiers). The number that gives the
highest SDR on songs held out from training is folded into the last layer, so it costs nothing at run time.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from offline_train.calibrate import FRAMES, PERIOD, SKIP, WINDOW
from offline_train.joint import JointNet
from offline_train.lineup import BAND, Lineup
from offline_train.mixing import Mixer
from offline_train.mixing_config import MixingConfig
from offline_train.network import StreamingNetwork
from offline_train.pool import Pool
from offline_train.spectra import chunk_samples, spectra
from rtiass.stft import RATE

TEMPERATURES = (0.8, 0.9, 1.0, 1.1, 1.25, 1.4, 1.6, 1.8, 2.1, 2.5)
SECOND = RATE // PERIOD
QUIET = 6e-6 * SECOND
"""Energy of a second, both channels, that an RMS of -60 dB of full scale has."""


def has_temperature(network: StreamingNetwork) -> bool:
    """Whether a network's masks come from a softmax over stems."""
    return isinstance(network, JointNet) and network.masks == "softmax"


@torch.no_grad()
def sdr_by_temperature(
    network: StreamingNetwork,
    held: Pool,
    lineup: Lineup = BAND,
    temperatures: Sequence[float] = TEMPERATURES,
    examples: int = 24,
    seed: int = 6,
) -> list[dict[str, float]]:
    """SDR of a network's stems on songs held out from training, for several temperatures.

    Args:
        network: A JointNet in evaluation mode.
        held: Songs that training did not hear.
        lineup: Stems that the network puts out.
        temperatures: What the logits are divided by.
        examples: Excerpts of 10 s of each kind of song.
        seed: Of the excerpts.

    Returns:
        Per temperature: ``temperature``, and in dB ``recorded`` and ``rendered``, for the kinds of songs that are
        there: mean over stems of the median over windows of 1 s in which the stem sounds. Empty without any.
    """
    assert isinstance(network, JointNet)
    kinds = sorted({song.kind for song in held.songs if len(song.stems) > 1})
    out: list[dict[str, float]] = [{"temperature": float(value)} for value in temperatures]
    for kind in kinds:
        plain = MixingConfig().as_they_are(lineup.classes, recorded=kind == "recorded")
        mixer = Mixer(held, plain, seed, lineup)
        windows: list[list[NDArray[np.float64]]] = [[] for _ in temperatures]
        for example in range(examples):
            rng = np.random.default_rng([seed, example])
            audio, _ = mixer.draw(rng, chunk_samples(FRAMES, PERIOD), WINDOW, PERIOD)
            stems = spectra(torch.from_numpy(audio), WINDOW, PERIOD)
            mixture = stems.sum(dim=0)
            scores, _, _ = network.scores(mixture.abs().unsqueeze(0), None)
            for found, value in zip(windows, temperatures, strict=True):
                masks = network.merged(torch.softmax(scores / value, dim=1), "sum")[0]
                found.append(_windows(masks[:, SKIP:], mixture[:, SKIP:], stems[:, :, SKIP:]))
        for row, found in zip(out, windows, strict=True):
            table = np.concatenate(found, axis=1)
            middles = [np.median(line[np.isfinite(line)]) for line in table if np.isfinite(line).any()]
            if middles:
                row[kind] = round(float(np.mean(middles)), 3)
    return out if kinds else []


def _windows(masks: torch.Tensor, mixture: torch.Tensor, stems: torch.Tensor) -> NDArray[np.float64]:
    """SDR in dB of each second, shape (stems, seconds); NaN where the stem is silent."""
    error = (masks.unsqueeze(1) * mixture - stems).abs().square().sum(dim=(1, 3)).double().numpy()
    energy = stems.abs().square().sum(dim=(1, 3)).double().numpy()
    count = energy.shape[1] // SECOND
    s, e = (x[:, : count * SECOND].reshape(len(x), count, SECOND).sum(-1) for x in (energy, error))
    return np.where(s > QUIET, 10 * np.log10(np.maximum(s, QUIET) / np.maximum(e, 1e-6 * QUIET)), np.nan)


def choose_temperature(levels: Sequence[dict[str, float]]) -> float:
    """The temperature of the highest SDR, recorded and rendered songs counting alike; 1 if nothing is known."""
    known = [row for row in levels if len(row) > 1]
    if not known:
        return 1.0
    best = max(known, key=lambda row: float(np.mean([row[kind] for kind in ("recorded", "rendered") if kind in row])))
    return best["temperature"]


def set_temperature(network: StreamingNetwork, temperature: float) -> None:
    """Divide a network's mask logits by a number, in its last layer.

    Raises:
        ValueError: The number is not above 0, or the network's masks do not compete.
    """
    if temperature <= 0:
        raise ValueError(f"a temperature must be above 0, not {temperature}")
    if not isinstance(network, JointNet) or not has_temperature(network):
        raise ValueError("only masks from a softmax have a temperature")
    with torch.no_grad():
        network.head.weight /= temperature
        if network.head.bias is not None:
            network.head.bias /= temperature
