use std::sync::Mutex;

use crate::ports::{EmailProvider, MailError, OutgoingMail, OutgoingSms, SmsProvider};

/// Keeps the mails instead of sending them.
pub type RecordingProvider = Recording<OutgoingMail>;

/// Keeps the text messages instead of sending them.
pub type RecordingSms = Recording<OutgoingSms>;

/// Keeps what was to leave.
#[derive(Debug)]
pub struct Recording<M>(Mutex<Record<M>>);

#[derive(Debug)]
struct Record<M> {
    sent: Vec<M>,
    refused: Vec<M>,
    mood: Mood,
}

#[derive(Debug, Clone, Copy)]
enum Mood {
    Takes,
    FailsForNow,
    RefusesForGood,
}

impl<M> Default for Recording<M> {
    fn default() -> Self {
        Self(Mutex::new(Record { sent: Vec::new(), refused: Vec::new(), mood: Mood::Takes }))
    }
}

impl<M: Clone> Recording<M> {
    /// What left, oldest first.
    pub fn sent(&self) -> Vec<M> {
        self.0.lock().unwrap().sent.clone()
    }

    /// What was not taken, oldest first.
    pub fn refused(&self) -> Vec<M> {
        self.0.lock().unwrap().refused.clone()
    }

    /// Takes everything from here on.
    pub fn recover(&self) {
        self.0.lock().unwrap().mood = Mood::Takes;
    }

    /// Fails from here on, in a way that may pass.
    pub fn fail_for_now(&self) {
        self.0.lock().unwrap().mood = Mood::FailsForNow;
    }

    /// Refuses from here on, for good.
    pub fn refuse_for_good(&self) {
        self.0.lock().unwrap().mood = Mood::RefusesForGood;
    }

    fn take(&self, message: &M) -> Result<(), MailError> {
        let mut record = self.0.lock().unwrap();
        match record.mood {
            Mood::Takes => {
                record.sent.push(message.clone());
                Ok(())
            }
            Mood::FailsForNow => {
                record.refused.push(message.clone());
                Err(MailError::Temporary("the server is down".into()))
            }
            Mood::RefusesForGood => {
                record.refused.push(message.clone());
                Err(MailError::Rejected("there is no such recipient".into()))
            }
        }
    }
}

impl EmailProvider for Recording<OutgoingMail> {
    fn send(&self, mail: &OutgoingMail) -> Result<(), MailError> {
        self.take(mail)
    }
}

impl SmsProvider for Recording<OutgoingSms> {
    fn send(&self, message: &OutgoingSms) -> Result<(), MailError> {
        self.take(message)
    }
}
