"""The learning rate follows the share of the budget that is used up."""

import pytest

from offline_train.fit.budget import learning_rate_factor


def test_rises_then_falls_to_the_final_share():
    values = [learning_rate_factor(share / 100, 0.1, 0.01) for share in range(101)]
    assert values[0] == pytest.approx(0.05)
    assert values[10] == pytest.approx(1.0)
    assert values[100] == pytest.approx(0.01)
    assert values[:11] == sorted(values[:11])
    assert values[10:] == sorted(values[10:], reverse=True)


def test_past_the_end_it_stays_final():
    assert learning_rate_factor(1.5, 0.1, 0.01) == pytest.approx(0.01)


def test_no_warm_up():
    assert learning_rate_factor(0.0, 0.0, 0.01) == pytest.approx(1.0)
