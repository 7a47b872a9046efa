"""What the package announces can be loaded: its commands and its engines."""

from importlib.metadata import entry_points

import pytest

ENGINES = list(entry_points(group="rtiass.engines"))
SCRIPTS = [point for point in entry_points(group="console_scripts") if point.name in ("rtiass", "rtiass-train")]


def test_the_installed_package_announces_its_parts():
    assert {"onnxruntime", "pytorch", "tensorrt"} <= {point.name for point in ENGINES}
    assert {point.name for point in SCRIPTS} == {"rtiass", "rtiass-train"}


@pytest.mark.parametrize("point", SCRIPTS, ids=lambda point: point.name)
def test_commands_load(point):
    assert callable(point.load())


@pytest.mark.parametrize("point", ENGINES, ids=lambda point: point.name)
def test_engines_load_and_say_whether_they_can_run(point):
    engine = point.load()()
    assert engine.name == point.name
    probe = engine.probe()
    assert isinstance(probe.available, bool)
    assert probe.detail.strip()
