"""A job order as the TOS writes it, and the noun the core knows.

The shape is checked here: kinds, ranges and lengths. Whether it can be done at this terminal is asked of the desk.
Instants are milliseconds of the terminal's clock. Numbers are bounded so that none leaves the 64 bits of the journal.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from portway.core.model.work import Container, JobOrder, MoveKind, YardSlot

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
    release_ms: Instant = 0
    due_ms: Instant | None = None
    quay_crane: Id | None = None
    quay_bay: Small | None = None
    sequence: Annotated[int, Field(ge=0, le=2**31 - 1, strict=True)] = 0
    slot: YardSlotBody | None = Field(None, description="Origin of a load, delivery or yard move, else destination.")
    slot_to: YardSlotBody | None = Field(None, description="Destination of a yard move.")
    gate: Id | None = None
    twin: Id | None = Field(None, description="The job order of the other 20 ft box on the same truck.")
    after: Annotated[list[Id], Field(max_length=64)] = []

    def to_core(self) -> JobOrder:
        """The noun of the core."""
        box = self.container
        return JobOrder(
            id=self.id,
            kind=self.kind,
            container=Container(box.id, box.length_ft, float(box.mass_kg), box.iso_type),
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

    @classmethod
    def from_core(cls, job: JobOrder) -> "JobOrderBody":
        """As the TOS would have written it; not checked again, for work lists may use other ids."""
        keys = {f: getattr(job, f) for f in cls.model_fields}
        box = job.container
        keys["container"] = ContainerBody.model_construct(
            id=box.id, length_ft=box.length_ft, mass_kg=box.mass_kg, iso_type=box.iso_type
        )
        keys["slot"], keys["slot_to"] = slot_body(job.slot), slot_body(job.slot_to)
        keys["after"] = list(job.after)
        return cls.model_construct(**keys)


def slot_body(slot: YardSlot | None) -> YardSlotBody | None:
    """The address as it leaves in JSON."""
    if slot is None:
        return None
    return YardSlotBody.model_construct(block=slot.block, bay=slot.bay, row=slot.row, tier=slot.tier)
