#!/usr/bin/env python3
"""Times what `oca` says about an update: `diff`, `diff --format update`, `outdated`, and `lock --upgrade`.

Takes two commits of one branch of each repository of the profile `parity` that is mirrored: the tip, and the last one of
its first parents that is older by these days; their whole history is served. Locks both. `diff` reads two files and
nothing else; the others ask over a link with a round trip of 30 ms, with a cache that has only the old commits. git asks
the same servers for their branches, eight at once, as `git ls-remote` of all repositories.

    python3 updates.py --mirrors DIR --oca BINARY [--branch 16.0] [--days 30] [--runs 5]
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from deep import Project, repositories
from prepare import LAYOUTS
from setting import Network

TARGET = 0.03  # seconds, for `oca diff`
JOBS = 8


class Updating(Project):
    """A project at the old commits, whose cache can be set back to them."""

    def keep(self) -> None:
        """Keeps the cache of the old commits, and no other."""
        shutil.copy(self.directory / "old.json", self.directory / "oca.lock.json")
        self.forget()
        self.run("lock", "--check", "--upstream")
        shutil.copytree(self.directory / "cache", self.directory / "kept")

    def set_back(self) -> None:
        self.forget()
        shutil.copytree(self.directory / "kept", self.directory / "cache")
        shutil.copy(self.directory / "old.json", self.directory / "oca.lock.json")


def median(runs: int, before: Callable[[], object], work: Callable[[], object]) -> float:
    """In seconds."""
    times = []
    for _ in range(runs):
        before()
        begin = time.perf_counter()
        work()
        times.append(time.perf_counter() - begin)
    return statistics.median(times)


def ask_all(base_url: str, names: list[str], branch: str) -> None:
    def ask(name: str) -> None:
        command = ["git", "ls-remote", "--quiet", f"{base_url}/{name}.git", branch]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)

    with ThreadPoolExecutor(JOBS) as pool:
        list(pool.map(ask, names))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mirrors", type=Path, required=True, help="directory of bare mirrors")
    parser.add_argument("--layout", help=f"where a mirror is below it, e.g. {' or '.join(LAYOUTS)} (default: tried)")
    parser.add_argument("--oca", type=Path, required=True, help="the binary")
    parser.add_argument("--branch", default="16.0")
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--rtt", type=float, default=0.03, help="round trip in seconds")
    parser.add_argument("--mbit", type=float, default=200)
    parser.add_argument("--runs", type=int, default=5)
    parser.set_defaults(everything=False)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        work = Path(scratch)
        served = work / "served"
        served.mkdir()
        found = repositories(options, served)
        names = [repository.name for repository in found]
        with Network(served, options.rtt, options.mbit) as network:
            link = network.relayed
            project = Updating(options.oca.resolve(), work / "project")
            project.directory.mkdir()
            project.lock(options.branch, link.base_url, found)
            project.keep()
            modules = sum(len(repo["modules"]) for repo in json.loads((project.directory / "new.json").read_text())["repos"])
            moved = sum(repository.old != repository.new for repository in found)
            print(f"{len(found)} repositories at {options.branch} with {modules} modules, {moved} moved in {options.days} days")
            both = ("old.json", "new.json")
            nothing = lambda: None  # noqa: E731
            seconds = median(4 * options.runs, nothing, lambda: project.run("diff", *both))
            print(f"diff: {seconds * 1000:.0f} ms (target {TARGET * 1000:.0f} ms)")
            asked = median(options.runs, nothing, lambda: ask_all(link.base_url, names, options.branch))
            print(f"{link.name}: git ls-remote of all, {JOBS} at once: {asked:.2f} s")
            for words in (("outdated",), ("lock", "--upgrade", "--dry-run"), ("diff", "--format", "update", *both)):
                begin = network.server_counters.read().requests
                seconds = median(options.runs, project.set_back, lambda words=words: project.run(*words))
                requests = (network.server_counters.read().requests - begin) / options.runs
                print(f"{link.name}: {' '.join(words)}: {seconds:.2f} s, {seconds / asked:.1f} x ls-remote, {requests:.0f} requests")


if __name__ == "__main__":
    main()
