"""Holds `oca diff --format update --installed` against click-odoo-update itself, in a real Odoo with a real database:

    update.py OCA PROJECT ROOT --port PORT --modules a,b,c --later d [--checkouts] [--languages fr_FR,de_DE]
        [--patterns 'static/*,*.md'] [--ignore-core-addons] [--core] [--template NAME]

PROJECT is a git repository with a `repos.toml`, its lock and own modules in `addons/`, in an old and in a new state: the
commits HEAD~1 and HEAD. ROOT is the root of a Debian with one of Debian's packages of Odoo, with click-odoo-contrib in the
virtual environment /opt/click, and with a PostgreSQL that listens at PORT and has a superuser `root`.

The old state is deployed into ROOT and its modules are installed; click-odoo-update stores their checksums; then the
modules of `--later` are installed, and the new state is deployed. What click-odoo-update wants to update must be what oca
lists. Then click-odoo-update updates, and both lists must be empty. It needs root.

With `--core`, Odoo comes from the lock, and that of the root is hidden. `--template` keeps the
database with the installed modules, and takes it in the next run.
"""

import argparse
import re
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager, nullcontext
from pathlib import Path

CORE = "/usr/lib/python3/dist-packages/odoo/addons"
PAGE = Path(__file__).parents[2] / "docs/updating.md"


class Proof:
    def __init__(self, options):
        self.options = options
        self.root = Path(options.root).resolve()
        self.proof = self.root / "proof"
        self.name = f"proof{int(time.time())}"

    def inside(self, *words, check=True):
        """Runs a command in the root. Returns everything that it says."""
        path = ["PYTHONPATH=/proof/core/odoo"] if self.options.core else []
        done = subprocess.run(
            ["chroot", self.root, "env", "LC_ALL=C.UTF-8", "HOME=/root", f"PGPORT={self.options.port}", *path, *words],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
        )
        if check and done.returncode:
            sys.exit(f"{words[0]} failed:\n{done.stdout[-6000:]}")
        return done.stdout

    def oca(self, project, *words, **more):
        return subprocess.run([self.options.oca, "-C", project, *words], check=True, text=True, **more)

    def deploy(self, revision):
        """Puts the modules of a revision into the root, as an image or a machine with checkouts has them."""
        shutil.rmtree(self.proof, ignore_errors=True)
        self.proof.mkdir()
        project = self.proof / "project"
        subprocess.run(["git", "clone", "-q", self.options.project, project], check=True)
        subprocess.run(["git", "-C", project, "checkout", "-q", revision], check=True)
        if self.options.checkouts:
            self.oca(project, "sync", "-q", "--locked")
            places = project / "oca"
        else:
            places = self.proof / "oca"
            self.oca(project, "export", "-q", places)
        paths = [CORE]
        if self.options.core:
            self.oca(project, "export", "-q", "--core", self.proof / "core")
            paths = ["/proof/core/odoo/addons", "/proof/core/odoo/odoo/addons"]
        paths.append("/proof/project/addons")
        for place in sorted(places.iterdir()):
            if place.is_dir() and any(place.glob("*/__manifest__.py")):
                paths.append(f"/{place.relative_to(self.root)}")
        (self.proof / "odoo.conf").write_text(
            f"[options]\naddons_path = {','.join(paths)}\ndata_dir = /proof/data\ndb_host = False\n"
            f"db_port = {self.options.port}\ndb_user = root\nhttp_enable = False\nwithout_demo = all\n"
        )

    def odoo(self, *words):
        words = ["odoo", "-c", "/proof/odoo.conf", "-d", self.name, "--stop-after-init", "--log-level", "warn", *words]
        said = self.inside(*words)
        if " ERROR " in said or " CRITICAL " in said:
            sys.exit(said[-6000:])

    def click(self, *words):
        if self.options.ignore_core_addons:
            words = ("--ignore-core-addons", *words)
        return self.inside("/opt/click/bin/click-odoo-update", "-c", "/proof/odoo.conf", "-d", self.name, *words)

    def of_click(self):
        said = self.click("--list-only")
        found = re.search(r"Updating addons for their hash changed: (\S+)\.", said)
        if "List-only selected" not in said or (not found and "Updating addons" in said):
            sys.exit(said[-6000:])
        return sorted(found[1].split(",")) if found else []

    def psql(self, query):
        return self.inside("psql", "-XAtd", self.name, "-c", query)

    def of_oca(self):
        """By the line of the page, which the shell of the root reads."""
        [line] = [line for line in PAGE.read_text().splitlines() if line.startswith("$ psql ")]
        query = line.removeprefix("$ psql -XAtd shop -c ").removesuffix(" > installed.json")
        database = self.inside("sh", "-c", f"psql -XAtd {self.name} -c {query}")
        words = ["--checkouts"] if self.options.checkouts else []
        done = self.oca(
            self.proof / "project", "diff", "HEAD", "HEAD", "--format", "update", "--installed", "-", *words,
            input=database, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
        print(done.stderr, end="")
        return sorted(done.stdout.strip().split(",")) if done.stdout.strip() else []

    def compare(self, when):
        click, oca = self.of_click(), self.of_oca()
        print(f"{when}: click-odoo-update {len(click)}, oca {len(oca)}, {'equal' if click == oca else 'DIFFERENT'}")
        print(f"  {','.join(click)}")
        if click != oca:
            sys.exit(f"only click-odoo-update: {sorted(set(click) - set(oca))}\nonly oca: {sorted(set(oca) - set(click))}")

    def run(self):
        options = self.options
        self.deploy("HEAD~1")
        databases = self.inside("psql", "-XAtd", "postgres", "-c", "SELECT datname FROM pg_database").split()
        if options.template in databases:
            self.inside("createdb", "-T", options.template, self.name)
        else:
            self.odoo("-i", options.modules)
            if options.template:
                self.inside("createdb", "-T", self.name, options.template)
        for language in filter(None, options.languages.split(",")):
            self.psql(f"UPDATE res_lang SET active = true WHERE code = '{language}'")
        if options.patterns:
            self.psql(
                "INSERT INTO ir_config_parameter (key, value) VALUES "
                f"('module_auto_update.exclude_patterns', '{options.patterns}')"
            )
        self.click("--only-compute-hashes")
        self.compare("before the upgrade")
        if options.later:
            self.odoo("-i", options.later)
        self.deploy("HEAD")
        self.compare("after the upgrade")
        said = self.click()
        if "Database updated, new checksums stored" not in said:
            sys.exit(said[-6000:])
        self.compare("after click-odoo-update")
        self.inside("dropdb", self.name)


@contextmanager
def hidden(directory):
    """Puts an empty directory in the place of this one."""
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", directory], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", directory], check=True)


def main():
    parser = argparse.ArgumentParser()
    for name in ("oca", "project", "root"):
        parser.add_argument(name)
    for name in ("--port", "--modules", "--later", "--languages", "--patterns", "--template"):
        parser.add_argument(name, default="")
    for name in ("--checkouts", "--core", "--ignore-core-addons"):
        parser.add_argument(name, action="store_true")
    proof = Proof(parser.parse_args())
    with hidden(f"{proof.root}/{Path(CORE).parent}") if proof.options.core else nullcontext():
        proof.run()


if __name__ == "__main__":
    main()
