use std::error::Error;

use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::message::{Body, Mailbox, MultiPart, SinglePart};
use lettre::{Address, Message};
use userdom_application::ports::OutgoingMail;

/// The recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reader {
    /// A mail program, by whatever servers lie between.
    MailProgram,
    /// A person with an editor: a link must stand there in one piece.
    Editor,
}

/// The whole message as it travels: text and HTML as alternatives, and a
/// `Message-ID` that stays the same at every try.
pub(super) fn message(
    mail: &OutgoingMail,
    from: &Mailbox,
    reader: Reader,
) -> Result<Message, Box<dyn Error + Send + Sync>> {
    let to: Address = mail.to.as_str().parse()?;
    let message = Message::builder()
        .message_id(Some(format!("<{}@{}>", mail.id, from.email.domain())))
        .date_now()
        .from(from.clone())
        .to(to.into())
        .subject(one_line(&mail.subject))
        // RFC 3834: no out-of-office reply is to answer this.
        .raw_header(HeaderValue::new(
            HeaderName::new_from_ascii_str("Auto-Submitted"),
            "auto-generated".to_owned(),
        ))
        .multipart(
            MultiPart::alternative()
                .singlepart(part(ContentType::TEXT_PLAIN, mail.text.clone(), reader))
                .singlepart(part(ContentType::TEXT_HTML, mail.html.clone(), reader)),
        )?;
    Ok(message)
}

fn part(kind: ContentType, text: String, reader: Reader) -> SinglePart {
    let body = match reader {
        Reader::MailProgram => Body::new(text),
        Reader::Editor => {
            let lines = text.replace('\n', "\r\n").into_bytes();
            Body::dangerous_pre_encoded(lines, ContentTransferEncoding::EightBit)
        }
    };
    SinglePart::builder().header(kind).body(body)
}

/// A name with a line break in it must not become a header of its own.
fn one_line(subject: &str) -> String {
    subject.split(char::is_control).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use userdom_domain::EmailAddress;
    use uuid::Uuid;

    pub(in crate::external) fn mail() -> OutgoingMail {
        OutgoingMail {
            id: Uuid::from_u128(0x0192_0000_0000_7000_8000_0000_0000_0001),
            to: EmailAddress::parse("jane@example.com").unwrap(),
            subject: "Bestätige deine Adresse".to_owned(),
            text:
                "Hello,\n\n.a dot first\nhttps://id.example.com/verify-email#token=ud_ev_abc\nBye"
                    .to_owned(),
            html: "<p>Hello</p><p>größer</p>".to_owned(),
        }
    }

    fn formatted(mail: &OutgoingMail) -> String {
        let from = "Userdom <no-reply@id.example.com>".parse().unwrap();
        String::from_utf8(message(mail, &from, Reader::MailProgram).unwrap().formatted()).unwrap()
    }

    #[test]
    fn a_message_has_all_that_a_mail_server_wants() {
        let text = formatted(&mail());
        for line in [
            "Message-ID: <01920000-0000-7000-8000-000000000001@id.example.com>\r\n",
            "From: Userdom <no-reply@id.example.com>\r\n",
            "To: jane@example.com\r\n",
            "Auto-Submitted: auto-generated\r\n",
            "MIME-Version: 1.0\r\n",
            "Content-Type: multipart/alternative;",
            "Content-Type: text/plain; charset=utf-8\r\n",
            "Content-Type: text/html; charset=utf-8\r\n",
            "\r\nDate: ",
        ] {
            assert!(text.contains(line), "{line} is missing in {text}");
        }
        assert!(text.is_ascii());
        assert!(text.lines().all(|line| line.len() < 998));
    }

    #[test]
    fn an_editor_shows_a_long_link_in_one_piece() {
        let link = format!("https://id.example.com/verify-email#token=ud_ev_{}", "x".repeat(60));
        let mail = OutgoingMail { text: format!("Grüße,\n{link}\n"), ..mail() };
        let from = "Userdom <no-reply@id.example.com>".parse().unwrap();
        let bytes = message(&mail, &from, Reader::Editor).unwrap().formatted();
        assert!(String::from_utf8(bytes).unwrap().contains(&format!("Grüße,\r\n{link}\r\n")));
    }

    #[test]
    fn a_subject_cannot_add_a_header() {
        let subject = "Hello\r\nBcc: everybody@example.com".to_owned();
        let text = formatted(&OutgoingMail { subject, ..mail() });
        assert!(!text.contains("\nBcc:"), "{text}");
        assert!(text.contains("Subject: Hello  Bcc:"), "{text}");
    }
}
