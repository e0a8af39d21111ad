//! What a connection waits for and until when. Knows neither a socket nor a clock.

use tokio::time::Instant;

use super::Limits;
use crate::body;

/// What is read of a body beyond the greatest size that any route takes.
const UNWANTED: usize = 64 * 1024;
/// What is read of heads before it is seen what they are, and of requests that were sent before
/// the present one is answered: a request in memory is a hundred times as large as a short one.
const READ_AHEAD: usize = 4 * 1024;
/// A client that takes so much within the time for a write has that time again.
const PROGRESS: usize = 64 * 1024;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// The head of a request is awaited, or has begun to arrive.
    Head { since: Instant, has_begun: bool },
    /// Between two requests.
    Idle { since: Instant },
    /// The service works on a request.
    Serving { since: Instant },
    /// The request is answered, and the rest of its body is of no use.
    Answered { since: Instant },
}

/// How much the connection may read now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    AtMost(usize),
    NothingYet,
    NothingMore,
}

/// Which time is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Overdue {
    Head { has_begun: bool },
    Idle,
    Write,
    Answered,
}

/// A write that the client does not take.
#[derive(Debug, Clone, Copy)]
struct Stalled {
    since: Instant,
    taken: usize,
}

/// How the length of a body is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Length {
    /// By `Content-Length`.
    Bytes(u64),
    /// By its last chunk.
    Chunked,
}

#[derive(Debug, Clone, Copy)]
struct OpenBody {
    length: Length,
    is_awaited: bool,
}

#[derive(Debug)]
pub(super) struct Progress {
    phase: Phase,
    stalled: Option<Stalled>,
    /// The body of the present request, until it is read to its end.
    body: Option<OpenBody>,
    /// What may still be read of that body.
    body_room: usize,
    /// Bytes that were read and belong to no request so far; below zero, those that the present
    /// body still lacks.
    unclaimed: i64,
    /// Bytes of heads that were read and not looked at yet.
    unseen: usize,
    was_held_back: bool,
}

