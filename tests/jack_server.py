"""A JACK server without a sound card, and the live host on it."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np
import pytest
from numpy.typing import NDArray

from rtiass.live.host import LiveHost
from rtiass.live.options import LiveOptions

HERE = Path(__file__).parent
Messages = list[tuple[int, list[int]]]
"""MIDI messages, each with a sample."""

OUTPUTS = 12


class JackServer:
    """One ``jackd`` with the dummy driver, synchronous, under one of a few names.

    JACK keeps a place for each name of a server that was killed, and has eight in all: new names would use them up.
    A place is freed when a server of the same name starts. A lock keeps test runs beside each other apart.
    """

    names = 4

    def __init__(self, block: int = 512, rate: int = 44100) -> None:
        self.name, self._lock = self._free_name()
        self.block, self.rate = block, rate
        self.process: subprocess.Popen[bytes] | None = None
        self.start()

    @classmethod
    def _free_name(cls) -> tuple[str, IO[bytes]]:
        for number in range(cls.names):
            name = f"rtiass-test-{number}"
            lock = (Path(tempfile.gettempdir()) / f"{name}.lock").open("wb")
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                lock.close()
                continue
            return name, lock
        pytest.fail(f"{cls.names} test servers are running already")

    def close(self) -> None:
        """End for good."""
        self.stop()
        self._lock.close()

    def start(self) -> None:
        self._log = tempfile.TemporaryFile()  # noqa: SIM115
        options = ["-S", "-d", "dummy", "-r", str(self.rate), "-p", str(self.block), "-C", "2", "-P", str(OUTPUTS)]
        for realtime in (["-R", "-P", "70"], ["-r"]):
            self.process = subprocess.Popen(
                ["jackd", "-n", self.name, *realtime, *options], stdout=self._log, stderr=self._log,
                start_new_session=True,
            )  # fmt: skip
            wait = ["jack_wait", "-s", self.name, "-w", "-t", "10"]
            up = subprocess.run(wait, capture_output=True, check=False, timeout=20).returncode == 0
            if up and self.process.poll() is None:
                return
            self.stop()
        self._log.seek(0)
        pytest.fail("jackd did not start: " + self._log.read().decode("utf-8", "replace")[-500:])

    def stop(self, how: int = signal.SIGTERM) -> None:
        if self.process is None:
            return
        self.process.send_signal(how)
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None

    @property
    def environment(self) -> dict[str, str]:
        return {"JACK_DEFAULT_SERVER": self.name, "JACK_NO_START_SERVER": "1"}


class Rig:
    """The live host and a test client on one server.

    Attributes:
        xruns: Periods that the server lost while the last sound was played: the machine's doing, not the host's.
    """

    def __init__(self, server: JackServer, folder: Path, model: Path) -> None:
        self.server, self.folder, self.model = server, folder, model
        self.hosts: list[LiveHost] = []
        self.client: subprocess.Popen[str] | None = None
        self.xruns = 0

    def options(self, **changes: Any) -> LiveOptions:
        return LiveOptions(**{"model": str(self.model), "engine": "livetest", "freewheel": True, **changes})

    def host(self, **changes: Any) -> LiveHost:
        """A playing host."""
        host = LiveHost(self.options(**changes))
        self.hosts.append(host)
        host.start()
        host.wait_until_playing(120)
        return host

    def play(
        self, sound: NDArray[np.float32], *, outputs: int = 2, tail: int = 12000, freewheel: bool = True,
        midi: Messages | None = None,
    ) -> NDArray[np.float32]:  # fmt: skip
        """Play a sound through the host; what came out, from the moment at which the sound went in."""
        self.begin(sound, outputs=outputs, tail=tail, freewheel=freewheel, midi=midi)
        return self.finish()

    def begin(
        self, sound: NDArray[np.float32], *, outputs: int = 2, tail: int = 12000, freewheel: bool,
        midi: Messages | None = None,
    ) -> None:  # fmt: skip
        """Start to play a sound, and MIDI messages beside it, each with its sample; the first call decides on a port."""
        if self.client is None:
            self.client = subprocess.Popen(
                [sys.executable, str(HERE / "jack_client.py")], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                text=True,
            )  # fmt: skip
        np.save(self.folder / "sound.npy", sound)
        order = {
            "sound": str(self.folder / "sound.npy"), "record": str(self.folder / "heard.npz"), "outputs": outputs,
            "tail": tail, "freewheel": freewheel, "midi": midi,
        }  # fmt: skip
        assert self.client.stdin is not None and self.client.stdout is not None
        self.client.stdin.write(json.dumps(order) + "\n")
        self.client.stdin.flush()
        assert json.loads(self.client.stdout.readline())["playing"]

    def finish(self) -> NDArray[np.float32]:
        """Wait until the sound has been played; what came out, from the moment at which it went in."""
        assert self.client is not None and self.client.stdout is not None
        report = json.loads(self.client.stdout.readline())
        assert report["finished"]
        self.xruns = report["xruns"]
        with np.load(self.folder / "heard.npz") as file:
            direct, heard = file["direct"], file["heard"]
        return heard[int(np.flatnonzero(direct)[0]) :]

    def close(self) -> None:
        if self.client is not None:
            self.client.kill()
            self.client.communicate()
        for host in self.hosts:
            host.close()


def needs_jack() -> None:
    if shutil.which("jackd") is None:
        pytest.skip("jackd is not installed (Debian and Ubuntu: apt install jackd2)")


def install_test_engine(folder: Path, patch: pytest.MonkeyPatch) -> None:
    """Make the engine ``livetest`` known, here and in child processes."""
    info = folder / "livetest-0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: livetest\nVersion: 0\n")
    (info / "entry_points.txt").write_text("[rtiass.engines]\nlivetest = live_engine:LiveTestEngine\n")
    paths = [str(folder), str(HERE), os.environ.get("PYTHONPATH", "")]
    patch.setenv("PYTHONPATH", os.pathsep.join(p for p in paths if p))


@pytest.fixture
def make_rig(tmp_path: Path, tiny_bundle: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Start a server and get a rig on it: ``make_rig(block=512, rate=44100)``."""
    needs_jack()
    install_test_engine(tmp_path / "site", monkeypatch)
    made: list[Rig] = []

    def make(block: int = 512, rate: int = 44100) -> Rig:
        server = JackServer(block, rate)
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        made.append(Rig(server, tmp_path, tiny_bundle))
        return made[-1]

    yield make
    for rig in made:
        rig.close()
        rig.server.close()


def eventually(condition: Any, seconds: float) -> float | None:
    """Wait until a condition holds; the time it took, or None."""
    begun = time.monotonic()
    while time.monotonic() - begun < seconds:
        if condition():
            return time.monotonic() - begun
        time.sleep(0.01)
    return None
