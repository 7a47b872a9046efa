"""Feed a separator block by block, as an audio callback would, and move a fader on the way.

python examples/block.py [MODEL]
"""

import sys

import numpy as np

import rtiass

RATE = 44100
BLOCK = 512


def main() -> None:
    """Separate two seconds of a tone with clicks; fade the vocals of a karaoke bus halfway."""
    model = sys.argv[1] if len(sys.argv) > 1 else None
    time = np.arange(2 * RATE) / RATE
    mono = 0.3 * np.sin(2 * np.pi * 440 * time) + 0.5 * (np.arange(len(time)) % (RATE // 4) < 20)
    song = np.stack([mono, mono], axis=1).astype(np.float32)

    # Two buses: everything but the vocals, and the vocals alone. A bus costs one inverse transform.
    rest = {"drums": 1.0, "bass": 1.0, "other": 1.0}
    separator = rtiass.load(model, mode="tight", buses={"karaoke": rest, "voice": {"vocals": 1.0}})
    late = separator.latency_samples
    print(f"latency {late} samples, {1000 * late / RATE:.1f} ms")

    heard = []
    for start in range(0, len(song), BLOCK):
        if start >= RATE and separator.mixer.gain("karaoke", "vocals") == 0.0:
            separator.mixer.set_gain("karaoke", "vocals", 1.0)  # ramped over 30 ms: no click
        buses = separator.process(song[start : start + BLOCK])
        # The arrays are views that hold until the next call: copy what is to be kept.
        heard.append(buses["karaoke"].copy())
    heard.append(separator.flush()["karaoke"])

    # Take the latency out; with all faders at unity in the second half, what is heard there is the song.
    aligned = np.concatenate(heard)[late:]
    second_half = slice(RATE + 8192, len(song))
    print(f"largest difference to the song: {np.abs(aligned - song)[second_half].max():.1e}")
    active = [stem for stem, gate in zip(separator.stems, separator.gates, strict=True) if gate > 0.5]
    print("gates open at the end:", ", ".join(active))


if __name__ == "__main__":
    main()
