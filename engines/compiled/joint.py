"""JointNet for one frame at a time on one core, from its weights: the same function in the fewest operations.

It is what :meth:`offline_train.joint.JointNet.stream` computes, laid out in another way:

- A frame is a matrix (bins, channels), so that every layer is a product with a constant matrix on the right, which is
  laid out ahead. Strided and transposed convolutions need no copy then: three bins beside each other are one row of a
  matrix a third as high.
- A convolution over time keeps sums, not frames: as soon as a frame is there, its shares in the outputs of this frame
  and of the next ones are worked out, and the latter are kept. Nothing is moved along from frame to frame, and each
  share is added within the product.
- The softmax works on the bins that differ. The logits of a bin are centred, which changes no softmax, by the weights
  of the last layer, and need no maximum taken off; sums over stems are products with ones and zeros.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engines.compiled.steps import MOST_WORK, Steps
from engines.compiled.weights import Weights

Matrix = NDArray[np.float64]

BINS, CROP = 2049, 1485
TOP = 96
"""Bins whose mean logit stands for everything above the crop."""
FLOOR, QUIET, MIDDLE = 1e-4, 1e-2, 2.0
"""Added to magnitudes and to their sums before the logarithm, and the middle of the latter."""
EPSILON = 1e-5
"""Of a batch normalisation."""
SLOPE = 0.01
"""Of a LeakyReLU below zero."""
LIMIT = 80.0
"""Centred logits are held between this and its negative: ``exp`` of it and a sum of a few are finite in FP32."""
NEVER = -1e30
"""Added to the activity logits of parts that don't belong to a stem."""
WIDEST, MOST_PARTS = 1024, 64
"""Largest size of a layer, and most parts: what is worked out ahead stays small."""


def joint_network(config: Mapping[str, Any], weights: Weights) -> Steps:
    """Write the network.

    Args:
        config: The table ``network`` of a card.
        weights: Of the bundle, by name.

    Raises:
        ValueError: They don't fit, or are more than a network may have.
    """
    with np.errstate(all="ignore"):  # what comes of odd numbers is refused where it is no number
        steps = _Joint(config, weights).run()
    if steps.work() > MOST_WORK:
        raise ValueError(f"a frame is more than {MOST_WORK} multiply-accumulates")
    return steps


