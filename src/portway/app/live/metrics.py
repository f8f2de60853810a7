"""The figures of a running server as Prometheus reads them, `portway_` before each name.

Most come from the server's status. What only grows is a counter (its name ends in `_total`), so that a restart is no
fall; the rest are gauges. What costs a look at the disk is looked at when somebody asks.
"""

import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily

from portway.app.live.log import lines_left_out

if TYPE_CHECKING:
    from portway.app.live.server import LiveServer

LABELS = {
    "messages_refused": "truck",
    "messages_off_schema": "truck",
    "trucks_by_state": "state",
    "truck_silent_s": "truck",
    "alerts_by_code": "code",
}
COUNTERS = {"messages", "messages_refused", "messages_sampled", "messages_off_schema", "log_lines_left_out"}
HELP = {
    "uptime_s": "Seconds since this server began.",
    "broker_up": "Whether the broker is linked.",
    "leads": "Whether the lease on the broker is ours.",
    "records": "Number of the newest record of the run's journal.",
    "queue_depth": "Facts not handled yet.",
    "messages": "Messages that trucks have sent.",
    "messages_refused": "Messages that were refused.",
    "messages_sampled": "Messages that were checked against the official schemas.",
    "messages_off_schema": "Those that do not fit.",
    "trucks_online": "Trucks that are connected.",
    "trucks_by_state": "Trucks by what they are doing.",
    "truck_silent_s": "Age of a truck's last state on the run's clock; without one, of this server.",
    "jobs_done": "Job orders that are done.",
    "jobs_total": "Job orders known.",
    "jobs_late": "Quay cranes that wait for a job order's truck.",
    "alerts": "Alerts kept, the newest 500.",
    "alerts_by_code": "The alerts kept, by code.",
    "unknown_trucks": "Who speaks on the trucks' topics and is not enrolled.",
    "webhooks_owed": "Deliveries of webhooks that are waiting or tried again.",
    "webhooks_given_up": "Deliveries of webhooks that were given up.",
    "disk_free_bytes": "Room on the disk of the database's file.",
    "database_bytes": "Size of the database's file with its log.",
    "log_lines_left_out": "Lines of the log that were too many, or could not be written.",
    "loop": "From a truck's message to the order that it led to.",
    "handle": "The core's work in a tick.",
    "commit": "A tick's transaction.",
}


def more_figures(server: "LiveServer") -> dict[str, Any]:
    """What is known besides the server's status."""
    outbox = server.durable.outbox
    return {
        "truck_silent_s": _silent_s(server),
        "alerts_by_code": dict(Counter(alert.code for alert in server.alerts)),
        "webhooks_owed": len(outbox.owed()),
        "webhooks_given_up": len(outbox.dead()),
        "log_lines_left_out": lines_left_out(),
        **_disk(server.durable.store.url.database if server.durable.store.is_file else None),
    }


def _silent_s(server: "LiveServer") -> dict[str, float]:
    """Age of each truck's last state. Other messages do not count: who says where it is, but not how it is, cannot be
    led. One that has sent none is silent at least since this server began, so that it calls somebody, too."""
    now_s, trucks = server.run.clock.wall_s(), server.master.trucks.values()
    last_s = {t.truck: server.began_s if t.last_state_s is None else t.last_state_s for t in trucks}
    return {truck: round(max(0.0, now_s - at_s), 1) for truck, at_s in last_s.items()}


def _disk(database: str | None) -> dict[str, int]:
    """Nothing for a database on another machine: whoever runs it watches it."""
    if database is None:
        return {}
    try:
        free, files = (
            shutil.disk_usage(Path(database).absolute().parent).free,
            [Path(database), Path(f"{database}-wal")],
        )
        return {"disk_free_bytes": free, "database_bytes": sum(f.stat().st_size for f in files if f.exists())}
    except OSError:
        return {}  # the disk is gone: the loop says so by itself


class Figures:
    """Collects them when Prometheus asks."""

    def __init__(self, server: "LiveServer") -> None:
        self._server = server

    def collect(self) -> Iterator[Any]:
        """Gauges and counters of the status and of what is known besides; histograms of the durations."""
        for name, value in {**self._server.status(), **more_figures(self._server)}.items():
            if name in LABELS or isinstance(value, bool | int | float):
                yield _family(name, value)
        for name, kept in self._server.latencies.items():
            buckets = [(str(bound), float(seen)) for bound, seen in kept.cumulated()]
            buckets.append(("+Inf", float(kept.count)))
            yield HistogramMetricFamily(f"portway_{name}_seconds", HELP[name], buckets, kept.sum_s)


def _family(name: str, value: Any) -> Any:
    kind = CounterMetricFamily if name in COUNTERS else GaugeMetricFamily
    text = HELP.get(name, f"{name} of /status.")
    if name not in LABELS:
        return kind(f"portway_{name}", text, value=float(value))
    family = kind(f"portway_{name}", text, labels=[LABELS[name]])
    for label, count in sorted(value.items()):
        family.add_metric([label], count)
    return family
