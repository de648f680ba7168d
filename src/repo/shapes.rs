//! The JSON Schemas of the types that parse and display as text.
//!
//! A schema accepts everything that the type accepts. What only code can refuse is not in it. A pattern must mean the
//! same in ECMA-262, in Python's `re` and in Rust, so there are no classes of Unicode and no lookaheads: what a text
//! must not contain has patterns of its own, below `not`.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

use super::{AddonsDirectory, CommitId, MergeSource, ModuleName, RemoteUrl, RepoName, Series, TreeId};

/// The characters of [`is_invisible`](super::is_invisible), for a class. The tags above U+E0000 are missing, because
/// engines without Unicode see two characters there.
pub(crate) const INVISIBLE: &str =
    r"\x00-\x1F\x7F-\x9F\xAD\u061C\u180E\u200B-\u200F\u2028-\u202E\u2060-\u206F\uFEFF\uFFF9-\uFFFB";

/// The blanks of Unicode, for a class. Engines do not agree on `\s`.
const BLANK: &str = r"\x09-\x0D\x20\x85\xA0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000";

/// A pattern with the blanks in place of `\s`.
fn spelled(pattern: &str) -> String {
    let (mut out, mut is_class) = (String::new(), false);
    let mut letters = pattern.chars();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            is_class = letter == '[' || (is_class && letter != ']');
            out.push(letter);
            continue;
        }
        match letters.next() {
            Some('s') if is_class => out.push_str(BLANK),
            Some('s') => out.extend(["[", BLANK, "]"]),
            escaped => out.extend(std::iter::once(letter).chain(escaped)),
        }
    }
    out
}

/// A text that matches the first pattern, and none of the others.
pub(crate) fn text(about: &str, pattern: &str, never: &[String]) -> Schema {
    let pattern = spelled(pattern);
    let mut schema = json_schema!({ "description": about, "type": "string", "pattern": pattern });
    if !never.is_empty() {
        schema.insert("not".to_owned(), one_of(never));
    }
    schema
}

/// A text that matches one of the patterns.
pub(crate) fn one_of(patterns: &[String]) -> Value {
    let mut any: Vec<Value> = patterns.iter().map(|pattern| json!({ "pattern": spelled(pattern) })).collect();
    if any.len() == 1 { any.remove(0) } else { json!({ "anyOf": any }) }
}

/// The pattern of a word in upper and lower case.
pub(crate) fn any_case(word: &str) -> String {
    let letter = |c: char| match c {
        '.' => r"\.".to_owned(),
        c if c.is_ascii_lowercase() => format!("[{}{c}]", c.to_ascii_uppercase()),
        c => c.to_string(),
    };
    word.chars().map(letter).collect()
}

/// A part of a path that some file system treats as one of these names: in upper case, and with what NTFS drops at the
/// end of a name. `start` and `end` are what stands around the part.
pub(crate) fn part_named(start: &str, names: &[&str], end: &str) -> String {
    let names: Vec<String> = names.iter().map(|name| any_case(name)).collect();
    format!("{start}({})[. ]*(:|{end})", names.join("|"))
}

/// The names that file systems treat as `.git`.
pub(crate) const DOT_GIT: [&str; 2] = [".git", "git~1"];

/// What the name of a repository must not be.
pub(crate) fn never_a_repository() -> Vec<String> {
    let devices = ["con", "prn", "aux", "nul"].map(any_case).join("|");
    let numbered = ["com", "lpt"].map(any_case).join("|");
    vec![format!("(\\.|{})$", any_case(".git")), format!("^({devices}|({numbered})[0-9])(\\.|$)")]
}

fn never_a_module() -> Vec<String> {
    vec![r"^\.\.?$".to_owned(), part_named("^", &DOT_GIT, "$")]
}

fn never_an_addons_directory() -> Vec<String> {
    vec![
        r"^\./|^/|//|/$|/\.(/|$)".to_owned(),
        r"(^|/)(-|\.\.(/|$))".to_owned(),
        part_named("(^|/)", &DOT_GIT, "/|$"),
    ]
}

/// The pattern of the name of a ref. `blank` is what no part of it contains, for a class.
pub(crate) fn ref_name(blank: &str) -> String {
    let never = format!(r"{blank}{INVISIBLE}~^:?*\[\\");
    format!("[^-/{never}][^{never}]*")
}

