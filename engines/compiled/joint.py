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

from engines.compiled.steps import Steps
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


def joint_network(config: Mapping[str, Any], weights: Weights) -> Steps:
    """Write the network.

    Args:
        config: The table ``network`` of a card.
        weights: Of the bundle, by name.

    Raises:
        KeyError, ValueError: They don't fit.
    """
    return _Joint(config, weights).run()


class _Joint:
    def __init__(self, config: Mapping[str, Any], weights: Weights) -> None:
        self.config, self.weights = config, weights
        self.w = Steps()
        self.parts = len(weights["head.weight"]) // 3
        merge = config.get("merge") or [[part] for part in range(self.parts)]
        self.members = np.array([[float(part in stem) for part in range(self.parts)] for stem in merge])
        self.stems = len(merge)
        self.soft = config.get("masks", "softmax") == "softmax"
        self.loud = "loudness.weight" in weights

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

    # Weights

    def bias(self, name: str, size: int) -> Matrix:
        return self.weights.get(f"{name}.bias", np.zeros(size))

    def normalisation(self, name: str) -> tuple[Matrix, Matrix]:
        """The factor and the addend that a BatchNorm is after training."""
        weight, bias, mean, variance = (
            self.weights[f"{name}.{part}"] for part in ("weight", "bias", "running_mean", "running_var")
        )
        factor = weight / np.sqrt(variance + EPSILON)
        return factor, bias - mean * factor

    def has(self, name: str) -> bool:
        return f"{name}.weight" in self.weights

    # Layers

    def entry(self, heard: str) -> str:
        """From magnitudes (2, 1485) to (495, 6)."""
        w = self.w
        if self.config.get("stereo", "left-right") == "mid-side":
            left, right = w.part(heard, 0, 1), w.part(heard, 1, 2)
            mid = w.each("multiply", w.each("add", left, right), w.constant([[0.5]]))
            heard = w.beside(mid, w.each("abs", w.each("subtract", left, right)), axis=0)
        x = w.each("add", heard, w.constant([[FLOOR]]))
        x = w.each("log", x) if self.config.get("entry", "log") == "log" else w.each("sqrt", w.each("sqrt", x))
        x = w.each("subtract", x, w.constant(self.weights["mean"]))
        x = w.each("multiply", x, w.constant(self.weights["scale"]))
        return w.reshape(w.transpose(w.reshape(x, 2, CROP // 3, 3), 1, 0, 2), CROP // 3, 6)

    def block(self, name: str, x: str, bins: int) -> str:
        w, y, count = self.w, x, 0
        while self.has(f"{name}.convs.{count}.conv"):
            y = self.convolution(f"{name}.convs.{count}", f"{name}.norms.{count}", y, bins)
            count += 1
        if not self.has(f"{name}.shortcut"):
            return w.each("add", y, x)
        weight = self.weights[f"{name}.shortcut.weight"][:, :, 0, 0].T
        bias = self.bias(f"{name}.shortcut", weight.shape[1])
        return w.product(x, w.constant(weight), plus=y, bias=w.constant(bias))

    def convolution(self, name: str, norm: str, x: str, bins: int) -> str:
        """A convolution, its normalisation and its activation."""
        w = self.w
        factor, addend = self.normalisation(norm)
        addend = addend + factor * self.bias(f"{name}.conv", len(factor))
        taps = [w.constant(_tap(k, factor)) for k in np.moveaxis(self.weights[f"{name}.conv.weight"], 2, 0)]
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
        w, down, up = self.w, self.weights[f"{name}.down.weight"], self.weights[f"{name}.up.weight"]
        factor, addend = self.normalisation(f"{name}.norm")
        addends = np.vstack((np.tile(addend, (len(down), 1)), np.ones((1, len(addend)))))
        down = np.vstack((down, np.zeros((1, down.shape[1]))))
        up = np.hstack((up, self.weights[f"{name}.up.bias"][:, None]))
        z = w.each("multiply", w.product(w.constant(down), x), w.constant(factor[None]))
        z = w.each("leaky", w.each("add", z, w.constant(addends)), number=SLOPE)
        return w.product(w.constant(up), z, plus=x)

    def down(self, name: str, x: str, bins: int) -> str:
        weight = self.weights[f"{name}.weight"][:, :, 0]
        matrix = _tap(weight, np.ones(len(weight)))
        bias = self.w.constant(self.bias(name, len(weight)))
        return self.w.product(self.w.reshape(x, bins, len(matrix)), self.w.constant(matrix), bias=bias)

    def up(self, name: str, x: str, skip: str, bins: int) -> str:
        w, weight = self.w, self.weights[f"{name}.weight"][:, :, 0]
        inputs, width = weight.shape[:2]
        matrix = weight.transpose(0, 2, 1).reshape(inputs, 3 * width)
        bias = np.tile(self.bias(name, width), 3)
        x = w.product(x, w.constant(matrix), plus=w.reshape(skip, bins // 3, 3 * width), bias=w.constant(bias))
        return w.reshape(x, bins, width)

    def bottleneck(self, name: str, x: str, bins: int) -> tuple[str, str]:
        w, numbers = self.w, self.weights
        factor, addend = self.normalisation(f"{name}.squeeze.1")
        weight = (numbers[f"{name}.squeeze.0.weight"][:, :, 0, 0] * factor[:, None]).T
        z = w.product(x, w.constant(weight), bias=w.constant(addend), slope=SLOPE)
        squeeze = len(factor)
        weight, bias = numbers[f"{name}.enter.0.weight"], w.constant(numbers[f"{name}.enter.0.bias"])
        size = len(weight)
        matrix = weight.reshape(size, squeeze, bins).transpose(2, 1, 0).reshape(-1, size)
        z = w.product(w.reshape(z, 1, bins * squeeze), w.constant(matrix), bias=bias)
        scale, shift = (w.constant(numbers[f"{name}.enter.1.{part}"]) for part in ("weight", "bias"))
        z = w.each("leaky", w.norm(z, scale, shift), number=SLOPE)
        if f"{name}.gru.gru.weight_ih_l0" in numbers:
            hidden = self.gru(f"{name}.gru", z, size)
        else:
            hidden = self.dilated(f"{name}.gru", z, size)
        activity = w.constant(numbers[f"{name}.activity.weight"].T)
        logits = w.product(w.beside(z, hidden), activity, bias=w.constant(self.activity_bias(f"{name}.activity")))
        back = numbers[f"{name}.leave.weight"].reshape(squeeze, bins, size).transpose(2, 1, 0).reshape(size, -1)
        shifts = numbers[f"{name}.leave.bias"].reshape(squeeze, bins).T.reshape(-1)
        left = w.reshape(w.product(hidden, w.constant(back), bias=w.constant(shifts)), bins, squeeze)
        weight = numbers[f"{name}.expand.weight"][:, :, 0, 0].T
        bias = w.constant(self.bias(f"{name}.expand", weight.shape[1]))
        return w.product(left, w.constant(weight), plus=x, bias=bias), logits

    def gru(self, name: str, x: str, size: int) -> str:
        w = self.w
        before = w.state(name, 1, size)
        weights = [w.constant(self.weights[f"{name}.gru.weight_{part}_l0"].T) for part in ("ih", "hh")]
        biases = [w.constant(self.weights[f"{name}.gru.bias_{part}_l0"]) for part in ("ih", "hh")]
        return w.gru(x, before, weights, biases, to=f"{name}_next")

    def dilated(self, name: str, x: str, size: int) -> str:
        w, numbers, index = self.w, self.weights, 0
        while self.has(f"{name}.layers.{index}.dense"):
            layer, dilation = f"{name}.layers.{index}", 1 << index
            state = w.state(layer, 2 * dilation, size)
            y = w.norm(x, *(w.constant(numbers[f"{layer}.norm.{part}"]) for part in ("weight", "bias")))
            w.beside(w.part(state, 1, 2 * dilation), y, axis=0, to=f"{state}_next")
            taps = w.beside(w.part(state, 0, 1), w.part(state, dilation, dilation + 1), y)
            weight, bias = numbers[f"{layer}.dense.weight"].T, numbers[f"{layer}.dense.bias"]
            x = w.each("add", x, w.product(taps, w.constant(weight), bias=w.constant(bias), slope=SLOPE))
            index += 1
        return x

    def head(self, name: str, x: str, entry: str) -> str:
        """Centred mask logits (1486, parts): the bins up to the crop, and one for all above."""
        w, weight = self.w, self.weights[f"{name}.weight"][:, :, 0]
        width, bias = weight.shape[1] - 6, self.bias(name, len(weight)).reshape(self.parts, 3)
        weight = weight.reshape(self.parts, 3, width + 6, 3)
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
        bias = self.weights[f"{name}.bias"]
        return bias - MIDDLE * self.weights["loudness.weight"][1, :, 0] if self.loud else bias

    def loudness(self, weights: str, total: str, heard: str, logits: str) -> str:
        """Logits (1, parts) with what the masked spectra add."""
        w = self.w
        share, level = self.weights["loudness.weight"][:, :, 0]
        both = w.each("add", w.part(heard, 0, 1), w.part(heard, 1, 2))
        part = w.each("divide", both, w.part(total, 0, CROP, axis=1)) if total else both
        levels = w.product(part, w.part(weights, 0, CROP))
        sums = w.each("add", w.beside(levels, w.sum(both)), w.constant([[QUIET]]))
        return w.product(w.each("log", sums), w.constant(np.vstack((np.diag(share + level), -share))), plus=logits)


def _tap(kernel: Matrix, factor: Matrix) -> Matrix:
    """From a kernel (outputs, inputs, 3) to the matrix (3 inputs, outputs) that columns are multiplied by."""
    return (kernel * factor[:, None, None]).transpose(2, 1, 0).reshape(-1, len(factor))
