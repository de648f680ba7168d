use super::*;

fn python(text: &str) -> FileFacts {
    read("models/x.py", text.as_bytes()).expect("Python")
}

fn xml(text: &str) -> FileFacts {
    read("views/x.xml", format!("<odoo>\n{text}\n</odoo>").as_bytes()).expect("XML")
}

/// Each use as `LINE MODEL.FIELD.FIELD`.
fn uses(facts: &FileFacts) -> Vec<String> {
    let word = |found: &Use| {
        let path: String = found.path.iter().map(|name| format!(" {name}")).collect();
        format!("{} {}{path}", found.line, found.model)
    };
    facts.uses.iter().map(word).collect()
}

/// The uses in a method of the model `m`. Its first line is line 4.
fn in_method(body: &str) -> Vec<String> {
    let body: String = body.lines().map(|line| format!("        {line}\n")).collect();
    let facts = python(&format!("class X(models.Model):\n    _name = 'm'\n    def f(self, given):\n{body}"));
    uses(&facts)
}

fn why(path: &str, text: &str) -> (u32, String) {
    let Unread { line, why } = read(path, text.as_bytes()).expect_err("refused");
    (line, why)
}

#[test]
fn fields_are_read_with_what_their_text_says() {
    let facts = python(
        "from odoo import fields, models
from odoo.fields import Date

class X(models.Model):
    _name = 'x.y'
    _inherit = ['mail.thread', \"x.mixin\"]
    _inherits = {'res.partner': 'partner_id'}
    a = fields.Char(required=True)
    b: str = fields.Many2one('res.partner', required=needed, default=lambda self: self.env.user)
    c = fields.One2many(comodel_name='x.line', inverse_name='x_id', compute='_compute_c')
    d = fields.Float(related='a.b', store=True)
    e = fields.Many2many('x.z', **more)
    f = g = Date()
    h, i = 1, 2
    if True:
        j = fields.Boolean(required=True)
    def _compute_c(self):
        self.nothing = fields.Char()
    @api.model
    def k(self): pass
",
    );
    let [class] = &facts.classes[..] else { panic!("one class") };
    assert_eq!((class.model(), class.line, class.is_open, class.is_origin()), (Some("x.y"), 4, false, true));
    assert_eq!(
        (&class.inherit[..], &class.inherits[..]),
        (&["mail.thread".to_owned(), "x.mixin".to_owned()][..], &["res.partner".to_owned()][..])
    );
    let fields: Vec<String> = class
        .fields
        .iter()
        .map(|field| {
            let Field { name, line, kind, comodel, required, stored, is_filled, is_extension: _ } = field;
            let comodel = comodel.as_deref().unwrap_or("-");
            let word = |value: &Option<bool>| match value {
                None => "?",
                Some(true) => "yes",
                Some(false) => "no",
            };
            format!("{name}:{line} {kind} {comodel} {} {} {is_filled}", word(required), word(stored))
        })
        .collect();
    assert_eq!(
        fields,
        [
            "a:8 Char - yes yes false",
            "b:9 Many2one res.partner ? yes true",
            "c:10 One2many x.line no no true",
            "d:11 Float - no yes true",
            "e:12 Many2many x.z ? ? false",
            "f:13 Date - no yes false",
            "g:13 Date - no yes false",
            "j:16 Boolean - yes yes true",
        ]
    );
    assert_eq!(
        (&class.methods[..], &class.names[..]),
        (&["_compute_c".to_owned(), "k".to_owned()][..], &["h".to_owned(), "i".to_owned()][..])
    );
    let found = uses(&facts);
    for expected in
        ["10 x.line", "10 x.line x_id", "10 x.y _compute_c", "11 x.y a", "11 x.y a b", "4 x.mixin"]
    {
        assert!(found.contains(&expected.to_owned()), "{expected} {found:?}");
    }
}

#[test]
fn a_field_that_changes_another_one_is_known() {
    for (field, is_extension) in [
        ("Selection(selection_add=[('a', 'A')])", true),
        ("Selection(readonly=True)", true),
        ("Selection([('a', 'A')])", false),
        ("Selection(selection='_values')", false),
        ("Selection(related='a.b')", false),
        ("Selection(**values)", false),
        ("Many2one(required=True)", true),
        ("Many2one('a')", false),
        ("Many2many(comodel_name=model)", false),
        ("One2many(compute='_c')", false),
        ("Char(translate=True)", false),
    ] {
        let facts = python(&format!("class X(models.Model):\n    _inherit = 'm'\n    f = fields.{field}\n"));
        assert_eq!(facts.classes[0].fields[0].is_extension, is_extension, "{field}");
    }
}

#[test]
fn the_model_of_a_class_must_be_in_its_text() {
    let facts = python(
        "class A(models.Model):\n    _inherit = 'm'\nclass B(models.Model):\n    _name = NAME\nclass C(models.Model):\n    _inherit = ['a', 'b']\nclass D:\n    x = 1\nclass E(Base):\n    _inherit = 'm'\n",
    );
    let models: Vec<_> = facts.classes.iter().map(|class| (class.model(), class.is_open)).collect();
    assert_eq!(models, [(Some("m"), false), (None, true), (None, false), (Some("m"), true)]);
}

#[test]
fn a_use_needs_a_known_model() {
    assert_eq!(in_method("self.a.b = 1"), ["4 m a", "4 m a b"]);
    let found = in_method("self.env['o'].sudo().search([]).a");
    assert_eq!(found, ["4 m env", "4 o", "4 o a", "4 o search", "4 o sudo"]);
    for (body, expected) in [
        ("for o in self:\n    o.a", "5 m a"),
        ("x = self.env['o'].browse(1)\nx.a", "5 o a"),
        ("x = None\nif given:\n    x = self.p\nx.a", "7 m p a"),
        ("[y.a for y in self.p]", "4 m p a"),
        ("self.p.filtered(lambda r: r.a)", "4 m p a"),
        ("self.p.sorted(key=lambda r: r.a)", "4 m p a"),
        ("self.mapped('p.a')", "4 m p a"),
        ("self.mapped('p.q').a", "4 m p q a"),
        ("self.filtered('a')", "4 m a"),
        ("(self | self.p[0:2] or self)[0]['a']", ""),
        ("(self | self)[0]['a']", "4 m a"),
        ("self.env['o'].search([('p.a', '=', 1), '|'])", "4 o p a"),
        ("self.env['o'].create({'a': 1})", "4 o a"),
        ("self.p.write({'a': 1, **given})", "4 m p a"),
        ("super().a()", "4 m a"),
        ("def inner():\n    return self.a", "5 m a"),
        ("env = self.env\nenv['o'].a", "5 o a"),
    ] {
        let found = in_method(body);
        assert!(expected.is_empty() || found.contains(&expected.to_owned()), "{body}: {found:?}");
        assert_eq!(found.iter().any(|word| word.ends_with(" a")), !expected.is_empty(), "{body}: {found:?}");
    }
    for body in [
        "given.a",
        "x = self.p\nx = given\nx.a",
        "for x in self:\n    pass\nfor x in given:\n    x.a",
        "x, y = self, 1\nx.a",
        "def inner(self):\n    return self.a",
        "(lambda x: x.a)(1)",
        "[self.a for self in given]",
        "y = x\nx = self\nx = given\ny.a",
        "self.env[given].a",
        "self.env[f'{given}'].a",
        "self.p.method().a",
        "hasattr(self, 'a') and self.a",
        "if 'a' in self._fields:\n    self.a",
        "with given as self:\n    self.a",
    ] {
        let found = in_method(body);
        assert!(!found.iter().any(|word| word.ends_with(" a")), "{body}: {found:?}");
    }
    assert!(uses(&python("def hook(env):\n    env['o'].a\n")).contains(&"2 o a".to_owned()));
    assert!(!uses(&python("if 'o' in env:\n    env['o']\n")).contains(&"2 o".to_owned()));
}

#[test]
fn decorators_and_references_are_uses() {
    let facts = python(
        "class X(models.Model):\n    _inherit = 'm'\n    @api.depends('a.b', lambda self: 'x')\n    def f(self):\n        self.env.ref('m.one')\n        self.env.ref('m.two', raise_if_not_found=False)\n        self.env.ref(f'm.{x}')\n        self.env.user.has_group('m.three')\n        request.render('m.four', {})\n        self.other.ref('m.five')\n    g = fields.Char(groups='m.six,!m.seven')\n",
    );
    assert!(uses(&facts).contains(&"3 m a b".to_owned()));
    let mut ids: Vec<_> = facts.references.iter().map(|reference| (reference.line, &*reference.id)).collect();
    ids.sort_unstable();
    assert_eq!(ids, [(5, "m.one"), (8, "m.three"), (9, "m.four"), (11, "m.seven"), (11, "m.six")]);
}

#[test]
fn values_of_new_records_are_known_only_if_all_are_texts() {
    let facts = python(
        "def f(env):\n    env['m'].create({'a': 1, 'b': 2})\n    env['m'].create([{'c': 1}, given])\n    env['m'].create({'a': 1, **given})\n    env['m'].create(given)\n",
    );
    let made: Vec<_> = facts.creations.iter().map(|made| (made.line, made.fields.join(" "))).collect();
    assert_eq!(made, [(2, "a b".to_owned()), (3, "c".to_owned())]);
}

#[test]
fn python_of_each_version_is_read() {
    for text in [
        "print 'x'\n",
        "exec code\n",
        "try:\n    pass\nexcept (A, B), e:\n    raise X, 'y'\n",
        "x = 0777\ny = ur'x'\n",
        "match x:\n    case {'a': [1, *rest]}:\n        pass\n",
        "type X[T] = list[T]\ndef f[T](x: T, /, *, y) -> T: ...\n",
        "try:\n    pass\nexcept* A as e:\n    pass\n",
        "x = f'{a:{b}} {c!r}'\nif (y := 1): pass\nasync def f():\n    async with a as b, c: await d\n",
        "\u{feff}x = 1\r\ny = 2\r\n",
        "",
    ] {
        let read = read("x.py", text.as_bytes());
        assert!(read.is_ok(), "{text}: {read:?}");
    }
}

#[test]
fn a_file_with_an_error_is_refused_as_a_whole() {
    assert_eq!(why("x.py", "x = 1\ny = (\nz = 2\n").1, "it is not valid Python");
    assert_eq!(why("x.py", "x = 1\n<<<<<<< HEAD\ny = 2\n"), (2, "it is not valid Python".to_owned()));
    assert_eq!(why("x.xml", "<odoo>\n<a></b></odoo>").0, 2);
    assert!(why("x.xml", "<odoo>\n<a></b></odoo>").1.starts_with("it is not valid XML: "));
    assert_eq!(read("x.py", b"\xff").expect_err("refused").why, "it is not UTF-8");
    assert_eq!(why("x.py", &" ".repeat(MOST_PYTHON + 1)).1, "it is larger than 1 MiB");
    assert_eq!(why("x.xml", &" ".repeat(MOST_DATA + 1)).1, "it is larger than 10 MiB");
}

#[test]
fn bombs_are_refused() {
    let (open, close) = ("(".repeat(100_000), ")".repeat(100_000));
    for text in [format!("x = {open}{close}\n"), format!("y = 1\nx = {open}\n")] {
        assert_eq!(why("x.py", &text).1, "its brackets are nested too deeply");
    }
    let indented: String = (0..5000).map(|depth| format!("{}if x:\n", " ".repeat(depth))).collect();
    assert!(read("x.py", indented.as_bytes()).is_err());
    for text in [
        "-".repeat(50_000) + "1",
        "not ".repeat(50_000) + "1",
        format!("x{}", ".a".repeat(50_000)),
        format!("x{}", "()".repeat(50_000)),
        format!("x{}", "[0]".repeat(50_000)),
        "lambda: ".repeat(50_000) + "1",
        "a if b else ".repeat(50_000) + "c",
        "1 + ".repeat(50_000) + "1",
        "a = ".repeat(50_000) + "1",
    ] {
        // Whatever the answer is, there is one.
        let _any = read("x.py", text.as_bytes());
    }
    // No text makes much more than itself.
    let long = "a.".repeat(100_000) + "a";
    let chain = "        x = self.p\n        y0 = x\n".to_owned()
        + &(1..5000).map(|at| format!("        y{at} = y{}.a.a.a\n", at - 1)).collect::<String>();
    let text = format!(
        "class X(models.Model):\n    _name = 'm'\n    a = fields.Char(related='{long}')\n    @api.depends('{long}')\n    def f(self):\n        self.mapped('{long}').x\n{chain}"
    );
    let count: usize = python(&text).uses.iter().map(|found| found.path.len()).sum();
    assert!(count < 2000, "{count}");
    let deep = format!("<odoo>{}{}</odoo>", "<a>".repeat(100_000), "</a>".repeat(100_000));
    assert_eq!(why("x.xml", &deep), (1, "its elements are nested too deeply".to_owned()));
    let bomb = "<!DOCTYPE a [<!ENTITY b 'c'><!ENTITY d '&b;&b;'>]>\n<odoo>&d;</odoo>";
    assert_eq!(
        why("x.xml", bomb),
        (1, "it has a document type, which could define entities: remove `<!DOCTYPE …>`".to_owned())
    );
    let outside = "<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><odoo>&b;</odoo>";
    assert!(why("x.xml", outside).1.starts_with("it has a document type"));
    let wide = format!("<odoo>{}</odoo>", "<a/>".repeat(1_100_000));
    assert_eq!(why("x.xml", &wide).1, "it has more than a million elements");
    let large = format!("<odoo>{}</odoo>", "<record id='a' model='m'/>\n".repeat(50_000));
    assert_eq!(read("x.xml", large.as_bytes()).expect("XML").records.len(), 50_000);
}

#[test]
fn records_and_references_of_data_files_are_read() {
    let facts = xml(
        "<record id=\"a\" model=\"m\"><field name=\"x\" ref=\"o.b\"/><field name=\"y\" eval=\"[(4, ref('o.c')), (4, ref(&quot;d&quot;))]\"/></record>
<data noupdate=\"1\"><menuitem id=\"e\" parent=\"o.f\" action=\"g\" groups=\"o.h,!o.i\"/></data>
<template id=\"j\" inherit_id=\"o.k\"><xpath expr=\"//p\"><t t-call=\"o.l\"/></xpath></template>
<record id=\"o.m\" model=\"m\"><field name=\"arch\"><button name=\"%(o.n)d\" context=\"{'x': %(o.p)d}\" t-if=\"x % (y)\"/></field></record>
<record id=\"q\" model=\"ir.ui.view\"><field name=\"inherit_id\" ref=\"o.r\"/></record>",
    );
    let records: Vec<_> = facts
        .records
        .iter()
        .map(|record| format!("{} {} {}", record.line, record.id, record.model))
        .collect();
    assert_eq!(records, ["2 a m", "3 e ir.ui.menu", "4 j ir.ui.view", "5 o.m m", "6 q ir.ui.view"]);
    let ids: Vec<_> = facts.references.iter().map(|reference| &*reference.id).collect();
    assert_eq!(ids, ["o.b", "o.c", "d", "o.f", "g", "o.h", "o.i", "o.k", "o.l", "o.p", "o.r"]);
    let parents: Vec<_> = facts
        .references
        .iter()
        .filter(|reference| reference.is_parent)
        .map(|reference| &*reference.id)
        .collect();
    assert_eq!(parents, ["o.k", "o.r"]);
    assert_eq!(facts.creations.len(), 2);
    assert!(
        read("x.xml", b"<templates><record id='a' model='m'/></templates>").expect("XML").records.is_empty()
    );
}

#[test]
fn a_view_shows_fields_of_its_model_and_of_the_models_inside() {
    let view = |inherits: &str| {
        let facts = xml(&format!(
            "<record id=\"v\" model=\"ir.ui.view\">\n<field name=\"model\">m</field>{inherits}<field name=\"arch\" type=\"xml\"><form>\n<field name=\"a\"/><field name=\"lines\"><list><field name=\"b\"/></list></field>\n<field name=\"c\" position=\"after\"><field name=\"d\"/></field></form></field></record>"
        ));
        let of_view = facts.uses.iter().filter(|found| found.model == "m" && !found.path.is_empty());
        of_view.map(|found| (found.path.join("."), found.how)).collect::<Vec<_>>()
    };
    let expected = |how| ["a", "lines", "lines.b", "d"].map(|path| (path.to_owned(), how)).to_vec();
    assert_eq!(view(""), expected(How::Shows));
    assert_eq!(view("<field name=\"inherit_id\" ref=\"o.v\"/>"), expected(How::MayShow));
}

#[test]
fn only_what_a_module_loads_counts() {
    let files = [
        (
            "__manifest__.py",
            "{'data': ['data/a.xml', './data/b.csv'], 'demo': ['demo/c.xml'], 'qweb': ['d.xml']}",
        ),
        (
            "__init__.py",
            "from . import models\nfrom odoo.addons.acme.hooks import hook\nfrom odoo.addons.other import x\n",
        ),
        ("hooks.py", "env['h'].x\n"),
        ("models/__init__.py", "from . import one, sub\nfrom .two import Two\nfrom .sub.deep import *\n"),
        ("models/one.py", "class A(models.Model):\n    _name = 'one'\n"),
        ("models/two.py", "from ..lib import x\nclass A(models.Model):\n    _name = 'two'\n"),
        ("models/dead.py", "class A(models.Model):\n    _name = 'dead'\n"),
        ("models/sub/__init__.py", ""),
        (
            "models/sub/deep.py",
            "class A(models.Model):\n    _inherit = 'deep'\n    a = fields.Char()\n    def b(self): pass\n",
        ),
        ("lib.py", "class A(models.Model):\n    _name = 'lib'\n"),
        ("data/a.xml", "<odoo><record id='a' model='m'/><record id='o.a' model='m'/></odoo>"),
        ("data/b.csv", "id\nb\n"),
        ("data/dead.xml", "<odoo><record id='dead' model='m'/></odoo>"),
        ("demo/c.xml", "<odoo><record id='c' model='m'/></odoo>"),
        ("d.xml", "<odoo><"),
    ];
    let sources = files.map(|(path, text)| (path.to_owned(), read(path, text.as_bytes())));
    let facts = ModuleFacts::of("acme", sources.into_iter().collect());
    let models: Vec<&str> = facts.models.keys().map(String::as_str).collect();
    assert_eq!(models, ["deep", "lib", "one", "two"]);
    let ids: Vec<&str> = facts.ids.iter().map(String::as_str).collect();
    assert_eq!(ids, ["acme.a", "acme.b", "acme.c", "o.a"]);
    assert!(facts.unread.is_empty() && !facts.is_open && !facts.has_unread_data());
    assert!(facts.models["one"].is_origin && !facts.models["deep"].is_origin);
    assert!(facts.models["deep"].has("a") && facts.models["deep"].has("b"));
    assert!(facts.uses().any(|(path, found)| path == "hooks.py" && found.model == "h"));
    assert_eq!(kind_of("tests/test_x.py"), None);
    assert_eq!(kind_of("static/src/x.xml"), None);
    assert_eq!(kind_of("tests.py"), Some(Kind::Python));
    assert_eq!(kind_of("README.rst"), None);
}

#[test]
fn facts_are_kept_and_a_broken_file_is_read_again() {
    let cache = tempfile::tempdir().expect("a directory");
    let kept = Kept::of(cache.path());
    let tree = crate::repo::tree_id(&[]);
    assert!(kept.load(tree).is_empty());
    let files = [("a.py", "class A(models.Model):\n    _name = 'a'\n"), ("b.xml", "<")];
    let files =
        files.map(|(path, text)| (path.to_owned(), read(path, text.as_bytes()))).into_iter().collect();
    kept.save(tree, &files);
    assert_eq!(kept.load(tree), files);
    let file = walkdir::WalkDir::new(cache.path())
        .into_iter()
        .filter_map(Result::ok)
        .find(|entry| entry.file_type().is_file());
    let file = file.expect("a file").into_path();
    let text = crate::fs::read_text(&file).expect("text");
    for broken in [
        text.replace("\"version\":1", "\"version\":2"),
        text.replace(&tree.to_string(), &"1".repeat(40)),
        text[1..].to_owned(),
        String::new(),
    ] {
        crate::fs::write_if_changed(&file, broken.as_bytes()).expect("a file");
        assert!(kept.load(tree).is_empty(), "{broken}");
    }
    let old = std::time::Duration::from_hours(1);
    assert_eq!(prune_kept(cache.path(), old, false).expect("nothing"), PrunedSources::default());
    assert_eq!(prune_kept(cache.path(), std::time::Duration::ZERO, true).expect("a count").count, 1);
    assert!(file.exists());
    assert_eq!(prune_kept(cache.path(), std::time::Duration::ZERO, false).expect("a count").count, 1);
    assert!(!file.exists());
    clean_kept(cache.path()).and_then(|()| clean_kept(cache.path())).expect("nothing is left");
}
