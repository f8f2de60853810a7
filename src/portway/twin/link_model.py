"""The radio between trucks and base stations: path loss, interference, load and what follows for latency and loss.

Path loss: 3GPP TR 38.901 v17, table 7.4.1-1, UMi street canyon, line of sight below the break point, and without it the
optional model `32.4 + 20 log f + 31.9 log d`; the share of the straight line that lies over stacks decides between
them. A truck is served by the strongest node. Block error rate is a logistic curve of SINR; each repetition costs one
round trip of the scheduler; a node's queue is M/M/1.
"""

from typing import NamedTuple

import numpy as np

from portway.core.model.layout import Block, Terminal


class LinkParameters(NamedTuple):
    """One cell; figures are assumptions of this model."""

    frequency_ghz: float = 2.6
    power_dbm: float = 24.0  # per reference signal and antenna
    node_height_m: float = 25.0
    truck_height_m: float = 3.5
    noise_dbm: float = -116.0
    base_ms: float = 7.5
    repeat_ms: float = 4.0
    up_mbps_max: float = 120.0
    down_mbps_max: float = 600.0
    truck_up_mbps: float = 2.2  # states and one compressed camera
    truck_down_mbps: float = 0.2
    span_m: float = 280.0  # between nodes


class Link(NamedTuple):
    """Of each truck (devices,), and of each node (nodes,)."""

    node: np.ndarray
    rsrp_dbm: np.ndarray
    sinr_db: np.ndarray
    latency_ms: np.ndarray
    loss_pct: np.ndarray
    node_devices: np.ndarray
    node_load_pct: np.ndarray
    node_latency_ms: np.ndarray


def node_positions(terminal: Terminal, span_m: float) -> np.ndarray:
    """Masts (nodes, 2) in a regular grid over the ground plan."""
    points = np.array([(n.x_m, n.y_m) for n in terminal.nodes] or [(0.0, 0.0)])
    low, high = points.min(axis=0), points.max(axis=0)
    counts = np.maximum(1, np.ceil((high - low) / span_m)).astype(int)
    axes = [low[i] + (np.arange(counts[i]) + 0.5) * (high[i] - low[i]) / counts[i] for i in range(2)]
    return np.array([(x, y) for y in axes[1] for x in axes[0]])


def share_over(block: Block, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Share (N,) of each straight line start (N, 2) .. end (N, 2) that lies over a block, by the slab method."""
    c, s = np.cos(block.axis_rad), np.sin(block.axis_rad)
    turn = np.array([[c, s], [-s, c]])
    low = np.array([-block.bay_pitch_m / 2, -block.row_pitch_m / 2])
    high = np.array([(block.bays - 0.5) * block.bay_pitch_m, (block.rows - 0.5) * block.row_pitch_m])
    a, d = (start - block.origin) @ turn.T, (end - start) @ turn.T
    d = np.where(np.abs(d) < 1e-9, 1e-9, d)
    t0, t1 = (low - a) / d, (high - a) / d
    enters, leaves = np.minimum(t0, t1).max(axis=1), np.maximum(t0, t1).min(axis=1)
    return np.clip(np.minimum(leaves, 1.0) - np.maximum(enters, 0.0), 0.0, 1.0)


class LinkModel:
    """Radio of one terminal."""

    def __init__(self, terminal: Terminal, parameters: LinkParameters | None = None) -> None:
        self.parameters = parameters or LinkParameters()
        self._blocks = terminal.blocks
        self.nodes = node_positions(terminal, self.parameters.span_m)

    def _rsrp(self, at: np.ndarray) -> np.ndarray:
        """Received power (trucks, nodes), dBm."""
        p, count = self.parameters, len(self.nodes)
        start, end = np.repeat(at, count, axis=0), np.tile(self.nodes, (len(at), 1))
        flat = np.hypot(*(end - start).T)
        d3 = np.hypot(flat, p.node_height_m - p.truck_height_m)
        over = sum((share_over(block, start, end) for block in self._blocks), np.zeros(len(start)))
        f = np.log10(p.frequency_ghz)
        seen, hidden = 32.4 + 21.0 * np.log10(d3) + 20.0 * f, 32.4 + 20.0 * f + 31.9 * np.log10(d3)
        near_m = flat * p.truck_height_m / p.node_height_m  # only stacks near the truck hide the mast
        blocked = np.clip(over * flat / np.maximum(near_m, 1.0) - 0.5, 0.0, 1.0)
        return (p.power_dbm - seen - blocked * (hidden - seen)).reshape(len(at), count)

    def at(self, trucks: np.ndarray) -> Link:
        """The links of trucks at positions (N, 2)."""
        p, count = self.parameters, len(self.nodes)
        rsrp = self._rsrp(trucks)
        node = rsrp.argmax(axis=1) if len(trucks) else np.zeros(0, int)
        devices = np.bincount(node, minlength=count)
        load = np.minimum(devices * p.truck_up_mbps / p.up_mbps_max, 0.95)
        power = 10.0 ** (rsrp / 10.0)
        own = power[np.arange(len(trucks)), node]
        others = (power * load).sum(axis=1) - own * load[node]
        sinr = 10.0 * np.log10(own / (others + 10.0 ** (p.noise_dbm / 10.0)))
        error = 1.0 / (1.0 + np.exp((sinr - 2.0) / 2.0))
        queue_ms = 1.2 * load / (1.0 - load)
        latency = p.base_ms + p.repeat_ms * error / (1.0 - np.minimum(error, 0.9)) + queue_ms[node]
        return Link(
            node, rsrp[np.arange(len(trucks)), node], sinr, latency, 100.0 * error**4, devices, 100.0 * load,
            p.base_ms + queue_ms,
        )  # fmt: skip
