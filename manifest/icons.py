"""Draw the two icons of the app: somebody goes from one block to the other.

`python -m manifest.icons` writes them anew; the pictures are kept with the source.
"""

import struct
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

Colour = tuple[int, int, int, int]
"""Red, green, blue and opacity, each 0 to 255."""

Shape = Callable[[float, float], bool]
"""Tells whether a point, in pixels from the top left, is covered."""

WHITE: Final[Colour] = (255, 255, 255, 255)
PALE: Final[Colour] = (255, 255, 255, 110)
BLUE: Final[Colour] = (15, 76, 158, 255)
YELLOW: Final[Colour] = (255, 219, 41, 255)

_SAMPLES: Final = 3  # per pixel and direction, for smooth edges
_PNG_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_TRUE_COLOUR_WITH_ALPHA: Final = 6


@dataclass(frozen=True, slots=True)
class Layer:
    """One shape in one colour."""

    shape: Shape
    colour: Colour


def block(left: float, top: float, size: tuple[float, float], radius: float) -> Shape:
    """Return a rectangle with rounded corners."""
    width, height = size

    def covers(x: float, y: float) -> bool:
        dx = max(left + radius - x, 0.0, x - (left + width - radius))
        dy = max(top + radius - y, 0.0, y - (top + height - radius))
        return dx * dx + dy * dy <= radius * radius

    return covers


def arrow(left: float, middle: float, length: float, width: float) -> Shape:
    """Return an arrow to the right whose head is three times as wide as its shaft."""
    head = 1.5 * width

    def covers(x: float, y: float) -> bool:
        off = abs(y - middle)
        in_shaft = left <= x <= left + length - head and off <= width / 2
        return in_shaft or (0 <= left + length - x <= head and off <= left + length - x)

    return covers


def minus(shape: Shape, hole: Shape) -> Shape:
    """Return what the shape covers and the hole does not."""
    return lambda x, y: shape(x, y) and not hole(x, y)


def colour_icon() -> tuple[int, list[Layer]]:
    """Return side and layers of the full-colour icon."""
    return 192, [
        Layer(lambda _x, _y: True, BLUE),
        Layer(block(30, 60, (46, 72), 8), PALE),
        Layer(block(116, 60, (46, 72), 8), WHITE),
        Layer(arrow(56, 96, 76, 14), YELLOW),
    ]


def outline_icon() -> tuple[int, list[Layer]]:
    """Return side and layers of the outline icon: white only, on nothing."""
    frame = minus(block(2, 8, (9, 16), 2), block(3.5, 9.5, (6, 13), 1))
    return 32, [
        Layer(minus(frame, block(6, 12.5, (8, 7), 0)), WHITE),
        Layer(arrow(6, 16, 13.5, 2), WHITE),
        Layer(block(21, 8, (9, 16), 2), WHITE),
    ]


def png(side: int, layers: Sequence[Layer]) -> bytes:
    """Return the layers, later ones on top, as a square PNG with transparency."""
    rows = bytearray()
    for y in range(side):
        rows.append(0)  # no filter
        for x in range(side):
            rows += bytes(_pixel(x, y, layers))
    header = struct.pack(">IIBBBBB", side, side, 8, _TRUE_COLOUR_WITH_ALPHA, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(bytes(rows), 9)), (b"IEND", b"")]
    return _PNG_SIGNATURE + b"".join(_chunk(kind, data) for kind, data in chunks)


def write(folder: Path) -> None:
    """Write both icons into the folder."""
    (folder / "color.png").write_bytes(png(*colour_icon()))
    (folder / "outline.png").write_bytes(png(*outline_icon()))


def _pixel(x: int, y: int, layers: Sequence[Layer]) -> Colour:
    red, green, blue, opacity = 0.0, 0.0, 0.0, 0.0
    for layer in layers:
        r, g, b, a = layer.colour
        share = a / 255 * _coverage(layer.shape, x, y)
        rest = opacity * (1 - share)
        total = share + rest
        if total > 0:
            red = (r * share + red * rest) / total
            green = (g * share + green * rest) / total
            blue = (b * share + blue * rest) / total
        opacity = total
    return round(red), round(green), round(blue), round(opacity * 255)


def _coverage(shape: Shape, x: int, y: int) -> float:
    steps = [(step + 0.5) / _SAMPLES for step in range(_SAMPLES)]
    return sum(shape(x + dx, y + dy) for dx in steps for dy in steps) / _SAMPLES**2


def _chunk(kind: bytes, data: bytes) -> bytes:
    checksum = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)


if __name__ == "__main__":
    write(Path(__file__).parent)
