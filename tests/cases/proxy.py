"""
A poor network between a client and a server: so many connections in a hundred are cut, at one of three moments.

    at once         nothing arrives
    halfway         the server gets a part of the request
    in the answer   the server has done all, and the client does not hear of it: this one makes things twice
"""

import asyncio
import threading
from collections import Counter
from random import Random

CHUNK = 16 * 1024  # bytes
WAYS = ("at once", "halfway", "in the answer")


class PoorNetwork:
    """`with PoorNetwork(port, cut=0.3) as network:` listens on `network.port`."""

    def __init__(self, upstream: int, *, cut: float, seed: int = 1) -> None:
        self.upstream, self.cut, self.random = upstream, cut, Random(seed)
        self.came: Counter[str] = Counter()
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "PoorNetwork":
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(self, *fault: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._meet, "127.0.0.1", 0, backlog=256))
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        left = asyncio.all_tasks(self._loop)
        for task in left:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        self._loop.close()

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        fate = self.random.choice(WAYS) if self.random.random() < self.cut else "through"
        self.came[fate] += 1
        if fate != "at once":
            try:
                await self._carry(fate, reader, writer)
            except OSError:
                pass
        writer.transport.abort()

    async def _carry(self, fate: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self.upstream)
        there = asyncio.ensure_future(self._pump(reader, up_writer, most=CHUNK if fate == "halfway" else 0))
        if fate == "halfway":
            await asyncio.wait_for(there, 30)
        elif fate == "in the answer":
            await up_reader.read(1)
        else:
            await self._pump(up_reader, writer)
        there.cancel()
        up_writer.transport.abort()

    @staticmethod
    async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, most: int = 0) -> None:
        """Carry on until one side closes, or some bytes less than the first chunk are through."""
        while data := await reader.read(CHUNK):
            writer.write(data[: len(data) // 2] if most else data)
            await writer.drain()
            if most:
                return
