#!/usr/bin/env python3
"""Measures `oca` with pending merges against git-aggregator and mrchef: three requests on each of five repositories.

    python3 tests/bench/merges.py --mirrors DIR --oca target/release/oca --venv DIR [--runs 3] [--json FILE]

DIR holds bare mirrors with `refs/pull/N/head` and `refs/pull/N/merge`. The peers take part where they are installed in
the virtual environment (`pip install git-aggregator mrchef git-autoshare`). `bench.py` says how it is measured.

- The repositories are the five with the most open requests to the branch. Of each, those three take part that are the
  newest open ones which git merges cleanly one after another, which change something and contain no merge commit.
- The copies that are served hold one branch with its whole history, and the head of every request. Other branches are
  left out, which flatters the peers: git-aggregator and mrchef fetch all of them. The pack has a bitmap, as on a forge.
- git-aggregator runs twice: as its documentation shows it, and with `depth: 100`, as doodba recommends for merges.
- mrchef applies patches from a url. It gets `git format-patch` of each request from the same server, as from a forge.
- Every contender that makes checkouts must make the tree that git makes of the same merges.
- In the second case, the server holds only the head of the branch: no request, no history. With and without merges,
  the same repositories are checked out.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path

from bench import default_work, machine, run_case
from cases import Case, Oca
from contender import Contender
from prepare import PARITY, copy_branch, find_mirror, git
from promise import Promise
from pulls import Merger, Request, clean_series, open_requests, serve_requests
from results import HEAD, Result
from setting import Link, Network, OcaProject, PeerProject, Setting, remove

REPOSITORIES, REQUESTS = 5, 3
BELOW = "now"  # a link to what is served at the moment
TIMES = 5  # the target: so many times as fast, and so many times less bytes
SLOWER = 1.05  # the target: `sync` with merges takes no more than this, compared with `sync` without


class Merges:
    """What is merged, and what is served."""

    def __init__(self, options: argparse.Namespace, served: Path) -> None:
        self.branch, self.served = options.branch, served
        self.full, self.tips = served / "full", served / "tips"
        self.requests: dict[str, list[Request]] = {}
        self.trees: dict[str, str] = {}
        mirrors = {name: find_mirror(options.mirrors, name, options.layout) for name in PARITY}
        opened = {name: open_requests(mirror, self.branch) for name, mirror in mirrors.items()}
        for name in sorted(opened, key=lambda name: -len(opened[name]))[:REPOSITORIES]:
            self.prepare(name, mirrors[name], opened[name])
        self.serve(self.full)

    def prepare(self, name: str, mirror: Path, requests: list[Request]) -> None:
        copy = self.full / f"{name}.git"
        copy_branch(mirror, self.tips / f"{name}.git", self.branch, "tip")
        is_new = not copy.exists()
        copy_branch(mirror, copy, self.branch, "branch")
        if is_new:
            git(copy, "repack", "-a", "-d", "-b", "-q")
        tip = serve_requests(mirror, copy, self.branch)
        merger = Merger(copy, self.served / "scratch" / name)
        self.requests[name], self.trees[name] = clean_series(merger, tip, requests, REQUESTS)
        for request in self.requests[name]:
            ancestor = merger.ancestor(tip, request.head)
            patch = git(copy, "format-patch", "--stdout", "--binary", "--full-index", f"{ancestor}..{request.head}")
            (self.full / self.patch(name, request)).write_text(patch)

    def serve(self, directory: Path) -> None:
        link = self.served / BELOW
        link.unlink(missing_ok=True)
        link.symlink_to(directory.name)

    def patch(self, name: str, request: Request) -> str:
        return f"{name}-{request.number}.patch"

    def tables(self) -> str:
        """The tables of `repos.toml`."""
        declared = {name: json.dumps([f"#{request.number}" for request in of]) for name, of in self.requests.items()}
        return "".join(f"\n[repos.{name}]\nmerges = {merges}\n" for name, merges in declared.items())

    def check_lock(self, lock: Path) -> None:
        for repo in json.loads(lock.read_text())["repos"]:
            self.check_one(repo["name"], repo["tree"])

    def check_trees(self, tree: Path) -> None:
        for name in self.requests:
            self.check_one(name, git(tree / name / ".git", "rev-parse", "HEAD^{tree}").strip())

    def check_one(self, name: str, tree: str) -> None:
        if tree != self.trees[name]:
            raise SystemExit(f"{name} has the tree {tree}; git merges to {self.trees[name]}")


class MergingOca(Oca):
    """`oca` whose lock has steps beside it."""

    def forget_everything(self) -> None:
        super().forget_everything()
        remove(self.project.directory / "oca.lock.d")


def lock_case(setting: Setting, link: Link, merges: Merges) -> Case:
    project = OcaProject(setting, link, "oca-merges")
    project.configure(merges.tables())
    oca = MergingOca(setting, link, project)

    def check_tree() -> None:
        merges.check_lock(project.lock)
        merges.check_trees(project.tree)

    contenders = [
        oca.contender("lock", before=oca.forget_everything, check=partial(merges.check_lock, project.lock)),
        oca.contender("sync", before=oca.forget_everything, check=check_tree),
        git_aggregate(setting, link, merges, None),
        git_aggregate(setting, link, merges, 100),
        mrchef(setting, link, merges),
    ]
    return Case("lock with merges, nothing cached", contenders, link)


def sync_case(setting: Setting, link: Link, merges: Merges) -> Case:
    """Both locks are made first; then only the heads are served."""
    plain = Oca(setting, link, OcaProject(setting, link, "oca-plain"))
    merged = MergingOca(setting, link, OcaProject(setting, link, "oca-merged"))
    merged.project.configure(merges.tables())
    for oca in (plain, merged):
        oca.lock()
    merges.serve(merges.tips)
    contenders = [
        plain.contender("sync", before=plain.forget_all_but_lock),
        merged.contender(
            "sync", before=merged.forget_all_but_lock, check=partial(merges.check_trees, merged.project.tree)
        ),
    ]
    for contender, name in zip(contenders, ("without merges", "with merges")):
        contender.name = f"oca sync, {name}"
    return Case("sync, with a lock", contenders, link)


def git_aggregate(setting: Setting, link: Link, merges: Merges, depth: int | None) -> Contender | None:
    if not (tool := setting.tool("gitaggregate")):
        return None
    name = f"gitaggregate, depth {depth}" if depth else "gitaggregate"
    peer = PeerProject(setting, link, name.replace(", ", "-").replace(" ", "-"))
    shallow = f"  defaults:\n    depth: {depth}\n" if depth else ""
    configuration = "".join(
        f"./{repo}:\n{shallow}  remotes:\n    origin: {link.base_url}/{repo}.git\n  merges:\n"
        f"    - origin {setting.branch}\n"
        + "".join(f"    - origin {request.ref}\n" for request in requests)
        + f"  target: origin {setting.branch}\n"
        for repo, requests in merges.requests.items()
    )

    def start() -> None:
        peer.empty()
        (peer.directory / "repos.yaml").write_text(configuration)

    command = [tool, "-c", "repos.yaml", "-j", str(setting.jobs), "--no-color"]
    return Contender(name, command, peer.directory, before=start, check=partial(merges.check_trees, peer.directory))


def mrchef(setting: Setting, link: Link, merges: Merges) -> Contender | None:
    tool = setting.tool("mrchef") if setting.tool("git-autoshare-clone") else None
    if not tool:
        return None
    peer = PeerProject(setting, link, "mrchef")
    kitchen, freezer = peer.directory / "kitchen", peer.directory / "mrchef.lock"

    def configure() -> None:
        peer.empty()
        meals = ""
        for name, requests in merges.requests.items():
            spices = ", ".join(f'"{link.base_url}/{merges.patch(name, request)}"' for request in requests)
            meals += (
                f'\n[meals.{name}]\nurl = "{link.base_url}/{name}.git"\nbranch = "{setting.branch}"\n'
                f"spices = [{spices}]\n"
            )
        (peer.directory / "mrchef.toml").write_text(f'version = 1\nkitchen = "kitchen"\n{meals}')

    hooks: dict[str, Callable[[], None]] = {
        "once": configure,
        "before": partial(remove, kitchen, freezer),
        "check": partial(merges.check_trees, kitchen),
    }
    command = [tool, "warmup", "-j", str(setting.jobs)]
    return Contender("mrchef warmup", command, peer.directory, setting.with_tools(), **hooks)


def judge_lock(results: list[Result]) -> list[str]:
    lock, _, *peers = results
    lines = []
    for peer in peers:
        if not peer.runs:
            continue
        times, less = (peer.median(what) / lock.median(what) for what in ("wall", "megabytes"))
        reached = "reached" if min(times, less) >= TIMES else "missed"
        found = f"{peer.contender} takes {times:.1f} times as long, {less:.1f} times the bytes"
        lines.append(f"target {TIMES} times {reached}: {found}")
    return lines


def judge_sync(results: list[Result]) -> list[str]:
    plain, merged = results
    times = merged.times_first or 0
    reached = "reached" if times <= SLOWER else "missed"
    more = merged.median("requests") - plain.median("requests")
    return [f"target {SLOWER} times {reached}: {times:.3f} times as long with merges, {more:+.0f} requests"]


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mirrors", type=Path, required=True, help="directory of bare mirrors")
    parser.add_argument("--layout", help="where a mirror is below it, e.g. 'OCA+{name}/repo'")
    parser.add_argument("--oca", type=Path, required=True, help="the binary to measure")
    parser.add_argument("--venv", type=Path, help="virtual environment of the peers")
    parser.add_argument("--work", type=Path, default=default_work(), help="work directory, best on tmpfs (%(default)s)")
    parser.add_argument("--branch", default="16.0")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument(
        "--sync-runs", type=int, default=15, help="runs of the second case, whose differences are small"
    )
    parser.add_argument("--limit", type=float, default=300, help="seconds that one run may take (%(default)s)")
    parser.add_argument("--jobs", type=int, default=8, help="how many repositories the peers work on at once")
    parser.add_argument("--rtt", type=float, default=30, help="milliseconds of the relay's round trip")
    parser.add_argument("--mbit", type=float, default=200, help="megabits a second of the relay")
    parser.add_argument("--json", type=Path, help="write every single run to this file")
    return parser.parse_args()


def main() -> None:
    options = parse_arguments()
    work = options.work.absolute()
    served = work / f"served-merges-{options.branch}"
    for directory in ("full", "tips"):
        (served / directory).mkdir(parents=True, exist_ok=True)
    merges = Merges(options, served)
    scratch = work / "run-merges"
    remove(scratch)
    venv = options.venv.absolute() if options.venv else None
    names = tuple(merges.requests)
    setting = Setting(
        scratch, served, names, options.branch, 0, options.jobs, options.limit, options.oca.absolute(), venv
    )
    print(machine())
    for name, requests in merges.requests.items():
        print(f"{name}: {', '.join(f'#{request.number}' for request in requests)}")
    results: list[Result] = []
    with Network(served, options.rtt / 1000, options.mbit) as network:
        link = Link(network.relayed.name, network.relayed.port, network.relayed.counters, is_slow=True, below=BELOW)
        for make, judge, runs in (
            (lock_case, judge_lock, options.runs),
            (sync_case, judge_sync, options.sync_runs),
        ):
            case = make(setting, link, merges)
            print(f"\n{case.name} · {link.name}\n{HEAD}", flush=True)
            of_case = run_case(setting, network, case, runs)
            print("\n".join(result.row() for result in of_case))
            print("\n".join(f"  {line}" for line in judge(of_case)))
            print(f"  {machine()}", flush=True)
            results += of_case
            if options.json:
                document = {"machine": machine(), "results": [asdict(result) for result in results]}
                options.json.write_text(json.dumps(document, indent=2) + "\n")
    remove(scratch)
    if breaches := [line for result in results[:2] for line in Promise().breaches(result)]:
        raise SystemExit("\n".join(["", "broken promises:", *breaches]))


if __name__ == "__main__":
    main()
