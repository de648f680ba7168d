"""Resolves the merged requirements of real repositories from the Python registry, with uv and with pip.

Makes a project of all repositories of the profile `parity` on one branch, locks it, merges its requirements, and lets
`uv pip compile` and `pip install --dry-run` resolve them; for comparison also what many people install today, all
`requirements.txt` of the checkouts one after the other. What the project declares in `[requirements]` is shown, so that
nothing is corrected by hand. Ends with 1 where the merged requirements cannot be resolved.

uv resolves for the Python that is given, pip for the one that runs this. Both need the network, and nothing else here
does. The packages that are not available as wheels are built, as far as their metadata go.

    python3 resolve.py --mirrors DIR --oca BINARY [--branch 16.0] [--python 3.10] [--ignore NAME…] [--constraints FILE]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import venv
from dataclasses import dataclass
from pathlib import Path

from prepare import LAYOUTS, PARITY, git, prepare
from setting import toml_list


@dataclass(frozen=True)
class Project:
    """A directory with a `repos.toml`, and the binary that works on it."""

    oca: Path
    directory: Path

    def declare(self, served: Path, branch: str, settings: str) -> None:
        (self.directory / "repos.toml").write_text(
            f'odoo = "{branch}"\nbase-url = "{served}"\n\n[profiles.parity]\nrepos = {toml_list(PARITY)}\n'
            f"\n[requirements]\n{settings}"
        )

    def run(self, *arguments: str) -> None:
        environment = os.environ | {"OCA_CACHE_DIR": str(self.directory / "cache")}
        subprocess.run([self.oca, "--quiet", *arguments], cwd=self.directory, env=environment, check=True)


@dataclass(frozen=True)
class Tools:
    """uv and pip in a virtual environment."""

    directory: Path
    python: str
    constraints: Path | None

    def install(self) -> None:
        venv.create(self.directory, with_pip=True)
        subprocess.run([self.directory / "bin" / "pip", "install", "--quiet", "uv"], check=True)

    def resolve(self, requirements: Path) -> bool:
        """Whether both find a version of everything."""
        limits = ["--constraint", str(self.constraints)] if self.constraints else []
        compiled, report = requirements.with_suffix(".compiled"), requirements.with_suffix(".json")
        uv = [self.directory / "bin" / "uv", "pip", "compile", "--quiet", "--python-version", self.python, "--no-annotate"]
        pip = [self.directory / "bin" / "pip", "install", "--dry-run", "--quiet", "--ignore-installed", "--report", report]
        by_uv = attempt("uv", [*uv, *limits, "-o", compiled, requirements])
        if by_uv:
            print(f"    {sum(not line.startswith('#') for line in compiled.read_text().splitlines())} distributions")
        by_pip = attempt("pip", [*pip, *limits, "-r", requirements])
        if by_pip:
            print(f"    {len(json.loads(report.read_text())['install'])} distributions")
        return by_uv and by_pip


def attempt(name: str, command: list[object]) -> bool:
    begin = time.monotonic()
    result = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    outcome = "resolved" if result.returncode == 0 else f"failed\n{result.stderr}"
    print(f"  {name}, {time.monotonic() - begin:.0f} s: {outcome}", flush=True)
    return result.returncode == 0


def union(served: Path, branch: str) -> str:
    """All files called `requirements.txt`, by repository and path."""
    parts = []
    for name in sorted(PARITY):
        copy = served / f"{name}.git"
        paths = git(copy, "ls-tree", "-r", "-z", "--name-only", branch).split("\0")
        parts += [git(copy, "show", f"{branch}:{path}") for path in paths if path.split("/")[-1] == "requirements.txt"]
    return "\n".join(parts)


def lines(requirements: Path) -> int:
    """How many lines there are that require something."""
    stripped = (line.strip() for line in requirements.read_text().splitlines())
    return sum(bool(line) and not line.startswith("#") for line in stripped)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mirrors", type=Path, required=True, help="directory of bare mirrors")
    parser.add_argument("--layout", help=f"where a mirror is below it, e.g. {' or '.join(LAYOUTS)} (default: tried)")
    parser.add_argument("--oca", type=Path, required=True, help="the binary")
    parser.add_argument("--branch", default="16.0")
    parser.add_argument("--python", default="3.10", help="the Python of the image")
    parser.add_argument("--ignore", nargs="*", default=[], help="words for `ignore` of `[requirements]`")
    parser.add_argument("--constraints", type=Path, help="what the image pins, such as Odoo's own requirements.txt")
    options = parser.parse_args()
    constraints = options.constraints.resolve() if options.constraints else None
    settings = f'python = "{options.python}"\nignore = {json.dumps(options.ignore)}\n'
    settings += f"constraints = [{json.dumps(str(constraints))}]\n" if constraints else ""
    with tempfile.TemporaryDirectory() as scratch:
        work = Path(scratch)
        served = work / "served"
        prepare(options.mirrors, served, options.branch, "tip", options.layout)
        project = Project(options.oca.resolve(), work / "project")
        project.directory.mkdir()
        project.declare(served, options.branch, settings)
        project.run("lock")
        merged, naive = project.directory / "requirements.txt", work / "union.txt"
        project.run("requirements", "-o", str(merged))
        naive.write_text(union(served, options.branch))
        tools = Tools(work / "venv", options.python, constraints)
        tools.install()
        print(f"uv for Python {options.python}, pip for {sys.version.split()[0]}; declared:\n{settings}")
        print(f"union of the files, {lines(naive)} lines:")
        tools.resolve(naive)
        print(f"merged by oca, {lines(merged)} lines:")
        raise SystemExit(0 if tools.resolve(merged) else 1)


if __name__ == "__main__":
    main()
