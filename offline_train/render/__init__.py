"""Renders the pool of stems that the networks are trained and validated on."""

from offline_train.render.build import build_pool
from offline_train.render.credit import credits
from offline_train.render.pool import Item, Pool

__all__ = ["Item", "Pool", "build_pool", "credits"]
