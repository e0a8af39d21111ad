use std::path::PathBuf;

use userdom_application::ports::{MailError, OutgoingSms, SmsProvider};

use super::private_file;

/// Writes text messages into a directory instead of sending them: one `.txt` each.
#[derive(Debug)]
pub struct FileSmsProvider {
    dir: PathBuf,
}

impl FileSmsProvider {
    /// A provider that writes into `dir`, which is made when it is needed.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into() }
    }
}

impl SmsProvider for FileSmsProvider {
    fn send(&self, message: &OutgoingSms) -> Result<(), MailError> {
        let text = format!("To: {}\n\n{}\n", message.to, message.body);
        let path = private_file::write(&self.dir, &format!("{}.txt", message.id), text.as_bytes())
            .map_err(|error| MailError::Temporary(error.into()))?;
        tracing::info!(path = %path.display(), "text message written");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use uuid::Uuid;

    fn message(body: &str) -> OutgoingSms {
        let (to, body) = ("+14155550100".to_owned(), body.to_owned());
        OutgoingSms { id: Uuid::from_u128(1), to, body }
    }

    #[test]
    fn a_message_becomes_one_file_named_by_its_id_for_its_owner_alone() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("data/sms");
        let provider = FileSmsProvider::new(&folder);
        provider.send(&message("first")).unwrap();
        provider.send(&message("123456 is your code")).unwrap();
        let files: Vec<_> = fs::read_dir(&folder).unwrap().map(|f| f.unwrap().path()).collect();
        assert_eq!(files, [folder.join(format!("{}.txt", Uuid::from_u128(1)))]);
        let text = fs::read_to_string(&files[0]).unwrap();
        assert_eq!(text, "To: +14155550100\n\n123456 is your code\n");
        assert_eq!(fs::metadata(&files[0]).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
    }

    #[test]
    fn a_directory_that_cannot_be_made_is_worth_another_try() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        fs::write(&file, "").unwrap();
        let error = FileSmsProvider::new(file.join("sms")).send(&message("text")).unwrap_err();
        assert!(matches!(error, MailError::Temporary(_)), "{error:?}");
    }
}
