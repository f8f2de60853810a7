"""Figures drawn as SVG for the page; the scripts of the page add what moves."""

from portway.app.report.plot.figure import draw

__all__ = ["draw"]
