//! Draws the trees of `oca tree` and `oca why`.

use std::fmt::Write;

use super::tone::{Tone, columns};
use super::{Printer, width_of};
use crate::addons::graph::Step;
use crate::plan::{Home, Inventory, Reason, Request, Standing, selects};
use crate::repo::{Edition, one_line};

/// Prints the dependencies of modules, one tree for each.
pub(crate) fn print_tree(printer: &Printer, inventory: &Inventory<'_>, roots: &[String]) {
    draw(printer, &inventory.tree(roots), |name| label(inventory, name));
}

/// Prints the reason for each module, with the tree of the modules that depend on it.
pub(crate) fn print_why(printer: &Printer, inventory: &Inventory<'_>, names: &[String]) {
    let is_told = selects(inventory.profile);
    let label = |name: &str| {
        let is_asked = is_told && matches!(inventory.reason(name), Reason::Asked(_));
        let mut parts = label(inventory, name);
        parts.extend(is_asked.then(|| Tone::Good.paint("asked for")));
        parts
    };
    for (place, name) in names.iter().enumerate() {
        let gap = if place == 0 { "" } else { "\n" };
        printer.text(&format!("{gap}{}\n", one_line(&sentence(inventory, name))));
        draw(printer, &inventory.dependants(name), label);
    }
}

/// Prints one line for each step, with the branches of the tree before it. Only the last branches of a deep step are
/// drawn, because all lines together could be as long as the number of modules to the power of three.
fn draw(printer: &Printer, steps: &[Step<'_>], label: impl Fn(&str) -> Vec<String>) {
    /// In bytes. No more text is kept in memory.
    const PIECE: usize = 64 * 1024;
    /// No honest tree is as deep as this.
    const DRAWN: usize = 50;
    let mut text = String::new();
    let width = width_of(&std::io::stdout());
    // For each depth, whether more entries follow on that level.
    let mut goes_on: Vec<bool> = Vec::new();
    for step in steps {
        if text.len() > PIECE {
            printer.painted(&text);
            text.clear();
        }
        goes_on.truncate(step.depth);
        let left_out = goes_on.len().saturating_sub(DRAWN);
        let mut guides = String::new();
        if left_out > 0 {
            let _infallible = write!(guides, "({left_out} levels) ");
        }
        for open in goes_on.iter().skip(left_out.max(1)) {
            guides.push_str(guide(*open));
        }
        let (branch, below) = match (step.depth, step.is_last) {
            (0, _) => ("", ""),
            (_, true) => ("└── ", guide(false)),
            (_, false) => ("├── ", guide(true)),
        };
        let mut parts = label(step.name);
        parts.extend(step.is_repeated.then(|| Tone::Dim.paint("(*)")));
        place(&mut text, &parts, &format!("{guides}{branch}"), &format!("{guides}{below}"), width);
        goes_on.push(!step.is_last);
    }
    printer.painted(&text);
}

/// The line of an entry above, if it goes on below.
fn guide(goes_on: bool) -> &'static str {
    if goes_on { "│   " } else { "    " }
}

/// Adds the parts of an entry. Those that do not fit the width go on in lines below, which begin with `below`.
fn place(text: &mut String, parts: &[String], before: &str, below: &str, width: Option<usize>) {
    text.push_str(before);
    let mut used = columns(before);
    for (at, part) in parts.iter().enumerate() {
        let gap = usize::from(at > 0);
        if at > 0 && width.is_some_and(|width| used + gap + columns(part) > width) {
            let _infallible = write!(text, "\n{below}    ");
            used = columns(below) + 4;
        } else {
            text.push_str(&" ".repeat(gap));
            used += gap;
        }
        text.push_str(part);
        used += columns(part);
    }
    text.push('\n');
}

/// The parts of an entry: its name, and what is known of it.
fn label(inventory: &Inventory<'_>, name: &str) -> Vec<String> {
    let safe = one_line(name);
    let (what, tone) = match inventory.standing(name) {
        Standing::Module(module) => {
            let is_left_out = !module.selected && !matches!(module.home, Home::Around(_));
            let (left_out, tone) = if is_left_out { (", not selected", Tone::Odd) } else { ("", Tone::Dim) };
            let home = one_line(&format!("({}{left_out})", module.home.name()));
            return vec![safe, one_line(module.manifest.version()), tone.paint(&home)];
        }
        Standing::Core(Edition::Community) => ("core", Tone::Dim),
        Standing::Core(Edition::Enterprise) => ("Enterprise", Tone::Dim),
        Standing::Unreadable => ("unreadable", Tone::Bad),
        Standing::Uninstallable(_) => ("not installable", Tone::Bad),
        Standing::Unknown => ("core or missing", Tone::Odd),
        Standing::Missing(Some(Edition::Enterprise)) => ("missing, of Enterprise", Tone::Bad),
        Standing::Missing(_) => ("missing", Tone::Bad),
    };
    vec![safe, tone.paint(&format!("({what})"))]
}

fn sentence(inventory: &Inventory<'_>, name: &str) -> String {
    let profile = &inventory.profile.name;
    let home = inventory.first(name).map(|module| module.home.name()).unwrap_or_default();
    match inventory.reason(name) {
        Reason::Asked(Request::Profile) => format!("`{name}` is in `modules` of profile `{profile}`"),
        Reason::Asked(Request::Repo) => format!("`{name}` is in `modules` of repository `{home}`"),
        Reason::Asked(Request::WholeRepo) => {
            format!("`{name}` is in `{home}`, of which profile `{profile}` takes all modules")
        }
        Reason::Asked(Request::Local) => format!("`{name}` is your own, in `{home}`"),
        Reason::Needed => format!("`{name}` is selected because others need it"),
        Reason::NotSelected => format!("`{name}` of `{home}` is not selected: nothing that is needs it"),
        Reason::Around => format!("`{name}` is in `{home}`, around the checkouts"),
        Reason::NoModule => match inventory.standing(name) {
            Standing::Core(Edition::Enterprise) => format!("`{name}` is a module of Odoo Enterprise"),
            Standing::Core(Edition::Community) => format!("`{name}` is one of Odoo's own modules"),
            Standing::Unreadable => format!("`{name}` has a manifest that cannot be read"),
            Standing::Uninstallable(home) => {
                format!("`{name}` of `{}` says that it cannot be installed", home.name())
            }
            Standing::Unknown => format!(
                "`{name}` is one of Odoo's own modules or missing: oca has no list of the modules of Odoo {}",
                inventory.profile.odoo
            ),
            Standing::Missing(Some(Edition::Enterprise)) => {
                format!("`{name}` is missing: Odoo Enterprise has it, and `edition` is `community`")
            }
            Standing::Missing(_) | Standing::Module(_) => {
                format!("`{name}` is missing: profile `{profile}` has no such module")
            }
        },
    }
}
