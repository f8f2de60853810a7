"""Lists a page at a time: the next one goes on behind the last id, so that nothing is missed when the list changes."""

from collections.abc import Callable, Iterable
from itertools import islice
from typing import Annotated, TypeVar

from fastapi import Query

PAGE_MAX = 1000
Limit = Annotated[int, Query(ge=1, le=PAGE_MAX)]
Item = TypeVar("Item")


def page(
    items: Iterable[Item], id_of: Callable[[Item], str], after: str | None, limit: int
) -> tuple[list[Item], str | None]:
    """At most `limit` items, sorted by id, that follow `after`; and where the next page goes on, if there is one."""
    rest = (i for i in items if after is None or id_of(i) > after)
    taken = list(islice(rest, limit + 1))
    more = len(taken) > limit
    return taken[:limit], id_of(taken[limit - 1]) if more else None
