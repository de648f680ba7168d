//! What the user must know of a list: what is assumed, and what is not compared.

use crate::diff::{Database, Unhashable};
use crate::output::Printer;
use crate::repo::{ModuleName, counted, first_names, one_line, quoted_list};

/// What a document without everything is taken to say.
pub(super) fn assumptions(database: &Database, languages: &[String], printer: &Printer) {
    let mut told = false;
    if database.languages.is_none() {
        let languages = quoted_list(languages);
        printer.warning(&format!(
            "the languages of the database are not given, so these are assumed: {languages}"
        ));
        told = true;
    }
    if !database.has_modules() {
        printer.warning(
            "the installed modules are not given, so those that were installed since the last update are not in the list",
        );
        told = true;
    }
    if told {
        printer.hint("docs/updating.md has the line for psql that prints all of it");
    }
}

pub(super) fn unhashable(place: &str, name: &ModuleName, why: &Unhashable, printer: &Printer) {
    printer.warning(&format!(
        "`{}`: the checksum of `{}` is not known, so it is in the list; click-odoo-update may fail at it: {why}",
        one_line(place),
        one_line(name.as_str())
    ));
}

/// Modules that have the stored checksum with other files. `checkouts` is whether the database is said to run on checkouts.
pub(super) fn only_by_export(names: &[&ModuleName], checkouts: bool, printer: &Printer) {
    if names.is_empty() {
        return;
    }
    let list: Vec<String> = names.iter().map(ToString::to_string).collect();
    let (list, count) = (first_names(&list), counted(list.len(), "module", "modules"));
    if checkouts {
        printer.warning(&format!("the stored checksums of {count} are those of an export: {list}"));
        printer.hint("if the database runs on an export, leave out `--checkouts`");
    } else {
        printer.warning(&format!(
            "{count} would be updated only because `[export]` leaves files out, as their stored checksums are those of a checkout: {list}"
        ));
        printer.hint("if the database runs on checkouts, add `--checkouts`");
    }
}

/// Installed modules that are not in the list, because their files are not known.
pub(super) fn absent(of_odoo: &[String], others: &[String], printer: &Printer) {
    if !of_odoo.is_empty() {
        printer.warning(&format!(
            "{} of Odoo itself {} not compared, because the lock does not have Odoo: {}",
            counted(of_odoo.len(), "installed module", "installed modules"),
            are(of_odoo),
            first_names(of_odoo)
        ));
    }
    if !others.is_empty() {
        printer.warning(&format!(
            "neither the lock nor your own directories have {}, so {} not in the list: {}",
            counted(others.len(), "installed module", "installed modules"),
            if others.len() == 1 { "it is" } else { "they are" },
            first_names(others)
        ));
    }
}

fn are(names: &[String]) -> &'static str {
    if names.len() == 1 { "is" } else { "are" }
}
