"""Bundles are untrusted: what is damaged, too large, or not understood is told and never used."""

import json

import pytest

from rtiass.bundle import CARD, GRAPH, MAX_CARD_BYTES, SUMS, WEIGHTS, BundleError, load_bundle, sha256_sums

GOOD = """
[model]
name = "test"
version = "1"
stems = ["vocals", "drums", "bass", "other"]
rate = 44100
channels = 2
frame = 4096
bins = 2049
lookahead = 0
states = [["memory", [1, 8, 2]]]

[modes]
trained = ["live", "instant"]

[gate]
threshold = 0.4
hangover_seconds = 0.3

[gate.vocals]
threshold = 0.6
"""


def write(folder, card=GOOD, graph=b"network", weights=None):
    folder.mkdir(exist_ok=True)
    (folder / CARD).write_bytes(card if isinstance(card, bytes) else card.encode())
    (folder / GRAPH).write_bytes(graph)
    names = [CARD, GRAPH]
    if weights is not None:
        (folder / WEIGHTS).write_bytes(weights)
        names.append(WEIGHTS)
    (folder / SUMS).write_text(sha256_sums(folder, names))
    return folder


def test_a_good_bundle(tmp_path):
    bundle = load_bundle(write(tmp_path / "good", weights=b"weights"))
    assert bundle.name == "test" and bundle.stems[-1] == "other"
    assert bundle.states == (("memory", (1, 8, 2)),)
    assert bundle.onnx_bytes() == b"network" and bundle.weights_bytes() == b"weights"
    assert bundle.gates["vocals"].threshold == 0.6 and bundle.gates["drums"].threshold == 0.4
    assert bundle.gates["vocals"].hangover_seconds == 0.3


def test_a_bundle_that_is_not_there(tmp_path):
    with pytest.raises(BundleError, match="no model"):
        load_bundle(tmp_path / "none")


@pytest.mark.parametrize("name", [CARD, GRAPH, WEIGHTS])
def test_a_changed_file_is_noticed(tmp_path, name):
    folder = write(tmp_path / "changed", weights=b"weights")
    (folder / name).write_bytes((folder / name).read_bytes() + b"#")
    with pytest.raises(BundleError, match="check sum"):
        load_bundle(folder)


@pytest.mark.parametrize("name", [GRAPH, SUMS])
def test_a_missing_file_is_told(tmp_path, name):
    folder = write(tmp_path / "missing")
    (folder / name).unlink()
    with pytest.raises(BundleError, match=name):
        load_bundle(folder)


@pytest.mark.parametrize("name", [GRAPH, CARD])
def test_links_out_of_the_folder_are_not_followed(tmp_path, name):
    folder = write(tmp_path / "linked")
    secret = tmp_path / "secret"
    secret.write_bytes((folder / name).read_bytes())
    (folder / name).unlink()
    (folder / name).symlink_to(secret)
    with pytest.raises(BundleError, match=name):
        load_bundle(folder)


def test_a_card_without_end_is_not_read(tmp_path):
    with pytest.raises(BundleError, match="larger"):
        load_bundle(write(tmp_path / "large", card=b"#" * (MAX_CARD_BYTES + 1)))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('stems = ["vocals", "drums", "bass", "other"]', ""),
        ('stems = ["vocals", "drums", "bass", "other"]', 'stems = ["other"]'),
        ('stems = ["vocals", "drums", "bass", "other"]', 'stems = ["a", "a"]'),
        ('stems = ["vocals", "drums", "bass", "other"]', 'stems = ["../../x", "other"]'),
        ('stems = ["vocals", "drums", "bass", "other"]', "stems = 4"),
        ("rate = 44100", "rate = 48000"),
        ("rate = 44100", "rate = true"),
        ("bins = 2049", "bins = 10"),
        ("channels = 2", "channels = 2.5"),
        ("lookahead = 0", "lookahead = -1"),
        ("lookahead = 0", "lookahead = 1000000"),
        ("[1, 8, 2]", "[1, 99999999, 99]"),
        ("[1, 8, 2]", "[0]"),
        ("[1, 8, 2]", '["x"]'),
        ('[["memory", [1, 8, 2]]]', '[["memory"]]'),
        ('[["memory", [1, 8, 2]]]', '[["m", [1]], ["m", [1]]]'),
        ('"instant"', '"warp"'),
        ("threshold = 0.6", "threshold = 2"),
        ("threshold = 0.6", 'threshold = "high"'),
        ("threshold = 0.6", "volume = 11"),
        ("threshold = 0.6", "threshold = nan"),
        ("[model]", "[model"),
        ("[model]", "[models]"),
        ('name = "test"', 'name = "../test"'),
        ('name = "test"', "name = 3"),
    ],
)
def test_cards_that_make_no_sense_are_told(tmp_path, old, new):
    assert old in GOOD
    with pytest.raises(BundleError, match="card"):
        load_bundle(write(tmp_path / "odd", card=GOOD.replace(old, new, 1)))


@pytest.mark.parametrize("card", [b"\xff\xfe\x00", b"", b"[[[[[[", b"model = 1"])
def test_cards_that_are_no_cards(tmp_path, card):
    with pytest.raises(BundleError, match="card"):
        load_bundle(write(tmp_path / "none", card=card))


def test_a_key_without_end_is_told_at_once(tmp_path):
    # The parser alone would take hours for it, and all memory.
    with pytest.raises(BundleError, match="too many dots"):
        load_bundle(write(tmp_path / "deep", card="a." * 100_000 + "b = 1"))


def test_what_is_told_is_short_and_harmless_to_a_terminal(tmp_path):
    odd = GOOD.replace('"test"', json.dumps("\x1b[2J" + "x" * 100_000))
    with pytest.raises(BundleError) as refusal:
        load_bundle(write(tmp_path / "loud", card=odd))
    assert len(str(refusal.value)) < 600 and str(refusal.value).isprintable()
