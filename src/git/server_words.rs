//! What the messages of servers mean. Servers have no codes for them, only words.

use crate::repo::hexadecimal;

/// Parts of git's messages that say that an object does not exist.
const NOT_HERE: [&str; 4] = ["not our ref", "unadvertised object", "object not found", "commit not found"];

/// Parts of messages that say so of the id in the same message: `JGit`, Bitbucket, Azure DevOps, dulwich, go-git.
const ABSENT_ID: [&str; 15] = [
    "not valid",
    "not a valid",
    "not a commit",
    "unknown",
    "invalid",
    "missing",
    "not found",
    "does not exist",
    "not exist",
    "no such",
    "could not find",
    "cannot find",
    "can't find",
    "unable to find",
    "bad object",
];

/// Parts of messages of servers under load: GitLab, Gitaly, Azure DevOps, GitHub.
const LATER: [&str; 14] = [
    "due to load",
    "overload",
    "too many requests",
    "too many connections",
    "too busy",
    "server is busy",
    "try again",
    "retry later",
    "rate limit",
    "temporarily",
    "maximum concurrency",
    "concurrency queue",
    "exceeding usage of resource",
    "resource exhausted",
];

/// Whether a message says that one of these objects, which were asked for by their ids, does not exist.
pub(super) fn says_not_here(message: &str, ids: &[[u8; 20]]) -> bool {
    let message = message.to_lowercase();
    if says_later(&message) {
        return false;
    }
    let any = |parts: &[&str]| parts.iter().any(|part| message.contains(part));
    let names_an_object = || ids.iter().any(|id| message.contains(&hexadecimal(id)));
    any(&NOT_HERE) || (any(&ABSENT_ID) && names_an_object())
}

/// Whether a message says that the same request may succeed a moment later.
pub(super) fn says_later(message: &str) -> bool {
    let message = message.to_lowercase();
    LATER.iter().any(|part| message.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_say_in_many_words_that_an_object_is_missing() {
        let ids = [[0xab; 20], [0x01; 20]];
        let id = "ab".repeat(20);
        for message in [
            "upload-pack: not our ref 0123".to_owned(),
            "Server does not allow request for unadvertised object 0123".to_owned(),
            format!("want {id} not valid"),
            format!("Missing unknown {id}"),
            format!("TF401035: The object '{}' does not exist.", id.to_uppercase()),
            format!("Client wants invalid object {id}"),
            format!("object {id} not found"),
            format!("Not a valid object name {id}"),
            format!("unable to find {id}"),
            format!("commit {id} unknown"),
            "object not found".to_owned(),
        ] {
            assert!(says_not_here(&message, &ids), "{message}");
        }
        for message in [
            "want 0123456789012345678901234567890123456789 not valid".to_owned(),
            "repository not found".to_owned(),
            "access denied".to_owned(),
            format!("{id}: not found due to load, try again"),
        ] {
            assert!(!says_not_here(&message, &ids), "{message}");
        }
    }

    #[test]
    fn a_busy_server_says_so() {
        for message in [
            "GitLab is currently unable to handle this request due to load (ID 1)",
            "GitLab is temporarily unavailable",
            "Request was blocked due to exceeding usage of resource 'Concurrency'",
            "maximum concurrency limit reached",
            "You have exceeded a rate limit",
        ] {
            assert!(says_later(message), "{message}");
        }
        assert!(!says_later("upload-pack: not our ref 01") && !says_later("failed to load the object"));
    }
}
