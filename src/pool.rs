//! Threads: two pools, one for the network and one for the CPU, so that neither blocks the other, and threads for one job.

use std::num::NonZeroUsize;
use std::sync::{Condvar, Mutex, OnceLock, PoisonError};

use rayon::prelude::{IntoParallelRefIterator, ParallelIterator};
use rayon::{Scope, ThreadPool, ThreadPoolBuildError, ThreadPoolBuilder};

/// The number of items that are being fetched, wait for their work, or are worked on, if the network has fewer threads.
/// With many repositories, more of them would only fill the memory.
const AT_ONCE: usize = 32;

/// The thread pools of one run, with a fixed number of threads.
pub(crate) struct Pools {
    network: ThreadPool,
    cpu: ThreadPool,
}

impl Pools {
    /// Makes `jobs` threads for the network, and one thread for each core for computation.
    pub(crate) fn new(jobs: usize) -> Result<Self, ThreadPoolBuildError> {
        let build = |threads, name: &'static str| {
            let builder = ThreadPoolBuilder::new().num_threads(threads);
            builder.thread_name(move |place| format!("{name}-{place}")).build()
        };
        Ok(Self { network: build(jobs.max(1), "network")?, cpu: build(0, "cpu")? })
    }

    /// Runs `fetch` for each item on the network threads, in order. As soon as a result is there, runs `work` on it on
    /// the other threads. The results are in the order of the items. If the work takes longer than the network, new
    /// fetches wait for it.
    ///
    /// Hold no lock from `fetch` to `work`: a thread that waits starts the next piece of work. Neither `fetch` nor
    /// `work` may use the network pool.
    pub(crate) fn fetch_then<'t, T, F, R>(
        &self,
        items: &'t [T],
        fetch: impl Fn(usize, &'t T) -> F + Sync,
        work: impl Fn(usize, &'t T, F) -> R + Sync,
    ) -> Vec<R>
    where
        T: Sync,
        F: Send,
        R: Send,
    {
        let mut results: Vec<Option<R>> = Vec::new();
        results.resize_with(items.len(), || None);
        let (fetch, work) = (&fetch, &work);
        let places = &Places::new(AT_ONCE.max(self.network.current_num_threads()));
        self.cpu.scope(|cpu: &Scope<'_>| {
            self.network.in_place_scope_fifo(|network| {
                for ((place, item), result) in items.iter().enumerate().zip(&mut results) {
                    network.spawn_fifo(move |_| {
                        let taken = places.take();
                        let fetched = fetch(place, item);
                        cpu.spawn(move |_| {
                            *result = Some(work(place, item, fetched));
                            drop(taken);
                        });
                    });
                }
            });
        });
        complete(results)
    }

    /// Runs something on the computation threads. [`share`] inside it uses all of them.
    pub(crate) fn work<R: Send>(&self, work: impl FnOnce() -> R + Send) -> R {
        self.cpu.install(work)
    }

    /// Runs `fetch` for each item on the network threads. The results are in the order of the items.
    pub(crate) fn fetch<T: Sync, R: Send>(
        &self,
        items: &[T],
        fetch: impl Fn(usize, &T) -> R + Sync,
    ) -> Vec<R> {
        let mut results: Vec<Option<R>> = Vec::new();
        results.resize_with(items.len(), || None);
        let fetch = &fetch;
        self.network.in_place_scope_fifo(|network| {
            for ((place, item), result) in items.iter().enumerate().zip(&mut results) {
                network.spawn_fifo(move |_| *result = Some(fetch(place, item)));
            }
        });
        complete(results)
    }
}

/// A number of places for items.
struct Places {
    free: Mutex<usize>,
    freed: Condvar,
}

/// A taken place. It is free again when this is dropped.
struct Taken<'p>(&'p Places);

impl Places {
    fn new(count: usize) -> Self {
        Self { free: Mutex::new(count), freed: Condvar::new() }
    }

    /// Takes a place; waits until one is free.
    fn take(&self) -> Taken<'_> {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let free = self.freed.wait_while(free, |free| *free == 0);
        *free.unwrap_or_else(PoisonError::into_inner) -= 1;
        Taken(self)
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        *self.0.free.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.0.freed.notify_one();
    }
}

fn complete<R>(results: Vec<Option<R>>) -> Vec<R> {
    let done = |result: Option<R>| result.expect("every item is worked on before the scope ends");
    results.into_iter().map(done).collect()
}

/// Runs `work` for each item, with one thread for each core. The results are in the order of the items.
///
/// For work of a few milliseconds, also in commands that have no [`Pools`].
pub(crate) fn each<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Send + Sync) -> Vec<R> {
    /// Our own pool: rayon's global pool panics if the system gives no threads.
    static POOL: OnceLock<Option<ThreadPool>> = OnceLock::new();
    let in_turn = |work| items.iter().map(work).collect();
    // Starting threads costs more than one item, so they start only for the first call with several items.
    if items.len() < 2 {
        return in_turn(work);
    }
    if rayon::current_thread_index().is_some() {
        return items.par_iter().map(work).collect();
    }
    match POOL.get_or_init(|| ThreadPoolBuilder::new().build().ok()) {
        Some(pool) => pool.install(|| items.par_iter().map(work).collect()),
        None => in_turn(work),
    }
}

/// Runs `work` for each item on the threads of the caller's pool. The results are in the order of the items. Stops at
/// the first error and returns it.
pub(crate) fn share<T: Sync, R: Send, E: Send>(
    items: &[T],
    work: impl Fn(&T) -> Result<R, E> + Sync,
) -> Result<Vec<R>, E> {
    items.par_iter().map(&work).collect()
}

/// Runs `work` on as many threads as there are cores, of which the caller's is one, and waits for all of them.
///
/// Unlike with a pool, the caller's thread takes no other work while it waits.
pub(crate) fn on_each_core<R: Send>(work: impl Fn() -> R + Sync) -> Vec<R> {
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    std::thread::scope(|scope| {
        let start = |_| std::thread::Builder::new().spawn_scoped(scope, &work).ok();
        let others: Vec<_> = (1..cores).map_while(start).collect();
        let mine = work();
        let theirs = others.into_iter().map(|other| other.join().expect("a panic ends the process"));
        std::iter::once(mine).chain(theirs).collect()
    })
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::{AT_ONCE, Pools};

    #[test]
    fn results_are_in_the_order_of_the_items() {
        let pools = Pools::new(3).expect("threads");
        let items: Vec<u64> = (0..50).collect();
        let doubled =
            pools.fetch_then(&items, |_, item| item * 2, |place, item, double| (place, *item, double));
        assert!(doubled.iter().enumerate().all(|(place, &(at, item, double))| {
            at == place && item == items[place] && double == 2 * item
        }));
        assert_eq!(pools.fetch(&items, |place, _| place), (0..50).collect::<Vec<_>>());
    }

    #[test]
    fn fetches_wait_for_slow_work() {
        let pools = Pools::new(2).expect("threads");
        let (fetched, held) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let highest = pools.fetch_then(
            &[(); 50],
            |_, ()| {
                fetched.fetch_add(1, Ordering::SeqCst);
                held.fetch_add(1, Ordering::SeqCst) + 1
            },
            |_, (), held_then| {
                // No work ends before all places are taken.
                while fetched.load(Ordering::SeqCst) < AT_ONCE {
                    std::thread::yield_now();
                }
                held.fetch_sub(1, Ordering::SeqCst);
                held_then
            },
        );
        assert_eq!(highest.into_iter().max(), Some(AT_ONCE));
    }
}
