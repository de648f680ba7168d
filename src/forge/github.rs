//! GitHub and GitHub Enterprise: GraphQL for up to 100 requests at once, which needs a token, or REST for single ones.
//!
//! Sources: docs.github.com, "GraphQL API: `PullRequest`" and "REST API: Get a pull request".

use std::fmt::Write;

use serde::Deserialize;
use serde_json::{Value, json};

use super::address::Family;
use super::answer::{RequestState, Review, Told, json as read_json};
use super::pull;
use super::question::{Question, Subject};
use crate::git::TokenScheme;

const MOST_AT_ONCE: usize = 100;

/// The questions about all of these.
pub(super) fn all<'a>(subjects: &[Subject<'a>]) -> Vec<Question<'a>> {
    let is_known = |subject: &Subject<'_>| subject.owner_and_name().iter().all(|word| is_plain(word));
    let known: Vec<Subject<'_>> = subjects.iter().copied().filter(is_known).collect();
    let chunks = known.chunks(MOST_AT_ONCE);
    chunks
        .map(|about| Question {
            url: about[0].at(if about[0].family == Family::GitHub { "graphql" } else { "api/graphql" }),
            json: Some(json!({ "query": query(about) }).to_string()),
            scheme: TokenScheme::Bearer,
            about: about.to_vec(),
            read: |body, about| read_all(body, about.iter().map(|subject| subject.number)),
        })
        .collect()
}

/// The question about one.
pub(super) fn single(subject: Subject<'_>) -> Question<'_> {
    let [owner, name] = subject.owner_and_name();
    let base = if subject.family == Family::GitHub { "" } else { "api/v3/" };
    Question {
        url: subject.at(&format!("{base}repos/{owner}/{name}/pulls/{}", subject.number)),
        json: None,
        scheme: TokenScheme::Bearer,
        about: vec![subject],
        read: pull::read,
    }
}

/// Names on GitHub have only these characters, so they need no quoting.
fn is_plain(word: &str) -> bool {
    word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

fn query(about: &[Subject<'_>]) -> String {
    let mut query = "query {".to_owned();
    for (place, subject) in about.iter().enumerate() {
        let [owner, name] = subject.owner_and_name();
        let number = subject.number;
        let _written = write!(
            query,
            " r{place}: repository(owner: \"{owner}\", name: \"{name}\") {{ pullRequest(number: {number}) {{ ...r }} }}"
        );
    }
    query
        + " } fragment r on PullRequest \
             { number state title reviewDecision latestOpinionatedReviews(first: 50) { nodes { state } } }"
}

fn read_all(body: &[u8], numbers: impl Iterator<Item = u64>) -> Option<Vec<Option<Told>>> {
    // A repository that is not there is `null`, with an error beside `data`.
    let body: Value = read_json(body)?;
    let data = body.get("data")?.as_object()?;
    let of = |(place, number): (usize, u64)| {
        let pull = data.get(&format!("r{place}"))?.get("pullRequest")?;
        Node::deserialize(pull).ok()?.told(number)
    };
    Some(numbers.enumerate().map(of).collect())
}

/// A pull request of GraphQL.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Node {
    number: u64,
    state: String,
    title: String,
    /// `null` if the branch needs no review.
    review_decision: Option<String>,
    latest_opinionated_reviews: Option<Reviews>,
}

#[derive(Deserialize)]
struct Reviews {
    nodes: Vec<OneReview>,
}

#[derive(Deserialize)]
struct OneReview {
    state: String,
}

impl Node {
    fn told(&self, number: u64) -> Option<Told> {
        let state = match &*self.state {
            "OPEN" => RequestState::Open,
            "CLOSED" => RequestState::Closed,
            "MERGED" => RequestState::Merged,
            _ => return None,
        };
        let last = self.latest_opinionated_reviews.iter().flat_map(|reviews| &reviews.nodes);
        let review = match &self.review_decision {
            Some(decision) => review_of(decision),
            None => Review::of_all(last.filter_map(|review| review_of(&review.state))),
        };
        (self.number == number).then(|| Told::new(state, &self.title, review))
    }
}

fn review_of(word: &str) -> Option<Review> {
    match word {
        "APPROVED" => Some(Review::Approved),
        "CHANGES_REQUESTED" => Some(Review::ChangesRequested),
        "REVIEW_REQUIRED" => Some(Review::Required),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_answer_tells_about_many_requests() {
        let body = r#"{
            "data": {
                "r0": {"pullRequest": {"number": 1, "state": "OPEN", "title": "one", "reviewDecision": "REVIEW_REQUIRED",
                       "latestOpinionatedReviews": {"nodes": [{"state": "APPROVED"}]}}},
                "r1": {"pullRequest": {"number": 2, "state": "OPEN", "title": "two", "reviewDecision": null,
                       "latestOpinionatedReviews": {"nodes": [{"state": "DISMISSED"}, {"state": "APPROVED"}]}}},
                "r2": null,
                "r3": {"pullRequest": null},
                "r4": {"pullRequest": {"number": 5, "state": "MERGED", "title": "five", "reviewDecision": "APPROVED",
                       "latestOpinionatedReviews": null}},
                "r5": {"pullRequest": {"number": 7, "state": "OPEN", "title": "another one", "reviewDecision": null,
                       "latestOpinionatedReviews": null}},
                "r7": {"pullRequest": {"number": 8, "state": "OPEN"}}
            },
            "errors": [{"type": "NOT_FOUND", "path": ["r2"], "message": "x"}]
        }"#;
        let told = read_all(body.as_bytes(), 1..=8).expect("data");
        let shown = |told: &Option<Told>| told.as_ref().map_or("-".to_owned(), ToString::to_string);
        let shown: Vec<String> = told.iter().map(shown).collect();
        assert_eq!(shown, ["open, review required", "open, approved", "-", "-", "merged", "-", "-", "-"]);
        for odd in
            ["", "<html>", "[]", r#"{"data": null, "errors": []}"#, r#"{"message": "Bad credentials"}"#]
        {
            assert_eq!(read_all(odd.as_bytes(), 1..=1), None, "{odd}");
        }
    }
}
