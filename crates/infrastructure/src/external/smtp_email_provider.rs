use std::{io, time::Duration};

use lettre::message::Mailbox;
use lettre::transport::smtp::{self, response::Code};
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use tokio::{
    runtime::{Builder, Runtime},
    time::timeout,
};
use userdom_application::ports::{EmailProvider, MailError, OutgoingMail};

use super::mime::{self, Reader};

/// For a connection to the server.
const TIMEOUT: Duration = Duration::from_secs(10);
/// For a whole mail: a server that goes on saying a little would never be too late for one answer.
const DEADLINE: Duration = Duration::from_secs(20);

/// Hands mail to an SMTP server.
#[derive(Debug)]
pub struct SmtpEmailProvider {
    /// Asynchronous, because a conversation can then be ended at any moment. There until the end.
    transport: Option<(AsyncSmtpTransport<Tokio1Executor>, Runtime)>,
    from: Mailbox,
    deadline: Duration,
}

/// Why the mail settings cannot be used. Never contains the URL: it holds a password.
#[derive(Debug, thiserror::Error)]
pub enum MailConfigError {
    /// The URL is not `smtp(s)://[user:password@]host[:port][?tls=required]`.
    #[error("the SMTP URL must look like smtps://user:password@host:port")]
    Url(#[source] smtp::Error),
    /// The sender is not an address, with or without a name.
    #[error("the sender of mail must look like: Name <user@host>")]
    From(#[source] lettre::address::AddressError),
    /// The system gives no means to talk to a server.
    #[error("no mail can be sent")]
    Runtime(#[source] io::Error),
}

impl SmtpEmailProvider {
    /// A provider for `smtps://` (TLS from the start) or `smtp://` (plain;
    /// `?tls=required` or `?tls=opportunistic` for STARTTLS).
    pub fn from_url(url: &str, from: &str) -> Result<Self, MailConfigError> {
        Self::with_timeouts(url, from, TIMEOUT, DEADLINE)
    }

    fn with_timeouts(
        url: &str,
        from: &str,
        timeout: Duration,
        deadline: Duration,
    ) -> Result<Self, MailConfigError> {
        let from = from.parse().map_err(MailConfigError::From)?;
        let transport =
            AsyncSmtpTransport::<Tokio1Executor>::from_url(url).map_err(MailConfigError::Url)?;
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(MailConfigError::Runtime)?;
        // Tasks look after its connections.
        let transport = runtime.block_on(async { transport.timeout(Some(timeout)).build() });
        Ok(Self { transport: Some((transport, runtime)), from, deadline })
    }
}

impl Drop for SmtpEmailProvider {
    fn drop(&mut self) {
        if let Some((transport, runtime)) = self.transport.take() {
            runtime.block_on(async { drop(transport) });
            // A name that is still being looked up is not waited for.
            runtime.shutdown_background();
        }
    }
}

impl EmailProvider for SmtpEmailProvider {
    fn send(&self, mail: &OutgoingMail) -> Result<(), MailError> {
        let message =
            mime::message(mail, &self.from, Reader::MailProgram).map_err(MailError::Rejected)?;
        let Some((transport, runtime)) = &self.transport else {
            return Err(MailError::Temporary("no mail is sent any more".into()));
        };
        let sent = async { timeout(self.deadline, transport.send(message)).await };
        let sent = runtime.block_on(sent).map_err(|late| MailError::Temporary(late.into()))?;
        sent.map(drop).map_err(|error| {
            if error.is_permanent() && !error.status().is_some_and(refuses_us) {
                MailError::Rejected(without_reply(error))
            } else {
                MailError::Temporary(without_reply(error))
            }
        })
    }
}

/// Servers repeat the recipient in their replies, and an error goes into the log.
fn without_reply(error: smtp::Error) -> Box<dyn std::error::Error + Send + Sync> {
    match error.status() {
        Some(code) => format!("the mail server answered {code}").into(),
        None => error.into(),
    }
}

/// A refused sign-in (530, 534, 535, 538) is a fault of the settings: once they
/// are put right the mail must still be there.
fn refuses_us(status: Code) -> bool {
    matches!(u16::from(status), 530 | 534 | 535 | 538)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::external::mime::tests::mail;
    use std::fs;
    use std::io::{BufRead, BufReader};
    use std::process::{Child, Command, Stdio};
    use std::time::Instant;
    use tempfile::TempDir;

    const FROM: &str = "Userdom <no-reply@id.example.com>";
    const SINK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/support/smtp_sink.py");

    struct Sink {
        process: Child,
        port: u16,
        dir: TempDir,
    }

    impl Sink {
        fn start(options: &[&str]) -> Self {
            let dir = tempfile::tempdir().unwrap();
            let mut process = Command::new("python3")
                .args([SINK, "--port", "0", "--dir"])
                .arg(dir.path())
                .args(options)
                .stdout(Stdio::piped())
                .spawn()
                .unwrap();
            let mut line = String::new();
            BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
            Self { process, port: line.trim().parse().unwrap(), dir }
        }

        fn provider(&self, login: &str) -> SmtpEmailProvider {
            let url = format!("smtp://{login}127.0.0.1:{}", self.port);
            let (answer, mail) = (Duration::from_secs(1), Duration::from_secs(3));
            SmtpEmailProvider::with_timeouts(&url, FROM, answer, mail).unwrap()
        }

        fn mails(&self) -> Vec<String> {
            let paths = fs::read_dir(self.dir.path()).unwrap().map(|entry| entry.unwrap().path());
            paths.map(|path| fs::read_to_string(path).unwrap()).collect()
        }
    }

    impl Drop for Sink {
        fn drop(&mut self) {
            let _ = self.process.kill();
            let _ = self.process.wait();
        }
    }

    #[test]
    fn a_mail_arrives_whole() {
        let sink = Sink::start(&[]);
        sink.provider("").send(&mail()).unwrap();
        let mails = sink.mails();
        assert_eq!(mails.len(), 1);
        assert!(mails[0].starts_with(
            "X-Envelope-From: no-reply@id.example.com\r\nX-Envelope-To: jane@example.com\r\n"
        ));
        assert!(mails[0].contains("Message-ID: <01920000-0000-7000-8000-000000000001@"));
        assert!(mails[0].contains("\r\n.a dot first\r\n"), "{}", mails[0]);
    }

    #[test]
    fn a_connection_is_used_again_and_a_lost_one_is_replaced() {
        let sink = Sink::start(&["--close-after", "2"]);
        let provider = sink.provider("");
        for _ in 0..5 {
            provider.send(&mail()).unwrap();
        }
        assert_eq!(sink.mails().len(), 5);
    }

    #[test]
    fn a_permanent_refusal_is_for_good() {
        let sink = Sink::start(&["--refuse", "550"]);
        let error = sink.provider("").send(&mail()).unwrap_err();
        assert!(matches!(error, MailError::Rejected(_)), "{error:?}");
        assert_eq!(sink.mails().len(), 0);
    }

    #[test]
    fn a_transient_refusal_is_tried_again() {
        let sink = Sink::start(&["--refuse", "451"]);
        let error = sink.provider("").send(&mail()).unwrap_err();
        assert!(matches!(error, MailError::Temporary(_)), "{error:?}");
    }

    #[test]
    fn a_slow_server_is_given_up() {
        let sink = Sink::start(&["--tarpit", "5"]);
        let start = Instant::now();
        let error = sink.provider("").send(&mail()).unwrap_err();
        assert!(matches!(error, MailError::Temporary(_)), "{error:?}");
        assert!(start.elapsed() < Duration::from_secs(4));
    }

    /// Seen to fail with a deadline of 50 minutes: each line came in time, and after one minute the
    /// greeting still went on.
    #[test]
    fn a_server_that_never_ends_its_greeting_is_given_up() {
        let sink = Sink::start(&["--endless-greeting"]);
        let start = Instant::now();
        let error = sink.provider("").send(&mail()).unwrap_err();
        assert!(matches!(error, MailError::Temporary(_)), "{error:?}");
        assert!(start.elapsed() < Duration::from_secs(6), "{:?}", start.elapsed());
    }

    #[test]
    fn no_server_at_all_is_tried_again() {
        let sink = Sink::start(&[]);
        let provider = sink.provider("");
        drop(sink);
        let error = provider.send(&mail()).unwrap_err();
        assert!(matches!(error, MailError::Temporary(_)), "{error:?}");
    }

    #[test]
    fn the_login_of_the_url_is_used_and_a_wrong_one_costs_no_mail() {
        let sink = Sink::start(&["--login", "user:p@ss"]);
        sink.provider("user:p%40ss@").send(&mail()).unwrap();
        let error = sink.provider("user:wrong@").send(&mail()).unwrap_err();
        assert!(matches!(error, MailError::Temporary(_)), "{error:?}");
        let error = sink.provider("").send(&mail()).unwrap_err();
        assert!(matches!(error, MailError::Temporary(_)), "{error:?}");
        assert_eq!(sink.mails().len(), 1);
    }

    #[test]
    fn required_tls_is_never_given_up_for_plain_text() {
        let sink = Sink::start(&[]);
        let url = format!("smtp://127.0.0.1:{}?tls=required", sink.port);
        let error = SmtpEmailProvider::from_url(&url, FROM).unwrap().send(&mail()).unwrap_err();
        assert!(matches!(error, MailError::Temporary(_)), "{error:?}");
        assert_eq!(sink.mails().len(), 0);
    }

    #[test]
    fn bad_settings_are_refused_and_no_secret_is_shown() {
        for url in
            ["", "localhost", "http://u:hunter2@h", "smtp://u:hunter2@h?tls=maybe", "smtp://"]
        {
            let error = SmtpEmailProvider::from_url(url, FROM).unwrap_err();
            assert!(matches!(error, MailConfigError::Url(_)), "{url}");
            assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
        }
        let error = SmtpEmailProvider::from_url("smtp://localhost", "nobody").unwrap_err();
        assert!(matches!(error, MailConfigError::From(_)));
        let good = SmtpEmailProvider::from_url("smtp://u:hunter2@localhost", FROM).unwrap();
        assert!(!format!("{good:?}").contains("hunter2"), "{good:?}");
    }
}
