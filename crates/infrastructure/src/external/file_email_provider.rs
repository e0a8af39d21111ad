use std::path::PathBuf;

use lettre::message::Mailbox;
use userdom_application::ports::{EmailProvider, MailError, OutgoingMail};

use super::{
    mime::{self, Reader},
    private_file,
    smtp_email_provider::MailConfigError,
};

/// Writes mail into a directory instead of sending it: one `.eml` each, for
/// development and for installations without a mail server.
#[derive(Debug)]
pub struct FileEmailProvider {
    dir: PathBuf,
    from: Mailbox,
}

impl FileEmailProvider {
    /// A provider that writes into `dir`, which is made when it is needed.
    pub fn new(dir: impl Into<PathBuf>, from: &str) -> Result<Self, MailConfigError> {
        let from = from.parse().map_err(MailConfigError::From)?;
        Ok(Self { dir: dir.into(), from })
    }
}

impl EmailProvider for FileEmailProvider {
    fn send(&self, mail: &OutgoingMail) -> Result<(), MailError> {
        let message =
            mime::message(mail, &self.from, Reader::Editor).map_err(MailError::Rejected)?;
        let path =
            private_file::write(&self.dir, &format!("{}.eml", mail.id), &message.formatted())
                .map_err(|error| MailError::Temporary(error.into()))?;
        tracing::info!(path = %path.display(), "mail written");
        if let Some(link) = first_link(&mail.text) {
            tracing::info!(link, "open this link to go on");
        }
        Ok(())
    }
}

fn first_link(text: &str) -> Option<&str> {
    text.lines().map(str::trim).find(|line| line.starts_with("http"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::external::mime::tests::mail;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;

    fn provider(dir: &Path) -> FileEmailProvider {
        FileEmailProvider::new(dir, "Userdom <userdom@localhost>").unwrap()
    }

    #[test]
    fn a_mail_becomes_one_file_named_by_its_id_for_its_owner_alone() {
        let dir = tempfile::tempdir().unwrap();
        let mails = dir.path().join("data/mail");
        provider(&mails).send(&mail()).unwrap();
        let path = mails.join(format!("{}.eml", mail().id));
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains("To: jane@example.com\r\n"), "{text}");
        assert!(text.contains("Message-ID: <01920000-0000-7000-8000-000000000001@localhost>\r\n"));
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::metadata(&mails).unwrap().permissions().mode() & 0o777, 0o700);
    }

    #[test]
    fn the_same_mail_again_replaces_the_file() {
        let dir = tempfile::tempdir().unwrap();
        let provider = provider(dir.path());
        provider.send(&mail()).unwrap();
        provider.send(&OutgoingMail { subject: "Again".to_owned(), ..mail() }).unwrap();
        let files: Vec<_> = fs::read_dir(dir.path()).unwrap().map(|f| f.unwrap().path()).collect();
        assert_eq!(files.len(), 1);
        assert!(fs::read_to_string(&files[0]).unwrap().contains("Subject: Again\r\n"));
    }

    #[test]
    fn a_directory_that_cannot_be_made_is_worth_another_try() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        fs::write(&file, "").unwrap();
        let error = provider(&file.join("mail")).send(&mail()).unwrap_err();
        assert!(matches!(error, MailError::Temporary(_)), "{error:?}");
    }

    #[test]
    fn the_link_is_the_first_line_that_starts_with_http() {
        let link = "https://id.example.com/verify-email#token=ud_ev_abc";
        assert_eq!(first_link(&mail().text), Some(link));
        assert_eq!(first_link("no link here\nsee http://x"), None);
    }
}
