"""The core's state as bytes, and back: what a restart begins with, so that it need not read the whole journal.

A pickle of our own objects, read only from our own database. The traffic map is not in it (it is compiled from the
scenario), and a snapshot is used only by the version that wrote it: any other reads the journal from its beginning.
"""

import io
import pickle
from importlib.metadata import version
from pathlib import Path
from typing import Any

from portway.core.controller import Controller
from portway.core.routing.traffic_map import TrafficMap

MAP = "traffic map"


class _Pickler(pickle.Pickler):
    def persistent_id(self, obj: Any) -> str | None:
        return MAP if isinstance(obj, TrafficMap) else None


class _Unpickler(pickle.Unpickler):
    def __init__(self, file: io.BytesIO, traffic_map: TrafficMap) -> None:
        super().__init__(file)
        self._map = traffic_map

    def persistent_load(self, pid: Any) -> TrafficMap:
        assert pid == MAP, pid
        return self._map


def core_version() -> str:
    """Version of the package and of the sources whose objects are in a snapshot."""
    import hashlib

    digest = hashlib.sha256()
    for source in sorted((Path(__file__).parent.parent.parent / "core").rglob("*.py")):
        digest.update(source.read_bytes())
    return f"{version('portway')}-{digest.hexdigest()[:16]}"


def freeze(controller: Controller) -> bytes:
    """The state of a controller between two events."""
    file = io.BytesIO()
    _Pickler(file, protocol=5).dump(controller)
    return file.getvalue()


def thaw(body: bytes, traffic_map: TrafficMap) -> Controller:
    """The controller of a snapshot that this version wrote."""
    controller = _Unpickler(io.BytesIO(body), traffic_map).load()
    assert isinstance(controller, Controller)
    return controller
