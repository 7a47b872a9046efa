"""JointNet: one causal network that masks all stems at once."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from offline_train.streaming import Carry, CausalConv2d, DilatedStack, State, StreamingGRU, StreamingNetwork

BINS = 2049
CROP = 1485  # 27 * 55 bins, up to 16.0 kHz: three exact thirds, 495, 165 and 55
FLOOR = 1e-4  # added to magnitudes before the logarithm; full scale is 1
QUIET = 1e-2  # added to sums of magnitudes over frequency before the logarithm
MIDDLE = 2.0  # logarithm of such a sum at an ordinary level
TOP = 96  # bins whose mean logit stands for everything above the crop (1 kHz)


class Block(nn.Module):
    """Residual block of IASS: two convolutions with BatchNorm and LeakyReLU, and a 1x1 shortcut of the input."""

    def __init__(self, inputs: int, outputs: int, bins: int, time: int, convolutions: int = 2) -> None:
        super().__init__()
        widths = [inputs] + [outputs] * convolutions
        self.convs = nn.ModuleList(CausalConv2d(a, b, (time, 3), bins) for a, b in pairwise(widths))
        self.norms = nn.ModuleList(nn.BatchNorm2d(outputs) for _ in range(convolutions))
        self.act = nn.LeakyReLU(0.01, inplace=True)
        self.shortcut = nn.Identity() if inputs == outputs else nn.Conv2d(inputs, outputs, 1)

    def forward(self, x: Tensor, carry: Carry) -> Tensor:
        """Map (B, inputs, T, F) to (B, outputs, T, F)."""
        y = x
        for conv, norm in zip(self.convs, self.norms, strict=True):
            y = self.act(norm(conv(y, carry)))
        return y + self.shortcut(x)


class FrequencyDense(nn.Module):
    """Low-rank dense layer over frequency, shared by channels and frames, added to its input.

    Convolutions do not know where in the spectrum they are; this does (the bottlenecked TDF of TFC-TDF U-Nets).
    """

    def __init__(self, channels: int, bins: int, rank: int) -> None:
        super().__init__()
        self.down = nn.Linear(bins, rank, bias=False)
        self.norm = nn.BatchNorm2d(channels)
        self.act = nn.LeakyReLU(0.01, inplace=True)
        self.up = nn.Linear(rank, bins)
        nn.init.zeros_(self.up.weight)
        nn.init.zeros_(self.up.bias)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, T, F) to the same shape."""
        return x + self.up(self.act(self.norm(self.down(x))))


class Bottleneck(nn.Module):
    """Memory over time on the whole squeezed spectrum, added back to it; also reads the activity."""

    def __init__(self, channels: int, bins: int, squeeze: int, size: int, stems: int, memory: str) -> None:
        super().__init__()
        self.squeeze = nn.Sequential(
            nn.Conv2d(channels, squeeze, 1, bias=False),
            nn.BatchNorm2d(squeeze),
            nn.LeakyReLU(0.01, inplace=True),
        )
        self.enter = nn.Sequential(nn.Linear(squeeze * bins, size), nn.LayerNorm(size), nn.LeakyReLU(0.01))
        self.gru = StreamingGRU(size, size) if memory == "gru" else DilatedStack(size)
        self.leave = nn.Linear(size, squeeze * bins)
        self.expand = nn.Conv2d(squeeze, channels, 1)
        self.activity = nn.Linear(2 * size, stems)

    def forward(self, x: Tensor, carry: Carry) -> tuple[Tensor, Tensor]:
        """Map (B, C, T, F) to the same shape, and to activity logits (B, T, stems)."""
        z = self.squeeze(x)
        batch, channels, frames, bins = z.shape
        flat = z.permute(0, 2, 1, 3).reshape(batch, frames, channels * bins)
        entered = self.enter(flat)
        hidden = self.gru(entered, carry)
        logits = self.activity(torch.cat((entered, hidden), dim=-1))
        back = self.leave(hidden).reshape(batch, frames, channels, bins).permute(0, 2, 1, 3)
        return x + self.expand(back), logits


