//! What a connection waits for and until when. Knows neither a socket nor a clock.

use std::mem;

use tokio::time::Instant;

use super::{Limits, framing::Frame};

pub(super) use super::waiting::{Length, Overdue, Reading};
use crate::http::{body, codes::Code};

/// What is read of a body beyond the greatest size that any route takes.
const UNWANTED: usize = 64 * 1024;
/// What is read of a head before the HTTP implementation has looked at it, and of requests that
/// were sent before the present one is answered.
pub(super) const READ_AHEAD: usize = 4 * 1024;
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

/// A write that the client does not take.
#[derive(Debug, Clone, Copy)]
struct Stalled {
    since: Instant,
    taken: usize,
}

#[derive(Debug, Clone, Copy)]
struct OpenBody {
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
    /// The part of the request that is awaited.
    frame: Frame,
    /// What was read and is behind that part.
    ahead: Vec<u8>,
    /// Whether the client sends nothing any more.
    is_over: bool,
    /// Bytes of heads that were read and not looked at yet.
    unseen: usize,
    was_held_back: bool,
    /// Why the head could not be read.
    refusal: Option<&'static Code>,
}

impl Progress {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            phase: Phase::Head { since: now, has_begun: false },
            stalled: None,
            body: None,
            body_room: 0,
            frame: Frame::head(),
            ahead: Vec::new(),
            is_over: false,
            unseen: 0,
            was_held_back: false,
            refusal: None,
        }
    }

    /// How much may be read.
    pub(super) fn reading(&mut self) -> Reading {
        let reading = self.allowance();
        self.was_held_back |= reading == Reading::NothingYet;
        reading
    }

    fn allowance(&self) -> Reading {
        let of_part = match self.phase {
            Phase::Answered { .. } => return Reading::NothingMore,
            // Who does not take answers is asked for no more requests.
            _ if self.stalled.is_some() => return Reading::NothingYet,
            Phase::Head { .. } | Phase::Idle { .. } => READ_AHEAD.saturating_sub(self.unseen),
            Phase::Serving { .. } => self.body_room,
        };
        let room = READ_AHEAD.saturating_sub(self.ahead.len());
        match &self.frame {
            Frame::Complete if room > 0 && !self.is_over => Reading::Ahead(room),
            Frame::Complete => Reading::NothingYet,
            Frame::Head(_) | Frame::Bytes(_) | Frame::Chunks(_) | Frame::ToTheEnd => {
                if of_part > 0 { Reading::AtMost(of_part) } else { Reading::NothingYet }
            }
        }
    }

    /// Whether a read that had to wait is possible, now that what was read was looked at.
    pub(super) fn takes_up_reading(&mut self) -> bool {
        self.unseen = 0;
        let takes_up = self.was_held_back && self.allowance() != Reading::NothingYet;
        self.was_held_back &= !takes_up;
        takes_up
    }

    /// How many of the bytes that were read belong to the awaited part; the others are kept.
    pub(super) fn has_read(&mut self, bytes: &[u8], now: Instant) -> usize {
        let taken = self.takes(bytes, now);
        self.has_read_ahead(bytes.get(taken..).unwrap_or_default());
        taken
    }

    pub(super) fn has_read_ahead(&mut self, bytes: &[u8]) {
        self.ahead.extend_from_slice(bytes);
        self.was_held_back |= !bytes.is_empty();
    }

    /// What was kept and belongs to the awaited part, `most` bytes of it at most.
    pub(super) fn take_kept(&mut self, most: usize, now: Instant) -> Vec<u8> {
        let mut kept = mem::take(&mut self.ahead);
        let taken = self.takes(kept.get(..most).unwrap_or(&kept), now);
        self.ahead = kept.split_off(taken);
        self.was_held_back |= !self.ahead.is_empty();
        kept
    }

    /// The client sends nothing any more. Whether all that it has sent was looked at.
    pub(super) fn has_seen_the_end(&mut self) -> bool {
        self.is_over = true;
        self.was_held_back = true;
        self.ahead.is_empty()
    }

    /// Whether the client sends nothing any more.
    pub(super) fn is_over(&self) -> bool {
        self.is_over
    }

    fn takes(&mut self, bytes: &[u8], now: Instant) -> usize {
        let taken = self.frame.take(bytes);
        match &mut self.phase {
            _ if taken == 0 => {}
            Phase::Idle { .. } => {
                self.unseen += taken;
                self.phase = Phase::Head { since: now, has_begun: true };
            }
            Phase::Head { has_begun, .. } => {
                self.unseen += taken;
                *has_begun = true;
            }
            Phase::Serving { .. } | Phase::Answered { .. } => {
                self.body_room = self.body_room.saturating_sub(taken);
            }
        }
        taken
    }

    /// The head of a request is complete, which has a body if `length` is given.
    pub(super) fn begins(&mut self, length: Option<Length>, now: Instant) {
        self.body = length.map(|_| OpenBody { is_awaited: false });
        self.body_room = body::LIMIT + UNWANTED;
        self.frame = match length {
            None => Frame::Complete,
            Some(Length::Bytes(bytes)) => Frame::Bytes(bytes),
            Some(Length::Chunked) => Frame::chunks(),
            Some(Length::Open) => Frame::ToTheEnd,
        };
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
        self.body = None;
    }

    /// Whether the rest of the body is of no use once the request is answered.
    pub(super) fn has_open_body(&self) -> bool {
        self.body.is_some()
    }

    /// The answer is complete, though not all of it may be written.
    pub(super) fn ends(&mut self, now: Instant) {
        self.was_held_back |= self.body.is_some() || self.is_over || !self.ahead.is_empty();
        self.phase = if self.body.is_some() {
            Phase::Answered { since: now }
        } else if self.ahead.is_empty() {
            Phase::Idle { since: now }
        } else {
            Phase::Head { since: now, has_begun: true }
        };
        if self.body.is_none() {
            self.frame = Frame::head();
        }
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

    /// The head cannot be read, and the client is answered with this code.
    pub(super) fn is_refused(&mut self, code: &'static Code) {
        self.refusal = Some(code);
    }

    pub(super) fn refusal(&self) -> Option<&'static Code> {
        self.refusal
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
