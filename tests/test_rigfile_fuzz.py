"""Whatever bytes are taken for a rig, a file of scenes, a set list or a journal: a UserError or a value, at once.

Nothing else is raised, nothing stalls, and neither the control state nor any file is changed by what is refused.
"""

import random
import string
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_rigfile_values import WHOLE

from rtiass.control import Control, vocabulary
from rtiass.control.journal import Journal
from rtiass.control.scenefile import Scene, parse_scenes, read_scenes, write_scenes
from rtiass.control.scenes import SceneBook
from rtiass.control.songfile import parse_songs, songs_text
from rtiass.errors import UserError
from rtiass.live.options import LiveOptions
from rtiass.rigfile import load_rig, parse_rig
from rtiass.tomlfile import MAX_BYTES, line_of

PATH = Path("show") / "rig.toml"
SCENES = '[scenes.A]\nseconds = 2\n"/stem/vocals/gain" = -6.5\n[scenes."B c"]\n"/bypass" = true\n'
SONGS = '[[songs]]\ntitle = "A"\nvocals = -3\n[[songs]]\nfile = "b.wav"\nscene = "B"\nstart = 1.5\n'
TABLES = ["[" + part for part in WHOLE.split("\n[")]
TABLES = [TABLES[0][1:], *TABLES[1:]]
SEEDS = [(parse_rig, part) for part in TABLES] + [(parse_scenes, SCENES), (parse_songs, SONGS)]
PIECES = [
    "nan", "inf", "-0", "1e999", "9" * 400, "true", "[", "]", "[[", "]]", "{", "}", '"""', "'''", "\\", "\\u0000", '"', "#", "=",
    "..", "a.b.c", "\n", "\r", "\x00", "\x7f", "\u202e", "\U0001f3b8", "1979-05-27T07:32:00Z", "0x", "[model]\n", "[scenes]\n", "-",
]  # fmt: skip
LIMIT = 5.0
"""Seconds of a single input that would be a stall: hundreds of times what the slowest takes."""


def mutate(rng: random.Random, text: str) -> str:
    """A text that is nearly this one: characters and pieces replaced, put in, left out, doubled."""
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(len(text) + 1)
        kind = rng.randrange(5)
        if kind == 0:
            text = text[:at] + rng.choice(string.printable) + text[at + 1 :]
        elif kind == 1:
            text = text[:at] + rng.choice(PIECES) + text[at:]
        elif kind == 2:
            text = text[:at] + text[at + rng.randint(1, 6) :]
        elif kind == 3:
            other = rng.choice(SEEDS)[1]
            text = text[:at] + other[rng.randrange(len(other)) :][: rng.randint(1, 12)] + text[at:]
        else:
            text = text[:at] + chr(rng.choice([rng.randrange(256), rng.randrange(0xD800), 0x10FFFF])) + text[at:]
    return text


def try_one(read, text: str) -> str:
    """What came of a text; anything but a value or a UserError goes on up."""
    begun = time.monotonic()
    try:
        made = read(text, PATH)
        result = "value"
        if read is parse_rig:
            assert isinstance(made.options(), LiveOptions)
            made.flags()
        elif read is parse_songs:
            assert parse_songs(songs_text(made, PATH.parent), PATH) == made
    except UserError as error:
        assert str(error).startswith(str(PATH))
        assert "\x1b" not in str(error)
        result = "error"
    assert time.monotonic() - begun < LIMIT
    return result


def rounds(count: int, seed: int) -> None:
    rng = random.Random(seed)
    results = {"value": 0, "error": 0}
    for _ in range(count):
        read, text = rng.choice(SEEDS)
        results[try_one(read, mutate(rng, text))] += 1
    # Both ends are reached, or the inputs would prove nothing.
    assert min(results.values()) > count / 50


@pytest.mark.parametrize("seed", range(10))
def test_100_000_mutated_texts(seed):
    rounds(10_000, seed)


values = st.recursive(
    st.one_of(st.booleans(), st.integers(), st.floats(), st.text(max_size=20), st.dates(), st.datetimes()),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=8), inner, max_size=3)),
    max_leaves=6,
)


