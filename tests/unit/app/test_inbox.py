"""Messages are handled in sequence and in portions, with the core's turn between two of them."""

import asyncio
import itertools
import time

from portway.app.live.inbox import Inbox


def test_all_are_handled_in_sequence_and_others_get_a_turn_between():
    seen, turns = [], []

    def handle(letter):
        seen.append(letter.topic)
        time.sleep(0.001)

    async def others():
        while len(seen) < 40:
            turns.append(len(seen))
            await asyncio.sleep(0)

    async def run():
        inbox = Inbox(handle, portion_s=0.003)
        for i in range(40):
            inbox.put(str(i), b"", False)
        assert 36 <= len(inbox) < 40, "a portion is handled at once"
        await others()
        assert len(inbox) == 0

    asyncio.run(run())
    assert seen == [str(i) for i in range(40)]
    steps = [b - a for a, b in itertools.pairwise(turns)]
    assert max(steps) <= 4


def test_what_comes_later_is_handled_too_and_every_message_keeps_when_it_came():
    seen = []

    async def run():
        inbox = Inbox(seen.append)
        inbox.put("a", b"1", True)
        await asyncio.sleep(0.01)
        before_s = time.perf_counter()
        inbox.put("b", b"2", False)
        await asyncio.sleep(0.01)
        return before_s

    before_s = asyncio.run(run())
    assert [(x.topic, x.payload, x.is_kept) for x in seen] == [("a", b"1", True), ("b", b"2", False)]
    assert seen[0].came_s < before_s <= seen[1].came_s


def test_flush_handles_all_at_once():
    seen = []

    async def run():
        inbox = Inbox(lambda letter: seen.append(letter.topic), portion_s=0.0)
        for i in range(5):
            inbox.put(str(i), b"", False)
        assert seen == [], "the portion is used up"
        inbox.flush()
        assert seen == ["0", "1", "2", "3", "4"]
        await asyncio.sleep(0.01)

    asyncio.run(run())
    assert seen == ["0", "1", "2", "3", "4"]


def test_a_message_that_breaks_the_handler_holds_up_none_of_the_others():
    seen = []

    def handle(letter):
        seen.append(letter.topic)
        if letter.topic in ("3", "7"):
            raise RuntimeError("our own defect")

    async def run():
        asyncio.get_running_loop().set_exception_handler(lambda _loop, _context: None)
        inbox = Inbox(handle, portion_s=0.0)
        for i in range(10):
            inbox.put(str(i), b"", False)
        await asyncio.sleep(0.05)
        inbox.put("last", b"", False)
        await asyncio.sleep(0.05)

    asyncio.run(run())
    assert seen == [*(str(i) for i in range(10)), "last"]
