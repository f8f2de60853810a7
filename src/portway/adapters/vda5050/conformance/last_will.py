"""The last will, shown by breaking the truck's connection (section 6.14; 6.5 of 3.0)."""

import asyncio
from collections.abc import Awaitable, Callable

from portway.adapters.vda5050.conformance.requirement import Verdict
from portway.adapters.vda5050.conformance.talk import Talk
from portway.adapters.vda5050.conformance.watching import judge, not_shown

WILL_S = 25.0  # until a broker notices: one and a half times a keepalive of 15 s
BACK_S = 30.0
LOOK_S = 0.5  # until the broker has sent what it keeps
NAME = "connection.last_will"


async def last_will(talk: Talk, cut: Callable[[], Awaitable[None]] | None) -> Verdict:
    """Cut the connection, expect the word for a broken one from the broker, kept, and the truck back afterwards."""
    if cut is None:
        return not_shown(NAME, "it takes the truck's client id at the broker: --client-id")
    assert talk.version is not None
    before, kept, word = len(talk.heard), len(talk.kept), talk.version.broken
    earlier = {h.payload for h in (*talk.kept_of("connection"), *talk.of("connection"))}
    await cut()
    said = await talk.until("connection", lambda c: c.connection_state == word, WILL_S, before)
    if said is None:
        return judge(NAME, f"no {word} within {WILL_S:.0f} s; is the client id that of the truck?")
    talk.look()  # what does the broker keep? The truck may be back already, and has said so anew
    await asyncio.sleep(LOOK_S)
    if all(h.payload in earlier for h in talk.kept_of("connection", kept)):
        return judge(NAME, f"{word} was said and not kept by the broker (retained)")
    back = await talk.until("connection", lambda c: c.connection_state == "ONLINE", BACK_S, before)
    return judge(NAME, None if back is not None else f"it did not come back within {BACK_S:.0f} s")
