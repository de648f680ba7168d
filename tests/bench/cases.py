"""What is compared with what. A case is a few lines: a name, and a contender for each way to do the job.

A contender has a command; what is done once before the first run (`once`), what is done before every run (`before`),
and a look at the result of the first (`check`), none of it timed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from setting import Link, Network, OcaProject, PeerProject, Setting


def nothing() -> None:
    """Does nothing."""


@dataclass
class Contender:
    """One way to do a case's job."""

    name: str
    command: list[str]
    cwd: Path
    environment: dict[str, str] = field(default_factory=dict)
    once: Callable[[], None] = nothing
    before: Callable[[], None] = nothing
    check: Callable[[], None] = nothing


@dataclass
class Case:
    """A job, who does it (`None`: not installed here), and over which link."""

    name: str
    contenders: list[Contender | None]
    link: Link | None = None
    tiny: bool = False  # milliseconds: many runs

    def present(self) -> list[Contender]:
        return [contender for contender in self.contenders if contender]


def all_cases(setting: Setting, network: Network) -> Iterator[Case]:
    """Every case, in an order in which later ones find the locks and caches of earlier ones."""
    for link in (network.loopback, network.relayed):
        yield from lock_cases(setting, link)
        yield from first_sync_cases(setting, link)
        yield from repeated_sync_cases(setting, link)
    yield from local_cases(setting, network.loopback)


def lock_cases(setting: Setting, link: Link) -> Iterator[Case]:
    oca = Oca(setting, link)
    blobless = PeerProject(setting, link, "git-blobless")
    probe = PeerProject(setting, link, "git-ls-remote")
    clone = "git clone -q --depth 1 --single-branch --filter=blob:none --no-checkout"
    yield Case(
        "lock, nothing cached",
        [
            oca.contender("lock", before=oca.forget_everything, check=oca.project.check_lock),
            Contender(
                "git clone, no blobs",
                blobless.each(f"{clone} --branch {setting.branch} $url/{{}}.git {{}}"),
                blobless.directory,
                before=blobless.empty,
            ),
        ],
        link,
    )
    yield Case(
        "lock --upgrade, nothing moved",
        [
            oca.contender("lock", "--upgrade", once=oca.lock),
            Contender(
                "git ls-remote", probe.each(f"git ls-remote $url/{{}}.git refs/heads/{setting.branch}"), probe.directory
            ),
        ],
        link,
    )


def first_sync_cases(setting: Setting, link: Link) -> Iterator[Case]:
    oca = Oca(setting, link)
    clone = git_clone(setting, link)
    yield Case(
        "sync, from nothing",
        [oca.contender("sync", before=oca.forget_everything, check=oca.project.check_tree), clone],
        link,
    )
    yield Case(
        "sync, with a lock",
        [oca.contender("sync", once=oca.lock, before=oca.forget_all_but_lock, check=oca.project.check_tree), clone],
        link,
    )


def repeated_sync_cases(setting: Setting, link: Link) -> Iterator[Case]:
    oca = Oca(setting, link)
    yield Case(
        "sync, nothing to do",
        [oca.contender("sync", once=oca.sync), vcs_pull(setting, link), git_aggregate(setting, link)],
        link,
    )
    yield Case(
        "sync, from a warm cache",
        [
            oca.contender("sync", once=oca.sync, before=oca.forget_tree, check=oca.project.check_tree),
            copy_of_checkouts(setting, link),
        ],
        link,
    )


def local_cases(setting: Setting, link: Link) -> Iterator[Case]:
    """What works from repos.toml and the lock alone."""
    oca = Oca(setting, link)
    for arguments in (["lock", "--check"], ["addons-path"], ["list"], ["requirements"]):
        yield Case(" ".join(arguments), [oca.contender(*arguments, once=oca.lock)], tiny=True)


class Oca:
    """Contenders that are `oca`, and the states they start from."""

    def __init__(self, setting: Setting, link: Link) -> None:
        self.present = setting.oca is not None
        self.project = OcaProject(setting, link)

    def contender(self, *arguments: str, **hooks: Callable[[], None]) -> Contender | None:
        if not self.present:
            return None
        project = self.project
        name = f"oca {' '.join(arguments)}"
        return Contender(name, project.command(*arguments), project.directory, project.environment, **hooks)

    def lock(self) -> None:
        self.project.run("lock")

    def sync(self) -> None:
        self.project.run("sync")

    def forget_tree(self) -> None:
        self.project.forget(self.project.tree)

    def forget_all_but_lock(self) -> None:
        self.project.forget(self.project.tree, self.project.cache)

    def forget_everything(self) -> None:
        self.project.forget(self.project.tree, self.project.cache, self.project.lock)


def git_clone(setting: Setting, link: Link) -> Contender:
    peer = PeerProject(setting, link, "git-clone")
    command = f"git clone -q --depth 1 --single-branch --branch {setting.branch} $url/{{}}.git {{}}"
    return Contender("git clone", peer.each(command), peer.directory, before=peer.empty, check=peer.check_tree)


def copy_of_checkouts(setting: Setting, link: Link) -> Contender:
    """No peer caches; this is what merely writing the files costs."""
    source = git_clone(setting, link)
    peer = PeerProject(setting, link, "cp")

    def clone() -> None:
        source.before()
        setting.run(source.command, source.cwd)

    def empty() -> None:
        peer.empty()
        peer.directory.rmdir()

    # Not inside its own directory: that is what it makes.
    command = ["cp", "-a", str(source.cwd), str(peer.directory)]
    return Contender("cp -a", command, setting.work, once=clone, before=empty, check=peer.check_tree)


def vcs_pull(setting: Setting, link: Link) -> Contender | None:
    if not (vcs := setting.tool("vcs")):
        return None
    peer = PeerProject(setting, link, "vcs2l")
    workers = ["-w", str(setting.jobs)]

    def import_all() -> None:
        peer.empty()
        entries = "".join(
            f"  {name}:\n    type: git\n    url: {link.base_url}/{name}.git\n    version: '{setting.branch}'\n"
            for name in setting.names
        )
        listing = peer.directory / "all.repos"
        listing.write_text(f"repositories:\n{entries}")
        setting.run([vcs, "import", "--shallow", *workers, "--input", str(listing)], peer.directory)

    return Contender("vcs pull", [vcs, "pull", *workers], peer.directory, once=import_all, check=peer.check_tree)


def git_aggregate(setting: Setting, link: Link) -> Contender | None:
    if not (gitaggregate := setting.tool("gitaggregate")):
        return None
    peer = PeerProject(setting, link, "git-aggregator")
    command = [gitaggregate, "-c", "repos.yaml", "-j", str(setting.jobs), "--no-color"]

    def aggregate() -> None:
        peer.empty()
        entries = "".join(
            f"./{name}:\n  defaults:\n    depth: 1\n  remotes:\n    origin: {link.base_url}/{name}.git\n"
            f"  merges:\n    - origin {setting.branch}\n  target: origin {setting.branch}\n"
            for name in setting.names
        )
        (peer.directory / "repos.yaml").write_text(entries)
        setting.run(command, peer.directory)

    return Contender("gitaggregate", command, peer.directory, once=aggregate, check=peer.check_tree)
