"""Where in a TOML text a key stands, so that an error can name its line."""

from __future__ import annotations

import re

Place = tuple[str | int, ...]
"""Way to a value: keys, and the index from 0 in an array of tables."""

_HEADER = re.compile(r"^\s*(\[\[?)\s*(.+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"""^\s*((?:"[^"]*"|'[^']*'|[\w-]+)(?:\s*\.\s*(?:"[^"]*"|'[^']*'|[\w-]+))*)\s*=(.*)$""", re.S)
_PART = re.compile(r""""([^"]*)"|'([^']*)'|([\w-]+)""")
_TOKEN = re.compile(r'"""|\'\'\'|"(?:\\.|[^"\\])*"|\'[^\']*\'|#.*|[\[\]{}]')


def find_lines(text: str) -> dict[Place, int]:
    """Line of every table header and key, from 1.

    Values that go over several lines (arrays, texts) are passed over; keys of inline tables count to the line of the
    table. The text should be valid TOML; of another one, what can be found is found.
    """
    found: dict[Place, int] = {}
    counts: dict[str, int] = {}
    table: Place = ()
    depth, quote = 0, ""
    for number, line in enumerate(text.splitlines(), 1):
        rest = line
        if not depth and not quote:
            header, key = _HEADER.match(line), _KEY.match(line)
            if header is not None:
                table = _parts(header[2])
                if header[1] == "[[":
                    name = header[2]
                    table = (*table, counts.get(name, 0))
                    counts[name] = counts.get(name, 0) + 1
                found.setdefault(table, number)
                continue
            if key is not None:
                found.setdefault((*table, *_parts(key[1])), number)
                rest = key[2]
        depth, quote = _scan(rest, depth, quote)
    return found


def line_of(lines: dict[Place, int], place: Place) -> int:
    """Line of a place, or of the nearest thing around it that has one; 1 for the whole file."""
    while place:
        if place in lines:
            return lines[place]
        place = place[:-1]
    return 1


def _parts(text: str) -> Place:
    return tuple(next(part for part in found if part) if any(found) else "" for found in _PART.findall(text))


def _scan(text: str, depth: int, quote: str) -> tuple[int, str]:
    """Depth of brackets, and the mark of an open multi-line text, at the end of a line."""
    place = 0
    while place < len(text):
        if quote:
            end = text.find(quote, place)
            if end < 0:
                return depth, quote
            place, quote = end + 3, ""
            continue
        token = _TOKEN.search(text, place)
        if token is None:
            break
        place = token.end()
        if token[0] in ('"""', "'''"):
            quote = token[0]
        elif token[0] in "[{":
            depth += 1
        elif token[0] in "]}":
            depth = max(0, depth - 1)
    return depth, quote
