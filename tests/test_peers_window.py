"""The window that is run again at every hop, in benchmarks/peers.py: the paper's network, at the latency it tells."""

import sys
from argparse import Namespace
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx import TensorProto, helper

from offline_train.network import IASS

ADAPTERS = Path(__file__).parent.parent / "benchmarks" / "peering" / "adapters"


@pytest.fixture(autouse=True)
def adapters(monkeypatch):
    monkeypatch.syspath_prepend(str(ADAPTERS))
    yield
    for name in ("meter", "iass_window", "paper_network"):
        sys.modules.pop(name, None)


def test_with_masks_of_one_it_is_the_song_later_by_its_latency(tmp_path):
    import iass_window

    shape = [1, 1, 25, 2049]
    mean = helper.make_node("ReduceMean", ["magnitude"], ["mean"], axes=[1], keepdims=1)
    mask = helper.make_node("Pow", ["mean", "zero"], ["mask"])
    constants = [helper.make_tensor("zero", TensorProto.FLOAT, [], [0.0])]
    graph = helper.make_graph(
        [mean, mask], "one", [helper.make_tensor_value_info("magnitude", TensorProto.FLOAT, [1, 2, 25, 2049])],
        [helper.make_tensor_value_info("mask", TensorProto.FLOAT, shape)], constants,
    )  # fmt: skip
    path = tmp_path / "one.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    system = iass_window.load(Namespace(graph=str(path), targets=2, threads=1, parameters=7))
    song = 0.1 * np.random.default_rng(0).standard_normal((40 * 1024, 2)).astype(np.float32)
    heard = system.process(song)
    # A host would hand over a hop once it is complete: the latency has that hop too.
    late = round(system.latency * 44100) - 1024
    assert late == 4096 + 12 * 1024 - 1024
    assert heard.shape == (2, len(song), 2)
    assert np.allclose(heard[:, late + 4096 :], song[4096:-late], atol=1e-5)
    assert system.parameters == 14


def test_its_graph_is_the_published_network(tmp_path):
    import paper_network

    paper_network.write(tmp_path)
    torch.manual_seed(0)
    published = IASS(blocks=3, causal=False).eval()
    magnitude = torch.rand(1, 2, 25, 2049)
    with torch.no_grad():
        wanted = published(magnitude)[0].numpy()
    session = onnxruntime.InferenceSession(str(tmp_path / "window.onnx"), providers=["CPUExecutionProvider"])
    assert np.allclose(session.run(["mask"], {"magnitude": magnitude.numpy()})[0], wanted, atol=1e-4)
    assert sum(p.numel() for p in published.parameters()) == 3_205_682
    assert (tmp_path / "causal" / "card.toml").exists()
