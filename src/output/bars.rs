//! Progress on the terminal. Callers do not need to know whether there is one.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{Lines, line_for, write_stderr};
use crate::progress::Progress;
use crate::repo::{plain, size};
use crate::report::{Done, Trouble};

/// Shows nothing.
pub(super) struct Silent;

impl Progress for Silent {
    fn started(&self, _: usize) {}
    fn step(&self, _: usize, _: &'static str) {}
    fn received(&self, _: usize, _: u64) {}
    fn finished(&self, _: usize, _: Result<&Done, &Trouble>) {}
}

/// One line for each repository, in order. A line is printed as soon as all repositories before it are done, so a log
/// shows progress and is the same in every run.
pub(super) struct ProgressLines {
    names: Vec<String>,
    verbose: bool,
    state: Mutex<LinesState>,
}

#[derive(Default)]
struct LinesState {
    next: usize,
    waiting: BTreeMap<usize, Option<String>>,
}

impl ProgressLines {
    pub(super) fn new(names: Vec<String>, verbose: bool) -> Self {
        Self { names, verbose, state: Mutex::default() }
    }
}

impl Progress for ProgressLines {
    fn started(&self, _: usize) {}
    fn step(&self, _: usize, _: &'static str) {}
    fn received(&self, _: usize, _: u64) {}

    fn finished(&self, place: usize, outcome: Result<&Done, &Trouble>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.waiting.insert(place, line_for(&self.names[place], outcome, self.verbose));
        loop {
            let next = state.next;
            let Some(line) = state.waiting.remove(&next) else { return };
            state.next += 1;
            if let Some(line) = line {
                write_stderr(&format!("{line}\n"));
            }
        }
    }
}

/// One line for each repository in work, and a bar for all of them.
pub(super) struct Bars {
    names: Vec<String>,
    verbose: bool,
    lines: Lines,
    all: MultiProgress,
    total: ProgressBar,
    running: Mutex<BTreeMap<usize, Running>>,
}

struct Running {
    bar: ProgressBar,
    step: &'static str,
    bytes: u64,
}

/// Drawings per second at most. Work that ends sooner is never drawn.
const RATE: u8 = 12;

impl Bars {
    pub(super) fn new(names: Vec<String>, verbose: bool, lines: Lines) -> Self {
        let all = MultiProgress::with_draw_target(ProgressDrawTarget::stderr_with_hz(RATE));
        let total =
            ProgressBar::new(names.len() as u64).with_style(style("{wide_bar} {pos}/{len} {elapsed}"));
        let total = all.add(total);
        total.enable_steady_tick(Duration::from_millis(250));
        Self { names, verbose, lines, all, total, running: Mutex::default() }
    }

    fn change(&self, place: usize, change: impl FnOnce(&mut Running)) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(running) = running.get_mut(&place) {
            change(running);
            let bytes = if running.bytes > 0 { size(running.bytes) } else { String::new() };
            running.bar.set_message(format!("{} {bytes}", running.step));
        }
    }
}

impl Progress for Bars {
    fn started(&self, place: usize) {
        let bar = ProgressBar::new_spinner().with_style(style("{spinner} {prefix:28!} {wide_msg}"));
        let bar = self.all.insert_before(&self.total, bar);
        bar.set_prefix(self.names[place].clone());
        bar.enable_steady_tick(Duration::from_millis(120));
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.insert(place, Running { bar, step: "waiting", bytes: 0 });
    }

    fn step(&self, place: usize, step: &'static str) {
        self.change(place, |running| running.step = step);
    }

    fn received(&self, place: usize, bytes: u64) {
        self.change(place, |running| running.bytes += bytes);
    }

    fn finished(&self, place: usize, outcome: Result<&Done, &Trouble>) {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner).remove(&place);
        if let Some(running) = running {
            running.bar.finish_and_clear();
            self.all.remove(&running.bar);
        }
        self.total.inc(1);
        if self.lines == Lines::Live
            && let Some(line) = line_for(&self.names[place], outcome, self.verbose)
        {
            let _closed = self.all.println(plain(&line));
        }
    }
}

impl Drop for Bars {
    fn drop(&mut self) {
        self.total.finish_and_clear();
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("the templates above are valid")
}