class Loudness(nn.Module):
    """What the masked spectra say about activity: per stem its share of the mixture and its own level, in logits.

    The labels are about energy, and the masks know where it is; the masks themselves learn nothing from here.
    """

    def __init__(self, stems: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(2, stems, 1))

    def forward(self, masks: Tensor, magnitude: Tensor) -> Tensor:
        """Map masks (B, S, T, F) and magnitudes (B, 2, T, F) to additions to the logits (B, S, T)."""
        x = magnitude[:, :1, :, :CROP] + magnitude[:, 1:, :, :CROP]
        level = torch.log((masks[..., :CROP].detach() * x).sum(dim=-1) + QUIET)
        whole = torch.log(x.sum(dim=-1) + QUIET)
        return self.weight[0] * (level - whole) + self.weight[1] * (level - MIDDLE)


class JointNet(StreamingNetwork):
    """Causal U-Net over frequency with a recurrent bottleneck; masks of all stems sum to one in every bin.

    The blocks and the frequency stride of 3 are those of IASS (Hung and Lerch, ISMIR 2020); joint masks by softmax,
    frequency-wide dense layers and a recurrent latent follow RT-STT (2025). 620,739 parameters and 19.1 M
    multiply-accumulates a frame for four stems. The finest level is narrow, for it is the most costly one.

    Args:
        stems: Number of stems (the last one is the rest).
        channels: Width at 495, 165 and 55 bins.
        hidden: Size of the GRU.
        squeeze: Channels in which the bottleneck reads and writes the spectrum.
        rank: Rank of the frequency-wide dense layers; 0 leaves them out.
        encoder_time: Frames seen by each convolution of the encoder.
        decoder_time: Frames seen by each convolution of the decoder.
        stereo: "mid-side" or "left-right" magnitudes as input features.
        memory: "gru", or "dilated" for causal convolutions over time at the bottleneck.
        masks: "softmax", or "sigmoid" for masks that know nothing of each other; they need not sum to one.
        entry: "log" of the magnitudes, or their fourth "root", as input.
        dropout: Share of the deepest channels that are dropped in training.
        merge: Indices of stems by stem that the network puts out: their masks are added, their activity is that of
            the most active. None puts out the stems as they are. Training leaves this to the loss; a bundle of a
            coarser line-up has it.
        loudness: Whether the activity also listens to the masked spectra.
    """

    def __init__(
        self,
        stems: int = 4,
        channels: Sequence[int] = (16, 48, 64),
        hidden: int = 192,
        squeeze: int = 10,
        rank: int = 32,
        encoder_time: int = 3,
        decoder_time: int = 1,
        stereo: str = "left-right",
        memory: str = "gru",
        masks: str = "softmax",
        entry: str = "log",
        dropout: float = 0.0,
        merge: Sequence[Sequence[int]] | None = None,
        loudness: bool = False,
    ) -> None:
        super().__init__()
        for name, value, known in (
            ("memory", memory, ("gru", "dilated")),
            ("masks", masks, ("softmax", "sigmoid")),
            ("entry", entry, ("log", "root")),
        ):
            if value not in known:
                raise ValueError(f"{name} must be one of {', '.join(known)}, not {value!r}.")
        if stereo not in ("mid-side", "left-right"):
            raise ValueError(f'stereo must be "mid-side" or "left-right", not {stereo!r}.')
        if len(channels) != 3:
            raise ValueError(f"channels must be three widths, not {list(channels)}.")
        self.config = {
            "kind": "joint",
            "stems": stems,
            "channels": list(channels),
            "hidden": hidden,
            "squeeze": squeeze,
            "rank": rank,
            "encoder_time": encoder_time,
            "decoder_time": decoder_time,
            "stereo": stereo,
            "memory": memory,
            "masks": masks,
            "entry": entry,
            "dropout": dropout,
            "loudness": loudness,
        }
        if merge is not None:
            if sorted(index for members in merge for index in members) != list(range(stems)):
                raise ValueError(f"merge must name each of {stems} stems once, not {merge}.")
            self.config["merge"] = [list(members) for members in merge]
        self.merge = None if merge is None else [list(members) for members in merge]
        self.masks, self.entry = masks, entry
        self.parts = stems
        self.stems = stems if self.merge is None else len(self.merge)
        self.stereo = stereo
        self.lookahead = self.activity_lookahead = 0
        sizes = [CROP // 3, CROP // 9, CROP // 27]
        # Defaults of a spectrum that falls by 6 dB an octave; fit_statistics() replaces them by those of the data.
        self.mean: Tensor
        self.scale: Tensor
        bins = torch.arange(1, CROP + 1, dtype=torch.float32)
        mean = torch.log(0.1 / bins.div(8.0).clamp_min(1.0) + FLOOR)
        self.register_buffer("mean", mean.expand(2, CROP).clone())
        self.register_buffer("scale", torch.full((2, CROP), 0.5))

        features, previous = 6, 6
        self.encoder = nn.ModuleList()
        self.dense = nn.ModuleList()
        self.down = nn.ModuleList()
        for level, (width, size) in enumerate(zip(channels, sizes, strict=True)):
            self.encoder.append(Block(previous, width, size, encoder_time))
            self.dense.append(FrequencyDense(width, size, rank) if rank and level else nn.Identity())
            if level < 2:
                self.down.append(nn.Conv2d(width, channels[level + 1], (1, 3), stride=(1, 3)))
                previous = channels[level + 1]
        self.bottleneck = Bottleneck(channels[2], sizes[2], squeeze, hidden, stems, memory)
        self.drop = nn.Dropout2d(dropout)
        self.up = nn.ModuleList()
        self.decoder = nn.ModuleList()
        self.decoder_dense = nn.ModuleList()
        for level in (1, 0):
            width = channels[level]
            self.up.append(nn.ConvTranspose2d(channels[level + 1], width, (1, 3), stride=(1, 3)))
            self.decoder.append(Block(width, width, sizes[level], decoder_time, convolutions=1 + level))
            self.decoder_dense.append(FrequencyDense(width, sizes[level], rank) if rank and level else nn.Identity())
        self.loudness = Loudness(stems) if loudness else None
        self.head = nn.Conv2d(channels[0] + features, 3 * stems, (1, 3), padding=(0, 1))
        nn.init.normal_(self.head.weight, std=0.01)
        if self.head.bias is not None:
            nn.init.zeros_(self.head.bias)
        self.name_states()

    def features(self, magnitude: Tensor) -> Tensor:
        """Return log magnitudes (B, 2, T, 1485) of ``magnitude`` (B, 2, T, 2049), before standardisation."""
        x = magnitude[..., :CROP]
        if self.stereo == "mid-side":
            left, right = x[:, 0], x[:, 1]
            x = torch.stack((0.5 * (left + right), (left - right).abs()), dim=1)
        return torch.log(x + FLOOR) if self.entry == "log" else (x + FLOOR).sqrt().sqrt()

    @torch.no_grad()
    def fit_statistics(self, magnitude: Tensor) -> None:
        """Set the per-bin standardisation from sample magnitudes (B, 2, T, 2049)."""
        x = self.features(magnitude)
        self.mean.copy_(x.mean(dim=(0, 2)))
        self.scale.copy_(1.0 / x.std(dim=(0, 2)).clamp_min(0.25))

    def forward(self, magnitude: Tensor, state: State | None = None, bins: int = BINS) -> tuple[Tensor, Tensor, State]:
        """Run the network over T frames.

        Args:
            magnitude: (B, 2, T, 2049) float32, at least 0, left and right; full scale is 1.
            state: What an earlier call returned, or None at the start.
            bins: Bins whose masks are wanted at least; a loss that looks at fewer of them spares the rest.

        Returns:
            Masks (B, stems, T, bins or more) that sum to one over stems, activity logits (B, stems, T), the new state.
        """
        scores, logits, state = self.scores(magnitude, state, bins if self.loudness is None else max(bins, CROP))
        masks = torch.softmax(scores, dim=1) if self.masks == "softmax" else torch.sigmoid(scores)
        logits = self._heard(logits, masks, magnitude)
        return self._merged(masks, "sum"), self._merged(logits, "max"), state

    def _heard(self, logits: Tensor, masks: Tensor, magnitude: Tensor) -> Tensor:
        """Logits with what the masked spectra add to them."""
        return logits if self.loudness is None else logits + self.loudness(masks, magnitude)

    def _merged(self, values: Tensor, how: str) -> Tensor:
        """Put the members of each stem of ``merge`` together along the second axis."""
        if self.merge is None:
            return values
        rows = []
        for members in self.merge:
            row = values[:, members[0] : members[0] + 1]
            for index in members[1:]:
                other = values[:, index : index + 1]
                row = row + other if how == "sum" else torch.maximum(row, other)
            rows.append(row)
        return torch.cat(rows, dim=1)

    def stream(self, magnitude: Tensor, state: State | None = None) -> tuple[Tensor, Tensor, State]:
        """Run as an engine does: masks, activity probabilities, new state.

        The softmax is spelt out, for ONNX Runtime spends several times as long on one over so short an axis.
        """
        scores, logits, state = self.scores(magnitude, state)
        if self.masks == "sigmoid":
            masks = torch.sigmoid(scores)
            logits = self._merged(self._heard(logits, masks, magnitude), "max")
            return self._merged(masks, "sum"), torch.sigmoid(logits), state
        weights = torch.exp(scores - scores.amax(dim=1, keepdim=True))
        masks = weights / weights.sum(dim=1, keepdim=True)
        logits = self._merged(self._heard(logits, masks, magnitude), "max")
        return self._merged(masks, "sum"), torch.sigmoid(logits), state

    def scores(self, magnitude: Tensor, state: State | None, bins: int = BINS) -> tuple[Tensor, Tensor, State]:
        """Return mask logits (B, stems, T, bins), activity logits (B, stems, T) and the new state."""
        carry = Carry(state)
        x = (self.features(magnitude) - self.mean.unsqueeze(1)) * self.scale.unsqueeze(1)
        batch, _, frames, _ = x.shape
        # Three neighbouring bins become three channels: a stride of 3 that loses nothing.
        entry = x.reshape(batch, 2, frames, CROP // 3, 3).permute(0, 1, 4, 2, 3)
        entry = entry.reshape(batch, 6, frames, CROP // 3)
        x, skips = entry, []
        for level in range(3):
            x = self.dense[level](self.encoder[level](x, carry))
            if level < 2:
                skips.append(x)
                x = self.down[level](x)
        x, logits = self.bottleneck(self.drop(x), carry)
        for level, skip in zip(range(2), reversed(skips), strict=True):
            x = self.decoder_dense[level](self.decoder[level](self.up[level](x) + skip, carry))
        y = self.head(torch.cat((x, entry.to(x.dtype)), dim=1))  # half precision, where it is used, stays so
        y = y.reshape(batch, self.parts, 3, frames, CROP // 3).permute(0, 1, 3, 4, 2)
        y = y.reshape(batch, self.parts, frames, CROP)
        if bins <= CROP:
            y = y[..., :bins]
        else:
            top = y[..., -TOP:].mean(dim=-1, keepdim=True).expand(-1, -1, -1, bins - CROP)
            y = torch.cat((y, top), dim=-1)
        return y, logits.transpose(1, 2), self.ordered(carry.new)
