"""The contenders that are not `oca`: git itself, `cp`, and tools written in Python where they are installed."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from contender import Contender, nothing
from setting import ChosenModules, Link, Modules, Moving, OwnDirectories, PeerProject, Setting, remove

# The commands of the Python peers, and the packages that bring them.
PACKAGES = {
    "vcs": "vcs2l",
    "gitaggregate": "git-aggregator",
    "mrchef": "mrchef",
    "git-autoshare-clone": "git-autoshare (for mrchef)",
    "manifestoo": "manifestoo",
}

# Where copies with the whole branch are served, below the others.
WHOLE_HISTORY = "whole"


def run(setting: Setting, contender: Contender) -> None:
    """Brings about what a contender leaves behind, for one that begins there."""
    contender.before()
    setting.run(contender.command, contender.cwd)


def git_clone(setting: Setting, link: Link) -> Contender:
    peer = PeerProject(setting, link, "git-clone")
    command = peer.each(f"{shallow_clone(setting)} $url/{{}}.git {{}}")
    return Contender("git clone", command, peer.directory, before=peer.empty, check=peer.check_tree)


def shallow_clone(setting: Setting) -> str:
    return f"git clone -q --depth 1 --single-branch --branch {setting.branch}"


def blobless_clone(setting: Setting, link: Link) -> Contender:
    peer = PeerProject(setting, link, "git-blobless")
    command = peer.each(f"{shallow_clone(setting)} --filter=blob:none --no-checkout $url/{{}}.git {{}}")
    return Contender("git clone, no blobs", command, peer.directory, before=peer.empty)


def blobless_fetch(setting: Setting, link: Link, moving: Moving) -> Contender:
    """What keeps clones without blobs up to date."""
    clone = blobless_clone(setting, link)
    peer = PeerProject(setting, link, "git-blobless")

    def once() -> None:
        moving.begin()
        run(setting, clone)

    command = peer.each("git -C {} fetch -q --depth 1")
    return Contender("git fetch, no blobs", command, peer.directory, once=once, before=moving.push)


def ls_remote(setting: Setting, link: Link) -> Contender:
    peer = PeerProject(setting, link, "git-ls-remote")
    command = peer.each(f"git ls-remote $url/{{}}.git refs/heads/{setting.branch}")
    return Contender("git ls-remote", command, peer.directory)


def submodule_update(setting: Setting, link: Link) -> Contender:
    """In a superproject that pins what is served."""
    peer = PeerProject(setting, link, "git-submodule")
    pristine = PeerProject(setting, link, "git-superproject").directory

    def make() -> None:
        entries = (
            f'[submodule "{name}"]\n\tpath = {name}\n\turl = {link.base_url}/{name}.git\n\tbranch = {setting.branch}\n'
            for name in setting.names
        )
        (pristine / ".gitmodules").write_text("".join(entries))
        pins = [f"160000,{setting.wanted(name, locked=True)},{name}" for name in setting.names]
        gitlinks = [argument for pin in pins for argument in ("--cacheinfo", pin)]
        setting.run(["git", "init", "-q"], pristine)
        setting.run(["git", "update-index", "--add", ".gitmodules", *gitlinks], pristine)
        setting.run(["git", "commit", "-q", "-m", "Pin"], pristine)

    def restore() -> None:
        remove(peer.directory)
        shutil.copytree(pristine, peer.directory)

    command = ["git", "submodule", "--quiet", "update", "--init", "--depth", "1", "--jobs", str(setting.jobs)]
    return Contender("git submodule update", command, peer.directory, once=make, before=restore, check=peer.check_tree)


def manifestoo(setting: Setting, own: OwnDirectories) -> Contender | None:
    """Lists all modules of an addons path."""
    if not (tool := setting.tool("manifestoo")):
        return None
    path = ",".join(map(str, own.directories))
    options = ["--no-addons-path-from-import-odoo", "--addons-path", path, "--select-found"]
    return Contender("manifestoo list", [tool, *options, "list"], own.project.directory, once=own.make)


def submodule_update_again(setting: Setting, link: Link) -> Contender:
    first = submodule_update(setting, link)

    def once() -> None:
        first.once()
        run(setting, first)

    return replace(first, once=once, before=nothing)


def clone_chosen(setting: Setting, link: Link, chosen: ChosenModules) -> Contender:
    """Whole checkouts of the repositories that hold the chosen modules."""
    peer = PeerProject(setting, link, "git-clone-chosen")
    command = peer.each(f"{shallow_clone(setting)} $url/{{}}.git {{}}", chosen.repos)
    return chosen_contender("git clone", command, peer, chosen)


def sparse_chosen(setting: Setting, link: Link, chosen: ChosenModules) -> Contender:
    """Partial clones and sparse checkouts: little but the chosen modules travels."""
    peer = PeerProject(setting, link, "git-sparse-chosen")
    # A line is a repository and its modules.
    script = (
        f'{shallow_clone(setting)} --filter=blob:none --sparse {link.base_url}/"$0".git "$0" && '
        'git -C "$0" sparse-checkout set "$@"'
    )
    lines = shlex.quote(str(chosen.modules_by_repo))
    command = ["sh", "-c", f"xargs -P{setting.jobs} -L1 sh -c {shlex.quote(script)} < {lines}"]
    return chosen_contender("git clone, sparse", command, peer, chosen)


def chosen_contender(name: str, command: list[str], peer: PeerProject, chosen: ChosenModules) -> Contender:
    def check() -> None:
        chosen.modules.check(peer.directory)

    return Contender(name, command, peer.directory, once=chosen.lock, before=peer.empty, check=check)


def copy_of_checkouts(setting: Setting, link: Link) -> Contender:
    """No peer caches; this is what merely writing the files costs."""
    peer = PeerProject(setting, link, "cp")
    return copy("cp -a", git_clone(setting, link), peer, peer.check_tree)


def copy_of_files(setting: Setting, link: Link, modules: Modules) -> Contender:
    """The same without git's own files."""
    clone = git_clone(setting, link)
    peer = PeerProject(setting, link, "cp-files")

    def check() -> None:
        peer.check_tree()
        modules.check(peer.directory)

    command = clone.command[-1] + " && rm -rf ./*/.git"
    return copy("cp -r", replace(clone, command=["sh", "-c", command]), peer, check)


