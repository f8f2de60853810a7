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

    def __init__(self, most: int = 10_000) -> None:
        self._answers: dict[tuple[str, str], StoredAnswer] = {}
        self._most = most

    async def get(self, caller: str, key: str) -> StoredAnswer | None:
        """The answer given to a caller under a key."""
        return self._answers.get((caller, key))

    async def put(self, caller: str, key: str, answer: StoredAnswer) -> None:
        """Keep an answer, and forget the oldest."""
        self._answers[caller, key] = answer
        if len(self._answers) > self._most:
            del self._answers[next(iter(self._answers))]
