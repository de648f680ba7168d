"""What a server or a relay saw, shared with the process that measures."""

from __future__ import annotations

import multiprocessing
from dataclasses import dataclass

# Forked, so that a process has its listening socket and these counters from its parent.
FORK = multiprocessing.get_context("fork")

_CONNECTIONS, _UP, _DOWN, _CPU_MICROSECONDS, _REQUESTS = range(5)


@dataclass(frozen=True)
class Reading:
    """The counters at one moment, or between two of them."""

    connections: int
    bytes_up: int
    bytes_down: int
    cpu: float
    requests: int  # 0 at a relay, which does not read what it passes on

    def __sub__(self, earlier: Reading) -> Reading:
        return Reading(
            self.connections - earlier.connections,
            self.bytes_up - earlier.bytes_up,
            self.bytes_down - earlier.bytes_down,
            self.cpu - earlier.cpu,
            self.requests - earlier.requests,
        )

    @property
    def bytes(self) -> int:
        return self.bytes_up + self.bytes_down


class Counters:
    """Numbers in shared memory: one process adds, another reads."""

    def __init__(self) -> None:
        self._values = FORK.Array("q", 5)

    def add(self, connections: int = 0, bytes_up: int = 0, bytes_down: int = 0, requests: int = 0) -> None:
        with self._values.get_lock():
            self._values[_CONNECTIONS] += connections
            self._values[_UP] += bytes_up
            self._values[_DOWN] += bytes_down
            self._values[_REQUESTS] += requests

    def cpu(self, seconds: float) -> None:
        """Notes the processor time used so far."""
        self._values[_CPU_MICROSECONDS] = int(seconds * 1e6)

    def read(self) -> Reading:
        connections, up, down, microseconds, requests = self._values[:]
        return Reading(connections, up, down, microseconds / 1e6, requests)
