"""Training leaves the processor's arithmetic as it was."""

import pytest
import torch

from offline_train.denormals import flushed

TINY = 1e-310


def product():
    return float(torch.tensor(TINY, dtype=torch.float64) * 0.5)


def test_denormals_are_zero_inside_and_themselves_behind():
    with flushed():
        inside = product()
    assert inside == 0.0
    assert product() > 0.0


def test_an_error_puts_them_back_too():
    with pytest.raises(ZeroDivisionError), flushed():
        raise ZeroDivisionError
    assert product() > 0.0
