"""Times `oca diff --deep` over a month of real history, and compares what it finds with Python's own parsers.

Takes two commits of one branch of each repository of the profile `parity` that is mirrored: the tip, and the last one of
its first parents that is older by these days. Locks both, empties the cache, and runs `oca diff --deep` over a link with
a round trip of 30 ms. Then reads the modules of both commits with `ast` and `lxml`, by rules that are written here again,
and compares: models, fields, methods and ids of records that are gone, fields with another type, fields that are not
stored any more, fields that are required now. Ends with 1 where one differs.

`lxml` is installed into a virtual environment if this Python does not have it.

With `--everything`, the new commit is one in which the modules declare nothing: so all models, fields, methods and ids of
the tip are compared.

    python3 deep.py --mirrors DIR --oca BINARY [--branch 16.0] [--days 30 | --everything] [--runs 3]
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from prepare import LAYOUTS, PARITY, commit, copy_branch, find_mirror, git
from setting import Network, toml_list

try:
    from declared import changes, read
except ImportError:
    changes = read = None  # lxml is missing

APART = {"i18n", "i18n_extra", "migrations", "readme", "static", "tests", "upgrades"}
TARGET = 2.0  # seconds


def told(entry: dict) -> dict[str, set]:
    """The same, as `oca` tells it."""
    pairs = {key: {(found["model"], found["name"]) for found in entry[of]} for key, of in (
        ("fields", "removed_fields"),
        ("not_stored", "not_stored_fields"),
        ("required", "required_fields"),
        ("methods", "removed_methods"),
    )}
    retyped = {(f["model"], f["name"], f["types"]["from"], f["types"]["to"]) for f in entry["retyped_fields"]}
    return pairs | {
        "models": set(entry["removed_models"]),
        "retyped": retyped,
        "records": set(entry["removed_records"]),
    }


@dataclass(frozen=True)
class Repository:
    name: str
    copy: Path  # with the whole history
    old: str
    new: str

    def serve(self, served: Path, branch: str) -> None:
        """Makes a copy of the two commits alone, as a real server computes elsewhere what it sends."""
        small = served / f"{self.name}.git"
        git(small, "init", "--quiet", "--bare")
        both = {self.old, self.new}
        (small / "shallow").write_text("".join(f"{commit}\n" for commit in sorted(both)))
        pack = small / "objects" / "pack" / "pack"
        lent = {"GIT_ALTERNATE_OBJECT_DIRECTORIES": str(self.copy / "objects")}
        commits = "".join(f"{commit}\n" for commit in both)
        git(small, "pack-objects", "--quiet", "--revs", str(pack), stdin=commits, **lent)
        git(small, "update-ref", f"refs/heads/{branch}", self.new)
        git(small, "update-ref", "refs/tags/old", self.old)
        git(small, "symbolic-ref", "HEAD", f"refs/heads/{branch}")

    def modules(self) -> Iterator[str]:
        """The directories that differ and are in both commits."""
        trees = []
        for commit in (self.old, self.new):
            listed = git(self.copy, "ls-tree", "-z", commit).split("\0")
            entries = [entry.partition("\t") for entry in listed if entry.split(" ")[1:2] == ["tree"]]
            trees.append({path: meta.split()[2] for meta, _, path in entries})
        for name in sorted(trees[0].keys() & trees[1].keys()):
            if trees[0][name] != trees[1][name] and not name.startswith((".", "_")) and name != "setup":
                yield name

    def files(self, commit: str, module: str) -> dict[str, bytes]:
        """The source files of a module, by their paths below it."""
        listed = git(self.copy, "ls-tree", "-r", "-z", f"{commit}:{module}").split("\0")
        entries = [entry.partition("\t") for entry in listed if entry.startswith("100")]
        wanted = [
            (path, meta.split()[2])
            for meta, _, path in entries
            if path.endswith((".py", ".xml", ".csv")) and ("/" not in path or path.split("/")[0] not in APART)
        ]
        batch = subprocess.run(
            ["git", f"--git-dir={self.copy}", "cat-file", "--batch"],
            input="".join(f"{blob}\n" for _, blob in wanted).encode(),
            capture_output=True,
            check=True,
        ).stdout
        files = {}
        for path, _ in wanted:
            header, _, batch = batch.partition(b"\n")
            size = int(header.split()[2])
            files[path], batch = batch[:size], batch[size + 1 :]
        return files


def without_content(copy: Path, tip: str) -> str:
    """A commit in which each module declares nothing, so that all that it declared is gone."""
    blobs = {}
    for name, text in (("__init__.py", ""), ("__manifest__.py", "{'name': 'x'}\n")):
        blobs[name] = git(copy, "hash-object", "-w", "--stdin", stdin=text).strip()
    listed = git(copy, "ls-tree", "-r", "-z", "--name-only", tip).split("\0")
    paths = [path for path in listed if path.count("/") == 1 and path.split("/")[1] in blobs]
    changes = "".join(f"100644 {blobs[path.split('/')[1]]}\t{path}\0" for path in paths)
    return commit(copy, tip, changes, "Declare nothing\n", {})


def repositories(options: argparse.Namespace, copies: Path) -> list[Repository]:
    found = []
    for name in sorted(PARITY):
        try:
            mirror = find_mirror(options.mirrors, name, options.layout)
        except SystemExit:
            continue
        copy = copies / f"{name}.git"
        copy_branch(mirror, copy, options.branch, "branch")
        new = git(copy, "rev-parse", options.branch).strip()
        if options.everything:
            found.append(Repository(name, copy, new, without_content(copy, new)))
            continue
        date = int(git(copy, "show", "-s", "--format=%ct", new))
        before = f"--before={date - options.days * 86400}"
        old = git(copy, "rev-list", "-1", "--first-parent", before, new).strip()
        if old:
            found.append(Repository(name, copy, old, new))
    return found


@dataclass(frozen=True)
class Project:
    oca: Path
    directory: Path

    def run(self, *arguments: str) -> str:
        environment = os.environ | {"OCA_CACHE_DIR": str(self.directory / "cache")}
        command = [str(self.oca), "--quiet", *arguments]
        result = subprocess.run(command, cwd=self.directory, env=environment, capture_output=True, text=True, check=False)
        if result.returncode:
            raise SystemExit(f"{' '.join(command)}: exit {result.returncode}\n{result.stderr}")
        return result.stdout

    def forget(self) -> None:
        shutil.rmtree(self.directory / "cache", ignore_errors=True)

    def lock(self, branch: str, base_url: str, found: list[Repository]) -> None:
        names = [repository.name for repository in found]
        (self.directory / "repos.toml").write_text(
            f'odoo = "{branch}"\nbase-url = "{base_url}"\n\n[profiles.parity]\nrepos = {toml_list(names)}\n'
        )
        for side in ("old", "new"):
            self.run("lock", *(f"{repository.name}@{getattr(repository, side)}" for repository in found))
            shutil.copy(self.directory / "oca.lock.json", self.directory / f"{side}.json")

    def diff(self) -> tuple[dict, float]:
        begin = time.monotonic()
        text = self.run("diff", "--deep", "--format", "json", "old.json", "new.json")
        return json.loads(text), time.monotonic() - begin


def compare(found: list[Repository], report: dict) -> bool:
    """Prints what differs, and whether nothing does."""
    deep = report["changes"][0]["deep"]
    entries = {entry["name"]: entry for entry in deep["modules"]}
    nothing = ("models", "fields", "methods", "records")
    empty = {f"removed_{what}": [] for what in nothing} | {
        f"{what}_fields": [] for what in ("retyped", "not_stored", "required")
    }
    is_same, counts, modules = True, {}, 0
    for repository in found:
        for name in repository.modules():
            sides = [repository.files(commit, name) for commit in (repository.old, repository.new)]
            if not all("__init__.py" in files and {"__manifest__.py", "__openerp__.py"} & files.keys() for files in sides):
                continue
            installable = [ast.literal_eval(files["__manifest__.py"].decode()).get("installable", True) for files in sides]
            if not all(installable):
                continue
            modules += 1
            expected = changes(name, *(read(name, files) for files in sides))
            by_oca = told(entries.get(name, empty))
            for key, values in expected.items():
                counts[key] = counts.get(key, 0) + len(values)
                if values != by_oca[key]:
                    is_same = False
                    print(f"{name}: {key}: only here {sorted(values - by_oca[key])}, only oca {sorted(by_oca[key] - values)}")
    print(f"{modules} changed modules compared; gone or changed: {counts}")
    print(f"uses: {len(deep['uses'])}, possible uses: {len(deep['possible_uses'])}, not read: {deep['unread']}")
    return is_same


def install_lxml(directory: Path) -> None:
    """Runs this again with a Python that has lxml."""
    venv.create(directory, with_pip=True)
    subprocess.run([directory / "bin" / "pip", "install", "--quiet", "lxml"], check=True)
    result = subprocess.run([directory / "bin" / "python", *sys.argv], check=False)
    raise SystemExit(result.returncode)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mirrors", type=Path, required=True, help="directory of bare mirrors")
    parser.add_argument("--layout", help=f"where a mirror is below it, e.g. {' or '.join(LAYOUTS)} (default: tried)")
    parser.add_argument("--oca", type=Path, required=True, help="the binary")
    parser.add_argument("--branch", default="16.0")
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--everything", action="store_true", help="compare the tip with modules that declare nothing")
    parser.add_argument("--rtt", type=float, default=0.03, help="round trip in seconds")
    parser.add_argument("--mbit", type=float, default=200)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        work = Path(scratch)
        if read is None:
            install_lxml(work / "venv")
        copies, served = work / "copies", work / "served"
        copies.mkdir()
        served.mkdir()
        found = repositories(options, copies)
        for repository in found:
            repository.serve(served, options.branch)
        moved = [repository for repository in found if repository.old != repository.new]
        what = "all emptied" if options.everything else f"{len(moved)} moved in {options.days} days"
        print(f"{len(found)} repositories at {options.branch}, {what}")
        with Network(served, options.rtt, options.mbit) as network:
            project = Project(options.oca.resolve(), work / "project")
            project.directory.mkdir()
            project.lock(options.branch, network.relayed.base_url, found)
            times = []
            for _ in range(options.runs):
                project.forget()
                report, seconds = project.diff()
                times.append(seconds)
            _, again = project.diff()
        print(f"{network.relayed.name}, nothing cached: {statistics.median(times):.2f} s (target {TARGET} s); again: {again:.2f} s")
        raise SystemExit(0 if compare(found, report) else 1)


if __name__ == "__main__":
    main()
