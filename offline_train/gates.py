"""Gate thresholds of a shipped model, chosen on training material by what the gate does in the end.

For every threshold the gate itself (:class:`rtiass.activity.FastGate`, with its median and hangover) runs over mixtures
in the mode ``live``, and its weights are judged at its output. A threshold can be had if the gate then

- is open in at least RECALL of the frames in which the stem is active,
- costs no SDR: the median over 1 s windows falls by less than MEDIAN_LOSS, and what windows lose, a mean in which those
  that gain count as nothing, stays below MEAN_LOSS.

Both must hold on random mixtures of the training material and on the songs that training held out. Of these thresholds
the lowest is taken that comes close to the least energy in the pauses. If there is none, or even the best gate hardly
ever closes, the threshold is 0: the gate stays open.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from offline_train.calibrate import FRAMES, PERIOD, SKIP, WINDOW
from offline_train.lineup import BAND, Lineup
from offline_train.mixing import Mixer
from offline_train.mixing_config import MixingConfig
from offline_train.network import StreamingNetwork
from offline_train.pool import Pool
from offline_train.spectra import chunk_samples, spectra
from rtiass.activity import FastGate, GateSettings
from rtiass.stft import RATE

THRESHOLDS = (0.005, 0.01, *(round(0.02 * k, 2) for k in range(1, 50)))
RECALL = 0.97
MEDIAN_LOSS = 0.01
"""dB."""
MEAN_LOSS = 0.1
"""dB; any gate takes a moment to open."""
CLOSE = 1.0
"""Energy in the pauses, dB above the least that can be had, for which a lower threshold is preferred."""
SELDOM = 0.98
"""A gate that is open in at least this share of the pauses does nothing worth its risk."""
QUIET = 6e-6
"""Energy of a frame, both channels, that an RMS of -60 dB of full scale has."""
SECOND = RATE // PERIOD

CRITERION = (
    "Of the thresholds at which the gate's output finds 97 % of the active frames and costs no SDR (median over 1 s "
    "windows by less than 0.01 dB, mean loss below 0.1 dB), both on random mixtures of the training material and on "
    "songs held out from training, the lowest within 1 dB of the least energy in pauses. 0: the gate stays open."
)

Values = NDArray[np.float64]


@dataclass
class Heard:
    """What a stem's gate is judged by, in one excerpt; all of shape (frames,).

    With weight w, estimate e and target s of a frame, the error's energy is ``w^2 own - 2 w cross + target``.

    Attributes:
        probability: Activity.
        active: Labels.
        own: Energy of e.
        cross: Real part of the product of e and s.
        target: Energy of s.
    """

    probability: Values
    active: NDArray[np.bool_]
    own: Values
    cross: Values
    target: Values


@torch.no_grad()
def listen(network: StreamingNetwork, mixer: Mixer, examples: int, seed: int) -> list[list[Heard]]:
    """What a network makes of excerpts of 10 s.

    Args:
        network: In evaluation mode.
        mixer: Draws the excerpts; its line-up is that of the network.
        examples: How many.
        seed: Of the excerpts.

    Returns:
        By gated stem (all but the last) and excerpt.
    """
    gated = len(mixer.lineup.stems) - 1
    out: list[list[Heard]] = [[] for _ in range(gated)]
    for example in range(examples):
        rng = np.random.default_rng([seed, example])
        audio, active = mixer.draw(rng, chunk_samples(FRAMES, PERIOD), WINDOW, PERIOD)
        stems = spectra(torch.from_numpy(audio), WINDOW, PERIOD)
        mixture = stems.sum(dim=0)
        mask, probability, _ = network.stream(mixture.abs().unsqueeze(0))
        for index in range(gated):
            estimate, target = mask[0, index] * mixture, stems[index]
            sums = (estimate.abs().square(), (estimate * target.conj()).real, target.abs().square())
            own, cross, energy = (part.double().sum(dim=(0, 2)).numpy() for part in sums)
            likely = probability[0, index].double().numpy()
            out[index].append(Heard(likely, active[index] > 0.5, own, cross, energy))
    return out


def weights(probability: Values, threshold: float) -> Values:
    """Weights of the gate as it ships, frame by frame."""
    gate = FastGate(GateSettings(threshold=threshold), PERIOD / RATE)
    return np.array([gate.push(float(p)) for p in probability])


def judge(excerpts: Sequence[Heard], threshold: float) -> dict[str, float]:
    """What a gate does at a threshold.

    Returns:
        ``recall`` and ``wrongly_open``: shares of the active and of the other frames in which its weight is at least
        one half; ``sdr_change`` (of the median over windows), ``sdr_loss`` (mean over windows of what they lose) and
        ``pause_change`` (mean change of the level of windows without target), in dB. What has no frames is left out.
    """
    found: list[list[bool]] = [[], []]
    gated: list[float] = []
    opened: list[float] = []
    pauses: list[float] = []
    for heard in excerpts:
        weight = weights(heard.probability, threshold)[SKIP:]
        own, cross, target = (values[SKIP:] for values in (heard.own, heard.cross, heard.target))
        active, is_open = heard.active[SKIP:], weight >= 0.5
        found[0] += list(is_open[active])
        found[1] += list(is_open[~active])
        for start in range(0, len(weight) - SECOND + 1, SECOND):
            cut = slice(start, start + SECOND)
            w, s = weight[cut], target[cut].sum()
            if s > QUIET * SECOND:
                for values, v in ((gated, w), (opened, np.ones_like(w))):
                    error = (v**2 * own[cut] - 2 * v * cross[cut] + target[cut]).sum()
                    values.append(10 * np.log10(s / max(error, 1e-6 * s)))
            elif own[cut].sum() > 0.0:
                floor = 1e-6 * own[cut].sum()
                pauses.append(10 * np.log10(((w**2 * own[cut]).sum() + floor) / own[cut].sum()))
    out = {}
    if found[0]:
        out["recall"] = float(np.mean(found[0]))
    if found[1]:
        out["wrongly_open"] = float(np.mean(found[1]))
    if gated:
        out["sdr_change"] = float(np.median(gated) - np.median(opened))
        out["sdr_loss"] = float(np.mean(np.maximum(np.subtract(opened, gated), 0.0)))
    if pauses:
        out["pause_change"] = float(np.mean(pauses))
    return out


def allowed(facts: dict[str, float]) -> bool:
    """Whether a gate misses little and costs no SDR; what is not known speaks neither for nor against it."""
    return (
        facts.get("recall", 1.0) >= RECALL
        and facts.get("sdr_change", 0.0) >= -MEDIAN_LOSS
        and facts.get("sdr_loss", 0.0) <= MEAN_LOSS
    )


def choose(mixtures: Sequence[Heard], held: Sequence[Heard]) -> dict[str, Any]:
    """The threshold of a stem.

    Args:
        mixtures: Random mixtures of the training material.
        held: Excerpts of songs that were held out; may be empty.

    Returns:
        ``threshold``, ``why`` if it is 0, and what :func:`judge` finds there: ``mixtures`` and ``held_out``.
    """
    sets = {"mixtures": mixtures, "held_out": held}
    facts = {t: {name: judge(part, t) for name, part in sets.items() if part} for t in THRESHOLDS}
    possible = [t for t in THRESHOLDS if all(allowed(found) for found in facts[t].values())]
    together = {t: judge([*mixtures, *held], t) for t in possible}
    least = min((together[t].get("pause_change", 0.0) for t in possible), default=0.0)
    near = [t for t in possible if together[t].get("pause_change", 0.0) <= least + CLOSE]
    if not near:
        shown, why = THRESHOLDS[0], "At every threshold the gate would miss too much or cost SDR."
    elif together[near[0]].get("wrongly_open", 1.0) >= SELDOM:
        shown, why = near[0], "At every threshold that costs nothing the gate would hardly ever close."
    else:
        shown, why = near[0], ""
    rounded = {name: {key: round(v, 3) for key, v in found.items()} for name, found in facts[shown].items()}
    if not why:
        return {"threshold": shown, **rounded}
    return {"threshold": 0.0, "why": why, "tried": shown, **rounded}


def calibrate(
    network: StreamingNetwork,
    pool: Pool,
    held: Pool | None = None,
    config: MixingConfig | None = None,
    lineup: Lineup = BAND,
    examples: int = 24,
    seed: int = 5,
) -> dict[str, dict[str, Any]]:
    """Thresholds of all gated stems.

    Args:
        network: In evaluation mode, its biases in place.
        pool: The training split.
        held: Songs of it that training did not hear.
        config: How training mixed; its ``holdout`` is respected.
        lineup: Stems of the network.
        examples: Number of excerpts of 10 s of either kind.
        seed: Of the excerpts; not that of training.

    Returns:
        By stem what :func:`choose` returns.
    """
    plain = replace(config or MixingConfig(), level=0.0, silence=0.0, solo=0.0)
    mixtures = listen(network, Mixer(pool, plain, seed, lineup), examples, seed)
    songs: list[list[Heard]] = [[] for _ in mixtures]
    if held is not None:
        recorded = any(song.kind == "recorded" for song in held.songs)
        whole = plain.as_they_are(lineup.classes, recorded=recorded)
        # Anywhere in a song, so that its pauses are heard too.
        songs = listen(network, Mixer(held, replace(whole, seek_active=0.0), seed, lineup), examples, seed)
    return {stem: choose(mixtures[i], songs[i]) for i, stem in enumerate(lineup.stems[:-1])}
