"""A JACK server without a sound card, to measure where there is none, or nothing may be in the way. Linux only."""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

from rtiass.errors import UserError

PR_SET_PDEATHSIG = 1


def require_jackd() -> None:
    """Make sure that a server can be started.

    Raises:
        UserError: There is no jackd.
    """
    if sys.platform != "linux" or not (shutil.which("jackd") and shutil.which("jack_wait")):
        raise UserError(
            "A JACK server without a sound card needs Linux and jackd (Debian and Ubuntu: 'apt install jackd2'). "
            "Without --jack-dummy the audio device that is here is measured."
        )


class JackServer:
    """One ``jackd`` with the dummy driver, synchronous, under a name of its own; use it as a context.

    It ends with the context, and the kernel ends it should this process die without warning.

    Attributes:
        name: Its name; ``JACK_DEFAULT_SERVER`` is set to it meanwhile.
        realtime: Whether it got real-time priority.
    """

    count = 0

    def __init__(self, block: int, rate: int = 44100, outputs: int = 2) -> None:
        """Choose a name; nothing is started yet.

        Args:
            block: Samples of a period.
            rate: In hertz.
            outputs: Number of the dummy's outputs.
        """
        require_jackd()
        JackServer.count += 1
        self.name = f"rtiass-bench-{os.getpid()}-{JackServer.count}"
        self.block, self.rate, self.outputs = block, rate, outputs
        self.realtime = False
        self._process: subprocess.Popen[bytes] | None = None
        self._before: dict[str, str | None] = {}

    def __enter__(self) -> Self:
        driver = ["-S", "-d", "dummy", "-r", str(self.rate), "-p", str(self.block), "-C", "2", "-P", str(self.outputs)]
        with tempfile.TemporaryFile() as log:
            for rights in (["-R", "-P", "70"], ["-r"]):
                self._process = subprocess.Popen(
                    ["jackd", "-n", self.name, *rights, *driver], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                    start_new_session=True, preexec_fn=_end_with_parent,
                )  # fmt: skip
                try:
                    if self._answers():
                        self.realtime = rights[0] == "-R"
                        self._set_environment()
                        return self
                except BaseException:
                    self._stop()
                    raise
                self._stop()
            log.seek(0)
            raise UserError("jackd did not start: " + log.read().decode("utf-8", "replace").strip()[-500:])

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for name, value in self._before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        self._stop()

    @property
    def pid(self) -> int:
        """Number of its process, -1 when it doesn't run."""
        return self._process.pid if self._process else -1

    def _answers(self) -> bool:
        wait = ["jack_wait", "-s", self.name, "-w", "-t", "10"]
        up = subprocess.run(wait, capture_output=True, check=False, timeout=20).returncode == 0
        return up and self._process is not None and self._process.poll() is None

    def _set_environment(self) -> None:
        for name, value in {"JACK_DEFAULT_SERVER": self.name, "JACK_NO_START_SERVER": "1"}.items():
            self._before[name] = os.environ.get(name)
            os.environ[name] = value

    def _stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        # Clients that left in a hurry leave their semaphores.
        for left in Path("/dev/shm").glob(f"jack_sem.*_{self.name}_*"):
            left.unlink(missing_ok=True)


def _end_with_parent() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
