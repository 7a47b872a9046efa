"""The measured loop-back is the one that the patched cable makes: on a JACK server exactly one block."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fake_engine import STEMS, FakeSession, fake_bundle
from jack_server import eventually, make_rig  # noqa: F401 - a fixture

from rtiass.live.audioloop import AudioLoop, route_table
from rtiass.live.loopback import find_burst, host_samples
from rtiass.live.masks import AsyncMaskSource
from rtiass.live.options import LiveOptions
from rtiass.live.ring import AudioBlock
from rtiass.live.state import SharedState
from rtiass.masks import MaskProducer
from rtiass.separator import StreamingSeparator

RUN = "import sys; from rtiass.cli import main; sys.argv[0] = 'rtiass'; main()"


@pytest.mark.jack
@pytest.mark.parametrize("block", [256])
def test_measured_loopback(make_rig: Any, tiny_bundle: Path, block: int) -> None:  # noqa: F811
    make_rig(block=block)
    program = subprocess.Popen(
        [sys.executable, "-c", RUN, "live", "--measure", "--model", str(tiny_bundle)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip

    def patched() -> bool:
        cable = ["jack_connect", "rtiass:out_0", "rtiass:in_0"]
        return subprocess.run(cable, capture_output=True, check=False).returncode == 0

    try:
        assert eventually(patched, 10) is not None
        out, err = program.communicate(timeout=30)
        assert program.returncode == 0, err
        found = re.search(r"Loop-back: (\d+) samples", out)
        assert found is not None
        assert int(found[1]) == block
    finally:
        program.kill()


@pytest.mark.parametrize("gate", ["fast", "strict"])
@pytest.mark.parametrize("rate", [44100, 48000, 96000])
def test_told_host_figure_is_the_hosts_own(tiny_bundle: Path, rate: int, gate: str) -> None:
    source = AsyncMaskSource(MaskProducer(FakeSession(), STEMS, {}, gate=gate))
    separator = StreamingSeparator(fake_bundle(), source, mode="tight", buses={"mix": {"vocals": 1.0}})
    loop = AudioLoop(
        AudioBlock(2, 2), separator, source, route_table(((0, 1),)), SharedState(), device_rate=rate, max_block=128,
        headroom=100, freewheel=False, plan=lambda mode, block: 0,
    )  # fmt: skip
    source.close()
    options = LiveOptions(model=str(tiny_bundle), mode="tight", gate=gate, headroom=100)
    assert host_samples(options, 128, rate) == pytest.approx(loop.latency)
    assert host_samples(options, 128, rate) >= 128 + 100 + 1024


def test_burst_is_found_in_noise_and_upside_down() -> None:
    rng = np.random.default_rng(0)
    burst = np.sign(rng.standard_normal(1023)).astype(np.float32)
    heard = 0.3 * rng.standard_normal(30000).astype(np.float32)
    assert find_burst(heard, burst) is None
    heard[12345 : 12345 + 1023] -= 0.2 * burst
    assert find_burst(heard, burst) == 12345
    assert find_burst(np.zeros(30000, np.float32), burst) is None
