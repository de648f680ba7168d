//! Settings that an import changes or leaves out: one note for each, grouped by topic for the user.

use std::collections::HashSet;
use std::fmt;

use super::SourcePlace;
use crate::repo::{counted, first_names, one_line};

/// How many notes of one topic are listed. `-v` lists all.
const LISTED: usize = 10;

/// A setting of a file that the import changes or leaves out.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Note {
    pub(super) place: SourcePlace,
    topic: &'static Topic,
    /// The repository or the key that the note is about.
    subject: String,
    /// What the note is about, such as "a command of `web`".
    item: String,
}

/// The effect of a note on the new project.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Level {
    /// Nothing changes for the project. Only `-v` shows it.
    Detail,
    /// The user should know it.
    Warning,
    /// The modules will differ from those of the other tool.
    Lost,
}

/// One kind of notes, with its words.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Topic {
    level: Level,
    /// The noun: one, and many.
    noun: (&'static str, &'static str),
    /// The rest of the sentence: after one item (it can be empty), and after a number of nouns.
    rest: (&'static str, &'static str),
}

/// Makes a topic.
macro_rules! topics {
    ($($(#[$doc:meta])* $name:ident: $level:ident, $noun:expr, $rest:expr;)*) => {
        $($(#[$doc])* pub(super) const $name: &Topic = &Topic { level: Level::$level, noun: $noun, rest: $rest };)*
    };
}

topics! {
    /// A command that the tool runs after it has fetched a repository.
    COMMAND: Lost, ("command", "commands"),
        ("is left out: oca runs no commands", "are left out: oca runs no commands");
    /// A command that applies a patch.
    PATCH: Lost, ("patch command", "patch commands"), (
        "is left out: save the patch as a file, and name the file in `patches`",
        "are left out: save each patch as a file, and name the files in `patches`"
    );
    /// A ref that is merged into a repository.
    MERGE: Lost, ("merge", "merges"), (
        "is left out: merges of submodules need a `push-url`",
        "are left out: merges of submodules need a `push-url`"
    );
    /// A ref that is merged into a repository of Odoo itself that is left out.
    ODOO_MERGE: Lost, ("merge of Odoo itself", "merges of Odoo itself"),
        ("is left out with it", "are left out with their repositories");
    /// One of several repositories that are the same part of Odoo itself.
    ODOO_TWICE: Lost, ("second repository of Odoo itself", "second repositories of Odoo itself"),
        ("", "are left out, because `[core]` has one of each");
    SPICE: Lost, ("spice", "spices"), (
        "is left out: save it as a file, and name the file in `patches`",
        "are left out: save each as a file, and name the files in `patches`"
    );
    /// A part with a condition that cannot be checked here.
    CONDITION: Lost, ("part with a condition", "parts with conditions"),
        ("is left out: use a profile for it", "are left out: use a profile for each");
    /// A part with a condition that is not met.
    UNMET: Warning, ("part with a condition", "parts with conditions"), (
        "is left out: the condition is not met",
        "are left out: their conditions are not met"
    );
    PREBUILT: Lost, ("repository", "repositories"), (
        "is left out: its modules are prebuilt",
        "are left out: their modules are prebuilt"
    );
    NOT_GIT: Lost, ("repository", "repositories"),
        ("", "are left out: they are not git repositories");
    EXTENDS: Lost, ("extended file", "extended files"),
        ("is left out: import the other file as well", "are left out: import the other files as well");
    /// An entry that cannot be read.
    REFUSED: Lost, ("entry that oca cannot use", "entries that oca cannot use"), ("", "are left out");
    TARGET: Detail, ("target", "targets"),
        ("is left out: oca never pushes", "are left out: oca never pushes");
    FETCH: Detail, ("fetch setting", "fetch settings"),
        ("is left out: oca fetches what it needs", "are left out: oca fetches what it needs");
    REMOTE: Detail, ("remote", "remotes"),
        ("is left out: no merge uses it", "are left out: no merge uses them");
    BAD_REMOTE: Warning, ("remote", "remotes"), ("", "are left out: their urls are not valid");
    COMMENT: Warning, ("comment", "comments"), ("is left out", "are left out");
    DEPTH: Warning, ("depth", "depths"), ("", "are left out");
    KEY: Warning, ("key", "keys"),
        ("is left out: oca does not know this key", "are left out: oca does not know these keys");
    /// A key of a submodule that has another meaning without git's submodules.
    SUBMODULE_KEY: Warning, ("key of a submodule", "keys of submodules"), ("is left out", "are left out");
    TWICE: Warning, ("key", "keys"), ("", "appear twice: the last one counts");
    SUBMODULE_TWICE: Warning, ("submodule", "submodules"), ("", "appear twice: the last one counts");
    /// A pattern for names of modules, replaced by the names that it matches now.
    EXPANDED: Warning, ("pattern", "patterns"),
        ("", "are replaced by the modules that they match now");
    /// A pattern for names of modules that are not known.
    PATTERN: Lost, ("pattern of modules", "patterns of modules"),
        ("", "are not names of modules: oca selects all modules of these repositories");
    CHOICE: Warning, ("choice of modules", "choices of modules"), (
        "is left out: oca selects all modules there",
        "are left out: oca selects all modules there"
    );
    /// Enterprise without Odoo itself.
    ENTERPRISE: Warning, ("repository of Odoo Enterprise", "repositories of Odoo Enterprise"), (
        "is Odoo Enterprise and is left out, because the file does not declare Odoo itself: declare both in `[core]`, \
         or name its directory in `before` of `[addons-path]`",
        "are left out, because the file does not declare Odoo itself: declare both in `[core]`, or name their \
         directories in `before` of `[addons-path]`"
    );
    /// A repository that only its directory makes a part of Odoo itself.
    GUESSED: Warning, ("repository", "repositories"), (
        "because of its directory: if it is not, move it from `[core]` to a profile, as `[repos.NAME]`",
        "are taken for parts of Odoo itself because of their directories"
    );
    /// A repository of modules with a name of Odoo itself.
    LOOKALIKE: Warning, ("repository", "repositories"), (
        "as a repository of modules: if it is not, declare it in `[core]` instead",
        "have a name of Odoo itself and are taken for repositories of modules: if one is not, declare it in `[core]` \
         instead"
    );
    NAME: Warning, ("repository", "repositories"), ("", "get a name that is not the name of their directory");
    SECRET: Warning, ("url", "urls"), (
        "are left out: set a token for the host",
        "had a user and a password, which are left out: set a token for each host"
    );
    /// An entry of a lock that the declaration does not have.
    ORPHAN: Warning, ("pin", "pins"), ("", "are left out: no declared repository has them");
    /// A pin to another commit than the declared one.
    PIN: Warning, ("pin", "pins"), ("", "are not the declared commits: oca keeps the pins as `rev`");
    NO_PIN: Warning, ("repository", "repositories"),
        ("", "have no pin: oca pins the current heads of their branches");
    NO_PINS: Warning, ("file", "files"), ("", "have no pins");
    /// A default branch that the remote does not tell.
    NO_VERSION: Lost, ("default branch", "default branches"),
        ("", "are not known: oca uses the branch of the series");
    /// A commit that already contains the merges.
    MERGED: Warning, ("repository", "repositories"), (
        "",
        "have pending merges: oca keeps the commits of their gitlinks as `rev`, which contain the merges"
    );
    PHANTOM: Warning, ("gitlink", "gitlinks"), (
        "has no entry in this file and is left out",
        "have no entry in this file and are left out"
    );
    /// A repository whose first ref is a request.
    REQUEST_FIRST: Warning, ("repository", "repositories"), (
        "into its branch: the modules differ from those of the other tool if the branch is newer than the request",
        "begin with a request, which oca merges into the branch: their modules differ from those of the other tool if \
         the branch is newer than the request"
    );
    /// A gitlink without an entry whose directory has files, so its modules are in use.
    POPULATED: Lost, ("populated gitlink", "populated gitlinks"), (
        "has no entry in this file and is left out, but its directory has files",
        "have no entry in this file and are left out, but their directories have files"
    );
    NESTED: Lost, ("submodule with submodules of its own", "submodules with submodules of their own"),
        ("has submodules of its own, which are left out", "are imported without those");
    BRANCH: Warning, ("branch", "branches"),
        ("is left out: oca uses the branch of the series", "are left out: oca uses the branch of the series");
    ORIGIN: Warning, ("relative url", "relative urls"),
        ("", "are resolved relative to this directory, because there is no remote `origin`");
    SECTION: Detail, ("section", "sections"), ("is left out", "are left out");
    /// Something that stands by itself.
    ALONE: Warning, ("setting", "settings"), ("", "are left out");
}

impl Note {
    pub(super) fn new(place: SourcePlace, topic: &'static Topic, subject: &str, item: &str) -> Self {
        Self { place, topic, subject: one_line(subject), item: one_line(item) }
    }

    pub(crate) fn level(&self) -> Level {
        self.topic.level
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.item)?;
        if self.topic.rest.0.is_empty() { Ok(()) } else { write!(f, " {}", self.topic.rest.0) }
    }
}

/// The messages for these notes: one for each topic, in the order of the notes. If `all` is set, one for each note.
pub(crate) fn messages(notes: &[Note], all: bool) -> Vec<String> {
    if all {
        return notes.iter().map(ToString::to_string).collect();
    }
    let shown: Vec<&Note> = notes.iter().filter(|note| note.level() > Level::Detail).collect();
    let mut topics: Vec<&'static Topic> = Vec::new();
    let mut messages = Vec::new();
    for note in &shown {
        if *note.topic == *ALONE {
            messages.push(note.to_string());
        } else if !topics.contains(&note.topic) {
            topics.push(note.topic);
            let group: Vec<&Note> = shown.iter().copied().filter(|other| other.topic == note.topic).collect();
            messages.push(message(&group));
        }
    }
    messages
}

/// One message for the notes of one topic.
fn message(group: &[&Note]) -> String {
    let [first, _, ..] = group else { return group.iter().map(ToString::to_string).collect() };
    let Topic { level, noun, rest } = first.topic;
    let file = if group.iter().all(|note| note.place.is_in_file_of(&first.place)) {
        format!("{}: ", first.place.file())
    } else {
        String::new()
    };
    let summary = format!("{file}{} {}", counted(group.len(), noun.0, noun.1), rest.1);
    if *level == Level::Lost {
        let lines = group.iter().take(LISTED).map(|note| format!("\n  {}: {}", note.place, note.item));
        let more = match group.len().saturating_sub(LISTED) {
            0 => String::new(),
            more => format!("\n  and {more} more: `-v` shows all"),
        };
        return summary + &lines.collect::<String>() + &more;
    }
    let mut seen = HashSet::new();
    let subjects = group.iter().map(|note| &note.subject).filter(|subject| seen.insert(*subject));
    let subjects: Vec<String> = subjects.cloned().collect();
    format!("{summary} ({}; `-v` shows each)", first_names(&subjects))
}

/// What is lost, such as "2 commands, 1 merge". Empty if nothing is lost.
pub(crate) fn lost(notes: &[Note]) -> String {
    let mut counts: Vec<(&'static Topic, usize)> = Vec::new();
    for note in notes.iter().filter(|note| note.level() == Level::Lost) {
        match counts.iter_mut().find(|(topic, _)| *topic == note.topic) {
            Some((_, count)) => *count += 1,
            None => counts.push((note.topic, 1)),
        }
    }
    let counts = counts.into_iter().map(|(topic, count)| counted(count, topic.noun.0, topic.noun.1));
    counts.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::import::Text;

    fn commands(count: usize) -> Vec<Note> {
        let text = Text::new(Path::new("repos.yaml"), "");
        let note = |at| text.line(at).note(COMMAND, "web", format!("a command of `web{at}`"));
        (1..=count).map(note).collect()
    }

    #[test]
    fn one_note_stands_for_itself_and_several_are_one_message() {
        let one = commands(1);
        assert_eq!(
            messages(&one, false),
            ["`repos.yaml` at line 1: a command of `web1` is left out: oca runs no commands"]
        );
        let many = commands(12);
        let [message] = &messages(&many, false)[..] else { panic!("one message") };
        assert!(
            message.starts_with(
                "`repos.yaml`: 12 commands are left out: oca runs no commands\n  `repos.yaml` at line 1: a command"
            ),
            "{message}"
        );
        assert!(
            message.ends_with("at line 10: a command of `web10`\n  and 2 more: `-v` shows all"),
            "{message}"
        );
        assert_eq!(messages(&many, true).len(), 12);
        assert_eq!(lost(&many), "12 commands");
    }

    #[test]
    fn details_are_shown_on_request_and_are_no_loss() {
        let text = Text::new(Path::new("repos.yaml"), "");
        let notes: Vec<Note> = ["web", "dms", "web"]
            .iter()
            .flat_map(|name| {
                [
                    text.line(2).note(TARGET, name, "target"),
                    text.line(3).note(DEPTH, name, "`depth` is left out"),
                ]
            })
            .collect();
        assert_eq!(
            messages(&notes, false),
            ["`repos.yaml`: 3 depths are left out (`web`, `dms`; `-v` shows each)"]
        );
        assert_eq!(messages(&notes, true).len(), 6);
        assert_eq!(lost(&notes), "");
    }
}
