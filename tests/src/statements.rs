//! Counts the SQL statements that each database of the tests is sent.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use diesel::connection::{Instrumentation, InstrumentationEvent, set_default_instrumentation};

static SENT: Mutex<Option<HashMap<String, Vec<String>>>> = Mutex::new(None);

/// Of every connection that is opened from here on.
pub(crate) fn count() {
    set_default_instrumentation(|| Some(Box::new(Counter::default()))).unwrap();
}

/// What a database has been sent, without the frames of transactions.
pub(crate) fn sent_to(url: &str) -> Vec<String> {
    all_sent_to(url).into_iter().filter(|query| !is_frame(query)).collect()
}

/// What a database has been sent.
pub(crate) fn all_sent_to(url: &str) -> Vec<String> {
    let sent = SENT.lock().unwrap_or_else(PoisonError::into_inner);
    sent.as_ref().and_then(|all| all.get(url)).cloned().unwrap_or_default()
}

fn is_frame(query: &str) -> bool {
    ["BEGIN", "COMMIT", "ROLLBACK", "SET ", "PRAGMA"].iter().any(|frame| query.starts_with(frame))
}

/// A connection, which knows where it leads from when it was opened.
#[derive(Default)]
struct Counter {
    url: String,
}

impl Instrumentation for Counter {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        match event {
            InstrumentationEvent::StartEstablishConnection { url, .. } => {
                // Postgres is given timeouts as well.
                let (plain, _) = url.split_once('?').unwrap_or((url, ""));
                plain.clone_into(&mut self.url);
            }
            InstrumentationEvent::StartQuery { query, .. } => {
                let query = query.to_string();
                let mut sent = SENT.lock().unwrap_or_else(PoisonError::into_inner);
                sent.get_or_insert_default().entry(self.url.clone()).or_default().push(query);
            }
            _ => {}
        }
    }
}
