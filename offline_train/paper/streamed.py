"""Causal networks in the windows of a latency mode, gates open, a piece of a song at a time: memory is bounded.

A hop of 128 samples makes 83,000 frames of a song of four minutes, whose spectra and masks as a whole want more than
10 GB. Here a network's state goes from piece to piece, and what the frames of a piece put out is added up.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from offline_train.paper.gating import OPEN
from offline_train.paper.nets import REST
from offline_train.paper.systems import WIENER, Separated, System, Truth
from offline_train.paper.views import Paired
from offline_train.paper.whole import PIECE
from offline_train.streaming import StreamingNetwork
from offline_train.wiener import StreamingWiener
from rtiass.stft import BINS


class Streamed(System):
    """Networks in a latency mode.

    Args:
        name: Of the system.
        nets: By target, a causal network with the digest of its weights and the index of its stem.
        mode: Name of the mode.
        filtered: Add a row of the Wiener filter.
        labelled: Whether the networks were trained with labels, and so have an activity.
        piece: Frames at a time.

    Raises:
        ValueError: A network is not causal.
    """

    def __init__(
        self,
        name: str,
        nets: Mapping[str, tuple[StreamingNetwork, str, int]],
        mode: str,
        filtered: bool = False,
        labelled: bool = True,
        piece: int = PIECE,
    ) -> None:
        if any(network.lookahead for network, _, _ in nets.values()):
            raise ValueError("a network that sees later frames has no place in a latency mode")
        self.name, self.nets, self.view = name, dict(nets), Paired(mode)
        self.filtered, self.labelled, self.piece = filtered, labelled, piece
        how = (mode, filtered, labelled)
        self.digest = " ".join([*(f"{t} {d} {i}" for t, (_, d, i) in nets.items()), str(how)])

    @torch.no_grad()
    def separate(self, truth: Truth) -> Separated:
        """See :meth:`System.separate`: the open row, that of the Wiener filter if it is wanted, and the activity."""
        audio, targets, view = torch.from_numpy(truth.mixture), truth.targets, self.view
        count, rest = view.frames(audio.shape[1]), REST in truth.sources
        networks = {id(self.nets[target][0]): self.nets[target][0] for target in targets}
        states = {key: network.initial_state() for key, network in networks.items()}
        wiener = StreamingWiener(len(targets) + rest, BINS)
        length = (count - 1) * view.mode.hop + view.mode.window
        sounds = {row: torch.zeros(len(targets), 2, length) for row in ((OPEN, WIENER) if self.filtered else (OPEN,))}
        logits: dict[str, list[Tensor]] = {target: [] for target in targets}
        for first in range(0, count, self.piece):
            mixture = view.span(audio, first, min(first + self.piece, count))
            heard = {}
            for key, network in networks.items():
                masks, activity, states[key] = network(mixture.abs()[None], states[key])
                heard[key] = masks[0], activity[0]
            images = []
            for target in targets:
                network, _, index = self.nets[target]
                images.append(heard[id(network)][0][index] * mixture)
                logits[target].append(heard[id(network)][1][index])
            found = {OPEN: torch.stack(images)}
            if self.filtered:
                found[WIENER] = _filtered(wiener, found[OPEN], mixture, rest)
            for row, sound in sounds.items():
                added = view.overlapped(found[row])
                begin = first * view.mode.hop
                sound[..., begin : begin + added.shape[-1]] += added
        out = Separated(moments=view.moments(count))
        for row, sound in sounds.items():
            out.rows[row] = dict(zip(targets, view.cut(sound, audio.shape[1]).numpy(), strict=True))
        if self.labelled:
            out.activity = {target: torch.sigmoid(torch.cat(parts)).numpy() for target, parts in logits.items()}
        return out


def _filtered(wiener: StreamingWiener, images: Tensor, mixture: Tensor, rest: bool) -> Tensor:
    """Images of the targets behind the filter, shape (targets, 2, frames, 2049); with ``rest`` there is another one."""
    sources = torch.cat((images, (mixture - images.sum(dim=0))[None])) if rest else images
    x, mix = sources.numpy(), mixture.numpy()
    frames = [wiener.step(x[:, :, frame], mix[:, frame]) for frame in range(mix.shape[1])]
    return torch.from_numpy(np.stack(frames, axis=2)[: len(images)])
