#!/usr/bin/env python3
"""Measures `oca` against what people use today, from outside: whole processes, on real OCA repositories.

    python3 tests/bench/bench.py --mirrors DIR [--oca target/release/oca] [--venv DIR] [--json FILE]
                                 [--only REGEX] [--runs 5] [--list]

DIR holds bare mirrors of the 32 OCA repositories of the `parity` profile, as DIR/NAME.git or DIR/OCA+NAME/repo
(`--layout` for anything else). Only git and Python 3.9 are needed, on Linux. Peers written in Python take
part where they are installed in the virtual environment DIR
(`pip install vcs2l git-aggregator mrchef git-autoshare`). Without `--oca` the peers run alone.

How it is measured:

- Small copies of the one branch are made in memory (`prepare.py`) and served by git itself over HTTP on loopback
  (`serve.py`), either plainly or over a link with a delay and a limited rate (`relay.py`; `relay.py --check` measures
  that link). The copies hold the tip alone, because a real server computes elsewhere and this one shares the machine
  with the contenders; from copies of the whole branch it sends the same bytes to within a tenth of a percent. Only
  mrchef gets such copies (`peers.py` says why). `git submodule` is flattered: each pin is the head of the one branch.
- In each case all contenders run in turn, after a warm-up that is thrown away: A B C, A B C, … What slows the machine
  down for a while slows all of them down. Bringing back the starting state, by deleting what the last run made, is
  not timed.
- Everything is on tmpfs: what is compared is the tools, not the disk.
- cpu is user and system time of the contender and all its children; peak is the largest single process, and cannot
  be told below that of the launcher (about 10 MB; `measure.py` says why). server is what the server used meanwhile
  on the same machine, so wall times without the relay understate differences between contenders.
- connections and bytes are counted on the sockets of the near end of the link, headers included, both ways; requests
  are counted by the server.
- A run that takes longer than `--limit` is ended with all it started; its contender is told to have been stopped and
  takes no further part in the case.
- The last column is how many times as long as the first contender another one took: the median over the pairs of
  one round.

A contender that fails, or checks out less than everything, ends the benchmark with what it said. What `oca` promises
(`promise.py`: connections, bytes and memory) is checked in every run; a broken promise is told at the end, with exit
code 1. Times depend on the machine: they are compared with their target and no more.
A new case is a few lines in `cases.py`.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from pathlib import Path

import limit
import secure
from cases import Case, all_cases
from contender import Contender
from counters import Counters, Reading
from limit import ExceededError
from peers import PACKAGES, WHOLE_HISTORY
from prepare import PARITY, prepare
from results import HEAD, Result, Run
from setting import Network, Setting, remove

MEASURE = Path(__file__).with_name("measure.py")


def measure(setting: Setting, contender: Contender, counters: Counters, server: Counters) -> Run:
    """Runs a contender once, from its starting state."""
    contender.before()
    outputs = [str(setting.work / name) for name in ("result", "stdout", "stderr")]
    before, server_before = counters.read(), server.read()
    measured = limit.run(
        [sys.executable, "-I", "-S", str(MEASURE), *outputs, *contender.command],
        setting.limit,
        cwd=contender.cwd,
        env=setting.environment | contender.environment,
    )
    measured.check_returncode()
    code, wall, cpu, peak = Path(outputs[0]).read_text().split()
    if code != "0":
        said = "\n".join(Path(output).read_text(errors="replace").strip() for output in outputs[1:])
        raise SystemExit(f"{contender.name}: {shlex.join(contender.command)} ended with {code}:\n{said}")
    wire: Reading = counters.read() - before
    served = server.read() - server_before
    return Run(
        float(wall),
        float(cpu),
        int(peak),
        served.cpu,
        wire.connections,
        wire.bytes_up,
        wire.bytes_down,
        served.requests,
    )


def run_case(setting: Setting, network: Network, case: Case, runs: int) -> list[Result]:
    """Runs a case's contenders in turn, after a warm-up of each; one that takes too long is left out from then on."""
    counters = (case.link or network.loopback).counters
    link = case.link.name if case.link else ""
    contenders = case.present()
    results = [Result(case.name, link, contender.name) for contender in contenders]
    for turn in range(runs + 1):
        is_warm_up = turn == 0
        for contender, result in zip(contenders, results):
            if result.stopped_after:
                continue
            try:
                if is_warm_up:
                    contender.once()
                run = measure(setting, contender, counters, network.server_counters)
            except ExceededError as exceeded:
                result.stopped_after = exceeded.seconds
                continue
            if is_warm_up:
                contender.check()
            else:
                result.runs.append(run)
    for result in results:
        result.compare(results[0])
    return results


def write_json(options: argparse.Namespace, results: list[Result], breaches: list[str]) -> None:
    """Written after each case: a run that is broken off keeps what it has measured."""
    document = {
        "machine": machine(),
        "branch": options.branch,
        "breaches": breaches,
        "results": [asdict(result) for result in results],
    }
    options.json.write_text(json.dumps(document, indent=2) + "\n")


