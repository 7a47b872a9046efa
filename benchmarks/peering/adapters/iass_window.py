"""The paper's network as it is, made to stream the plain way: at every hop it runs again over all that it can see.

A mask depends on 12 frames before and 12 after, so a window of 25 frames goes through and the middle one's mask is
used. ONNX Runtime runs it, as it does the network that keeps its states: the same engine, the same kernels.
"""

from __future__ import annotations

import argparse

import meter
import numpy as np
import onnxruntime

FRAME, HOP, SIDE = 4096, 1024, 12


def load(options: argparse.Namespace) -> meter.System:
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = options.threads
    settings.inter_op_num_threads = 1
    sessions = [
        onnxruntime.InferenceSession(options.graph, settings, providers=["CPUExecutionProvider"])
        for _ in range(options.targets)
    ]
    taper = np.sqrt(np.hanning(FRAME + 1)[:-1]).astype(np.float32)[:, None]

    def process(sound):
        frames = 2 * SIDE + 1
        spectra = np.zeros((frames, FRAME // 2 + 1, 2), np.complex64)
        magnitudes = np.zeros((1, 2, frames, FRAME // 2 + 1), np.float32)
        ring = np.zeros((FRAME, 2), np.float32)
        tails = np.zeros((options.targets, FRAME, 2), np.float32)
        out = np.zeros((options.targets, len(sound), 2), np.float32)
        for start in range(0, len(sound) - HOP + 1, HOP):
            ring = np.concatenate((ring[HOP:], sound[start : start + HOP]))
            spectra = np.concatenate((spectra[1:], np.fft.rfft(taper * ring, axis=0)[None]))
            magnitudes = np.concatenate((magnitudes[:, :, 1:], np.abs(spectra[-1]).T[None, :, None]), axis=2)
            for target, (tail, session) in enumerate(zip(tails, sessions, strict=True)):
                mask = session.run(["mask"], {"magnitude": magnitudes.astype(np.float32)})[0][0, 0, SIDE]
                piece = np.fft.irfft(mask[:, None] * spectra[SIDE], axis=0)
                tail[:-HOP] = tail[HOP:]
                tail[-HOP:] = 0.0
                tail += 0.5 * taper * piece
                out[target, start : start + HOP] = tail[:HOP]
        return out

    latency = (FRAME + SIDE * HOP) / meter.RATE
    known = f"formula: a window of {FRAME} samples and {SIDE} frames to come"
    return meter.System(process, options.parameters * options.targets, latency, known, streams=True, weights="random")


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("graph", help="ONNX file: magnitude (1, 2, 25, 2049) to mask (1, 1, 25, 2049)")
    parser.add_argument("--targets", type=int, default=1)
    parser.add_argument("--parameters", type=int, default=3_205_682, help="of one network")


if __name__ == "__main__":
    meter.run(load, options)
