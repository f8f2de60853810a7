"""A job order as the TOS writes it, and the noun the core knows.

The shape is checked here: kinds, ranges and lengths. Whether it can be done at this terminal is asked of the desk.
Instants are milliseconds of the run, or absolute times beside them (`instants.py`). Numbers are bounded so that none
leaves the 64 bits of the journal.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from portway.adapters.tos.api.instants import Utc, ms_of, utc_of, written
from portway.adapters.tos.container_rules import box_faults
from portway.core.model.work import Container, JobOrder, MoveKind, YardSlot
from portway.core.work.work_problem import WorkProblem

INSTANT_MS_MAX = 2**53 - 1  # what a JSON reader keeps exactly
ID_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$"
Id = Annotated[str, StringConstraints(pattern=ID_PATTERN, max_length=64)]
Small = Annotated[int, Field(ge=1, le=9_999, strict=True)]
Instant = Annotated[int, Field(ge=0, le=INSTANT_MS_MAX, strict=True)]


class Body(BaseModel):
    """Unknown keys are refused, so that a misspelt one is found."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ContainerBody(Body):
    """The box."""

    id: Id
    length_ft: Literal[20, 40, 45] = 40
    mass_kg: Annotated[float, Field(gt=0, le=100_000, strict=True, allow_inf_nan=False)] = 20_000.0
    iso_type: Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{0,4}$", max_length=4)] = ""

    def to_core(self) -> Container:
        """The noun of the core."""
        return Container(self.id, self.length_ft, float(self.mass_kg), self.iso_type)

    @classmethod
    def from_core(cls, box: Container) -> "ContainerBody":
        """As the TOS would have written it."""
        return cls.model_construct(id=box.id, length_ft=box.length_ft, mass_kg=box.mass_kg, iso_type=box.iso_type)

    def problems(self, known: Container | None, key: str, job_order: str = "") -> list[WorkProblem]:
        """Why no such box comes in here; `known` is what the terminal has under this name already."""
        if known == self.to_core():
            return []
        faults = box_faults(self.id, self.length_ft, self.mass_kg, self.iso_type, known is not None)
        return [WorkProblem(job_order, f.code, f"{key}.{f.key}", f.value, f.message, f.cure) for f in faults]


class YardSlotBody(Body):
    """An address in the yard."""

    block: Id
    bay: Small
    row: Small
    tier: Small

    def to_core(self) -> YardSlot:
        """The noun of the core."""
        return YardSlot(self.block, self.bay, self.row, self.tier)


class JobOrderBody(Body):
    """One box to be moved between two points of work."""

    id: Id
    kind: MoveKind
    container: ContainerBody
    release_ms: Annotated[Instant, Field(description="Not before; ms since the run began.")] = 0
    release_at: Utc | None = Field(None, description="The same as absolute time; give one, or both alike.")
    due_ms: Instant | None = Field(None, description="Wanted by; ms since the run began.")
    due_at: Utc | None = Field(None, description="The same as absolute time; give one, or both alike.")
    quay_crane: Id | None = None
    quay_bay: Small | None = None
    sequence: Annotated[int, Field(ge=0, le=2**31 - 1, strict=True)] = 0
    slot: YardSlotBody | None = Field(None, description="Origin of a load, delivery or yard move, else destination.")
    slot_to: YardSlotBody | None = Field(None, description="Destination of a yard move.")
    gate: Id | None = None
    twin: Id | None = Field(None, description="The job order of the other 20 ft box on the same truck.")
    after: Annotated[list[Id], Field(max_length=64)] = []

    def to_core(self) -> JobOrder:
        """The noun of the core, from the milliseconds alone: see `timed`."""
        return JobOrder(
            id=self.id,
            kind=self.kind,
            container=self.container.to_core(),
            release_ms=self.release_ms,
            due_ms=self.due_ms,
            quay_crane=self.quay_crane,
            quay_bay=self.quay_bay,
            sequence=self.sequence,
            slot=None if self.slot is None else self.slot.to_core(),
            slot_to=None if self.slot_to is None else self.slot_to.to_core(),
            gate=self.gate,
            twin=self.twin,
            after=tuple(self.after),
        )

    def timed(self, started_ms: int) -> "JobOrderBody":
        """With the milliseconds that its absolute times mean in a run that began so many ms after the epoch."""
        told = {"release_ms": self.release_at, "due_ms": self.due_at}
        given = {key: ms_of(started_ms, at) for key, at in told.items() if at is not None}
        return self.model_copy(update=given) if given else self

    def time_problems(self, started_ms: int) -> list[WorkProblem]:
        """Absolute times that lie before the run, or say another instant than the milliseconds beside them."""
        found = []
        for key, at in (("release", self.release_at), ("due", self.due_at)):
            if at is None:
                continue
            value, at_ms = written(at), ms_of(started_ms, at)
            if at_ms < 0:
                began = utc_of(started_ms, 0)
                message = f"the run began at {written(began) if began else 'another time'}"
                cure = "take that time, or a later one"
                found.append(WorkProblem(self.id, "before_start", f"{key}_at", value, message, cure))
            elif f"{key}_ms" in self.model_fields_set and getattr(self, f"{key}_ms") not in (at_ms, None):
                message = f"{key}_ms says another instant; this one is {at_ms} ms"
                found.append(WorkProblem(self.id, "instants_differ", f"{key}_at", value, message, "give one of them"))
        return found

    @classmethod
    def from_core(cls, job: JobOrder, started_ms: int | None = None) -> "JobOrderBody":
        """As the TOS would have written it; not checked again, for work lists may use other ids. `started_ms` is when
        the run began, in ms of the epoch; without it there are no absolute times."""
        keys = {f: getattr(job, f) for f in cls.model_fields if not f.endswith("_at")}
        keys["container"] = ContainerBody.from_core(job.container)
        keys["slot"], keys["slot_to"] = slot_body(job.slot), slot_body(job.slot_to)
        keys["after"] = list(job.after)
        if started_ms is not None:
            keys["release_at"] = utc_of(started_ms, job.release_ms)
            keys["due_at"] = None if job.due_ms is None else utc_of(started_ms, job.due_ms)
        return cls.model_construct(**keys)


def slot_body(slot: YardSlot | None) -> YardSlotBody | None:
    """The address as it leaves in JSON."""
    if slot is None:
        return None
    return YardSlotBody.model_construct(block=slot.block, bay=slot.bay, row=slot.row, tier=slot.tier)
