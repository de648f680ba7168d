"""A TCP relay that is a link: a delay each way, and a rate that all connections share.

Both directions are delay lines: bytes leave the sender at the link's rate and arrive a fixed time later, with any
number of them under way at once, so a long download runs at full rate whatever the delay. Connections that have
something to send take turns, as on a fair queue. A new connection sends nothing before one round trip has passed:
loopback connects at once, a real link does not. TCP's slow start is not modelled, which flatters whoever opens many
short connections.

    python3 relay.py --to PORT [--port PORT] [--rtt 30] [--mbit 200]
    python3 relay.py --check        measures the link itself against what it promises
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import selectors
import socket
import threading
import time
from collections import deque
from collections.abc import Callable

from counters import FORK, Counters

QUANTUM = 16 * 1024  # what one connection sends before the next has its turn
LATE = 0.002  # seconds by which a timer may be late
WINDOW = 2 * 1024 * 1024  # bytes of one connection accepted and not yet delivered; above rate x round trip


class Direction:
    """One way of the link, shared by all its connections."""

    def __init__(self, loop: asyncio.AbstractEventLoop, delay: float, bytes_per_second: float) -> None:
        self.loop, self.delay, self.rate = loop, delay, bytes_per_second
        self.waiting: deque[Flow] = deque()  # flows with something to send, in turn
        self.under_way: deque[tuple[float, Flow, bytes | None]] = deque()
        self.free_at = 0.0
        self.timer: asyncio.TimerHandle | None = None

    def enlist(self, flow: Flow) -> None:
        self.waiting.append(flow)
        self.turn()

    def turn(self) -> None:
        """Sends what the rate allows by now, delivers what has arrived by now, and sleeps until either goes on."""
        now = self.loop.time()
        while self.waiting and self.free_at <= now:
            self.send_quantum(now)
        while self.under_way and self.under_way[0][0] <= now:
            _, flow, data = self.under_way.popleft()
            flow.deliver(data)
        if self.timer:
            self.timer.cancel()
        moments = [self.free_at] if self.waiting else []
        moments += [self.under_way[0][0]] if self.under_way else []
        self.timer = self.loop.call_at(min(moments), self.turn) if moments else None

    def send_quantum(self, now: float) -> None:
        flow = self.waiting.popleft()
        data = flow.queue.popleft()
        # A timer that fires a little late must not cost throughput, and an idle link must not save any up.
        begin = self.free_at if self.free_at > now - LATE else now
        self.free_at = begin + len(data or b"") / self.rate
        self.under_way.append((self.free_at + self.delay, flow, data))
        if flow.queue:
            self.waiting.append(flow)


class Flow:
    """One connection's bytes in one direction; `None` in the queue is the sender's end of stream."""

    def __init__(self, direction: Direction, count: Callable[[int], None]) -> None:
        self.direction, self.count = direction, count
        self.queue: deque[bytes | None] = deque()
        self.undelivered = 0
        self.source: asyncio.Transport | None = None
        self.target: asyncio.Transport | None = None
        self.opposite: Flow = self
        self.held = False  # the connection is still being set up
        self.blocked = False  # the receiver does not read
        self.ended = False  # the sender has sent its last byte
        self.end_delivered = False

    def accept(self, data: bytes) -> None:
        self.undelivered += len(data)
        if self.undelivered > WINDOW and self.source:
            self.source.pause_reading()
        self.enqueue([data[start : start + QUANTUM] for start in range(0, len(data), QUANTUM)])

    def end(self) -> None:
        if not self.ended:
            self.ended = True
            self.enqueue([None])
        if self.end_delivered and self.source:
            self.source.close()

    def enqueue(self, quanta: list[bytes] | list[None]) -> None:
        idle = not self.queue
        self.queue.extend(quanta)
        if idle and not self.held:
            self.direction.enlist(self)

    def release(self) -> None:
        self.held = False
        if self.queue:
            self.direction.enlist(self)

    def deliver(self, data: bytes | None) -> None:
        if self.target is None or self.target.is_closing():
            if data is not None and self.source:
                self.source.abort()
        elif data is None:
            self.deliver_end(self.target)
        else:
            self.count(len(data))
            self.target.write(data)
            self.undelivered -= len(data)
            self.read_on()

    def deliver_end(self, target: asyncio.Transport) -> None:
        self.opposite.end_delivered = True
        if self.opposite.ended:
            target.close()
        else:
            with contextlib.suppress(OSError):
                target.write_eof()

    def block(self, blocked: bool) -> None:
        self.blocked = blocked
        if blocked and self.source:
            self.source.pause_reading()
        self.read_on()

    def read_on(self) -> None:
        if self.source and not self.source.is_closing() and not self.blocked and self.undelivered <= WINDOW // 2:
            self.source.resume_reading()


class End(asyncio.Protocol):
    """One of a relayed connection's two sockets: reads into one flow, is written to by the other."""

    def __init__(self, outgoing: Flow, incoming: Flow, connected: Callable[[], None] = lambda: None) -> None:
        self.outgoing, self.incoming, self.connected = outgoing, incoming, connected
        outgoing.opposite = incoming

    def connection_made(self, transport: asyncio.Transport) -> None:
        self.outgoing.source = self.incoming.target = transport
        self.connected()

    def data_received(self, data: bytes) -> None:
        self.outgoing.accept(data)

    def eof_received(self) -> bool:
        self.outgoing.end()
        return True  # the other direction goes on

    def pause_writing(self) -> None:
        self.incoming.block(True)

    def resume_writing(self) -> None:
        self.incoming.block(False)

    def connection_lost(self, error: Exception | None) -> None:
        self.outgoing.source = self.incoming.target = None
        self.outgoing.end()


