//! `oca diff --deep`: what a change means for the modules that use what changed.

use crate::env::Env;
use crate::project::short;
use crate::remote::{Draft, Remote};
use crate::server::Server;

const PROFILE: &str = "[[local]]\npath = \"addons\"\n[profiles.standard]\nrepos = [\"sale\", \"tools\"]\n";

const MODELS: &str = "from odoo import fields, models

class SaleType(models.Model):
    _name = 'sale.type'

    name = fields.Char()
    rule_ids = fields.One2many('sale.type.rule', 'type_id')
    color = fields.Char()
    code = fields.Char(required=True, default='x')
    gone_later = fields.Char()

    def apply(self):
        return True

class Rule(models.Model):
    _name = 'sale.type.rule'
    type_id = fields.Many2one('sale.type')
    amount = fields.Float()
";

const NEW_MODELS: &str = "from odoo import fields, models

class SaleType(models.Model):
    _name = 'sale.type'

    name = fields.Char()
    line_ids = fields.One2many('sale.type.rule', 'type_id')
    color = fields.Integer()
    code = fields.Char(required=True)

class Rule(models.Model):
    _name = 'sale.type.rule'
    type_id = fields.Many2one('sale.type')
    amount = fields.Float(compute='_compute_amount')
    def _compute_amount(self): pass
";

const VIEWS: &str = "<odoo>
<record id=\"view_form\" model=\"ir.ui.view\"><field name=\"model\">sale.type</field><field name=\"arch\" type=\"xml\"><form/></field></record>
<record id=\"group_user\" model=\"res.groups\"><field name=\"name\">x</field></record>
<record id=\"kept\" model=\"res.groups\"><field name=\"name\">x</field></record>
</odoo>";

/// A module with these files and this version.
fn module<'r>(
    draft: Draft<'r>,
    name: &str,
    version: &str,
    depends: &str,
    files: &[(&str, &str)],
) -> Draft<'r> {
    let data: Vec<&str> = files.iter().map(|(path, _)| *path).filter(|path| path.ends_with(".xml")).collect();
    let fields = [
        ("version", format!("'18.0.{version}'")),
        ("depends", format!("['{depends}']")),
        ("data", format!("{data:?}")),
    ];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(key, value)| (*key, value.as_str())).collect();
    let draft = draft.module(name, &fields);
    let draft = draft.file(&format!("{name}/__init__.py"), "from . import models\n");
    let draft = draft.file(&format!("{name}/models.py"), "");
    files.iter().fold(draft, |draft, (path, text)| draft.file(&format!("{name}/{path}"), text))
}

/// A committed lock with `sale_type`, and `sale_use` in another repository. The own module `acme` has this code.
fn project(env: &Env, acme: &str) -> [Remote; 2] {
    let sale = Remote::new(env, "sale");
    let draft = sale.branch("18.0").file("README.md", "");
    module(draft, "sale_type", "1.0.0", "base", &[("models.py", MODELS), ("views.xml", VIEWS)]).commit();
    let tools = Remote::new(env, "tools");
    let draft = tools.branch("18.0").file("README.md", "");
    let code = "class X(models.Model):\n    _inherit = 'sale.type'\n    def f(self):\n        return self.gone_later\n";
    module(draft, "sale_use", "1.0.0", "sale_type", &[("models.py", code)]).commit();
    own(env, acme);
    env.locked(PROFILE);
    env.git(".", &["init", "-q", "-b", "main"]);
    env.commit_all("Lock");
    [sale, tools]
}

fn own(env: &Env, code: &str) {
    env.own_module("addons/acme", "{'depends': ['sale_type'], 'data': ['views.xml']}");
    env.write("addons/acme/__init__.py", "from . import models\n");
    env.write("addons/acme/models.py", code);
}

fn change(sale: &Remote, files: &[(&str, &str)]) -> String {
    module(sale.branch("18.0"), "sale_type", "2.0.0", "base", files).commit()
}

fn upgrade(env: &Env) {
    env.oca(&["lock", "-q", "--upgrade"]).success();
}

/// The part of the report about uses, without the differences of the locks.
#[track_caller]
fn deep(env: &Env, words: &[&str]) -> String {
    let output = env.oca(&[&["diff", "--deep"], words].concat()).output().to_string();
    assert!(output.starts_with("exit: 0\n"), "{output}");
    let stdout = output.split_once("----- stdout -----\n").map_or("", |(_, rest)| rest);
    let stdout = stdout.split_once("----- stderr -----\n").map_or("", |(stdout, _)| stdout);
    let lines = stdout.lines().skip_while(|line| !line.ends_with(':') || line.starts_with(' '));
    lines.map(|line| format!("{line}\n")).collect()
}

