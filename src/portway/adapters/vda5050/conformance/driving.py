"""Requirements that a truck shows on the road, from its first order to the last."""

from collections.abc import AsyncIterator

from portway.adapters.vda5050.conformance import ending, taking, updating
from portway.adapters.vda5050.conformance.drive import Drive, Way
from portway.adapters.vda5050.conformance.ending import ending as end_it
from portway.adapters.vda5050.conformance.requirement import Verdict
from portway.adapters.vda5050.conformance.taking import taking as take_it
from portway.adapters.vda5050.conformance.talk import Talk
from portway.adapters.vda5050.conformance.updating import updating as update_it
from portway.adapters.vda5050.conformance.watching import judge, not_shown

NAMES = (*taking.NAMES, *updating.NAMES, *ending.NAMES, "error.order")


async def driving(talk: Talk, way: Way) -> AsyncIterator[Verdict]:
    """Play the drive through; what cannot be shown after a failure is said to be so."""
    drive, shown = Drive(talk, way), set()
    try:
        for part in (take_it, update_it, end_it):
            async for verdict in part(drive):
                shown.add(verdict.requirement.id)
                yield verdict
            if drive.is_over:
                break
    finally:
        talk.act("stopPause")
    if shown & {"order.malformed"}:
        shown.add("error.order")
        yield judge("error.order", next(iter(drive.nameless), None))
    for name in NAMES:
        if name not in shown:
            yield not_shown(name, "an earlier requirement that it needs has failed")
