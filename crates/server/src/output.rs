//! What commands print. A reader that is gone and a full disk are errors like others.

use std::io::{self, Write};

use crate::error::StartError;

/// Prints to standard output.
pub(crate) fn print(text: &str) -> Result<(), StartError> {
    let mut output = io::stdout().lock();
    output.write_all(text.as_bytes()).and_then(|()| output.flush()).map_err(StartError::Output)
}

/// Prints to standard error, if that can be written.
pub(crate) fn complain(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}
