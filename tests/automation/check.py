"""Checks the files for users in `docs/automation`: `check.py DIRECTORY`, at the top of the project.

Writes each piece of shell in the workflows, the action and the job for GitLab into the directory, as a script for
shellcheck. Then evaluates the expression of `renovate.json` over the project's own lock and that of the demo, with an
implementation of JSONata: it must name each entry with a branch, and the commit that it names must be, at its first place
in the file, the commit of this entry, because Renovate replaces it there.
"""

import json
import sys
from pathlib import Path

import yaml
from jsonata import Jsonata

WORKFLOWS = [Path("action.yml"), *sorted(Path("docs/automation").glob("*.yml")), *sorted(Path(".github/workflows").glob("*.yml"))]
LOCKS = [Path("oca.lock.json"), Path("fixtures/demo/oca.lock.json")]
ODD = {
    "repos": [
        {"name": "odoo", "kind": "core", "url": "u", "branch": "18.0", "commit": "c"},
        {"name": "tagged", "url": "u", "tag": "18.0", "commit": "c"},
        {"name": "pinned", "url": "u", "rev": "c", "commit": "c"},
        {"name": "web", "url": "u", "branch": "18.0", "commit": "c"},
    ]
}


def scripts(value):
    """The pieces of shell in a file: `run` of a step, and the lines of a job in GitLab, which run in one shell."""
    if isinstance(value, list):
        for item in value:
            yield from scripts(item)
    elif isinstance(value, dict):
        if isinstance(value.get("run"), str):
            yield value["run"]
        if isinstance(value.get("script"), list):
            yield "\n".join(value.get("before_script", []) + value["script"])
        for item in value.values():
            yield from scripts(item)


def write_scripts(directory):
    for file in WORKFLOWS:
        found = list(scripts(yaml.safe_load(file.read_text())))
        if not found:
            sys.exit(f"`{file}` has no shell")
        for number, text in enumerate(found):
            if "${{" in text:
                sys.exit(f"`{file}` has an expression in a line of shell, so its value could be a command:\n{text}")
            (directory / f"{file.stem}-{number}.sh").write_text(f"#!/bin/bash\nset -eo pipefail\n{text}\n")
    return len(list(directory.iterdir()))


def check_renovate():
    manager = json.loads(Path("docs/automation/renovate.json").read_text())["customManagers"][0]
    [expression] = manager["matchStrings"]

    def found(lock):
        found = Jsonata(expression).evaluate(lock)
        return found if isinstance(found, list) else [found]

    if [dependency["depName"] for dependency in found(ODD)] != ["web"]:
        sys.exit(f"the expression of renovate.json names other entries than `web`: {found(ODD)}")
    count = 0
    for file in LOCKS:
        text = file.read_text()
        lock = json.loads(text)
        wanted = [
            {"depName": repo["name"], "packageName": repo["url"], "currentValue": repo["branch"], "currentDigest": repo["commit"]}
            for repo in lock["repos"]
        ]
        if found(lock) != wanted:
            sys.exit(f"the expression of renovate.json finds other things in `{file}` than its entries")
        for number, dependency in enumerate(wanted):
            new = "0123456789abcdef0123456789abcdef01234567"
            edited = json.loads(text.replace(dependency["currentDigest"], new, 1))
            lock["repos"][number]["commit"], old = new, dependency["currentDigest"]
            if edited != lock:
                sys.exit(f"Renovate would edit something else in `{file}` than the commit of `{dependency['depName']}`")
            lock["repos"][number]["commit"] = old
            count += 1
    return count


print(f"{write_scripts(Path(sys.argv[1]))} pieces of shell, {check_renovate()} commits for Renovate")
