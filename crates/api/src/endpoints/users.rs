use std::fmt;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde_json::value::RawValue;
use userdom_application::{
    App, Settings,
    queries::Export,
    services::CodedError,
    use_cases::{DeleteAccount, EraseUnreadable, EraseUser, RegisterUser, UpdateAccount},
};
use userdom_domain::{
    Address, BirthDateError, ContactType, DisplayName, EmailAddress, LanguageTag, Password,
    PersonName, PhoneNumber, ProfileChanges, TimeZoneName, UserId, UserProfile, Username,
};

use super::{addresses, phones};
use crate::http::{
    body::Fields,
    call::{Call, KnownAs},
    problem::{Answer, Problem},
    reply::Reply,
};

/// `POST /v1/users`: registers.
pub(crate) fn register(call: &Call<'_>) -> Answer {
    let request = read_registration(call.fields()?, call.app, call.now)?;
    let user = call.app.register(call.caller, &request)?;
    let reply = Reply::created(format!("/v1/users/{}", user.id), &user)?;
    let known = KnownAs::User(UserId::from_uuid(user.id));
    Ok(reply.with_version(user.version).known_as(known))
}

fn read_registration(
    mut fields: Fields,
    app: &App,
    now: DateTime<Utc>,
) -> Result<RegisterUser, Problem> {
    let settings = app.settings();
    let username = fields.required("username", Username::parse);
    let password =
        fields.required("password", |text| Password::parse(text, settings.password_min_chars));
    let email = fields.required("email", EmailAddress::parse);
    let profile = read_profile(&mut fields, now);
    let phone = read_phone(&mut fields, settings);
    let address = fields.object("address", read_address);
    let preferences = fields.preferences("preferences");
    if !fields.is_clean() {
        // What registering would refuse as well is told with the rest.
        let words = [
            email.as_ref().map(EmailAddress::as_str),
            profile.as_ref().map(|p| p.last_name().as_str()),
        ];
        let words: Vec<_> = words.into_iter().flatten().collect();
        app.judge_registration(fields.faults(), username.as_ref(), password.as_ref(), &words);
    }
    fields.finish(|| {
        Some(RegisterUser {
            username: username?,
            password: password?,
            email: email?,
            profile: profile?,
            phone,
            address,
            preferences: preferences?,
        })
    })
}

fn read_profile(fields: &mut Fields, now: DateTime<Utc>) -> Option<UserProfile> {
    let first_name = fields.required("first_name", PersonName::parse);
    let last_name = fields.required("last_name", PersonName::parse_last);
    let has_zone = fields.has("timezone");
    let timezone = fields.optional("timezone", TimeZoneName::parse);
    let timezone = if has_zone { timezone } else { Some(TimeZoneName::default()) };
    let changes = ProfileChanges {
        display_name: fields.patch("display_name", DisplayName::parse),
        date_of_birth: fields
            .patch("date_of_birth", |text| birth_date(text, timezone.as_ref(), now)),
        preferred_language: fields.optional("preferred_language", LanguageTag::parse),
        timezone: timezone.clone(),
        ..ProfileChanges::default()
    };
    let mut profile = UserProfile::new(first_name?, last_name?, now);
    profile.update(changes, now).ok()?;
    Some(profile)
}

fn read_phone(fields: &mut Fields, settings: &Settings) -> Option<(PhoneNumber, ContactType)> {
    let parse = |text: &str| PhoneNumber::parse(text, settings.default_region);
    if fields.is_text("phone") {
        return fields.optional("phone", parse).map(|phone| (phone, phones::USUAL_TYPE));
    }
    fields.object("phone", |phone| {
        let number = phone.required("phone_number", parse);
        let contact_type = phone.optional("contact_type", ContactType::parse);
        Some((number?, contact_type.unwrap_or(phones::USUAL_TYPE)))
    })
}

fn read_address(fields: &mut Fields) -> Option<(Address, ContactType)> {
    let address = fields.address();
    let contact_type = fields.optional("contact_type", ContactType::parse);
    Some((address?, contact_type.unwrap_or(addresses::USUAL_TYPE)))
}

/// `GET /v1/users/{id}`.
pub(crate) fn show(call: &Call<'_>) -> Answer {
    let user_id = call.user_id()?;
    match call.seen_whole(user_id)? {
        Some(reply) => Ok(reply),
        None => call.show_user(&call.app.get_user(call.caller, user_id)?),
    }
}

/// `PATCH /v1/users/{id}`: username and preferences.
pub(crate) fn update(call: &Call<'_>) -> Answer {
    let user_id = call.user_id()?;
    let mut fields = call.fields()?;
    let username = fields.change("username", Username::parse);
    fields.refuse_null("preferences");
    let preferences = fields.preferences_patch("preferences");
    let command = fields.finish(|| Some(UpdateAccount { user_id, username, preferences }))?;
    let user = call.execute(&command)?;
    Reply::changed(user.version, &user)
}

/// `DELETE /v1/users/{id}`: softly, or for good with `?erase=true`.
pub(crate) fn delete(call: &Call<'_>) -> Answer {
    match call.parameter("erase") {
        None | Some("false") => {
            call.execute(&DeleteAccount { user_id: call.user_id()? }).map(drop)?;
        }
        Some("true") => erase(call)?,
        Some(_) => {
            let problem = Problem::new("query.invalid_parameter");
            return Err(problem.with_detail("erase: true or false"));
        }
    }
    Ok(Reply::done())
}

