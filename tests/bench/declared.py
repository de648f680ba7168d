"""What the files of a module declare, by `ast` and `lxml`, and what of it is gone in newer files.

The rules are those of `src/source`, written again for other parsers, so that `deep.py` can compare both.
"""

from __future__ import annotations

import ast
import csv
from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree

BASES = {"AbstractModel", "BaseModel", "Model", "TransientModel", "osv", "osv_abstract", "osv_memory", "object"}
SHORT = {"act_window": "ir.actions.act_window", "menuitem": "ir.ui.menu", "report": "", "template": "", "url": ""}


@dataclass
class Model:
    origin: bool = False
    open: bool = False
    fields: dict[str, dict] = field(default_factory=dict)
    twice: set[str] = field(default_factory=set)
    methods: set[str] = field(default_factory=set)
    shared_methods: set[str] = field(default_factory=set)
    supers: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)

    def has(self, name: str) -> bool:
        return name in self.fields or name in self.methods or name in self.names


@dataclass
class Module:
    models: dict[str, Model] = field(default_factory=dict)
    ids: set[str] = field(default_factory=set)
    open: bool = False
    unread_data: bool = False


def text_of(node: ast.expr | None) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of a class, those in `if` and the like included."""
    for statement in body:
        yield statement
        for part in ("body", "orelse", "finalbody"):
            if not isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                yield from statements(getattr(statement, part, []))
        for handler in getattr(statement, "handlers", []):
            yield from statements(handler.body)


def field_of(value: ast.expr, classes: set[str]) -> dict | None:
    """The field that an expression makes."""
    if not isinstance(value, ast.Call):
        return None
    function = value.func
    if isinstance(function, ast.Name) and function.id in classes:
        kind = function.id
    elif isinstance(function, ast.Attribute) and ast.unparse(function.value).split(".")[-1] == "fields":
        kind = function.attr
    else:
        return None
    if not kind[0].isupper():
        return None
    words = {word.arg: word.value for word in value.keywords if word.arg}
    is_open = any(word.arg is None for word in value.keywords) or any(isinstance(arg, ast.Starred) for arg in value.args)

    def truth(name: str, absent: bool) -> bool | None:
        if name not in words:
            return None if is_open else absent
        constant = words[name]
        return constant.value if isinstance(constant, ast.Constant) and isinstance(constant.value, bool) else None

    def has(name: str) -> bool:
        constant = words.get(name)
        return constant is not None and not (isinstance(constant, ast.Constant) and constant.value in (None, False))

    comodel = None
    if kind in ("Many2one", "One2many", "Many2many"):
        places = [argument for argument in value.args if not isinstance(argument, ast.Starred)]
        comodel = text_of(places[0] if places else words.get("comodel_name"))
    made = has("compute") or has("related")

    def lacks(name: str) -> bool:
        given = [argument for argument in value.args if not isinstance(argument, ast.Starred)]
        return not given and name not in words and not made and not is_open

    extension = "selection_add" in words or (
        lacks("comodel_name") if kind in ("Many2one", "One2many", "Many2many") else kind == "Selection" and lacks("selection")
    )
    return {
        "type": f"{kind} of {comodel}" if comodel else kind,
        "kind": kind,
        "extension": extension,
        "comodel": comodel,
        "required": truth("required", False),
        "stored": truth("store", not made),
        "filled": made or "default" in words or kind == "Boolean",
    }


def asked(tree: ast.Module) -> set[str]:
    """The names for which a file looks before it uses them."""
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name))
    found = (text_of(call.args[1]) for call in calls if call.func.id in ("hasattr", "getattr") and len(call.args) > 1)
    return {name for name in found if name}


def add_class(module: Module, node: ast.ClassDef, classes: set[str], guarded: set[str]) -> None:
    found, name, inherit, is_model = Model(), None, [], False
    found.open = not all(ast.unparse(base).split(".")[-1] in BASES for base in node.bases)
    for statement in statements(node.body):
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
            found.methods.add(statement.name)
            continue
        targets = (
            statement.targets
            if isinstance(statement, ast.Assign)
            else [statement.target] if isinstance(statement, ast.AnnAssign) and statement.value else []
        )
        for target in targets:
            value = statement.value
            if isinstance(target, (ast.Tuple, ast.List)):
                found.names |= {element.id for element in target.elts if isinstance(element, ast.Name)}
            if not isinstance(target, ast.Name):
                continue
            if target.id == "_name":
                is_model, name = True, text_of(value)
                found.open |= name is None
            elif target.id == "_inherit":
                is_model = True
                several = value.elts if isinstance(value, (ast.List, ast.Tuple, ast.Set)) else [value]
                texts = [text_of(element) for element in several]
                inherit = [] if None in texts else texts
                found.open |= None in texts
            elif target.id == "_inherits":
                is_plain = isinstance(value, ast.Dict) and all(key is not None and text_of(key) for key in value.keys)
                found.open |= not is_plain
            elif made := field_of(value, classes):
                if target.id in found.fields:
                    found.twice.add(target.id)
                found.fields[target.id] = made
            else:
                found.names.add(target.id)
    model = name or (inherit[0] if len(inherit) == 1 else None)
    if not is_model:
        return
    if not model:
        module.open |= found.open
        return
    known = module.models.setdefault(model, Model())
    known.origin |= name is not None and name not in inherit
    known.open |= found.open
    known.twice |= found.twice | (known.fields.keys() & found.fields.keys())
    known.fields |= found.fields
    known.shared_methods |= known.methods & found.methods
    known.methods |= found.methods
    known.supers |= set(supers(node)) - guarded
    known.names |= found.names


def supers(node: ast.ClassDef) -> Iterator[str]:
    """The names that are called with `super()`, not those of classes inside."""
    left: list[ast.AST] = list(node.body)
    while left:
        part = left.pop()
        if isinstance(part, ast.ClassDef):
            continue
        if isinstance(part, ast.Attribute) and isinstance(part.value, ast.Call):
            function = part.value.func
            if isinstance(function, ast.Name) and function.id == "super":
                yield part.attr
        left += ast.iter_child_nodes(part)


def imports(name: str, path: str, tree: ast.Module) -> Iterator[str]:
    package = path.split("/")[:-1]
    for node in ast.walk(tree):
        found: list[tuple[list[str], list[str]]] = []
        if isinstance(node, ast.ImportFrom):
            base = node.module.split(".") if node.module else []
            names = [[]] if any(alias.name == "*" for alias in node.names) else [[alias.name] for alias in node.names]
            found = [(base, more) for more in names]
        elif isinstance(node, ast.Import):
            found = [(alias.name.split("."), []) for alias in node.names]
        for base, more in found:
            whole = base + more
            if isinstance(node, ast.ImportFrom) and node.level:
                if node.level - 1 > len(package):
                    continue
                whole = package[: len(package) - node.level + 1] + whole
            elif whole[:2] in (["odoo", "addons"], ["openerp", "addons"]) and whole[2:3] == [name]:
                whole = whole[3:]
            else:
                continue
            for end in range(1, len(whole) + 1):
                yield "/".join(whole[:end]) + ".py"
                yield "/".join(whole[:end]) + "/__init__.py"


def read(name: str, files: dict[str, bytes]) -> Module:
    """What the files of a module declare."""
    module, trees = Module(), {}
    for path, content in files.items():
        if path.endswith(".py"):
            try:
                trees[path] = ast.parse(content)
            except (SyntaxError, ValueError):
                module.open = True
    manifest = next((files[path] for path in ("__manifest__.py", "__openerp__.py") if path in files), b"{}")
    values = ast.literal_eval(manifest.decode().lstrip("\ufeff"))
    data = {path.removeprefix("./") for key in ("data", "demo", "init_xml", "update_xml", "demo_xml") for path in values.get(key, [])}
    seen, left = set(), ["__init__.py"]
    while left:
        path = left.pop()
        if path in trees and path not in seen:
            seen.add(path)
            left += imports(name, path, trees[path])
    # In the order of the paths: the last declaration of a field counts.
    for path in sorted(seen | {path for path in data if path in trees}):
        classes: set[str] = set()
        for node in ast.walk(trees[path]):
            if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[-1] == "fields":
                classes |= {alias.name for alias in node.names if not alias.asname}
        guarded = asked(trees[path])
        for node in ast.walk(trees[path]):
            if isinstance(node, ast.ClassDef):
                add_class(module, node, classes, guarded)
    for path in data & files.keys():
        if path.endswith(".xml"):
            try:
                root = etree.fromstring(files[path], etree.XMLParser(resolve_entities=False, remove_comments=True))
            except etree.XMLSyntaxError:
                module.unread_data = True
                continue
            module.ids |= {whole(name, found) for found in xml_ids(root)}
        elif path.endswith(".csv"):
            module.ids |= {whole(name, found) for found in csv_ids(files[path].decode())}
    return module


def whole(name: str, found: str) -> str:
    return found if "." in found else f"{name}.{found}"


def xml_ids(root: etree._Element) -> Iterator[str]:
    tops = {"data", "odoo", "openerp", "tryton"}
    if root.tag not in tops:
        return
    for node in root.iter(etree.Element):
        parent = node.getparent()
        if parent is not None and parent.tag in tops and (node.tag in SHORT or (node.tag == "record" and node.get("model"))):
            found = node.get("id") or (node.get("t-name") if node.tag in SHORT else None)
            if found:
                yield found


def csv_ids(text: str) -> Iterator[str]:
    for row in csv.DictReader(text.splitlines(keepends=True), skipinitialspace=True):
        found = next((value for key, value in row.items() if key and key.strip() == "id"), None)
        if found:
            yield found.strip()


def changes(name: str, old: Module, new: Module) -> dict[str, set]:
    gone: dict[str, set] = {key: set() for key in ("models", "fields", "retyped", "not_stored", "required", "methods", "records")}
    if not new.open:
        for model, before in old.models.items():
            now = new.models.get(model)
            if now is None and before.origin:
                gone["models"].add(model)
                continue
            now = now or Model()
            for field_name, was in before.fields.items():
                if now_is := now.fields.get(field_name):
                    if field_name in before.twice | now.twice:
                        continue
                    comodels = was["comodel"], now_is["comodel"]
                    if was["kind"] != now_is["kind"] or (all(comodels) and comodels[0] != comodels[1]):
                        gone["retyped"].add((model, field_name, was["type"], now_is["type"]))
                    if (was["stored"], now_is["stored"]) == (True, False):
                        gone["not_stored"].add((model, field_name))
                elif not now.has(field_name) and not now.open and not was["extension"]:
                    gone["fields"].add((model, field_name))
            if not now.open:
                own = before.methods - (before.supers - before.shared_methods)
                gone["methods"] |= {
                    (model, method) for method in own if not now.has(method) and not method.startswith("__")
                }
    if not old.open:
        for model, now in new.models.items():
            before = old.models.get(model)
            if before is None and now.origin:
                continue
            for field_name, is_now in now.fields.items():
                was = before.fields.get(field_name) if before else None
                was_free = (was["required"] is False or was["filled"]) if was else not (before and before.open)
                if was_free and field_name not in now.twice and is_now["required"] is True and not is_now["filled"]:
                    gone["required"].add((model, field_name))
    if not new.unread_data:
        gone["records"] = {found for found in old.ids - new.ids if found.startswith(f"{name}.")}
    return gone
