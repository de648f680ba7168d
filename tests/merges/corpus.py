#!/usr/bin/env python3
"""Merges every open request of the mirrors alone onto the last head of its branch, with `oca lock` and with git.

    python3 tests/merges/corpus.py --mirrors DIR --oca target/release/oca [--branch 16.0] [--every N] [--jobs 2]

DIR holds bare mirrors of the 32 repositories of the `parity` profile with `refs/pull/N/head` and `refs/pull/N/merge`.
What git merges cleanly without the detection of renames, `oca` must merge to the same tree; otherwise the script ends
with 1. What conflicts for git may be merged by `oca`, whose rules know the files that bots write: the script says how
often. Then nothing may be left of the request, because the branch has all else.
A request cannot be judged where the mirror lacks contents that the merge needs.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "bench"))
from prepare import PARITY, find_mirror, git
from pulls import Merger, Request, UnjudgedError, open_requests

# The kinds of results, in the order in which they are printed.
KINDS = {
    "same": "git and oca merge to the same tree",
    "absorbed": "oca finds the request merged; git has nothing to merge",
    "more": "git conflicts, oca merges",
    "both": "both conflict",
    "unjudged": "the mirror lacks contents that git or oca needs",
    "fault": "oca differs from git",
}
LOST = re.compile(r"no match for id \(([0-9a-f]{40})\)")


class Oca:
    """Locks one repository with one merge, from a cache for each repository."""

    def __init__(self, binary: Path, work: Path, branch: str) -> None:
        self.binary, self.work, self.branch = binary, work, branch

    def lock(self, name: str, url: Path, request: Request) -> tuple[dict | None, str]:
        """The entry of the lock, if one was written, and what was said."""
        project = self.work / f"{name}-{request.number}"
        project.mkdir()
        (project / "repos.toml").write_text(
            f'odoo = "{self.branch}"\n\n[profiles.one]\nrepos = ["{name}"]\n\n'
            f'[repos.{name}]\nurl = "{url}"\nmerges = ["#{request.number}"]\n'
        )
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.work),
            "OCA_CACHE_DIR": str(self.work / f"cache-{name}"),
            "LC_ALL": "C.UTF-8",
        }
        result = subprocess.run(
            [str(self.binary), "lock", "--no-progress"], cwd=project, env=environment, capture_output=True, text=True,
            check=False, timeout=600,
        )  # fmt: skip
        lock = project / "oca.lock.json"
        entry = json.loads(lock.read_text())["repos"][0] if lock.exists() else None
        shutil.rmtree(project)
        return entry, result.stderr


def judge(oca: Oca, merger: Merger, name: str, tip: str, request: Request) -> tuple[str, str]:
    """The kind of the result, and what there is to say."""
    entry, said = oca.lock(name, merger.repository.resolve(), request)
    step = entry["merges"][0] if entry else None
    try:
        of_git = merger.tree(merger.ancestor(tip, request.head), tip, request.head)
    except UnjudgedError as error:
        return "unjudged", f"{error}; oca: {step['step'] if step else first_line(said)}"
    if step and step["commit"] != request.head:
        return "fault", f"locked at {step['commit']}, not at {request.head}"
    if step and step["step"] == "absorbed":
        base_tree = git(merger.repository, "rev-parse", f"{tip}^{{tree}}").strip()
        if of_git is None:
            return "more", "nothing is left of it"
        return ("absorbed", "") if of_git == base_tree else ("fault", f"absorbed, but git has {of_git}")
    if step:
        if of_git is None:
            return "more", ""
        return ("same", "") if entry["tree"] == of_git else ("fault", f"{entry['tree']}, but git has {of_git}")
    if (lost := LOST.search(said)) and not merger.has(lost[1]):
        return "unjudged", f"git has {of_git or 'a conflict'}, oca needs {lost[1]}, which the mirror lacks"
    if of_git is None:
        return ("both", conflicts(said)) if "conflict" in said else ("fault", said.strip())
    return "fault", f"git merges it to {of_git}, oca says:\n{said.strip()}"


def conflicts(said: str) -> str:
    """What was said of the files, on one line."""
    return "; ".join(line.strip() for line in said.splitlines()[1:] if not line.startswith("hint"))


def first_line(text: str) -> str:
    return next(iter(text.strip().splitlines()), "nothing")


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mirrors", type=Path, required=True, help="directory of bare mirrors")
    parser.add_argument("--layout", help="where a mirror is below it, e.g. 'OCA+{name}/repo'")
    parser.add_argument("--oca", type=Path, required=True, help="the binary to test")
    parser.add_argument("--branch", default="16.0")
    parser.add_argument("--only", default="", help="only repositories whose name this regular expression finds")
    parser.add_argument("--every", type=int, default=1, help="only every Nth request of a repository")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="how many repositories at once")
    parser.add_argument("--verbose", action="store_true", help="name each request that is not the same")
    return parser.parse_args()


def main() -> None:
    options = parse_arguments()
    total: Counter[str] = Counter()
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as scratch:
        work = Path(scratch)
        oca = Oca(options.oca.absolute(), work, options.branch)

        def one(name: str) -> tuple[str, list[tuple[Request, str, str]]]:
            mirror = find_mirror(options.mirrors, name, options.layout)
            merger = Merger(mirror, work / f"objects-{name}")
            tip = git(mirror, "rev-parse", f"refs/heads/{options.branch}").strip()
            chosen = open_requests(mirror, options.branch)[:: options.every]
            results = [(request, *judge(oca, merger, name, tip, request)) for request in chosen]
            shutil.rmtree(work / f"cache-{name}", ignore_errors=True)
            return name, results

        with ThreadPoolExecutor(options.jobs) as pool:
            for name, results in pool.map(one, filter(re.compile(options.only).search, PARITY)):
                counts = Counter(kind for _, kind, _ in results)
                total += counts
                print(f"{name}: {len(results)} requests, " + ", ".join(f"{counts[kind]} {kind}" for kind in KINDS))
                for request, kind, text in results:
                    if kind == "fault" or (options.verbose and kind != "same"):
                        print(f"  {name}#{request.number} {kind}: {text}")
                sys.stdout.flush()
    print(f"\n{sum(total.values())} requests at {options.branch}")
    for kind, meaning in KINDS.items():
        print(f"{total[kind]:6} {kind}: {meaning}")
    if total["fault"] or not total:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
