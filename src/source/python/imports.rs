//! What a Python file imports from its own module.

use tree_sitter::Node;

use super::super::facts::Import;
use super::{children, words};

/// The packages below which Odoo has the modules.
const ADDONS: [[&str; 2]; 2] = [["odoo", "addons"], ["openerp", "addons"]];

/// The imports of a statement that may be from the module itself.
pub(super) fn imports(statement: Node<'_>, text: &str) -> Vec<Import> {
    let mut cursor = statement.walk();
    let names = statement.children_by_field_name("name", &mut cursor);
    let names: Vec<Vec<&str>> = names.map(|name| dotted(name, text)).collect();
    let Some(from) = statement.child_by_field_name("module_name") else {
        return names.into_iter().filter_map(|name| absolute(&name)).collect();
    };
    let (dots, base) = match from.kind() {
        "relative_import" => {
            let parts = children(from);
            let of = |kind| parts.iter().find(|part| part.kind() == kind);
            let dots = of("import_prefix").map_or("", |prefix| words(*prefix, text));
            let base = of("dotted_name").map(|name| dotted(*name, text)).unwrap_or_default();
            (u32::try_from(dots.matches('.').count()).unwrap_or(0), base)
        }
        _ => (0, dotted(from, text)),
    };
    let names = if names.is_empty() { vec![Vec::new()] } else { names };
    let whole = names.into_iter().map(|name| [base.clone(), name].concat());
    let relative = |parts: Vec<&str>| Import { dots, parts: parts.into_iter().map(str::to_owned).collect() };
    if dots == 0 {
        whole.filter_map(|parts| absolute(&parts)).collect()
    } else {
        whole.map(relative).collect()
    }
}

/// The names that are imported from `odoo.fields`.
pub(super) fn field_classes<'t>(statement: Node<'_>, text: &'t str) -> Vec<&'t str> {
    let from = statement.child_by_field_name("module_name").map(|from| dotted(from, text));
    if from.is_none_or(|from| from.last() != Some(&"fields")) {
        return Vec::new();
    }
    let mut cursor = statement.walk();
    let names = statement.children_by_field_name("name", &mut cursor);
    let plain = names.filter(|name| name.kind() == "dotted_name");
    plain.map(|name| words(name, text)).collect()
}

fn absolute(parts: &[&str]) -> Option<Import> {
    let rest = ADDONS.iter().find_map(|addons| parts.strip_prefix(&addons[..]))?;
    Some(Import { dots: 0, parts: rest.iter().map(|part| (*part).to_owned()).collect() })
}

/// The parts of a dotted name, without the name that it gets here.
fn dotted<'t>(name: Node<'_>, text: &'t str) -> Vec<&'t str> {
    let name = name.child_by_field_name("name").unwrap_or(name);
    words(name, text).split('.').map(str::trim).filter(|part| !part.is_empty()).collect()
}
