use userdom_domain::EmailAddress;
use uuid::Uuid;

use crate::ports::OutgoingMail;

/// The mail with the link that verifies an address.
pub(super) fn verification(id: Uuid, to: EmailAddress, name: &str, link: &str) -> OutgoingMail {
    let text = format!(
        "Hello {name},\n\n\
         please confirm that this email address is yours. Open this page and press its button:\n\n\
         {link}\n\n\
         The link works for 24 hours. If you did not ask for this, ignore this mail.\n"
    );
    let html = page(&format!(
        "<p>Hello {},</p>\n\
         <p>please confirm that this email address is yours.</p>\n\
         <p><a href=\"{link}\" style=\"display:inline-block;padding:12px 20px;background:#1f5eff;\
         color:#fff;text-decoration:none;border-radius:6px\">Confirm my email address</a></p>\n\
         <p>Or open this page and press its button:<br>{link}</p>\n\
         <p>The link works for 24 hours. If you did not ask for this, ignore this mail.</p>",
        escape(name),
        link = escape(link),
    ));
    OutgoingMail { id, to, subject: "Confirm your email address".to_owned(), text, html }
}

/// The mail to the owner of an address that somebody else tried to use.
pub(super) fn address_in_use(id: Uuid, to: EmailAddress) -> OutgoingMail {
    let body = "somebody tried to use this email address for another account. It belongs to your \
                account already, so nothing has changed. If it was you, sign in with the account \
                that you have.";
    OutgoingMail {
        id,
        to,
        subject: "Your email address is in use already".to_owned(),
        text: format!("Hello,\n\n{body}\n"),
        html: page(&format!("<p>Hello,</p>\n<p>{body}</p>")),
    }
}

fn page(body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\"><body style=\"font-family:sans-serif;color:#222\">\n\
         {body}\n</body></html>\n"
    )
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_smuggle_html_into_the_mail() {
        let to = EmailAddress::parse("ada@example.org").unwrap();
        let mail = verification(Uuid::nil(), to, "<img src=x>", "http://localhost/v#token=t");
        assert!(!mail.html.contains("<img"));
        assert!(mail.html.contains("&lt;img src=x&gt;"));
    }
}
