//! Sends the questions, as few as each forge allows, within a short time.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::address::{Address, Family};
use super::answer::{RequestState, Told};
use super::errand::Errand;
use super::{gitea, github, gitlab};
use crate::git::NoAnswer;
use crate::pool::Pools;

/// The longest time for one answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// The longest time for all answers.
const WHOLE_PATIENCE: Duration = Duration::from_secs(15);
/// How many requests one forge is asked about one by one without a token: GitHub answers 60 an hour.
pub(crate) const MOST_WITHOUT_TOKEN: usize = 20;
const MOST_WITH_TOKEN: usize = 100;
/// How many requests are tried to find out which forge it is.
const MOST_PROBES: usize = 3;

/// What there is to know.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Wish {
    All,
    Titles,
}

/// The forges of one run.
pub(crate) struct Forges<'a> {
    pools: &'a Pools,
    wish: Wish,
    until: Instant,
}

/// What the forges said.
pub(crate) struct Answers {
    /// One for each address, in the same order.
    pub(crate) told: Vec<Told>,
    /// How many were not asked for, because there is no token.
    pub(crate) unasked: usize,
}

impl<'a> Forges<'a> {
    pub(crate) fn new(pools: &'a Pools) -> Self {
        Self { pools, wish: Wish::All, until: Instant::now() + WHOLE_PATIENCE }
    }

    /// For titles only, with one question after which nobody has to wait for another one.
    pub(crate) fn for_titles(pools: &'a Pools) -> Self {
        Self { pools, wish: Wish::Titles, until: Instant::now() + PATIENCE }
    }

    /// Asks about all of these requests.
    pub(crate) fn ask(&self, addresses: &[Address<'_>]) -> Answers {
        let mut answers = Answers { told: vec![Told::default(); addresses.len()], unasked: 0 };
        let mut forges: Vec<Vec<&Address<'_>>> = Vec::new();
        for address in addresses {
            match forges.iter_mut().find(|forge| forge[0].is_with(address)) {
                Some(forge) => forge.push(address),
                None => forges.push(vec![address]),
            }
        }
        for of_forge in &forges {
            let mut forge = Forge {
                forges: self,
                has_token: of_forge[0].api.has_token(),
                is_silent: AtomicBool::new(false),
                singles: 0,
                told: Vec::new(),
                unasked: 0,
            };
            forge.ask(of_forge);
            answers.unasked += forge.unasked;
            for (address, told) in forge.told {
                if let Some(place) = addresses.iter().position(|known| std::ptr::eq(known, address)) {
                    answers.told[place] = told;
                }
            }
        }
        answers
    }
}

/// The questions to one forge.
struct Forge<'f, 'a> {
    forges: &'f Forges<'f>,
    has_token: bool,
    /// It does not answer, or not to this user: no more questions.
    is_silent: AtomicBool,
    /// The number of questions about single requests.
    singles: usize,
    told: Vec<(&'a Address<'a>, Told)>,
    unasked: usize,
}

type Answer = Result<Vec<Option<Told>>, NoAnswer>;

impl<'a> Forge<'_, 'a> {
    fn ask(&mut self, addresses: &[&'a Address<'a>]) {
        match addresses[0].family {
            Family::GitHub => self.github(addresses),
            Family::GitLab => self.run(&gitlab::all(addresses)),
            Family::Pulls => self.probe(addresses),
            Family::Other => {}
        }
    }

    fn github(&mut self, addresses: &[&'a Address<'a>]) {
        if self.has_token {
            self.run(&github::all(addresses));
        } else {
            self.each(addresses, github::single);
        }
    }

    /// Finds out whether it is Gitea or GitHub Enterprise by asking as both about the first request: only the API of the
    /// forge itself has an answer. If that request is not there, by asking about the next one.
    fn probe(&mut self, addresses: &[&'a Address<'a>]) {
        let most = if self.forges.wish == Wish::All { MOST_PROBES } else { 1 };
        for (place, &first) in addresses.iter().enumerate().take(most) {
            let errands = [gitea::single(first), github::single(first)];
            let answers = self.forges.pools.fetch(&errands, |_, errand| self.send(errand));
            let is_gitea = answers[0].is_ok();
            let is_over = answers.iter().any(|answer| matches!(answer, Err(why) if *why != NoAnswer::Absent));
            let is_found = self.keep(&errands, answers);
            if is_found {
                let rest = &addresses[place + 1..];
                return match self.forges.wish {
                    _ if is_gitea => {
                        self.each(rest, gitea::single);
                        self.reviews();
                    }
                    // GraphQL knows the reviews, too.
                    Wish::All if self.has_token => self.github(&addresses[place..]),
                    _ => self.github(rest),
                };
            }
            if is_over {
                return;
            }
        }
    }

    /// One question for each, up to a limit.
    fn each(&mut self, addresses: &[&'a Address<'a>], question: fn(&'a Address<'a>) -> Errand<'a>) {
        let most = if self.has_token { MOST_WITH_TOKEN } else { MOST_WITHOUT_TOKEN };
        let asked = addresses.len().min(most.saturating_sub(self.singles));
        self.singles += asked;
        self.unasked += addresses.len() - asked;
        let errands: Vec<Errand<'_>> = addresses[..asked].iter().map(|address| question(address)).collect();
        self.run(&errands);
    }

    /// Asks for the reviews of what is open.
    fn reviews(&mut self) {
        if self.forges.wish == Wish::Titles {
            return;
        }
        let told = std::mem::take(&mut self.told);
        let open = told.iter().filter(|(_, told)| told.state == RequestState::Open);
        self.run(&open.map(|(address, _)| gitea::reviews(address)).collect::<Vec<_>>());
        let reviews = std::mem::replace(&mut self.told, told);
        for (address, Told { review, .. }) in reviews {
            let of_it = self.told.iter_mut().filter(|(known, _)| std::ptr::eq(*known, address));
            of_it.for_each(|(_, told)| told.review = review);
        }
    }

    /// Sends questions, and keeps what is told.
    fn run(&mut self, errands: &[Errand<'a>]) {
        let answers = self.forges.pools.fetch(errands, |_, errand| {
            if self.is_silent.load(Ordering::Relaxed) {
                return Err(NoAnswer::Silent);
            }
            let answer = self.send(errand);
            if matches!(answer, Err(NoAnswer::Silent | NoAnswer::Denied)) {
                self.is_silent.store(true, Ordering::Relaxed);
            }
            answer
        });
        self.keep(errands, answers);
    }

    /// Returns whether an answer makes sense.
    fn keep(&mut self, errands: &[Errand<'a>], answers: Vec<Answer>) -> bool {
        let makes_sense = answers.iter().any(Result::is_ok);
        for (errand, told) in errands.iter().zip(answers) {
            let told = errand.about.iter().zip(told.into_iter().flatten());
            self.told.extend(told.filter_map(|(address, told)| Some((*address, told?))));
        }
        makes_sense
    }

    fn send(&self, errand: &Errand<'a>) -> Answer {
        let until = self.forges.until.min(Instant::now() + PATIENCE);
        let api = &errand.about[0].api;
        let body = api.ask(&errand.url, errand.json.as_deref(), errand.scheme, until)?;
        (errand.read)(&body, &errand.about).ok_or(NoAnswer::Absent)
    }
}
