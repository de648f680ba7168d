"""What was measured, and how it is shown."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field

COLUMNS = ("", "wall median", "min", "max", "cpu", "peak MB", "server", "conns", "reqs", "MB", "times first")
LAYOUT = "  {:<26}{:>12}{:>10}{:>10}{:>9}{:>9}{:>9}{:>7}{:>7}{:>9}{:>13}"
HEAD = LAYOUT.format(*COLUMNS)


@dataclass(frozen=True)
class Run:
    """What one run of one contender took."""

    wall: float
    cpu: float
    peak: int
    server_cpu: float
    connections: int
    bytes_up: int
    bytes_down: int
    requests: int

    @property
    def megabytes(self) -> float:
        return (self.bytes_up + self.bytes_down) / 1e6


@dataclass
class Result:
    """All runs of one contender in one case; where it was stopped, those before."""

    case: str
    link: str
    contender: str
    runs: list[Run] = field(default_factory=list)
    stopped_after: float | None = None
    times_first: float | None = None

    @property
    def title(self) -> str:
        return f"{self.contender} · {self.link}" if self.link else self.contender

    def median(self, field: str) -> float:
        return statistics.median(getattr(run, field) for run in self.runs)

    def compare(self, first: Result) -> None:
        """Notes how many times as long as the case's first contender this one took."""
        pairs = [run.wall / other.wall for run, other in zip(self.runs, first.runs)]
        self.times_first = statistics.median(pairs) if pairs else None

    def row(self) -> str:
        if self.stopped_after:
            return f"  {self.contender:<26}  stopped after {self.stopped_after:.0f} s, and not run again"
        walls = [run.wall for run in self.runs]
        return LAYOUT.format(
            self.contender,
            *map(duration, (self.median("wall"), min(walls), max(walls), self.median("cpu"))),
            f"{self.median('peak') / 1e6:.0f}",
            duration(self.median("server_cpu")),
            f"{self.median('connections'):.0f}",
            f"{self.median('requests'):.0f}",
            f"{self.median('megabytes'):.2f}",
            f"{self.times_first:.2f}" if self.times_first else "",
        )


def duration(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1000:.1f} ms"
