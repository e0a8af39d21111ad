use std::sync::Mutex;

use crate::ports::{EmailProvider, MailError, OutgoingMail};

/// Keeps the mails instead of sending them.
#[derive(Debug, Default)]
pub struct RecordingProvider(Mutex<Record>);

#[derive(Debug, Default)]
struct Record {
    sent: Vec<OutgoingMail>,
    refused: Vec<OutgoingMail>,
    mood: Mood,
}

#[derive(Debug, Clone, Copy, Default)]
enum Mood {
    #[default]
    Takes,
    FailsForNow,
    RefusesForGood,
}

impl RecordingProvider {
    /// The mails that left, oldest first.
    pub fn sent(&self) -> Vec<OutgoingMail> {
        self.0.lock().unwrap().sent.clone()
    }

    /// The mails that were not taken, oldest first.
    pub fn refused(&self) -> Vec<OutgoingMail> {
        self.0.lock().unwrap().refused.clone()
    }

    /// Takes mails from here on.
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
}

impl EmailProvider for RecordingProvider {
    fn send(&self, mail: &OutgoingMail) -> Result<(), MailError> {
        let mut record = self.0.lock().unwrap();
        match record.mood {
            Mood::Takes => {
                record.sent.push(mail.clone());
                Ok(())
            }
            Mood::FailsForNow => {
                record.refused.push(mail.clone());
                Err(MailError::Temporary("the mail server is down".into()))
            }
            Mood::RefusesForGood => {
                record.refused.push(mail.clone());
                Err(MailError::Rejected("there is no such mailbox".into()))
            }
        }
    }
}
