//! The values of `repos.toml`: the JSON Schema refuses those that the reader refuses, as far as a pattern can say it,
//! and none that the reader accepts.

use std::sync::LazyLock;

use proptest::prelude::*;
use serde_json::Value;

use super::schema::{faults, schema_of};
use super::schema_texts::TEXTS;
use super::shape;
use super::*;

/// Whether the schema of `repos.toml` accepts a text.
fn schema_accepts(text: &str) -> Result<(), String> {
    static COMPILED: LazyLock<(boon::Schemas, boon::SchemaIndex)> = LazyLock::new(|| {
        let (mut schemas, mut compiler) = (boon::Schemas::new(), boon::Compiler::new());
        compiler.add_resource("repos.json", schema_of::<shape::Repos>()).expect("a schema");
        let index = compiler.compile("repos.json", &mut schemas).expect("a valid schema");
        (schemas, index)
    });
    let value: Value = toml::from_str(text).expect("TOML");
    COMPILED.0.validate(&value, COMPILED.1).map_err(|error| error.to_string())
}

#[test]
fn the_schema_and_the_reader_accept_and_refuse_the_same_values() {
    let mut odd = Vec::new();
    for texts in TEXTS {
        let values = texts.right.iter().map(|value| (value, true));
        for (value, is_right) in values.chain(texts.wrong.iter().map(|value| (value, false))) {
            let file = texts.with(value);
            let read = faults("repos", &file);
            if read.is_empty() != is_right {
                odd.push(format!("{} {value:?}: the reader says {read:?}", texts.file));
            }
            if schema_accepts(&file).is_ok() != is_right {
                odd.push(format!("{} {value:?}: the schema says {:?}", texts.file, schema_accepts(&file)));
            }
        }
    }
    assert!(odd.is_empty(), "{}", odd.join("\n"));
}

#[test]
fn numbers_have_the_same_range_in_both() {
    for (file, right, wrong) in [
        ("repos.web.depth = VALUE", &["0", "4294967295"][..], &["-1", "4294967296"][..]),
        ("repos.web.merges = [{ pr = VALUE }]", &["1", "4294967295"], &["0", "-1", "4294967296"]),
        ("repos.web.merges = [{ mr = VALUE }]", &["1"], &["0", "4294967296"]),
    ] {
        let text = |value: &str| {
            format!("odoo = \"18.0\"\n{}\nprofiles.p.repos = [\"web\"]", file.replace("VALUE", value))
        };
        for value in right {
            accepted(&text(value));
            schema_accepts(&text(value)).unwrap_or_else(|error| panic!("{file} {value}: {error}"));
        }
        for value in wrong {
            assert!(!faults("repos", &text(value)).is_empty(), "the reader accepts {value} in {file}");
            assert!(schema_accepts(&text(value)).is_err(), "the schema accepts {value} in {file}");
        }
    }
}

/// A value like one of the right and wrong values, with pieces of others.
fn similar() -> impl Strategy<Value = (usize, String)> {
    const PIECES: &str = "(/|\\.|\\.\\.|-|:|@|\\$|\\$\\{A\\}|\\$\\{|\\}|:-|#|\\?|~|,| |\\*|>=|1|0|a|é|\\[|\\]|\\.git|//|://|\u{a0}|\u{3000}){0,3}";
    (0..TEXTS.len()).prop_flat_map(|at| {
        let values: Vec<&str> = TEXTS[at].right.iter().chain(TEXTS[at].wrong).copied().collect();
        (prop::sample::select(values), PIECES, PIECES, any::<prop::sample::Index>()).prop_map(
            move |(value, first, second, cut)| {
                let cuts: Vec<usize> = value.char_indices().map(|(at, _)| at).chain([value.len()]).collect();
                let (before, after) = value.split_at(cuts[cut.index(cuts.len())]);
                (at, format!("{before}{first}{after}{second}"))
            },
        )
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn the_schema_accepts_all_that_the_reader_accepts((at, value) in similar()) {
        let file = TEXTS[at].with(&value);
        if parse(&file).is_ok() {
            prop_assert!(schema_accepts(&file).is_ok(), "{:?}\n{:?}", file, schema_accepts(&file));
        }
    }
}

#[test]
fn odd_values_are_accepted_by_both() {
    let text = include_str!("design.toml");
    accepted(text);
    schema_accepts(text).expect("the file of the design");
    let odd = r##"
odoo = "0.10"
requires-oca = ">=0.0.1"
base-url = "${MIRROR:-https://mirror.example.com/OCA}"
push-url = "git@git.example.com:acme/{name}.git"
path = "${DIRECTORY:-oca}"
image = { root = "${ROOT}/addons", core = "/opt/odoo" }
export = { languages = ["sr@latin", "es_419"], drop = ["readme"] }
requirements = { python = "3.12.4", platform = "linux/arm64" }
core = { enterprise = "../enterprise", themes = { branch = "18.0-é" } }
profiles."0.a_-" = { repos = ["0", "a.b"], modules = ["0_x-y", "web >=1.0, <3"] }
repos."a.b" = { rev = "0123456789ABCDEF0123456789abcdef01234567", addons = [".", "a b/é"], depth = 0 }
repos.0 = { merges = ["#1", { pr = 2, modules = ["web"] }, { ref = "refs/pull/1/head", url = "../x y" }] }
"##;
    accepted(odd);
    schema_accepts(odd).unwrap_or_else(|error| panic!("{error:#}"));
}

#[test]
fn wrong_values_are_refused_by_both() {
    for wrong in [
        "odoo = \"18\"",
        "odoo = \"18.0\"\nprofiles.web = { repos = [\"a/b\"] }",
        "odoo = \"18.0\"\nprofiles.web = { repos = [\"a\", \"a\"] }",
        "odoo = \"18.0\"\nprofiles.\"a b\" = {}",
        "odoo = \"18.0\"\nprofiles.web = { modules = [\"-x\"] }",
        "odoo = \"18.0\"\nrepos.\"a b\" = {}",
        "odoo = \"18.0\"\nrepos.web = { branch = \"18.0\", tag = \"v1\" }",
        "odoo = \"18.0\"\nrepos.web = { rev = \"18.0\" }",
        "odoo = \"18.0\"\nrepos.web = { addons = [] }",
        "odoo = \"18.0\"\nrepos.web = { merges = [{ pr = 1, mr = 1 }] }",
        "odoo = \"18.0\"\nrepos.web = { merges = [{ pr = 1, url = \"../web\" }] }",
        "odoo = \"18.0\"\nrepos.web = { merges = [{ pr = 0 }] }",
        "odoo = \"18.0\"\nrepos.web = { merges = [{}] }",
        "odoo = \"18.0\"\ncore = { branch = \"18.0\", rev = \"0123456789abcdef0123456789abcdef01234567\" }",
        "odoo = \"18.0\"\nimage = { root = \"mnt\" }",
        "odoo = \"18.0\"\npath = \"\"",
        "odoo = \"18.0\"\nexport = { languages = [\"FR\"] }",
        "odoo = \"18.0\"\nrequirements = { python = \"3\" }",
    ] {
        assert!(!faults("repos", wrong).is_empty(), "the reader accepts\n{wrong}");
        assert!(schema_accepts(wrong).is_err(), "the schema accepts\n{wrong}");
    }
}
