"""Pictures of a terminal's layout."""

from portway.app.draw.picture import WIDTH_PX, draw_png, draw_svg

__all__ = ["WIDTH_PX", "draw_png", "draw_svg"]
