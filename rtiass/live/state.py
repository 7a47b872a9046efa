"""The block of memory that parent and child share: controls one way, meters and counters the other.

It is an anonymous file passed to the child by its descriptor: no name, so nothing is left behind however the two end.
Every field has one writer and is read whole, so no lock is needed.
"""

from __future__ import annotations

import mmap
import os

import numpy as np
from numpy.typing import NDArray

from rtiass.live.sharedmemory import map_shared

MAX_BUSES = 32
MAX_STEMS = 16
MAX_OUTPUTS = 64

APPLIED = 256
"""Number of control states whose samples are kept."""

LAYOUT = np.dtype(
    [
        # Parent to child
        ("control_begun", np.int64),  # revision that is being written
        ("control", np.int64),  # revision that is whole; until both agree nobody may act on what follows
        ("gains", np.float32, (MAX_BUSES, MAX_STEMS)),
        ("mode", np.int32),
        ("policy", np.int32),
        ("bypass", np.int32),
        ("paused", np.int32),
        ("gate_modes", np.int32, (MAX_STEMS,)),
        ("record", np.int32),  # number of the take that is wanted, 0 for none
        # Child to parent: alive and running
        ("heartbeat", np.int64),
        ("callbacks", np.int64),
        ("captured", np.int64),
        ("max_block", np.int32),
        ("position", np.int64),  # model samples taken in
        # Which control state is heard, and since which model sample of the input
        ("applied_control", np.int64),
        ("applied_at", np.int64),
        ("applied_count", np.int64),
        ("applied", np.int64, (APPLIED, 2)),  # the last ones: revision, sample
        # Latency
        ("device_rate", np.float64),
        ("driver_input", np.float64),  # seconds; not a number where the driver's figure makes no sense
        ("driver_output", np.float64),
        ("host_latency", np.float64),  # device samples
        ("prefill", np.int64),
        ("mask_delay", np.int32),
        ("heard_mode", np.int32),
        # What went wrong
        ("underrun_frames", np.int64),
        ("underruns", np.int64),
        ("input_xruns", np.int64),
        ("output_xruns", np.int64),
        ("late_masks", np.int64),
        ("mask_age", np.int64),  # model samples
        ("oldest_mask", np.int64),
        ("skipped_frames", np.int64),
        ("bad_frames", np.int64),
        ("lost_input", np.int64),
        ("wait_timeouts", np.int64),
        ("starved", np.int64),
        # Meters
        ("activity", np.float32, (MAX_STEMS,)),
        ("gates", np.float32, (MAX_STEMS,)),
        ("levels", np.float32, (MAX_STEMS,)),  # mean power of each stem before its fader
        ("input_peaks", np.float32, (2,)),
        ("output_peaks", np.float32, (MAX_OUTPUTS,)),
        # Recording
        ("recording", np.int32),  # 0 no take, 1 a take is written, 2 ended by a fault
        ("recorded_frames", np.int64),
        ("record_gaps", np.int64),
        ("record_gap_frames", np.int64),
        ("record_clipped", np.int64),
        # Load
        ("step_median", np.float64),  # seconds a network step takes
        ("step_p99", np.float64),
        ("step_max", np.float64),
        ("turn_p99", np.float64),  # seconds the audio thread takes for a block
        ("turn_max", np.float64),
        # The song
        ("song_position", np.int64),  # device samples
        ("song_length", np.int64),
        ("song_number", np.int64),  # of the order that both belong to; written after them
    ],
    align=True,
)

CONTROL_NAMES = ("gains", "gate_modes", "mode", "policy", "bypass", "paused")
CONTROLS = np.dtype([(name, LAYOUT[name]) for name in ("control", *CONTROL_NAMES)], align=True)
"""A control state on its own."""

BYTES = (LAYOUT.itemsize + mmap.PAGESIZE - 1) // mmap.PAGESIZE * mmap.PAGESIZE


class SharedState:
    """The mapped block.

    Attributes:
        fd: Descriptor to hand to the child.
        fields: A numpy record array of shape (1,); ``fields["gains"][0]`` is a writable view.
    """

    def __init__(self, fd: int | None = None) -> None:
        """Map a block.

        Args:
            fd: Descriptor of an existing block; without it a new one is made, filled with zeros.
        """
        self.fd, self._map = map_shared(BYTES, "rtiass", fd)
        self.fields = np.frombuffer(self._map, LAYOUT, 1)

    def get(self, name: str) -> int | float:
        """Value of a scalar field."""
        return self.fields[name][0].item()

    def put(self, name: str, value: int | float) -> None:
        """Set a scalar field."""
        self.fields[name][0] = value

    def write_controls(
        self, revision: int, gains: NDArray[np.float32], gate_modes: NDArray[np.int32], **settings: int
    ) -> None:
        """Hand a control state over as one: a reader sees all of it or nothing. One thread at a time may write.

        Args:
            revision: Its number, unlike the last one's.
            gains: Shape (buses, stems), linear.
            gate_modes: Shape (stems,), indices of ``GATE_MODES``.
            settings: ``mode``, ``policy``, ``bypass``, ``paused``.
        """
        self.fields["control_begun"] = revision
        self.fields["gains"][0, : gains.shape[0], : gains.shape[1]] = gains
        self.fields["gate_modes"][0, : len(gate_modes)] = gate_modes
        for name, value in settings.items():
            self.put(name, value)
        self.fields["control"] = revision

    def read_controls(self, into: NDArray[np.void]) -> bool:
        """Copy the control state if it is whole; never waits.

        Args:
            into: Array of shape (1,) of ``CONTROLS``.

        Returns:
            False if it was being written; then ``into`` is of no use, and the next try is due soon.
        """
        for _ in range(3):
            whole = int(self.fields["control"][0])
            for name in CONTROL_NAMES:
                np.copyto(into[name], self.fields[name])
            if whole == int(self.fields["control_begun"][0]) == int(self.fields["control"][0]):
                into["control"] = whole
                return True
        return False

    def report_applied(self, revision: int, sample: int) -> None:
        """Say that a control state is heard from a sample on; for the audio thread only."""
        count = int(self.fields["applied_count"][0])
        self.fields["applied"][0, count % APPLIED] = (revision, sample)
        self.fields["applied_at"] = sample
        self.fields["applied_control"] = revision
        self.fields["applied_count"] = count + 1

    def applied(self, revision: int) -> int | None:
        """Model sample of the input from which a control state, or a later one that holds it, acts on the sound.

        Returns:
            None if that is still to come, or so long ago that it is forgotten.
        """
        count = int(self.fields["applied_count"][0])
        log = self.fields["applied"][0]
        # The oldest place may be written this moment.
        for entry in range(max(0, count - APPLIED + 1), count):
            known, sample = log[entry % APPLIED].tolist()
            if known >= revision:
                forgotten = known > revision and entry == count - APPLIED + 1
                return None if forgotten else int(sample)
        return None

    def clear_reports(self) -> None:
        """Set everything that the child writes to 0, before a new child starts."""
        names = list(LAYOUT.names or ())
        for name in names[names.index("heartbeat") :]:
            self.fields[name] = 0

    def close(self) -> None:
        """Close the descriptor; the mapping goes with the last array that looks at it. Once more does nothing."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1
