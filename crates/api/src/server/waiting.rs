//! What a connection waits for, as the rest of the server sees it.

/// How much the connection may read now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// Of the awaited part of a request.
    AtMost(usize),
    /// Of what the client sends already behind the present request.
    Ahead(usize),
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

/// How the length of a body is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Length {
    /// By `Content-Length`.
    Bytes(u64),
    /// By its last chunk.
    Chunked,
    /// By the end of the connection.
    Open,
}
