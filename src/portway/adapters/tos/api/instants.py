"""Instants in both ways: milliseconds of the run, and absolute time (RFC 3339) beside them.

The run begins at a whole millisecond of the Unix epoch, so either way leads back to the other without a rest. A time
without its offset from UTC is refused: nobody can tell which hour it is.
"""

import datetime
import re
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
MS = datetime.timedelta(milliseconds=1)
PATTERN = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})$"
_TEXT = re.compile(PATTERN)


def read_time(said: object) -> datetime.datetime:
    """The instant of a text; ValueError with what is wrong with it."""
    if isinstance(said, datetime.datetime):
        return said
    if not isinstance(said, str) or not _TEXT.fullmatch(said):
        raise ValueError("give a time as 2026-03-04T05:06:07.089Z, with Z or its offset from UTC")
    try:
        return datetime.datetime.fromisoformat(said).astimezone(datetime.UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"there is no such time: {error}") from error


def written(at: datetime.datetime) -> str:
    """A time in UTC to the millisecond."""
    return at.astimezone(datetime.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


Utc = Annotated[
    datetime.datetime,
    BeforeValidator(read_time),
    PlainSerializer(written, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time", "pattern": PATTERN}),
]


def utc_of(started_ms: int, at_ms: int) -> datetime.datetime | None:
    """Absolute time of an instant of a run that began so many ms after the epoch; None beyond the calendar's end."""
    try:
        return EPOCH + (started_ms + at_ms) * MS
    except OverflowError:
        return None


def ms_of(started_ms: int, at: datetime.datetime) -> int:
    """The instant of the run; negative before it began."""
    return (at - EPOCH) // MS - started_ms
