//! Sends the questions, as few as each forge allows, within a short time.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::address::{Address, Family};
use super::answer::{RequestState, Told};
use super::question::{Question, Subject};
use super::{gitea, github, gitlab};
use crate::git::{NoAnswer, TokenScheme};
use crate::pool::Pools;

/// The longest time for one answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// The longest time for all answers.
const WHOLE_PATIENCE: Duration = Duration::from_secs(15);
/// How many requests are tried to find out which forge it is.
const MOST_PROBES: usize = 3;

/// About how many requests one forge is asked one by one.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Limit {
    /// GitHub answers 60 questions an hour.
    WithoutToken,
    WithToken,
}

impl Limit {
    pub(crate) fn most(self) -> usize {
        match self {
            Self::WithoutToken => 20,
            Self::WithToken => 100,
        }
    }
}

/// What is asked about each request.
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
#[derive(Default)]
pub(crate) struct Answers {
    /// One for each address, in the same order.
    pub(crate) told: Vec<Told>,
    /// How many requests no forge was asked about, by the limit that they were too many for.
    pub(crate) unasked: BTreeMap<Limit, usize>,
}

impl<'a> Forges<'a> {
    pub(crate) fn new(pools: &'a Pools) -> Self {
        Self { pools, wish: Wish::All, until: Instant::now() + WHOLE_PATIENCE }
    }

    /// Asks for titles only. Nobody waits longer than for one answer.
    pub(crate) fn for_titles(pools: &'a Pools) -> Self {
        Self { pools, wish: Wish::Titles, until: Instant::now() + PATIENCE }
    }

    /// Asks about all of these requests.
    pub(crate) fn ask(&self, addresses: &[Address<'_>]) -> Answers {
        let mut answers = Answers { told: vec![Told::default(); addresses.len()], ..Answers::default() };
        let mut forges: Vec<Vec<Subject<'_>>> = Vec::new();
        for (place, address) in addresses.iter().enumerate() {
            let subject = Subject { place, address };
            match forges.iter_mut().find(|forge| forge[0].is_with(address)) {
                Some(forge) => forge.push(subject),
                None => forges.push(vec![subject]),
            }
        }
        for of_forge in &forges {
            let mut forge = Forge {
                forges: self,
                is_silent: AtomicBool::new(false),
                singles: 0,
                told: Vec::new(),
                unasked: BTreeMap::new(),
            };
            forge.ask(of_forge);
            for (limit, count) in forge.unasked {
                *answers.unasked.entry(limit).or_default() += count;
            }
            for (place, told) in forge.told {
                answers.told[place] = told;
            }
        }
        answers
    }
}

/// The questions to one forge.
struct Forge<'f> {
    forges: &'f Forges<'f>,
    /// It does not answer, or not to this user: no more questions.
    is_silent: AtomicBool,
    /// About how many requests it was asked one by one.
    singles: usize,
    /// With the places of the requests.
    told: Vec<(usize, Told)>,
    unasked: BTreeMap<Limit, usize>,
}

type Answer = Result<Vec<Option<Told>>, NoAnswer>;

