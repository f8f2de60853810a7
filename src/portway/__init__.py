"""Portway: decision core, simulator and control of driverless container trucks."""

import hashlib
import os
import shutil
from pathlib import Path


def _kernel_cache() -> None:
    """Give compiled kernels a folder that is named by the sources of all of them.

    numba's own cache looks at the file of a kernel alone: after a pull, one whose file is the same would go on with the
    old columns of a table that has new ones. Where the package cannot be written, numba looks for a place by itself.
    """
    package = Path(__file__).parent
    digest = hashlib.sha256()
    for room in ("core/kernels", "core/routing", "sim"):
        for source in sorted((package / room).glob("*.py")):
            digest.update(source.read_bytes())
    folder = package / "__pycache__" / f"kernels-{digest.hexdigest()[:16]}"
    if os.environ.setdefault("NUMBA_CACHE_DIR", str(folder)) == str(folder) and not folder.exists():
        for old in folder.parent.glob("kernels-*"):
            shutil.rmtree(old, ignore_errors=True)


_kernel_cache()
