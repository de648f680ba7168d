//! The inventory as CycloneDX 1.6.

use std::collections::BTreeSet;

use super::identity::{timestamp, uuid_of};
use super::location::in_url;
use super::wire::{
    Bom, BomComponent, BomLicense, BomPatch, Commit, Composition, Dependency, Diff, ExternalReference,
    LicenseChoice, Lifecycle, Metadata, Pedigree, Property, Tools,
};
use super::{Change, ChangeKind, Component, Inventory, Kind, License};

/// The document, with a newline at its end. `time` is in seconds since 1970; without it, the document has no time.
pub(crate) fn cyclonedx(inventory: &Inventory, version: &str, time: Option<i64>) -> String {
    let mut bom = Bom {
        schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
        bom_format: "CycloneDX",
        spec_version: "1.6",
        serial_number: String::new(),
        version: 1,
        metadata: Metadata {
            timestamp: time.map(timestamp),
            lifecycles: [Lifecycle { phase: "pre-build" }],
            tools: Tools { components: [program(version)] },
            component: BomComponent { components: Vec::new(), ..component(&inventory.export) },
        },
        components: inventory.export.parts.iter().chain(&inventory.around).map(component).collect(),
        dependencies: inventory.all().into_iter().map(dependency).collect(),
        compositions: compositions(inventory),
    };
    bom.serial_number = format!("urn:uuid:{}", uuid_of(&render(&bom)));
    render(&bom)
}

fn render(bom: &Bom<'_>) -> String {
    serde_json::to_string_pretty(bom).expect("text and numbers always serialize") + "\n"
}

fn program(version: &str) -> BomComponent<'_> {
    BomComponent { kind: "application", name: "oca", version: Some(version), ..BomComponent::default() }
}

fn component(from: &Component) -> BomComponent<'_> {
    let address = from.location.as_ref().and_then(|location| location.address());
    let is_repository = matches!(from.kind, Kind::Repository | Kind::Odoo);
    let address = address.filter(|_| is_repository);
    BomComponent {
        kind: match from.kind {
            Kind::Export | Kind::Odoo => "application",
            Kind::Repository | Kind::Directory | Kind::Module | Kind::Python | Kind::Debian => "library",
        },
        bom_ref: Some(&from.id),
        name: &from.name,
        version: from.version.as_deref(),
        licenses: from.license.iter().map(license).collect(),
        purl: from.purl.clone(),
        swhid: from.tree.iter().map(|tree| format!("swh:1:dir:{tree}")).collect(),
        pedigree: (!from.changes.is_empty()).then(|| pedigree(from)),
        external_references: address.into_iter().map(|url| ExternalReference { kind: "vcs", url }).collect(),
        properties: from.properties.iter().map(|(name, value)| Property { name, value }).collect(),
        components: from.parts.iter().map(component).collect(),
    }
}

fn license(license: &License) -> LicenseChoice<'_> {
    let (id, name) = match license {
        License::Listed(id) => (Some(*id), None),
        License::Other(word) => (None, Some(word.as_str())),
    };
    LicenseChoice { license: BomLicense { id, name, acknowledgement: "declared" } }
}

fn pedigree(from: &Component) -> Pedigree<'_> {
    let ancestor = from.ancestor().map(|location| BomComponent {
        kind: "library",
        name: &from.name,
        version: Some(location.commit()),
        purl: Some(location.purl(from.path.as_deref())),
        ..BomComponent::default()
    });
    Pedigree {
        ancestors: ancestor.into_iter().collect(),
        commits: from.changes.iter().filter_map(merged).collect(),
        patches: from.changes.iter().map(patch).collect(),
    }
}

fn merged(change: &Change) -> Option<Commit<'_>> {
    let location = change.location.as_ref()?;
    Some(Commit { uid: location.commit(), url: change.page.as_deref(), message: &change.words })
}

fn patch(change: &Change) -> BomPatch {
    let kind = match change.kind {
        ChangeKind::Merge => "cherry-pick",
        ChangeKind::Patch => "unofficial",
    };
    BomPatch { kind, diff: Diff { url: in_url(&change.file) } }
}

/// What it needs. A whole also needs its parts.
fn dependency(of: &Component) -> Dependency<'_> {
    let parts = of.parts.iter().map(|part| part.id.as_str());
    let needs: BTreeSet<&str> = parts.chain(of.needs.iter().map(String::as_str)).collect();
    Dependency { of: &of.id, depends_on: needs.into_iter().collect() }
}

/// Which wholes have all of their parts here, and of which components all needs are known.
fn compositions(inventory: &Inventory) -> Vec<Composition<'_>> {
    let all = inventory.all();
    let ids = |is_it: &dyn Fn(&Component) -> bool| -> Vec<&str> {
        all.iter().filter(|one| is_it(one)).map(|one| one.id.as_str()).collect()
    };
    let holds = |one: &Component| matches!(one.kind, Kind::Export | Kind::Repository | Kind::Directory);
    let is_around = |one: &Component| matches!(one.kind, Kind::Odoo | Kind::Python | Kind::Debian);
    let parts = [
        (
            "complete",
            ids(&|one| holds(one) && !one.is_partial),
            ids(&|one| one.kind == Kind::Module && one.is_self_contained()),
        ),
        (
            "incomplete",
            ids(&|one| holds(one) && one.is_partial),
            ids(&|one| one.kind == Kind::Module && !one.is_self_contained()),
        ),
        ("unknown", Vec::new(), ids(&is_around)),
    ];
    let parts = parts.into_iter().filter(|(_, wholes, needs)| !wholes.is_empty() || !needs.is_empty());
    parts
        .map(|(aggregate, assemblies, dependencies)| Composition { aggregate, assemblies, dependencies })
        .collect()
}
