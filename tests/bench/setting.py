"""Where the contenders work: the links to the server, and the directories of `oca` and of its peers on each link."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from multiprocessing.process import BaseProcess
from pathlib import Path

import limit
import relay
import secure
import serve
from counters import FORK, Counters
from prepare import move_branch, tip_of

# What `Moving` moves: a small repository, one of many modules and one of few but large ones.
MOVED = ("account-closing", "sale-workflow", "web")
CHOSEN = 60


@dataclass(frozen=True)
class Link:
    """One way to reach the server, and the counters at its near end; `below` is a directory of what is served."""

    name: str
    port: int
    counters: Counters
    is_slow: bool = False  # behind the relay
    below: str = ""
    scheme: str = "http"

    @property
    def base_url(self) -> str:
        return "/".join(filter(None, (f"{self.scheme}://127.0.0.1:{self.port}", self.below)))

    def directory(self, name: str) -> str:
        """A directory's name that no other link has."""
        return "-".join(filter(None, (name, str(self.port), self.below)))


class Network:
    """The servers and what stands before them, each a process of its own, for as long as the `with` lasts.

    With nghttpx, `secure` is the relayed link with TLS, and on `patient` each answer takes `answer` seconds longer.
    """

    def __init__(
        self, served: Path, rtt: float, mbit: float, answer: float = 0, authority: secure.Authority | None = None
    ) -> None:
        self.server_counters = Counters()
        self.rtt, self.mbit = rtt, mbit
        self._processes: list[BaseProcess] = []
        self._fronts: list[secure.Front] = []
        name = f"{rtt * 1000:.0f} ms {mbit:.0f} Mbit/s"
        port = self._serve(served, 0)
        self.loopback = Link("loopback", port, self.server_counters)
        self.relayed = self._relayed(name, port)
        self.secure = self.patient = None
        if authority:
            self.secure = self._secured(f"{name} TLS", port, authority)
            patient = self._serve(served, answer)
            self.patient = self._secured(f"{name} TLS +{answer * 1000:.0f} ms", patient, authority)

    def _serve(self, served: Path, answer: float) -> int:
        server = serve.GitServer(served, 0, self.server_counters, answer)
        self._processes.append(FORK.Process(target=server.serve_forever, daemon=True))
        return server.server_address[1]

    def _relayed(self, name: str, port: int) -> Link:
        counters = Counters()
        listener = relay.listen()
        line = relay.Relay(port, self.rtt, self.mbit, counters)
        self._processes.append(FORK.Process(target=relay.run, args=(listener, line), daemon=True))
        return Link(name, listener.getsockname()[1], counters, is_slow=True)

    def _secured(self, name: str, port: int, authority: secure.Authority) -> Link:
        front = secure.Front(authority, port)
        self._fronts.append(front)
        return replace(self._relayed(name, front.port), scheme="https")

    def links(self) -> list[Link]:
        return [link for link in (self.loopback, self.relayed, self.secure, self.patient) if link]

    def __enter__(self) -> Network:
        for process in self._processes:
            process.start()
        for front in self._fronts:
            front.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        for front in self._fronts:
            front.__exit__()
        for process in self._processes:
            process.terminate()
            process.join()


