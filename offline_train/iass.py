"""IASS: the network of the paper, one for each target."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from offline_train.streaming import Carry, CausalConv2d, Delay, State, StatefulLayer, StreamingNetwork

BINS = 2049
CROP = 1487  # 16 kHz
MASKS: dict[str, Callable[[Tensor], Tensor]] = {"relu": torch.relu, "sigmoid": torch.sigmoid}


class Clock(StatefulLayer):
    """Counts the frames since the start, which a delayed network needs to know its zero padding."""

    state_shape = (1,)

    def forward(self, frames: int, carry: Carry, like: Tensor) -> Tensor | None:
        """Return the index of each of the next ``frames`` frames, shape (T,), or None for an offline run."""
        count = carry.take(self.key)
        if count is None:
            return None
        # The first element stands for the batch: all of its songs start together.
        index = count[0, 0] + torch.arange(frames, dtype=like.dtype, device=like.device)
        carry.leave(self.key, count + frames)
        return index


class TimeConv(nn.Module):
    """3x3 convolution that keeps time and frequency, causal or centred.

    Centred layers run delayed when they stream: their output lags by one frame more than their input. What lies before
    the first frame is the zero padding of the offline run, so outputs for frames before the start are set to zero.
    """

    def __init__(self, inputs: int, outputs: int, bins: int, causal: bool) -> None:
        super().__init__()
        self.layer = CausalConv2d(inputs, outputs, (3, 3), bins, bias=True)
        self.causal = causal

    def forward(self, x: Tensor, carry: Carry) -> Tensor:
        """Map (B, C, T, F) to (B, C', T, F)."""
        if not self.causal and carry.old is None:
            return self.layer.conv(F.pad(x, (0, 0, 1, 1)))
        return self.layer(x, carry)


def _valid(x: Tensor, index: Tensor | None, lag: int) -> Tensor:
    """Set to zero the frames of ``x`` (B, C, T, F), late by ``lag`` frames, that lie before the start."""
    if index is None or lag == 0:
        return x
    return x * (index >= lag).to(x.dtype).reshape(1, 1, -1, 1)


class Encoder(nn.Module):
    """Two 3x3 convolutions, a 1x1 shortcut of the input, and a convolution of stride 3 in frequency."""

    def __init__(self, inputs: int, outputs: int, bins: int, lag: int, causal: bool) -> None:
        super().__init__()
        self.first = TimeConv(inputs, outputs, bins, causal)
        self.first_norm = nn.BatchNorm2d(outputs)
        self.second = TimeConv(outputs, outputs, bins, causal)
        self.second_norm = nn.BatchNorm2d(outputs)
        self.act = nn.LeakyReLU(0.01)
        self.wait = Delay(0 if causal else 2, inputs, bins)
        self.shortcut = nn.Conv2d(inputs, outputs, 1)
        self.down = nn.Conv2d(outputs, outputs, (1, 3), stride=(1, 3))
        self.step = 0 if causal else 1
        self.lag = lag  # of the input

    def forward(self, x: Tensor, carry: Carry, index: Tensor | None) -> Tensor:
        """Map (B, C, T, F) to (B, C', T, F // 3)."""
        y = self.act(self.first_norm(self.first(x, carry)))
        y = _valid(y, index, self.lag + self.step)
        y = self.act(self.second_norm(self.second(y, carry)))
        return _valid(self.down(y + self.shortcut(self.wait(x, carry))), index, self.lag + 2 * self.step)


class Decoder(nn.Module):
    """Transposed convolution of stride 3 in frequency, concatenation with a skip, two 3x3 convolutions."""

    def __init__(
        self, inputs: int, skip: int, outputs: int, bins: int, lag: int, causal: bool, grow: int, last: bool
    ) -> None:
        super().__init__()
        width = inputs + skip
        self.up = nn.ConvTranspose2d(inputs, inputs, (1, 3), stride=(1, 3), output_padding=(0, grow))
        self.first = TimeConv(width, width // 2, bins, causal)
        self.first_norm = nn.BatchNorm2d(width // 2)
        self.second = TimeConv(width // 2, outputs, bins, causal)
        self.second_norm = nn.Identity() if last else nn.BatchNorm2d(outputs)
        self.act = nn.LeakyReLU(0.01)
        self.last = last
        self.step = 0 if causal else 1
        self.lag = lag

    def forward(self, x: Tensor, skip: Tensor | None, carry: Carry, index: Tensor | None) -> Tensor:
        """Map (B, C, T, F) and a skip (B, C2, T, F') to (B, C', T, F')."""
        x = self.up(x)
        if skip is not None:
            x = torch.cat((x, skip), dim=1)
        x = _valid(x, index, self.lag)
        y = self.first_norm(self.act(self.first(x, carry)))
        y = self.second(_valid(y, index, self.lag + self.step), carry)
        if not self.last:
            y = self.second_norm(self.act(y))
        return _valid(y, index, self.lag + 2 * self.step)


class Classifier(nn.Module):
    """Frequency-strided convolutions from the latent to one activity logit a frame."""

    def __init__(self, inputs: int, bins: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        width = inputs
        for outputs in (32, 16, 16):
            if bins < 6:
                break
            layers += [
                nn.Conv2d(width, outputs, (1, 3), stride=(1, 3)),
                nn.BatchNorm2d(outputs),
                nn.LeakyReLU(0.01),
            ]
            width, bins = outputs, bins // 3
        self.layers = nn.Sequential(*layers, nn.Conv2d(width, 1, (1, bins), stride=(1, bins)))

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, T, F) to (B, 1, T)."""
        return self.layers(x).squeeze(-1)


class IASS(StreamingNetwork):
    """The network of Hung and Lerch (ISMIR 2020) for one target: a mask and an activity.

    As published (``causal=False``) a mask looks 12 frames into the future with 3 blocks (16 with 4) and an activity 6
    (8). The offline call (state None) is aligned with its input; the output of a streaming call at frame t is the
    offline mask at ``t - lookahead`` and the offline activity at ``t - activity_lookahead``. With ``causal=True`` every
    time kernel looks back only, both are 0 and both calls agree.

    3 blocks have 3,205,682 parameters, 3,048,912 of them in the dense layer over frequency, and take 40.4 M
    multiply-accumulates a frame. The published transposed 3x3 convolutions of stride 1 are written as
    convolutions, which are the same functions with the kernel turned round. Where the paper is silent: the widths
    grow by 16 a block, a decoder halves its concatenated width, the classifier uses LeakyReLU and, with 4 blocks,
    one strided layer less.

    Args:
        blocks: Encoder blocks, 3 or 4.
        causal: Whether no layer may see the future.
        mask: What makes a mask of the last layer: "relu", the paper's, or "sigmoid".
    """

    def __init__(self, blocks: int = 3, causal: bool = False, mask: str = "relu") -> None:
        super().__init__()
        if blocks not in (3, 4):
            raise ValueError(f"IASS has 3 or 4 blocks, not {blocks}.")
        if mask not in MASKS:
            raise ValueError(f"a mask of IASS is one of {', '.join(MASKS)}, not {mask!r}")
        self.config = {"kind": "iass", "blocks": blocks, "causal": causal}
        if mask != "relu":
            self.config["mask"] = mask
        self.squash = MASKS[mask]
        step = 0 if causal else 1
        self.input_mean = nn.Parameter(torch.zeros(CROP))
        self.input_scale = nn.Parameter(torch.ones(CROP))
        self.output_mean = nn.Parameter(torch.ones(BINS))
        self.output_scale = nn.Parameter(torch.ones(BINS))
        sizes = [CROP]
        for _ in range(blocks):
            sizes.append(sizes[-1] // 3)
        widths = [16 * (i + 1) for i in range(blocks)]
        self.encoder = nn.ModuleList(
            Encoder(widths[i - 1] if i else 1, widths[i], sizes[i], 2 * i * step, causal) for i in range(blocks)
        )
        self.classifier = Classifier(widths[-1], sizes[-1])
        self.skip = nn.ModuleList()
        self.skip_wait = nn.ModuleList()
        self.decoder = nn.ModuleList()
        lag = 2 * blocks * step
        for i in reversed(range(blocks)):
            skip = widths[i - 1] if i else 0
            if i:
                # Encoder block i-1 lags by 2i, its skip convolution by one more.
                self.skip.append(TimeConv(skip, skip, sizes[i], causal))
                self.skip_wait.append(Delay(max(0, lag - (2 * i + 1) * step), skip, sizes[i]))
            grow = sizes[i] - 3 * sizes[i + 1]
            self.decoder.append(Decoder(widths[i], skip, skip or 1, sizes[i], lag, causal, grow, last=i == 0))
            lag += 2 * step
        self.lookahead = lag
        # The classifier hangs on the encoder: it need not wait for the decoder.
        self.activity_lookahead = 2 * blocks * step
        self.dense = nn.Linear(CROP, BINS)
        self.clock = Clock() if not causal else None
        self.stems = 2
        self.name_states()

    @torch.no_grad()
    def fit_statistics(self, magnitude: Tensor) -> None:
        """Set the per-bin standardisation of the input from sample magnitudes (B, 2, T, 2049)."""
        x = magnitude.mean(dim=1)[..., :CROP]
        self.input_mean.copy_(-x.mean(dim=(0, 1)))
        self.input_scale.copy_(1.0 / x.std(dim=(0, 1)).clamp_min(1e-4))

    def forward(self, magnitude: Tensor, state: State | None = None, bins: int = BINS) -> tuple[Tensor, Tensor, State]:
        """Run the network over T frames.

        Args:
            magnitude: (B, 2, T, 2049) float32, at least 0, left and right; full scale is 1.
            state: What an earlier call returned or ``initial_state``, or None for an offline run from the start.
            bins: Bins whose mask is wanted; a loss that looks at fewer of them spares the rest.

        Returns:
            Mask (B, 1, T, bins) at least 0, activity logit (B, 1, T), the new state (empty for an offline run of
            the published form, which cannot be continued).
        """
        carry = Carry(state)
        frames = magnitude.shape[2]
        index = self.clock(frames, carry, magnitude) if self.clock is not None else None
        x = magnitude.mean(dim=1, keepdim=True)[..., :CROP]
        x = (x + self.input_mean) * self.input_scale
        outputs: list[Tensor] = []
        for encoder in self.encoder:
            x = encoder(x, carry, index)
            outputs.append(x)
        logits = self.classifier(x)
        for level, decoder in enumerate(self.decoder):
            skip = None
            if level < len(self.skip):
                skip = self.skip[level](outputs[-2 - level], carry)
                skip = self.skip_wait[level](skip, carry)
            x = decoder(x, skip, carry, index)
        x = F.linear(x, self.dense.weight[:bins], self.dense.bias[:bins]) if bins < BINS else self.dense(x)
        mask = self.squash(x * self.output_scale[..., :bins] + self.output_mean[..., :bins])
        return mask, logits, self.ordered(carry.new) if carry.new else {}

    def stream(self, magnitude: Tensor, state: State | None = None) -> tuple[Tensor, Tensor, State]:
        """Complete the target's mask by the rest of the mixture, whose activity is always 1."""
        mask, logits, state = self(magnitude, state)
        mask = mask.clamp(0.0, 1.0)
        activity = torch.sigmoid(logits)
        return torch.cat((mask, 1.0 - mask), dim=1), torch.cat((activity, torch.ones_like(activity)), dim=1), state
