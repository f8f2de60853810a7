"""A picture of a few colours, a pixel for each cell, as it stands in the page."""

import base64
import struct
import zlib

import numpy as np


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(index: np.ndarray, rgb: np.ndarray) -> bytes:
    """Indexed PNG (W3C PNG, sections 5 and 11) of uint8 indices into at most 256 colours; index 0 is transparent."""
    rows, columns = index.shape
    header = struct.pack(">IIBBBBB", columns, rows, 8, 3, 0, 0, 0)
    unfiltered = np.insert(index, 0, 0, axis=1).tobytes()  # each line begins with the number of its filter, 0 for none
    parts = ((b"IHDR", header), (b"PLTE", rgb.tobytes()), (b"tRNS", b"\0"), (b"IDAT", zlib.compress(unfiltered, 9)))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in parts) + _chunk(b"IEND", b"")


def data_url(index: np.ndarray, rgb: np.ndarray) -> str:
    """The picture inside an attribute."""
    return "data:image/png;base64," + base64.b64encode(png(index, rgb)).decode()
