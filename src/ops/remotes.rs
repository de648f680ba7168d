//! Work on many remotes at once, watched by whoever has a terminal.

use crate::error::Error;
use crate::git::Git;
use crate::output::Printer;
use crate::pool::Pools;
use crate::progress::Progress;
use crate::repo::RepoName;
use crate::report::{Done, Failure, Outcome, RepoOutcome, Trouble};
use crate::session::Session;

/// What is asked of a remote, or done with what comes from it.
pub(crate) trait Job: Sync {
    fn name(&self) -> &RepoName;
    /// The declared url without secrets, for errors.
    fn url(&self) -> String;
}

/// Remotes, as a run reaches them.
pub(crate) struct Remotes<'a> {
    pub(crate) git: &'a Git,
    pub(crate) printer: &'a Printer,
    pub(crate) jobs: usize,
}

/// One job among those at work, for whoever watches.
pub(crate) struct Watch<'w> {
    watcher: &'w dyn Progress,
    place: usize,
}

impl Watch<'_> {
    /// Says what is being done now: "fetching", "checking out".
    pub(crate) fn step(&self, step: &'static str) {
        self.watcher.step(self.place, step);
    }

    /// Says that so many more bytes came in.
    pub(crate) fn received(&self, bytes: u64) {
        self.watcher.received(self.place, bytes);
    }
}

/// What came of one job: what was done, and what the caller wanted of it.
type Answer<R> = Result<(Done, R), Trouble>;

/// What came of each job, in their order.
pub(crate) struct Answers<'t, T, R>(Vec<(&'t T, Answer<R>)>);

impl<'a> Remotes<'a> {
    pub(crate) fn of(session: &'a Session<'_>) -> Result<Self, Error> {
        Ok(Self { git: session.git()?, printer: session.printer, jobs: session.global.jobs })
    }

    /// Runs `fetch` for each job on the network's threads, and `work` on what it brought on all others.
    ///
    /// What the remotes gave cause to warn of is told at the end.
    pub(crate) fn each<'t, T: Job, F: Send, R: Send>(
        &self,
        jobs: &'t [T],
        fetch: impl Fn(&'t T, &Watch<'_>) -> Result<F, Trouble> + Sync,
        work: impl Fn(&'t T, F, &Watch<'_>) -> Answer<R> + Sync,
    ) -> Result<Answers<'t, T, R>, Error> {
        let names: Vec<&RepoName> = jobs.iter().map(Job::name).collect();
        let pools = Pools::new(self.jobs)?;
        let bars = self.printer.watch(&names);
        let watcher = bars.as_ref();
        let answers = pools.fetch_then(
            jobs,
            |place, job| {
                watcher.started(place);
                fetch(job, &Watch { watcher, place })
            },
            |place, job, fetched| {
                let answer = fetched.and_then(|fetched| work(job, fetched, &Watch { watcher, place }));
                watcher.finished(place, answer.as_ref().map(|(done, _)| done));
                answer
            },
        );
        drop(bars);
        self.git.warnings().iter().for_each(|warning| self.printer.warning(warning));
        Ok(Answers(jobs.iter().zip(answers).collect()))
    }

    /// The same, where there is nothing to do with an answer but to have it.
    pub(crate) fn ask<'t, T: Job, R: Send>(
        &self,
        jobs: &'t [T],
        ask: impl Fn(&'t T, &Watch<'_>) -> Answer<R> + Sync,
    ) -> Result<Answers<'t, T, R>, Error> {
        self.each(jobs, ask, |_, answer, _| Ok(answer))
    }
}

impl<'t, T: Job, R> Answers<'t, T, R> {
    /// The answers; where some jobs failed, all of these are told.
    pub(crate) fn all(self) -> Result<Vec<R>, Error> {
        let (answers, failures) = self.sorted();
        let answers = answers.into_iter().map(|(_, answer)| answer).collect();
        if failures.is_empty() { Ok(answers) } else { Err(Error::Repos { failures }) }
    }

    /// The same, and what became of each.
    pub(crate) fn all_with_outcomes(self) -> Result<(Vec<R>, Vec<RepoOutcome>), Error> {
        if self.0.iter().any(|(_, answer)| answer.is_err()) {
            let (_, failures) = self.sorted();
            return Err(Error::Repos { failures });
        }
        let done = self.0.into_iter().filter_map(|(job, answer)| Some((job, answer.ok()?)));
        Ok(done.map(|(job, (done, answer))| (answer, outcome_of(job, Ok(done)))).unzip())
    }

    /// The answers, and the jobs that failed.
    pub(crate) fn sorted(self) -> (Vec<(&'t T, R)>, Vec<Failure>) {
        let (mut answers, mut failures) = (Vec::new(), Vec::new());
        for (job, answer) in self.0 {
            match answer {
                Ok((_, answer)) => answers.push((job, answer)),
                Err(trouble) => failures.push(Failure::new(job.name().clone(), job.url(), trouble)),
            }
        }
        (answers, failures)
    }

    /// What became of each.
    pub(crate) fn outcomes(self) -> Vec<RepoOutcome> {
        let outcome = |(job, answer): (&T, Answer<R>)| outcome_of(job, answer.map(|(done, _)| done));
        self.0.into_iter().map(outcome).collect()
    }
}

/// What became of a job, under its name.
pub(crate) fn outcome_of(job: &impl Job, outcome: Outcome) -> RepoOutcome {
    RepoOutcome { name: job.name().clone(), url: job.url(), outcome }
}
