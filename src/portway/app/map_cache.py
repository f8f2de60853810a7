"""Compiled traffic maps on disk: compiling a terminal takes seconds, reading it back milliseconds.

The key is a digest of terminal, truck type and the sources that compile it, so a stale map is never read. A cache that
cannot be written is no error.
"""

import hashlib
import os
import pickle
from functools import lru_cache
from pathlib import Path

import msgspec

from portway.core.model.layout import Terminal
from portway.core.model.truck import TruckType
from portway.core.routing.traffic_map import TrafficMap, compile_map


def cache_folder() -> Path:
    """`PORTWAY_CACHE`, else the user's cache folder."""
    root = os.environ.get("PORTWAY_CACHE") or os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(root) / "portway"


@lru_cache(maxsize=1)
def _sources_digest() -> bytes:
    core = Path(__file__).parent.parent / "core"
    digest = hashlib.sha256()
    for source in sorted([*core.glob("routing/*.py"), *core.glob("kernels/*.py"), *core.glob("model/*.py")]):
        digest.update(source.read_bytes())
    return digest.digest()


def cached_map(terminal: Terminal, truck: TruckType) -> TrafficMap:
    """The compiled map, from the cache when it is there."""
    key = hashlib.sha256(msgspec.msgpack.encode((terminal, truck)) + _sources_digest()).hexdigest()[:32]
    path = cache_folder() / f"{key}.map"
    try:
        return pickle.loads(path.read_bytes())
    except (OSError, pickle.UnpicklingError, EOFError, AttributeError, ImportError):
        pass
    compiled = compile_map(terminal, truck)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_suffix(f".{os.getpid()}")
        temporary.write_bytes(pickle.dumps(compiled, protocol=5))
        temporary.replace(path)
    except OSError:
        pass
    return compiled
