use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::source::{ModuleFacts, read};

/// A module of one Python file and one XML file.
fn facts(name: &str, python: &str, xml: &str) -> ModuleFacts {
    let files = [
        ("__manifest__.py", "{'data': ['x.xml']}".to_owned()),
        ("__init__.py", "from . import x".to_owned()),
        ("x.py", python.to_owned()),
        ("x.xml", format!("<odoo>{xml}</odoo>")),
    ];
    let files = files.map(|(path, text)| (path.to_owned(), read(path, text.as_bytes())));
    ModuleFacts::of(name, files.into_iter().collect())
}

fn class(model: &str, body: &[&str]) -> String {
    let body: String = body.iter().map(|line| format!("    {line}\n")).collect();
    format!("class X(models.Model):\n    {model}\n{body}")
}

/// The step of the module `base_x`, and the modules after it: `base_x`, and others with what they depend on.
struct Case {
    old: ModuleFacts,
    new: ModuleFacts,
    others: Vec<(&'static str, Vec<&'static str>, ModuleFacts)>,
    /// Whether Odoo's own module `base` is among them.
    has_odoo: bool,
}

impl Case {
    fn new(old: &str, new: &str) -> Self {
        let [old, new] = [old, new].map(|python| facts("base_x", python, ""));
        Self { old, new, others: Vec::new(), has_odoo: false }
    }

    fn with(mut self, name: &'static str, depends: &[&'static str], python: &str) -> Self {
        self.others.push((name, depends.to_vec(), facts(name, python, "")));
        self
    }

    fn with_odoo(mut self, python: &str) -> Self {
        self.has_odoo = true;
        self.with("base", &[], python)
    }

    /// The uses, each as `USER PLACE ACT SUBJECT`, and `?` before those that are only possible.
    fn found(&self) -> Vec<String> {
        let changes = ApiChanges::between("base_x", &self.old, &self.new);
        let mut world = World::default();
        world.modules.insert("base_x", Member { depends: vec!["base"], facts: Some(&self.new) });
        for (name, depends, facts) in &self.others {
            world.modules.insert(name, Member { depends: depends.clone(), facts: Some(facts) });
        }
        let (findings, wanted) = find(&world, &BTreeMap::from([("base_x".to_owned(), changes)]));
        assert!(wanted.is_empty(), "all modules are read");
        let words = |mark: &str, finding: &Finding| {
            let subject = match &finding.subject {
                Subject::Model(model) => model.clone(),
                Subject::Field { model, name, change } => format!("{model}.{name} {change:?}"),
                Subject::Method { model, name } => format!("{model}.{name}()"),
                Subject::Record(id) => id.clone(),
            };
            let place = &finding.places[0];
            format!("{mark}{} {} {:?} {subject}", finding.user, place.line, place.act)
        };
        let facts = findings.facts.iter().map(|finding| words("", finding));
        facts.chain(findings.possible.iter().map(|finding| words("?", finding))).collect()
    }
}

const GONE: &str = "Removed { beside: [] }";

#[test]
fn a_field_is_gone_only_if_nobody_has_it() {
    let old = class("_name = 'x'", &["a = fields.Char()", "b = fields.Integer()"]);
    let new = class("_name = 'x'", &["b = fields.Integer()"]);
    let user = "env['x'].a\nenv['x'].b\n";
    let case = || Case::new(&old, &new).with("user", &["base_x"], user);
    assert_eq!(case().found(), [format!("user 1 Uses x.a {GONE}")]);
    let with_field = class("_inherit = 'x'", &["a = fields.Char()"]);
    // A module on which the user depends has it, or the user itself.
    let helped = Case::new(&old, &new).with("user", &["middle"], user);
    assert!(helped.with("middle", &["base_x", "help"], "").with("help", &[], &with_field).found().is_empty());
    assert!(Case::new(&old, &new).with("user", &["base_x"], &(with_field.clone() + user)).found().is_empty());
    // A module that only depends on the user may not be there.
    assert_eq!(case().with("later", &["user"], &with_field).found().len(), 1);
    // Who does not depend on the module is not asked.
    assert!(Case::new(&old, &new).with("user", &["other"], "env['y'].a\n").found().is_empty());
    // A parent model has it.
    let parent = class("_name = 'p'", &["a = fields.Char()"]);
    let child = class("_name = 'x'\n    _inherit = 'p'", &["b = fields.Integer()"]) + &parent;
    assert!(Case::new(&old, &child).with("user", &["base_x"], user).found().is_empty());
    // Each model has it.
    let magic = class("_name = 'x'", &["display_name = fields.Char()", "def write(self, values): pass"]);
    let user = "env['x'].display_name\nenv['x'].write({})\n";
    assert!(Case::new(&magic, &new).with("user", &["base_x"], user).found().is_empty());
}

