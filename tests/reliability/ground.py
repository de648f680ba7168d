"""What the scripts here stand on: small repositories, a project of them, runs of oca, and a look at what is left."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

NAMES = ["one", "two", "three"]
#: How the names of all temporary files and directories of oca begin, and those of libgit2's locks end.
OURS = (".oca-tmp-", ".aside-", "oca-tmp-", ".oca-export-")


def git(directory, *args):
    command = ["git", "-c", "protocol.file.allow=always", "-C", str(directory), *args]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def ask(directory, *args):
    """Starts git, to have several at once."""
    pipe = subprocess.PIPE
    return subprocess.Popen(["git", "-C", str(directory), *args], stdout=pipe, stderr=pipe, text=True)


def scratch(prefix):
    """A new directory. In memory where there is one: the disk is not what is measured here."""
    memory = Path("/dev/shm")
    return Path(tempfile.mkdtemp(prefix=prefix, dir=memory if os.access(memory, os.W_OK) else None))


class Remotes:
    """Repositories and their commits `old` and `new`."""

    def __init__(self, size=60):
        self.root = scratch("oca-remotes-")
        self.pins = {"old": {}, "new": {}}
        for name in list(os.environ):
            if name.startswith(("OCA_", "GIT_")):
                del os.environ[name]
        for who in ("AUTHOR", "COMMITTER"):
            os.environ.update({f"GIT_{who}_NAME": "t", f"GIT_{who}_EMAIL": "t@example.com"})
        for name in NAMES:
            self.build(name, size)

    def build(self, name, size):
        remote = self.root / name
        git(self.root, "init", "-q", "-b", "18.0", name)
        for module in "ab":
            folder = remote / f"{name}_{module}"
            folder.mkdir()
            (folder / "__init__.py").touch()
            (folder / "__manifest__.py").write_text("{'name': 'x', 'version': '18.0.1.0.0'}\n")
            for number in range(size):
                (folder / f"{number}.txt").write_text(f"{name} {module} {number}\n" * 50)
        for pin in self.pins:
            for number in range(0, size, 2):
                (remote / f"{name}_a" / f"{number}.txt").write_text(f"{pin} {number}\n" * 50)
            git(remote, "add", "-A")
            git(remote, "commit", "-q", "-m", pin)
            self.pins[pin][name] = git(remote, "rev-parse", "HEAD")

    def remove(self):
        shutil.rmtree(self.root, ignore_errors=True)


class Ground:
    """A directory with a project of some remotes, and a cache."""

    def __init__(self, oca, remotes, directory=None):
        self.oca = str(Path(oca).resolve())
        self.root = Path(directory or scratch("oca-reliability-"))
        self.project, self.cache = self.root / "project", self.root / "cache"
        for path in (self.project, self.root / "home"):
            path.mkdir(parents=True)
        os.environ.update(HOME=str(self.root / "home"), OCA_CACHE_DIR=str(self.cache), GIT_CONFIG_NOSYSTEM="1")
        self.remotes, self.pins = remotes.root, remotes.pins

    def declare(self, more=""):
        names = ", ".join(f'"{name}"' for name in NAMES)
        text = f'odoo = "18.0"\nbase-url = "{self.remotes}"\n{more}[profiles.s]\nrepos = [{names}]\n'
        for name in NAMES:
            text += f'[repos.{name}]\nurl = "{self.remotes / name}"\n'
        (self.project / "repos.toml").write_text(text)

    def run(self, *args, **options):
        command = [self.oca, *map(str, args)]
        return subprocess.run(command, cwd=self.project, capture_output=True, text=True, timeout=120, **options)

    def start(self, *args):
        quiet = subprocess.DEVNULL
        return subprocess.Popen([self.oca, *map(str, args)], cwd=self.project, stdout=quiet, stderr=quiet)

    def locks(self):
        """The two locks, as bytes."""
        locks = {}
        for pin, commits in self.pins.items():
            self.run("lock")
            done = self.run("lock", *(f"{name}@{commit}" for name, commit in commits.items()))
            assert done.returncode == 0, done.stderr
            locks[pin] = self.lock().read_bytes()
        return locks

    def lock(self):
        return self.project / "oca.lock.json"

    def faults(self, kept=()):
        """What is wrong with lock, checkouts and leftovers."""
        faults = []
        try:
            json.loads(self.lock().read_bytes())
        except (OSError, ValueError) as error:
            faults.append(f"the lock: {error}")
        there = []
        for name in NAMES:
            checkout = self.project / "oca" / name
            if checkout.exists():
                there += [(name, words, ask(checkout, *words)) for words in (["fsck"], ["status", "--porcelain"])]
            else:
                faults.append(f"{name} is missing")
        for name, words, asked in there:
            told, complaint = asked.communicate()
            if asked.returncode:
                faults.append(f"git {words[0]} of {name}: {complaint.strip()}")
            elif words[0] == "status" and told and name not in kept:
                faults.append(f"git status of {name}: {told.splitlines()[:3]}")
        return faults + [f"left: {path}" for path in self.left()]

    def left(self):
        for directory in (self.project, self.cache, self.root):
            for path in directory.rglob("*") if directory != self.root else directory.iterdir():
                name = path.name
                is_lock = name.endswith(".lock") and ".git" in path.parts and "stores" not in path.parts
                is_temporary = name.startswith(".oca-") and name.endswith(".tmp") or name.startswith(OURS)
                if is_lock or is_temporary or name in ("oca-move", "oca-submodules"):
                    yield path

    def remove(self):
        shutil.rmtree(self.root, ignore_errors=True)


def end(what, count, faults):
    """The line of figures, and the exit code."""
    for fault in faults[:20]:
        print(f"  {fault}")
    print(f"{what}: {count}, {len(faults)} faults")
    sys.exit(1 if faults else 0)
