"""From the short forms of `terminal.toml` (roads, rows of lay-bys, bays, blocks) to nodes, lanes and places."""

from portway.app.config.groundplan.terminal import expand

__all__ = ["expand"]
