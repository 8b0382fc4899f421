"""A TCP proxy before the web server that does to requests what networks and load balancers do.

Marks travel in POSTs to ``…/operations/``: these are dropped, delayed, sent twice (at once or seconds later), sent on
after the client gave up, cut off before or after the server applied them, answered with 502, 504 or the answer to the
request before. Everything else passes, a little late at times.
"""

import asyncio
import contextlib
import random
import threading
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field

_GATEWAY = b"<html><body><h1>Bad gateway</h1></body></html>"
# What is done to a save, and how often.
FAULTS = {
    "pass": 46,
    "drop": 7,
    "cut": 8,
    "half": 4,
    "502 before": 5,
    "502 after": 6,
    "504 after": 4,
    "delay": 6,
    "twice at once": 6,
    "again later": 6,
    "overtaken": 6,
    "old answer": 4,
}


@dataclass(slots=True)
class Proxy:
    """Listens on ``port`` and forwards to ``upstream``, which may change while it runs; ``rng`` decides what fails."""

    rng: random.Random
    upstream: int = 0
    port: int = 0
    faulty: bool = True
    done: Counter[str] = field(default_factory=Counter)
    _last: dict[bytes, bytes] = field(default_factory=dict)
    _later: set["asyncio.Task[None]"] = field(default_factory=set)
    # asyncio itself forgets a connection's task once the client has hung up.
    _serving: set["asyncio.Task[None]"] = field(default_factory=set)

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A client has connected."""
        self._keep(self._serving, self._serve(reader, writer))

    def _keep(self, tasks: set["asyncio.Task[None]"], work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection of a client: one request, one answer or none or half of one, and the end."""
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            if request := await _read_message(reader):
                answer = await self._treat(request)
                if answer is not None:
                    writer.write(answer)
                    await writer.drain()
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()

    async def _treat(self, request: bytes) -> bytes | None:
        """The bytes to answer with; None closes the connection."""
        head = request.split(b"\r\n", 1)[0]
        if not self.faulty or b"/operations/ " not in head:
            return await self._forward(request)
        fault = self.rng.choices(list(FAULTS), list(FAULTS.values()))[0]
        self.done[fault] += 1
        match fault:
            case "drop":
                return None
            case "502 before":
                return _page(502)
            case "overtaken":
                # The client takes it for lost and sends again; this one arrives after that.
                self._afterwards(request, self.rng.uniform(0.3, 3))
                return None
            case "delay":
                await asyncio.sleep(self.rng.uniform(0.1, 1.5))
            case "twice at once":
                answers = await asyncio.gather(self._forward(request), self._forward(request))
                return self.rng.choice(answers)
        previous = self._last.get(head)
        answer = await self._forward(request)
        match fault:
            case "cut":
                return None
            case "half" if answer:
                return answer[: len(answer) // 2]
            case "502 after":
                return _page(502)
            case "504 after":
                return _page(504)
            case "again later":
                self._afterwards(request, self.rng.uniform(0.3, 3))
            case "old answer":
                return previous
        return answer

    def _afterwards(self, request: bytes, seconds: float) -> None:
        async def send() -> None:
            await asyncio.sleep(seconds)
            await self._forward(request)

        self._keep(self._later, send())

    async def _forward(self, request: bytes) -> bytes | None:
        """The server's answer, over a connection of its own; None where it cannot be reached or dies on the way."""
        head, _, rest = request.partition(b"\r\n")
        lines = [
            line
            for line in rest.partition(b"\r\n\r\n")[0].split(b"\r\n")
            if not line.lower().startswith(b"connection:")
        ]
        body = rest.partition(b"\r\n\r\n")[2]
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.upstream)
        except OSError:
            return _page(502)
        try:
            writer.write(b"\r\n".join([head, *lines, b"Connection: close", b"", b""]) + body)
            answer = await reader.read(-1)
        except OSError:
            return None
        finally:
            writer.close()
        if not answer:
            return None
        self._last[head] = answer
        return answer

    async def settle(self) -> None:
        """Wait for what is still on its way."""
        while self._later:
            await asyncio.gather(*self._later, return_exceptions=True)


async def _read_message(reader: asyncio.StreamReader) -> bytes:
    """One request with its body (of a stated length, as browsers and Node send them); b"" at the end."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return b""
    length = 0
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    return head + (await reader.readexactly(length) if length else b"")


def _page(status: int) -> bytes:
    head = f"HTTP/1.1 {status} Gateway\r\nContent-Type: text/html\r\nContent-Length: {len(_GATEWAY)}\r\n\r\n"
    return head.encode() + _GATEWAY


@contextlib.contextmanager
def running_proxy(rng: random.Random) -> Iterator[tuple[Proxy, Callable[[], None]]]:
    """A proxy in a thread of its own, and a function that ends its faults and waits for what is on its way."""
    proxy = Proxy(rng)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    begun = asyncio.run_coroutine_threadsafe(asyncio.start_server(proxy.accept, "127.0.0.1", 0, limit=2**24), loop)
    server = begun.result(10)
    proxy.port = server.sockets[0].getsockname()[1]

    def settle() -> None:
        asyncio.run_coroutine_threadsafe(proxy.settle(), loop).result(30)

    async def close() -> None:
        server.close()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    try:
        yield proxy, settle
    finally:
        asyncio.run_coroutine_threadsafe(close(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()
