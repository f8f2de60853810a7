"""The fuzz of `portway bench live`, short: accepted, or refused with a reason, nothing else."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[3] / "benchmarks" / "live"))

from fuzz import fuzz


def test_rubbish_from_anybody_is_taken_or_refused_and_never_more():
    fuzzed = fuzz(20_000, 7)
    assert fuzzed.crashes == []
    assert all(fuzzed.counts[k] > 100 for k in ("master refused", "master took", "agent refused"))
