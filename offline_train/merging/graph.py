"""The graph of several networks side by side, as ONNX; ``offline_train.merged`` is the same in PyTorch.

The parts' graphs are put in as they are, so their masks are what they were. What is shared between them (the logarithm
of the magnitudes, say) is computed once for each.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, TensorProto, compose, helper, numpy_helper

from offline_train.merging.parts import Line, MergeError
from rtiass.bundle import MAX_MODEL_BYTES, Bundle, BundleError
from rtiass.engine import checked_graph
from rtiass.onnxcheck import check_graph
from rtiass.stft import BINS

HEARD = "magnitude"


def merged_graph(bundles: Sequence[Bundle], line: Line, name: str) -> bytes:
    """Return one network that is all of the bundles' networks.

    Its input is one ``magnitude`` and the states of ``line``; its outputs are ``mask``, ``activity``, and each state's
    successor, ``NAME_next``, as in every bundle.

    Args:
        bundles: The parts.
        line: What they make together.
        name: The model's name, for messages.

    Raises:
        MergeError: The networks are of different operator sets, too large together, or not what the cards say.
        BundleError: One of them is damaged or would not be loaded.
    """
    models = [onnx.load_from_string(checked_graph(bundle)) for bundle in bundles]
    _check_versions(models, bundles)
    tail = _Tail()
    for index, (model, bundle, waits) in enumerate(zip(models, bundles, line.waits, strict=True)):
        _check_ends(model, bundle)
        tail.add(compose.add_prefix(model, f"part{index}_"), index, bundle, waits)
    nodes = [*tail.parts, *tail.finish()]
    stems = len(line.stems)
    inputs = [_value(HEARD, (1, 2, BINS)), *(_value(state, shape) for state, shape in line.states)]
    outputs = [_value("mask", (1, stems, BINS)), _value("activity", (1, stems))]
    outputs += [_value(f"{state}_next", shape) for state, shape in line.states]
    graph = helper.make_graph(nodes, "merged", inputs, outputs, tail.constants)
    whole = helper.make_model(
        graph, opset_imports=models[0].opset_import, ir_version=max(model.ir_version for model in models)
    )
    onnx.checker.check_model(whole, full_check=True)
    data = bytes(whole.SerializeToString())
    if len(data) > MAX_MODEL_BYTES:
        raise MergeError(
            f"Together the networks take {len(data) / 1e6:.0f} MB; a model's may take {MAX_MODEL_BYTES / 1e6:.0f}. "
            "Merge fewer of them."
        )
    try:
        check_graph(data, name)
    except BundleError as error:
        raise MergeError(f"The bundles are too much for one model. Merge fewer of them. ({error})") from error
    return data


class _Tail:
    """The parts' nodes, and those that make one answer of theirs."""

    def __init__(self) -> None:
        self.parts: list[NodeProto] = []
        self.constants: list[TensorProto] = []
        self._nodes: list[NodeProto] = []
        self._masks: list[str] = []
        self._active: list[str] = []
        self._rest: list[str] = []
        self._kept: set[str] = set()

    def add(self, model: ModelProto, index: int, bundle: Bundle, waits: tuple[int, int]) -> None:
        """Take a part, all of whose names begin with its number."""
        own = f"part{index}_"
        for node in model.graph.node:
            node.input[:] = [HEARD if name == own + HEARD else name for name in node.input]
        self.parts += model.graph.node
        self.constants += model.graph.initializer
        stems = len(bundle.stems)
        masks = self._slice(f"{own}mask", 1, 0, stems - 1)
        activity = f"{own}activity"
        if waits[0]:
            masks = self._wait(masks, f"wait{index}_masks", [2], waits[0])
        if waits[1]:
            activity = self._wait(activity, f"wait{index}_activity", [2, 3], waits[1])
        self._masks.append(masks)
        self._active.append(self._slice(activity, 1, 0, stems - 1))
        self._rest.append(self._slice(activity, 1, stems - 1, stems))

    def finish(self) -> list[NodeProto]:
        """The nodes behind the parts', with the outputs ``mask`` and ``activity``."""
        one, stems = self._constant("one", np.ones((), np.float32)), self._whole(1)
        self._node("Concat", self._masks, "merged/masks", axis=1)
        self._node("ReduceSum", ["merged/masks", stems], "merged/sum")
        # Where they sum to less than 1 this divides by 1, which changes nothing.
        self._node("Max", ["merged/sum", one], "merged/scale")
        self._node("Div", ["merged/masks", "merged/scale"], "merged/scaled")
        self._node("ReduceSum", ["merged/scaled", stems], "merged/scaled_sum")
        self._node("Sub", [one, "merged/scaled_sum"], "merged/left")
        self._node("Relu", ["merged/left"], "merged/rest")
        self._node("Concat", ["merged/scaled", "merged/rest"], "mask", axis=1)
        self._node("Min", self._rest, "merged/least")
        self._node("Concat", [*self._active, "merged/least"], "activity", axis=1)
        return self._nodes

    def _node(self, op: str, inputs: Sequence[str], output: str, **attributes: Any) -> str:
        self._nodes.append(helper.make_node(op, list(inputs), [output], output, **attributes))
        return output

    def _constant(self, name: str, value: NDArray[np.generic]) -> str:
        name = f"merged/{name}"
        if name not in self._kept:
            self._kept.add(name)
            self.constants.append(numpy_helper.from_array(value, name))
        return name

    def _whole(self, *values: int) -> str:
        return self._constant("_".join(map(str, values)), np.array(values, np.int64))

    def _slice(self, name: str, axis: int, start: int, end: int) -> str:
        ends = [self._whole(start), self._whole(end), self._whole(axis)]
        return self._node("Slice", [name, *ends], f"merged/{name}/{start}-{end}")

    def _wait(self, name: str, state: str, axes: list[int], frames: int) -> str:
        """Hold a value of one frame back by some: frames lie along the axis 2 of the state."""
        frame = self._node("Unsqueeze", [name, self._whole(*axes)], f"{state}/frame")
        queue = self._node("Concat", [state, frame], f"{state}/queue", axis=2)
        first = self._slice(queue, 2, 0, 1)
        ends = [self._whole(1), self._whole(frames + 1), self._whole(2)]
        self._node("Slice", [queue, *ends], f"{state}_next")
        return self._node("Squeeze", [first, self._whole(*axes)], f"{state}/first")


