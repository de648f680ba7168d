"""Measures how each command of `oca` grows with the project: time and memory for 32, 125 and 250 repositories.

Makes 251 bare repositories with `git fast-import`: 80 modules of 22 files each. A module depends on modules of its own
repository, of repositories before it, and of Odoo. Each repository has 40 different requirement lines: 20 in manifests and
20 in its `requirements.txt`. All repositories share 100 distributions, with versions, extras and markers that do not
exclude each other. 250 repositories have 20,000 modules, 10,000 requirement lines and 440,000 files. A second commit
raises the version of every fourth module.

Then runs the commands in a project of the first 32, 125 and 250 repositories. No command may open more than 512 files.
Prints the median of the time, of the time on the processor, and the highest memory. The exponents compare the last
two sizes: 1 is linear, 2 is quadratic. Fetches from local directories, so the figures are without a network.

Needs git, 3 GB of memory for repositories in `/dev/shm`, and 6 GB more for the checkouts and the export.

    python3 growth.py --oca BINARY [--counts 32 125 250] [--runs 3] [--only WORD...] [--work DIR]
"""

from __future__ import annotations

import argparse
import math
import os
import resource
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from setting import remove, toml_list

HERE = Path(__file__).parent
# Those that `oca find` asks, and then others.
NAMES = (HERE / "../../src/catalogue/oca-repos.txt").read_text().split() + [f"bench-{number:03}" for number in range(300)]
MEASURE = HERE / "measure.py"
SERIES = "18.0"
MODULES = 80  # in each repository
LINES = 20  # requirements in the manifests of a repository, and in its file
OPEN_FILES = 512
DATE = "bench <bench@example.com> 1700000000 +0000"
TOPICS = "account crm hr mrp product project purchase sale stock website".split()
CORE = "account base contacts crm hr mail mrp product project purchase sale stock web website".split()
LANGUAGES = "de es fr it nl pt_BR".split()
SHARED = (
    "astor cryptography freezegun geojson jsonschema lxml numpy openpyxl openupgradelib pandas paramiko phonenumbers "
    "pyjwt pysftp python-stdnum pyyaml qrcode requests sentry-sdk shapely simplejson slugify unidecode vcrpy xlrd "
    "xlsxwriter xmlsig zeep"
).split() + [f"shared-{number}" for number in range(72)]
# Fewer than 100 specifiers for each distribution, which `oca` compares.
VARIANTS = ("", "<9", ">=1.{}", ">=1.{}", "!=1.{}.1", "[extra]", "[extra]>=1.{}", ">=1.{} ; python_version >= '3.11'")


def module_name(repo: int, number: int) -> str:
    return f"{TOPICS[(repo + number) % len(TOPICS)]}_{repo:03}_{number:02}"


