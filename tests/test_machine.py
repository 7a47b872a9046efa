"""What makes engines fast or slow is told of the machine without a driver, and of packages without importing them."""

from __future__ import annotations

import os
from importlib.metadata import EntryPoint
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from rtiass.engine import engine_entries
from rtiass.machine import engine_packages, machine


def write(root: Path, name: str, text: str) -> None:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text(text)


def test_processor_and_cards_are_named(tmp_path: Path) -> None:
    write(tmp_path, "proc/cpuinfo", "processor\t: 0\nmodel name\t: Quick 9000 \nflags\t: x\n")
    for slot, kind, vendor in (("0", "0x030000", "0x10de"), ("1", "0x020000", "0x8086")):
        write(tmp_path, f"sys/bus/pci/devices/0000:0{slot}/class", f"{kind}\n")
        write(tmp_path, f"sys/bus/pci/devices/0000:0{slot}/vendor", f"{vendor}\n")
        write(tmp_path, f"sys/bus/pci/devices/0000:0{slot}/device", "0x2684\n")
    write(tmp_path, "proc/driver/nvidia/gpus/0000:00/information", "Model: \t NVIDIA Loud 1\nIRQ: 7\n")
    write(tmp_path, "proc/driver/nvidia/version", "NVRM version: NVIDIA UNIX x86_64 Kernel Module  570.10.1  Thu\n")
    told = machine(tmp_path)
    assert told["processor"] == "Quick 9000"
    assert told["graphics"] == "0x10de:0x2684; NVIDIA Loud 1; driver 570.10.1"


def test_where_nothing_is_told_it_still_answers(tmp_path: Path) -> None:
    told = machine(tmp_path)
    assert told["graphics"] == ""
    assert told["processor"]
    assert told["system"]


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="cores can't be taken away on this system")
def test_cores_are_those_that_may_be_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: {1, 5, 6})
    assert machine()["cores"] == "3"


def entry(name: str, *requires: str) -> Any:
    return SimpleNamespace(dist=SimpleNamespace(name=name, requires=requires))


def test_packages_of_engines_are_found_by_their_folders(tmp_path: Path) -> None:
    for name in ("Mine-1.0", "onnxruntime_gpu-1.2", "numpy-2.0", "onnxruntimes-3.0", "other-4.0", "fast_lib-5.0+cu1"):
        (tmp_path / f"{name}.dist-info").mkdir()
    (tmp_path / "onnxruntime-9.9.egg").mkdir()
    entries = [entry("mine", "onnxruntime>=1.17", "Fast.Lib[x]>=2; extra == 'gpu'"), entry("absent")]
    found = engine_packages(entries, [str(tmp_path), str(tmp_path / "none")])
    assert found == ["Mine-1.0", "fast_lib-5.0+cu1", "onnxruntime_gpu-1.2"]


def test_an_engine_without_a_package_is_no_harm() -> None:
    assert engine_packages([EntryPoint("x", "x:X", "rtiass.engines")]) == []


def test_the_default_engine_is_among_them() -> None:
    assert any(name.startswith("onnxruntime-") for name in engine_packages(engine_entries().values()))
