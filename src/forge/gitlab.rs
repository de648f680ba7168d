//! GitLab: one question for several merge requests of a project.
//!
//! Source: docs.gitlab.com, "Merge requests API: List project merge requests", `detailed_merge_status`.

use serde::Deserialize;

use super::answer::{RequestState, Review, Told, json};
use super::question::{Question, Subject};
use crate::git::TokenScheme;

/// The answer has the whole description of each.
const MOST_AT_ONCE: usize = 20;

/// The questions about all of these.
pub(super) fn all<'a>(subjects: &[Subject<'a>]) -> Vec<Question<'a>> {
    let mut projects: Vec<Vec<Subject<'_>>> = Vec::new();
    for &subject in subjects {
        match projects.iter_mut().find(|project| project[0].path == subject.path) {
            Some(project) => project.push(subject),
            None => projects.push(vec![subject]),
        }
    }
    projects.iter().flat_map(|project| project.chunks(MOST_AT_ONCE)).map(of_project).collect()
}

fn of_project<'a>(about: &[Subject<'a>]) -> Question<'a> {
    // The whole path of the project is one part of the path of the API.
    let project = about[0].path.join("%2F");
    let numbers: String = about.iter().map(|subject| format!("iids[]={}&", subject.number)).collect();
    Question {
        url: about[0]
            .at(&format!("api/v4/projects/{project}/merge_requests?{numbers}per_page={MOST_AT_ONCE}")),
        json: None,
        scheme: TokenScheme::Bearer,
        about: about.to_vec(),
        read: |body, about| read_all(body, about.iter().map(|subject| subject.number)),
    }
}

fn read_all(body: &[u8], numbers: impl Iterator<Item = u64>) -> Option<Vec<Option<Told>>> {
    let found: Vec<MergeRequest> = json(body)?;
    Some(numbers.map(|number| found.iter().find(|one| one.iid == number)?.told()).collect())
}

#[derive(Deserialize)]
struct MergeRequest {
    iid: u64,
    state: String,
    title: String,
    /// Older servers do not have it.
    detailed_merge_status: Option<String>,
}

impl MergeRequest {
    fn told(&self) -> Option<Told> {
        let state = match &*self.state {
            // It is locked while it is being merged.
            "opened" | "locked" => RequestState::Open,
            "closed" => RequestState::Closed,
            "merged" => RequestState::Merged,
            _ => return None,
        };
        // The status names only what is in the way. So it does not say whether somebody approved.
        let review = match self.detailed_merge_status.as_deref() {
            Some("requested_changes") => Some(Review::ChangesRequested),
            Some("not_approved") => Some(Review::Required),
            _ => None,
        };
        Some(Told::new(state, &self.title, review))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn merge_requests_are_found_by_their_numbers() {
        let body = r#"[
            {"iid": 9, "state": "opened", "title": "nine", "detailed_merge_status": "requested_changes", "draft": true},
            {"iid": 2, "state": "merged", "title": "two", "detailed_merge_status": "not_open"},
            {"iid": 4, "state": "opened", "title": "four", "detailed_merge_status": "not_approved"},
            {"iid": 5, "state": "locked", "title": "five"},
            {"iid": 6, "state": "closed", "title": "six"},
            {"iid": 7, "state": "odd", "title": "seven"}
        ]"#;
        let told = read_all(body.as_bytes(), [2, 3, 4, 5, 6, 7, 9].into_iter()).expect("a list");
        let shown = |told: &Option<Told>| told.as_ref().map_or("-".to_owned(), ToString::to_string);
        let shown: Vec<String> = told.iter().map(shown).collect();
        assert_eq!(
            shown,
            ["merged", "-", "open, review required", "open", "closed", "-", "open, changes requested"]
        );
        for odd in ["", "<html>", "{}", r#"{"message": "401 Unauthorized"}"#, r#"[{"iid": "1"}]"#] {
            assert_eq!(read_all(odd.as_bytes(), [1].into_iter()), None, "{odd}");
        }
    }
}