def _value(name: str, shape: tuple[int, ...]) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)


def _check_versions(models: Sequence[ModelProto], bundles: Sequence[Bundle]) -> None:
    versions = [{entry.domain: entry.version for entry in model.opset_import} for model in models]
    for version, bundle in zip(versions, bundles, strict=True):
        if version != versions[0]:
            raise MergeError(
                f"The networks of '{bundles[0].name}' and '{bundle.name}' are of different operator sets "
                f"({versions[0].get('')} and {version.get('')}). Export both with the same version of rtiass."
            )


def _check_ends(model: ModelProto, bundle: Bundle) -> None:
    """Refuse a network whose inputs and outputs are not what its card says."""
    wanted: dict[str, tuple[int, ...]] = {HEARD: (1, bundle.channels, bundle.bins), **dict(bundle.states)}
    stems = len(bundle.stems)
    given: dict[str, tuple[int, ...]] = {"mask": (1, stems, bundle.bins), "activity": (1, stems)}
    given |= {f"{name}_next": shape for name, shape in bundle.states}
    if _ends(model.graph.input) != wanted or _ends(model.graph.output) != given:
        raise MergeError(
            f"The network of the model '{bundle.name}' has other inputs or outputs than its card says. "
            "Download the model again, from its own source, or export it again."
        )


def _ends(values: Sequence[onnx.ValueInfoProto]) -> dict[str, tuple[int, ...]]:
    return {v.name: tuple(d.dim_value for d in v.type.tensor_type.shape.dim) for v in values}
