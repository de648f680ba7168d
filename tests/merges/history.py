"""What a mirrored repository looked like at a moment: the head of its branch, and the heads of its pull requests."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "bench"))
from prepare import git
from pulls import Merger, UnjudgedError, open_requests, refs

MERGED = re.compile(r"Merge PR #(\d+) into ")
# What oca's own rules decide, more or less; a conflict elsewhere needs a person.
RULED = re.compile(r"(^|/)(README[^/]*|__manifest__\.py|requirements\.txt)$|/(readme|static/description|i18n)/|^[^/]+$")


@dataclass(frozen=True)
class Past:
    """A request: its heads, newest first, as seconds and commits, and when it was merged, if it was."""

    number: int
    commits: tuple[tuple[int, str], ...]
    merged: int | None

    def head(self, moment: int) -> str | None:
        """Its head at a moment, if it had any commit then: the mirror knows when each commit was made."""
        return next((commit for seconds, commit in self.commits if seconds <= moment), None)


class History:
    """A mirror and a branch of it."""

    def __init__(self, name: str, mirror: Path, branch: str, scratch: Path) -> None:
        self.name, self.mirror, self.branch = name, mirror, branch
        self.merger = Merger(mirror, scratch / name)

    @cached_property
    def heads(self) -> list[tuple[int, str, str]]:
        """The first parents of the branch, newest first: seconds, commit and title."""
        lines = git(
            self.mirror, "log", "--first-parent", "--format=%ct %H %s", f"refs/heads/{self.branch}"
        ).splitlines()
        return [(int(seconds), commit, title) for seconds, commit, title in (line.split(" ", 2) for line in lines)]

    def head(self, moment: int) -> str:
        return next(commit for seconds, commit, _ in self.heads if seconds <= moment)

    @cached_property
    def merged(self) -> dict[int, tuple[int, str]]:
        """The requests that the branch says it merged: when, and the merge commit."""
        found = ((MERGED.match(title), seconds, commit) for seconds, commit, title in self.heads)
        return {int(match[1]): (seconds, commit) for match, seconds, commit in found if match}

    @cached_property
    def pulls(self) -> dict[int, str]:
        lines = refs(self.mirror, "%(refname) %(objectname)", "refs/pull/*/head")
        return {int(ref.split("/")[2]): commit for ref, commit in (line.split() for line in lines)}

    def request(self, number: int, *, since: str | None = None) -> Past:
        """A request with its own commits, without those of the branch."""
        since = since or f"refs/heads/{self.branch}"
        form = ["log", "--first-parent", "--format=%ct %H"]
        lines = git(self.mirror, *form, f"{since}..{self.pulls[number]}").splitlines()
        commits = tuple((int(seconds), commit) for seconds, commit in (line.split() for line in lines))
        return Past(number, commits, self.merged.get(number, (None, ""))[0])

    def merged_between(self, begin: int, end: int) -> list[Past]:
        """Requests that were complete at the beginning and merged before the end, newest first."""
        found = []
        for number, (seconds, commit) in self.merged.items():
            if begin < seconds <= end and number in self.pulls:
                past = self.request(number, since=f"{commit}^1")
                if past.commits and past.commits[0][0] <= begin:
                    found.append(past)
        return found

    def open_at(self, begin: int) -> list[Past]:
        """Requests that had commits at the beginning and are still open, newest first."""
        found = [self.request(request.number) for request in open_requests(self.mirror, self.branch)]
        return [past for past in found if past.head(begin) and not past.merged]

    def closed(self, begin: int) -> list[Past]:
        """Requests that had commits at the beginning and were closed, not merged, newest first.

        The forge does not tell for which branch they were. Those are taken that start within a year from the branch.
        """
        opened = {int(ref.split("/")[2]) for ref in refs(self.mirror, "%(refname)", "refs/pull/*/merge")}
        recent = {commit for seconds, commit, _ in self.heads if begin - 365 * 86400 <= seconds <= begin}
        found = []
        for number in sorted(self.pulls, reverse=True):
            if number in opened or number in self.merged or len(found) == 20:
                continue
            try:
                base = self.merger.ancestor(self.heads[0][1], self.pulls[number])
            except UnjudgedError:
                continue
            past = self.request(number) if base in recent else None
            if past and past.commits and past.commits[0][0] <= begin:
                found.append(past)
        return found

    def series(self, moment: int, requests: list[Past]) -> list[str | None]:
        """The trees that git makes of the requests one after another at a moment; it ends with the first conflict.

        What is merged by then changes nothing.
        """
        base = self.head(moment)
        before = git(self.mirror, "rev-parse", f"{base}^{{tree}}").strip()
        trees: list[str | None] = []
        for past in requests:
            if not (past.merged and past.merged <= moment):
                head = past.head(moment)
                before = self.merger.tree(self.merger.ancestor(base, head), before, head) if head else None
            trees.append(before)
            if before is None:
                break
        return trees

    def asks(self, moment: int, past: Past) -> bool:
        """Whether a request alone conflicts in a file that no rule decides."""
        base, head = self.head(moment), past.head(moment)
        ancestor = self.merger.ancestor(base, head)
        trees = [f"{name}^{{tree}}" for name in (ancestor, base, head)]
        result = self.merger.run(
            *("-c", "merge.renames=false", "merge-tree", "--write-tree", "--name-only", "--no-messages"),
            *(f"--merge-base={trees[0]}", trees[1], trees[2]),
        )
        return result.returncode == 1 and any(not RULED.search(path) for path in result.stdout.splitlines()[1:])
