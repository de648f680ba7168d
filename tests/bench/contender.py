"""One way to do a case's job."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path


def nothing() -> None:
    """Does nothing."""


@dataclass
class Contender:
    """A command; what is done once before the first run, what before every run, and a look at what the first made."""

    name: str
    command: list[str]
    cwd: Path
    environment: dict[str, str] = field(default_factory=dict)
    once: Callable[[], None] = nothing
    before: Callable[[], None] = nothing
    check: Callable[[], None] = nothing
