//! The texts of `repos.toml` that have a syntax of their own, for their JSON Schemas.
//!
//! Where a text can have variables, a pattern only refuses what no value of a variable makes valid.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};

use crate::repo::OWN_FILES;
use crate::repo::shapes::{
    DOT_GIT, INVISIBLE, known_scheme, never_a_ref, never_a_repository, one_of, part_named, ref_name, text,
    url,
};

/// Declares a type for each text: its name, what it is, and its schema.
macro_rules! texts {
    ($($name:ident: $about:literal, $schema:expr;)*) => {$(
        #[derive(Eq, Ord, PartialEq, PartialOrd)]
        pub(super) struct $name;

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                let schema: fn(&str) -> Schema = $schema;
                schema($about)
            }
        }
    )*};
}

texts! {
    Addons: "A directory of the repository that holds modules; `.` is the repository itself.",
        |about| text(about, &without(r"\\,"), &[variable(), leaves(), dot_git(), "(^|/)-".into()]);
    Age: "A span of time, such as `7 days` or `12 hours`.",
        |about| text(about, &age(), &[]);
    Branch: "The name of a branch or of a tag.",
        |about| text(about, &format!("^{}$", ref_name(" ")), &never_a_branch());
    Checkouts: "A directory below the project.",
        |about| text(about, &without(r"\\,"), &never_a_directory_of_checkouts());
    Entry: "A directory of the addons path.",
        |about| text(about, &without(","), &[malformed()]);
    ImageCore: "An absolute path in the container.",
        |about| text(about, &absolute(), &[malformed(), r"(^|/)\.\.(/|$)|^(/\.?)+$".into()]);
    ImagePath: "An absolute path in the container.",
        |about| text(about, &absolute(), &[malformed()]);
    Language: "A language, such as `fr` or `fr_CA`.",
        |about| text(about, "^[a-z][A-Za-z0-9_@]*$", &[]);
    MergeText: "A request such as `#2950`, a ref, or a url and a ref.",
        merge_text;
    ModuleRequest: "A module, such as `web_responsive` or `web_responsive >=1.0.3`.",
        |about| text(about, &module_request(), &[]);
    NamedUrl: "The url of a repository. `{name}` stands for its name.",
        |about| url(about, &[malformed()]);
    Override: "A requirement, such as `lxml==5.2.1`.",
        |about| text(about, r"^\s*[A-Za-z0-9][A-Za-z0-9._-]*\s*([\[(@;<>=!~]|$)", &[]);
    Patch: "A file below the project.",
        |about| text(about, &without(r"\\"), &[variable(), leaves(), itself(), dot_git()]);
    ProfileName: "The name of a profile.",
        |about| text(about, "^[A-Za-z0-9][A-Za-z0-9._-]*$", &[]);
    Python: "A version of Python, such as `3.12`.",
        |about| text(about, r"^[0-9]{1,5}(\.[0-9]{1,5}){1,2}$", &[]);
    Ref: "A branch, a tag, a full ref or a commit.",
        |about| text(about, &format!("^{}$", ref_name(" ")), &never_a_ref("^", "$"));
    Remark: "One line.",
        |about| text(about, &format!("^[^{INVISIBLE}]*$"), &[]);
    Template: "A text that is not empty.",
        |about| text(about, &without(""), &[malformed()]);
    Url: "The url of a repository.",
        |about| url(about, &[malformed()]);
    VersionsOfOca: "Versions, such as `>=0.1, <1`.",
        |about| text(about, &versions_of_oca(), &[]);
    Word: "A text that is not blank.",
        |about| text(about, &format!(r"^[^{INVISIBLE}]*[^\s{INVISIBLE}][^{INVISIBLE}]*$"), &[]);
}

/// What the keys of a table of repositories must not be.
pub(super) fn names_of_repositories() -> serde_json::Value {
    serde_json::json!({ "not": one_of(&never_a_repository()) })
}

