"""Makes small copies of mirrored repositories to serve: one branch each, complete at its tip.

A mirror of a large repository may lack some large blobs. Where the branch's tip needs one, a commit that removes
those files is put on top, always the same one, so that every contender gets the same tree and none of them fails.

    python3 prepare.py --mirrors DIR --work DIR [--branch 16.0] [--history branch|tip]
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

STANDARD = (
    "reporting-engine account-closing account-financial-reporting account-financial-tools account-invoicing project "
    "hr-expense purchase-workflow maintenance dms calendar web contract server-tools"
).split()
PARITY = (
    *STANDARD,
    *(
        "account-reconcile bank-payment commission crm field-service helpdesk hr knowledge manufacture mis-builder "
        "partner-contact payroll sale-workflow server-ux social stock-logistics-warehouse stock-logistics-workflow "
        "timesheet"
    ).split(),
)

LAYOUTS = ("{name}.git", "OCA+{name}/repo", "{name}")
FIXED_IDENTITY = {
    "GIT_AUTHOR_NAME": "bench",
    "GIT_AUTHOR_EMAIL": "bench@example.com",
    "GIT_AUTHOR_DATE": "1700000000 +0000",
    "GIT_COMMITTER_NAME": "bench",
    "GIT_COMMITTER_EMAIL": "bench@example.com",
    "GIT_COMMITTER_DATE": "1700000000 +0000",
}


def find_mirror(mirrors: Path, name: str, layout: str | None = None) -> Path:
    """The mirror of one repository, in the given layout or the first of the known ones that is there."""
    candidates = [mirrors / pattern.format(name=name) for pattern in ([layout] if layout else LAYOUTS)]
    for candidate in candidates:
        if (candidate / "objects").is_dir():
            return candidate
    raise SystemExit(f"no mirror of {name}: none of {', '.join(map(str, candidates))} is a bare repository")


def git(repository: Path, *arguments: str, stdin: str = "", **environment: str) -> str:
    """Runs git in a bare repository and gives what it printed."""
    result = subprocess.run(
        ["git", f"--git-dir={repository}", *arguments],
        input=stdin,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        raise SystemExit(f"git {' '.join(arguments)} in {repository}:\n{result.stderr}")
    return result.stdout


def copy_branch(mirror: Path, copy: Path, branch: str, history: str) -> int:
    """Makes `copy` with the one branch, unless it is there already; gives the number of files at the tip."""
    ready = copy / "bench-files"
    stamp = f"{git(mirror, 'rev-parse', f'refs/heads/{branch}').strip()} {branch} {history}"
    if ready.exists():
        files, _, made_from = ready.read_text().partition(" ")
        if made_from == stamp:
            return int(files)
        shutil.rmtree(copy)
    shutil.rmtree(copy, ignore_errors=True)
    git(copy, "init", "--quiet", "--bare")
    tip = stamp.split()[0]
    # The mirror lends its objects while the copy is made, not afterwards.
    lent = {"GIT_ALTERNATE_OBJECT_DIRECTORIES": str((mirror / "objects").resolve())}
    missing = missing_at_tip(copy, tip, lent)
    if missing:
        tip = commit_without(copy, tip, missing, lent)
    if history == "tip":
        (copy / "shallow").write_text(f"{tip}\n")
    pack = copy / "objects" / "pack" / "pack"
    git(copy, "pack-objects", "--quiet", "--revs", "--missing=allow-any", str(pack), stdin=f"{tip}\n", **lent)
    git(copy, "prune-packed", "--quiet")
    git(copy, "update-ref", f"refs/heads/{branch}", tip)
    git(copy, "symbolic-ref", "HEAD", f"refs/heads/{branch}")
    files = len(git(copy, "ls-tree", "-r", "-z", "--name-only", tip).split("\0")) - 1
    ready.write_text(f"{files} {stamp}")
    return files


def missing_at_tip(copy: Path, tip: str, lent: dict[str, str]) -> list[str]:
    """Paths of the commit's files whose content the mirror does not have."""
    listed = git(copy, "rev-list", "--objects", "--no-walk", "--missing=print", tip, **lent)
    lost = {line[1:] for line in listed.splitlines() if line.startswith("?")}
    entries = git(copy, "ls-tree", "-r", "-z", tip, **lent).split("\0") if lost else []
    return [path for meta, _, path in (entry.partition("\t") for entry in entries) if path and meta.split()[2] in lost]


def commit_without(copy: Path, tip: str, paths: list[str], lent: dict[str, str]) -> str:
    """Commits the removal of `paths` on top of `tip`."""
    removals = "".join(f"0 {'0' * 40}\t{path}\0" for path in paths)
    return commit(copy, tip, removals, "Remove files that the mirror lacks\n", lent)


def commit(copy: Path, tip: str, changes: str, message: str, lent: dict[str, str]) -> str:
    """Commits changes to the index on top of `tip`; the same input gives the same commit."""
    index = copy / "bench-index"
    environment = lent | {"GIT_INDEX_FILE": str(index)}
    git(copy, "read-tree", tip, **environment)
    git(copy, "update-index", "-z", "--index-info", stdin=changes, **environment)
    tree = git(copy, "write-tree", "--missing-ok", **environment).strip()
    index.unlink()
    return git(copy, "commit-tree", "-p", tip, tree, stdin=message, **lent, **FIXED_IDENTITY).strip()


def tip_of(copy: Path, branch: str) -> str:
    return git(copy, "rev-parse", f"refs/heads/{branch}").strip()


def move_branch(copy: Path, branch: str) -> None:
    """Puts a commit on top of the branch that changes one manifest."""
    tip = tip_of(copy, branch)
    paths = git(copy, "ls-tree", "-r", "-z", "--name-only", tip).split("\0")
    manifest = next(path for path in paths if path.endswith("/__manifest__.py"))
    content = git(copy, "show", f"{tip}:{manifest}") + "# Moved\n"
    blob = git(copy, "hash-object", "-w", "--stdin", stdin=content).strip()
    moved = commit(copy, tip, f"100644 {blob}\t{manifest}\0", "Move\n", {})
    git(copy, "update-ref", f"refs/heads/{branch}", moved, tip)


def prepare(
    mirrors: Path, served: Path, branch: str, history: str, layout: str | None = None, names: tuple[str, ...] = PARITY
) -> int:
    """Makes all copies below `served`; gives the number of files in a checkout of everything."""
    served.mkdir(parents=True, exist_ok=True)

    def copy_one(name: str) -> int:
        return copy_branch(find_mirror(mirrors, name, layout), served / f"{name}.git", branch, history)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return sum(pool.map(copy_one, names))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mirrors", type=Path, required=True, help="directory of bare mirrors")
    parser.add_argument("--layout", help=f"where a mirror is below it, e.g. {' or '.join(LAYOUTS)} (default: tried)")
    parser.add_argument("--work", type=Path, required=True, help="the copies are made in DIR/served")
    parser.add_argument("--branch", default="16.0")
    parser.add_argument("--history", choices=("branch", "tip"), default="tip", help="what a copy holds")
    options = parser.parse_args()
    files = prepare(options.mirrors, options.work / "served", options.branch, options.history, options.layout)
    print(f"{len(PARITY)} repositories, {files} files at {options.branch}")


if __name__ == "__main__":
    main()
