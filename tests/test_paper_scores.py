"""From the frames of songs to the figures of a table, on scores written down by hand."""

import math

import pytest
from song_scores import NAN, song

from offline_train.paper.figuring import Basis
from offline_train.paper.scores import area, basis, figure, gain
from offline_train.paper.table import Table, mean
from offline_train.paper.tables import add

SONGS = [
    song(open=[1.0, 2.0, 9.0], smooth=[NAN, 4.0, 10.0], pes={"smooth": [-120.0, -40.0, NAN]}),
    song(open=[3.0, 5.0, 7.0], smooth=[NAN, NAN, 9.0], pes={"smooth": [-20.0, NAN, NAN]}),
    song(open=[-8.0], smooth=[NAN]),
]


def test_the_paper_s_rule():
    assert figure(SONGS, "open", "vocals") == 2.0  # of 2, 5, -8
    assert figure(SONGS, "smooth", "vocals") == 8.0  # of 7, 9: the last song is not there
    assert figure(SONGS, "smooth", "vocals", "sir") == 18.0


def test_what_a_figure_rests_on():
    assert basis(SONGS, "open", "vocals") == Basis(3, 3, 7, 7)
    assert basis(SONGS, "smooth", "vocals") == Basis(2, 3, 3, 7)
    assert basis(SONGS, "open", "vocals", also="smooth") == Basis(2, 3, 3, 7)
    assert basis(SONGS, "smooth", "vocals", "pes") == Basis(2, 3, 3, 7)


def test_a_gate_that_leaves_frames_out_gains_more_than_it_should():
    apart = figure(SONGS, "smooth", "vocals") - figure(SONGS, "open", "vocals")
    assert apart == 6.0
    # Of the first song 4 and 10 against 2 and 9, of the second 9 against 7.
    assert gain(SONGS, "smooth", "open", "vocals") == pytest.approx((7.0 + 9.0) / 2 - (5.5 + 7.0) / 2) == 1.75
    assert gain(SONGS, "open", "smooth", "vocals") == -1.75
    assert math.isnan(gain(SONGS[2:], "smooth", "open", "vocals"))


def test_energy_at_silence_is_a_mean_over_frames():
    assert figure(SONGS, "smooth", "vocals", "pes") == (-80.0 - 20.0) / 2


def test_the_area_under_the_curve():
    # Of four pairs of an active and a silent second three are in the right order.
    songs = [
        song(activity=([0.9, 0.2], [1.0, 0.0])),
        song(activity=([0.6, 0.3], [0.0, 1.0])),
    ]
    assert area(songs, "vocals") == (0.75, 0.5)
    alike = [song(activity=([0.5, 0.5, 0.5], [1.0, 0.0, 0.0]))]
    assert area(alike, "vocals") == (0.5, pytest.approx(1 / 3))
    always = area([song(activity=([0.5, 0.7], [1.0, 1.0]))], "vocals")
    assert math.isnan(always[0]) and always[1] == 1.0
    assert all(map(math.isnan, area([song(open=[1.0])], "vocals")))


def test_a_mean_over_fewer_instruments_is_undefined():
    assert mean([1.0, 2.0, 6.0]) == 3.0
    assert math.isnan(mean([1.0, NAN, 6.0]))


def test_a_table_says_what_its_figures_rest_on(tmp_path):
    table = Table("table1", "T")
    add(table, "3 blocks", {"vocals": SONGS}, "smooth", average=True)
    (one, average) = table.lines
    assert (one.ours, one.paper, one.difference, one.basis) == (8.0, 6.46, pytest.approx(1.54), Basis(2, 3, 3, 7))
    assert (average.ours, average.basis) == (8.0, None)
    assert "| 3 blocks | vocals | SDR | 8.00 | 6.46 | +1.54 | 2/3 | 3/7 |" in table.markdown()
    _, file = table.write(tmp_path)
    assert '"songs": 2,' in file.read_text() and '"all_frames": 7' in file.read_text()
    add(table, "4 blocks", {"vocals": SONGS, "bass": [bass()]}, "smooth", average=True)
    assert "| 4 blocks | bass | SDR | undefined | 4.25 |  | 0/1 | 0/1 |" in table.markdown()
    assert "| 4 blocks | mean | SDR | undefined |  |  |  |  |" in table.markdown()


def bass():
    """A song of bass whose gate never opens."""
    shut = song(smooth=[NAN])
    shut.rows["smooth"]["bass"] = shut.rows["smooth"]["vocals"]
    return shut
