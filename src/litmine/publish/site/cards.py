"""The pictures that other sites show beside a link (OpenGraph): the grid, with words in pixels.

They are PNG files made here, of rectangles alone, so that no drawing library is needed and the
same cells always give the same bytes.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator, Sequence

from litmine.publish.site.environment import Pages
from litmine.publish.site.files import SiteFile, fingerprint
from litmine.publish.site.front import cell_counts
from litmine.publish.site.glyphs import heat
from litmine.publish.site.model import Collection

__all__ = ["card_files", "card_path", "draw"]

_WIDTH, _HEIGHT = 1200, 630
_SQUARE, _GAP = 84, 12
_LEFT, _TOP = 648, (_HEIGHT - 5 * _SQUARE - 4 * _GAP) // 2
_TEXT_LEFT, _TEXT_WIDTH = 80, 520
#: Ground, ink, soft ink, then the eight shades.
_PALETTE = ("fbfaf6", "1f1d1a", "68635a", "efece3", "dce7ea", "c3d8df", "a5c4d0", "82adbf",
            "5a90a8", "397690", "1b5a77")  # fmt: skip
_INK, _SOFT, _SHADES = 1, 2, 3

# Letters of 5 x 7 pixels, row by row from the top, five bits each.
_FONT = {
    "A": "0e11111f111111", "B": "1e11111e11111e", "C": "0e11101010110e", "D": "1e11111111111e",
    "E": "1f10101e10101f", "F": "1f10101e101010", "G": "0e11101711110f", "H": "1111111f111111",
    "I": "0e04040404040e", "J": "0702020202120c", "K": "11121418141211", "L": "1010101010101f",
    "M": "111b1515111111", "N": "11191915131311", "O": "0e11111111110e", "P": "1e11111e101010",
    "Q": "0e11111115120d", "R": "1e11111e141211", "S": "0f10100e01011e", "T": "1f040404040404",
    "U": "1111111111110e", "V": "11111111110a04", "W": "11111115151b11", "X": "11110a040a1111",
    "Y": "11110a04040404", "Z": "1f01020408101f", "0": "0e11131519110e", "1": "040c040404040e",
    "2": "0e11010204081f", "3": "1f02040201110e", "4": "02060a121f0202", "5": "1f101e0101110e",
    "6": "0608101e11110e", "7": "1f010204080808", "8": "0e11110e11110e", "9": "0e11110f01020c",
    "-": "0000001f000000", ".": "00000000000c0c", "&": "0c12140814120d", "×": "00110a040a1100",
    ",": "0000000c0c0408", "'": "04040800000000", ":": "000c0c000c0c00", "/": "01010204081010",
}  # fmt: skip


def card_path(cells: Iterable[str], order: Sequence[str]) -> str:
    """Return where the card of papers with certain cells stands: one for each set of cells."""
    wanted = set(cells)
    mask = sum(1 << place for place, cell in enumerate(order) if cell in wanted)
    return f"cards/cells-{mask:07x}.png"


def card_files(collection: Collection, pages: Pages) -> Iterator[SiteFile]:
    """Give the cards of the site, of stages, resources, cells, and of the papers' sets of cells."""
    taxonomy = collection.taxonomy
    order = taxonomy.cells
    title = pages.settings.title
    counts = cell_counts(collection)
    most = max(counts.values())
    whole = tuple(heat(counts[cell], most) for cell in order)
    yield _card("cards/site.png", whole, [title], "")
    for stage in taxonomy.stages:
        chosen = {c for c in order if c.startswith(f"{stage.id}/")}
        name = pages.stage_names[stage.id]
        yield _card(f"cards/stage-{stage.id}.png", _only(chosen, order), [name], title)
    for resource in taxonomy.resources:
        chosen = {c for c in order if c.endswith(f"/{resource.id}")}
        name = pages.resource_names[resource.id]
        yield _card(f"cards/resource-{resource.id}.png", _only(chosen, order), [name], title)
    for cell in order:
        stage_id, resource_id = cell.split("/")
        names = [f"{pages.stage_names[stage_id]} ×", pages.resource_names[resource_id]]
        path = f"cards/cell-{stage_id}-{resource_id}.png"
        yield _card(path, _only({cell}, order), names, title)
    sets = {card_path(paper.cells, order): paper.cells for paper in collection.papers}
    for path in sorted(sets):
        shades = _only(set(sets[path]), order)
        stages = dict.fromkeys(c.split("/")[0] for c, shade in zip(order, shades, strict=True)
                               if shade)  # fmt: skip
        words = [pages.stage_names[stage] for stage in stages]
        yield _card(path, shades, words, title)


