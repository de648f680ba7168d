//! A listener on 127.0.0.1: a thread for each connection, and an end that waits for nobody.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

/// A listener that serves until it is dropped; then all its connections are cut and its threads have ended.
pub(crate) struct Loopback {
    port: u16,
    state: Arc<State>,
    accepting: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct State {
    closing: AtomicBool,
    accepted: AtomicUsize,
    open: Mutex<BTreeMap<usize, TcpStream>>,
    workers: Mutex<Vec<JoinHandle<()>>>,
}

impl Loopback {
    /// Serves each connection with `serve`, which also gets its number; closes it afterwards.
    pub(crate) fn start(serve: impl Fn(TcpStream, usize) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let port = listener.local_addr().expect("the address").port();
        let state = Arc::new(State::default());
        let shared = Arc::clone(&state);
        let serve = Arc::new(serve);
        let accepting = thread::spawn(move || {
            for stream in listener.incoming() {
                if shared.closing.load(Ordering::SeqCst) {
                    return;
                }
                if let Ok(stream) = stream {
                    start_worker(&shared, &serve, stream);
                }
            }
        });
        Self { port, state, accepting: Some(accepting) }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// How many connections were accepted so far.
    pub(crate) fn connections(&self) -> usize {
        self.state.accepted.load(Ordering::SeqCst)
    }
}

impl Drop for Loopback {
    fn drop(&mut self) {
        self.state.closing.store(true, Ordering::SeqCst);
        // `accept` knows no timeout: a last connection wakes it.
        drop(TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)));
        if let Some(accepting) = self.accepting.take() {
            drop(accepting.join());
        }
        for stream in lock(&self.state.open).values() {
            drop(stream.shutdown(Shutdown::Both));
        }
        for worker in std::mem::take(&mut *lock(&self.state.workers)) {
            drop(worker.join());
        }
    }
}

fn start_worker(
    state: &Arc<State>,
    serve: &Arc<impl Fn(TcpStream, usize) + Send + Sync + 'static>,
    stream: TcpStream,
) {
    let number = state.accepted.fetch_add(1, Ordering::SeqCst);
    // Small answers go out at once, else keep-alive costs 40 ms each.
    let Ok(copy) = stream.set_nodelay(true).and_then(|()| stream.try_clone()) else { return };
    lock(&state.open).insert(number, copy);
    let open = Open { state: Arc::clone(state), number };
    let serve = Arc::clone(serve);
    let worker = thread::spawn(move || {
        serve(stream, number);
        drop(open);
    });
    lock(&state.workers).push(worker);
}

/// An entry in `State::open`, taken out also when the worker panics.
struct Open {
    state: Arc<State>,
    number: usize,
}

impl Drop for Open {
    fn drop(&mut self) {
        if let Some(stream) = lock(&self.state.open).remove(&self.number) {
            drop(stream.shutdown(Shutdown::Both));
        }
    }
}

/// Copies in both directions until either side ends, then cuts both.
pub(crate) fn tunnel(one: &TcpStream, other: &TcpStream) {
    thread::scope(|scope| {
        for (from, to) in [(one, other), (other, one)] {
            scope.spawn(move || {
                drop(std::io::copy(&mut &*from, &mut &*to));
                drop(from.shutdown(Shutdown::Both));
                drop(to.shutdown(Shutdown::Both));
            });
        }
    });
}

/// Locks also what a panicking test left behind.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
