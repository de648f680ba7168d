//! A pull request of REST. GitHub, Gitea and Forgejo write it alike.

use serde::Deserialize;

use super::answer::{RequestState, Told, json};
use super::question::Subject;

#[derive(Deserialize)]
struct Pull {
    number: u64,
    state: String,
    merged: bool,
    title: String,
}

/// Reads the answer about one request.
pub(super) fn read(body: &[u8], about: &[Subject<'_>]) -> Option<Vec<Option<Told>>> {
    Some(vec![Some(told(body, about.first()?.number)?)])
}

/// `None` if it is not the pull request with this number.
pub(super) fn told(body: &[u8], number: u64) -> Option<Told> {
    let pull: Pull = json(body)?;
    let state = match &*pull.state {
        "open" => RequestState::Open,
        "closed" if pull.merged => RequestState::Merged,
        "closed" => RequestState::Closed,
        _ => return None,
    };
    (pull.number == number).then(|| Told::new(state, &pull.title, None))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_request_itself_counts() {
        let state = |text: &str| told(text.as_bytes(), 7).map(|told| told.state);
        let closed = r#"{"number": 7, "state": "closed", "merged": MERGED, "title": "x", "body": null}"#;
        assert_eq!(state(&closed.replace("MERGED", "true")), Some(RequestState::Merged));
        assert_eq!(state(&closed.replace("MERGED", "false")), Some(RequestState::Closed));
        assert_eq!(
            state(r#"{"number": 7, "state": "open", "merged": false, "title": "x"}"#),
            Some(RequestState::Open)
        );
        for odd in [
            "",
            "<!DOCTYPE html>",
            "[]",
            "null",
            r#"{"message": "Not Found"}"#,
            r#"{"number": 8, "state": "open", "merged": false, "title": "x"}"#,
            r#"{"number": 7, "state": "ajar", "merged": false, "title": "x"}"#,
            r#"{"number": 7, "state": "open", "merged": false, "title": 1}"#,
            r#"{"number": -7, "state": "open", "merged": false, "title": "x"}"#,
            &"[".repeat(100_000),
        ] {
            assert_eq!(state(odd), None, "{odd:.80}");
        }
    }
}
