"""Arrays that kernels take together, as one argument.

A named tuple of arrays is copied, field by field, into every compiled call: with twenty arrays that is most of the time
of a small kernel. A group is a `structref` of numba: a kernel is handed one pointer, and reads `table.uses` from it.

A class under `@grouped` lists its fields, all of them arrays (or numbers that nobody changes), and is given the
compiled function that makes it, so that this is found in numba's cache, too:

    @grouped
    class Pair:
        left: np.ndarray
        right: np.ndarray

    @made_by(Pair)
    @njit(cache=True)
    def make_pair(*fields):
        return Pair(*fields)
"""

import sys
from collections.abc import Callable
from typing import Any, TypeVar, dataclass_transform

from numba.core import types
from numba.experimental import structref

G = TypeVar("G", bound=type)
F = TypeVar("F", bound=Callable)
T = TypeVar("T")


class Group(structref.StructRefProxy):
    """What all groups can do outside kernels: tell their fields, and be pickled."""

    _fields: tuple[str, ...] = ()
    _make: Callable[..., Any]

    def __new__(cls, *values: Any, **named: Any) -> "Group":
        """Raises TypeError when a field is missing or unknown."""
        if named or len(values) != len(cls._fields):
            values = cls._in_order(values, named)
        group = cls._make(*values)
        group.__dict__.update(zip(cls._fields, values, strict=True))
        return group

    @classmethod
    def _in_order(cls, values: tuple, named: dict[str, Any]) -> tuple:
        given = dict(zip(cls._fields, values, strict=False)) | named
        if len(values) > len(cls._fields) or set(given) != set(cls._fields):
            raise TypeError(f"{cls.__name__} has the fields {', '.join(cls._fields)}; given: {', '.join(given)}")
        return tuple(given[name] for name in cls._fields)

    def __reduce__(self) -> tuple:
        return type(self), tuple(getattr(self, name) for name in self._fields)


def changed(group: T, **fields: Any) -> T:
    """A group with some fields replaced; the others are shared."""
    return type(group)(**({name: getattr(group, name) for name in group._fields} | fields))  # type: ignore[attr-defined]


@dataclass_transform()
def grouped(cls: G) -> G:
    """Make the class a group of its annotated fields; see the top of this file."""
    fields = tuple(cls.__annotations__)
    kind = type(
        f"{cls.__name__}Type", (types.StructRef,),
        {"__module__": cls.__module__, "preprocess_fields": _without_literals},
    )  # fmt: skip
    setattr(sys.modules[cls.__module__], kind.__name__, kind)  # numba's cache finds it by name
    group = type(cls.__name__, (Group,), {"__module__": cls.__module__, "__doc__": cls.__doc__, "_fields": fields})
    structref.define_proxy(group, structref.register(kind), list(fields))
    return group  # type: ignore[return-value]


def _without_literals(_kind: types.StructRef, fields: list) -> tuple:
    return tuple((name, types.unliteral(field)) for name, field in fields)


def made_by(group: type) -> Callable[[F], F]:
    """The compiled function that makes a group out of its fields."""

    def keep(make: F) -> F:
        group._make = staticmethod(make)  # type: ignore[attr-defined]
        return make

    return keep