#[test]
fn a_removed_field_that_an_own_module_uses_is_told() {
    let env = Env::new();
    let [sale, _] =
        project(&env, "def f(env):\n    types = env['sale.type'].search([])\n    return types.rule_ids\n");
    let old = env.locked_commit("sale");
    let new = change(
        &sale,
        &[("models.py", NEW_MODELS), ("views.xml", VIEWS), ("migrations/18.0.2.0.0/pre-migration.py", "x")],
    );
    upgrade(&env);
    env.oca(&["diff", "--deep"])
        .stdout(&format!(
            "sale         {} -> {}  branch 18.0
  take back: oca lock sale@{old}
  1 commit, the newest of 2024-10-25
  sale_type  18.0.1.0.0 -> 18.0.2.0.0  major
    {} [IMP] a change
used, but changed or gone:
  `acme` uses `rule_ids` of `sale.type` (models.py:3), which `sale_type` 18.0.2.0.0 removed; new fields of the same type: `line_ids`
  `sale_use` uses `gone_later` of `sale.type` (models.py:4), which `sale_type` 18.0.2.0.0 removed
migration scripts that will run:
  `sale_type`: `migrations/18.0.2.0.0/pre-migration.py`
",
            short(&old),
            short(&new),
            short(&new)
        ))
        .stderr("1 repository (1 changed), 1 module (1 changed)\n2 uses of what changed or is gone, 0 possible uses, 1 migration script\n")
        .success();
    // What was read is in the cache.
    env.remove_remotes();
    assert!(deep(&env, &["-q"]).contains("`acme` uses `rule_ids`"));
}

#[test]
fn what_is_done_with_a_thing_is_told_with_what_happened_to_it() {
    let env = Env::new();
    let code = "class X(models.Model):
    _inherit = 'sale.type'
    total = fields.Float(related='rule_ids.amount')

    @api.depends('rule_ids')
    def apply(self):
        self.color = 'x'
        self.env['sale.type'].create({'name': 'x'})
        self.env.ref('sale_type.group_user')
        return super().apply()
";
    let [sale, _] = project(&env, code);
    env.write(
        "addons/acme/views.xml",
        "<odoo><record id=\"v\" model=\"ir.ui.view\"><field name=\"model\">sale.type</field>
<field name=\"inherit_id\" ref=\"sale_type.view_form\"/>
<field name=\"arch\" type=\"xml\"><form position=\"inside\"><field name=\"gone_later\"/></form></field></record>
<record id=\"w\" model=\"ir.ui.view\"><field name=\"model\">sale.type</field><field name=\"arch\" type=\"xml\">
<form groups=\"sale_type.kept\"><field name=\"rule_ids\"><list><field name=\"amount\"/></list></field></form></field></record>
<record id=\"r\" model=\"sale.type\"><field name=\"color\">x</field></record></odoo>",
    );
    let views = VIEWS.replace("group_user", "group_other").replace("view_form", "view_other");
    change(&sale, &[("models.py", NEW_MODELS), ("views.xml", &views)]);
    upgrade(&env);
    assert_eq!(
        deep(&env, &["-q"]),
        "used, but changed or gone:
  `acme` creates `sale.type` without `code` (models.py:8, views.xml:6), which `sale_type` 18.0.2.0.0 requires now
  `acme` uses `color` of `sale.type` (models.py:7, views.xml:6), which `sale_type` 18.0.2.0.0 changed from `Char` to `Integer`
  `acme` uses `rule_ids` of `sale.type` (models.py:3, models.py:5, views.xml:5), which `sale_type` 18.0.2.0.0 removed; new fields of the same type: `line_ids`
  `acme` calls `super()` for `apply` of `sale.type` (models.py:10), which `sale_type` 18.0.2.0.0 removed
  `acme` refers to `sale_type.group_user` (models.py:9), which `sale_type` 18.0.2.0.0 removed
  `acme` inherits the view `sale_type.view_form` (views.xml:2), which `sale_type` 18.0.2.0.0 removed
  `sale_use` uses `gone_later` of `sale.type` (models.py:4), which `sale_type` 18.0.2.0.0 removed
perhaps used, but changed or gone (Odoo itself is not in the lock, so what it declares is not known):
  `acme` shows `gone_later` of `sale.type` (views.xml:3), which `sale_type` 18.0.2.0.0 removed
"
    );
}