/// What the name of a ref must not be, with `refs/` or without. `start` and `end` are what stands around the name.
pub(crate) fn never_a_ref(start: &str, end: &str) -> Vec<String> {
    vec![
        format!("{start}(refs/)?(@|HEAD){end}"),
        format!(r"{start}refs/([0-9A-Fa-f]{{40}}|(refs/|[-/])[^\s]*){end}"),
        format!("[/.]{end}"),
        format!(r"(\.\.|@\{{|//|/\.)[^\s]*{end}"),
        format!(r"{start}\.[^\s]*{end}"),
        format!(r"\.lock(/[^\s]*)?{end}"),
    ]
}

/// What a url must not contain, whatever its variables are.
fn never_a_url() -> Vec<String> {
    let host = r"^(https?|ssh|git)://";
    [
        // Blanks.
        "^ | $".to_owned(),
        format!("{host}.* "),
        "^[^/.:$][^/:$]+:(/?[^/].*)? ".to_owned(),
        // No host, or one that programs take for an option.
        format!(r"{host}([^/?#\\]*@)?([/?#\\]|$)"),
        "^file://$".to_owned(),
        "^(https?|ssh|git|file)://(-|%2[Dd])".to_owned(),
        r"^(https?|ssh|git|file)://[^/?#\\]*@(-|%2[Dd])[^@/?#\\]*([/?#\\]|$)".to_owned(),
        "^[^/.:$][^/:$]*@-[^/:@$]*:[^$]*$".to_owned(),
        "^[^/.:$][^/:$]+:-[^$]*$".to_owned(),
        // A query or a fragment.
        "^https?://.*[?#]".to_owned(),
        // Passwords that are not encoded.
        r"^[a-z]+://[^/?#\\$:\[\]]*:[^/?#\\$]*[/?#\\][^$]*@[^$]*$".to_owned(),
        "^[^/.:@$][^/:@$]+:(/?[^/$][^$]*)?/?@[^$]*$".to_owned(),
    ]
    .into()
}

/// A url, as [`RemoteUrl::parse`] accepts it, and none of `more`.
pub(crate) fn url(about: &str, more: &[String]) -> Schema {
    let never = [&never_a_url(), more].concat();
    let mut schema = text(about, &format!("^[^-{INVISIBLE}][^{INVISIBLE}]*$"), &never);
    let helpers = json!({ "if": { "pattern": "::" }, "then": { "pattern": r"://\[" } });
    schema.insert("allOf".to_owned(), json!([known_scheme("^"), helpers]));
    schema
}

/// If the scheme has no variable, it is one of git's. `start` is what stands before it.
pub(crate) fn known_scheme(start: &str) -> Value {
    let known = spelled(&format!("{start}(https?|ssh|git|file)://"));
    json!({ "if": { "pattern": "^[^$]*://" }, "then": { "pattern": known } })
}

macro_rules! shapes {
    ($($type:ident: $about:literal, $schema:expr;)*) => {$(
        impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                let schema: fn(&str) -> Schema = $schema;
                schema($about)
            }
        }
    )*};
}

shapes! {
    AddonsDirectory: "A directory of the repository that holds modules; `.` is the repository itself.",
        |about| text(about, &format!(r"^[^\\,{INVISIBLE}]+$"), &never_an_addons_directory());
    CommitId: "The full id of a git commit.", |about| text(about, "^[0-9A-Fa-f]{40}$", &[]);
    MergeSource: "What is merged, as it is declared: `#NUMBER`, `REF` or `URL REF`.", |about| text(about, r"[^\s]", &[]);
    ModuleName: "The name of a module.",
        |about| text(about, &format!(r"^[^-/\\,{INVISIBLE}][^/\\,{INVISIBLE}]*$"), &never_a_module());
    RemoteUrl: "The url of a repository.", |about| url(about, &[]);
    RepoName: "The name of a repository.",
        |about| text(about, "^[A-Za-z0-9][A-Za-z0-9._-]*$", &never_a_repository());
    Series: "The series of Odoo, such as `18.0`.",
        |about| text(about, r"^(0|[1-9][0-9]{0,3})\.(0|[1-9][0-9]{0,3})$", &[]);
    TreeId: "The full id of a git tree.", |about| text(about, "^[0-9A-Fa-f]{40}$", &[]);
}
