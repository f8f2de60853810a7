"""The Layout Interchange Format 1.0 on the wire (VDMA/VDA guideline, `LIF-1.0.schema`); these types stay here."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Wire(BaseModel):
    """Unknown keys are let pass: the schema allows them."""

    model_config = ConfigDict(extra="ignore")


class MetaInformation(Wire):
    """Who made the file, when, in which version."""

    projectIdentification: str
    creator: str
    exportTimestamp: str
    lifVersion: str


class NodePosition(Wire):
    """Metres in the frame of the layout."""

    x: float = Field(allow_inf_nan=False)
    y: float = Field(allow_inf_nan=False)


class Action(Wire):
    """What a vehicle may do at a node."""

    actionType: str
    blockingType: Literal["NONE", "SOFT", "HARD"]


class NodeProperty(Wire):
    """What holds at a node for one vehicle type."""

    vehicleTypeId: str
    theta: float | None = None
    actions: list[Action] = []


class LifNode(Wire):
    """A node."""

    nodeId: str
    nodePosition: NodePosition
    vehicleTypeNodeProperties: list[NodeProperty]


class ControlPoint(Wire):
    """Of a NURBS."""

    x: float = Field(allow_inf_nan=False)
    y: float = Field(allow_inf_nan=False)
    weight: float = Field(default=1.0, gt=0)


class Trajectory(Wire):
    """A NURBS."""

    degree: int = Field(default=1, ge=1)
    knotVector: list[float]
    controlPoints: list[ControlPoint]


class EdgeProperty(Wire):
    """What holds on an edge for one vehicle type."""

    vehicleTypeId: str
    rotationAllowed: bool
    maxSpeed: float | None = Field(default=None, gt=0)
    trajectory: Trajectory | None = None


class LifEdge(Wire):
    """A directed edge."""

    edgeId: str
    edgeName: str | None = None
    edgeDescription: str | None = None
    startNodeId: str
    endNodeId: str
    vehicleTypeEdgeProperties: list[EdgeProperty]


class Station(Wire):
    """Where loads are handled, batteries charged, vehicles parked."""

    stationId: str
    interactionNodeIds: list[str] = Field(min_length=1)
    stationName: str | None = None
    stationDescription: str | None = None


class Layout(Wire):
    """One level of a site."""

    layoutId: str
    layoutName: str | None = None
    layoutVersion: str
    nodes: list[LifNode]
    edges: list[LifEdge]
    stations: list[Station]


class Lif(Wire):
    """A whole file."""

    metaInformation: MetaInformation
    layouts: list[Layout] = Field(min_length=1)
