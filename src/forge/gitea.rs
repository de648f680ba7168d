//! Gitea and Forgejo: one question for each pull request, and one for its reviews.
//!
//! Source: the `swagger.v1.json` of both.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::address::Address;
use super::answer::{Review, Told, json};
use super::errand::{Errand, Read};
use super::pull;
use crate::git::TokenScheme;

/// The question about one.
pub(super) fn single<'a>(address: &'a Address<'a>) -> Errand<'a> {
    errand(address, "", pull::read)
}

/// The question about the reviews of an open one. The answer has nothing but the review.
pub(super) fn reviews<'a>(address: &'a Address<'a>) -> Errand<'a> {
    errand(address, "/reviews?limit=50", |body, _| {
        let reviews: Vec<OneReview> = json(body)?;
        Some(vec![Some(Told { review: last_of_all(&reviews), ..Told::default() })])
    })
}

fn errand<'a>(address: &'a Address<'a>, below: &str, read: Read) -> Errand<'a> {
    let [owner, name] = address.owner_and_name();
    Errand {
        url: address.at(&format!("api/v1/repos/{owner}/{name}/pulls/{}{below}", address.number)),
        json: None,
        scheme: TokenScheme::Basic,
        about: vec![address],
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
}
