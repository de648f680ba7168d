#!/usr/bin/env python3
"""Measures `oca` with Odoo itself as a repository of the project, against a clone by git.

    python3 tests/bench/core.py --source DIR --oca target/release/oca [--odoo 19.0] [--runs 3] [--json FILE]

DIR is Odoo's tree as in its repository: `odoo-bin`, `odoo`, `addons`. `bench.py` says how it is measured.

- The repository that is served is made of DIR, once: a commit without every tenth module, one with everything, and one
  that changes a manifest. It is packed as on a forge.
- git clones the one branch at depth 1, because nobody fetches Odoo's whole history.
- Where this `oca` has `export --core`, it is measured too. git does the same with a clone and `git archive`.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from bench import chosen, default_work, fail, machine, run_cases
from cases import Case, Oca
from contender import Contender
from peers import shallow_clone
from prepare import FIXED_IDENTITY, git, move_branch, tip_of
from promise import OFFLINE, Promise
from results import Result
from setting import Link, Network, OcaProject, PeerProject, Setting, count_below, remove

NAME = "odoo"
# A module of so many is not there yet in the first commit.
NEW = 10
PEAK_MEGABYTES = 300


class Core(OcaProject):
    """A project of Odoo itself and nothing else."""

    def __init__(self, setting: Setting, link: Link) -> None:
        super().__init__(setting, link, "oca-core")
        self.tree = self.directory / NAME
        self.toml = f'odoo = "{setting.branch}"\n\n[core]\nurl = "{link.base_url}/{NAME}.git"\n\n[profiles.core]\n'
        self.configure()

    def check_tree(self) -> None:
        check(self.setting, self.tree)

    def check_export(self) -> None:
        if not (self.export / NAME / "odoo-bin").is_file():
            raise SystemExit(f"{self.export} has no Odoo")


def check(setting: Setting, tree: Path) -> None:
    """Ends the benchmark if a contender did less than the whole work."""
    if (found := count_below(tree)) != setting.files:
        raise SystemExit(f"{tree} holds {found} files where {setting.files} belong")


def clone(setting: Setting, link: Link, options: str = "") -> Contender:
    peer = PeerProject(setting, link, "git-core")
    command = shlex.split(f"{shallow_clone(setting)} {options} {link.base_url}/{NAME}.git {NAME}")

    def is_whole() -> None:
        if not options:
            check(setting, peer.directory / NAME)

    name = "git clone, no blobs" if options else "git clone"
    return Contender(name, command, peer.directory, before=peer.empty, check=is_whole)


def cases(setting: Setting, network: Network) -> Iterator[Case]:
    for link in (network.loopback, network.relayed):
        oca = Oca(setting, link, Core(setting, link))
        yield lock_case(setting, link, oca)
        yield from sync_cases(setting, link, oca)
        if exports_core(setting):
            yield export_case(link, oca)
        # The checkouts and the cache of each link have gigabytes.
        oca.forget_everything()
        remove(*setting.work.glob("git-core*"))


def lock_case(setting: Setting, link: Link, oca: Oca) -> Case:
    """The manifests of all modules come in one request: three of `oca` are for the branch, the trees and them."""
    lock = oca.contender("lock", before=oca.forget_everything, check=oca.project.check_lock)
    blobless = clone(setting, link, "--filter=blob:none --no-checkout")
    return Case("lock of Odoo, nothing cached", [lock, blobless], link)


def sync_cases(setting: Setting, link: Link, oca: Oca) -> Iterator[Case]:
    aim = Promise(peak_megabytes=PEAK_MEGABYTES, target_contender="git clone")
    check_tree = oca.project.check_tree
    first = oca.contender("sync", before=oca.forget_everything, check=check_tree)
    yield Case("sync of Odoo, from nothing", [first, clone(setting, link)], link, promise=aim)
    locked = oca.contender("sync", once=oca.lock, before=oca.forget_all_but_lock, check=check_tree)
    yield Case("sync of Odoo, with a lock", [locked, clone(setting, link)], link, promise=aim)
    if link.is_slow:
        return
    warm = Promise(megabytes=0, connections=0, peak_megabytes=PEAK_MEGABYTES)
    again = oca.contender("sync", once=oca.sync, before=oca.forget_tree, check=check_tree)
    yield Case("sync of Odoo, from a warm cache", [again], link, promise=warm)
    nothing = oca.contender("sync", once=oca.sync)
    yield Case("sync of Odoo, nothing to do", [nothing], link, tiny=True, promise=OFFLINE)


def export_case(link: Link, oca: Oca) -> Case:
    arguments = ("export", "--core", "dist")
    export = oca.contender(
        *arguments, once=oca.lock, before=oca.forget_all_but_lock, check=oca.project.check_export
    )
    return Case("export of Odoo, with a lock", [export], link, promise=Promise(peak_megabytes=PEAK_MEGABYTES))


def exports_core(setting: Setting) -> bool:
    said = os.popen(f"{shlex.quote(str(setting.oca))} export --help").read()
    return "--core" in said


def make_repository(source: Path, bare: Path, branch: str) -> int:
    """Commits a tree, unless that was done before; gives the number of files in it."""
    if not (source / "odoo-bin").is_file():
        raise SystemExit(f"{source} has no odoo-bin: name the top of Odoo's tree")
    ready, files = bare / "bench-files", count_below(source)
    stamp = f"{files} {source.resolve()}"
    if ready.exists() and ready.read_text() == stamp:
        return files
    remove(bare)
    git(bare, "init", "--quiet", "--bare")
    index = {"GIT_INDEX_FILE": str(bare / "bench-index"), "GIT_WORK_TREE": str(source)}
    git(bare, "-c", "core.autocrlf=false", "add", "--force", "--", str(source), **index)
    whole = git(bare, "write-tree", **index).strip()
    modules = sorted({path.name for path in (source / "addons").iterdir()})[::NEW]
    git(bare, "rm", "-r", "-q", "--cached", "--", *(f"addons/{name}" for name in modules), **index)
    older = git(bare, "write-tree", **index).strip()
    (bare / "bench-index").unlink()
    tip = ""
    for tree, message in ((older, "Begin\n"), (whole, "Add modules\n")):
        parent = ["-p", tip] if tip else []
        tip = git(bare, "commit-tree", *parent, tree, stdin=message, **FIXED_IDENTITY).strip()
    git(bare, "update-ref", f"refs/heads/{branch}", tip)
    git(bare, "symbolic-ref", "HEAD", f"refs/heads/{branch}")
    move_branch(bare, branch)
    git(bare, "repack", "-a", "-d", "-q", "--write-bitmap-index")
    ready.write_text(stamp)
    return files


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source", type=Path, required=True, help="Odoo's tree")
    parser.add_argument("--oca", type=Path, required=True, help="the binary to measure")
    parser.add_argument("--odoo", default="19.0", help="the series of the tree (%(default)s)")
    parser.add_argument("--work", type=Path, default=default_work(), help="work directory, best on tmpfs (%(default)s)")
    parser.add_argument("--only", default="", help="only cases whose title this regular expression finds")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--tiny-runs", type=int, default=20, help="runs of what takes milliseconds")
    parser.add_argument("--limit", type=float, default=300, help="seconds that one run may take (%(default)s)")
    parser.add_argument("--rtt", type=float, default=30, help="milliseconds of the relay's round trip")
    parser.add_argument("--mbit", type=float, default=200, help="megabits a second of the relay")
    parser.add_argument("--json", type=Path, help="write every single run to this file")
    return parser.parse_args()


def main() -> None:
    options = parse_arguments()
    work = options.work.absolute()
    served, scratch = work / f"served-core-{options.odoo}", work / "run-core"
    served.mkdir(parents=True, exist_ok=True)
    files = make_repository(options.source.absolute(), served / f"{NAME}.git", options.odoo)
    remove(scratch)
    setting = Setting(scratch, served, (NAME,), options.odoo, files, 1, options.limit, options.oca.absolute(), None)
    print(f"{machine()}\nOdoo {options.odoo}, {files} files, {tip_of(served / f'{NAME}.git', options.odoo)}")

    def keep(results: list[Result], breaches: list[str]) -> None:
        print(f"  {machine()}", flush=True)
        if options.json:
            document = {"machine": machine(), "breaches": breaches, "results": [asdict(each) for each in results]}
            options.json.write_text(json.dumps(document, indent=2) + "\n")

    with Network(served, options.rtt / 1000, options.mbit) as network:
        breaches = run_cases(setting, network, chosen(cases(setting, network), options.only), options, keep)
    remove(scratch)
    fail(breaches)


if __name__ == "__main__":
    main()
