#!/usr/bin/env python3
"""Replays April to October 2024: five repositories with three pull requests each, and `oca lock --upgrade` every month.

    python3 tests/merges/replay.py --mirrors DIR --oca target/release/oca [--branch 16.0]

DIR holds bare mirrors with their history, `refs/pull/N/head` and, of open requests, `refs/pull/N/merge`. Copies borrow
their objects. At the end of each month, the branch of a copy is set to its head of that time, by the dates of the
first parents. The mirror has only the last head of a request; its head of an earlier time is the newest first parent
that was committed by then.

The requests are chosen by rule, from those that had commits by the end of April:

- one that the branch merged later;
- one that conflicts later with its branch in a file that no rule of `oca` decides; if there is none, one that got
  more commits later; if there is none, one that stayed open as it was;
- one that got more commits later, or one that was closed without a merge, in turn. The closed one is declared as a
  branch of a fork, which disappears in July. If there is none, one that stayed open as it was.

Of each kind, the newest request is taken that git merges cleanly with those before it, in every month; the conflicting
one need not. In all, there must be one of each kind.

The script ends with 1 if, in any month, `oca`

- does not name a request that was merged in that month, or contributes anything of it,
- does not report the deleted branch and keep its commit,
- makes another tree than git where git merges cleanly without the detection of renames,
- asks for a resolution where neither the branch nor the request changed the files of the conflict since the last one,
- stops other repositories because of a conflict, or checks out another tree than the lock says,

or if at the end `oca lock --check --upstream` names other steps than those that were resolved by hand.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path

from history import History, Past, UnjudgedError
from prepare import find_mirror, git
from pulls import serve_requests

REPOSITORIES = ("web", "server-tools", "purchase-workflow", "manufacture", "partner-contact")
MONTHS = tuple(range(4, 11))
CLOSED_IN = 7
FORK_BRANCH = "16.0-closed"
CONFLICT = re.compile(r"error: `([\w-]+)#?[^`]*` conflicts with")


def end_of(month: int) -> int:
    return int(datetime(2024, month + 1, 1, tzinfo=timezone.utc).timestamp())


@dataclass
class Chosen:
    """A request, and why it was chosen: merged, conflicting, amended, closed or open."""

    past: Past
    kind: str

    def declared(self, fork: Path) -> str:
        return f"{fork} {FORK_BRANCH}" if self.kind == "closed" else f"#{self.past.number}"


@dataclass
class Repo:
    """A copy of a mirror whose refs move."""

    history: History
    copy: Path
    fork: Path
    chosen: list[Chosen] = field(default_factory=list)
    asked: dict[int, tuple[str, str, set[str]]] = field(default_factory=dict)  # base, head and files, by request

    @property
    def name(self) -> str:
        return self.history.name

    def prepare(self, mirror: Path) -> None:
        for path in (self.copy, self.fork):
            path.mkdir(parents=True)
            git(path, "init", "--quiet", "--bare")
            serve_requests(mirror, path, self.history.branch)

    def choose(self, turn: int) -> None:
        begin, end = end_of(MONTHS[0]), end_of(MONTHS[-1])
        opened = self.history.open_at(begin)
        amended = [past for past in opened if past.head(begin) != past.head(end)]
        still = [past for past in opened if past.head(begin) == past.head(end)]
        closed = self.history.closed(begin)
        kinds = {"merged": self.history.merged_between(begin, end), "amended": amended, "closed": closed, "open": still}
        self.take(("merged", "open"), kinds)
        self.take(("amended", "closed", "open") if turn % 2 else ("closed", "amended", "open"), kinds)
        kinds["conflicting"] = [past for past in opened if self.conflicts_later(past)]
        self.take(("conflicting", "amended", "open"), kinds)
        if len(self.chosen) != 3:
            raise SystemExit(f"{self.name}: only {len(self.chosen)} requests can be chosen")

    def take(self, order: tuple[str, ...], kinds: dict[str, list[Past]]) -> None:
        """Takes the first request of the first of these kinds that has one."""
        for kind in order:
            for past in kinds[kind]:
                if past.number not in {chosen.past.number for chosen in self.chosen} and self.fits(past, kind):
                    self.chosen.append(Chosen(past, kind))
                    return

    def fits(self, past: Past, kind: str) -> bool:
        series = [chosen.past for chosen in self.chosen] + [past]
        months = MONTHS[:1] if kind == "conflicting" else MONTHS
        try:
            return all(None not in self.history.series(end_of(month), series) for month in months)
        except UnjudgedError:
            return False

    def conflicts_later(self, past: Past) -> bool:
        try:
            asks = [self.history.asks(end_of(month), past) for month in (MONTHS[0], MONTHS[-1])]
        except UnjudgedError:
            return False
        return asks == [False, True]

    def table(self) -> str:
        merges = json.dumps([chosen.declared(self.fork) for chosen in self.chosen])
        return f'\n[repos.{self.name}]\nurl = "{self.copy}"\nmerges = {merges}\n'

    def move(self, month: int) -> None:
        """Sets the branch and the requests to their heads at the end of a month."""
        moment = end_of(month)
        git(self.copy, "update-ref", f"refs/heads/{self.history.branch}", self.history.head(moment))
        for chosen in self.chosen:
            if chosen.kind != "closed":
                git(self.copy, "update-ref", f"refs/pull/{chosen.past.number}/head", chosen.past.head(moment))
            elif month < CLOSED_IN:
                git(self.fork, "update-ref", f"refs/heads/{FORK_BRANCH}", chosen.past.head(moment))
            else:
                git(self.fork, "update-ref", "-d", f"refs/heads/{FORK_BRANCH}")


class Replay:
    """The project, and what was found."""

    def __init__(self, oca: Path, work: Path, branch: str, repos: list[Repo]) -> None:
        self.oca, self.branch, self.repos = oca, branch, repos
        self.project = work / "project"
        self.project.mkdir()
        self.environment = os.environ | {
            "HOME": str(work),
            "OCA_CACHE_DIR": str(work / "cache"),
            "GIT_CONFIG_NOSYSTEM": "1",
            "LC_ALL": "C.UTF-8",
        }
        names = json.dumps([repo.name for repo in repos])
        text = f'odoo = "{branch}"\n\n[profiles.all]\nrepos = {names}\n' + "".join(repo.table() for repo in repos)
        (self.project / "repos.toml").write_text(text)
        self.faults: list[str] = []
        self.counts: Counter[str] = Counter()

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [str(self.oca), "--no-progress", *arguments]
        return subprocess.run(
            command, cwd=self.project, env=self.environment, capture_output=True, text=True, check=False
        )

    def fault(self, month: int, text: str) -> None:
        self.faults.append(f"2024-{month:02}: {text}")
        print(f"  FAULT {text}", flush=True)

    def month(self, month: int) -> None:
        self.counts.clear()
        begin = time.perf_counter()
        for repo in self.repos:
            repo.move(month)
        result = self.run("lock", "--upgrade")
        seconds = time.perf_counter() - begin
        said = result.stderr
        asked = sorted(set(CONFLICT.findall(said)))
        if result.returncode != (1 if asked else 0):
            self.fault(month, f"oca lock --upgrade ended with {result.returncode}:\n{said}")
        entries = self.entries()
        for repo in self.repos:
            if repo.name in asked:
                said += self.resolve(month, repo)
            elif entries.get(repo.name, {}).get("commit") != self.base(repo, month):
                self.fault(month, f"{repo.name} did not move")
        # What did not move before is asked for again, as a person would.
        if asked:
            again = self.run("lock", "--upgrade")
            said += again.stderr
            if again.returncode:
                self.fault(
                    month, f"after the resolution, oca lock --upgrade ended with {again.returncode}:\n{again.stderr}"
                )
        entries = self.entries()
        notes = [note for repo in self.repos for note in self.compare(month, repo, entries.get(repo.name), said)]
        self.check_out(month, entries)
        counts = ", ".join(f"{self.counts[kind]} {kind}" for kind in sorted(self.counts))
        print(f"2024-{month:02}: {counts}; {seconds:.1f} s" + "".join(f"; {note}" for note in notes), flush=True)

    def entries(self) -> dict[str, dict]:
        lock = self.project / "oca.lock.json"
        return {entry["name"]: entry for entry in json.loads(lock.read_text())["repos"]} if lock.exists() else {}

    def base(self, repo: Repo, month: int) -> str:
        return repo.history.head(end_of(month))

    def resolve(self, month: int, repo: Repo) -> str:
        """Takes the request's side of every conflict, as the person whose request it is; gives what `oca` said."""
        base = self.base(repo, month)
        said = ""
        for _ in range(len(repo.chosen)):
            opened = self.run("resolve", repo.name)
            if opened.returncode:
                self.fault(month, f"oca resolve {repo.name} ended with {opened.returncode}:\n{opened.stderr}")
                break
            chosen = next((c for c in repo.chosen if f"`{repo.name}#{c.past.number}`" in opened.stderr), None)
            checkout = self.project / "oca" / repo.name
            files = set(self.git(checkout, "diff", "--name-only", "-z", "--diff-filter=U").split("\0")) - {""}
            if not chosen or not files:
                self.fault(month, f"oca resolve {repo.name} opened no conflict of a chosen request:\n{opened.stderr}")
                break
            self.note_question(month, repo, chosen, base, files)
            self.take_side_of_request(checkout, files)
            done = self.run("resolve", repo.name, "--continue")
            said += done.stderr
            self.counts["resolved now"] += 1
            if done.returncode == 0:
                break
            if not CONFLICT.search(done.stderr):
                self.fault(month, f"oca resolve {repo.name} --continue ended with {done.returncode}:\n{done.stderr}")
                break
        return said

    def take_side_of_request(self, checkout: Path, files: set[str]) -> None:
        for path in files:
            stages = self.git(checkout, "ls-files", "-u", "--", path).splitlines()
            is_there = any(line.split("\t")[0].endswith(" 3") for line in stages)
            for step in (("checkout", "--theirs"), ("add",)) if is_there else (("rm", "-q"),):
                self.git(checkout, *step, "--", path)

    def note_question(self, month: int, repo: Repo, chosen: Chosen, base: str, files: set[str]) -> None:
        head = chosen.past.head(end_of(month)) or ""
        if before := repo.asked.get(chosen.past.number):
            changed: set[str] = set()
            for old, new in ((before[0], base), (before[1], head)):
                changed |= set(git(repo.copy, "diff", "--name-only", "--no-renames", old, new).splitlines())
            if not files & changed:
                self.fault(month, f"{repo.name}#{chosen.past.number} asks again for {', '.join(sorted(files))}")
        repo.asked[chosen.past.number] = (base, head, files)

    def compare(self, month: int, repo: Repo, entry: dict | None, said: str) -> list[str]:
        """Compares the steps of an entry with what git makes; gives what a person would want to know."""
        notes = []
        if not entry or entry["commit"] != self.base(repo, month):
            self.fault(month, f"{repo.name} is not at {self.base(repo, month)}")
            return notes
        before = git(repo.copy, "rev-parse", f"{entry['commit']}^{{tree}}").strip()
        for chosen, line in zip(repo.chosen, entry["merges"]):
            name, way = f"{repo.name}#{chosen.past.number}", line["step"]
            self.counts[way] += 1
            moment = end_of(month)
            head = self.locked_head(month, chosen, name, line["commit"], said)
            if chosen.past.merged and chosen.past.merged <= moment:
                if way != "absorbed":
                    self.fault(month, f"{name} is merged, but its step is {way}")
                if chosen.past.merged > end_of(month - 1):
                    notes.append(f"{name} merged upstream")
                    if f"{name}: merged upstream on " not in said:
                        self.fault(month, f"nothing says that {name} was merged:\n{said}")
                continue
            if way == "absorbed":
                self.fault(month, f"{name} is absorbed, but not merged")
                continue
            of_git = repo.history.merger.tree(repo.history.merger.ancestor(entry["commit"], head), before, head)
            if of_git is None:
                notes.append(f"{name} {way}, git conflicts")
            elif way != "resolved" and of_git != line["tree"]:
                self.fault(month, f"{name} is {way} to {line['tree']}; git merges {head} to {of_git}")
            elif way == "resolved":
                notes.append(f"{name} keeps its resolution, git would merge")
            before = line["tree"]
        if before != entry["tree"]:
            self.fault(month, f"{repo.name} has the tree {entry['tree']}, but its last step {before}")
        return notes

    def locked_head(self, month: int, chosen: Chosen, name: str, locked: str, said: str) -> str:
        """The commit that has to be merged: the last one of a branch that does not exist any more."""
        gone = chosen.kind == "closed" and month >= CLOSED_IN
        head = chosen.past.head(end_of(CLOSED_IN - 1 if gone else month)) or ""
        if locked != head:
            self.fault(month, f"{name} is locked at {locked}, not at {head}")
        if gone and "does not exist any more" not in said:
            self.fault(month, f"nothing says that the branch of {name} is gone")
        return head

    def check_out(self, month: int, entries: dict[str, dict]) -> None:
        for arguments in (["lock", "--check"], ["sync", "--locked", "-q"], ["verify", "-q"]):
            result = self.run(*arguments)
            if result.returncode:
                command = " ".join(arguments)
                self.fault(month, f"oca {command} ended with {result.returncode}:\n{result.stdout}{result.stderr}")
        for name, entry in entries.items():
            tree = self.git(self.project / "oca" / name, "rev-parse", "HEAD^{tree}").strip()
            if tree != entry["tree"]:
                self.fault(month, f"the checkout of {name} has the tree {tree}, the lock {entry['tree']}")

    def prove(self) -> None:
        """Makes all merges anew: the resolved steps alone are not what that gives."""
        chosen = {(repo.name, index): each for repo in self.repos for index, each in enumerate(repo.chosen)}
        resolved = {
            f"{name}#{chosen[name, index].past.number}"
            for name, entry in self.entries().items()
            for index, line in enumerate(entry["merges"])
            if line["step"] == "resolved"
        }
        result = self.run("lock", "--check", "--upstream")
        named = set(re.findall(r"the step of `([^`]+)` is not", result.stdout))
        if named != resolved or result.returncode != (1 if resolved else 0):
            self.fault(MONTHS[-1], f"{', '.join(resolved)} are resolved, but:\n{result.stdout}{result.stderr}")
        accepted = [word for name in sorted(resolved) for word in ("--accept", name)]
        result = self.run("lock", "--check", "--upstream", *accepted)
        if result.returncode:
            self.fault(MONTHS[-1], f"accepted steps are not accepted:\n{result.stdout}{result.stderr}")

    def git(self, checkout: Path, *arguments: str) -> str:
        result = subprocess.run(
            ["git", *arguments], cwd=checkout, env=self.environment, capture_output=True, text=True, check=False
        )
        if result.returncode:
            raise SystemExit(f"git {' '.join(arguments)} in {checkout}:\n{result.stderr}")
        return result.stdout


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mirrors", type=Path, required=True, help="directory of bare mirrors")
    parser.add_argument("--layout", help="where a mirror is below it, e.g. 'OCA+{name}/repo'")
    parser.add_argument("--oca", type=Path, required=True, help="the binary to test")
    parser.add_argument("--branch", default="16.0")
    parser.add_argument("--keep", type=Path, help="work in this directory, and keep it")
    return parser.parse_args()


