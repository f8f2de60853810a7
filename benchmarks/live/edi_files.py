"""Discharge lists of one box each, as a TOS would drop them, and what became of them."""

import time
from pathlib import Path

from portway.adapters.tos.container_rules import number_fault

LOOK_S = 0.2


def box_number(n: int) -> str:
    """A container number with its check digit (ISO 6346)."""
    body = f"PWTU{n:06d}"
    return next(f"{body}{digit}" for digit in range(10) if number_fault(f"{body}{digit}") is None)


def discharge_list(n: int) -> bytes:
    """COPRAR of one box."""
    box = f"EQD+CN+{box_number(n)}+45G1:102:5+2+3+5'MEA+AAE+G+KGM:20000'"
    return (
        f"UNB+UNOA:2+TOS+PORT+260304:0506+{n}'UNH+1+COPRAR:D:95B:UN'BGM+118+1+9'"
        f"TDT+20+{n}+1++PWY:172:20+++PWY:103::FEEDER {n % 4}'{box}CNT+16:1'UNT+9+1'UNZ+1+{n}'"
    ).encode()


def drop(folder: Path, count: int) -> None:
    """All files at once."""
    for n in range(count):
        (folder / f"list-{n:04d}.edi").write_bytes(discharge_list(n))


def wait_taken(folder: Path, count: int, seconds: float) -> tuple[int, int]:
    """How many lists have become work, and how many were refused, when all have been looked at or time is over."""
    began = time.monotonic()
    while True:
        done, refused = len(list(folder.glob("done/*/*.edi"))), len(list(folder.glob("refused/*.edi")))
        if done + refused >= count or time.monotonic() - began > seconds:
            return done, refused
        time.sleep(LOOK_S)
