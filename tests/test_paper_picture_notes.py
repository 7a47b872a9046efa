"""The note above a picture is read whole, however narrow the picture is."""

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from offline_train.paper.draw import head

NOTE = "Measured on songs of a pool, 39 of them rendered to train and 8 to test: not comparable with the paper. " * 2


@pytest.mark.parametrize("width", [3.8, 9.0, 10.3])
def test_it_fits(width):
    figure = Figure(figsize=(width, 4), layout="constrained")
    canvas = FigureCanvasAgg(figure)
    figure.add_subplot()
    text = head(figure, NOTE)
    canvas.draw()
    box = text.get_window_extent()
    assert 0.6 * figure.bbox.width < box.width <= figure.bbox.width
    assert text.get_text().split() == NOTE.split()
