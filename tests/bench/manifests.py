"""Compares what oca reads in real manifests with what Python reads.

Takes the manifests of all modules at the tips of these branches of the mirrored repositories, those that are not
installable included, and compares the whole values: types, order and all. Ends with 1 where one differs.

    python3 manifests.py --mirrors DIR [--branches 14.0 15.0 16.0 17.0 18.0]
"""

from __future__ import annotations

import argparse
import ast
import os
import subprocess
import tempfile
from pathlib import Path

from prepare import LAYOUTS, PARITY, find_mirror

TOP = Path(__file__).resolve().parents[2]
NAMES = ("__manifest__.py", "__openerp__.py")
TEST = "addons::literal_tests::real_manifests"


def manifests(mirror: Path, branch: str) -> dict[str, bytes]:
    """The manifests of the modules at a branch's tip, by path."""
    commit = f"refs/heads/{branch}"
    listed = git(mirror, "ls-tree", "-r", "-z", commit).decode().split("\0")
    entries = [entry.partition("\t") for entry in listed if entry.startswith("100")]
    found = [(path, meta.split()[2]) for meta, _, path in entries if path.count("/") == 1 and path.endswith(NAMES)]
    blobs = git(mirror, "cat-file", "--batch", stdin="".join(f"{blob}\n" for _, blob in found).encode())
    texts = {}
    for path, _ in found:
        header, _, blobs = blobs.partition(b"\n")
        size = int(header.split()[2])
        texts[path], blobs = blobs[:size], blobs[size + 1 :]
    return texts


def git(mirror: Path, *arguments: str, stdin: bytes = b"") -> bytes:
    return subprocess.run(["git", f"--git-dir={mirror}", *arguments], input=stdin, capture_output=True, check=True).stdout


def python_reads(text: bytes) -> str:
    try:
        return repr(ast.literal_eval(text.decode()))
    except (SyntaxError, ValueError) as error:
        return f"refused: {error}"


def oca_reads(text: str) -> str:
    """What the test has written is a literal again, or says why there is none."""
    try:
        return repr(ast.literal_eval(text))
    except (SyntaxError, ValueError):
        return f"refused: {text}"


def run_oca(directory: Path) -> None:
    command = ["cargo", "test", "--quiet", "--locked", "--lib", TEST, "--", "--exact", "--ignored"]
    result = subprocess.run(
        command, cwd=TOP, env=os.environ | {"OCA_MANIFESTS": str(directory)}, capture_output=True, text=True, check=False
    )
    if result.returncode:
        raise SystemExit(result.stdout + result.stderr)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mirrors", type=Path, required=True, help="directory of bare mirrors")
    parser.add_argument("--layout", help=f"where a mirror is below it, e.g. {' or '.join(LAYOUTS)} (default: tried)")
    parser.add_argument("--branches", nargs="+", default=["14.0", "15.0", "16.0", "17.0", "18.0"])
    options = parser.parse_args()
    differing = 0
    with tempfile.TemporaryDirectory() as scratch:
        read: dict[Path, tuple[str, bytes]] = {}
        for branch in options.branches:
            before = len(read)
            for name in PARITY:
                for path, text in manifests(find_mirror(options.mirrors, name, options.layout), branch).items():
                    file = Path(scratch, f"{len(read)}.py")
                    file.write_bytes(text)
                    read[file] = f"{branch} {name}/{path}", text
            print(f"{branch}: {len(read) - before} manifests", flush=True)
        run_oca(Path(scratch))
        for file, (origin, text) in read.items():
            python, oca = python_reads(text), oca_reads(file.with_suffix(".out").read_text())
            if python != oca and not (python.startswith("refused") and oca.startswith("refused")):
                differing += 1
                print(f"{origin}:\n  python: {python}\n  oca: {oca}")
    print(f"{len(read)} manifests, {differing} differ")
    raise SystemExit(1 if differing else 0)


if __name__ == "__main__":
    main()