#[test]
fn a_thing_that_is_elsewhere_is_not_gone() {
    let env = Env::new();
    let [sale, tools] =
        project(&env, "def f(env):\n    return env['sale.type'].rule_ids, env['sale.type'].color\n");
    // `acme` depends on the module to which it moved.
    env.own_module("addons/acme", "{'depends': ['sale_base', 'sale_type']}");
    env.write("addons/acme/__init__.py", "from . import models\n");
    let moved = "class X(models.Model):\n    _inherit = 'sale.type'\n    rule_ids = fields.One2many('sale.type.rule', 'type_id')\n";
    module(tools.branch("18.0"), "sale_base", "1.0.0", "sale_type", &[("models.py", moved)]).commit();
    let new = MODELS.replace("    rule_ids = fields.One2many('sale.type.rule', 'type_id')\n", "");
    change(&sale, &[("models.py", &new), ("views.xml", VIEWS)]);
    upgrade(&env);
    assert_eq!(deep(&env, &["-q"]), "");
    // Without the dependency, it is.
    env.own_module("addons/acme", "{'depends': ['sale_type']}");
    env.write("addons/acme/__init__.py", "from . import models\n");
    assert!(deep(&env, &["-q"]).contains("`acme` uses `rule_ids` of `sale.type` (models.py:2)"));
}

#[test]
fn a_file_that_cannot_be_read_is_told_and_nothing_is_guessed() {
    let env = Env::new();
    let [sale, _] = project(&env, "def f(env):\n    return env['sale.type'].rule_ids\n");
    let bomb = "<!DOCTYPE x [<!ENTITY a 'b'>]>\n<odoo>&a;</odoo>";
    let large = format!("<odoo>{}</odoo>", " ".repeat(10 << 20));
    change(&sale, &[("models.py", "x = (\n"), ("views.xml", bomb), ("large.xml", &large)]);
    upgrade(&env);
    env.write("addons/acme/views.xml", "<odoo><a></odoo>");
    let report = deep(&env, &["-q"]);
    assert_eq!(
        report,
        "not read, so nothing is known of them:
  `views.xml` of `acme` at line 1: it is not valid XML: expected 'a' tag, not 'odoo' at 1:10
  `large.xml` of `sale_type`: it is larger than 10 MiB
  `models.py` of `sale_type` at line 1: it is not valid Python
  `views.xml` of `sale_type` at line 1: it has a document type, which could define entities: remove `<!DOCTYPE …>`
"
    );
}

#[test]
fn only_files_that_are_needed_are_fetched_in_few_requests() {
    let env = Env::new();
    let [sale, tools] = project(&env, "");
    let draft = module(sale.branch("18.0"), "sale_other", "1.0.0", "base", &[("models.py", "other = 1\n")]);
    draft.commit();
    let server = Server::start(&env);
    env.write("repos.toml", format!("odoo = \"18.0\"\nbase-url = \"{}\"\n{PROFILE}", server.base()));
    env.lock();
    env.commit_all("Lock");
    change(&sale, &[("models.py", NEW_MODELS), ("views.xml", VIEWS)]);
    upgrade(&env);
    std::fs::remove_dir_all(env.cache()).expect("a cache");
    let before = server.count("POST");
    assert!(deep(&env, &["-q"]).contains("`sale_use` uses `gone_later`"));
    let first = server.count("POST") - before;
    assert!(first <= 12, "{first} requests");
    // Nothing is asked again.
    assert!(deep(&env, &["-q"]).contains("`sale_use` uses `gone_later`"));
    assert_eq!(server.count("POST"), before + first);
    drop(tools);
}

