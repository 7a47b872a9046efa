"""Keeping the processor awake: the request lasts as long as its file is open, and a refusal is told and never fatal."""

from __future__ import annotations

import struct

from rtiass.live.options import LiveOptions
from rtiass.live.realtime import keep_awake


def test_a_delay_of_nothing_is_asked_for_while_the_file_is_open(tmp_path):
    path = tmp_path / "cpu_dma_latency"
    path.write_bytes(b"")
    file, refusal = keep_awake(path)
    assert refusal == "" and file is not None and not file.closed
    # The kernel takes a number of 32 bits, written at once.
    assert struct.unpack("=i", path.read_bytes()) == (0,)
    file.close()


def test_a_refusal_says_what_to_do(tmp_path):
    file, refusal = keep_awake(tmp_path / "nowhere" / "cpu_dma_latency")
    assert file is None
    assert "/etc/udev/rules.d" in refusal and "--awake" in refusal


def test_it_is_asked_for_only_by_the_option(tmp_path):
    assert not LiveOptions().awake
    assert LiveOptions.from_json(LiveOptions(awake=True).to_json()).awake