def judge(case: Case, results: list[Result]) -> list[str]:
    """Says whether `oca` reached its targets; gives the promises it broke."""
    for verdict in case.promise.targets(results):
        print(f"  {verdict}", flush=True)
    return case.promise.breaches(results[0])


def machine() -> str:
    git = subprocess.run(["git", "--version"], check=True, capture_output=True, text=True).stdout.strip()
    load = f"load {os.getloadavg()[0]:.1f}"
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, {load}, {git}"


def default_work() -> Path:
    memory = Path("/dev/shm")
    return (memory if memory.is_dir() else Path(tempfile.gettempdir())) / f"oca-bench-{os.getuid()}"


def run_cases(
    setting: Setting,
    network: Network,
    cases: Iterable[Case],
    options: argparse.Namespace,
    keep: Callable[[list[Result], list[str]], None],
) -> list[str]:
    """Runs the cases and prints their results. After each case, `keep` gets all results and broken
    promises so far. Returns the broken promises."""
    results: list[Result] = []
    breaches: list[str] = []
    for case in cases:
        print(f"\n{title_of(case)}\n{HEAD}", flush=True)
        of_case = run_case(setting, network, case, options.tiny_runs if case.tiny else options.runs)
        print("\n".join(result.row() for result in of_case), flush=True)
        results += of_case
        if options.oca:
            breaches += judge(case, of_case)
        keep(results, breaches)
    return breaches


def chosen(cases: Iterable[Case], only: str) -> Iterator[Case]:
    return (case for case in cases if re.search(only, title_of(case)))


def title_of(case: Case) -> str:
    return f"{case.name} · {case.link.name}" if case.link else case.name


def fail(breaches: list[str]) -> None:
    if breaches:
        raise SystemExit("\n".join(["", "broken promises:", *breaches]))


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mirrors", type=Path, required=True, help="directory of bare mirrors")
    parser.add_argument("--layout", help="where a mirror is below it, e.g. 'OCA+{name}/repo'")
    parser.add_argument("--oca", type=Path, help="the binary to measure")
    parser.add_argument("--venv", type=Path, help="virtual environment of the peers written in Python")
    parser.add_argument("--work", type=Path, default=default_work(), help="work directory, best on tmpfs (%(default)s)")
    parser.add_argument("--branch", default="16.0", help="the series, and the branch of every repository")
    parser.add_argument("--only", default="", help="only cases whose title (see --list) this regular expression finds")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--tiny-runs", type=int, default=20, help="runs of what takes milliseconds")
    parser.add_argument("--limit", type=float, default=120, help="seconds that one run may take (%(default)s)")
    parser.add_argument("--jobs", type=int, default=8, help="how many repositories the peers work on at once")
    parser.add_argument("--rtt", type=float, default=30, help="milliseconds of the relay's round trip")
    parser.add_argument("--mbit", type=float, default=200, help="megabits a second of the relay")
    parser.add_argument("--answer", type=float, default=150, help="milliseconds that a patient server's answer takes longer")
    parser.add_argument("--json", type=Path, help="write every single run to this file")
    parser.add_argument("--list", action="store_true", help="name the cases and exit")
    return parser.parse_args()


def main() -> None:
    options = parse_arguments()
    work = options.work.absolute()
    served = work / f"served-{options.branch}"
    files = prepare(options.mirrors, served, options.branch, "tip", options.layout)
    prepare(options.mirrors, served / WHOLE_HISTORY, options.branch, "branch", options.layout)
    oca, venv = (path.absolute() if path else None for path in (options.oca, options.venv))
    scratch = work / "run"
    remove(scratch)
    authority = secure.Authority(work / "authority") if secure.is_installed() else None
    trusted = authority.certificate if authority else None
    setting = Setting(scratch, served, PARITY, options.branch, files, options.jobs, options.limit, oca, venv, trusted)
    print(f"{machine()}\n{len(PARITY)} repositories at {options.branch}, {files} files, runs: {options.runs}")
    if missing := [package for command, package in PACKAGES.items() if not setting.tool(command)]:
        print(f"left out, because --venv does not have them: {', '.join(missing)}")

    if not authority:
        print("left out, because nghttpx or openssl is missing: the links with TLS")

    def present() -> Iterator[Case]:
        for case in chosen(all_cases(setting, network), options.only):
            if options.list or not case.present():
                print(title_of(case) if case.present() else f"{title_of(case)}: needs --oca")
            else:
                yield case

    def keep(results: list[Result], breaches: list[str]) -> None:
        if options.json:
            write_json(options, results, breaches)

    with Network(served, options.rtt / 1000, options.mbit, options.answer / 1000, authority) as network:
        breaches = run_cases(setting, network, present(), options, keep)
    remove(scratch)
    fail(breaches)


if __name__ == "__main__":
    main()
