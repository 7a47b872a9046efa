"""Speeds of engines are remembered for this machine, its packages and a model; a file that is odd is no answer."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fake_engine import fake_bundle

from rtiass.bundle import Bundle
from rtiass.engineanswers import (
    FILE,
    MAX_ANSWERS,
    MAX_BYTES,
    Answer,
    answer_key,
    default_file,
    read_answer,
    write_answer,
)

ANSWER = Answer({"onnxruntime": 0.001, "onnxruntime:cuda": 0.0004}, "2026-01-31")


def other_model(number: int) -> Bundle:
    return replace(fake_bundle(), _graph=bytes([number]))


def test_what_is_written_is_read(tmp_path: Path) -> None:
    file = tmp_path / "new" / "speeds.json"
    assert read_answer(fake_bundle(), file) is None
    assert write_answer(fake_bundle(), ANSWER, file) == ""
    assert read_answer(fake_bundle(), file) == ANSWER
    assert [path.name for path in file.parent.iterdir()] == ["speeds.json"]


def test_models_have_answers_of_their_own(tmp_path: Path) -> None:
    file = tmp_path / "speeds.json"
    write_answer(fake_bundle(), ANSWER, file)
    assert read_answer(other_model(1), file) is None
    second = Answer({"pytorch": 0.01}, "2026-02-01")
    write_answer(other_model(1), second, file)
    assert (read_answer(fake_bundle(), file), read_answer(other_model(1), file)) == (ANSWER, second)


@pytest.mark.parametrize(
    ("what", "value"),
    [
        ("rtiass.machine.machine", lambda: {"processor": "another"}),
        ("rtiass.machine.engine_packages", lambda entries: ["onnxruntime-9.9"]),
        ("rtiass.engine.engine_entries", lambda: {}),
        ("rtiass.engineanswers.FORMAT", 99),
    ],
)
def test_a_change_of_the_machine_or_of_packages_makes_it_unknown(
    what: str, value: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = answer_key(fake_bundle())
    assert before == answer_key(fake_bundle())
    monkeypatch.setattr(what, value)
    assert answer_key(fake_bundle()) != before


def test_only_the_newest_are_kept(tmp_path: Path) -> None:
    file = tmp_path / "speeds.json"
    for number in range(MAX_ANSWERS + 3):
        write_answer(other_model(number), ANSWER, file)
    known = [read_answer(other_model(number), file) is not None for number in range(MAX_ANSWERS + 3)]
    assert known == [False] * 3 + [True] * MAX_ANSWERS


def odd_answers() -> dict[str, Any]:
    good = {"seconds": {"onnxruntime": 0.001}, "day": "2026-01-31"}
    names = {f"e{i}": 0.1 for i in range(99)}
    return {
        "no figures": {**good, "seconds": {}},
        "a list": {**good, "seconds": [0.1]},
        "nothing": {**good, "seconds": None},
        "too many": {**good, "seconds": names},
        "negative": {**good, "seconds": {"onnxruntime": -0.1}},
        "zero": {**good, "seconds": {"onnxruntime": 0.0}},
        "endless": {**good, "seconds": {"onnxruntime": 1e300}},
        "no number": {**good, "seconds": {"onnxruntime": float("nan")}},
        "text": {**good, "seconds": {"onnxruntime": "0.1"}},
        "true": {**good, "seconds": {"onnxruntime": True}},
        "huge": {**good, "seconds": {"onnxruntime": 10**400}},
        "no name": {**good, "seconds": {"../../evil": 0.1}},
        "an escape": {**good, "seconds": {"onnx\x1b[31m": 0.1}},
        "no day": {**good, "day": "yesterday"},
        "a day of another kind": {**good, "day": 20260131},
        "a day with more": {**good, "day": "2026-01-31\n"},
    }


@pytest.mark.parametrize("odd", odd_answers().values(), ids=odd_answers())
def test_odd_answers_are_none(odd: dict[str, Any], tmp_path: Path) -> None:
    file = tmp_path / "speeds.json"
    write_answer(fake_bundle(), ANSWER, file)
    content = json.loads(file.read_text())
    content["answers"][answer_key(fake_bundle())] = odd
    file.write_text(json.dumps(content))
    assert read_answer(fake_bundle(), file) is None
    assert write_answer(fake_bundle(), ANSWER, file) == ""
    assert read_answer(fake_bundle(), file) == ANSWER


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"null",
        b"[]",
        b"7",
        b"{}",
        b'{"format": 1}',
        b'{"format": 1, "answers": []}',
        b'{"format": 1, "answers": {"x": 1}}',
        b'{"format": 1, "answers": {"%s": []}}' % (b"a" * 64),
        b"[" * 60_000,
        b" " * (MAX_BYTES + 1),
    ],
)
def test_odd_files_are_none_and_are_replaced(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "speeds.json"
    file.write_bytes(content)
    assert read_answer(fake_bundle(), file) is None
    write_answer(fake_bundle(), ANSWER, file)
    assert read_answer(fake_bundle(), file) == ANSWER


def test_a_file_of_another_format_is_none(tmp_path: Path) -> None:
    file = tmp_path / "speeds.json"
    write_answer(fake_bundle(), ANSWER, file)
    file.write_text(file.read_text().replace('"format": 1', '"format": 2'))
    assert read_answer(fake_bundle(), file) is None


def test_what_cannot_be_kept_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "is not remembered" in write_answer(fake_bundle(), ANSWER, tmp_path / "file" / "speeds.json")
    (tmp_path / "folder.json").mkdir()
    assert "is not remembered" in write_answer(fake_bundle(), ANSWER, tmp_path / "folder.json")


def test_a_power_cut_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "speeds.json"
    write_answer(fake_bundle(), ANSWER, file)

    def cut(descriptor: int) -> None:
        raise OSError("no power")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", cut)
        assert "no power" in write_answer(fake_bundle(), Answer({"pytorch": 0.1}, "2026-02-01"), file)
    assert read_answer(fake_bundle(), file) == ANSWER
    assert [path.name for path in tmp_path.iterdir()] == ["speeds.json"]


def test_the_file_can_be_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(FILE, str(tmp_path / "mine.json"))
    assert default_file() == tmp_path / "mine.json"
    monkeypatch.delenv(FILE)
    assert default_file().name == "engine-speeds.json"
    assert default_file().parent.name == "rtiass"
