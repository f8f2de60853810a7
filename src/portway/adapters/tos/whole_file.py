"""Files that are whole or not there: written under a hidden name, safe on the disk, then named."""

import os
from pathlib import Path


def part_of(file: Path) -> Path:
    """The hidden name under which a file is written."""
    return file.with_name(f".{file.name}.part")


def write_part(file: Path, data: bytes) -> None:
    """Write a file under its hidden name; its content is safe behind this, the hidden name after `sync_folder`."""
    with part_of(file).open("wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())


def sync_folder(folder: Path) -> None:
    """Names in a folder are safe behind this."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def write_whole(file: Path, data: bytes) -> None:
    """Write a file so that nobody ever sees a part of it."""
    write_part(file, data)
    part_of(file).replace(file)
    sync_folder(file.parent)