def main() -> None:
    options = parse_arguments()
    memory = Path("/dev/shm")
    work = options.keep or Path(tempfile.mkdtemp(dir=memory if memory.is_dir() else None))
    work.mkdir(parents=True, exist_ok=True)
    work = work.resolve()
    try:
        repos = []
        for turn, name in enumerate(REPOSITORIES):
            mirror = find_mirror(options.mirrors, name, options.layout).resolve()
            history = History(name, mirror, options.branch, work / "objects")
            repo = Repo(history, work / "served" / f"{name}.git", work / "served" / f"{name}-fork.git")
            repo.prepare(mirror)
            repo.choose(turn)
            print(f"{name}: " + ", ".join(f"#{chosen.past.number} {chosen.kind}" for chosen in repo.chosen), flush=True)
            repos.append(repo)
        if missing := {"merged", "amended", "closed", "conflicting"} - {c.kind for repo in repos for c in repo.chosen}:
            raise SystemExit(f"no request was chosen that is {' or '.join(sorted(missing))}")
        replay = Replay(options.oca.absolute(), work, options.branch, repos)
        for month in MONTHS:
            replay.month(month)
        replay.prove()
    finally:
        if not options.keep:
            shutil.rmtree(work, ignore_errors=True)
    if replay.faults:
        raise SystemExit(f"{len(replay.faults)} faults")
    print("no fault")


if __name__ == "__main__":
    main()
