//! How many files the process may have open: each connection is one.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Raises the process's own limit to what is wanted, as far as the system lets it; gives what
/// holds then.
pub(crate) fn raise(wanted: usize) -> usize {
    let limit = getrlimit(Resource::Nofile);
    let size =
        |limit: Option<u64>| limit.map_or(usize::MAX, |n| usize::try_from(n).unwrap_or(usize::MAX));
    let (soft, hard) = (size(limit.current), size(limit.maximum));
    let raised = wanted.min(hard);
    if raised <= soft {
        return soft;
    }
    let new = Rlimit { current: u64::try_from(raised).ok(), maximum: limit.maximum };
    if setrlimit(Resource::Nofile, new).is_ok() { raised } else { soft }
}
