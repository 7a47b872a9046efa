"""The networks: magnitudes in, masks and activity out, one frame or a whole song with the same forward."""

from __future__ import annotations

from typing import Any

from offline_train.iass import IASS
from offline_train.joint import JointNet
from offline_train.macs import count_macs
from offline_train.merged import Merged
from offline_train.streaming import State, StreamingNetwork

__all__ = ["IASS", "JointNet", "Merged", "State", "StreamingNetwork", "build", "count_macs"]


def build(config: dict[str, Any]) -> StreamingNetwork:
    """Build a network from ``config``: ``kind`` and constructor arguments of that kind.

    Kinds are "joint", "iass", "merged", and "openunmix", which the package ``openunmix`` brings.
    """
    arguments = dict(config)
    kind = arguments.pop("kind", "joint")
    if kind == "openunmix":
        from offline_train.paper.openunmix import OpenUnmixNet

        return OpenUnmixNet(**arguments)
    if kind == "merged":
        return Merged(**arguments, build=build)
    kinds: dict[str, type[StreamingNetwork]] = {"joint": JointNet, "iass": IASS}
    if kind not in kinds:
        raise ValueError(f"Unknown network kind {kind!r}; known: {', '.join(kinds)}, merged.")
    return kinds[kind](**arguments)
