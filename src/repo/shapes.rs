//! The JSON Schemas of the types that parse and display as text.
//!
//! A pattern accepts everything that the type accepts. What only code can refuse, such as the reserved names of Windows,
//! is not in it.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::{AddonsDirectory, CommitId, MergeSource, ModuleName, RemoteUrl, RepoName, Series, TreeId};

macro_rules! shapes {
    ($($type:ident: $pattern:literal, $about:literal;)*) => {$(
        impl JsonSchema for $type {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "description": $about, "type": "string", "pattern": $pattern })
            }
        }
    )*};
}

shapes! {
    AddonsDirectory: r"^[^\p{Cc},]+$", "A directory of the repository that holds modules; `.` is the repository itself.";
    CommitId: r"^[0-9A-Fa-f]{40}$", "The full id of a git commit.";
    MergeSource: r"\S", "What is merged, as it is declared: `#NUMBER`, `REF` or `URL REF`.";
    ModuleName: r"^[^\p{Cc}/]+$", "The name of a module.";
    RemoteUrl: r"\S", "The url of a repository.";
    RepoName: r"^[A-Za-z0-9][A-Za-z0-9._-]*$", "The name of a repository.";
    Series: r"^(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)$", "The series of Odoo, such as `18.0`.";
    TreeId: r"^[0-9A-Fa-f]{40}$", "The full id of a git tree.";
}
