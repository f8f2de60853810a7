"""Files that are whole or not there: written beside their place under another name, then renamed."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SUFFIX = ".unfinished"


class RunWriteError(OSError):
    """A file of a run could not be written; the message names the file, the reason and what was kept."""

    def __str__(self) -> str:
        return self.strerror or ""


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Yield a temporary path to write to; it takes the place of `path` when the block ends well."""
    temporary = path.with_name(path.name + SUFFIX)
    try:
        yield temporary
        os.replace(temporary, path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise RunWriteError(error.errno, write_failure(path, error)) from error
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_failure(path: Path, error: OSError) -> str:
    """What went wrong when a file was written, what to do, and what is kept beside it."""
    kept = sorted(p.name for p in path.parent.glob("*") if not p.name.endswith(SUFFIX)) if path.parent.is_dir() else []
    rest = f"kept in {path.parent}: {', '.join(kept)}" if kept else "nothing was kept"
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"{path}: the disk is full; free space or give another folder with --out ({rest})"
    if error.errno in (errno.EACCES, errno.EROFS, errno.EPERM):
        return f"{path}: writing is not allowed here; give another folder with --out ({rest})"
    return f"{path}: {error.strerror or error}; give another folder with --out ({rest})"
