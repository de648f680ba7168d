//! What forges say about pull and merge requests: whether one is open, its title, and its reviews.
//!
//! This room knows the APIs of GitHub, GitLab, Gitea and Forgejo. Its questions go through `git`, which knows HTTP and
//! credentials. If a forge gives no answer, or none that makes sense, the state is unknown: that is never an error.
//!
//! `address` says which request is meant, and at which forge. Each forge makes a
//! [`Question`](question::Question) of it and reads the answer. `ask` sends them.

mod address;
mod answer;
mod ask;
mod gitea;
mod github;
mod gitlab;
mod pull;
mod question;

pub(crate) use address::Address;
pub(crate) use answer::{RequestState, Review, Title, Told};
pub(crate) use ask::{Forges, Limit};