/// Who cannot be read can be erased (R29).
fn erase(call: &Call<'_>) -> Result<(), Problem> {
    let id = call.segment("id");
    if call.app.has_unreadable(call.caller, id)? {
        return call.execute(&EraseUnreadable { id: id.to_owned() });
    }
    Ok(call.app.erase_user(call.caller, &EraseUser { user_id: call.user_id()? })?)
}

/// `GET /v1/users/{id}/export`: all that is held on the user, part by part.
pub(crate) fn export(call: &Call<'_>) -> Result<Export, Problem> {
    Ok(call.app.export_user(call.caller, call.user_id()?)?)
}

/// The same within another answer, which cannot be given part by part.
pub(crate) fn export_in_one_piece(call: &Call<'_>) -> Answer {
    let export = call.app.export_in_one_piece(call.caller, call.user_id()?)?;
    Reply::ok(&RawValue::from_string(export).map_err(Problem::internal)?)
}

/// Why a text is no birth date.
#[derive(Debug)]
pub(crate) enum BirthDateFault {
    Format,
    Rule(BirthDateError),
}

impl fmt::Display for BirthDateFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Format => f.write_str("A date is written as YYYY-MM-DD"),
            Self::Rule(error) => error.fmt(f),
        }
    }
}

impl CodedError for BirthDateFault {
    fn code(&self) -> &'static str {
        match self {
            Self::Format => "date.invalid_format",
            Self::Rule(error) => error.code(),
        }
    }
}

/// The clocks of no zone are further ahead of UTC.
const FURTHEST_AHEAD: TimeDelta = TimeDelta::hours(14);

/// Reads a birth date and asks R11, so that both faults are reported with the others. While the
/// time zone is not known, a date is refused that is too late in every zone.
pub(crate) fn birth_date(
    text: &str,
    zone: Option<&TimeZoneName>,
    now: DateTime<Utc>,
) -> Result<NaiveDate, BirthDateFault> {
    // Parsing takes "2001-1-2" as well; writing shows whether it was the one form.
    let date: NaiveDate = text.parse().map_err(|_| BirthDateFault::Format)?;
    if date.to_string() != text {
        return Err(BirthDateFault::Format);
    }
    let latest = || (now + FURTHEST_AHEAD).date_naive();
    let today = zone.map_or_else(latest, |zone| zone.date_at(now));
    UserProfile::check_birth_date(date, today).map_err(BirthDateFault::Rule)?;
    Ok(date)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::{Value, json};
    use userdom_application::testing::AnyStrength;

    use super::*;

    fn now() -> DateTime<Utc> {
        "2026-01-01T12:00:00Z".parse().unwrap()
    }

    fn read(body: &Value) -> Result<RegisterUser, Problem> {
        let fields = Fields::of(body.to_string().as_bytes()).unwrap();
        read_registration(fields, &crate::tests::app(Arc::new(AnyStrength)), now())
    }

    fn minimal() -> Value {
        json!({
            "username": "ada", "password": "correct horse battery", "email": "ada@example.org",
            "first_name": "Ada", "last_name": "Lovelace",
        })
    }

    #[test]
    fn the_five_required_fields_are_enough() {
        let request = read(&minimal()).unwrap();
        assert_eq!(request.profile.display_name(), "Ada Lovelace");
        assert!(request.phone.is_none() && request.address.is_none());
    }

    #[test]
    fn a_phone_is_a_text_or_an_object() {
        let mut body = minimal();
        body["phone"] = json!("+1-555-123-4567");
        assert_eq!(read(&body).unwrap().phone.unwrap().1, ContactType::Mobile);
        body["phone"] = json!({"phone_number": "+1-555-123-4567", "contact_type": "work"});
        assert_eq!(read(&body).unwrap().phone.unwrap().1, ContactType::Work);
    }

    #[test]
    fn an_address_is_a_home_unless_it_says_otherwise() {
        let mut body = minimal();
        body["address"] = json!({
            "street_line1": "350 Fifth Avenue", "city": "New York", "state": "NY",
            "postal_code": "10118", "country": "USA",
        });
        assert_eq!(read(&body).unwrap().address.unwrap().1, ContactType::Home);
        body["address"]["contact_type"] = json!("BILLING");
        assert_eq!(read(&body).unwrap().address.unwrap().1, ContactType::Billing);
    }

    #[test]
    fn r11_the_birth_date_is_judged_with_the_other_fields() {
        let mut body = minimal();
        body["username"] = json!("a");
        body["date_of_birth"] = json!("2020-01-01");
        let problem = read(&body).unwrap_err().respond("r");
        let bytes = actix_web::body::MessageBody::try_into_bytes(problem.into_body());
        let body: Value = serde_json::from_slice(&bytes.ok().unwrap()).unwrap();
        let codes: Vec<_> = body["errors"].as_array().unwrap().iter().collect();
        assert_eq!(codes[0]["code"], "username.too_short");
        assert_eq!(codes[1]["code"], "profile.too_young");
        assert_eq!(codes[1]["pointer"], "/date_of_birth");
    }

    #[test]
    fn a_date_has_one_form() {
        for text in
            ["", "2001-1-2", "01-02-2001", "2001-02-30", "2001-02-03T00:00:00Z", "+2001-02-03"]
        {
            let fault = birth_date(text, None, now()).unwrap_err();
            assert_eq!(fault.code(), "date.invalid_format", "{text}");
        }
        assert!(birth_date("2001-02-03", None, now()).is_ok());
    }
}
