"""The time to first sound: from the start of a process that does what ``rtiass live`` does.

The process is ``python -m rtiass.bench.firstsound``. The output's sample ``latency`` is the first separated one, as the
loop-back shows to the sample; the device's own count of samples tells when it went out.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator

from rtiass.bench.child import Answer, Order, answer, ask
from rtiass.bench.results import StartRow
from rtiass.errors import UserError
from rtiass.live.options import LiveOptions

LOOK_EVERY = 0.002
WITHIN = 120.0

FIRST, WARM, COMPILING = "the first start", "once more, warm", "compiling anew (an empty numba cache)"


def first_sounds(options: LiveOptions) -> Iterator[StartRow]:
    """Start three times: as things are, once more, and with nothing compiled.

    Raises:
        UserError: No sound came.
    """
    yield _start(FIRST, options, {})
    yield _start(WARM, options, {})
    with tempfile.TemporaryDirectory(prefix="rtiass-bench-") as folder:
        yield _start(COMPILING, options, {"NUMBA_CACHE_DIR": folder})


def _start(what: str, options: LiveOptions, environment: dict[str, str]) -> StartRow:
    # The clock is the system's, the same in every process.
    begun = time.monotonic()
    found = list(ask("rtiass.bench.firstsound", {"options": options.to_json()}, environment))
    if not found:
        raise UserError("The measuring process ended without a sound.")
    return StartRow(what, found[0]["sound"] - begun, found[0]["ready"] - begun)


def _work(order: Order, send: Answer) -> None:
    import rtiass.cli  # noqa: F401 - the command line is a part of the start
    from rtiass.live.host import LiveHost

    options = LiveOptions.from_json(order["options"])
    with LiveHost(options) as host:
        try:
            host.wait_until_playing(WITHIN)
        except TimeoutError as error:
            raise UserError("The audio device gives no sign of life.") from error
        ready = time.monotonic()
        latency, rate = host.latency()["host_samples"], float(host.state.get("device_rate"))
        limit = ready + 10.0
        while (captured := int(host.state.get("captured"))) < latency:
            if time.monotonic() > limit:
                raise UserError("The audio device stopped before the first sound.")
            time.sleep(LOOK_EVERY)
        # The count is copied twenty times a second: how far it is beyond the first sound tells how long that is ago.
        send({"ready": ready, "sound": time.monotonic() - (captured - latency) / rate})


if __name__ == "__main__":
    answer(_work)
