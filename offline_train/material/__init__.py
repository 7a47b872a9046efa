"""Builds the pool of stems that the network is trained and validated on."""

from offline_train.material.build import build_pool
from offline_train.material.credit import credits
from offline_train.material.pool import Item, Pool

__all__ = ["Item", "Pool", "build_pool", "credits"]
