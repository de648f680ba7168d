//! Turns errors of libgit2 into ours. libgit2 has few codes, so its words are read too.

use super::Error;
use crate::repo::redact;

impl From<git2::Error> for Error {
    fn from(error: git2::Error) -> Self {
        use git2::{ErrorClass, ErrorCode};
        let message = error.message();
        // libgit2 may quote the url.
        let message = if message.contains("://") { redact(message) } else { message.to_owned() };
        if let Some(extension) = message.strip_prefix("unsupported extension name extensions.") {
            let convert = match extension {
                "partialclone" => {
                    "git fetch --refetch --no-filter && git config --unset extensions.partialClone"
                }
                "refstorage" => "git refs migrate --ref-format=files",
                _ => "git update-index --no-split-index && git sparse-checkout disable",
            };
            return Self::Extension { extension: extension.to_owned(), convert };
        }
        if let Some(extension) = message.strip_prefix("unsupported mandatory extension: ") {
            let (extension, convert) = match extension.trim_matches('\'') {
                "link" => ("split index", "git update-index --no-split-index"),
                "sdir" => ("sparse index", "git sparse-checkout reapply --no-sparse-index"),
                other => (other, "git update-index --index-version 2"),
            };
            return Self::Extension { extension: extension.to_owned(), convert };
        }
        if let Some(message) = message.strip_prefix("remote error: ") {
            return Self::Remote { message: message.trim().to_owned() };
        }
        // libgit2 loses the server's message if it waits for the end of a shallow history.
        if message == "unexpected packet type" {
            return Self::Remote { message: String::new() };
        }
        match (error.class(), error.code()) {
            (_, ErrorCode::Timeout) => Self::Stalled { after: super::pace::limits().stall },
            (_, ErrorCode::Auth) => Self::Unauthorised { tried: Vec::new() },
            (ErrorClass::Net, _) => Self::Connection { why: message },
            // libgit2 says this if it cannot write the index because the disk is full.
            (ErrorClass::None, ErrorCode::GenericError) if message == "no error" => {
                Self::System { path: None, why: "a file cannot be written; the disk may be full".to_owned() }
            }
            _ if is_of_the_system(&message) => Self::System { path: None, why: message },
            (ErrorClass::Odb | ErrorClass::Zlib, _) => Self::Damaged { why: message },
            _ => Self::Git { why: message },
        }
    }
}

/// Whether a message of libgit2 ends in the system's text for an error such as a full disk. Another run of oca would
/// fail in the same way.
fn is_of_the_system(message: &str) -> bool {
    use std::io::ErrorKind::{
        FileTooLarge, PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull,
    };
    // ENFILE and EMFILE, too many open files: Rust has no `ErrorKind` for them.
    const NO_MORE_FILES: [i32; 2] = [23, 24];
    let Some(words) = message.rsplit(": ").next() else { return false };
    let is_it = |code: i32| {
        let error = std::io::Error::from_raw_os_error(code);
        let kinds = [FileTooLarge, PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull];
        (kinds.contains(&error.kind()) || NO_MORE_FILES.contains(&code))
            && error.to_string().split(" (os error").next() == Some(words)
    };
    (1..140).any(is_it)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_message_is_the_systems_only_if_it_ends_in_its_whole_text() {
        for message in
            ["could not write: No space left on device", "Permission denied", "x: Too many open files"]
        {
            assert!(is_of_the_system(message), "{message}");
        }
        for message in
            ["", "x: ", "object not found: N", "x: No space", "x: P", "x: No space left on device ("]
        {
            assert!(!is_of_the_system(message), "{message}");
        }
    }

    #[test]
    fn a_server_that_gives_no_reason_is_not_quoted() {
        let refused = git2::Error::from_str("unexpected packet type");
        assert_eq!(Error::from(refused).to_string(), "the server refused the request without a reason");
        let refused = git2::Error::from_str("remote error: no");
        assert_eq!(Error::from(refused).to_string(), "the server says: \"no\"");
    }
}
