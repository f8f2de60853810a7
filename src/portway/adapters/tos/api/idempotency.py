"""`Idempotency-Key`: the same key with the same request gives the same answer, with another request 422.

Follows draft-ietf-httpapi-idempotency-key-header-07: 409 while the first request is still being answered. Answers of
our own failures (5xx) are not kept, so that trying again can help.
"""

import hashlib
import re

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from portway.adapters.tos.api.answers import AnswerStore, StoredAnswer
from portway.adapters.tos.api.keys import Caller
from portway.adapters.tos.api.problem import ProblemEntry, Refusal, problem_response

CHANGING = frozenset(["POST", "PUT", "DELETE"])
KEY = re.compile(r"[\x21-\x7e]{1,128}")


class Idempotency:
    """Stands behind the door, which has read caller and body."""

    def __init__(self, app: ASGIApp, answers: AnswerStore) -> None:
        self._app, self._answers = app, answers
        self._in_work: set[tuple[str, str]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        key = Headers(scope=scope).get("idempotency-key") if scope["type"] == "http" else None
        if key is None or scope["method"] not in CHANGING or "caller" not in scope.get("state", {}):
            return await self._app(scope, receive, send)
        caller: Caller = scope["state"]["caller"]
        named = (caller.name, key)
        try:
            if not KEY.fullmatch(key):
                raise _refused(key, "1 to 128 visible ASCII characters", "shorten it")
            if named in self._in_work:
                raise Refusal(409, "the first request with this Idempotency-Key is still being answered; try again")
            self._in_work.add(named)
        except Refusal as refusal:
            return await problem_response(refusal)(scope, receive, send)
        try:
            await self._answer(scope, receive, send, named)
        finally:
            self._in_work.discard(named)

    async def _answer(self, scope: Scope, receive: Receive, send: Send, named: tuple[str, str]) -> None:
        digest = _digest(scope)
        known = await self._answers.get(*named)
        if known is None:
            answer = await self._first(scope, receive, digest)
            if answer.status < 500:
                await self._answers.put(*named, answer)
        elif known.digest == digest:
            answer = known._replace(headers=(*known.headers, (b"idempotency-replayed", b"true")))
        else:
            refusal = _refused(named[1], "this key was used with another request", "take a new key for each request")
            return await problem_response(refusal)(scope, receive, send)
        await send({"type": "http.response.start", "status": answer.status, "headers": list(answer.headers)})
        await send({"type": "http.response.body", "body": answer.body})

    async def _first(self, scope: Scope, receive: Receive, digest: bytes) -> StoredAnswer:
        status, headers, parts = 500, (), []

        async def keep(message: Message) -> None:
            nonlocal status, headers
            if message["type"] == "http.response.start":
                status, headers = message["status"], tuple(message.get("headers", ()))
            elif message["type"] == "http.response.body":
                parts.append(message.get("body", b""))

        await self._app(scope, receive, keep)
        return StoredAnswer(digest, status, headers, b"".join(parts))


def _digest(scope: Scope) -> bytes:
    parts = [scope["method"].encode(), scope["path"].encode("utf-8", "replace"), scope.get("query_string", b"")]
    return hashlib.sha256(b"\0".join([*parts, scope["state"]["body"]])).digest()


def _refused(key: str, message: str, cure: str) -> Refusal:
    entry = ProblemEntry(code="idempotency_key", pointer="header Idempotency-Key", value="", message=message, cure=cure)
    return Refusal(422, message, [entry])
