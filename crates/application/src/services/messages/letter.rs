use chrono::{DateTime, TimeDelta, Utc};
use userdom_domain::{EmailAddress, UserAggregate, UserProfile};
use uuid::Uuid;

use crate::ports::OutgoingMail;

/// A mail in plain words. Nothing in it is HTML: what people call themselves must stay text.
pub(super) struct Letter<'a> {
    pub(super) subject: &'a str,
    /// The name in the greeting, if it is known.
    pub(super) name: Option<String>,
    /// What it is about.
    pub(super) opening: String,
    /// What its button says, and where that leads.
    pub(super) link: Option<(&'a str, String)>,
    /// What else there is to know.
    pub(super) closing: String,
}

impl Letter<'_> {
    /// The mail to one address. The same letter under the same id is the same mail.
    pub(super) fn to(&self, id: Uuid, to: EmailAddress) -> OutgoingMail {
        OutgoingMail {
            id,
            to,
            subject: self.subject.to_owned(),
            text: self.as_text(),
            html: self.as_html(),
        }
    }

    fn greeting(&self) -> String {
        self.name.as_ref().map_or_else(|| "Hello,".to_owned(), |name| format!("Hello {name},"))
    }

    fn as_text(&self) -> String {
        let link = self.link.as_ref().map_or_else(String::new, |(_, url)| {
            format!("Open this page and press its button:\n\n{url}\n\n")
        });
        format!("{}\n\n{}\n\n{link}{}\n", self.greeting(), self.opening, self.closing)
    }

    fn as_html(&self) -> String {
        let link = self.link.as_ref().map_or_else(String::new, |(label, url)| {
            let url = escape(url);
            format!(
                "<p><a href=\"{url}\" style=\"display:inline-block;padding:12px 20px;\
                 background:#1f5eff;color:#fff;text-decoration:none;border-radius:6px\">{}</a></p>\n\
                 <p>Or open this page and press its button:<br>{url}</p>\n",
                escape(label)
            )
        });
        let [greeting, opening, closing] =
            [&self.greeting(), &self.opening, &self.closing].map(|text| escape(text));
        format!(
            "<!doctype html>\n\
             <html lang=\"en\"><body style=\"font-family:sans-serif;color:#222\">\n\
             <p>{greeting}</p>\n<p>{opening}</p>\n{link}<p>{closing}</p>\n</body></html>\n"
        )
    }
}

/// What the user is called in a greeting.
pub(super) fn name_of(user: &UserAggregate) -> String {
    user.profile().map_or_else(|| user.username().to_string(), UserProfile::display_name)
}

/// A moment, for people anywhere.
pub(super) fn moment(at: DateTime<Utc>) -> String {
    at.format("%-d %B %Y, %H:%M UTC").to_string()
}

/// A length of time, in the greatest unit of which it is several.
pub(super) fn length(time: TimeDelta) -> String {
    let units = [(86_400, "days"), (3_600, "hours"), (60, "minutes")];
    let seconds = time.num_seconds();
    let whole = units.into_iter().find(|(unit, _)| seconds > *unit && seconds % unit == 0);
    let (unit, name) = whole.unwrap_or((1, "seconds"));
    format!("{} {name}", seconds / unit)
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
        let letter = Letter {
            subject: "A test",
            name: Some("<img src=x>".to_owned()),
            opening: "Your account is called \"o'brien\".".to_owned(),
            link: Some(("Go", "http://localhost/v#token=t".to_owned())),
            closing: String::new(),
        };
        let mail = letter.to(Uuid::nil(), EmailAddress::parse("ada@example.org").unwrap());
        assert!(mail.html.contains("Hello &lt;img src=x&gt;,"));
        assert!(mail.html.contains("&quot;o&#39;brien&quot;"));
        assert!(mail.text.contains("Hello <img src=x>,"));
    }

    #[test]
    fn a_length_of_time_is_said_in_whole_units() {
        let said = [60, 90, 1_800, 86_400, 259_200].map(|s| length(TimeDelta::seconds(s)));
        assert_eq!(said, ["60 seconds", "90 seconds", "30 minutes", "24 hours", "3 days"]);
    }
}
