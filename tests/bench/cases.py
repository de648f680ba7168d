"""What is compared with what. A case is a few lines: a name, and a contender for each way to do the job."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import peers
from contender import Contender
from promise import OFFLINE, Promise
from setting import ChosenModules, Link, Modules, Moving, Network, OcaProject, OwnDirectories, Setting, remove


@dataclass
class Case:
    """A job, who does it (`None`: not installed here), and over which link."""

    name: str
    contenders: list[Contender | None]
    link: Link | None = None
    tiny: bool = False  # milliseconds: many runs
    promise: Promise = Promise()  # of the first contender, where that is `oca`

    def present(self) -> list[Contender]:
        return [contender for contender in self.contenders if contender]


def all_cases(setting: Setting, network: Network) -> Iterator[Case]:
    """Every case, in an order in which later ones find the locks and caches of earlier ones."""
    moving = Moving(setting)
    for link in network.links():
        yield from lock_cases(setting, link)
        yield moved_case(setting, replace(link, below=moving.BELOW), moving)
        yield from first_sync_cases(setting, link)
        yield from repeated_sync_cases(setting, link)
        yield chosen_export_case(setting, link)
        yield from find_cases(setting, link)
    yield full_export_case(setting, network.loopback)
    yield from local_cases(setting, network.loopback)


def lock_cases(setting: Setting, link: Link) -> Iterator[Case]:
    oca = Oca(setting, link)
    yield Case(
        "lock, nothing cached",
        [
            oca.contender("lock", before=oca.forget_everything, check=oca.project.check_lock),
            peers.blobless_clone(setting, link),
        ],
        link,
        promise=Promise(megabytes=4.5, target_seconds=1.0 if link.is_slow else None),
    )
    yield Case(
        "lock --upgrade, nothing moved",
        [oca.contender("lock", "--upgrade", once=oca.lock), peers.ls_remote(setting, link)],
        link,
        promise=Promise(megabytes=0.1, target_seconds=0.4 if link.is_slow else None),
    )


def moved_case(setting: Setting, link: Link, moving: Moving) -> Case:
    oca = Oca(setting, link)

    def once() -> None:
        moving.begin()
        oca.lock()

    def check() -> None:
        moving.check(oca.project.lock)

    return Case(
        "lock --upgrade, three moved",
        [
            oca.contender("lock", "--upgrade", once=once, before=moving.push, check=check),
            peers.blobless_fetch(setting, link, moving),
        ],
        link,
    )


def first_sync_cases(setting: Setting, link: Link) -> Iterator[Case]:
    oca = Oca(setting, link)
    promise = Promise(target_contender="git clone")
    yield Case(
        "sync, from nothing",
        [
            oca.contender("sync", before=oca.forget_everything, check=oca.project.check_tree),
            peers.git_clone(setting, link),
            peers.Vcs(setting, link).import_all(),
            peers.GitAggregate(setting, link).from_nothing(),
            peers.MrChef(setting, link).from_nothing(),
        ],
        link,
        promise=promise,
    )
    yield Case(
        "sync, with a lock",
        [
            oca.contender("sync", once=oca.lock, before=oca.forget_all_but_lock, check=oca.project.check_tree),
            peers.git_clone(setting, link),
            peers.submodule_update(setting, link),
            peers.Vcs(setting, link).import_all(locked=True),
            peers.GitAggregate(setting, link).from_nothing(locked=True),
            peers.MrChef(setting, link).with_lock(),
        ],
        link,
        promise=promise,
    )


def repeated_sync_cases(setting: Setting, link: Link) -> Iterator[Case]:
    oca = Oca(setting, link)
    yield Case(
        "sync, nothing to do",
        [
            oca.contender("sync", once=oca.sync),
            peers.submodule_update_again(setting, link),
            peers.Vcs(setting, link).pull(),
            peers.GitAggregate(setting, link).again(),
            peers.MrChef(setting, link).again(),
        ],
        link,
        promise=replace(OFFLINE, target_seconds=0.02),
    )
    yield Case(
        "sync, from a warm cache",
        [
            oca.contender("sync", once=oca.sync, before=oca.forget_tree, check=oca.project.check_tree),
            peers.copy_of_checkouts(setting, link),
        ],
        link,
        promise=OFFLINE,
    )


def chosen_export_case(setting: Setting, link: Link) -> Case:
    """The peers are told what to bring by the lock, so they need `oca` too."""
    chosen = ChosenModules(setting, link)
    oca = Oca(setting, link, chosen.project)

    def check() -> None:
        chosen.modules.check(chosen.project.export)

    contenders = [
        oca.contender("-p", "chosen", "export", "dist", once=chosen.lock, before=oca.forget_all_but_lock, check=check),
        peers.sparse_chosen(setting, link, chosen),
        peers.clone_chosen(setting, link, chosen),
    ]
    name = "export of 60 modules and their closure, with a lock"
    # Of what comes, 1.5 MB are directories of modules that were not chosen: a commit is fetched with all of them.
    promise = Promise(megabytes=7, target_seconds=1.0 if link.is_slow else None, target_megabytes=6)
    return Case(name, contenders if oca.present else [], link, promise=promise)


def find_cases(setting: Setting, link: Link) -> Iterator[Case]:
    """All names of OCA's list are asked for; the server has only those of the profile."""
    oca = Oca(setting, link, OcaProject(setting, link, "oca-find"))
    find = ["find", "web_responsive"]

    def once() -> None:
        oca.project.run(*find)

    def forget_served() -> None:
        """Leaves the answers of those alone that the server does not have."""
        answers = next((oca.project.cache / "catalogue").iterdir())
        known = json.loads(answers.read_text())
        for name in setting.names:
            known["repos"].pop(name, None)
        answers.write_text(json.dumps(known))

    yield Case("find, nothing cached", [oca.contender(*find, before=oca.forget_everything)], link)
    yield Case("find, 32 to ask", [oca.contender(*find, once=once, before=forget_served)], link)
    yield Case("find, asked before", [oca.contender(*find, once=once)], link, tiny=True)