#[test]
fn the_report_is_json_and_markdown_too() {
    let env = Env::new();
    let [sale, _] = project(&env, "def f(env):\n    return env['sale.type'].color\n");
    change(&sale, &[("models.py", NEW_MODELS), ("views.xml", "<odoo/>")]);
    upgrade(&env);
    let output = env.oca(&["diff", "--deep", "--format", "json"]).output().to_string();
    let json =
        output.split_once("----- stdout -----\n").and_then(|(_, rest)| rest.split_once("----- stderr"));
    let json: serde_json::Value = serde_json::from_str(json.expect("stdout").0).expect("JSON");
    let deep = &json["changes"][0]["deep"];
    assert_eq!(deep["knows_odoo"], false);
    assert_eq!(
        deep["uses"][0],
        serde_json::json!({
            "user": "acme", "kind": "field", "model": "sale.type", "name": "color", "change": "retyped",
            "types": {"from": "Char", "to": "Integer"}, "beside": [], "by": "sale_type",
            "places": [{"path": "models.py", "line": 2, "act": "uses"}],
        })
    );
    let module = &deep["modules"][0];
    assert_eq!(module["removed_fields"][0], serde_json::json!({"model": "sale.type", "name": "gone_later"}));
    assert_eq!(module["removed_methods"], serde_json::json!([{"model": "sale.type", "name": "apply"}]));
    assert_eq!(module["required_fields"], serde_json::json!([{"model": "sale.type", "name": "code"}]));
    assert_eq!(
        module["not_stored_fields"],
        serde_json::json!([{"model": "sale.type.rule", "name": "amount"}])
    );
    assert_eq!(
        module["removed_records"],
        serde_json::json!(["sale_type.group_user", "sale_type.kept", "sale_type.view_form"])
    );
    env.oca(&["diff", "-q", "--deep", "--format", "markdown"])
        .stdout_contains("### Used, but changed or gone\n\n- `acme` uses `color` of `sale.type` (`models.py:2`), which `sale_type` 18.0.2.0.0 changed from `Char` to `Integer`\n")
        .success();
    let output = env.oca(&["diff", "--format", "json"]).output().to_string();
    assert!(!output.contains("\"deep\""), "{output}");
}

#[test]
fn it_does_not_go_with_the_list_of_modules_to_update() {
    let env = Env::new();
    project(&env, "");
    env.oca(&["diff", "--deep", "--format", "update"])
        .stderr("error: `--deep` and `--format update` exclude each other: `update` prints the names of modules and nothing else\nhint: run `oca diff --deep` and `oca diff --format update` one after the other\n")
        .status(2);
    env.oca(&["diff", "--deep"]).stderr("nothing changed\n").success();
}

#[test]
fn a_commit_that_is_gone_is_an_error_after_the_report() {
    let env = Env::new();
    let [sale, tools] = project(&env, "");
    module(
        tools.branch("18.0"),
        "sale_use",
        "1.1.0",
        "sale_type",
        &[("migrations/18.0.1.1.0/post-x.py", "")],
    )
    .commit();
    module(sale.rewrite("18.0"), "sale_type", "2.0.0", "base", &[("models.py", NEW_MODELS)]).commit();
    upgrade(&env);
    env.git(sale.path(), &["reflog", "expire", "--expire=now", "--all"]);
    env.git(sale.path(), &["gc", "-q", "--prune=now"]);
    std::fs::remove_dir_all(env.cache()).expect("a cache");
    env.oca(&["diff", "--deep", "-q"])
        .stdout_contains("`sale_use`: `migrations/18.0.1.1.0/post-x.py`")
        .stderr_contains("error: ")
        .status(4);
}

#[test]
fn what_was_read_is_pruned_and_cleaned_with_the_cache() {
    let env = Env::new();
    let [sale, _] = project(&env, "");
    change(&sale, &[("models.py", NEW_MODELS), ("views.xml", VIEWS)]);
    upgrade(&env);
    let first = deep(&env, &["-q"]);
    let kept = || walkdir(&env.cache().join("source"));
    assert_eq!(kept().len(), 3);
    // A damaged file is read again.
    for file in kept() {
        std::fs::write(file, "{").expect("a file");
    }
    assert_eq!(deep(&env, &["-q"]), first);
    env.oca(&["cache", "prune", "--dry-run", "--older-than", "0", "-q"])
        .stdout_contains("sources of 3 modules: would be removed\n")
        .success();
    env.oca(&["cache", "prune"]).stderr_contains("2 stores, ").success();
    assert_eq!(kept().len(), 3);
    env.oca(&["cache", "prune", "--older-than", "0"])
        .stderr_contains("sources of 3 modules: removed\n")
        .success();
    assert!(kept().is_empty());
    assert_eq!(deep(&env, &["-q"]), first);
    env.oca(&["cache", "clean"]).success();
    assert!(!env.cache().join("source").exists());
}

/// The files two levels below a directory.
fn walkdir(directory: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = |path: &std::path::Path| {
        let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
        entries.map(|entry| entry.path()).collect::<Vec<_>>()
    };
    entries(directory).iter().flat_map(|path| entries(path)).collect()
}