def copy(name: str, source: Contender, peer: PeerProject, check: Callable[[], None]) -> Contender:
    """Copies what another contender made."""
    # Not inside its own directory: that is what it makes.
    once = partial(run, peer.setting, source)
    command = [*name.split(), str(source.cwd), str(peer.directory)]
    return Contender(name, command, peer.setting.work, once=once, before=partial(remove, peer.directory), check=check)


class Vcs:
    """vcs2l; `locked` lists commits instead of the branch."""

    def __init__(self, setting: Setting, link: Link) -> None:
        self.setting, self.link = setting, link
        self.tool = setting.tool("vcs")
        self.peer = PeerProject(setting, link, "vcs2l")
        self.workers = ["-w", str(setting.jobs)]

    def import_all(self, *, locked: bool = False) -> Contender | None:
        if not self.tool:
            return None

        def start() -> None:
            self.peer.empty()
            listing.write_text(self.listing(locked=locked))

        listing = self.peer.directory / "all.repos"
        command = [self.tool, "import", "--shallow", *self.workers, "--input", str(listing)]
        return Contender("vcs import", command, self.peer.directory, before=start, check=self.peer.check_tree)

    def pull(self) -> Contender | None:
        if not self.tool or not (source := self.import_all()):
            return None
        command = [self.tool, "pull", *self.workers]
        once = partial(run, self.setting, source)
        return Contender("vcs pull", command, self.peer.directory, once=once, check=self.peer.check_tree)

    def listing(self, *, locked: bool) -> str:
        entries = "".join(
            f"  {name}:\n    type: git\n    url: {self.link.base_url}/{name}.git\n"
            f"    version: '{self.setting.wanted(name, locked=locked)}'\n"
            for name in self.setting.names
        )
        return f"repositories:\n{entries}"


class GitAggregate:
    """git-aggregator; `locked` merges commits instead of the branch."""

    def __init__(self, setting: Setting, link: Link) -> None:
        self.setting, self.link = setting, link
        self.tool = setting.tool("gitaggregate")
        self.peer = PeerProject(setting, link, "git-aggregator")

    def from_nothing(self, *, locked: bool = False) -> Contender | None:
        if not self.tool:
            return None

        def start() -> None:
            self.peer.empty()
            (self.peer.directory / "repos.yaml").write_text(self.configuration(locked=locked))

        command = [self.tool, "-c", "repos.yaml", "-j", str(self.setting.jobs), "--no-color"]
        return Contender("gitaggregate", command, self.peer.directory, before=start, check=self.peer.check_tree)

    def again(self) -> Contender | None:
        if not (first := self.from_nothing()):
            return None
        once = partial(run, self.setting, first)
        return replace(first, once=once, before=nothing)

    def configuration(self, *, locked: bool) -> str:
        return "".join(
            f"./{name}:\n  defaults:\n    depth: 1\n  remotes:\n    origin: {self.link.base_url}/{name}.git\n"
            f"  merges:\n    - origin {self.setting.wanted(name, locked=locked)}\n"
            f"  target: origin {self.setting.branch}\n"
            for name in self.setting.names
        )


class MrChef:
    """mrchef, whose clones have all history but no blobs other than those they check out.

    From a server that is itself shallow, git never finishes such a clone: one lazy fetch starts the next, for ever. So
    this contender alone is served the whole branch, and pays for it.
    """

    def __init__(self, setting: Setting, link: Link) -> None:
        self.setting = setting
        self.link = replace(link, below=WHOLE_HISTORY)
        self.tool = setting.tool("mrchef") if setting.tool("git-autoshare-clone") else None
        self.peer = PeerProject(setting, self.link, "mrchef")
        self.kitchen = self.peer.directory / "kitchen"
        self.freezer = self.peer.directory / "mrchef.lock"

    def from_nothing(self) -> Contender | None:
        return self.contender(once=self.configure, before=partial(remove, self.kitchen, self.freezer))

    def with_lock(self) -> Contender | None:
        return self.contender(once=self.freeze, before=partial(remove, self.kitchen))

    def again(self) -> Contender | None:
        return self.contender(once=self.freeze)

    def contender(self, **hooks: Callable[[], None]) -> Contender | None:
        if not self.tool:
            return None
        command = [self.tool, "warmup", "-j", str(self.setting.jobs)]
        environment = self.setting.with_tools()
        return Contender("mrchef warmup", command, self.peer.directory, environment, check=self.check, **hooks)

    def configure(self) -> None:
        self.peer.empty()
        meals = "".join(
            f'\n[meals.{name}]\nurl = "{self.link.base_url}/{name}.git"\nbranch = "{self.setting.branch}"\n'
            for name in self.setting.names
        )
        (self.peer.directory / "mrchef.toml").write_text(f'version = 1\nkitchen = "kitchen"\n{meals}')

    def freeze(self) -> None:
        self.configure()
        for command in ("warmup", "freeze"):
            arguments = [str(self.tool), command, "-j", str(self.setting.jobs)]
            self.setting.run(arguments, self.peer.directory, self.setting.with_tools())

    def check(self) -> None:
        self.setting.check_tree(self.kitchen)