/// The begin of a path, up to its first part that counts.
const START: &str = r"^(\./+)*";

/// A text that is not empty, without invisible characters and those of a class.
fn without(class: &str) -> String {
    format!("^[^{class}{INVISIBLE}]+$")
}

fn absolute() -> String {
    format!(r"^(/|\$\{{)[^,{INVISIBLE}]*$")
}

/// A variable, where none is allowed.
fn variable() -> String {
    r"\$\{".to_owned()
}

/// A `${` that begins neither `${VAR}` nor `${VAR:-default}`.
fn malformed() -> String {
    r"\$\{([^A-Za-z_]|$|[A-Za-z_][A-Za-z0-9_]*([^A-Za-z0-9_:}]|$|:([^-]|$|-[^}]*(\$\{|$))))".to_owned()
}

/// A path that leaves its root.
fn leaves() -> String {
    r"^/|^[ -~]:|(^|/)\.\.(/|$)".to_owned()
}

/// The root itself.
fn itself() -> String {
    r"^\.(/\.?)*$".to_owned()
}

/// A part of a path that file systems treat as `.git`.
fn dot_git() -> String {
    part_named("(^|/)", &DOT_GIT, "/|$")
}

fn never_a_branch() -> Vec<String> {
    [never_a_ref("^", "$"), vec!["^refs/".to_owned(), "^[0-9A-Fa-f]{40}$".to_owned()]].concat()
}

fn never_a_directory_of_checkouts() -> Vec<String> {
    let own_file = part_named(START, &OWN_FILES, "/|$");
    vec![malformed(), leaves(), itself(), dot_git(), format!("{START}~"), own_file]
}

fn age() -> String {
    let units = [
        "nanos|nsec|ns|usec|us|µs|millis|msec|ms|seconds|second|secs|sec|s|minutes|minute|min|mins|m",
        "hours|hour|hr|hrs|h|days|day|d|weeks|week|wk|wks|w|months|month|M|years|year|yr|yrs|y",
    ];
    let units = units.join("|").replace('µ', r"\xB5");
    // Blanks are ignored inside a number too.
    format!(r"^\s*(0|([0-9][0-9\s]*(\.[0-9\s]*)?({units})\s*)+)\s*$")
}

fn merge_text(about: &str) -> Schema {
    let end = r"\s*$";
    let url = format!(r"[^-\s{INVISIBLE}][^\s{INVISIBLE}]*");
    let pattern = format!(r"^\s*(#0*[1-9][0-9]*|({url}\s+)?{}){end}", ref_name(r"\s"));
    let no_request = format!(r"^\s*#(0*|[^\s]*[^0-9\s][^\s]*){end}");
    let unclosed = r"\$\{[^}\s]*\s+[^\s]".to_owned();
    let helper = r"^\s*[a-z]+::".to_owned();
    let never = [never_a_ref(r"(^|\s)", end), vec![no_request, unclosed, helper]].concat();
    let mut schema = text(about, &pattern, &never);
    schema.insert("allOf".to_owned(), serde_json::json!([known_scheme(r"^\s*")]));
    schema
}

fn module_request() -> String {
    let number = r"(0|[1-9][0-9]*|\*)";
    let operator = r"(>=|<=|==|>|<|=|~|\^)";
    let version = format!(r"(([89]|[1-9][0-9]{{1,3}})\.0\.)?{number}(\.{number}){{0,2}}");
    let more = format!(r"(\s*,\s*{operator}?\s*{version})*\s*");
    format!(r"^[A-Za-z0-9_][A-Za-z0-9_-]*(\s*|\s+{version}{more}|\s*({operator}\s*{version}|\*){more})$")
}

fn versions_of_oca() -> String {
    let comparator =
        r"(>=|<=|>|<|=|~|\^)?\s*[0-9]+(\.([0-9]+|[*xX])){0,2}(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?";
    format!(r"^\s*([*xX]|{comparator}(\s*,\s*{comparator})*)\s*$")
}
