"""Where the contenders work: the links to the server, and the directories of `oca` and of its peers on each link."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import relay
import serve
from counters import FORK, Counters


@dataclass(frozen=True)
class Link:
    """One way to reach the server, and the counters at its near end."""

    name: str
    port: int
    counters: Counters

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


class Network:
    """The server and the relay, each a process of its own, for as long as the `with` lasts."""

    def __init__(self, served: Path, rtt: float, mbit: float) -> None:
        self.server_counters = Counters()
        relay_counters = Counters()
        server = serve.GitServer(served, 0, self.server_counters)
        listener = relay.listen()
        port = server.server_address[1]
        line = relay.Relay(port, rtt, mbit, relay_counters)
        self._processes = [
            FORK.Process(target=server.serve_forever, daemon=True),
            FORK.Process(target=relay.run, args=(listener, line), daemon=True),
        ]
        self.loopback = Link("loopback", port, self.server_counters)
        self.relayed = Link(f"{rtt * 1000:.0f} ms {mbit:.0f} Mbit/s", listener.getsockname()[1], relay_counters)

    def __enter__(self) -> Network:
        for process in self._processes:
            process.start()
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._processes:
            process.terminate()
            process.join()


@dataclass
class Setting:
    """What every case needs to know."""

    work: Path
    names: tuple[str, ...]
    branch: str
    files: int
    jobs: int
    oca: Path | None
    venv: Path | None
    environment: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        home = self.work / "home"
        remove(home)
        home.mkdir(parents=True)
        (home / ".gitconfig").write_text(
            "[user]\n\tname = bench\n\temail = bench@example.com\n[init]\n\tdefaultBranch = main\n"
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

    def run(self, command: list[str], cwd: Path, environment: dict[str, str] | None = None) -> None:
        """Runs what brings about a starting state; its failure ends the benchmark."""
        result = subprocess.run(
            command,
            cwd=cwd,
            env=self.environment | (environment or {}),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
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

    def __init__(self, setting: Setting, link: Link) -> None:
        self.setting = setting
        self.directory = setting.work / f"oca-{link.port}"
        self.tree = self.directory / "oca"
        self.lock = self.directory / "oca.lock.json"
        self.cache = setting.work / f"oca-{link.port}-cache"
        self.environment = {"OCA_CACHE_DIR": str(self.cache)}
        self.directory.mkdir(exist_ok=True)
        repos = ",\n".join(f'    "{name}"' for name in setting.names)
        (self.directory / "repos.toml").write_text(
            f'odoo = "{setting.branch}"\nbase-url = "{link.base_url}"\ndefault-profile = "parity"\n\n'
            f"[profiles.parity]\nrepos = [\n{repos},\n]\n"
        )

    def command(self, *arguments: str) -> list[str]:
        return [str(self.setting.oca), *arguments]

    def run(self, *arguments: str) -> None:
        self.setting.run(self.command(*arguments), self.directory, self.environment)

    def forget(self, *what: Path) -> None:
        for path in what:
            remove(path)

    def check_tree(self) -> None:
        self.setting.check_tree(self.tree)

    def check_lock(self) -> None:
        pinned = len(json.loads(self.lock.read_text())["repos"])
        if pinned != len(self.setting.names):
            raise SystemExit(f"{self.lock} pins {pinned} repositories where there are {len(self.setting.names)}")


class PeerProject:
    """A directory of one peer on one link."""

    def __init__(self, setting: Setting, link: Link, peer: str) -> None:
        self.setting, self.link = setting, link
        self.directory = setting.work / f"{peer}-{link.port}"
        self.directory.mkdir(exist_ok=True)
        self.names = setting.work / "names"
        self.names.write_text("".join(f"{name}\n" for name in setting.names))

    def each(self, command: str) -> list[str]:
        """`command` for every repository, several at once; `{}` is the name, `$url` the base url."""
        command = command.replace("$url", self.link.base_url)
        return ["sh", "-c", f"xargs -P{self.setting.jobs} -I{{}} {command} < {shlex.quote(str(self.names))}"]

    def empty(self) -> None:
        remove(self.directory)
        self.directory.mkdir()

    def check_tree(self) -> None:
        self.setting.check_tree(self.directory)


def remove(path: Path) -> None:
    """Removes a file or a directory, if there is one."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def count_files(tree: Path) -> int:
    """The files of all checkouts below `tree`: not git's own, nor what a tool put beside the checkouts."""
    count = 0
    for checkout in (entry for entry in os.scandir(tree) if entry.is_dir() and not entry.name.startswith(".")):
        for directory, directories, files in os.walk(checkout):
            if directory == checkout.path:
                directories[:] = [name for name in directories if name != ".git"]
                files = [name for name in files if name != ".git"]
            links = [name for name in directories if os.path.islink(os.path.join(directory, name))]
            count += len(files) + len(links)
    return count
