//! What `oca outdated` tells beside the report: the pins that would not move, and the merges.

use super::changelog::behind;
use super::markdown::{code, moved};
use crate::output::{Cell, Table, Tone};
use crate::repo::CommitId;
use crate::report::{FollowedMerge, MergeState, Outdated};

/// One row for each pin that is not in the report, and one for each merge that is not as it was locked or has a request.
pub(crate) fn outdated_rows(pins: &[&Outdated], merges: &[FollowedMerge]) -> Table {
    let mut table = Table::default();
    for Outdated { name, reference, locked, head, behind: log, stays, .. } in pins {
        let moves = format!("{} -> {}", locked.short(), head.short());
        let stays = stays.clone().unwrap_or_default();
        let name = Cell::toned(name.as_str(), Tone::Name);
        let reference = reference.to_string().replace('`', "");
        table.row([name, moves.into(), reference.into(), Cell::toned(stays, Tone::Odd)]);
        log.iter().for_each(|log| table.row([format!("  {}", behind(log))]));
    }
    for merge in merges.iter().filter(|merge| is_shown(merge)) {
        let hold = if merge.hold { "held" } else { "" };
        let moves = match head(merge) {
            Some(head) => format!("{} -> {}", merge.locked.short(), head.short()),
            None => merge.locked.short(),
        };
        let name = Cell::toned(merge.source.of(&merge.repo), Tone::Name);
        let cells = [name, moves.into(), merge.words().into(), Cell::toned(hold, Tone::Odd)];
        table.row(cells.into_iter().chain(title(merge).map(|title| Cell::from(title.to_owned()))));
    }
    table
}

/// The same, as parts of the text of a pull request.
pub(crate) fn outdated_markdown(pins: &[&Outdated], merges: &[FollowedMerge]) -> String {
    let mut text = String::new();
    let mut section = |heading: &str, lines: Vec<String>| {
        if !lines.is_empty() {
            text.extend([&format!("## {heading}\n\n"), &lines.concat(), "\n"]);
        }
    };
    let pin = |pin: &&Outdated| {
        let stays = pin.stays.iter().map(|why| format!(": {}", code(why)));
        let log = pin.behind.iter().map(|log| format!("; {}", behind(log)));
        let rest: String = stays.chain(log).collect();
        format!("- {} {}{rest}\n", code(pin.name.as_str()), moved(pin.locked, pin.head))
    };
    section("Not moved", pins.iter().map(pin).collect());
    let merge = |merge: &FollowedMerge| {
        let moves = head(merge).map(|head| format!(" {}", moved(merge.locked, head))).unwrap_or_default();
        let hold = if merge.hold { "; held" } else { "" };
        let title = title(merge).map(|title| format!(" {}", code(title))).unwrap_or_default();
        format!("- {}{moves}: {}{hold}{title}\n", code(&merge.source.of(&merge.repo)), merge.words())
    };
    section("Merges", merges.iter().filter(|merge| is_shown(merge)).map(merge).collect());
    text
}

fn is_shown(merge: &FollowedMerge) -> bool {
    merge.state.is_some() || merge.request.is_some()
}

/// The commit to which a merge moved.
fn head(merge: &FollowedMerge) -> Option<CommitId> {
    match merge.state {
        Some(MergeState::Moved { head, .. } | MergeState::Rewritten { head }) => Some(head),
        Some(MergeState::Merged { .. } | MergeState::Reverted | MergeState::Gone) | None => None,
    }
}

/// What the forge says.
fn title(merge: &FollowedMerge) -> Option<&str> {
    Some(merge.request.as_ref()?.title.as_ref()?.as_str())
}