class _Joint:
    def __init__(self, config: Mapping[str, Any], weights: Weights) -> None:
        self.config, self.weights = config, weights
        self.w = Steps()
        if not self.has("head"):
            raise ValueError("head.weight is missing")
        self.parts = len(np.atleast_1d(weights["head.weight"])) // 3
        merge = config.get("merge") or [[part] for part in range(min(self.parts, MOST_PARTS))]
        if not _is_partition(merge, self.parts):
            raise ValueError("its stems are not those of the weights")
        self.members = np.array([[float(part in stem) for part in range(self.parts)] for stem in merge])
        self.stems = len(merge)
        self.soft = self.choice("masks", "softmax", "sigmoid") == "softmax"
        self.loud = self.has("loudness")

    def run(self) -> Steps:
        w, sizes = self.w, [CROP // 3, CROP // 9, CROP // 27]
        heard = w.reshape(w.part(w.input("magnitude", 1, 2, BINS), 0, CROP, axis=2), 2, CROP)
        entry = self.entry(heard)
        x, skips = entry, []
        for level, size in enumerate(sizes):
            x = self.dense(f"dense.{level}", self.block(f"encoder.{level}", x, size))
            if level < 2:
                skips.append(x)
                x = self.down(f"down.{level}", x, sizes[level + 1])
        x, logits = self.bottleneck("bottleneck", x, sizes[2])
        for index, level in enumerate((1, 0)):
            x = self.up(f"up.{index}", x, skips[level], sizes[level])
            x = self.dense(f"decoder_dense.{index}", self.block(f"decoder.{index}", x, sizes[level]))
        self.masks(self.head("head", x, entry), heard, logits)
        return w

    # The card and the weights, of which nothing is believed

    def choice(self, name: str, *known: str) -> str:
        """A word on the card; the first of the known ones where it is missing."""
        word = self.config.get(name, known[0])
        if word not in known:
            raise ValueError(f"{name} is neither {' nor '.join(known)}")
        return word

    def has(self, name: str) -> bool:
        return f"{name}.weight" in self.weights

    def take(self, name: str, *shape: int | None) -> Matrix:
        """A tensor of a shape; None is any size that a layer may have."""
        tensor = self.weights.get(name)
        if tensor is None:
            raise ValueError(f"{name} is missing")
        fits = tensor.ndim == len(shape) and all(
            size == wanted if wanted is not None else 1 <= size <= WIDEST
            for size, wanted in zip(tensor.shape, shape, strict=True)
        )
        if not fits:
            raise ValueError(f"{name} is {list(tensor.shape)[:6]}")
        return tensor.astype(np.float64)

    def bias(self, name: str, size: int) -> Matrix:
        name = f"{name}.bias"
        return self.take(name, size) if name in self.weights else np.zeros(size)

    def normalisation(self, name: str, size: int) -> tuple[Matrix, Matrix]:
        """The factor and the addend that a BatchNorm is after training."""
        weight, bias, mean, variance = (
            self.take(f"{name}.{part}", size) for part in ("weight", "bias", "running_mean", "running_var")
        )
        factor = weight / np.sqrt(variance + EPSILON)
        return factor, bias - mean * factor

    def width(self, x: str) -> int:
        """Channels of a frame."""
        return self.w.shapes[x][1]

    # Layers

    def entry(self, heard: str) -> str:
        """From magnitudes (2, 1485) to (495, 6)."""
        w = self.w
        if self.choice("stereo", "left-right", "mid-side") == "mid-side":
            left, right = w.part(heard, 0, 1), w.part(heard, 1, 2)
            mid = w.each("multiply", w.each("add", left, right), w.constant([[0.5]]))
            heard = w.beside(mid, w.each("abs", w.each("subtract", left, right)), axis=0)
        x = w.each("add", heard, w.constant([[FLOOR]]))
        x = w.each("log", x) if self.choice("entry", "log", "root") == "log" else w.each("sqrt", w.each("sqrt", x))
        x = w.each("subtract", x, w.constant(self.take("mean", 2, CROP)))
        x = w.each("multiply", x, w.constant(self.take("scale", 2, CROP)))
        return w.reshape(w.transpose(w.reshape(x, 2, CROP // 3, 3), 1, 0, 2), CROP // 3, 6)

    def block(self, name: str, x: str, bins: int) -> str:
        w, y, count = self.w, x, 0
        while self.has(f"{name}.convs.{count}.conv"):
            y = self.convolution(f"{name}.convs.{count}", f"{name}.norms.{count}", y, bins)
            count += 1
        if not self.has(f"{name}.shortcut"):
            if self.width(x) != self.width(y):
                raise ValueError(f"{name}.shortcut is missing")
            return w.each("add", y, x)
        weight = self.take(f"{name}.shortcut.weight", self.width(y), self.width(x), 1, 1)[:, :, 0, 0].T
        bias = self.bias(f"{name}.shortcut", weight.shape[1])
        return w.product(x, w.constant(weight), plus=y, bias=w.constant(bias))

    def convolution(self, name: str, norm: str, x: str, bins: int) -> str:
        """A convolution, its normalisation and its activation."""
        w, kernel = self.w, self.take(f"{name}.conv.weight", None, self.width(x), None, 3)
        factor, addend = self.normalisation(norm, len(kernel))
        addend = addend + factor * self.bias(f"{name}.conv", len(factor))
        taps = [w.constant(_tap(k, factor)) for k in np.moveaxis(kernel, 2, 0)]
        shares = [w.state(f"{name}/{later}", bins, len(factor)) for later in range(1, len(taps))]
        now = shares[0] if shares else ""
        y = w.neighbours([x], taps[-1], plus=now, bias=w.constant(addend), slope=SLOPE)
        for later, tap in enumerate(taps[-2::-1]):
            kept = shares[later + 1] if later + 1 < len(shares) else ""
            w.neighbours([x], tap, plus=kept, to=f"{shares[later]}_next")
        return y

    def dense(self, name: str, x: str) -> str:
        """A dense layer over frequency, from the left; its bias comes in with a row of ones."""
        if not self.has(f"{name}.down"):
            return x
        w, (bins, width) = self.w, self.w.shapes[x]
        down = self.take(f"{name}.down.weight", None, bins)
        up, bias = self.take(f"{name}.up.weight", bins, len(down)), self.take(f"{name}.up.bias", bins)
        factor, addend = self.normalisation(f"{name}.norm", width)
        addends = np.vstack((np.tile(addend, (len(down), 1)), np.ones((1, len(addend)))))
        down = np.vstack((down, np.zeros((1, down.shape[1]))))
        up = np.hstack((up, bias[:, None]))
        z = w.each("multiply", w.product(w.constant(down), x), w.constant(factor[None]))
        z = w.each("leaky", w.each("add", z, w.constant(addends)), number=SLOPE)
        return w.product(w.constant(up), z, plus=x)

    def down(self, name: str, x: str, bins: int) -> str:
        weight = self.take(f"{name}.weight", None, self.width(x), 1, 3)[:, :, 0]
        matrix = _tap(weight, np.ones(len(weight)))
        bias = self.w.constant(self.bias(name, len(weight)))
        return self.w.product(self.w.reshape(x, bins, len(matrix)), self.w.constant(matrix), bias=bias)

    def up(self, name: str, x: str, skip: str, bins: int) -> str:
        w, inputs, width = self.w, self.width(x), self.width(skip)
        weight = self.take(f"{name}.weight", inputs, width, 1, 3)[:, :, 0]
        matrix = weight.transpose(0, 2, 1).reshape(inputs, 3 * width)
        bias = np.tile(self.bias(name, width), 3)
        x = w.product(x, w.constant(matrix), plus=w.reshape(skip, bins // 3, 3 * width), bias=w.constant(bias))
        return w.reshape(x, bins, width)

    def bottleneck(self, name: str, x: str, bins: int) -> tuple[str, str]:
        w, take = self.w, self.take
        weight = take(f"{name}.squeeze.0.weight", None, self.width(x), 1, 1)[:, :, 0, 0]
        squeeze = len(weight)
        factor, addend = self.normalisation(f"{name}.squeeze.1", squeeze)
        weight = (weight * factor[:, None]).T
        z = w.product(x, w.constant(weight), bias=w.constant(addend), slope=SLOPE)
        weight = take(f"{name}.enter.0.weight", None, squeeze * bins)
        size = len(weight)
        bias = w.constant(take(f"{name}.enter.0.bias", size))
        matrix = weight.reshape(size, squeeze, bins).transpose(2, 1, 0).reshape(-1, size)
        z = w.product(w.reshape(z, 1, bins * squeeze), w.constant(matrix), bias=bias)
        scale, shift = (w.constant(take(f"{name}.enter.1.{part}", size)) for part in ("weight", "bias"))
        z = w.each("leaky", w.norm(z, scale, shift), number=SLOPE)
        if f"{name}.gru.gru.weight_ih_l0" in self.weights:
            hidden = self.gru(f"{name}.gru", z, size)
        else:
            hidden = self.dilated(f"{name}.gru", z, size)
        activity = w.constant(take(f"{name}.activity.weight", self.parts, 2 * size).T)
        logits = w.product(w.beside(z, hidden), activity, bias=w.constant(self.activity_bias(f"{name}.activity")))
        back = (
            take(f"{name}.leave.weight", squeeze * bins, size)
            .reshape(squeeze, bins, size)
            .transpose(2, 1, 0)
            .reshape(size, -1)
        )
        shifts = take(f"{name}.leave.bias", squeeze * bins).reshape(squeeze, bins).T.reshape(-1)
        left = w.reshape(w.product(hidden, w.constant(back), bias=w.constant(shifts)), bins, squeeze)
        weight = take(f"{name}.expand.weight", self.width(x), squeeze, 1, 1)[:, :, 0, 0].T
        bias = w.constant(self.bias(f"{name}.expand", weight.shape[1]))
        return w.product(left, w.constant(weight), plus=x, bias=bias), logits

    def gru(self, name: str, x: str, size: int) -> str:
        w = self.w
        before = w.state(name, 1, size)
        weights = [w.constant(self.take(f"{name}.gru.weight_{part}_l0", 3 * size, size).T) for part in ("ih", "hh")]
        biases = [w.constant(self.take(f"{name}.gru.bias_{part}_l0", 3 * size)) for part in ("ih", "hh")]
        return w.gru(x, before, weights, biases, to=f"{name}_next")

    def dilated(self, name: str, x: str, size: int) -> str:
        w, take, index = self.w, self.take, 0
        while self.has(f"{name}.layers.{index}.dense"):
            layer, dilation = f"{name}.layers.{index}", 1 << index
            state = w.state(layer, 2 * dilation, size)
            y = w.norm(x, *(w.constant(take(f"{layer}.norm.{part}", size)) for part in ("weight", "bias")))
            w.beside(w.part(state, 1, 2 * dilation), y, axis=0, to=f"{state}_next")
            taps = w.beside(w.part(state, 0, 1), w.part(state, dilation, dilation + 1), y)
            weight, bias = take(f"{layer}.dense.weight", size, 3 * size).T, take(f"{layer}.dense.bias", size)
            x = w.each("add", x, w.product(taps, w.constant(weight), bias=w.constant(bias), slope=SLOPE))
            index += 1
        return x

    def head(self, name: str, x: str, entry: str) -> str:
        """Centred mask logits (1486, parts): the bins up to the crop, and one for all above."""
        w, width = self.w, self.width(x)
        weight = self.take(f"{name}.weight", 3 * self.parts, width + 6, 1, 3)[:, :, 0]
        weight, bias = weight.reshape(self.parts, 3, width + 6, 3), self.bias(name, len(weight)).reshape(self.parts, 3)
        if self.soft:
            weight, bias = weight - weight.mean(axis=0), bias - bias.mean(axis=0)
        # Columns in the order of a bin's three neighbours first, so that the rows of three bins follow each other.
        weight = weight.transpose(1, 0, 2, 3).reshape(3 * self.parts, width + 6, 3)
        ones = np.ones(len(weight))
        matrix = w.constant(np.vstack((_tap(weight[:, :width], ones), _tap(weight[:, width:], ones))))
        scores = w.neighbours([x, entry], matrix, bias=w.constant(bias.T.reshape(-1)))
        scores = w.reshape(scores, CROP, self.parts)
        top = w.product(w.constant(np.full((1, TOP), 1.0 / TOP)), w.part(scores, CROP - TOP, CROP))
        return w.beside(scores, top, axis=0)

    def masks(self, scores: str, heard: str, logits: str) -> None:
        """Masks (1, stems, 2049) and activity (1, stems)."""
        w, total = self.w, ""
        if self.soft:
            weights = w.each("exp", w.each("held", scores, number=LIMIT))
            sums = w.turned_product(w.constant(np.vstack((self.members, np.ones(self.parts)))), weights)
            total = w.part(sums, self.stems, self.stems + 1)
            masks = w.each("divide", w.part(sums, 0, self.stems), total)
        else:
            weights = w.each("sigmoid", scores)
            masks = w.turned_product(w.constant(self.members), weights)
        above = w.expand(w.part(masks, CROP, CROP + 1, axis=1), self.stems, BINS - CROP)
        w.reshape(w.beside(w.part(masks, 0, CROP, axis=1), above), 1, self.stems, BINS, to="mask")
        if self.loud:
            logits = self.loudness(weights, total, heard, logits)
        logits = w.each("add", logits, w.constant(np.where(self.members > 0.0, 0.0, NEVER)))
        w.each("sigmoid", w.reshape(w.sum(logits, "most"), 1, self.stems), to="activity")

    def activity_bias(self, name: str) -> Matrix:
        """With the constant part of what loudness adds."""
        bias = self.take(f"{name}.bias", self.parts)
        return bias - MIDDLE * self.take("loudness.weight", 2, self.parts, 1)[1, :, 0] if self.loud else bias

    def loudness(self, weights: str, total: str, heard: str, logits: str) -> str:
        """Logits (1, parts) with what the masked spectra add."""
        w = self.w
        share, level = self.take("loudness.weight", 2, self.parts, 1)[:, :, 0]
        both = w.each("add", w.part(heard, 0, 1), w.part(heard, 1, 2))
        part = w.each("divide", both, w.part(total, 0, CROP, axis=1)) if total else both
        levels = w.product(part, w.part(weights, 0, CROP))
        sums = w.each("add", w.beside(levels, w.sum(both)), w.constant([[QUIET]]))
        return w.product(w.each("log", sums), w.constant(np.vstack((np.diag(share + level), -share))), plus=logits)


def _is_partition(merge: Any, parts: int) -> bool:
    """Whether it is lists of numbers in which each part is once."""
    lists = isinstance(merge, list) and all(isinstance(stem, list) and stem for stem in merge)
    numbers = [part for stem in merge for part in stem] if lists else []
    return 0 < parts <= MOST_PARTS and all(type(n) is int for n in numbers) and sorted(numbers) == list(range(parts))


def _tap(kernel: Matrix, factor: Matrix) -> Matrix:
    """From a kernel (outputs, inputs, 3) to the matrix (3 inputs, outputs) that columns are multiplied by."""
    return (kernel * factor[:, None, None]).transpose(2, 1, 0).reshape(-1, len(factor))
