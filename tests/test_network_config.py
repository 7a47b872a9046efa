"""A network is built again from what it says about itself."""

from __future__ import annotations

from typing import Any

import pytest
from networks import SMALL

from offline_train.network import build


@pytest.mark.parametrize(
    "config",
    [{"kind": "joint"}, {**SMALL, "stems": 3, "stereo": "mid-side"}, {"kind": "iass", "blocks": 4, "causal": True}],
    ids=str,
)
def test_config_builds_the_same_network(config: dict[str, Any]) -> None:
    network = build(config)
    again = build(network.config)
    assert again.config == network.config
    assert again.state_shapes() == network.state_shapes()
    again.load_state_dict(network.state_dict())


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="Unknown network kind"):
        build({"kind": "transformer"})


def test_iass_has_three_or_four_blocks() -> None:
    with pytest.raises(ValueError, match="3 or 4"):
        build({"kind": "iass", "blocks": 5})