@settings(max_examples=100, derandomize=True, deadline=None, database=None)
@given(st.data())
def test_any_value_under_any_key(data):
    import rtiass.rigfile as module
    from rtiass.rigschema import SECTIONS

    names = st.sampled_from([*SECTIONS, "outputs", "start", "x"])
    keys = st.one_of(st.sampled_from(sorted({key for keys in SECTIONS.values() for key in keys})), st.text(max_size=9))
    content = data.draw(
        st.dictionaries(names, st.one_of(values, st.dictionaries(keys, values, max_size=4)), max_size=4)
    )
    patch = pytest.MonkeyPatch()
    with patch.context() as inside:
        inside.setattr(module, "parse", lambda *_: content)
        try_one(parse_rig, "")


@settings(max_examples=150, derandomize=True, deadline=None, database=None)
@given(text=st.text(max_size=200), where=st.lists(st.one_of(st.text(max_size=5), st.integers(0, 3)), max_size=3))
def test_any_text_has_lines_or_none(text, where):
    line = line_of(text, where)
    assert line is None or 1 <= line <= text.count("\n") + 1


@pytest.mark.parametrize(
    "text",
    [
        "a." * 60_000 + "a = 1",
        "[" * 120_000,
        "x = " + "[" * 100_000,
        "x = " + "{a=" * 40_000,
        "\n".join("a" + ".b" * 32 + f"{n} = 1" for n in range(1500)),
        "\n".join(f"[outputs.{n}]" for n in range(6000)),
        "[start]\n" + "\n".join(f'"/{n}" = [1]' for n in range(6000)),
        "\n".join(f"k{n} = 1" for n in range(9000)),
        "[audio]\n" + "\n".join(f"rat{n} = 1" for n in range(7000)),
        "x = 0x" + "f" * 100_000,
        "x = " + "9" * 100_000,
        'x = "' + "\\" * 100_001,
        "x = '''" + "\n" * 100_000,
        "#" * (MAX_BYTES + 1),
        "[[songs]]\n" * 9000,
        "[scenes." + "'a'" * 2 + "]",
    ],
)
def test_hostile_texts_end_soon(text):
    for read in (parse_rig, parse_scenes, parse_songs):
        try_one(read, text)


def test_files_of_any_bytes_change_nothing(tmp_path):
    control = Control(vocabulary(("vocals", "drums"), ["mix"], song=True))
    control.set("/stem/vocals/gain", -7)
    before, revision = control.snapshot(), control.revision
    rng = random.Random(5)
    path = tmp_path / "file.toml"
    refused = 0
    for _ in range(150):
        data = bytearray((WHOLE + SCENES).encode())
        for _ in range(rng.randint(1, 30)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        path.write_bytes(data)
        for read in (load_rig, lambda p: SceneBook(p, control)):
            try:
                read(path)
            except UserError:
                refused += 1
        assert path.read_bytes() == data
        assert [entry.name for entry in tmp_path.iterdir()] == ["file.toml"]
    assert refused > 100
    assert (control.snapshot(), control.revision) == (before, revision)


def test_journals_of_any_bytes_set_only_what_is_allowed(tmp_path):
    rng = random.Random(6)
    for _ in range(100):
        control = Control(vocabulary(("vocals",), ["mix"]))
        data = bytearray(b'written = "2026-01-01T10:00:00"\n[values]\n"/stem/vocals/gain" = -6.5\n"/record" = true\n')
        data[rng.randrange(len(data))] = rng.randrange(256)
        path = tmp_path / "now"
        path.write_bytes(data)
        assert Journal(path, control).restore()
        assert control.get("/record") is False


@settings(max_examples=30, derandomize=True, deadline=None, database=None)
@given(
    st.dictionaries(
        st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=12),
        st.dictionaries(st.sampled_from(["/a", "/b c", '/"', "/ä"]), st.one_of(st.booleans(), st.text(max_size=9))),
        max_size=4,
    ),
    st.data(),
)
def test_what_is_written_is_read_again(tmp_path_factory, tables, data):
    path = tmp_path_factory.mktemp("scenes") / "s.toml"
    scenes = {name: Scene(values) for name, values in tables.items()}
    write_scenes(path, scenes)
    assert read_scenes(path) == scenes
    changed = {name: scenes[name] for name in data.draw(st.permutations(sorted(scenes)))[:2]} | {"new": Scene({}, 3.0)}
    write_scenes(path, changed)
    assert read_scenes(path) == changed
    assert list(read_scenes(path)) == list(changed)
