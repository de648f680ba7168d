"""Measures what an image costs: the bytes of each layer of `oca export --layers`, and the time to make them.

The profiles are `standard` and `parity`, which extends it, of real repositories on one branch: all modules, all modules
with three languages, and forty modules at even distances in the list of all names with what they depend on. An image of
`standard` is the first layer, one of `parity` both, so that the first is what the two share. Made with an empty cache
behind a link with a delay and a limited rate, then again with what that left; ends with 1 where the tar of a layer is
not the same bytes both times.

    python3 layers.py --mirrors DIR --oca BINARY [--branch 16.0] [--rtt 30] [--mbit 200]
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from prepare import LAYOUTS, PARITY, STANDARD, prepare
from setting import Network, toml_list

CHOSEN = 40
LANGUAGES = ("fr", "es", "de")
WARM_RUNS = 3
# What `docker build` packs, without what depends on the machine.
TAR = ("tar", "--sort=name", "--owner=0", "--group=0", "--numeric-owner", "-cf", "-")


@dataclass(frozen=True)
class Layer:
    """A directory that becomes a layer."""

    name: str
    files: int
    size: int  # bytes of all files
    gzipped: int  # bytes of its tar, as a registry keeps it
    digest: str  # of its tar


class Project:
    """A project of both profiles, with a cache of its own."""

    def __init__(self, oca: Path, directory: Path, base_url: str, branch: str) -> None:
        self.oca, self.directory, self.base_url, self.branch = oca, directory, base_url, branch
        self.cache = directory / "cache"

    def declare(self, top: str = "", standard: list[str] | None = None, parity: list[str] | None = None) -> None:
        """Writes `repos.toml` and locks it; the modules of a profile are all where none are named."""
        added = [name for name in PARITY if name not in STANDARD]
        profiles = [("standard", [], STANDARD, standard), ("parity", ["standard"], added, parity)]
        text = f'odoo = "{self.branch}"\nbase-url = "{self.base_url}"\n{top}'
        for name, extends, repos, modules in profiles:
            text += f"\n[profiles.{name}]\nextends = {toml_list(extends)}\nrepos = {toml_list(repos)}\n"
            text += f"modules = {toml_list(modules)}\n" if modules is not None else ""
        (self.directory / "repos.toml").write_text(text)
        self.run("lock")

    def chosen(self) -> tuple[list[str], list[str]]:
        """Forty modules: those of the repositories of `standard`, and the others."""
        repos = json.loads((self.directory / "oca.lock.json").read_text())["repos"]
        repo_of = {module["name"]: repo["name"] for repo in reversed(repos) for module in repo["modules"]}
        names = sorted(repo_of)
        chosen = names[:: len(names) // CHOSEN][:CHOSEN]
        in_standard = [name for name in chosen if repo_of[name] in STANDARD]
        return in_standard, [name for name in chosen if repo_of[name] not in STANDARD]

    def export(self) -> tuple[float, list[Path]]:
        """Exports both layers; gives the seconds it took, and the directories in their order."""
        shutil.rmtree(self.directory / "dist", ignore_errors=True)
        begin = time.monotonic()
        printed = self.run("-p", "parity", "export", "--layers", "dist")
        return time.monotonic() - begin, [Path(line) for line in printed.splitlines()]

    def run(self, *arguments: str) -> str:
        environment = os.environ | {"OCA_CACHE_DIR": str(self.cache)}
        command = [self.oca, "--quiet", *arguments]
        result = subprocess.run(command, cwd=self.directory, env=environment, check=True, stdout=subprocess.PIPE, text=True)
        return result.stdout


def measured(directory: Path) -> Layer:
    """A layer as it is; its tar is read once."""
    paths = [path for path in directory.rglob("*") if path.is_symlink() or path.is_file()]
    tar = subprocess.run([*TAR, "-C", directory, "."], check=True, stdout=subprocess.PIPE).stdout
    gzipped = subprocess.run(["gzip", "-nc"], input=tar, check=True, stdout=subprocess.PIPE).stdout
    size = sum(path.lstat().st_size for path in paths)
    return Layer(directory.name, len(paths), size, len(gzipped), hashlib.sha256(tar).hexdigest())


def measure(project: Project, title: str) -> bool:
    """Prints one case; whether all tars were the same both times."""
    shutil.rmtree(project.cache)
    cold, directories = project.export()
    first = [measured(directory) for directory in directories]
    times = []
    for _ in range(WARM_RUNS):
        warm, directories = project.export()
        times.append(warm)
    again = [measured(directory) for directory in directories]
    print(f"\n{title}: {cold:.2f} s with an empty cache, {statistics.median(times):.2f} s with a full one")
    for layer in first:
        size, gzipped = layer.size / 1e6, layer.gzipped / 1e6
        print(f"  {layer.name:10}{layer.files:7} files {size:8.2f} MB {gzipped:8.2f} MB as tar.gz")
    by_size, by_tar = (100 * first[0].size / sum(layer.size for layer in first), share(first))
    same = [layer.digest for layer in first] == [layer.digest for layer in again]
    print(f"  shared by both images: {by_size:.0f} % of the files, {by_tar:.0f} % of the tar.gz of parity")
    print(f"  the same tars in both builds: {'yes' if same else 'NO'}", flush=True)
    return same


def share(layers: list[Layer]) -> float:
    return 100 * layers[0].gzipped / sum(layer.gzipped for layer in layers)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mirrors", type=Path, required=True, help="directory of bare mirrors")
    parser.add_argument("--layout", help=f"where a mirror is below it, e.g. {' or '.join(LAYOUTS)} (default: tried)")
    parser.add_argument("--oca", type=Path, required=True, help="the binary to measure")
    parser.add_argument("--branch", default="16.0")
    parser.add_argument("--rtt", type=float, default=30, help="milliseconds of the relay's round trip")
    parser.add_argument("--mbit", type=float, default=200, help="megabits a second of the relay")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir="/dev/shm") as work:
        served = Path(work) / "served"
        prepare(options.mirrors, served, options.branch, "tip", options.layout)
        directory = Path(work) / "project"
        directory.mkdir()
        with Network(served, options.rtt / 1000, options.mbit) as network:
            project = Project(options.oca.resolve(), directory, network.relayed.base_url, options.branch)
            project.declare()
            chosen = project.chosen()
            same = [measure(project, "everything")]
            project.declare(f"\n[export]\nlanguages = {toml_list(LANGUAGES)}\n")
            same.append(measure(project, "three languages"))
            project.declare("", *chosen)
            same.append(measure(project, f"{CHOSEN} modules and what they need"))
    raise SystemExit(0 if all(same) else 1)


if __name__ == "__main__":
    main()
