"""What `oca` promises for a case: limits that fail the benchmark where they are broken, and targets that are told."""

from __future__ import annotations

from dataclasses import dataclass

from results import Result, Run

CONNECTIONS = 8
PEAK_MEGABYTES = 200


@dataclass(frozen=True)
class Promise:
    """Limits for every run of a case's first contender, and targets for its medians."""

    megabytes: float | None = None
    connections: int = CONNECTIONS
    peak_megabytes: float = PEAK_MEGABYTES
    target_seconds: float | None = None
    target_megabytes: float | None = None
    target_contender: str | None = None  # of the same case: as fast as that one

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
            (max(run.peak for run in runs) / 1e6, self.peak_megabytes, "MB of memory"),
        ]
        if self.megabytes is not None:
            limits.append((max(run.megabytes for run in runs), self.megabytes, "MB transferred"))
        return limits

    def targets(self, results: list[Result]) -> list[str]:
        """The verdicts on what was measured of the targets."""
        first, *others = results
        if not first.runs:
            return []
        wall, megabytes = first.median("wall"), first.median("megabytes")
        aims = [(self.target_seconds, wall, "s"), (self.target_megabytes, megabytes, "MB")]
        for other in others:
            if other.contender == self.target_contender and other.runs:
                aims.append((other.median("wall"), wall, f"s of {other.contender}"))
        return [
            f"target {wanted:.3g} {unit}: {'reached' if found <= wanted else 'missed'} with {found:.3g}"
            for wanted, found, unit in aims
            if wanted is not None
        ]


OFFLINE = Promise(megabytes=0, connections=0)
