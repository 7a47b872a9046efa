"""Spleeter with its own configuration of four stems: a U-Net a stem over pieces of 512 frames and 1024 bins."""

from __future__ import annotations

import argparse
import math

import meter
import tensorflow as tf
from spleeter.model import EstimatorSpecBuilder, InputProviderFactory
from spleeter.utils.configuration import load_configuration


def load(options: argparse.Namespace) -> meter.System:
    tf.compat.v1.disable_eager_execution()
    tf.compat.v1.set_random_seed(0)
    settings = load_configuration("spleeter:4stems")
    settings["MWF"] = False  # its default: soft masks, no Wiener filter
    provider = InputProviderFactory.get(settings)
    features = provider.get_input_dict_placeholders()
    stems = EstimatorSpecBuilder(features, settings).outputs
    session = tf.compat.v1.Session(
        config=tf.compat.v1.ConfigProto(
            intra_op_parallelism_threads=options.threads, inter_op_parallelism_threads=options.threads
        )
    )
    session.run(tf.compat.v1.global_variables_initializer())

    def process(sound):
        return session.run(stems, feed_dict=provider.get_feed_dict(features, sound, ""))

    parameters = sum(math.prod(v.shape.as_list()) for v in tf.compat.v1.trainable_variables())
    piece = settings["T"] * settings["frame_step"] / settings["sample_rate"]
    known = f"documented: a piece of {settings['T']} frames goes through at once"
    return meter.System(process, parameters, piece, known, streams=False, weights="random")


if __name__ == "__main__":
    meter.run(load)
