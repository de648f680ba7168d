"""Holds `oca sbom` against the official schemas and the rules of SPDX: `validate.py OCA`, at the top of the project.

It makes the SBOM of the demo, and of a hostile project: odd names, credentials in urls, unknown licences, merges, patches,
and Odoo itself. Each document is validated, its package urls are read again, and its modules are compared with those of
`oca export`: the identifier of each tree is computed again from the exported files. Needs git.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL
from spdx_tools.spdx.parser.parse_anything import parse_file
from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document

SECRET = "hunter2"
MANIFESTS = {
    "good": {"version": "18.0.1.0.0", "license": "LGPL-3", "external_dependencies": {"python": ["lxml==5.2.1", "Py_YAML"]}},
    "odd é": {"license": "</script> \x1b[31m\n" + "x" * 900, "version": "1\n\u202e" + "9" * 900, "depends": ["good", "no such\nmodule"]},
    "a b#c%zz?d@e": {"license": "OPL-1", "depends": ["good"]},
    "under_score": {"license": "Other OSI approved licence", "external_dependencies": {"deb": ["g++"], "bin": ["lpr\x1b"]}},
    "under-score": {"license": "GPL-3 or any later version"},
    "Under-Score": {"license": "  ", "depends": ["under_score", "base"]},
    "bare": {},
}
REQUIREMENTS = f"""\
lxml
six==1.16.0 ; python_version < '3'
six==1.16.0 ; python_version >= '3'
private @ git+https://me:{SECRET}@git.example.com/private.git@main
https://me:{SECRET}@git.example.com/x.zip?token={SECRET}
not a requirement
"""
REPOS = f"""\
odoo = "18.0"
[core]
url = "https://github.com/Odoo/Odoo.git"
[profiles.hostile]
repos = ["web", "more", "path", "dotted", "lan", "inner"]
[repos.web]
url = "https://me:{SECRET}@github.com/Acme/Web.git"
merges = ["#1", "https://me:{SECRET}@git.example.com/fork.git 18.0-fix", {{ ref = "refs/pull/2/head", modules = ["good"] }}]
patches = ["patches/my é patch.diff"]
[repos.more]
url = "ssh://git:{SECRET}@git.example.com:2222/a~b/more.git"
[repos.path]
url = "../remotes/path"
[repos.dotted]
url = "https://bitbucket.org/Acme/Do.tted"
addons = ["addons"]
[repos.lan]
url = "http://127.0.0.1:8080/a/lan.git"
[repos.inner]
url = "git@git.acme.internal:a/inner.git"
[[local]]
path = "own"
"""
ODOO = {
    "odoo-bin": "",
    "requirements.txt": "lxml==5.2.1\n",
    "odoo/release.py": "version_info = (18, 0, 0, FINAL, 0, '')\n",
    "odoo/addons/base/__init__.py": "",
    "odoo/addons/base/__manifest__.py": "{'name': 'x', 'depends': []}",
    "addons/web/__init__.py": "",
    "addons/web/__manifest__.py": "{'name': 'x'}",
}


class Project:
    """A directory with a `repos.toml`, a home and a cache of its own."""

    def __init__(self, oca, directory):
        self.oca, self.directory = oca, directory
        home = directory.parent / "home"
        home.mkdir(exist_ok=True)
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "GIT_CONFIG_NOSYSTEM": "1",
            "OCA_CACHE_DIR": str(home / "cache"),
            "LC_ALL": "C.UTF-8",
        }
        for role in ("AUTHOR", "COMMITTER"):
            self.environment |= {f"GIT_{role}_NAME": "x", f"GIT_{role}_EMAIL": "x@example.com", f"GIT_{role}_DATE": "1700000000 +0000"}

    def run(self, *words, **more):
        done = subprocess.run([self.oca, *words], cwd=self.directory, env=self.environment | more, capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"oca {' '.join(words)} failed:\n{done.stdout}{done.stderr}")
        if SECRET in done.stdout + done.stderr:
            sys.exit(f"oca {' '.join(words)} shows a secret:\n{done.stdout}{done.stderr}")
        return done.stdout

    def git(self, directory, *words):
        done = subprocess.run(["git", "-C", str(directory), *words], env=self.environment, capture_output=True, text=True, check=True)
        return done.stdout.strip()


def write(directory, files):
    for path, text in files.items():
        file = directory / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


def modules(manifests, below=""):
    files = {}
    for name, manifest in manifests.items():
        files |= {f"{below}{name}/__init__.py": "", f"{below}{name}/__manifest__.py": repr({"name": "x", **manifest})}
    return files


def commit(project, directory, files, reference):
    """A commit on top of the branch, as this reference."""
    project.git(directory, "checkout", "-q", "--detach", "18.0")
    write(directory, files)
    project.git(directory, "add", "-A")
    project.git(directory, "commit", "-qm", "[IMP] x")
    project.git(directory, "update-ref", reference, "HEAD")
    project.git(directory, "checkout", "-q", "18.0")


def repository(project, directory, files):
    directory.mkdir(parents=True)
    project.git(directory, "init", "-q", "-b", "18.0")
    write(directory, files)
    project.git(directory, "add", "-A")
    project.git(directory, "commit", "-qm", "[ADD] x")


def hostile(oca, directory):
    project = Project(oca, directory / "project")
    remotes = directory / "remotes"
    web = remotes / "web"
    repository(project, web, {**modules(MANIFESTS), "requirements.txt": REQUIREMENTS, "good/x.txt": "1\n2\n3\n"})
    commit(project, web, {"good/one.py": "x = 1\n"}, "refs/pull/1/head")
    commit(project, web, {"good/two.py": "x = 2\n", "bare/two.py": "x = 2\n"}, "refs/pull/2/head")
    commit(project, web, modules({"brought": {"license": "MIT"}}), "refs/heads/18.0-fix")
    repository(project, remotes / "more", modules({"more": {"license": "agpl3"}}))
    repository(project, remotes / "path", modules({"in_path": {"license": "AGPL-3"}}))
    repository(project, remotes / "dotted", modules({"dotted": {"license": "MIT"}}, "addons/"))
    repository(project, remotes / "lan", modules({"in_lan": {"license": "MIT"}}))
    repository(project, remotes / "inner", modules({"inner": {"license": "MIT"}}))
    repository(project, remotes / "odoo", ODOO)
    rewritten = {
        f"https://me:{SECRET}@github.com/Acme/Web.git": web,
        f"https://me:{SECRET}@git.example.com/fork.git": web,
        f"ssh://git:{SECRET}@git.example.com:2222/a~b/more.git": remotes / "more",
        "https://bitbucket.org/Acme/Do.tted": remotes / "dotted",
        "http://127.0.0.1:8080/a/lan.git": remotes / "lan",
        "git@git.acme.internal:a/inner.git": remotes / "inner",
        "https://github.com/Odoo/Odoo.git": remotes / "odoo",
    }
    for url, place in rewritten.items():
        for written in {url, url.replace(f"me:{SECRET}@", "").replace(f":{SECRET}@", "@")}:
            project.git(directory, "config", "--global", "--add", f"url.{place}.insteadOf", written)
    patch = "--- a/good/x.txt\n+++ b/good/x.txt\n@@ -1,3 +1,3 @@\n 1\n-2\n+two\n 3\n"
    own = modules({"mine": {"license": "Other proprietary", "depends": ["good"], "external_dependencies": {"python": ["requests"]}}}, "own/")
    write(project.directory, {"repos.toml": REPOS, "patches/my é patch.diff": patch, **own})
    project.run("lock", "-q")
    return project


def demo(oca, directory):
    project = Project(oca, directory / "project")
    shutil.copytree("fixtures/demo", project.directory, ignore=shutil.ignore_patterns("oca", ".cache"))
    return project


def with_parts(components):
    for component in components:
        yield component
        yield from with_parts(component.get("components", []))


def check_purl(text):
    """The package url is valid, and is written as the library writes it."""
    purl = PackageURL.from_string(text)
    faults = [message for message in PackageURL.validate_string(text, strict=True) if message.severity == "error"]
    if faults or purl.to_string() != text:
        sys.exit(f"`{text}` is not the package url `{purl.to_string()}`: {faults}")


def check_cyclonedx(text):
    error = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    if error:
        sys.exit(f"not valid as CycloneDX: {error}")
    bom = json.loads(text)
    components = [bom["metadata"]["component"], *with_parts(bom["components"])]
    references = [component["bom-ref"] for component in components]
    named = [one for dependency in bom["dependencies"] for one in (dependency["ref"], *dependency.get("dependsOn", []))]
    named += [one for part in bom["compositions"] for key in ("assemblies", "dependencies") for one in part.get(key, [])]
    if len(set(references)) != len(references) or set(named) != set(references):
        sys.exit(f"the references of the CycloneDX document are not its components: {set(named) ^ set(references)}")
    ancestors = [ancestor for one in components for ancestor in one.get("pedigree", {}).get("ancestors", [])]
    for component in (*components, *ancestors):
        if "purl" in component:
            check_purl(component["purl"])
    return bom


def check_spdx(text, file):
    file.write_text(text)
    messages = validate_full_spdx_document(parse_file(str(file)), "SPDX-2.3")
    if messages:
        sys.exit("not valid as SPDX:\n" + "\n".join(f"{one.validation_message} in {one.context.spdx_id}" for one in messages))
    document = json.loads(text)
    for package in document["packages"]:
        for reference in package.get("externalRefs", []):
            if reference["referenceType"] == "purl":
                check_purl(reference["referenceLocator"])
    return document


def check_modules(project, bom, directory):
    """The modules are those of the export, and the trees of their files have the identifiers of the SBOM."""
    project.run("export", "-q", str(directory))
    git = directory.parent / "git"
    project.git(directory.parent, "init", "-q", "--bare", str(git))
    tree = ("--git-dir", str(git), "--work-tree", str(directory))
    project.git(directory, *tree, "add", "-A", "--force", ".")
    listed = {}
    for repository in bom["components"]:
        for module in repository.get("components", []):
            path = module["bom-ref"].removeprefix("module:")
            listed[path] = module["swhid"]
    found = {file.parent.relative_to(directory) for file in directory.glob("**/__manifest__.py")}
    # A module has modules for its own tests.
    exported = {str(path) for path in found if found.isdisjoint(path.parents)}
    if set(listed) != exported:
        sys.exit(f"the SBOM and the export differ in {set(listed) ^ exported}")
    for path, found in listed.items():
        wanted = project.git(directory, *tree, "write-tree", f"--prefix={path}/")
        if found != [f"swh:1:dir:{wanted}"]:
            sys.exit(f"`{path}` has the tree {wanted}, not {found}")
    return len(listed)


def check(project, scratch, *arguments):
    documents = []
    for form in ("cyclonedx", "spdx"):
        text = project.run("sbom", "--format", form, *arguments)
        if text != project.run("sbom", "--format", form, *arguments):
            sys.exit(f"two SBOMs of the same lock differ, as {form}")
        dated = project.run("sbom", "--format", form, *arguments, SOURCE_DATE_EPOCH="1700000000")
        if "2023-11-14T22:13:20Z" not in dated:
            sys.exit(f"SOURCE_DATE_EPOCH does not count, as {form}")
        if form == "cyclonedx":
            check_cyclonedx(dated)
            documents.append(check_cyclonedx(text))
        else:
            check_spdx(dated, scratch / "dated.spdx.json")
            documents.append(check_spdx(text, scratch / "x.spdx.json"))
    bom, document = documents
    changes = sum(package["SPDXID"].startswith("SPDXRef-change-") for package in document["packages"])
    if len(document["packages"]) - changes != 1 + len(list(with_parts(bom["components"]))):
        sys.exit("the two formats do not have the same components")
    return bom, document


def main():
    oca = str(Path(sys.argv[1]).resolve())
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        for title, make, arguments in (("demo", demo, ["-p", "parity"]), ("hostile", hostile, [])):
            directory = scratch / title
            directory.mkdir()
            project = make(oca, directory)
            check(project, directory, *arguments, "--own")
            bom, document = check(project, directory, *arguments)
            project.environment["OCA_PROFILE"] = arguments[-1] if arguments else "hostile"
            count = check_modules(project, bom, directory / "export")
            print(f"{title}: {count} modules as exported, {len(document['packages'])} packages, {len(document['relationships'])} relationships")


main()
