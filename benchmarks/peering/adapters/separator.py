"""rtiass: the whole separator, hop by hop, transforms and gates and all; also the paper's network made causal.

A network for one target needs one separator for each target, with one bus each.
"""

from __future__ import annotations

import argparse
import json
import math

import meter
import numpy as np

from rtiass.bundle import Bundle, load_bundle
from rtiass.engine import choose
from rtiass.separator import StreamingSeparator
from rtiass.stft import DEFAULT_MODE, RATE


def parameters(bundle: Bundle) -> int | None:
    """Trained numbers of a bundle; the running statistics of its normalisation are not."""
    weights = bundle.weights_bytes()
    if weights is None:
        return None
    size = int.from_bytes(weights[:8], "little")
    head = json.loads(weights[8 : 8 + size])
    return sum(
        math.prod(tensor["shape"]) for name, tensor in head.items() if name != "__metadata__" and "running_" not in name
    )


def load(options: argparse.Namespace) -> meter.System:
    bundle = load_bundle(options.model)
    buses = None if options.targets is None else {"target": {bundle.stems[0]: 1.0}}
    sessions = [choose(options.engine, bundle, options.threads)[1] for _ in range(options.targets or 1)]
    separators = [StreamingSeparator(bundle, session, mode=options.mode, buses=buses) for session in sessions]
    first = separators[0]
    hop = first.mode.hop
    out = np.zeros((len(first.bus_names), hop, 2), np.float32)

    def process(sound):
        for separator in separators:
            separator.reset()
        for start in range(0, len(sound) - hop + 1, hop):
            for separator in separators:
                separator.process_into(sound[start : start + hop], out)

    count = parameters(bundle)
    known = f"formula: a synthesis window of {first.mode.window} samples"
    if bundle.lookahead:
        known += f" and {bundle.lookahead} frames to come"
    return meter.System(
        process,
        None if count is None else count * len(separators),
        first.latency_samples / RATE,
        known,
        streams=True,
        weights=options.weights,
    )


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", help="name of a shipped model, or a bundle's folder")
    parser.add_argument("--mode", default=DEFAULT_MODE)
    parser.add_argument("--engine", default="onnxruntime")
    parser.add_argument("--weights", default="random", choices=("own", "random"))
    parser.add_argument("--targets", type=int, help="networks of one target each; without: all stems by one network")


if __name__ == "__main__":
    meter.run(load, options)
