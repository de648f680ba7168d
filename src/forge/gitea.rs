//! Gitea and Forgejo: one question for each pull request, and one for its reviews.
//!
//! Source: the `swagger.v1.json` of both.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::answer::{Review, Told, json};
use super::pull;
use super::question::{Question, Read, Subject};
use crate::git::TokenScheme;

/// A page of reviews has no more than that. The oldest come first.
const MOST_REVIEWS: usize = 50;

/// The question about one.
pub(super) fn single(subject: Subject<'_>) -> Question<'_> {
    question(subject, "", pull::read)
}

/// The question about the reviews of an open one. The answer has nothing but the review.
pub(super) fn reviews(subject: Subject<'_>) -> Question<'_> {
    question(subject, &format!("/reviews?limit={MOST_REVIEWS}"), |body, _| {
        let reviews: Vec<OneReview> = json(body)?;
        Some(vec![Some(Told { review: review_of(&reviews), ..Told::default() })])
    })
}

fn question<'a>(subject: Subject<'a>, below: &str, read: Read) -> Question<'a> {
    let [owner, name] = subject.owner_and_name();
    Question {
        url: subject.at(&format!("api/v1/repos/{owner}/{name}/pulls/{}{below}", subject.number)),
        json: None,
        scheme: TokenScheme::Basic,
        about: vec![subject],
        read,
    }
}

#[derive(Deserialize)]
struct OneReview {
    state: String,
    #[serde(default)]
    dismissed: bool,
    /// `null` for a team.
    user: Option<User>,
}

#[derive(Deserialize)]
struct User {
    id: i64,
}

/// `None` if there can be newer reviews on another page.
fn review_of(reviews: &[OneReview]) -> Option<Review> {
    last_of_all(reviews).filter(|_| reviews.len() < MOST_REVIEWS)
}

/// The last word of each person counts. The oldest review comes first.
fn last_of_all(reviews: &[OneReview]) -> Option<Review> {
    let mut last: BTreeMap<Option<i64>, Review> = BTreeMap::new();
    for OneReview { state, dismissed, user } in reviews {
        let review = match &**state {
            "APPROVED" => Review::Approved,
            "REQUEST_CHANGES" => Review::ChangesRequested,
            "REQUEST_REVIEW" => Review::Required,
            _ => continue,
        };
        if !dismissed {
            last.insert(user.as_ref().map(|user| user.id), review);
        }
    }
    Review::of_all(last.into_values())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_word_of_each_person_counts() {
        let review = |text: &str| json::<Vec<OneReview>>(text.as_bytes()).map(|all| last_of_all(&all));
        let of = |user: i64, state: &str| format!(r#"{{"user": {{"id": {user}}}, "state": "{state}"}}"#);
        let changes = of(1, "REQUEST_CHANGES");
        for (all, expected) in [
            (vec![changes.clone(), of(2, "APPROVED")], Some(Review::ChangesRequested)),
            (vec![changes.clone(), of(1, "APPROVED"), of(1, "COMMENT")], Some(Review::Approved)),
            (
                vec![changes.replace('}', r#", "dismissed": true}"#).replacen(
                    r#", "dismissed": true}"#,
                    "}",
                    1,
                )],
                None,
            ),
            (
                vec![of(1, "PENDING"), r#"{"user": null, "state": "REQUEST_REVIEW"}"#.to_owned()],
                Some(Review::Required),
            ),
            (vec![], None),
        ] {
            assert_eq!(review(&format!("[{}]", all.join(","))), Some(expected), "{all:?}");
        }
        assert!(review("{}").is_none() && review("<html>").is_none());
    }

    #[test]
    fn a_full_page_of_reviews_says_nothing() {
        let of = |count: u32| {
            let reviews: Vec<OneReview> = (0..count)
                .map(|_| OneReview { state: "APPROVED".to_owned(), dismissed: false, user: None })
                .collect();
            review_of(&reviews)
        };
        assert_eq!((of(49), of(50)), (Some(Review::Approved), None));
    }
}
