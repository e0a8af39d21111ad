//! Log lines on their way to where they are written.
//!
//! Code that logs neither waits for a reader nor learns of its failure: lines go into a bounded
//! queue, and a thread of their own writes them. What finds no room there, or cannot be written,
//! is counted; the count is written as soon as there is room again.

use std::{
    cell::RefCell,
    collections::VecDeque,
    io::{self, Write},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use tracing_subscriber::fmt::MakeWriter;

/// Bytes of lines that wait.
const ROOM: usize = 4 << 20;
/// How often it tries to report what was lost, while nothing else is to be written.
const TRY_AGAIN: Duration = Duration::from_secs(1);

thread_local! {
    /// Where the lines of this thread go instead of the queue.
    static KEPT: RefCell<Option<Vec<u8>>> = const { RefCell::new(None) };
}

#[derive(Clone, Default)]
pub(crate) struct LogQueue(Arc<Shared>);

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    has_work: Condvar,
    is_done: Condvar,
}

#[derive(Default)]
struct State {
    lines: VecDeque<Vec<u8>>,
    bytes: usize,
    lost: u64,
    is_writing: bool,
}

impl LogQueue {
    /// Starts the thread that writes the lines.
    pub(crate) fn write_to(&self, output: impl Write + Send + 'static) -> io::Result<()> {
        let queue = self.clone();
        let writer = LineWriter { output, is_torn: false };
        thread::Builder::new().name("log".to_owned()).spawn(move || queue.write_all(writer))?;
        Ok(())
    }

    /// Waits until all lines are written and the number of lost ones as well, or for so long.
    pub(crate) fn finish(&self, at_most: Duration) {
        let is_busy = |state: &mut State| !state.lines.is_empty() || state.is_writing;
        let mut state = self.lock();
        // An empty line makes the thread report what is lost.
        state.lines.push_back(Vec::new());
        self.0.has_work.notify_one();
        let _ = self.0.is_done.wait_timeout_while(state, at_most, is_busy);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, line: &[u8]) {
        let mut state = self.lock();
        if state.bytes + line.len() > ROOM {
            state.lost += 1;
            return;
        }
        state.bytes += line.len();
        state.lines.push_back(line.to_vec());
        drop(state);
        self.0.has_work.notify_one();
    }

    fn write_all(&self, mut writer: LineWriter<impl Write>) {
        loop {
            let (line, lost) = self.next();
            let reported = if lost == 0 { Ok(()) } else { writer.write(&note(lost)) };
            let written =
                reported.is_ok() && line.as_ref().is_none_or(|line| writer.write(line).is_ok());
            let mut state = self.lock();
            if reported.is_ok() {
                state.lost -= lost;
            }
            state.lost += u64::from(!written && line.is_some_and(|line| !line.is_empty()));
            state.is_writing = false;
            self.0.is_done.notify_all();
        }
    }

    /// The next line, and how many were lost; without a line now and then while some were.
    fn next(&self) -> (Option<Vec<u8>>, u64) {
        let mut state = self.lock();
        while state.lines.is_empty() {
            if state.lost == 0 {
                state = self.0.has_work.wait(state).unwrap_or_else(PoisonError::into_inner);
            } else {
                let waited = self.0.has_work.wait_timeout(state, TRY_AGAIN);
                state = waited.unwrap_or_else(PoisonError::into_inner).0;
                break;
            }
        }
        let line = state.lines.pop_front();
        state.bytes -= line.as_ref().map_or(0, Vec::len);
        state.is_writing = line.is_some();
        (line, state.lost)
    }
}

/// The line that tells how many were lost, in the form that all lines have.
fn note(lost: u64) -> Vec<u8> {
    KEPT.set(Some(Vec::new()));
    tracing::error!(lines = lost, "{lost} lines of this log were lost: they could not be written");
    let line = KEPT.take().unwrap_or_default();
    // The filter of the log leaves out this part of the program.
    if line.is_empty() { plain_note(lost) } else { line }
}

fn plain_note(lost: u64) -> Vec<u8> {
    format!("{lost} lines of this log were lost: they could not be written\n").into_bytes()
}

impl<'a> MakeWriter<'a> for LogQueue {
    type Writer = &'a Self;

    fn make_writer(&'a self) -> Self::Writer {
        self
    }
}

