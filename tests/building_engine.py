"""An engine plug-in that compiles, for tests with processes of their own; files in a folder tell it when to do what.

``RTIASS_TEST_BUILDING`` names the folder. A build says how far it is, waits for ``go`` there, and leaves ``compiled``;
its process writes ``builder`` first: its number, and how nice it wanted to be. What ``fault`` holds makes it fail:
``raise``, ``die``, or ``hold`` (the interpreter lock, for a minute). Where ``closed`` is, a compiled network is opened
only once ``opened`` is there too.
"""

from __future__ import annotations

import ctypes
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fake_engine import FakeSession

from rtiass.engine import Built, Probe

if TYPE_CHECKING:
    import pytest

# On a machine that others keep busy a process of the lowest priority gets nowhere, and a test has no time. What is wanted
# is noted, and not done.
ORDINARY = """
import os
if hasattr(os, "SCHED_IDLE"):
    del os.SCHED_IDLE
os.nice = lambda by: os.environ.__setitem__("RTIASS_TEST_NICE", str(by))
"""

HERE = Path(__file__).parent
FOLDER = "RTIASS_TEST_BUILDING"


class BuildingEngine:
    name = "building"

    @property
    def folder(self) -> Path:
        return Path(os.environ[FOLDER])

    def probe(self) -> Probe:
        return Probe(True, "for tests")

    def open(self, bundle: Any, *, threads: int | None = None) -> FakeSession:
        raise AssertionError("the show waits for a compilation")

    def open_compiled(self, bundle: Any, *, threads: int | None = None) -> FakeSession | None:
        if not (self.folder / "compiled").exists():
            return None
        while (self.folder / "closed").exists() and not (self.folder / "opened").exists():
            time.sleep(0.01)
        return FakeSession()

    def build(
        self, bundle: Any, *, precision: str = "fp32", targets: Sequence[str] = (), progress: Any = None
    ) -> list[Built]:
        part = self.folder / "builder.part"
        part.write_text(f"{os.getpid()} {os.environ.get('RTIASS_TEST_NICE', '0')}")
        part.rename(self.folder / "builder")
        fault = self.folder / "fault"
        how = fault.read_text() if fault.exists() else ""
        if how == "raise":
            raise RuntimeError("broken on command")
        if how == "die":
            os._exit(9)
        if how == "hold":
            ctypes.PyDLL(None).sleep(60)
        for share in (0.0, 0.2, 0.4, 0.4):
            progress(f"{bundle.name} for tests", share)
        while not (self.folder / "go").exists():
            time.sleep(0.01)
        (self.folder / "compiled").touch()
        return [Built(bundle.name, "for tests", self.folder / "compiled", 0)]

    def built(self) -> list[Built]:
        return []


def install_building_engine(folder: Path, patch: pytest.MonkeyPatch) -> Path:
    """Make the engine ``building`` known, here and in child processes; returns the folder that tells it what to do."""
    site = folder / "building-site"
    info = site / "buildingtest-0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: buildingtest\nVersion: 0\n")
    (info / "entry_points.txt").write_text("[rtiass.engines]\nbuilding = building_engine:BuildingEngine\n")
    (site / "sitecustomize.py").write_text(ORDINARY)
    paths = [str(site), str(HERE), os.environ.get("PYTHONPATH", "")]
    patch.setenv("PYTHONPATH", os.pathsep.join(p for p in paths if p))
    patch.syspath_prepend(str(site))
    home = folder / "building"
    home.mkdir()
    patch.setenv(FOLDER, str(home))
    return home
