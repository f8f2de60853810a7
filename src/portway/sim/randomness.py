"""Randomness is an argument: one stream per (seed, purpose, entity), so adding a truck shifts no other draw."""

import zlib

import numpy as np


class Draws:
    """Normal draws of one entity, cut to a range, fetched in blocks because single draws are slow."""

    def __init__(self, seed: int, purpose: str, entity: str) -> None:
        self._rng = np.random.default_rng((seed, zlib.crc32(purpose.encode()), zlib.crc32(entity.encode())))
        self._block: list[float] = []

    def _standard(self) -> float:
        if not self._block:
            self._block = self._rng.standard_normal(256).tolist()[::-1]
        return self._block.pop()

    def duration_ms(self, mean_s: float, sd_s: float) -> int:
        """A duration in ms, normal and cut at half and at one and a half times its mean, so that the mean holds."""
        value = mean_s + sd_s * self._standard()
        return round(1000.0 * min(max(value, 0.5 * mean_s), 1.5 * mean_s))
