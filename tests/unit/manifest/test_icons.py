"""The icons, read back from the bytes of the files: sizes, transparency and colours."""

import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from manifest import icons
from manifest.packer import FOLDER

SIGNATURE = b"\x89PNG\r\n\x1a\n"

Pixel = tuple[int, int, int, int]


def chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    assert data.startswith(SIGNATURE)
    offset = len(SIGNATURE)
    while offset < len(data):
        (length,) = struct.unpack_from(">I", data, offset)
        kind = data[offset + 4 : offset + 8]
        content = data[offset + 8 : offset + 8 + length]
        (checksum,) = struct.unpack_from(">I", data, offset + 8 + length)
        assert checksum == zlib.crc32(kind + content)
        yield kind, content
        offset += 12 + length


def read(path: Path) -> tuple[int, int, list[Pixel]]:
    """Decode an unfiltered 8-bit RGBA picture."""
    parts = dict(chunks(path.read_bytes()))
    width, height, depth, colour, *rest = struct.unpack(">IIBBBBB", parts[b"IHDR"])
    assert (depth, colour, rest) == (8, 6, [0, 0, 0])
    raw = zlib.decompress(parts[b"IDAT"])
    stride = 1 + 4 * width
    assert len(raw) == stride * height
    rows = [raw[start : start + stride] for start in range(0, len(raw), stride)]
    assert {row[0] for row in rows} == {0}
    pixels = [
        (row[x], row[x + 1], row[x + 2], row[x + 3]) for row in rows for x in range(1, stride, 4)
    ]
    return width, height, pixels


def test_colour_icon_is_192_pixels_and_opaque() -> None:
    width, height, pixels = read(FOLDER / "color.png")

    assert (width, height) == (192, 192)
    assert {pixel[3] for pixel in pixels} == {255}
    assert len(set(pixels)) > 3


def test_outline_icon_is_32_pixels_and_only_white_on_nothing() -> None:
    width, height, pixels = read(FOLDER / "outline.png")

    assert (width, height) == (32, 32)
    assert {pixel[:3] for pixel in pixels if pixel[3]} == {(255, 255, 255)}
    assert pixels[0][3] == 0
    assert {0, 255} <= {pixel[3] for pixel in pixels}


@pytest.mark.parametrize(
    ("name", "drawing"),
    [("color.png", icons.colour_icon), ("outline.png", icons.outline_icon)],
)
def test_kept_icon_is_the_drawn_one(
    name: str, drawing: Callable[[], tuple[int, list[icons.Layer]]], tmp_path: Path
) -> None:
    side, layers = drawing()
    drawn = tmp_path / name
    drawn.write_bytes(icons.png(side, layers))

    assert read(drawn) == read(FOLDER / name)
