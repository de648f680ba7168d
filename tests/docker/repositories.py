"""Makes git repositories of OCA modules from their wheels, for a series of which there are no mirrors.

    python3 repositories.py WHEELS DIRECTORY SERIES

Each wheel `odoo-addon-…` in WHEELS names the repository of its module as its home page. DIRECTORY gets a bare repository
NAME.git for each, with one commit on the branch SERIES. The names are printed.
"""

from __future__ import annotations

import email
import subprocess
import sys
import tempfile
import zipfile
from collections import defaultdict
from pathlib import Path, PurePosixPath

ADDONS = "odoo/addons/"
HOME = "https://github.com/OCA/"


def repository_of(wheel: zipfile.ZipFile) -> str:
    """The name of the repository that a wheel comes from."""
    [metadata] = [name for name in wheel.namelist() if name.endswith(".dist-info/METADATA")]
    home = email.message_from_bytes(wheel.read(metadata))["Home-page"] or ""
    name = home.removeprefix(HOME)
    if name == home or not name or "/" in name:
        raise SystemExit(f"{wheel.filename}: the home page is {home!r}, which is no repository of OCA")
    return name


def unpack(wheel: zipfile.ZipFile, directory: Path) -> None:
    for name in wheel.namelist():
        if not name.startswith(ADDONS) or name.endswith("/"):
            continue
        path = PurePosixPath(name.removeprefix(ADDONS))
        if ".." in path.parts or path.is_absolute():
            raise SystemExit(f"{wheel.filename}: the path {name!r} leads out")
        target = directory / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(wheel.read(name))


def git(*words: str | Path) -> None:
    subprocess.run(["git", "-c", "user.name=OCA", "-c", "user.email=oca@example.com", *words], check=True)


def main() -> None:
    wheels, directory, series = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    found = defaultdict(list)
    for path in sorted(wheels.glob("odoo_addon_*.whl")):
        wheel = zipfile.ZipFile(path)
        found[repository_of(wheel)].append(wheel)
    directory.mkdir(parents=True, exist_ok=True)
    for name, contents in found.items():
        with tempfile.TemporaryDirectory() as work:
            for wheel in contents:
                unpack(wheel, Path(work))
            git("-C", work, "init", "--quiet", "--initial-branch", series)
            git("-C", work, "add", "--all", "--force")
            git("-C", work, "commit", "--quiet", "--message", "[ADD] modules")
            git("clone", "--quiet", "--bare", work, directory / f"{name}.git")
    print(*sorted(found))


if __name__ == "__main__":
    main()
