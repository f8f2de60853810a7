"""What a subsystem of the core is: a service that is told of its events, and says what shall be done.

A service owns its state and nothing else's. It puts commands into `State.outbox` and asks to be woken by
`State.set_timer`. Other services are reached through the controller alone, which settles them in its order.
"""

from collections.abc import Mapping
from typing import Any, Generic, NamedTuple, TypeVar

from portway.core.events import Event
from portway.core.work.problems import WorkProblem


class Words(NamedTuple):
    """What people read, in both languages."""

    en: str
    zh: str


class Column(NamedTuple):
    """A column of a table: where its values stand in a row, and what it is called."""

    key: str
    words: Words
    unit: str = ""


class TableView(NamedTuple):
    """A table that the page shows of a service, under the name that `Service.tables` gives it."""

    name: str
    words: Words
    columns: tuple[Column, ...]


E = TypeVar("E", bound=Event)
Rows = Mapping[str, Mapping[str, Any]]  # by id: what is told of it, by name


class Service(Generic[E]):
    """A subsystem. `E` is the union of the events that it takes; its `on` ends with `assert_never`."""

    takes: tuple[type[Event], ...] = ()  # the events in `E`: each comes to one service alone
    timers: tuple[str, ...] = ()  # names of its timers, before their colon
    views: tuple[TableView, ...] = ()  # tables that the page shows as they are, in a panel of their own

    def refusals(self, event: E) -> list[WorkProblem]:
        """Why a wish is not granted; empty when it is. Changes nothing."""
        return []

    def on(self, event: E) -> None:
        """Take note of a fact, or grant a wish against which nothing speaks."""
        raise NotImplementedError(f"{type(self).__name__} takes {type(event).__name__} and does nothing with it")

    def fired(self, timer: str, name: str) -> None:
        """One of its timers has run out; `name` is what stands behind the colon."""
        raise NotImplementedError(f"{type(self).__name__} has set a timer and does nothing with it")

    def settle(self) -> None:
        """After every event, when places and work are given out: whatever has come of it."""

    def tables(self) -> Mapping[str, Rows]:
        """What people may see of it, by name of a table; read only."""
        return {}


class UnknownEvent(AssertionError):
    """An event has come for which no service is there: a defect of the composition."""


def service_of_event(services: tuple[Service[Any], ...]) -> dict[type[Event], Service[Any]]:
    """The one service of every kind of event. Raises TypeError when two want the same."""
    return _by_key(services, lambda service: service.takes)


def service_of_timer(services: tuple[Service[Any], ...]) -> dict[str, Service[Any]]:
    """The one service of every name of timers. Raises TypeError when two want the same."""
    return _by_key(services, lambda service: service.timers)


def _by_key(services: tuple[Service[Any], ...], keys: Any) -> dict[Any, Service[Any]]:
    found: dict[Any, Service[Any]] = {}
    for service in services:
        for key in keys(service):
            if key in found:
                raise TypeError(f"{type(found[key]).__name__} and {type(service).__name__} both want {key}")
            found[key] = service
    return found
