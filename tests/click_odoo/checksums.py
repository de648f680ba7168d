"""Holds the checksums of `oca diff --installed` against those of click-odoo-contrib: `checksums.py OCA`, with a Python that
has click-odoo-contrib. Odoo is not needed.

Repositories and own modules are made with files of many kinds: names and patterns that are put together at random, always
the same; translations; symlinks. They are checked out and exported, and `addon_hash` computes the checksum of each module
on the disk. With these checksums, oca has to list nothing; with some of them changed, it has to list these. Where
`addon_hash` fails, oca has to list the module and say that click-odoo-update fails there. Needs git.
"""

import json
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

from click_odoo_contrib._addon_hash import addon_hash

DEFAULT = "*.pyc,*.pyo,i18n/*.pot,i18n_extra/*.pot,static/*,tests/*"
NAMES = [
    *"a b ab A B_ .x ..po .po a.po fr.po fr_CA.po sr@latin.po de.po a.pot x.pyc x.pyo README.rst é ü- [a] a]b !a".split(),
    *("a b", "^", "-", "a-c", "x\\y", "a\nb", "~&|"),
]
DIRECTORIES = ["", "", "i18n/", "i18n_extra/", "static/", "tests/", "lib/", "lib/i18n/", "readme/", "models/static/", "é/", "b./"]
PARTS = [*"* * * ? a b x A . / [ ] ! - ^ \\ é i18n static lib .po [ab] [!a] [a-c] [c-a] []x] [!]x] [a- [x".split(" "), " ", "po"]
DATABASES = 40
LANGUAGES = ["en_US", "fr_FR", "fr", "de_DE", "sr@latin", "a", "", "_x"]


class Project:
    def __init__(self, oca, folder):
        self.oca_program, self.folder, self.chance = oca, folder, random.Random(7)
        self.project = folder / "project"
        self.clean = {"PATH": os.environ["PATH"], "HOME": str(folder), "OCA_CACHE_DIR": str(folder / "cache"), "LC_ALL": "C.UTF-8"}

    def git(self, where, *words):
        who = ["-c", "user.name=x", "-c", "user.email=x@example.com", "-c", "core.autocrlf=false", "-c", "init.defaultBranch=18.0"]
        subprocess.run(["git", "-C", where, *who, *words], check=True, env=self.clean)

    def oca(self, *words, stdin=""):
        command = [self.oca_program, "-C", self.project, *words]
        return subprocess.run(command, input=stdin, capture_output=True, text=True, env=self.clean)

    def must(self, *words):
        done = self.oca(*words)
        if done.returncode:
            sys.exit(done.stderr)

    def module(self, path):
        """A module with files of random names, and symlinks to what is there, to directories and to nothing."""
        path.mkdir(parents=True)
        (path / "__init__.py").write_text("")
        manifest = {"name": path.name, "version": "18.0.1.0.0", "license": "AGPL-3", "depends": ["base"]}
        (path / "__manifest__.py").write_text(repr(manifest))
        files = []
        for _ in range(self.chance.randint(0, 12)):
            file = path / (self.chance.choice(DIRECTORIES) + self.chance.choice(NAMES))
            # The names of files and directories must not meet, nor names that differ only in case from a symlink.
            if file.exists() or any(above.is_file() for above in file.parents):
                continue
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(self.chance.choice([b"", b"x", b"a\r\nb\r\n", b"\xff\x00"]))
            file.chmod(self.chance.choice([0o644, 0o755]))
            files.append(file)
        for number in range(self.chance.choice([0, 0, 1, 2])):
            link = path / (self.chance.choice(["", "", "lib/", "static/"]) + f"link{number}")
            if link.parent.is_file():
                continue
            link.parent.mkdir(parents=True, exist_ok=True)
            target = self.chance.choice([*files, path / "lib", path, path / "__init__.py", path / "nowhere"])
            link.symlink_to(os.path.relpath(target, link.parent))

    def make(self):
        web, own = self.folder / "web", self.project / "addons"
        for number in range(60):
            self.module(web / f"web_{number}")
            self.module(own / f"own_{number}")
        (self.project / "repos.toml").write_text(
            'odoo = "18.0"\nbase-url = ".."\n[[local]]\npath = "addons"\n[profiles.x]\nrepos = ["web"]\n[repos.web]\nurl = "../web"\n'
        )
        (self.project / ".gitignore").write_text("/oca/\n/out/\n")
        for where in (web, self.project):
            self.git(where, "init", "-q")
            if where == self.project:
                self.must("lock", "-q")
            self.git(where, "add", "-A")
            self.git(where, "commit", "-qm", "x")
        self.must("sync", "-q")
        self.must("export", "-q", str(self.project / "out"))

    def compare(self, checkouts, revision, patterns, languages):
        """One database. Returns how many checksums there were, and how many modules without one."""
        places = [*(self.project / ("oca/web" if checkouts else "out/web")).iterdir(), *(self.project / "addons").iterdir()]
        split = [word.strip() for word in (DEFAULT if patterns is None else patterns).split(",")]
        checksums, failing = {}, set()
        for place in places:
            if not (place / "__manifest__.py").exists():
                continue
            try:
                checksums[place.name] = addon_hash(str(place), split, languages)
            except FileNotFoundError:
                checksums[place.name] = "0" * 40
                failing.add(place.name)
        wrong = {name for name in checksums if self.chance.random() < 0.1}
        for name in wrong:
            checksums[name] = checksums[name][::-1] if checksums[name] != checksums[name][::-1] else "1" * 40
        database = {"odoo": "18.0.1.3", "modules": list(checksums), "languages": languages, "exclude_patterns": patterns, "checksums": checksums}
        words = [*(["HEAD", "HEAD"] if revision else []), *(["--checkouts"] if checkouts else [])]
        done = self.oca("diff", "--format", "update", "--installed", "-", *words, stdin=json.dumps(database))
        listed = set(done.stdout.strip().split(",")) - {""}
        warned = {line.split("the checksum of `")[1].split("`")[0] for line in done.stderr.splitlines() if "leads nowhere" in line}
        if done.returncode or listed != wrong | failing or warned != failing:
            sys.exit(
                f"{words} {patterns!r} {languages}: only oca {sorted(listed - wrong - failing)}, only addon_hash "
                f"{sorted((wrong | failing) - listed)}, warned {sorted(warned ^ failing)}\n{done.stderr}"
            )
        return len(checksums), len(failing)

    def patterns(self):
        made = ["".join(self.chance.choices(PARTS, k=self.chance.randint(1, 5))) for _ in range(self.chance.randint(1, 6))]
        return ",".join(made)


def main():
    with tempfile.TemporaryDirectory() as folder:
        project = Project(sys.argv[1], Path(folder))
        project.project.mkdir()
        project.make()
        checksums = failing = 0
        for number in range(DATABASES):
            patterns = None if number < 4 else "" if number < 8 else project.patterns()
            languages = project.chance.sample(LANGUAGES, project.chance.randint(0, 3)) if number % 4 else ["en_US"]
            found = project.compare(number % 2 == 0, number % 4 < 2, patterns, languages)
            checksums, failing = checksums + found[0], failing + found[1]
    print(f"{checksums} checksums in {DATABASES} databases are those of click-odoo-contrib; it fails at {failing} of them, and oca says so")


if __name__ == "__main__":
    main()
