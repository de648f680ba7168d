//! The JSON Schema of a lock is that of the types that read it.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::{WireAutoInstall, WireLock};
use crate::lock::schema::StepWay;
use crate::schema::shipped::{assert_shipped, of_input};

impl JsonSchema for WireAutoInstall {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "AutoInstall".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "Whether Odoo installs it by itself: if all of `depends`, or these modules, are installed.",
            "anyOf": [{ "type": "boolean" }, { "type": "array", "items": { "type": "string" } }]
        })
    }
}

#[test]
fn the_schema_of_the_lock_is_shipped() {
    assert_shipped("lock", of_input::<WireLock<'static>>());
}

/// Attributes cannot use the words of [`StepWay`].
#[test]
fn the_schema_has_the_words_of_all_steps() {
    let schema = of_input::<WireLock<'static>>().to_value();
    let words = |step: &str| schema["$defs"][step]["properties"]["step"]["enum"].clone();
    let ways = || StepWay::ALL.into_iter().map(StepWay::word);
    let of_merges: Vec<&str> = ways().chain([super::ABSORBED, super::EMPTY]).collect();
    let of_patches: Vec<&str> = ways().chain([super::EMPTY]).collect();
    assert_eq!(words("WireMerge"), serde_json::json!(of_merges));
    assert_eq!(words("WirePatch"), serde_json::json!(of_patches));
}
