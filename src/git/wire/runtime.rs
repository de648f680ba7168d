//! The thread on which connections live. It starts with the first request.

use std::future::{Future, pending};
use std::io;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use tokio::runtime::{Builder, Handle};

/// Drives the connections of a run. The threads that wait for an answer poll it themselves.
#[derive(Default)]
pub(super) struct Runtime(Mutex<Option<Handle>>);

impl Runtime {
    pub(super) fn handle(&self) -> io::Result<Handle> {
        let mut started = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(handle) = &*started {
            return Ok(handle.clone());
        }
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        thread::Builder::new().name("http".to_owned()).spawn(move || runtime.block_on(pending::<()>()))?;
        *started = Some(handle.clone());
        Ok(handle)
    }
}

/// What a future gives within a time. `None` if it takes longer.
pub(super) fn within<F: Future>(handle: &Handle, time: Duration, future: F) -> Option<F::Output> {
    handle.block_on(async { tokio::time::timeout(time, future).await.ok() })
}