class Relay:
    """Listens on one port and carries every connection over the link to another."""

    def __init__(self, to_port: int, rtt: float, mbit: float, counters: Counters) -> None:
        self.to_port, self.rtt, self.mbit, self.counters = to_port, rtt, mbit, counters
        self.reaching: set[asyncio.Task[None]] = set()

    async def serve(self, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        rate = self.mbit * 1e6 / 8
        self.up = Direction(loop, self.rtt / 2, rate)
        self.down = Direction(loop, self.rtt / 2, rate)
        server = await loop.create_server(self.accept, sock=listener)
        await server.serve_forever()

    def accept(self) -> End:
        loop = asyncio.get_running_loop()
        up = Flow(self.up, lambda count: self.counters.add(bytes_up=count))
        down = Flow(self.down, lambda count: self.counters.add(bytes_down=count))
        self.counters.add(connections=1)
        up.held = True
        opened_at = loop.time()

        def reached() -> None:
            loop.call_at(opened_at + self.rtt, up.release)

        async def reach() -> None:
            try:
                await loop.create_connection(lambda: End(down, up, reached), "127.0.0.1", self.to_port)
            except OSError:
                if up.source:
                    up.source.abort()

        task = loop.create_task(reach())
        self.reaching.add(task)  # the loop itself holds tasks only weakly
        task.add_done_callback(self.reaching.discard)
        return End(up, down)


def run(listener: socket.socket, relay: Relay) -> None:
    """Serves until the process is ended."""
    # select() waits in microseconds where epoll rounds up to whole milliseconds, which a 15 ms delay would feel.
    loop = asyncio.SelectorEventLoop(selectors.SelectSelector())
    with contextlib.suppress(KeyboardInterrupt):
        loop.run_until_complete(relay.serve(listener))


def listen(port: int = 0) -> socket.socket:
    listener = socket.create_server(("127.0.0.1", port), backlog=256)
    listener.setblocking(False)
    return listener


def check(rtt: float, mbit: float) -> None:
    """Prints what the link does to a download, to small requests and to a connect, beside what it should do."""
    source = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=_serve_check, args=(source,), daemon=True).start()
    listener = listen()
    relay = Relay(source.getsockname()[1], rtt, mbit, Counters())
    process = FORK.Process(target=run, args=(listener, relay), daemon=True)
    process.start()
    port = listener.getsockname()[1]

    begin = time.perf_counter()
    with socket.create_connection(("127.0.0.1", port)) as connection:
        _ask(connection, 1)
        first = time.perf_counter() - begin
        trips = [_ask(connection, 1) for _ in range(20)]
        size = 57_000_000
        one = _ask(connection, size)
    print(f"connect and first answer  {first * 1000:8.1f} ms   (promised {2 * rtt * 1000:.1f})")
    print(f"one request and answer    {sorted(trips)[10] * 1000:8.1f} ms   (promised {rtt * 1000:.1f})")
    promised = size * 8 / mbit / 1e6 + rtt
    print(f"57 MB, one connection     {one:8.2f} s    (promised {promised:.2f})")
    print(f"57 MB, eight connections  {_ask_many(port, size // 8, 8):8.2f} s    (promised {promised + rtt:.2f})")
    with socket.create_connection(("127.0.0.1", port)) as connection:
        _ask(connection, 1)
        other = threading.Thread(target=_ask_many, args=(port, 10_000_000, 2))
        other.start()
        time.sleep(0.3)
        print(f"request beside a download {_ask(connection, 1) * 1000:8.1f} ms   (promised about {rtt * 1000:.1f})")
        other.join()
    process.terminate()


def _serve_check(source: socket.socket) -> None:
    """Answers each decimal line with that many bytes."""

    def serve_one(connection: socket.socket) -> None:
        for line in connection.makefile("rb"):
            connection.sendall(bytes(int(line)))

    while True:
        connection, _ = source.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=serve_one, args=(connection,), daemon=True).start()


def _ask(connection: socket.socket, size: int) -> float:
    begin = time.perf_counter()
    connection.sendall(b"%d\n" % size)
    while size:
        size -= len(connection.recv(1 << 20))
    return time.perf_counter() - begin


def _ask_many(port: int, size: int, connections: int) -> float:
    def ask_one() -> None:
        with socket.create_connection(("127.0.0.1", port)) as connection:
            _ask(connection, size)

    begin = time.perf_counter()
    threads = [threading.Thread(target=ask_one) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - begin


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--to", type=int, help="the port on 127.0.0.1 that connections are carried to")
    parser.add_argument("--port", type=int, default=0, help="listen here on 127.0.0.1 (default: any free port)")
    parser.add_argument("--rtt", type=float, default=30, help="milliseconds of a round trip")
    parser.add_argument("--mbit", type=float, default=200, help="megabits a second each way, over all connections")
    parser.add_argument("--check", action="store_true", help="measure the link itself and exit")
    options = parser.parse_args()
    if options.check:
        check(options.rtt / 1000, options.mbit)
        return
    if options.to is None:
        parser.error("--to PORT is needed")
    listener = listen(options.port)
    print(f"relaying 127.0.0.1:{listener.getsockname()[1]} to 127.0.0.1:{options.to}", flush=True)
    run(listener, Relay(options.to, options.rtt / 1000, options.mbit, Counters()))


if __name__ == "__main__":
    main()
