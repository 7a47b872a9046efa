"""What is compiled: fewer steps than the exported graph has operations, the same work, and room that is used again."""

from __future__ import annotations

import math

import onnx
import pytest
from networks import exported

from engines.compiled.joint import joint_network
from engines.compiled.memory import Memory
from engines.compiled.network import write_network
from engines.compiled.steps import Steps
from engines.compiled.weights import read_weights
from offline_train.network import count_macs


def steps() -> Steps:
    bundle = exported("joint")[1]
    data = bundle.weights_bytes()
    assert data is not None
    return joint_network(bundle.card["network"], read_weights(data))


def test_fewer_steps_than_the_exported_graph_has_operations() -> None:
    ours = [step for step in steps().steps if step.kind != "reshape"]
    graph = onnx.load_from_string(exported("joint")[1].onnx_bytes()).graph
    theirs = [node for node in graph.node if node.op_type not in ("Constant", "Reshape")]
    assert len(ours) < 0.75 * len(theirs)


def test_the_work_is_that_of_the_network() -> None:
    # Ones for biases and sums over stems add a little.
    assert 1.0 <= steps().work() / count_macs(exported("joint")[0]) < 1.01


def test_frames_whose_neighbours_are_wanted_lie_between_zeros() -> None:
    ours = steps()
    wanted = {name for step in ours.steps if step.kind == "neighbours" for name in step.inputs[:-3]}
    origins, framed = ours.origins(), Memory(ours).framed
    assert {origins.get(name, name) for name in wanted} == set(framed)
    assert all(edge >= 1 for edge in framed.values())


def test_room_is_used_again() -> None:
    ours = steps()
    made = sum(math.prod(ours.shapes[step.output]) for step in ours.steps)
    assert write_network(ours, 8).work < made / 3


def test_what_does_not_fit_is_refused() -> None:
    some = Steps()
    a, b = some.input("a", 4, 3), some.input("b", 4, 3)
    for wrong in (
        lambda: some.product(a, b),
        lambda: some.neighbours([a], b),
        lambda: some.reshape(a, 5, 3),
        lambda: some.part(a, 2, 5),
        lambda: some.beside(a, some.input("c", 3, 3)),
        lambda: some.expand(a, 8, 3),
        lambda: some.norm(a, b, b),
    ):
        with pytest.raises(ValueError, match=r"fit|lies outside|cannot be broadcast"):
            wrong()