def full_export_case(setting: Setting, link: Link) -> Case:
    oca = Oca(setting, link)
    modules = Modules(oca.project)

    def check() -> None:
        modules.check(oca.project.export)

    contenders = [
        oca.contender("export", "dist", once=oca.export, before=oca.forget_export, check=check),
        peers.copy_of_files(setting, link, modules),
    ]
    promise = replace(OFFLINE, target_seconds=0.7)
    return Case("export of everything, from a warm cache", contenders if oca.present else [], promise=promise)


def local_cases(setting: Setting, link: Link) -> Iterator[Case]:
    """What works from repos.toml and the lock alone."""
    oca = Oca(setting, link)
    for arguments in (["lock", "--check"], ["addons-path"], ["list"], ["requirements"]):
        contender = oca.contender(*arguments, once=oca.lock)
        yield Case(" ".join(arguments), [contender], tiny=True, promise=OFFLINE)
    own = OwnDirectories(setting, link)
    contenders = [Oca(setting, link, own.project).contender("list", once=own.make), peers.manifestoo(setting, own)]
    name = "list, all modules in directories of one's own"
    yield Case(name, contenders if oca.present else [], tiny=True, promise=OFFLINE)


class Oca:
    """Contenders that are `oca`, and the states they start from."""

    def __init__(self, setting: Setting, link: Link, project: OcaProject | None = None) -> None:
        self.present = setting.oca is not None
        self.project = project or OcaProject(setting, link)

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

    def export(self) -> None:
        self.lock()
        self.project.run("export", "dist")

    def forget_tree(self) -> None:
        remove(self.project.tree)

    def forget_export(self) -> None:
        remove(self.project.export)

    def forget_all_but_lock(self) -> None:
        remove(self.project.tree, self.project.export, self.project.cache)

    def forget_everything(self) -> None:
        self.forget_all_but_lock()
        remove(self.project.lock)
