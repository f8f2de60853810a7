"""Which way, in which time windows, in which order of passage; no deadlock.

`traffic_map` compiles a terminal into stops, movements and resources; `traffic` is the control that plans and executes
on it. Theory of operation: `docs/decisions/0002-traffic.md`.
"""
