"""Layers that run a whole song or one frame with the same code: what a layer remembers is an explicit state.

Tensors are ``(batch, channels, time, frequency)`` float32. Time is never strided, so a layer whose time kernel spans
``k`` frames needs exactly its last ``k - 1`` input frames to go on where it stopped; zeros stand for the silence
before the start, which makes a run from an empty state equal to a run with zero padding.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

State = dict[str, Tensor]
"""State tensors by name, in the order in which the network lists them; the first axis is the batch."""


class Carry:
    """The state of one forward pass: layers take what they remembered and leave what to remember next."""

    def __init__(self, state: State | None) -> None:
        self.old = state
        self.new: State = {}

    def take(self, key: str) -> Tensor | None:
        """Return the remembered tensor of the layer ``key``, or None at the start."""
        return None if self.old is None else self.old[key]

    def leave(self, key: str, value: Tensor) -> None:
        """Keep ``value`` for the next call."""
        self.new[key] = value


class StatefulLayer(nn.Module):
    """A layer with one state tensor. ``state_shape`` has no batch axis; ``key`` is set by the network."""

    key: str
    state_shape: tuple[int, ...]


class CausalConv2d(StatefulLayer):
    """Convolution over (time, frequency) that sees the present and the past only.

    Args:
        in_channels: Channels in.
        out_channels: Channels out.
        kernel: (time, frequency) extent.
        bins: Frequency bins of the input, which fixes the shape of the state.
        stride: Frequency stride; with a stride the frequency axis is not padded, else it keeps its length.
        bias: Whether to add a bias; not needed before batch normalisation.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel: tuple[int, int],
        bins: int,
        stride: int = 1,
        bias: bool = False,
    ) -> None:
        super().__init__()
        padding = kernel[1] // 2 if stride == 1 else 0
        self.conv = nn.Conv2d(in_channels, out_channels, kernel, stride=(1, stride), padding=(0, padding), bias=bias)
        self.past = kernel[0] - 1
        self.state_shape = (in_channels, self.past, bins) if self.past else ()

    def forward(self, x: Tensor, carry: Carry) -> Tensor:
        """Map (B, C, T, F) to (B, C', T, F')."""
        if not self.past:
            return self.conv(x)
        cache = carry.take(self.key)
        if cache is None:
            cache = x.new_zeros(x.shape[0], x.shape[1], self.past, x.shape[3])
        x = torch.cat((cache, x), dim=2)
        carry.leave(self.key, x[:, :, -self.past :])
        return self.conv(x)


class Delay(StatefulLayer):
    """Holds its input back by a number of frames when streaming; offline, where nothing lags, it does nothing."""

    def __init__(self, frames: int, channels: int, bins: int) -> None:
        super().__init__()
        self.frames = frames
        self.state_shape = (channels, frames, bins) if frames else ()

    def forward(self, x: Tensor, carry: Carry) -> Tensor:
        """Map (B, C, T, F) to the same shape."""
        cache = carry.take(self.key) if self.frames else None
        if cache is None:
            return x
        x = torch.cat((cache, x), dim=2)
        carry.leave(self.key, x[:, :, -self.frames :])
        return x[:, :, : -self.frames]


class StreamingGRU(StatefulLayer):
    """One-layer GRU over time; its hidden vector (``size``) is the state."""

    def __init__(self, inputs: int, size: int) -> None:
        super().__init__()
        self.gru = nn.GRU(inputs, size, batch_first=True)
        self.size = size
        self.state_shape = (size,)

    def forward(self, x: Tensor, carry: Carry) -> Tensor:
        """Map (B, T, inputs) to (B, T, size)."""
        hidden = carry.take(self.key)
        if hidden is None:
            hidden = x.new_zeros(x.shape[0], self.size)
        y, last = self.gru(x, hidden.unsqueeze(0))
        carry.leave(self.key, last.squeeze(0))
        return y


class DilatedStack(nn.Module):
    """Residual causal convolutions over time with growing dilation, in place of a recurrent layer.

    Args:
        size: Length of the vectors.
        dilations: Of each convolution of three taps; 1, 2, 4, 8, 16 see 63 frames.
    """

    def __init__(self, size: int, dilations: tuple[int, ...] = (1, 2, 4, 8, 16)) -> None:
        super().__init__()
        self.layers = nn.ModuleList(DilatedConv(size, dilation) for dilation in dilations)

    def forward(self, x: Tensor, carry: Carry) -> Tensor:
        """Map (B, T, size) to the same shape."""
        for layer in self.layers:
            x = x + layer(x, carry)
        return x


class DilatedConv(StatefulLayer):
    """One such convolution, with layer normalisation before it and an activation behind."""

    def __init__(self, size: int, dilation: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(size)
        self.dense = nn.Linear(3 * size, size)
        self.act = nn.LeakyReLU(0.01)
        self.dilation = dilation
        self.state_shape = (2 * dilation, size)

    def forward(self, x: Tensor, carry: Carry) -> Tensor:
        """Map (B, T, size) to the same shape."""
        y = self.norm(x)
        cache = carry.take(self.key)
        if cache is None:
            cache = y.new_zeros(y.shape[0], 2 * self.dilation, y.shape[2])
        y = torch.cat((cache, y), dim=1)
        carry.leave(self.key, y[:, -2 * self.dilation :])
        frames = x.shape[1]
        taps = [y[:, k * self.dilation : k * self.dilation + frames] for k in range(3)]
        return self.act(self.dense(torch.cat(taps, dim=-1)))


class StreamingNetwork(nn.Module):
    """Base of the networks: names the states of its stateful layers and makes empty ones.

    Attributes:
        config: Arguments that build the same network again, see ``offline_train.network.build``.
        stems: Number of masks that ``stream`` returns.
        lookahead: Frames by which a streaming mask lags.
        activity_lookahead: Frames by which a streaming activity lags, ``lookahead`` at most.
    """

    config: dict[str, Any]
    stems: int
    lookahead: int
    activity_lookahead: int

    def stream(self, magnitude: Tensor, state: State | None = None) -> tuple[Tensor, Tensor, State]:
        """Run as an engine does: masks (B, stems, T, 2049) that sum to one, activity probabilities, new state."""
        mask, logits, state = self(magnitude, state)
        return mask, torch.sigmoid(logits), state

    def name_states(self) -> None:
        """Give every stateful layer its key; call at the end of the constructor."""
        for name, layer in self.named_modules():
            if isinstance(layer, StatefulLayer):
                layer.key = name.replace(".", "_")

    def stateful_layers(self) -> Iterator[StatefulLayer]:
        """Yield the layers that hold a state, in the order in which the state is listed."""
        for layer in self.modules():
            if isinstance(layer, StatefulLayer) and layer.state_shape:
                yield layer

    def state_shapes(self, batch: int = 1) -> dict[str, tuple[int, ...]]:
        """Return the shape of every state tensor, batch axis included."""
        return {layer.key: (batch, *layer.state_shape) for layer in self.stateful_layers()}

    def initial_state(self, batch: int = 1) -> State:
        """Return the state before the first frame: zeros, on the device of the parameters."""
        like = next(self.parameters())
        return {name: like.new_zeros(shape) for name, shape in self.state_shapes(batch).items()}

    def ordered(self, state: State) -> State:
        """Return ``state`` in the order of ``state_shapes``; layers may run in another order."""
        return {layer.key: state[layer.key] for layer in self.stateful_layers()}
