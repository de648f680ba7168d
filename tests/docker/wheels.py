"""Makes wheels that hold nothing, so that pip has something to install without a registry.

    python3 wheels.py DIRECTORY NAME==VERSION...
"""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path


def make(directory: Path, name: str, version: str) -> None:
    stem = f"{name.replace('-', '_').replace('.', '_')}-{version}"
    record = f"{stem}.dist-info/RECORD"
    files = {
        f"{stem}.dist-info/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{stem}.dist-info/WHEEL": "Wheel-Version: 1.0\nGenerator: oca\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    files[record] = "".join(f"{path},,\n" for path in (*files, record))
    with zipfile.ZipFile(directory / f"{stem}-py3-none-any.whl", "w") as wheel:
        for path, text in files.items():
            wheel.writestr(path, text)


def main() -> None:
    directory = Path(sys.argv[1])
    directory.mkdir(parents=True, exist_ok=True)
    for requirement in sys.argv[2:]:
        make(directory, *requirement.split("=="))


if __name__ == "__main__":
    main()
