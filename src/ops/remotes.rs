//! Works on many remotes at once and shows the progress.

use std::sync::OnceLock;

use crate::error::Error;
use crate::git::Git;
use crate::lock::Pin;
use crate::output::{Lines, Printer};
use crate::pool::Pools;
use crate::progress::Progress;
use crate::repo::RepoName;
use crate::report::{Done, Failure, Outcome, RepoOutcome, Trouble};
use crate::session::Session;

/// One piece of work with a remote.
pub(crate) trait Job: Sync {
    fn name(&self) -> &RepoName;
    /// The declared url without secrets, for errors.
    fn url(&self) -> String;
}

/// Work with the remote of a pin.
pub(crate) trait OfPin: Sync {
    fn pin(&self) -> &Pin;
}

impl<T: OfPin> Job for T {
    fn name(&self) -> &RepoName {
        &self.pin().name
    }

    fn url(&self) -> String {
        self.pin().url.to_string()
    }
}

/// Everything that is needed to reach remotes.
pub(crate) struct Remotes<'a> {
    pub(crate) git: &'a Git,
    pub(crate) printer: &'a Printer,
    pub(crate) jobs: usize,
    lines: Lines,
    pools: OnceLock<Pools>,
}

/// The progress of one job.
pub(crate) struct Watch<'w> {
    watcher: &'w dyn Progress,
    place: usize,
}

impl Watch<'_> {
    /// Shows the current step: "fetching", "checking out".
    pub(crate) fn step(&self, step: &'static str) {
        self.watcher.step(self.place, step);
    }

    /// Adds to the number of received bytes.
    pub(crate) fn received(&self, bytes: u64) {
        self.watcher.received(self.place, bytes);
    }
}

/// The result of one job: what was done, and the value for the caller.
type Answer<R> = Result<(Done, R), Trouble>;

/// Values with their jobs.
type OfJobs<'t, T, R> = Vec<(&'t T, R)>;

/// The results of all jobs, in their order.
pub(crate) struct Answers<'t, T, R>(Vec<(&'t T, Answer<R>)>);

impl<'a> Remotes<'a> {
    pub(crate) fn of(session: &'a Session<'_>) -> Result<Self, Error> {
        Ok(Self::new(session.git()?, session.printer, session.global.jobs()))
    }

    pub(crate) fn new(git: &'a Git, printer: &'a Printer, jobs: usize) -> Self {
        Self { git, printer, jobs, lines: Lines::Live, pools: OnceLock::new() }
    }

    /// The same, but nothing is printed about a job when it is done: the caller prints it later, or not at all.
    #[must_use]
    pub(crate) fn without_lines(self) -> Self {
        Self { lines: Lines::Later, ..self }
    }

    /// The threads, which start at the first call.
    pub(crate) fn pools(&self) -> Result<&Pools, Error> {
        if let Some(pools) = self.pools.get() {
            return Ok(pools);
        }
        let pools = Pools::new(self.jobs)?;
        Ok(self.pools.get_or_init(|| pools))
    }

    /// Runs `fetch` for each job on the network threads, and `work` with its result on the CPU threads.
    ///
    /// Prints the warnings that the remotes caused at the end.
    pub(crate) fn each<'t, T: Job, F: Send, R: Send>(
        &self,
        jobs: &'t [T],
        fetch: impl Fn(&'t T, &Watch<'_>) -> Result<F, Trouble> + Sync,
        work: impl Fn(&'t T, F, &Watch<'_>) -> Answer<R> + Sync,
    ) -> Result<Answers<'t, T, R>, Error> {
        let names: Vec<&RepoName> = jobs.iter().map(Job::name).collect();
        let pools = self.pools()?;
        let bars = self.printer.watch(&names, self.lines);
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

    /// Runs `ask` for each job on the network threads.
    pub(crate) fn ask<'t, T: Job, R: Send>(
        &self,
        jobs: &'t [T],
        ask: impl Fn(&'t T, &Watch<'_>) -> Answer<R> + Sync,
    ) -> Result<Answers<'t, T, R>, Error> {
        self.each(jobs, ask, |_, answer, _| Ok(answer))
    }
}

impl<'t, T: Job, R> Answers<'t, T, R> {
    /// The values of all jobs, and the outcome of each. If some jobs failed, the error names all of them.
    pub(crate) fn all_with_outcomes(self) -> Result<(Vec<R>, Vec<RepoOutcome>), Error> {
        if self.0.iter().any(|(_, answer)| answer.is_err()) {
            let (_, failures) = self.sorted();
            return Err(Error::Repos { failures });
        }
        let done = self.0.into_iter().filter_map(|(job, answer)| Some((job, answer.ok()?)));
        Ok(done.map(|(job, (done, answer))| (answer, outcome_of(job, Ok(done)))).unzip())
    }

    /// The values of the jobs that succeeded, and the failures.
    pub(crate) fn sorted(self) -> (Vec<(&'t T, R)>, Vec<Failure>) {
        let (answers, failures) = self.sorted_with_jobs();
        (answers, failures.into_iter().map(|(_, failure)| failure).collect())
    }

    /// The same. Each failure with its job: two jobs may have the same name.
    pub(crate) fn sorted_with_jobs(self) -> (OfJobs<'t, T, R>, OfJobs<'t, T, Failure>) {
        let (mut answers, mut failures) = (Vec::new(), Vec::new());
        for (job, answer) in self.0 {
            match answer {
                Ok((_, answer)) => answers.push((job, answer)),
                Err(trouble) => {
                    failures.push((job, Failure::new(job.name().clone(), job.url(), trouble)));
                }
            }
        }
        (answers, failures)
    }

    /// Each job with its value or its trouble.
    pub(crate) fn in_order(self) -> impl Iterator<Item = (&'t T, Result<R, Trouble>)> {
        self.0.into_iter().map(|(job, answer)| (job, answer.map(|(_, answer)| answer)))
    }

    /// The values of the jobs that succeeded.
    pub(crate) fn values(&self) -> impl Iterator<Item = (&'t T, &R)> {
        self.0.iter().filter_map(|(job, answer)| Some((*job, &answer.as_ref().ok()?.1)))
    }

    /// The outcome of each job.
    pub(crate) fn outcomes(self) -> Vec<RepoOutcome> {
        let outcome = |(job, answer): (&T, Answer<R>)| outcome_of(job, answer.map(|(done, _)| done));
        self.0.into_iter().map(outcome).collect()
    }
}

/// The outcome of a job with its name.
pub(crate) fn outcome_of(job: &impl Job, outcome: Outcome) -> RepoOutcome {
    RepoOutcome { name: job.name().clone(), url: job.url(), outcome }
}
