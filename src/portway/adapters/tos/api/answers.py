"""Answers already given, by idempotency key: a request sent again gets the same answer and changes nothing again."""

from typing import NamedTuple, Protocol


class StoredAnswer(NamedTuple):
    """An answer and what it answered; `digest` covers method, path and body."""

    digest: bytes
    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes


class AnswerStore(Protocol):
    """Keeps answers for at least a day; an answer put is durable when `put` returns."""

    async def get(self, caller: str, key: str) -> StoredAnswer | None:
        """The answer given to a caller under a key."""
        ...

    async def put(self, caller: str, key: str, answer: StoredAnswer) -> None:
        """Keep an answer."""
        ...


class AnswersInMemory:
    """The newest answers, lost with the process; desks are idempotent by job order all the same."""

    def __init__(self, most: int = 10_000, bytes_max: int = 64_000_000) -> None:
        self._answers: dict[tuple[str, str], StoredAnswer] = {}
        self._most, self._bytes_max, self._bytes = most, bytes_max, 0

    async def get(self, caller: str, key: str) -> StoredAnswer | None:
        """The answer given to a caller under a key."""
        return self._answers.get((caller, key))

    async def put(self, caller: str, key: str, answer: StoredAnswer) -> None:
        """Keep an answer, and forget the oldest."""
        old = self._answers.pop((caller, key), None)
        self._answers[caller, key] = answer
        self._bytes += len(answer.body) - (len(old.body) if old else 0)
        while len(self._answers) > self._most or (self._bytes > self._bytes_max and len(self._answers) > 1):
            self._bytes -= len(self._answers.pop(next(iter(self._answers))).body)