impl Write for &LogQueue {
    /// Takes a whole line, as the subscriber gives them.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let is_kept = KEPT.with_borrow_mut(|kept| {
            kept.as_mut().map(|kept| kept.extend_from_slice(line)).is_some()
        });
        if !is_kept {
            self.push(line);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Keeps lines apart, even if one could be written in part only.
struct LineWriter<W> {
    output: W,
    is_torn: bool,
}

impl<W: Write> LineWriter<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<()> {
        if self.is_torn {
            self.output.write_all(b"\n")?;
            self.is_torn = false;
        }
        let mut rest = line;
        while !rest.is_empty() {
            match self.output.write(rest) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => {
                    rest = rest.get(written..).unwrap_or_default();
                    self.is_torn = !rest.is_empty();
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(20);

    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    enum Disk {
        Full,
        /// Takes so many bytes, then it is full.
        NearlyFull(usize),
        HasRoom,
        /// Waits until this changes.
        Hangs,
    }

    /// Where the lines of a test are written.
    #[derive(Clone)]
    struct Output(Arc<Shared>);

    type Shared = (Mutex<(Disk, Vec<u8>)>, Condvar);

    impl Output {
        fn new(disk: Disk) -> Self {
            Self(Arc::new((Mutex::new((disk, Vec::new())), Condvar::new())))
        }

        fn set(&self, disk: Disk) {
            self.0.0.lock().unwrap().0 = disk;
            self.0.1.notify_all();
        }

        fn text(&self) -> String {
            String::from_utf8(self.0.0.lock().unwrap().1.clone()).unwrap()
        }
    }

    impl Write for Output {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let state = self.0.0.lock().unwrap();
            let mut state = self.0.1.wait_while(state, |state| state.0 == Disk::Hangs).unwrap();
            let taken = match state.0 {
                Disk::HasRoom => bytes,
                Disk::NearlyFull(room) => {
                    state.0 = Disk::Full;
                    &bytes[..room]
                }
                Disk::Full | Disk::Hangs => return Err(io::ErrorKind::StorageFull.into()),
            };
            state.1.extend_from_slice(taken);
            Ok(taken.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn queue(disk: Disk) -> (LogQueue, Output) {
        let (queue, output) = (LogQueue::default(), Output::new(disk));
        queue.write_to(output.clone()).unwrap();
        (queue, output)
    }

    /// Seen to fail: the thread wrote nothing where no subscriber takes the line.
    #[test]
    fn what_is_lost_is_told_at_the_end_whatever_the_filter_lets_through() {
        let (queue, output) = queue(Disk::Full);
        queue.push(b"one\n");
        queue.finish(PATIENCE);
        output.set(Disk::HasRoom);
        queue.finish(PATIENCE);
        assert!(output.text().contains("1 lines of this log were lost"), "{}", output.text());
    }

    /// Seen to fail: with a queue that counts only what finds no room in it.
    #[test]
    fn lines_that_cannot_be_written_are_counted_and_told_when_there_is_room_again() {
        let (queue, output) = queue(Disk::Full);
        let subscriber =
            tracing_subscriber::fmt().with_writer(queue.clone()).without_time().finish();
        // For the thread that writes; no other test here sets one.
        tracing::subscriber::set_global_default(subscriber).unwrap();
        for line in ["one\n", "two\n", "three\n"] {
            queue.push(line.as_bytes());
            queue.finish(PATIENCE);
        }
        assert_eq!(output.text(), "");
        output.set(Disk::HasRoom);
        queue.push(b"four\n");
        queue.finish(PATIENCE);
        let text = output.text();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines.len(), 2, "{text}");
        assert!(lines[0].contains("3 lines of this log were lost"), "{text}");
        assert_eq!(lines[1], "four");
        assert_eq!(queue.lock().lost, 0);
    }

    #[test]
    fn a_reader_that_reads_nothing_costs_lines_and_nobodys_time() {
        let (queue, output) = queue(Disk::Hangs);
        let line = [b'x'; 1 << 10];
        for _ in 0..10_000 {
            queue.push(&line);
        }
        let waiting = queue.lock().lines.len();
        let lost = queue.lock().lost;
        assert!(queue.lock().bytes <= ROOM);
        // One may be in the hand of the thread.
        assert!((9_999..=10_000).contains(&(waiting as u64 + lost)), "{waiting} {lost}");
        queue.finish(Duration::from_millis(10));
        assert!(queue.lock().bytes > 0, "nobody waits for ever");
        output.set(Disk::HasRoom);
        queue.finish(PATIENCE);
        assert!(output.text().len() >= ROOM - line.len());
    }

    #[test]
    fn a_line_that_was_written_in_part_does_not_spoil_the_next_one() {
        let (queue, output) = queue(Disk::NearlyFull(3));
        queue.push(b"a long line\n");
        queue.finish(PATIENCE);
        output.set(Disk::HasRoom);
        queue.push(b"next\n");
        queue.finish(PATIENCE);
        let text = output.text();
        assert!(text.starts_with("a l\n") && text.ends_with("next\n"), "{text}");
    }
}
