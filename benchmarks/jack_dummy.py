"""For the benchmarks: a JACK server without a sound card, a listener on it, and figures of processes. Linux only."""

from __future__ import annotations

import contextlib
import ctypes
import importlib.metadata
import os
import platform
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
PR_SET_PDEATHSIG = 1


class JackServer:
    """One ``jackd`` with the dummy driver, synchronous, under a name of its own; use it as a context.

    It ends with the context, and the kernel ends it should this process die without warning.

    Attributes:
        name: Its name; ``JACK_DEFAULT_SERVER`` is set to it meanwhile.
        realtime: Whether it got real-time priority.
        pid: Its process.
    """

    count = 0

    def __init__(self, block: int, rate: int = 44100, outputs: int = 2) -> None:
        """Choose a name; nothing is started yet."""
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
            raise RuntimeError("jackd did not start: " + log.read().decode("utf-8", "replace")[-500:])

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


class Listener:
    """A JACK client that notes when the first sound comes out of the live host; use it as a context.

    Attributes:
        heard_at: Time of ``time.monotonic`` of the first sample that isn't zero, or None.
    """

    def __init__(self) -> None:
        """Join the server named by the environment."""
        import jack

        self._jack = jack
        self._client = jack.Client("listener", no_start_server=True)
        self._port: Any = self._client.inports.register("in")
        self._heard = threading.Event()
        self.heard_at: float | None = None
        self._client.set_process_callback(self._listen)

    def __enter__(self) -> Self:
        self._client.activate()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.deactivate()
        self._client.close()

    def wait(self, timeout: float, over: Callable[[], bool] = lambda: False) -> float | None:
        """Connect to the host as soon as it is there and wait for sound, or until there will be none.

        Args:
            timeout: In seconds.
            over: Whether there is nothing to wait for any more.

        Returns:
            Time of ``time.monotonic`` of the first sample, or None.
        """
        limit = time.monotonic() + timeout
        while time.monotonic() < limit and not self._heard.wait(0.005) and not over():
            for port in self._client.get_ports("rtiass.*:out_1$"):
                if self._port not in self._client.get_all_connections(port):
                    # The port may be there before its client takes part.
                    with contextlib.suppress(self._jack.JackError):
                        self._client.connect(port, self._port)
        return self.heard_at

    def wait_until_gone(self, timeout: float = 5.0) -> None:
        """Wait until no live host is connected any more."""
        limit = time.monotonic() + timeout
        while time.monotonic() < limit and self._client.get_ports("rtiass.*:out_"):
            time.sleep(0.01)
        self._heard.clear()
        self.heard_at = None

    def _listen(self, frames: int) -> None:
        if self.heard_at is None and self._port.get_array().any():
            self.heard_at = time.monotonic()
            self._heard.set()


def live_child() -> int | None:
    """The process of the live host that this process has started."""
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, IndexError):
            words = (folder / "cmdline").read_bytes().split(b"\0")
            if b"rtiass.live.worker" in words and int(_stat(folder)[1]) == os.getpid():
                return int(folder.name)
    return None


def _stat(folder: Path) -> list[str]:
    """Fields of ``stat`` from the state on: the name before it may hold spaces."""
    return (folder / "stat").read_text().rpartition(")")[2].split()


def cpu_seconds(pid: int) -> float:
    """Processor time of a process and all its threads, without its children."""
    fields = _stat(Path(f"/proc/{pid}"))
    return (int(fields[11]) + int(fields[12])) / TICKS


def busy_seconds() -> tuple[float, float]:
    """Processor time of the whole machine, and what the machine around it took (steal)."""
    user, nice, system, _, _, irq, soft, steal = map(int, Path("/proc/stat").read_text().split()[1:9])
    return (user + nice + system + irq + soft) / TICKS, steal / TICKS


def memory(pid: int) -> tuple[float, float]:
    """Resident memory now and at most, in megabytes."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    values = {name: text for name, _, text in (line.partition(":") for line in lines)}
    now, most = (int(values[name].split()[0]) * 1024 / 1e6 for name in ("VmRSS", "VmHWM"))
    return now, most


def wake_lateness(seconds: float = 5.0) -> tuple[float, float]:
    """How late a real-time thread that only sleeps is woken: what no program on this machine can help.

    Returns:
        99.9th percentile and maximum in seconds, of sleeps of a millisecond.
    """
    late: list[float] = []

    def sleep() -> None:
        with contextlib.suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(80))
        end = time.monotonic() + seconds
        while (begun := time.monotonic()) < end:
            time.sleep(0.001)
            late.append(time.monotonic() - begun - 0.001)

    thread = threading.Thread(target=sleep)
    thread.start()
    thread.join()
    late.sort()
    return late[int(0.999 * len(late))], late[-1]


def describe_machine() -> dict[str, Any]:
    """Processor, cores, system and versions."""
    names = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    jackd = subprocess.run(["jackd", "--version"], capture_output=True, text=True, check=False).stdout
    return {
        "processor": names[0] if names else platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "virtual": any("hypervisor" in line.split() for line in Path("/proc/cpuinfo").read_text().splitlines()),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "packages": {name: importlib.metadata.version(name) for name in ("numpy", "numba", "onnxruntime")},
        "jackd": next((line for line in jackd.splitlines() if "version" in line), "").strip(),
        "load": os.getloadavg()[0],
    }
