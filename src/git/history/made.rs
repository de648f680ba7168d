//! Which commits nobody needs to read, because a program made them or they only translate.

use super::Message;

/// Authors whose commits are made by programs.
const BOTS: [&str; 8] = [
    "oca-git-bot",
    "oca-ci",
    "oca-travis",
    "oca-transbot",
    "oca transbot",
    "weblate",
    "github-actions",
    "runbot",
];

/// How the titles of commits begin that programs make, or that only translate.
const MADE: [&str; 9] = [
    "[bot]",
    "[upd] readme.rst",
    "[upd] addons table",
    "oca transbot updated translations",
    "translated using weblate",
    "added translation using weblate",
    "deleted translation using weblate",
    "update translation files",
    "oca-port: ",
];

/// Whether a program made a commit, or it only translates.
pub(super) fn is_made(message: &Message) -> bool {
    let author = message.signature.author().to_lowercase();
    let title = message.signature.title().to_lowercase();
    let by_bot = BOTS.contains(&author.as_str()) || author.ends_with("[bot]");
    let is_template = title.starts_with("[upd] update ") && title.ends_with(".pot");
    by_bot || is_template || MADE.iter().any(|made| title.starts_with(made))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_programs_make_is_known_by_its_author_or_its_title() {
        let is_made = |author: &str, title: &str| {
            let tree = "1".repeat(40);
            let text = format!(
                "tree {tree}\nauthor {author} <x@example.com> 1 +0000\ncommitter A <> 1 +0000\n\n{title}\n"
            );
            is_made(&Message::read(&text).expect("a commit"))
        };
        for (author, title) in [
            ("OCA-git-bot", "Merge PR #2964 into 16.0"),
            ("OCA-git-bot", "[BOT] post-merge updates"),
            ("oca-ci", "[UPD] Update web_timeline.pot"),
            ("pre-commit-ci[bot]", "update hooks"),
            ("Weblate", "Update translation files"),
            ("mymage", "Translated using Weblate (Italian)"),
            ("Odo", "OCA Transbot updated translations from Transifex"),
            ("Odo", "[UPD] Update web_timeline.pot"),
            ("Odo", "oca-port: blacklist PR(s) 1724 for web_notify"),
        ] {
            assert!(is_made(author, title), "{author}: {title}");
        }
        for (author, title) in [
            ("Odo", "[UPD] Update the colours"),
            ("Bot Ticelli", "[FIX] web_x: the menu"),
            ("Weblate Fan", "[FIX] translations of web_x"),
        ] {
            assert!(!is_made(author, title), "{author}: {title}");
        }
    }
}
