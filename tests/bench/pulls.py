"""Pull requests of mirrored repositories: which are open, what git makes of them, and copies that serve them."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from prepare import commit_without, git, missing_at_tip


@dataclass(frozen=True)
class Request:
    """A pull request and a commit of it."""

    number: int
    head: str

    @property
    def ref(self) -> str:
        return f"refs/pull/{self.number}/head"


class UnjudgedError(Exception):
    """git cannot say what a merge gives: the mirror lacks something."""


def open_requests(mirror: Path, branch: str) -> list[Request]:
    """The open requests to a branch, newest first.

    The forge keeps `refs/pull/N/merge` of open requests alone. Its first parent was the head of the branch.
    """
    history = set(git(mirror, "rev-list", f"refs/heads/{branch}").split())
    heads = dict(line.split() for line in refs(mirror, "%(refname) %(objectname)", "refs/pull/*/head"))
    found = []
    for line in refs(mirror, "%(refname) %(parent)", "refs/pull/*/merge"):
        name, *parents = line.split()
        number = int(name.split("/")[2])
        head = heads.get(f"refs/pull/{number}/head")
        if head and len(parents) == 2 and parents[0] in history:
            found.append(Request(number, head))
    return sorted(found, key=lambda request: -request.number)


def refs(repository: Path, form: str, *patterns: str) -> list[str]:
    return git(repository, "for-each-ref", f"--format={form}", *patterns).splitlines()


class Merger:
    """Merges as git does, without the detection of renames. New objects go to a directory of their own."""

    def __init__(self, repository: Path, scratch: Path) -> None:
        scratch.mkdir(parents=True, exist_ok=True)
        self.repository = repository
        self.environment = os.environ | {
            "GIT_OBJECT_DIRECTORY": str(scratch),
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": str((repository / "objects").resolve()),
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_NO_LAZY_FETCH": "1",
        }

    def ancestor(self, base: str, head: str) -> str:
        """The one merge base of two commits."""
        result = self.run("merge-base", "--all", base, head)
        bases = result.stdout.split()
        if len(bases) != 1:
            raise UnjudgedError(f"{len(bases)} merge bases")
        return bases[0]

    def tree(self, ancestor: str, before: str, head: str) -> str | None:
        """The tree that git makes of two commits or trees, or nothing where they conflict."""
        trees = [f"{name}^{{tree}}" for name in (before, head)]  # of a tree, it is the tree itself
        result = self.run(
            "-c", "merge.renames=false", "merge-tree", "--write-tree", f"--merge-base={ancestor}^{{tree}}", *trees
        )
        if result.returncode not in (0, 1):
            raise UnjudgedError(result.stderr.strip())
        return result.stdout.split("\n")[0] if result.returncode == 0 else None

    def has(self, name: str) -> bool:
        return self.run("cat-file", "-e", name).returncode == 0

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = ["git", f"--git-dir={self.repository}", *arguments]
        return subprocess.run(
            command, env=self.environment, capture_output=True, text=True, errors="replace", check=False
        )


def serve_requests(mirror: Path, copy: Path, branch: str) -> str:
    """Gives a bare repository the objects of its mirror and the head of every request; gives the branch's head.

    Where it has no such branch yet, the branch is the mirror's. Where the mirror lacks files at the branch's head, a
    commit on top removes them.
    """
    (copy / "objects" / "info" / "alternates").write_text(f"{(mirror / 'objects').resolve()}\n")
    found = refs(copy, "%(objectname)", f"refs/heads/{branch}") or refs(mirror, "%(objectname)", f"refs/heads/{branch}")
    tip = found[0]
    if missing := missing_at_tip(copy, tip, {}):
        tip = commit_without(copy, tip, missing, {})
    lines = refs(mirror, "%(objectname) %(refname)", "refs/pull/*/head")
    git(copy, "update-ref", "--stdin", stdin="".join(f"update {line.split()[1]} {line.split()[0]}\n" for line in lines))
    git(copy, "update-ref", f"refs/heads/{branch}", tip)
    git(copy, "pack-refs", "--all")
    git(copy, "symbolic-ref", "HEAD", f"refs/heads/{branch}")
    return tip


def clean_series(merger: Merger, tip: str, requests: list[Request], count: int) -> tuple[list[Request], str]:
    """The first requests that git merges cleanly one after another onto a commit, and the tree of the result.

    Requests that change nothing and those that contain merge commits are left out: a tool that applies patches cannot
    take the latter.
    """
    chosen: list[Request] = []
    before = git(merger.repository, "rev-parse", f"{tip}^{{tree}}").strip()
    for request in requests:
        if len(chosen) == count:
            break
        try:
            ancestor = merger.ancestor(tip, request.head)
            after = merger.tree(ancestor, before, request.head)
        except UnjudgedError:
            continue
        merges = merger.run("rev-list", "--merges", f"{ancestor}..{request.head}").stdout
        if after and after != before and not merges:
            chosen.append(request)
            before = after
    return chosen, before
