//! CycloneDX 1.6, as far as it is written: each field is a key of the format, in this order.

use serde::Serialize;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Bom<'a> {
    #[serde(rename = "$schema")]
    pub(super) schema: &'static str,
    pub(super) bom_format: &'static str,
    pub(super) spec_version: &'static str,
    pub(super) serial_number: String,
    pub(super) version: u32,
    pub(super) metadata: Metadata<'a>,
    pub(super) components: Vec<BomComponent<'a>>,
    pub(super) dependencies: Vec<Dependency<'a>>,
    pub(super) compositions: Vec<Composition<'a>>,
}

#[derive(Serialize)]
pub(super) struct Metadata<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) timestamp: Option<String>,
    pub(super) lifecycles: [Lifecycle; 1],
    pub(super) tools: Tools<'a>,
    pub(super) component: BomComponent<'a>,
}

#[derive(Serialize)]
pub(super) struct Lifecycle {
    pub(super) phase: &'static str,
}

#[derive(Serialize)]
pub(super) struct Tools<'a> {
    pub(super) components: [BomComponent<'a>; 1],
}

#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct BomComponent<'a> {
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    #[serde(rename = "bom-ref", skip_serializing_if = "Option::is_none")]
    pub(super) bom_ref: Option<&'a str>,
    pub(super) name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) version: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) licenses: Vec<LicenseChoice<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) purl: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) swhid: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) pedigree: Option<Pedigree<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) external_references: Vec<ExternalReference<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) properties: Vec<Property<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) components: Vec<BomComponent<'a>>,
}

#[derive(Serialize)]
pub(super) struct LicenseChoice<'a> {
    pub(super) license: BomLicense<'a>,
}

/// With an id of SPDX's list, or with a name.
#[derive(Serialize)]
pub(super) struct BomLicense<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<&'a str>,
    pub(super) acknowledgement: &'static str,
}

#[derive(Serialize)]
pub(super) struct Pedigree<'a> {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) ancestors: Vec<BomComponent<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) commits: Vec<Commit<'a>>,
    pub(super) patches: Vec<BomPatch>,
}

#[derive(Serialize)]
pub(super) struct Commit<'a> {
    pub(super) uid: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) url: Option<&'a str>,
    pub(super) message: &'a str,
}

#[derive(Serialize)]
pub(super) struct BomPatch {
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) diff: Diff,
}

#[derive(Serialize)]
pub(super) struct Diff {
    pub(super) url: String,
}

#[derive(Serialize)]
pub(super) struct ExternalReference<'a> {
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) url: &'a str,
}

#[derive(Serialize)]
pub(super) struct Property<'a> {
    pub(super) name: &'static str,
    pub(super) value: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Dependency<'a> {
    #[serde(rename = "ref")]
    pub(super) of: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) depends_on: Vec<&'a str>,
}

#[derive(Serialize)]
pub(super) struct Composition<'a> {
    pub(super) aggregate: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) assemblies: Vec<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) dependencies: Vec<&'a str>,
}