#[test]
fn a_field_of_a_model_that_odoo_may_extend_is_only_perhaps_gone() {
    let old = class("_inherit = 'sale.order'", &["a = fields.Char()"]);
    let new = class("_inherit = 'sale.order'", &["b = fields.Char()"]);
    let case = || Case::new(&old, &new).with("user", &["base_x"], "env['sale.order'].a\n");
    let beside = "Removed { beside: [\"b\"] }";
    assert_eq!(case().found(), [format!("?user 1 Uses sale.order.a {beside}")]);
    let odoo = class("_name = 'sale.order'", &[]);
    assert_eq!(case().with_odoo(&odoo).found(), [format!("user 1 Uses sale.order.a {beside}")]);
    let odoo = class("_name = 'sale.order'", &["a = fields.Char()"]);
    assert!(case().with_odoo(&odoo).found().is_empty());
    // A model of the module itself whose mixin is not known.
    let old = class("_name = 'x'\n    _inherit = ['mail.thread']", &["a = fields.Char()"]);
    let new = class("_name = 'x'\n    _inherit = ['mail.thread']", &[]);
    let found = Case::new(&old, &new).with("user", &["base_x"], "env['x'].a\n").found();
    assert_eq!(found, [format!("?user 1 Uses x.a {GONE}")]);
    // A class of another Python class may have anything.
    let open = class("_inherit = 'x'", &[]).replace("models.Model", "Base");
    let [old, new] = [class("_name = 'x'", &["a = fields.Char()"]), class("_name = 'x'", &[])];
    let case = Case::new(&old, &new).with("user", &["base_x", "open"], "env['x'].a\n");
    assert_eq!(case.with("open", &["base_x"], &open).found(), [format!("?user 1 Uses x.a {GONE}")]);
}

#[test]
fn fields_are_followed_to_other_models() {
    let old = class("_name = 'x'", &["line_ids = fields.One2many('x.line')"])
        + &class("_name = 'x.line'", &["a = fields.Char()", "x_id = fields.Many2one('x')"]);
    let new = old.replace("a = fields.Char()", "a = fields.Char(compute='_c')");
    let user = "env['x'].line_ids.x_id.line_ids.a\nenv['x'].unknown_id.a\n";
    let case = Case::new(&old, &new).with("user", &["base_x"], user);
    assert_eq!(case.found(), ["user 1 Uses x.line.a NotStored"]);
}

#[test]
fn models_methods_and_super_calls_are_found() {
    let old = class("_name = 'x'", &["def a(self): pass", "def _b(self): pass"]) + &class("_name = 'y'", &[]);
    let new = class("_name = 'x'", &[]);
    let user = class("_inherit = 'x'", &["y_id = fields.Many2one('y')", "def a(self):", "    super().a()"])
        + &class("_inherit = 'y'", &["c = fields.Char(compute='_b')"]);
    let found = Case::new(&old, &new).with("user", &["base_x"], &user).found();
    assert_eq!(found, ["user 3 Uses y", "user 5 CallsSuper x.a()"]);
    // Another module still has the method.
    let other = class("_inherit = 'x'", &["def a(self): pass"]);
    let case = Case::new(&old, &new).with("user", &["base_x", "other"], &user);
    assert_eq!(case.with("other", &["base_x"], &other).found(), ["user 3 Uses y"]);
    // The model is in another module now.
    let case = Case::new(&old, &new).with("user", &["other"], "env['y']\n");
    assert!(case.with("other", &["base_x"], &class("_name = 'y'", &[])).found().is_empty());
}

