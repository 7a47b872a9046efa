"""Parameters and multiply-accumulates are what the documentation says."""

from __future__ import annotations

from offline_train.network import IASS, JointNet, StreamingNetwork, count_macs


def parameters(network: StreamingNetwork) -> int:
    return sum(p.numel() for p in network.parameters())


def test_iass_has_the_published_number_of_parameters() -> None:
    network = IASS(blocks=3)
    assert parameters(network) == 3_205_682
    assert sum(p.numel() for p in network.dense.parameters()) == 3_048_912


def test_causal_iass_has_as_many() -> None:
    assert parameters(IASS(blocks=3, causal=True)) == 3_205_682


def test_documented_sizes_are_measured_ones() -> None:
    for network in (JointNet(), IASS()):
        text = type(network).__doc__ or ""
        assert f"{parameters(network):,} parameters" in " ".join(text.split())
        assert f"{count_macs(network) / 1e6:.1f} M multiply-accumulates" in " ".join(text.split())


def test_joint_network_stays_in_its_budget() -> None:
    network = JointNet()
    assert parameters(network) <= 800_000
    assert count_macs(network) <= 40_000_000
