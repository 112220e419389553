//! A bar on standard error while a long scan runs, for people at a terminal alone.

use std::io::{self, IsTerminal, Write};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use crate::report::terminal::Detail;

/// Whoever waits less sees nothing.
const PATIENCE: Duration = Duration::from_millis(800);
const EVERY: Duration = Duration::from_millis(100);
/// The cells of the bar.
const CELLS: usize = 30;

/// Does some work, and shows how far it is where somebody waits at a terminal. `state` tells how much
/// is done, of how much.
pub fn shown<T>(detail: Detail, state: fn() -> (usize, usize), work: impl FnOnce() -> T) -> T {
    if detail == Detail::Quiet || !io::stderr().is_terminal() {
        return work();
    }
    let (done, wait) = mpsc::channel::<()>();
    thread::scope(|scope| {
        scope.spawn(move || watch(&wait, state));
        let result = work();
        drop(done);
        result
    })
}

/// Draws until the other side is gone, and cleans up.
fn watch(wait: &mpsc::Receiver<()>, state: fn() -> (usize, usize)) {
    let mut pause = PATIENCE;
    let mut drawn = false;
    while wait.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
        let (done, all) = state();
        draw(&format!("\r\u{1b}[2K{}", line(done, all)));
        drawn = true;
        pause = EVERY;
    }
    if drawn {
        draw("\r\u{1b}[2K");
    }
}

/// Nobody is left to hear that it cannot be drawn.
fn draw(text: &str) {
    let mut out = io::stderr().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// The bar: `reading ██████░░░░ 120 of 200 files`.
fn line(done: usize, all: usize) -> String {
    if all == 0 {
        return "looking for files".to_owned();
    }
    let full = (done * CELLS).checked_div(all).unwrap_or(0).min(CELLS);
    let verb = if done == all { "judging" } else { "reading" };
    format!(
        "{verb} {}{} {done} of {all} files",
        "█".repeat(full),
        "░".repeat(CELLS - full)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_fills() {
        #[track_caller]
        fn check(done: usize, all: usize, full: usize, verb: &str) {
            let line = line(done, all);
            assert_eq!(line.matches('█').count(), full, "{line}");
            assert_eq!(line.matches('░').count(), CELLS - full, "{line}");
            assert!(line.starts_with(verb), "{line}");
        }
        assert_eq!(line(0, 0), "looking for files");
        check(0, 7, 0, "reading");
        check(100, 200, 15, "reading");
        check(200, 200, 30, "judging");
    }

    #[test]
    fn work_gives_what_it_gives() {
        assert_eq!(shown(Detail::Normal, || (1, 2), || 7), 7);
        assert_eq!(shown(Detail::Quiet, || (1, 2), || "x"), "x");
    }
}
