"""Frames: all values of one instant as a key frame, or as their differences to the frame before.

The bytes are described in `docs/reference/twin-wire.md`; page, recording and tests read the same.
"""

import struct
from typing import NamedTuple

import numpy as np
from numba import njit

MAGIC = 0x31545750  # "PWT1"
VERSION = 1
KEY, DELTA = 0, 1
HEAD = struct.Struct("<IBBBBIIddfI")
VARINT_MAX = 5  # bytes of one difference at most


class FrameError(ValueError):
    """The bytes are no frame, or not the one that follows."""


class Head(NamedTuple):
    """What a frame says of itself."""

    kind: int
    paused: bool
    past: bool
    number: int
    size: int
    at_ms: float
    wall_ms: float
    speed: float


@njit(cache=True)
def _differences(old, new, out):
    """Mask and zigzag varints of new - old into `out`; returns the number of bytes."""
    count = len(new)
    at = (count + 7) // 8
    for i in range(at):
        out[i] = 0
    for i in range(count):
        if new[i] == old[i]:
            continue
        out[i >> 3] |= 1 << (i & 7)
        d = np.int64(np.int32(np.int64(new[i]) - np.int64(old[i])))
        z = (np.uint64(d << 1) ^ np.uint64(d >> 63)) & np.uint64(0xFFFFFFFF)
        while z >= np.uint64(128):
            out[at] = np.uint8((z & np.uint64(127)) | np.uint64(128))
            z >>= np.uint64(7)
            at += 1
        out[at] = np.uint8(z)
        at += 1
    return at


@njit(cache=True)
def _apply(values, data):
    """Add the differences in `data` to `values`; returns the number of bytes read, -1 when there are too few."""
    count = len(values)
    at = (count + 7) // 8
    if at > len(data):
        return -1
    for i in range(count):
        if not (data[i >> 3] >> (i & 7)) & 1:
            continue
        z, shift = np.uint64(0), np.uint64(0)
        while True:
            if at >= len(data) or shift > np.uint64(28):
                return -1
            byte = np.uint64(data[at])
            at += 1
            z |= (byte & np.uint64(127)) << shift
            if byte < np.uint64(128):
                break
            shift += np.uint64(7)
        d = np.int64(z >> np.uint64(1)) ^ -np.int64(z & np.uint64(1))
        values[i] = np.int32(np.int64(values[i]) + d)
    return at


def body_of(old: np.ndarray | None, new: np.ndarray) -> bytes:
    """What follows the head: all of `new` (int32) without an `old`, else the differences."""
    if old is None:
        return new.astype("<i4", copy=False).tobytes()
    out = np.empty((len(new) + 7) // 8 + VARINT_MAX * len(new), np.uint8)
    return out[: _differences(old, new, out)].tobytes()


def frame(head: Head, body: bytes) -> bytes:
    """The bytes of a frame."""
    flags = (head.kind, int(head.paused), int(head.past))
    return (
        HEAD.pack(MAGIC, VERSION, *flags, head.number, head.size, head.at_ms, head.wall_ms, head.speed, len(body))
        + body
    )


def read_head(data: bytes) -> Head:
    """The head of a frame; FrameError when it is none or of another version."""
    if len(data) < HEAD.size:
        raise FrameError(f"{len(data)} bytes are too few for a frame")
    magic, version, kind, paused, past, number, count, at_ms, wall_ms, speed, size = HEAD.unpack_from(data)
    if magic != MAGIC or version != VERSION:
        raise FrameError(f"frame version {version}, this Portway reads {VERSION}")
    if size != len(data) - HEAD.size:
        raise FrameError(f"{len(data) - HEAD.size} bytes follow instead of {size}")
    return Head(kind, bool(paused), bool(past), number, count, at_ms, wall_ms, speed)


def apply_body(values: np.ndarray, body: bytes, kind: int) -> None:
    """Bring `values` (count,) int32 up to date with the body of a frame; FrameError when it does not fit."""
    if kind == KEY:
        if len(body) != 4 * len(values):
            raise FrameError(f"{len(body)} bytes are not {len(values)} values")
        values[:] = np.frombuffer(body, "<i4")
    elif _apply(values, np.frombuffer(body, np.uint8)) != len(body):
        raise FrameError("differences are cut off or too many")