#[test]
fn a_required_field_needs_a_value_from_those_who_make_records() {
    let old = class("_name = 'x'", &["a = fields.Char()"]);
    let new =
        class("_name = 'x'", &["a = fields.Char(required=True)", "b = fields.Many2one('x', required=True)"]);
    let user = "env['x'].create({'a': 1, 'b': 2})\nenv['x'].create({'b': 1})\nenv['x'].create({**v})\n";
    let case = Case::new(&old, &new).with("user", &["base_x"], user);
    assert_eq!(case.found(), ["user 2 Creates x.a Required"]);
    let filled = class("_inherit = 'x'", &["a = fields.Char(default='x')"]);
    let case = Case::new(&old, &new).with("user", &["base_x"], &(filled + user));
    assert!(case.found().is_empty());
    for quiet in ["required=True, default=1", "required=True, compute='_c', store=True", "required=x"] {
        let new = class("_name = 'x'", &[&format!("a = fields.Char({quiet})")]);
        assert!(ApiChanges::between("m", &facts("m", &old, ""), &facts("m", &new, "")).is_empty(), "{quiet}");
    }
}

#[test]
fn a_file_that_cannot_be_read_hides_what_is_gone() {
    let old = facts("m", &class("_name = 'x'", &["a = fields.Char()"]), "<record id='a' model='x'/>");
    let broken = facts("m", "x = (", "<record id='b' model='x'/>");
    let changes = ApiChanges::between("m", &old, &broken);
    assert!(changes.models.is_empty() && changes.fields.is_empty());
    assert_eq!(changes.ids.iter().collect::<Vec<_>>(), ["m.a"]);
    let broken = facts("m", "", "<record");
    let changes = ApiChanges::between("m", &old, &broken);
    assert!(changes.models.contains("x") && changes.ids.is_empty());
}

fn module() -> impl Strategy<Value = String> {
    let field = ("[a-c]", prop_oneof![Just("Char()"), Just("Integer(required=True)"), Just("Many2one('y')")]);
    let line = prop_oneof![
        field.prop_map(|(name, kind)| format!("{name} = fields.{kind}")),
        "[a-c]".prop_map(|name| format!("def {name}(self): pass")),
    ];
    let lines = proptest::collection::vec(line, 0..4);
    let of_class = (prop_oneof![Just("_name = 'x'"), Just("_name = 'y'"), Just("_inherit = 'x'")], lines);
    let classes = of_class
        .prop_map(|(model, lines)| class(model, &lines.iter().map(String::as_str).collect::<Vec<_>>()));
    proptest::collection::vec(classes, 0..4).prop_map(|classes| classes.concat())
}

proptest! {
    #[test]
    fn nothing_changed_between_a_module_and_itself(python in module()) {
        let facts = facts("m", &python, "<record id='a' model='x'/>");
        prop_assert!(ApiChanges::between("m", &facts, &facts).is_empty());
    }

    #[test]
    fn what_a_dependency_has_of_the_old_module_is_not_gone(old in module(), new in module()) {
        let user = "env['x'].a\nenv['y'].b\nenv['x'].c\n";
        let case = Case::new(&old, &new).with("user", &["base_x", "copy"], user).with("copy", &[], &old);
        let gone: Vec<_> =
            case.found().into_iter().filter(|word| word.contains("Removed") || word.ends_with("()")).collect();
        prop_assert!(gone.is_empty(), "{gone:?}");
    }
}
