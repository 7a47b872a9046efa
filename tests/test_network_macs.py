"""Multiply-accumulates are counted as on paper."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from offline_train.network import State, StreamingNetwork, count_macs
from offline_train.streaming import Carry, CausalConv2d, StreamingGRU


class Sample(StreamingNetwork):
    """One layer of each kind that is counted."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = CausalConv2d(2, 4, (3, 3), 2049)
        self.down = nn.Conv2d(4, 4, (1, 3), stride=(1, 3))
        self.up = nn.ConvTranspose2d(4, 2, (1, 3), stride=(1, 3))
        self.dense = nn.Linear(2049, 10)
        self.gru = StreamingGRU(20, 5)
        self.name_states()

    def forward(self, magnitude: Tensor, state: State | None = None) -> tuple[Tensor, Tensor, State]:
        carry = Carry(state)
        x = self.dense(self.up(self.down(self.conv(magnitude, carry))))
        y = self.gru(x.permute(0, 2, 1, 3).flatten(2), carry)
        return y, y, carry.new


def test_count_is_the_sum_over_layers() -> None:
    conv = 2049 * 4 * 2 * 9
    down = 683 * 4 * 4 * 3
    up = 683 * 4 * 2 * 3
    dense = 2 * 2049 * 10
    gru = 3 * 5 * (20 + 5)
    assert count_macs(Sample()) == conv + down + up + dense + gru


def test_counting_leaves_the_network_as_it_was() -> None:
    network = Sample().train()
    before = {k: v.clone() for k, v in network.state_dict().items()}
    count_macs(network)
    assert network.training
    assert not any(layer._forward_hooks for layer in network.modules())
    assert all(torch.equal(before[k], v) for k, v in network.state_dict().items())
