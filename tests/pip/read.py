"""Holds the merged requirements of hostile repositories against pip itself: `read.py OCA`, with a Python that has pip.

A repository is made whose manifest and `requirements.txt` hold words of many kinds, some written below and some put
together at random, always the same. Of each line that `oca requirements` makes of them, pip has to read one requirement,
by the name that oca says, from the network or an index. Needs git.
"""

import json
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

from pip._internal.network.session import PipSession
from pip._internal.req.constructors import install_req_from_parsed_requirement
from pip._internal.req.req_file import parse_requirements

HOSTILE = """\
-i https://h/s|--index-url=https://h/s| -r x.txt|-e .|x -i https://h/s|x --hash=sha256:00|x --config-settings a=b|x\\
x\\ny|x\ry|x\x0by|x\x0cy|x\x1cy|x\x1dy|x\x1ey|x\x85y|x\u2028y|x\u2029y|x\x00y|x #y|x#y|# x\x0cy|${HOME}|x @ https://h/${HOME}
/etc/passwd|../x|./x|~/x|.|..|file:///x|FILE:/x|x @ file:///x|git+file:///x|x @ git+file:///x|x.zip|x.whl|C:/x|x @ ../x
x==1.0+y.zip|x==1.0+y.whl|x===1.0+y.tar|x==1+y.tlz|x @ https://h/x;y ; os_name == 'nt'|https://h/x;y|https://h/x; os_name
x ; os_name == ' -i https://h '|x ; os_name == 'a #b'|x ; os_name == 'a\\|x ; os_name == "it's"|x ; python_version not  in '3'
x @ https://h/y.zip ; python_version  not  in  '3'|https://h/x.whl|https://h/x-1-py3-none-any.whl|https://h/x#egg=-rx
https://h/x#egg=A_b|git+ssh://-oProxyCommand=x/y|git+https://h/x@--upload-pack=y|x @ https://h/y z|x @ https://h/y#z
x @ x @ https://h/y|x@https://h/y|x[a] @ https://h/y ; extra == 'a'|x[a,]|x[]|x (>=1)|x>=1,|x;|x ;|x ; ()|X.Y__z[B_c]~=1.0
x ; os_name in 'a'and os_name=='b'|x;(os_name=='a')and(os_name=='b')|x ; os.name == 'a'|x ; '3'<python_version|x @ https:/h
x==1!2.0rc1.post2.dev3+l.1|x==1.*|x!=1.*|x===1|x ~= 1|x<1 , >2|0x|x.|x-|_x|x..y|https://h/x ; os_name == 'nt'|hg+https://h/x@1
"""
PARTS = [
    *"x y A_b 1 [a] .zip .whl -i -r -- @ ; # = == >= ~= === , [ ] ( ) ' \" \\ / : ${HOME} \t".split(" "),
    *(" ", "  ", " ; ", " @ ", "https://h/", "git+https://h/", "file:///", "os_name", "python_version", "'3.8'", "'a b'"),
    *(" and ", " or ", " not in ", " in ", " == ", " < ", "#egg=", "&subdirectory=", "..", "+", "-", ".", "1.0", "\r"),
    *("\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\xa0", "é", "✓", "\u202e", "%0a", "%2d"),
]


def words():
    chance = random.Random(1)
    made = ["".join(chance.choices(PARTS, k=chance.randint(1, 7))) for _ in range(6000)]
    begun = [f"x{n}" + "".join(chance.choices(PARTS, k=chance.randint(1, 6))) for n in range(6000)]
    return [*HOSTILE.replace("\\ny", "\ny").replace("\n", "|").split("|"), *made, *begun]


def lines_of(oca, folder, all_words):
    """What oca makes of a manifest with these words, and of a file with these lines."""
    module, project = folder / "web/good", folder / "project"
    module.mkdir(parents=True)
    project.mkdir()
    (module / "__init__.py").write_text("")
    manifest = {"version": "18.0.1.0.0", "license": "AGPL-3", "external_dependencies": {"python": all_words}}
    (module / "__manifest__.py").write_text(repr(manifest), newline="")
    (folder / "web/requirements.txt").write_text("\n".join(all_words), newline="")
    clean = {"PATH": os.environ["PATH"], "HOME": str(folder), "OCA_CACHE_DIR": str(folder / "cache")}
    who = ["-c", "user.name=x", "-c", "user.email=x@example.com"]
    for arguments in (["init", "-q", "-b", "18.0"], ["add", "-A"], [*who, "commit", "-qm", "x"]):
        subprocess.run(["git", "-C", folder / "web", *arguments], check=True, env=clean)
    (project / "repos.toml").write_text('odoo = "18.0"\nbase-url = ".."\n[profiles.x]\nrepos = ["web"]\n[repos.web]\nurl = "../web"\n')
    subprocess.run([oca, "lock", "-q"], cwd=project, check=True, env=clean)
    run = subprocess.run([oca, "requirements", "--format", "json"], cwd=project, env=clean, capture_output=True)
    assert run.returncode == 1, run
    return json.loads(run.stdout)["requirements"]


def read(file, session=PipSession()):
    parsed = parse_requirements(str(file), session=session)
    return [install_req_from_parsed_requirement(one) for one in parsed]


def fault(requirement, file):
    line, name = requirement["line"], requirement["name"]
    if not line[:1].isalnum() or not line.isascii() or not line.isprintable() or "\\" in line or "${" in line:
        return "has what no line may have"
    file.write_text(line + "\nnext-one\n", newline="")
    try:
        found = read(file)
    except Exception as error:  # of whatever kind
        return f"is refused by pip: {error}"
    if len(found) != 2 or found[0].editable or (found[0].link and found[0].link.is_file):
        return f"is something else to pip: {found}"
    said = (found[0].name or "").lower().replace("_", "-").replace(".", "-")
    while "--" in said:
        said = said.replace("--", "-")
    return None if said == name else f"is `{said}` to pip, and `{name}` to oca"


def main():
    oca = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        requirements = lines_of(oca, Path(folder), words())
        faults = [(one["line"], fault(one, Path(folder) / "one.txt")) for one in requirements]
    faults = [(line, what) for line, what in faults if what]
    for line, what in faults:
        print(f"{line!r} {what}")
    print(f"{len(requirements)} lines, {len(faults)} of them wrong")
    return 1 if faults or len(requirements) < 20 else 0


if __name__ == "__main__":
    sys.exit(main())
