"""Several networks side by side as one, such as those of the paper, which have one target each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from offline_train.streaming import Carry, Delay, State, StreamingNetwork

BINS = 2049


class Merged(StreamingNetwork):
    """Every part gives its masks but its last; the last stem of the whole takes what they leave.

    Masks are taken as they are, and scaled down, bin by bin, where they sum to more than 1. A part that looks less far
    ahead than another waits for it. The same as an ONNX graph: ``offline_train.merging.graph``. It is put together from
    trained networks and not trained itself.

    Args:
        parts: What builds each part, see ``offline_train.network.build``.
        build: Builds a part.
    """

    def __init__(self, parts: Sequence[Mapping[str, Any]], build: Callable[[dict[str, Any]], StreamingNetwork]) -> None:
        super().__init__()
        self.config = {"kind": "merged", "parts": [dict(part) for part in parts]}
        networks = [build(dict(part)) for part in parts]
        self.parts = nn.ModuleList(networks)
        self.stems = 1 + sum(part.stems - 1 for part in networks)
        self.lookahead = max(part.lookahead for part in networks)
        self.activity_lookahead = max(part.activity_lookahead for part in networks)
        masks = [Delay(self.lookahead - part.lookahead, part.stems - 1, BINS) for part in networks]
        activity = [Delay(self.activity_lookahead - part.activity_lookahead, part.stems, 1) for part in networks]
        self.masks_wait, self.activity_wait = nn.ModuleList(masks), nn.ModuleList(activity)
        self._inside = [list(part.state_shapes()) for part in networks]
        self._shapes: dict[str, tuple[int, ...]] = {}
        for index, part in enumerate(networks):
            self._shapes |= {f"part{index}_{name}": shape for name, shape in part.state_shapes().items()}
        for index, pair in enumerate(zip(masks, activity, strict=True)):
            for layer, what in zip(pair, ("masks", "activity"), strict=True):
                layer.key = f"wait{index}_{what}"
                if layer.state_shape:
                    self._shapes[layer.key] = (1, *layer.state_shape)

    def state_shapes(self, batch: int = 1) -> dict[str, tuple[int, ...]]:
        """Return the shape of every state tensor: those of the parts by their number, then those of the waiting."""
        return {name: (batch, *shape[1:]) for name, shape in self._shapes.items()}

    def forward(self, magnitude: Tensor, state: State | None = None) -> tuple[Tensor, Tensor, State]:
        """Run all parts over T frames of magnitudes (B, 2, T, 2049).

        Returns:
            Masks (B, stems, T, 2049) that sum to one, activity probabilities (B, stems, T), the new state. Without a
            state nothing waits, for parts are aligned with their input then.
        """
        carry = Carry(state)
        new: State = {}
        masks, active, rest = [], [], []
        for index, inside in enumerate(self._inside):
            own = None if state is None else {name: state[f"part{index}_{name}"] for name in inside}
            part: Any = self.parts[index]
            mask, activity, after = part.stream(magnitude, own)
            new |= {f"part{index}_{name}": value for name, value in after.items()}
            activity = self.activity_wait[index](activity.unsqueeze(-1), carry).squeeze(-1)
            masks.append(self.masks_wait[index](mask[:, :-1], carry))
            active.append(activity[:, :-1])
            rest.append(activity[:, -1:])
        mask = torch.cat(masks, dim=1)
        mask = mask / mask.sum(dim=1, keepdim=True).clamp_min(1.0)
        left = torch.relu(1.0 - mask.sum(dim=1, keepdim=True))
        least = torch.cat(rest, dim=1).amin(dim=1, keepdim=True)
        new |= carry.new
        return torch.cat((mask, left), dim=1), torch.cat((*active, least), dim=1), new

    def stream(self, magnitude: Tensor, state: State | None = None) -> tuple[Tensor, Tensor, State]:
        """As ``forward``, whose activities are probabilities already."""
        return self(magnitude, state)
