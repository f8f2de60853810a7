"""What colours mean, below a figure."""

from portway.app.report.kinds import Ramp
from portway.app.report.markup import said, tag
from portway.app.report.words import Text


def legend(keys: list[tuple[Text, str]]) -> str:
    """A key for each series; the page shows one alone when its key is pressed."""
    buttons = [
        tag("button", tag("i", "", style=f"background:{colour}"), said("span", name), type="button", data_key=i,
            aria_pressed="false")
        for i, (name, colour) in enumerate(keys)
    ]  # fmt: skip
    return tag("div", *buttons, class_="legend") if keys else ""


def ramp_legend(ramp: Ramp, marks: list[str], unit: Text) -> str:
    """The colours from nothing to the top, with the values at evenly spaced marks."""
    stops = ",".join(f"{colour} {100 * at:g}%" for at, colour in ramp)
    strip = tag("i", "", style=f"background:linear-gradient(90deg,{stops})")
    numbers = tag("span", *(said("b", m) for m in marks), class_="marks")
    return tag("div", tag("span", strip, numbers, class_="ramp"), said("span", unit), class_="legend")
