//! Where the keys, values and tables of a TOML document are in its text.

use std::ops::Range;

use toml_edit::{Document, Item, Table, TableLike, Value};

/// The item at a path of keys.
pub(super) fn find<'d>(document: &'d Document<&str>, path: &[&str]) -> Option<&'d Item> {
    path.iter().try_fold(document.as_item(), |item, key| item.get(key))
}

/// The ranges of keys and values that belong to a table and to no other header, in the order of the text.
pub(super) fn leaves(table: &dyn TableLike) -> Vec<(Range<usize>, Range<usize>)> {
    let mut found = Vec::new();
    for (key, item) in table.iter() {
        match item {
            Item::Table(below) if below.is_dotted() => found.extend(leaves(below)),
            Item::Value(Value::InlineTable(below)) if below.is_dotted() => found.extend(leaves(below)),
            Item::Value(value) => {
                let key = table.get_key_value(key).and_then(|(key, _)| key.span());
                found.extend(key.zip(value.span()));
            }
            Item::None | Item::Table(_) | Item::ArrayOfTables(_) => {}
        }
    }
    found.sort_by_key(|(_, value)| value.end);
    found
}

/// The end of the last value of a table, without the comments after it.
pub(super) fn content_end(table: &Table) -> Option<usize> {
    leaves(table).last().map(|(_, value)| value.end).or(Some(table.span()?.end))
}

/// The ends of all tables that have a header of their own, in any order.
pub(super) fn section_ends(item: &Item, ends: &mut Vec<usize>) {
    let Item::Table(table) = item else { return };
    if !table.is_implicit() && !table.is_dotted() {
        ends.extend(content_end(table));
    }
    table.iter().for_each(|(_, below)| section_ends(below, ends));
}