impl Forge<'_> {
    fn ask(&mut self, subjects: &[Subject<'_>]) {
        match subjects[0].family {
            Family::GitHub => self.github(subjects),
            Family::GitLab => self.run(&gitlab::all(subjects)),
            Family::Pulls => self.probe(subjects),
            Family::Other => {}
        }
    }

    fn github(&mut self, subjects: &[Subject<'_>]) {
        let Some(first) = subjects.first() else { return };
        if first.api.has_token(TokenScheme::Bearer) {
            self.run(&github::all(subjects));
            if first.api.has_token(TokenScheme::Bearer) {
                return;
            }
            // It refused the token, and GraphQL answers nobody without one.
            self.is_silent = AtomicBool::new(false);
        }
        self.each(subjects, github::single);
    }

    /// Finds out whether it is Gitea or GitHub Enterprise by asking as both about the first request: only the API of the
    /// forge itself has an answer. If that request is not there, by asking about the next one.
    fn probe(&mut self, subjects: &[Subject<'_>]) {
        let most = if self.forges.wish == Wish::All { MOST_PROBES } else { 1 };
        for (place, &first) in subjects.iter().enumerate().take(most) {
            self.singles += 1;
            let questions = [gitea::single(first), github::single(first)];
            let answers = self.forges.pools.fetch(&questions, |_, question| self.send(question));
            let is_gitea = answers[0].is_ok();
            let is_over = answers.iter().any(|answer| matches!(answer, Err(why) if *why != NoAnswer::Absent));
            let is_found = self.keep(&questions, answers);
            if is_found {
                let rest = &subjects[place + 1..];
                return match self.forges.wish {
                    _ if is_gitea => {
                        self.each(rest, gitea::single);
                        self.reviews(subjects);
                    }
                    // GraphQL knows the reviews, too.
                    Wish::All if first.api.has_token(TokenScheme::Bearer) => self.github(&subjects[place..]),
                    _ => self.github(rest),
                };
            }
            if is_over {
                return;
            }
        }
    }

    /// One question for each, up to a limit.
    fn each<'a>(&mut self, subjects: &[Subject<'a>], question: fn(Subject<'a>) -> Question<'a>) {
        let Some(&first) = subjects.first() else { return };
        let has_token = first.api.has_token(question(first).scheme);
        let limit = if has_token { Limit::WithToken } else { Limit::WithoutToken };
        let asked = subjects.len().min(limit.most().saturating_sub(self.singles));
        self.singles += asked;
        if asked < subjects.len() {
            *self.unasked.entry(limit).or_default() += subjects.len() - asked;
        }
        let questions: Vec<Question<'_>> = subjects[..asked].iter().copied().map(question).collect();
        self.run(&questions);
    }

    /// Asks for the reviews of what is open.
    fn reviews(&mut self, subjects: &[Subject<'_>]) {
        if self.forges.wish == Wish::Titles {
            return;
        }
        let told = std::mem::take(&mut self.told);
        let open: HashSet<usize> = told
            .iter()
            .filter(|(_, told)| told.state == RequestState::Open)
            .map(|(place, _)| *place)
            .collect();
        let open = subjects.iter().copied().filter(|subject| open.contains(&subject.place));
        self.run(&open.map(gitea::reviews).collect::<Vec<_>>());
        let reviews: HashMap<usize, Told> = std::mem::replace(&mut self.told, told).into_iter().collect();
        for (place, told) in &mut self.told {
            told.review = reviews.get(place).and_then(|told| told.review).or(told.review);
        }
    }

    /// Sends questions, and keeps what is told.
    fn run(&mut self, questions: &[Question<'_>]) {
        let answers = self.forges.pools.fetch(questions, |_, question| {
            if self.is_silent.load(Ordering::Relaxed) {
                return Err(NoAnswer::Silent);
            }
            let answer = self.send(question);
            if matches!(answer, Err(NoAnswer::Silent | NoAnswer::Denied)) {
                self.is_silent.store(true, Ordering::Relaxed);
            }
            answer
        });
        self.keep(questions, answers);
    }

    /// Returns whether an answer makes sense.
    fn keep(&mut self, questions: &[Question<'_>], answers: Vec<Answer>) -> bool {
        let makes_sense = answers.iter().any(Result::is_ok);
        for (question, told) in questions.iter().zip(answers) {
            let told = question.about.iter().zip(told.into_iter().flatten());
            self.told.extend(told.filter_map(|(subject, told)| Some((subject.place, told?))));
        }
        makes_sense
    }

    fn send(&self, question: &Question<'_>) -> Answer {
        let until = self.forges.until.min(Instant::now() + PATIENCE);
        let api = &question.about[0].api;
        let body = api.ask(&question.url, question.json.as_deref(), question.scheme, until)?;
        (question.read)(&body, &question.about).ok_or(NoAnswer::Absent)
    }
}
