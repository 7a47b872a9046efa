"""Sound files for tests: encoding, and how far a decoded sound is from the original."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray


def encode_aac(path: Path, sound: NDArray[np.float32], rate: int) -> None:
    """Write M4A (or raw AAC, by the suffix) with FFmpeg's encoder; the sound has shape (samples, 1 or 2)."""
    import av

    layout = "mono" if sound.shape[1] == 1 else "stereo"
    options = {"movflags": "+faststart"} if path.suffix == ".m4a" else {}
    with av.open(str(path), "w", format="ipod" if path.suffix == ".m4a" else "adts", options=options) as out:
        track = out.add_stream("aac", rate=rate, layout=layout)
        track.bit_rate = 192_000
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound.T), format="fltp", layout=layout)
        frame.sample_rate = rate
        frame.pts = 0
        for packet in [*track.encode(frame), *track.encode(None)]:
            out.mux(packet)


def lag(decoded: NDArray[np.float32], original: NDArray[np.float32]) -> int:
    """Samples by which the first channel of a decoded sound is late, by cross-correlation."""
    count = min(len(decoded), len(original))
    a, b = (np.fft.rfft(x[:count, 0], 2 * count) for x in (original, decoded))
    at = int(np.argmax(np.fft.irfft(a.conj() * b)))
    return at if at < count else at - 2 * count


def signal_to_noise(decoded: NDArray[np.float32], original: NDArray[np.float32]) -> float:
    """Ratio of the original's energy to that of the difference, in dB."""
    error = np.sum((decoded.astype(np.float64) - original) ** 2)
    return float(10 * np.log10(np.sum(original.astype(np.float64) ** 2) / max(error, 1e-20)))
