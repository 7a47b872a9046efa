"""What decides how fast engines are here: processor, cores, system, graphics cards, and versions of their packages."""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
from collections.abc import Iterable
from importlib.metadata import EntryPoint
from pathlib import Path

_REQUIREMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def machine(root: Path = Path("/")) -> dict[str, str]:
    """Describe this machine, without loading a driver.

    Args:
        root: Where the system's files are.

    Returns:
        ``processor`` (its name), ``cores`` (that this process may use), ``system`` and ``graphics``, all as text.
    """
    return {
        "processor": _processor(root),
        "cores": str(_cores()),
        "system": f"{platform.system()} {platform.machine()}",
        "graphics": "; ".join(_graphics(root)),
    }


def _processor(root: Path) -> str:
    match = re.search(r"^model name\s*:\s*(.+)$", _text(root / "proc/cpuinfo"), re.MULTILINE)
    if match:
        return match.group(1).strip()
    if sys.platform == "darwin":
        try:
            asked = ["sysctl", "-n", "machdep.cpu.brand_string"]
            return subprocess.run(asked, capture_output=True, text=True, timeout=2, check=True).stdout.strip()
        except (OSError, subprocess.SubprocessError):
            pass
    return platform.processor() or platform.machine()


def _cores() -> int:
    # A container or a task set may have fewer than there are.
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _graphics(root: Path) -> list[str]:
    """Graphics cards by their numbers on the bus, and names and driver of those of NVIDIA. Linux only."""
    display = "0x03"
    devices = [d for d in sorted((root / "sys/bus/pci/devices").glob("*")) if _text(d / "class").startswith(display)]
    found = [f"{_text(device / 'vendor').strip()}:{_text(device / 'device').strip()}" for device in devices]
    for card in sorted((root / "proc/driver/nvidia/gpus").glob("*/information")):
        match = re.search(r"^Model:\s*(.+)$", _text(card), re.MULTILINE)
        found += [match.group(1).strip()] if match else []
    driver = re.search(r"Kernel Module\s+(?:for \S+\s+)?([\d.]+)", _text(root / "proc/driver/nvidia/version"))
    return found + ([f"driver {driver.group(1)}"] if driver else [])


def _text(path: Path) -> str:
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            return file.read(1 << 16)
    except OSError:
        return ""


def engine_packages(entries: Iterable[EntryPoint], path: Iterable[str] | None = None) -> list[str]:
    """Packages that engines are in or need, with their versions, as far as they are installed.

    No engine is imported for it, and no package's description is read but those of the engines: a folder's name tells.

    Args:
        entries: Entry points of the engines.
        path: Where packages are looked for; None: where Python does.

    Returns:
        ``name-version``, sorted. A package counts that is required, or whose name begins with that of a required one
        and a mark, as in ``onnxruntime-gpu``.
    """
    needed = set()
    for entry in entries:
        if entry.dist is not None:
            needed.add(_plain(entry.dist.name))
            matches = (_REQUIREMENT.match(text) for text in entry.dist.requires or ())
            needed |= {_plain(match.group()) for match in matches if match}
    found = set()
    for folder in sys.path if path is None else path:
        try:
            names = [entry.name for entry in Path(folder or ".").iterdir()]
        except OSError:
            continue
        for name in names:
            if not name.endswith(".dist-info"):
                continue
            package = _plain(name.split("-")[0])
            parts = package.split("-")
            if any("-".join(parts[:count]) in needed for count in range(1, len(parts) + 1)):
                found.add(name.removesuffix(".dist-info"))
    return sorted(found)


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
