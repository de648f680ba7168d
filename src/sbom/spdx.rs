//! The inventory as SPDX 2.3, in JSON. Each field of a type is a key of the format, in this order.

use serde::Serialize;

use super::identity::{timestamp, uuid_of};
use super::spdx_names::Names;
use super::{Change, Component, Inventory, Kind, License};

/// What the format wants in place of a value that nobody knows.
const NOT_KNOWN: &str = "NOASSERTION";
const DOCUMENT: &str = "SPDXRef-DOCUMENT";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    spdx_version: &'static str,
    data_license: &'static str,
    #[serde(rename = "SPDXID")]
    id: &'static str,
    name: String,
    document_namespace: String,
    creation_info: CreationInfo,
    packages: Vec<Package>,
    relationships: Vec<Relationship>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    has_extracted_licensing_infos: Vec<ExtractedLicense>,
}

#[derive(Serialize)]
struct CreationInfo {
    created: String,
    creators: [String; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Package {
    #[serde(rename = "SPDXID")]
    id: String,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    version_info: Option<String>,
    primary_package_purpose: &'static str,
    download_location: String,
    files_analyzed: bool,
    license_concluded: &'static str,
    license_declared: String,
    copyright_text: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    external_refs: Vec<ExternalRef>,
    #[serde(skip_serializing_if = "Option::is_none")]
    comment: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ExternalRef {
    reference_category: &'static str,
    reference_type: &'static str,
    reference_locator: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Relationship {
    spdx_element_id: String,
    relationship_type: &'static str,
    related_spdx_element: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ExtractedLicense {
    license_id: String,
    name: String,
    extracted_text: String,
}

/// The document, with a newline at its end. `time` is in seconds since 1970; without it, the time is 1970-01-01, because
/// the format demands one.
pub(crate) fn spdx(inventory: &Inventory, version: &str, time: Option<i64>) -> String {
    let mut writer = Writer {
        ids: Names::new("SPDXRef-"),
        licenses: Names::new("LicenseRef-"),
        packages: Vec::new(),
        relationships: Vec::new(),
    };
    inventory.all().into_iter().for_each(|one| writer.package(one));
    let export = writer.ids.of(&inventory.export.id);
    writer.relate(DOCUMENT.to_owned(), "DESCRIBES", export);
    inventory.all().into_iter().for_each(|one| writer.relations(one));
    let name = format!("oca-{}", inventory.export.name);
    let mut document = Document {
        spdx_version: "SPDX-2.3",
        data_license: "CC0-1.0",
        id: DOCUMENT,
        name,
        document_namespace: String::new(),
        creation_info: CreationInfo {
            created: timestamp(time.unwrap_or_default()),
            creators: [format!("Tool: oca-{version}")],
        },
        packages: writer.packages,
        relationships: writer.relationships,
        has_extracted_licensing_infos: writer.licenses.given().map(extracted).collect(),
    };
    document.document_namespace = format!("https://spdx.org/spdxdocs/oca-{}", uuid_of(&render(&document)));
    render(&document)
}

fn render(document: &Document) -> String {
    serde_json::to_string_pretty(document).expect("text and numbers always serialize") + "\n"
}

fn extracted((word, id): (&String, &String)) -> ExtractedLicense {
    let name = match word.as_str() {
        "OPL-1" => "Odoo Proprietary License v1.0",
        "OEEL-1" => "Odoo Enterprise Edition License v1.0",
        _ => word,
    };
    let extracted_text = format!("The manifest says: {word}");
    ExtractedLicense { license_id: id.clone(), name: name.to_owned(), extracted_text }
}

struct Writer {
    ids: Names,
    licenses: Names,
    packages: Vec<Package>,
    relationships: Vec<Relationship>,
}

impl Writer {
    fn package(&mut self, from: &Component) {
        let path = from.path.as_deref();
        let download = from.location.as_ref().and_then(|location| location.download(path));
        let purl = from.purl.iter().map(|purl| reference("PACKAGE-MANAGER", "purl", purl.clone()));
        let tree =
            from.tree.iter().map(|tree| reference("PERSISTENT-ID", "swh", format!("swh:1:dir:{tree}")));
        let facts: Vec<String> =
            from.properties.iter().map(|(name, value)| format!("{name}: {value}")).collect();
        let license_declared = match &from.license {
            None => NOT_KNOWN.to_owned(),
            Some(License::Listed(id)) => (*id).to_owned(),
            Some(License::Other(word)) => self.licenses.of(word),
        };
        let package = Package {
            id: self.ids.of(&from.id),
            name: from.name.clone(),
            version_info: from.version.clone(),
            primary_package_purpose: match from.kind {
                Kind::Export | Kind::Odoo => "APPLICATION",
                Kind::Repository | Kind::Directory => "SOURCE",
                Kind::Module | Kind::Python | Kind::Debian => "LIBRARY",
            },
            download_location: download.unwrap_or_else(|| NOT_KNOWN.to_owned()),
            files_analyzed: false,
            license_concluded: NOT_KNOWN,
            license_declared,
            copyright_text: NOT_KNOWN,
            external_refs: purl.chain(tree).collect(),
            comment: (!facts.is_empty()).then(|| facts.join("\n")),
        };
        self.packages.push(package);
        // A module has the changes of its repository, which come first.
        for change in &from.changes {
            self.change(change);
        }
    }

    /// A merge or a patch, once.
    fn change(&mut self, change: &Change) {
        let id = self.ids.of(&change_key(change));
        if self.packages.iter().any(|package| package.id == id) {
            return;
        }
        let location = change.location.as_ref();
        let purl = location.map(|location| reference("PACKAGE-MANAGER", "purl", location.purl(None)));
        let page = change.page.as_ref().map(|page| format!("\n{page}")).unwrap_or_default();
        self.packages.push(Package {
            id,
            name: change.words.clone(),
            version_info: location.map(|location| location.commit().to_owned()),
            primary_package_purpose: "SOURCE",
            download_location: location
                .and_then(|location| location.download(None))
                .unwrap_or_else(|| NOT_KNOWN.to_owned()),
            files_analyzed: false,
            license_concluded: NOT_KNOWN,
            license_declared: NOT_KNOWN.to_owned(),
            copyright_text: NOT_KNOWN,
            external_refs: purl.into_iter().collect(),
            comment: Some(format!("oca:patch: {}{page}", change.file)),
        });
    }

    fn relations(&mut self, of: &Component) {
        let id = self.ids.of(&of.id);
        for part in &of.parts {
            let part = self.ids.of(&part.id);
            self.relate(id.clone(), "CONTAINS", part);
        }
        for need in &of.needs {
            let need = self.ids.of(need);
            self.relate(id.clone(), "DEPENDS_ON", need);
        }
        for change in &of.changes {
            let change = self.ids.of(&change_key(change));
            self.relate(change, "PATCH_FOR", id.clone());
        }
    }

    fn relate(&mut self, from: String, relationship_type: &'static str, to: String) {
        self.relationships.push(Relationship {
            spdx_element_id: from,
            relationship_type,
            related_spdx_element: to,
        });
    }
}

/// A change by the file of its patch, of which each step of a lock has one.
fn change_key(change: &Change) -> String {
    format!("change:{}", change.file)
}

fn reference(reference_category: &'static str, reference_type: &'static str, locator: String) -> ExternalRef {
    ExternalRef { reference_category, reference_type, reference_locator: locator }
}
