"""Voice bank labels tell the vowels on either side."""

import pytest

from offline_train.render.voicebank import ends_on


@pytest.mark.parametrize(
    ("alias", "expected"),
    [
        ("a か", ("a", "a")),
        ("- きょ", ("-", "o")),
        ("u んG3", ("u", "n")),
        ("i じSD5", ("i", "i")),
        ("zu", ("-", "u")),
        ("a R", None),
        ("br1", None),
    ],
)
def test_aliases(alias: str, expected: tuple[str, str] | None) -> None:
    assert ends_on(alias) == expected
