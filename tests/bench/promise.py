"""What `oca` promises for a case: limits that fail the benchmark where they are broken, and times that are only told."""

from __future__ import annotations

from dataclasses import dataclass

from results import Result, Run, duration

CONNECTIONS = 8
PEAK_MEGABYTES = 200


@dataclass(frozen=True)
class Promise:
    """Limits for every run of a case's first contender, and a target for its median time."""

    seconds: float | None = None
    as_fast_as: str | None = None  # another contender of the case
    megabytes: float | None = None
    connections: int = CONNECTIONS

    def breaches(self, result: Result) -> list[str]:
        """A line for each limit that was broken."""
        if result.stopped_after:
            return [f"{result.title}: did not finish within {result.stopped_after:.0f} s"]
        return [
            f"{result.title}: {found:.2f} {unit}, at most {limit:g} promised"
            for found, limit, unit in self.limits(result.runs)
            if found > limit
        ]

    def limits(self, runs: list[Run]) -> list[tuple[float, float, str]]:
        """The most that was seen of each, what is allowed, and the unit."""
        limits = [
            (max(run.connections for run in runs), self.connections, "connections"),
            (max(run.peak for run in runs) / 1e6, PEAK_MEGABYTES, "MB of memory"),
        ]
        if self.megabytes is not None:
            limits.append((max(run.megabytes for run in runs), self.megabytes, "MB transferred"))
        return limits

    def target(self, results: list[Result]) -> str | None:
        """The verdict on the time, where one is promised and was measured."""
        first, *others = results
        wanted, whose = self.seconds, ""
        for other in others:
            if other.contender == self.as_fast_as and other.runs:
                wanted, whose = other.median("wall"), f" of {other.contender}"
        if wanted is None or not first.runs:
            return None
        found = first.median("wall")
        verdict = "reached" if found <= wanted else "missed"
        return f"{first.title}: {duration(found)}, target {duration(wanted)}{whose}: {verdict}"


OFFLINE = Promise(megabytes=0, connections=0)