@dataclass
class Setting:
    """What every case needs to know."""

    work: Path
    served: Path
    names: tuple[str, ...]
    branch: str
    files: int
    jobs: int
    limit: float  # seconds that one command may take
    oca: Path | None
    venv: Path | None
    authority: Path | None = None  # the file of the authority that git and `oca` trust
    environment: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        home = self.work / "home"
        remove(home)
        home.mkdir(parents=True)
        (home / ".gitconfig").write_text(
            "[user]\n\tname = bench\n\temail = bench@example.com\n[init]\n\tdefaultBranch = main\n"
            + (f"[http]\n\tsslCAInfo = {self.authority}\n" if self.authority else "")
        )
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "LC_ALL": "C.UTF-8",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_TERMINAL_PROMPT": "0",
        }

    def tool(self, name: str) -> str | None:
        """A peer's command in the virtual environment, if it is installed there."""
        path = self.venv / "bin" / name if self.venv else None
        return str(path) if path and path.exists() else None

    def with_tools(self) -> dict[str, str]:
        """For a peer that calls another command of the virtual environment, and git by a fixed path."""
        path = os.pathsep.join([f"{self.venv}/bin", self.environment["PATH"]])
        return {"PATH": path, "GIT_AUTOSHARE_GIT_BIN": shutil.which("git") or "git"}

    def wanted(self, name: str, *, locked: bool) -> str:
        """What a peer's configuration asks for: the commit that is served, or the branch."""
        return tip_of(self.served / f"{name}.git", self.branch) if locked else self.branch

    def run(self, command: list[str], cwd: Path, environment: dict[str, str] | None = None) -> None:
        """Runs what brings about a starting state; its failure ends the benchmark."""
        result = limit.run(
            command,
            self.limit,
            cwd=cwd,
            env=self.environment | (environment or {}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        if result.returncode:
            output = (result.stdout + result.stderr).decode(errors="replace")
            raise SystemExit(f"{shlex.join(command)} ended with {result.returncode}:\n{output}")

    def check_tree(self, tree: Path) -> None:
        """Ends the benchmark if a contender did less than the whole work."""
        found = count_files(tree)
        if found != self.files:
            raise SystemExit(f"{tree} holds {found} files where {self.files} belong")


class OcaProject:
    """A project of `oca` on one link, with a cache of its own."""

    def __init__(self, setting: Setting, link: Link, name: str = "oca") -> None:
        self.setting = setting
        self.directory = setting.work / link.directory(name)
        self.tree = self.directory / "oca"
        self.export = self.directory / "dist"
        self.lock = self.directory / "oca.lock.json"
        self.cache = setting.work / link.directory(f"{name}-cache")
        self.environment = {"OCA_CACHE_DIR": str(self.cache)}
        self.directory.mkdir(exist_ok=True)
        self.toml = (
            f'odoo = "{setting.branch}"\nbase-url = "{link.base_url}"\ndefault-profile = "parity"\n\n'
            f"[profiles.parity]\nrepos = {toml_list(setting.names)}\n"
        )
        self.configure()

    def configure(self, more: str = "") -> None:
        (self.directory / "repos.toml").write_text(self.toml + more)

    def command(self, *arguments: str) -> list[str]:
        return [str(self.setting.oca), *arguments]

    def run(self, *arguments: str) -> None:
        self.setting.run(self.command(*arguments), self.directory, self.environment)

    def check_tree(self) -> None:
        self.setting.check_tree(self.tree)

    def check_lock(self) -> None:
        pinned = len(json.loads(self.lock.read_text())["repos"])
        if pinned != len(self.setting.names):
            raise SystemExit(f"{self.lock} pins {pinned} repositories where there are {len(self.setting.names)}")

    def modules(self, profile: str | None = None) -> dict[str, list[str]]:
        """The modules in the lock by repository: those that a profile selects, or all."""
        lock = json.loads(self.lock.read_text())
        selected = lock["profiles"][profile]["modules"] if profile else None
        of_repos = {repo["name"]: [module["name"] for module in repo["modules"]] for repo in lock["repos"]}
        kept = {
            repo: [name for name in names if selected is None or name in selected] for repo, names in of_repos.items()
        }
        return {repo: names for repo, names in kept.items() if names}


class Modules:
    """What a case is to bring: ends the benchmark if a contender brings less of a module than the case's first."""

    def __init__(self, project: OcaProject, profile: str | None = None) -> None:
        self.project, self.profile = project, profile
        self.files: dict[str, int] = {}

    def check(self, tree: Path) -> None:
        wanted = self.project.modules(self.profile)
        found = {f"{repo}/{module}": count_below(tree / repo / module) for repo in wanted for module in wanted[repo]}
        self.files = self.files or found
        differing = [path for path, count in found.items() if not count or count != self.files[path]]
        if differing:
            raise SystemExit(f"{tree} holds another number of files than it should of {', '.join(differing)}")


class ChosenModules:
    """A profile of some modules, and what they depend on, as lists for `xargs`."""

    def __init__(self, setting: Setting, link: Link) -> None:
        self.project = OcaProject(setting, link, "oca-chosen")
        self.modules = Modules(self.project, "chosen")
        self.repos = setting.work / link.directory("chosen-repos")
        self.modules_by_repo = setting.work / link.directory("chosen-modules")

    def lock(self) -> None:
        """Chooses modules at even distances in the list of all names, where that is not done yet."""
        if self.repos.exists():
            return
        self.project.configure()
        self.project.run("lock")
        names = sorted(name for of_repo in self.project.modules().values() for name in of_repo)
        chosen = names[:: max(1, len(names) // CHOSEN)][:CHOSEN]
        # At 16.0, two modules of the closure are in no repository of the profile.
        self.project.configure(
            f'\n[check]\nignore = ["OCA004"]\n\n[profiles.chosen]\nextends = ["parity"]\nmodules = {toml_list(chosen)}\n'
        )
        self.project.run("lock")
        selected = self.project.modules("chosen")
        self.modules_by_repo.write_text("".join(f"{repo} {' '.join(names)}\n" for repo, names in selected.items()))
        self.repos.write_text("".join(f"{repo}\n" for repo in selected))


class OwnDirectories:
    """A project that pins nothing: all modules are in directories of its own, as they were checked out."""

    def __init__(self, setting: Setting, link: Link) -> None:
        self.checkouts = OcaProject(setting, link)
        self.project = OcaProject(setting, link, "oca-own")
        self.tree = self.project.directory / "own"
        self.directories = [self.tree / name for name in setting.names]
        tables = "".join(f'\n[[local]]\npath = "own/{name}"\n' for name in setting.names)
        self.project.toml = f'odoo = "{setting.branch}"\n\n[profiles.own]\n{tables}'

    def make(self) -> None:
        self.checkouts.run("sync")
        if not self.tree.exists():
            shutil.copytree(self.checkouts.tree, self.tree, symlinks=True, ignore=shutil.ignore_patterns(".git"))
        self.project.configure()
        self.project.run("lock")


class Moving:
    """Copies of what is served, some of which get a commit before every run; the others stay as they are."""

    BELOW = "moving"

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.directory = setting.served / self.BELOW
        remove(self.directory)

    def begin(self) -> None:
        """Makes the copies, once. They share packs, which never change; git replaces all else by renaming."""
        for name in self.setting.names:
            copy = self.directory / f"{name}.git"
            if not copy.exists():
                shutil.copytree(self.setting.served / copy.name, copy, copy_function=os.link)

    def push(self) -> None:
        for name in MOVED:
            move_branch(self.directory / f"{name}.git", self.setting.branch)

    def check(self, lock: Path) -> None:
        """Ends the benchmark if a lock does not have the newest commits."""
        for repo in json.loads(lock.read_text())["repos"]:
            if repo["commit"] != tip_of(self.directory / f"{repo['name']}.git", self.setting.branch):
                raise SystemExit(f"{lock} has an old commit of {repo['name']}")


class PeerProject:
    """A directory of one peer on one link."""

    def __init__(self, setting: Setting, link: Link, peer: str) -> None:
        self.setting, self.link = setting, link
        self.directory = setting.work / link.directory(peer)
        self.directory.mkdir(exist_ok=True)
        self.names = setting.work / "names"
        self.names.write_text("".join(f"{name}\n" for name in setting.names))

    def each(self, command: str, names: Path | None = None) -> list[str]:
        """`command` for all repositories or those listed, several at once; `{}` is the name, `$url` the base url."""
        command = command.replace("$url", self.link.base_url)
        return ["sh", "-c", f"xargs -P{self.setting.jobs} -I{{}} {command} < {shlex.quote(str(names or self.names))}"]

    def empty(self) -> None:
        remove(self.directory)
        self.directory.mkdir()

    def check_tree(self) -> None:
        self.setting.check_tree(self.directory)


def toml_list(values: Iterable[str]) -> str:
    return "[\n" + "".join(f'    "{value}",\n' for value in values) + "]"


def remove(*paths: Path) -> None:
    """Removes files or directories, those that are there."""
    for path in paths:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def count_files(tree: Path) -> int:
    """The files of all checkouts below `tree`: not git's own, nor what a tool put beside the checkouts."""
    return sum(count_below(entry) for entry in tree.iterdir() if entry.is_dir() and not entry.name.startswith("."))


def count_below(top: Path) -> int:
    count = 0
    for directory, directories, files in os.walk(top):
        if directory == str(top):
            directories[:] = [name for name in directories if name != ".git"]
            files = [name for name in files if name != ".git"]
        links = [name for name in directories if os.path.islink(os.path.join(directory, name))]
        count += len(files) + len(links)
    return count