impl Progress {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            phase: Phase::Head { since: now, has_begun: false },
            stalled: None,
            body: None,
            body_room: 0,
            unclaimed: 0,
            unseen: 0,
            was_held_back: false,
        }
    }

    /// How much may be read.
    pub(super) fn reading(&mut self) -> Reading {
        let reading = self.allowance();
        self.was_held_back |= reading == Reading::NothingYet;
        reading
    }

    fn allowance(&self) -> Reading {
        let room = match self.phase {
            Phase::Answered { .. } => return Reading::NothingMore,
            // Who does not take answers is asked for no more requests.
            _ if self.stalled.is_some() => 0,
            Phase::Head { .. } | Phase::Idle { .. } => READ_AHEAD.saturating_sub(self.unseen),
            Phase::Serving { .. } if self.body.is_some() => self.body_room,
            Phase::Serving { .. } => READ_AHEAD.saturating_sub(size(self.unclaimed)),
        };
        if room == 0 { Reading::NothingYet } else { Reading::AtMost(room) }
    }

    /// Whether a read that had to wait is possible, now that what was read was looked at.
    pub(super) fn takes_up_reading(&mut self) -> bool {
        self.unseen = 0;
        let takes_up = self.was_held_back && self.allowance() != Reading::NothingYet;
        self.was_held_back &= !takes_up;
        takes_up
    }

    pub(super) fn has_read(&mut self, bytes: usize, now: Instant) {
        if bytes == 0 {
            return;
        }
        let read = i64::try_from(bytes).unwrap_or(i64::MAX);
        self.unclaimed = self.unclaimed.saturating_add(read);
        match &mut self.phase {
            Phase::Idle { .. } => {
                self.unseen += bytes;
                self.unclaimed = read;
                self.phase = Phase::Head { since: now, has_begun: true };
            }
            Phase::Head { has_begun, .. } => {
                self.unseen += bytes;
                *has_begun = true;
            }
            Phase::Serving { .. } if self.body.is_some() => {
                self.body_room = self.body_room.saturating_sub(bytes);
            }
            Phase::Serving { .. } | Phase::Answered { .. } => {}
        }
    }

    /// The head of a request is complete, which has a body if `length` is given.
    pub(super) fn begins(&mut self, head: usize, length: Option<Length>, now: Instant) {
        self.unclaimed = self.unclaimed.saturating_sub(i64::try_from(head).unwrap_or(i64::MAX));
        self.body = length.map(|length| OpenBody { length, is_awaited: false });
        self.body_room = (body::LIMIT + UNWANTED).saturating_sub(size(self.unclaimed));
        if let Some(Length::Bytes(bytes)) = length {
            let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
            self.unclaimed = self.unclaimed.saturating_sub(bytes);
        }
        self.phase = Phase::Serving { since: now };
    }

    /// Whether somebody waits for more of the body.
    pub(super) fn awaits_body(&mut self, is_awaited: bool) {
        if let Some(body) = &mut self.body {
            body.is_awaited = is_awaited;
        }
    }

    /// Whether the body is larger than what is read of any.
    pub(super) fn has_too_large_a_body(&self) -> bool {
        self.body.is_some() && self.body_room == 0
    }

    pub(super) fn has_read_the_body(&mut self) {
        if self.body.take().is_some_and(|body| body.length == Length::Chunked) {
            // How many bytes the chunks took, nobody knows.
            self.unclaimed = 0;
        }
    }

    /// Whether the rest of the body is of no use once the request is answered.
    pub(super) fn has_open_body(&self) -> bool {
        self.body.is_some()
    }

    /// The answer is complete, though not all of it may be written.
    pub(super) fn ends(&mut self, now: Instant) {
        self.phase = if self.body.is_some() {
            self.was_held_back = true;
            Phase::Answered { since: now }
        } else if self.unclaimed > 0 {
            Phase::Head { since: now, has_begun: true }
        } else {
            Phase::Idle { since: now }
        };
    }

    pub(super) fn write_waits(&mut self, now: Instant) {
        self.stalled.get_or_insert(Stalled { since: now, taken: 0 });
    }

    pub(super) fn has_written(&mut self, bytes: usize, now: Instant) {
        if let Some(stalled) = &mut self.stalled {
            stalled.taken += bytes;
            if stalled.taken >= PROGRESS {
                *stalled = Stalled { since: now, taken: 0 };
            }
        }
    }

    /// All that was to be written is.
    pub(super) fn has_flushed(&mut self, now: Instant) {
        if self.stalled.take().is_some() {
            // The client was not asked for anything meanwhile.
            match &mut self.phase {
                Phase::Head { since, .. }
                | Phase::Idle { since }
                | Phase::Answered { since }
                | Phase::Serving { since } => *since = now,
            }
        }
    }

    pub(super) fn is_stalled(&self) -> bool {
        self.stalled.is_some()
    }

    /// Until when the client has time, and for what.
    pub(super) fn deadline(&self, limits: &Limits) -> Option<(Instant, Overdue)> {
        if let Some(stalled) = &self.stalled {
            return Some((stalled.since + limits.write, Overdue::Write));
        }
        match self.phase {
            Phase::Head { since, has_begun } => {
                Some((since + limits.request_head, Overdue::Head { has_begun }))
            }
            Phase::Idle { since } => Some((since + limits.keep_alive, Overdue::Idle)),
            Phase::Answered { since } => Some((since + limits.farewell, Overdue::Answered)),
            // The work has limits of its own, and so has whoever reads the body.
            Phase::Serving { .. } => None,
        }
    }

    /// Since when it is the client's turn; `None` if it is ours.
    pub(super) fn waits_since(&self) -> Option<Instant> {
        match (self.phase, &self.stalled) {
            (_, Some(stalled)) => Some(stalled.since),
            (
                Phase::Head { since, .. } | Phase::Idle { since } | Phase::Answered { since },
                None,
            ) => Some(since),
            (Phase::Serving { since }, None) => {
                self.body.is_some_and(|body| body.is_awaited).then_some(since)
            }
        }
    }

    /// How much the client may still send before the connection is closed; `None` if it sends
    /// nothing.
    pub(super) fn farewell(&self) -> Option<usize> {
        match self.phase {
            Phase::Idle { .. } | Phase::Head { has_begun: false, .. } => None,
            Phase::Head { has_begun: true, .. } => Some(UNWANTED),
            Phase::Serving { .. } | Phase::Answered { .. } => Some(self.body_room),
        }
    }
}

fn size(bytes: i64) -> usize {
    usize::try_from(bytes).unwrap_or(0)
}
