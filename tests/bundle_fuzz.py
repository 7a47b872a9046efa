"""Makes hostile bundles and lets the product try each of them; a process of its own, under limits.

Run as ``python bundle_fuzz.py SEED COUNT FOLDER BUNDLE``: ``COUNT`` mutants of ``BUNDLE``, one after the other, in
``FOLDER``. Each goes through ``load_bundle``, the judge of graphs, and, if accepted, ONNX Runtime and two steps. Says the
number of each mutant before it is tried, so that one that ends the process is known, and a line of JSON at the end.
"""

from __future__ import annotations

import collections
import ctypes
import faulthandler
import json
import os
import random
import resource
import struct
import sys
from pathlib import Path
from typing import Any

import numpy as np
from bundle_mutants import FAMILIES, make_mutant

from engines.onnxruntime import OnnxRuntimeEngine
from rtiass.bundle import load_bundle
from rtiass.catalogue import describe, entry, table
from rtiass.engine import checked_graph
from rtiass.errors import UserError

HANGS = 10.0
"""Seconds after which a mutant counts as one that hangs; the slowest takes a tenth of it."""

MORE_MEMORY = 3 << 30
"""Bytes of address space beyond what the libraries take."""

SENTENCE = 2000
"""Most characters of what a user is told."""

WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT
IN_OPEN, IN_CREATE, IN_MODIFY, IN_DELETE, IN_MOVED_TO, IN_ISDIR = 0x20, 0x100, 0x2, 0x200, 0x80, 0x40000000


class Outside:
    """Notices what is touched outside of a bundle's folder: by Python's audit events, and by any library's calls."""

    def __init__(self, folder: Path, watched: list[Path]) -> None:
        self.inside = str(folder.resolve()) + os.sep
        self.own = folder.name
        self.seen: list[str] = []
        self.armed = False
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._fd = self._libc.inotify_init1(os.O_NONBLOCK)
        for path in watched:
            mask = IN_OPEN | IN_CREATE | IN_MODIFY | IN_DELETE | IN_MOVED_TO
            assert self._libc.inotify_add_watch(self._fd, str(path).encode(), mask) >= 0
        sys.addaudithook(self._hear)

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self.armed:
            return
        if event == "open":
            path, _, flags = arguments
            named = isinstance(path, str | bytes | os.PathLike)
            if named and not self._is_inside(os.fsdecode(path)):
                self.seen.append(f"open {path!r} ({'write' if flags and flags & WRITES else 'read'})")
        elif event.startswith(("subprocess.", "socket.", "os.exec", "os.system", "os.remove", "os.rename", "os.mkdir",
                               "os.rmdir", "os.symlink", "os.link", "shutil.", "pickle.", "marshal.load", "os.putenv")):  # fmt: skip
            self.seen.append(f"{event} {arguments!r}"[:200])

    def _is_inside(self, path: str) -> bool:
        return (os.path.realpath(path) + os.sep).startswith(self.inside) or path == os.devnull

    def look(self) -> list[str]:
        """What was touched since the last look."""
        try:
            data = os.read(self._fd, 1 << 16)
        except BlockingIOError:
            data = b""
        at = 0
        while at < len(data):
            _, mask, _, length = struct.unpack_from("iIII", data, at)
            name = data[at + 16 : at + 16 + length].rstrip(b"\0").decode()
            # The folder itself may be listed.
            if name != self.own or mask & ~IN_ISDIR != IN_OPEN:
                self.seen.append(f"touched {name!r} outside ({mask:#x})")
            at += 16 + length
        found, self.seen = self.seen, []
        return found


class Trial:
    """Tries one bundle after the other."""

    def __init__(self, folder: Path, outside: Outside) -> None:
        self.folder, self.outside = folder, outside
        self.engine = OnnxRuntimeEngine()
        self.frame = np.abs(np.random.default_rng(0).standard_normal((2, 2049))).astype(np.float32)

    def outcome(self) -> str:
        """How far the bundle in the folder came; raises what no bundle may make the product raise."""
        try:
            table([entry(self.folder)])
            bundle = load_bundle(self.folder)
            describe(bundle)
        except UserError as error:
            return check_sentence(error, "card refused")
        try:
            checked_graph(bundle)
            bundle.half_onnx_bytes()
        except UserError as error:
            return check_sentence(error, "graph refused")
        try:
            session = self.engine.open(bundle, threads=1)
        except UserError as error:
            return check_sentence(error, "library refused")
        try:
            for _ in range(2):
                session.step(self.frame)
        except RuntimeError:  # what the library raises is one
            return "step failed"
        except Exception as error:
            if type(error).__module__.startswith("onnxruntime"):
                return "step failed"
            raise
        finally:
            session.close()
        return "ran"


def check_sentence(error: UserError, outcome: str) -> str:
    """A refusal is a sentence that can be read, whatever is in the bundle."""
    text = str(error)
    if len(text) > SENTENCE or (not text.endswith(".") and "pip install" not in text):
        raise AssertionError(f"no sentence for a user ({len(text)} characters): {text[:300]!r}")
    if any(not c.isprintable() for c in text):
        raise AssertionError(f"what is told holds control characters: {text[:300]!r}")
    return outcome


def main(arguments: list[str]) -> None:
    seed, count, home, good = int(arguments[0]), int(arguments[1]), Path(arguments[2]), Path(arguments[3])
    folder = home / "outer" / "bundle"
    folder.mkdir(parents=True)
    for secret in ("secret.bin", "x", "model.onnx"):
        (folder.parent / secret).write_bytes(bytes(64))
    (home / "secret").mkdir()
    (home / "secret" / "weights.bin").write_bytes(bytes(1 << 16))
    os.chdir(home / "secret")
    outside = Outside(folder, [folder.parent, home / "secret"])
    trial = Trial(folder, outside)
    # Everything that is imported late is in by now.
    make_mutant(random.Random(0), "none", good, folder)
    assert trial.outcome() == "ran"
    size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (size + MORE_MEMORY, size + MORE_MEMORY))
    outside.look()
    told: dict[str, Any] = {"faults": [], "outcomes": collections.Counter(), "families": {}}
    for number in range(count):
        rng = random.Random(f"{seed}:{number}")
        family = FAMILIES[number % len(FAMILIES)]
        what = make_mutant(rng, family, good, folder)
        os.write(1, f"{number} {family} {what}\n".encode()[:300])
        outside.look()
        faulthandler.dump_traceback_later(HANGS, exit=True)
        outside.armed = True
        try:
            outcome = trial.outcome()
        except BaseException as error:
            outcome = "fault"
            told["faults"].append(f"{number} {family} {what}: {type(error).__name__}: {error}"[:600])
        finally:
            outside.armed = False
            faulthandler.cancel_dump_traceback_later()
        told["faults"] += [f"{number} {family} {what}: {text}" for text in outside.look()]
        told["outcomes"][outcome] += 1
        told["families"].setdefault(family, collections.Counter())[outcome] += 1
    print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