def depends(repo: int, number: int) -> Iterator[str]:
    """One of Odoo's modules, up to two before it in its repository, and one of a repository before."""
    place = repo * MODULES + number
    yield CORE[place % len(CORE)]
    for divisor in (2, 3):
        if number and place % divisor == 0:
            yield module_name(repo, place * 7 // divisor % number)
    if repo and place % 4 == 1:
        yield module_name(place * 31 % repo, place * 17 % MODULES)


def requirement(repo: int, number: int) -> str:
    """One of the lines of a repository."""
    return SHARED[(2 * repo * LINES + number) % len(SHARED)] + VARIANTS[(repo + number) % len(VARIANTS)].format(repo)


def manifest(repo: int, number: int, version: str) -> str:
    name = module_name(repo, number)
    python = f'\n    "external_dependencies": {{"python": ["{requirement(repo, number)}"]}},' if number < LINES else ""
    return f"""# Copyright 2024 Bench
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
{{
    "name": "{name.replace("_", " ").title()}",
    "summary": "Does what the module {name} does",
    "version": "{SERIES}.{version}",
    "development_status": "Beta",
    "category": "Sales",
    "website": "https://github.com/OCA/{NAMES[repo]}",
    "author": "Bench, Odoo Community Association (OCA)",
    "maintainers": ["bench"],
    "license": "AGPL-3",
    "depends": {list(dict.fromkeys(depends(repo, number)))},{python}
    "data": ["security/ir.model.access.csv", "views/one_views.xml", "views/two_views.xml", "data/data.xml"],
}}
"""


def files(repo: int, number: int) -> Iterator[tuple[str, str]]:
    """All files of a module but its manifest."""
    name = module_name(repo, number)
    model = name.replace("_", ".")
    view = "".join(f'            <field name="field_{at}" string="Field {at} of {name}"/>\n' for at in range(10))
    terms = "".join(
        f'#. module: {name}\n#: model:ir.model.fields,field_description:{name}.field_{at}\nmsgid "Field {at}"\nmsgstr ""\n\n'
        for at in range(8)
    )
    yield "__init__.py", "from . import models\n"
    yield "models/__init__.py", "from . import one\nfrom . import two\n"
    for word in ("one", "two"):
        fields = "".join(f'    field_{at} = fields.Char(string="Field {at}", index=True)\n' for at in range(8))
        text = f'from odoo import fields, models\n\n\nclass {word.title()}(models.Model):\n    _name = "{model}.{word}"\n'
        yield f"models/{word}.py", f"{text}{fields}\n    def action_{number}(self):\n        return self.browse()\n"
        record = f'<odoo>\n    <record id="{word}_form" model="ir.ui.view">\n        <field name="arch" type="xml">\n'
        yield f"views/{word}_views.xml", f"{record}{view}        </field>\n    </record>\n</odoo>\n"
    yield "data/data.xml", f'<odoo noupdate="1">\n    <record id="one" model="{model}.one"/>\n</odoo>\n'
    yield "security/ir.model.access.csv", f"id,name,model_id:id,group_id:id,perm_read\naccess,{name},model_one,,1\n"
    yield "README.rst", f"{name}\n{'=' * len(name)}\n\n" + f"This module is {name}.\n" * 30
    yield "pyproject.toml", '[build-system]\nrequires = ["whool"]\nbuild-backend = "whool.buildapi"\n'
    yield "readme/DESCRIPTION.md", f"This module is {name}.\n" * 5
    yield "readme/CONTRIBUTORS.md", "- Bench \\<bench@example.com\\>\n"
    yield "static/description/index.html", f"<h1>{name}</h1>\n" + f"<p>This module is {name}.</p>\n" * 30
    yield f"i18n/{name}.pot", terms
    for language in LANGUAGES:
        yield f"i18n/{language}.po", f'msgid ""\nmsgstr "Language: {language}\\n"\n\n{terms}'
    yield "tests/test_one.py", f"# {name}\n"


def stream(repo: int) -> Iterator[str]:
    """Both commits of a repository, as `git fast-import` reads them."""

    def file(path: str, text: str) -> str:
        return f"M 100644 inline {path}\ndata {len(text.encode())}\n{text}\n"

    yield f"commit refs/heads/{SERIES}\nmark :1\ncommitter {DATE}\ndata 4\nOne\n\n"
    for number in range(MODULES):
        name = module_name(repo, number)
        yield file(f"{name}/__manifest__.py", manifest(repo, number, "1.0.0"))
        for path, text in files(repo, number):
            yield file(f"{name}/{path}", text)
    yield file("requirements.txt", "".join(f"{requirement(repo, LINES + number)}\n" for number in range(LINES)))
    yield file("README.md", f"# {NAMES[repo]}\n")
    yield f"commit refs/heads/next\ncommitter {DATE}\ndata 4\nTwo\nfrom :1\n"
    for number in range(0, MODULES, 4):
        yield file(f"{module_name(repo, number)}/__manifest__.py", manifest(repo, number, "1.1.0"))


def make_repository(remotes: Path, repo: int) -> None:
    directory = remotes / f"{NAMES[repo]}.git"
    if directory.exists():
        return
    unready = remotes / f".{NAMES[repo]}"
    command = ["git", "init", "--quiet", "--bare", f"--initial-branch={SERIES}", str(unready)]
    subprocess.run(command, check=True)
    data = "".join(stream(repo)).encode()
    command = ["git", f"--git-dir={unready}", "-c", "core.compression=1", "fast-import", "--quiet"]
    subprocess.run(command, input=data, check=True)
    for name in (SERIES, "next"):
        shutil.copy(unready / "refs/heads" / name, unready / f"{name}.commit")
    (unready / "refs/heads/next").unlink()
    unready.rename(directory)


def set_branches(remotes: Path, count: int, commit: str) -> None:
    """Lets the branch of each repository point to its first commit (`18.0`) or its second (`next`)."""
    for name in NAMES[:count]:
        repository = remotes / f"{name}.git"
        shutil.copy(repository / f"{commit}.commit", repository / "refs/heads" / SERIES)


@dataclass(frozen=True)
class Cost:
    seconds: float
    processor: float  # seconds
    memory: float  # MB


@dataclass(frozen=True)
class Project:
    """A project of the first repositories, with a cache of its own."""

    oca: Path
    remotes: Path
    directory: Path
    count: int

    def declare(self) -> None:
        self.directory.mkdir(exist_ok=True)
        (self.directory / "repos.toml").write_text(
            f'odoo = "{SERIES}"\nbase-url = "file://{self.remotes}"\n\n'
            f"[profiles.growth]\nrepos = {toml_list(NAMES[:self.count])}\n"
        )

    def measure(self, arguments: list[str], codes: tuple[int, ...]) -> Cost:
        result, stdout, stderr = (self.directory / f".{word}" for word in ("result", "stdout", "stderr"))
        command = [str(self.oca), "--quiet", *arguments]
        environment = os.environ | {"OCA_CACHE_DIR": str(self.directory / "cache")}
        launcher = [sys.executable, "-I", "-S", str(MEASURE), str(result), str(stdout), str(stderr)]
        subprocess.run([*launcher, *command], cwd=self.directory, env=environment, check=True)
        code, seconds, processor, memory = result.read_text().split()
        if int(code) not in codes:
            text = stderr.read_text(errors="replace")[-2000:]
            raise SystemExit(f"{shlex.join(command)} with {self.count} repositories: exit {code}\n{text}")
        return Cost(float(seconds), float(processor), int(memory) / 1e6)

    def forget(self) -> None:
        remove(self.directory / "cache", self.directory / "oca.lock.json")

    def without_checkouts(self) -> None:
        remove(self.directory / "oca")

    def without_export(self) -> None:
        remove(self.directory / "dist")

    def keep_lock(self) -> None:
        shutil.copy(self.directory / "oca.lock.json", self.directory / "old.json")

    def move(self) -> None:
        set_branches(self.remotes, self.count, "next")


@dataclass(frozen=True)
class Case:
    command: str
    before: Callable[[Project], object] | None = None
    codes: tuple[int, ...] = (0,)
    what: str = ""
    once: bool = False  # because a second run has nothing to do

    @property
    def name(self) -> str:
        return f"{self.command}{self.what and f' ({self.what})'}"


MODULE = module_name(0, 0)
LAST = "LAST"  # stands for the last module of the project
ONE_MORE = "ONE_MORE"  # stands for a repository that the project does not have
CASES = (
    Case("lock", Project.forget, what="nothing cached", once=True),
    Case("lock", what="up to date"),
    Case("lock --check"),
    Case("lock --upgrade", what="nothing moved"),
    Case("list"),
    Case("list --format json"),
    Case(f"why {MODULE}"),
    Case(f"tree {LAST}"),
    Case("check", codes=(0, 1)),
    Case("requirements"),
    Case("requirements --system"),
    Case("addons-path"),
    Case("sbom"),
    Case("sbom --format spdx"),
    Case("report -o page.html"),
    Case("sync", Project.without_checkouts, what="no files cached", once=True),
    Case("sync", Project.without_checkouts, what="from the cache", once=True),
    Case("sync", what="nothing to do"),
    Case("status"),
    Case("verify"),
    Case("export dist", Project.without_export, once=True),
    Case("export dist", what="again"),
    Case("verify dist"),
    Case("cache size"),
    Case(f"find {MODULE}", codes=(0, 3)),
    Case(f"add {ONE_MORE}", once=True),
    Case(f"remove {ONE_MORE}", once=True),
    Case("outdated", Project.move, what="all moved", once=True),
    Case("outdated", what="again"),
    Case("lock --upgrade", Project.keep_lock, what="all moved", once=True),
    Case("diff old.json"),
    Case("diff --format update old.json"),
    Case("diff --format markdown old.json"),
    Case("diff --deep old.json"),
    Case("sync", what="all moved", once=True),
)


def measure(project: Project, case: Case, runs: int) -> Cost:
    arguments = case.command.split()
    stands_for = {LAST: module_name(project.count - 1, MODULES - 1), ONE_MORE: NAMES[project.count]}
    arguments = [stands_for.get(word, word) for word in arguments]
    costs = []
    for _ in range(1 if case.once else runs):
        if case.before:
            case.before(project)
        costs.append(project.measure(arguments, case.codes))
    seconds, processor = (statistics.median(getattr(cost, key) for cost in costs) for key in ("seconds", "processor"))
    return Cost(seconds, processor, max(cost.memory for cost in costs))


def exponent(less: float, more: float, ratio: float) -> str:
    return f"{math.log(more / less) / math.log(ratio):5.2f}"


def print_table(counts: list[int], found: dict[int, dict[str, Cost]]) -> None:
    columns = "".join(f" | {count:>5}: s    cpu     MB" for count in counts)
    print(f"\n{'':32}{columns} | growth of cpu, memory")
    for case in CASES:
        costs = [found[count][case.name] for count in counts if case.name in found[count]]
        if not costs:
            continue
        cells = "".join(f" | {cost.seconds:8.3f} {cost.processor:6.2f} {cost.memory:6.0f}" for cost in costs)
        growth = ""
        if len(costs) > 1:
            ratio = counts[-1] / counts[-2]
            less, more = costs[-2:]
            growth = f"{exponent(less.processor, more.processor, ratio)} {exponent(less.memory, more.memory, ratio)}"
        print(f"{case.name:32}{cells} | {growth}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--oca", type=Path, required=True, help="the binary to measure")
    parser.add_argument("--counts", type=int, nargs="+", default=[32, 125, 250], help="repositories")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", nargs="+", default=[], metavar="WORD", help="only commands that begin so, in the projects of --work if they are there")
    parser.add_argument("--open-files", type=int, default=OPEN_FILES)
    parser.add_argument("--work", type=Path, help="keep the repositories and the projects here, and use what is there")
    options = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_NOFILE, (options.open_files, options.open_files))
    with tempfile.TemporaryDirectory(dir="/dev/shm") as scratch:
        work = options.work.resolve() if options.work else Path(scratch)
        remotes = work / "remotes"
        remotes.mkdir(parents=True, exist_ok=True)
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(lambda repo: make_repository(remotes, repo), range(max(options.counts) + 1)))
        found: dict[int, dict[str, Cost]] = {}
        for count in options.counts:
            project = Project(options.oca.resolve(), remotes, work / f"project-{count}", count)
            if not (options.only and project.directory.exists()):
                remove(project.directory)
                project.declare()
                set_branches(remotes, max(options.counts) + 1, SERIES)
            found[count] = {}
            for case in CASES:
                if not options.only or any(case.command.startswith(word) for word in options.only):
                    found[count][case.name] = cost = measure(project, case, options.runs)
                    print(f"{count:4} {case.name:32} {cost.seconds:8.3f} s {cost.memory:6.0f} MB", flush=True)
            if not options.work:
                remove(project.directory)
        print_table(options.counts, found)


if __name__ == "__main__":
    main()
