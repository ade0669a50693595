//! What comes out of the streams of a program.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

/// How long a stream is read after the program has ended.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(2);

/// How many lines of standard error are kept.
const TAIL_LINES: usize = 20;

/// Reads a stream while the program runs and a moment longer: a process that the program has
/// left behind may keep the stream open for ever.
pub(super) struct Capture<T> {
    captured: Arc<Mutex<T>>,
    end_of_stream: mpsc::Receiver<()>,
}

impl<T: Default + Send + 'static> Capture<T> {
    pub(super) fn start<S: Read + Send + 'static>(stream: S, read: fn(S, &Mutex<T>)) -> Self {
        let captured = Arc::new(Mutex::default());
        let (sender, end_of_stream) = mpsc::channel();
        let into = Arc::clone(&captured);
        thread::spawn(move || {
            read(stream, &into);
            drop(sender);
        });
        Self {
            captured,
            end_of_stream,
        }
    }

    pub(super) fn finish(self) -> T {
        let _ = self.end_of_stream.recv_timeout(DRAIN_TIMEOUT);
        mem::take(&mut *lock(&self.captured))
    }
}

fn lock<T>(captured: &Mutex<T>) -> MutexGuard<'_, T> {
    captured.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Everything up to the first read error: the exit code tells whether the program failed.
pub(super) fn read_all(mut stream: impl Read, captured: &Mutex<Vec<u8>>) {
    let mut chunk = [0; 4096];
    while let Ok(length @ 1..) = stream.read(&mut chunk) {
        lock(captured).extend_from_slice(&chunk[..length]);
    }
}

/// The same, and shows it.
pub(super) fn show_and_read_all(mut stream: impl Read, captured: &Mutex<Vec<u8>>) {
    let mut chunk = [0; 4096];
    while let Ok(length @ 1..) = stream.read(&mut chunk) {
        // Where standard output is closed nobody reads it.
        let mut shown = anstream::stdout();
        let _ = shown.write_all(&chunk[..length]).and(shown.flush());
        lock(captured).extend_from_slice(&chunk[..length]);
    }
}

/// Shows what a program writes to standard error, and keeps its last lines.
pub(super) fn show_and_keep_tail(stream: impl Read, tail: &Mutex<VecDeque<String>>) {
    let mut stream = BufReader::new(stream);
    let mut line = Vec::new();
    while stream
        .read_until(b'\n', &mut line)
        .is_ok_and(|bytes| bytes > 0)
    {
        // Where standard error is closed nobody reads it.
        let _ = anstream::stderr().write_all(&line);
        let text = String::from_utf8_lossy(&line).trim_end().to_owned();
        let mut tail = lock(tail);
        if !text.is_empty() {
            tail.push_back(text);
        }
        if tail.len() > TAIL_LINES {
            tail.pop_front();
        }
        line.clear();
    }
}
