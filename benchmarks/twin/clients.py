"""Pages without a screen: connections that take every frame of the stream and count them.

    python clients.py PORT COUNT SECONDS [KEY]

Prints one JSON object: frames and key frames of each connection.
"""

import asyncio
import json
import sys

import websockets

from portway.twin import wire


async def page(port: int, seconds: float, key: str) -> tuple[int, int]:
    """Frames and key frames that one connection has got."""
    frames = keys = 0
    async with websockets.connect(f"ws://127.0.0.1:{port}/twin/stream", max_size=1 << 26, compression=None) as socket:
        if key:
            await socket.send(json.dumps({"c": "key", "key": key}))
        until = asyncio.get_running_loop().time() + seconds
        while (left := until - asyncio.get_running_loop().time()) > 0:
            try:
                message = await asyncio.wait_for(socket.recv(), left)
            except TimeoutError:
                break
            if isinstance(message, bytes):
                frames += 1
                keys += wire.read_head(message).kind == wire.KEY
    return frames, keys


async def main(port: int, count: int, seconds: float, key: str) -> None:
    """All connections at once."""
    got = await asyncio.gather(*(page(port, seconds, key) for _ in range(count)))
    print(json.dumps({"frames": [g[0] for g in got], "keys": [g[1] for g in got]}))


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), sys.argv[4] if len(sys.argv) > 4 else ""))