def draw(shades: Sequence[int], words: Sequence[str], below: str) -> bytes:
    """Draw a card. Everything stands at even places: a byte of the canvas is two pixels.

    Parameters
    ----------
    shades : sequence of int
        0 to 7 for each of the 25 cells.
    words : sequence of str
        Large, one line each or more where one is too long.
    below : str
        Small, at the foot.

    Returns
    -------
    bytes
        A PNG file of 1200 x 630.
    """
    canvas = [bytearray(_WIDTH // 2) for _ in range(_HEIGHT)]
    for place, shade in enumerate(shades):
        left = _LEFT + place % 5 * (_SQUARE + _GAP)
        top = _TOP + place // 5 * (_SQUARE + _GAP)
        _fill(canvas, left, top, _SQUARE, _SQUARE, _SHADES + shade)
    lines = [line for word in words for line in _wrapped(word, 8)]
    longest = max(map(len, lines), default=1)
    room = min(10, _TEXT_WIDTH // (6 * longest), 400 // (11 * max(1, len(lines))))
    scale = max(2, room // 2 * 2)
    for number, line in enumerate(lines):
        _write(canvas, line, _TEXT_LEFT, _TOP + number * 11 * scale, scale, _INK)
    small = 4
    foot = _wrapped(below, _TEXT_WIDTH // (6 * small))
    bottom = _TOP + 5 * _SQUARE + 4 * _GAP - 7 * small
    for number, line in enumerate(reversed(foot)):
        _write(canvas, line, _TEXT_LEFT, bottom - number * 11 * small, small, _SOFT)
    return _png(canvas)


def _card(path: str, shades: Sequence[int], words: Sequence[str], below: str) -> SiteFile:
    return SiteFile(path, fingerprint([*shades, *words, below]), lambda: draw(shades, words, below))


def _only(chosen: set[str], order: Sequence[str]) -> tuple[int, ...]:
    return tuple(7 if cell in chosen else 0 for cell in order)


def _wrapped(text: str, width: int) -> list[str]:
    """Break a text at spaces and hyphens into lines of at most `width` signs where that goes."""
    lines: list[str] = []
    for word in text.replace("-", "- ").split():
        joint = "" if lines and lines[-1].endswith("-") else " "
        if lines and len(lines[-1]) + len(joint) + len(word) <= width:
            lines[-1] += joint + word
        else:
            lines.append(word)
    return lines


def _write(canvas: list[bytearray], text: str, x: int, y: int, scale: int, colour: int) -> None:
    for sign in text.upper():
        rows = bytes.fromhex(_FONT.get(sign, "0" * 14))
        for row, bits in enumerate(rows):
            for column in range(5):
                if bits >> (4 - column) & 1:
                    _fill(canvas, x + column * scale, y + row * scale, scale, scale, colour)
        x += 6 * scale


def _fill(canvas: list[bytearray], x: int, y: int, width: int, height: int, colour: int) -> None:
    line = bytes([colour << 4 | colour]) * max(0, min(width, _WIDTH - x) // 2)
    for row in canvas[y : y + height]:
        row[x // 2 : x // 2 + len(line)] = line


def _png(canvas: list[bytearray]) -> bytes:
    # A row like the one above it is told as "no difference" (filter 2), which packs to nothing.
    same = b"\x02" + bytes(_WIDTH // 2)
    rows, before = [], bytearray()
    for row in canvas:
        rows.append(same if row == before else b"\x00" + bytes(row))
        before = row
    palette = bytes.fromhex("".join(_PALETTE))
    header = struct.pack(">IIBBBBB", _WIDTH, _HEIGHT, 4, 3, 0, 0, 0)
    chunks = (
        (b"IHDR", header),
        (b"PLTE", palette),
        (b"IDAT", zlib.compress(b"".join(rows), 6)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )
