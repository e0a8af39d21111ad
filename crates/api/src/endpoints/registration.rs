use userdom_application::{ports::Limit, use_cases::RegisterUser};
use userdom_domain::{
    ContactType, DisplayName, EmailAddress, LanguageTag, Password, PersonName, PhoneNumber,
    PhoneNumberError, ProfileChanges, TimeZoneName, UserId, UserProfile, Username,
};

use super::{addresses::FIRST_ADDRESS, phones, profile::birth_date, users::USER};
use crate::http::{body::Fields, call::KnownAs, prelude::*, schema::Alias};

pub(super) static REGISTER: Endpoint = Endpoint {
    access: Access::Open,
    summary: "Register",
    description: "Makes a pending account and sends the verification mail. A taken username is 409; an email of another account looks like success, and its owner is told by mail.",
    request: RequestBody::Json(&REGISTRATION),
    responses: &[created(&USER).with_version()],
    refusals: codes!["username.taken", "rate_limit.exceeded"],
    limit: Some(Limit::RegisterAddress),
    hashing: Hashing::Strangers,
    ..post(ACCOUNTS, "register", "/v1/users", register)
};

static REGISTRATION: Body<RegisterUser> = Body::new(
    "Registration",
    "A new account; the phone is a text or an object",
    r#"{"username": "ada", "password": "granite otter canyon 93",
        "email": "ada@example.org", "first_name": "Ada", "last_name": "Lovelace"}"#,
    read_registration,
);

fn register(call: &Call<'_>) -> Answer {
    let user = call.execute(&call.body(&REGISTRATION)?)?;
    let reply = Reply::created(format!("/v1/users/{}", user.id), &user)?;
    let known = KnownAs::User(UserId::from_uuid(user.id));
    Ok(reply.with_version(user.version).known_as(known))
}

fn read_registration(fields: &mut Fields<'_>) -> Option<RegisterUser> {
    let least = fields.context.password_min_chars();
    let username = fields.required("username", Username::parse);
    let password = fields.required("password", |text| Password::parse(text, least));
    let email = fields.required("email", EmailAddress::parse);
    let profile = read_profile(fields);
    let phone = read_phone(fields);
    let address = fields.object("address", &FIRST_ADDRESS);
    let preferences = fields.preferences("preferences");
    if let Some(app) = fields.context.app.filter(|_| !fields.is_clean()) {
        // The faults that registering would find are reported with the others.
        let words = [
            email.as_ref().map(EmailAddress::as_str),
            profile.as_ref().map(|p| p.last_name().as_str()),
        ];
        let words: Vec<_> = words.into_iter().flatten().collect();
        let checked = app.check_registration(username.as_ref(), password.as_ref(), &words);
        fields.faults().extend(checked);
    }
    Some(RegisterUser {
        username: username?,
        password: password?,
        email: email?,
        profile: profile?,
        phone,
        address,
        preferences: preferences?,
    })
}

fn read_profile(fields: &mut Fields<'_>) -> Option<UserProfile> {
    let now = fields.context.now;
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

static FIRST_PHONE: Alias = Alias {
    name: "FirstPhone",
    description: "A phone number, alone or with what it is for",
    alternatives: &[Schema::Text, Schema::Object(&FIRST_PHONE_PARTS)],
};

static FIRST_PHONE_PARTS: Body<(PhoneNumber, ContactType)> = Body::new(
    "FirstPhoneParts",
    "The first phone of a new account",
    r#"{"phone_number": "+44 20 7946 0018"}"#,
    |fields| {
        let region = fields.context.default_region();
        let number = fields.required("phone_number", |text| PhoneNumber::parse(text, region));
        let contact_type = fields.optional("contact_type", ContactType::parse);
        Some((number?, contact_type.unwrap_or(phones::USUAL_TYPE)))
    },
)
.in_graphql("RegistrationPhoneInput");

fn read_phone(fields: &mut Fields<'_>) -> Option<(PhoneNumber, ContactType)> {
    let region = fields.context.default_region();
    let parse = |text: &str| {
        let number = PhoneNumber::parse(text, region)?;
        Ok::<_, PhoneNumberError>((number, phones::USUAL_TYPE))
    };
    fields.text_or_object("phone", Schema::Alias(&FIRST_PHONE), parse, &FIRST_PHONE_PARTS)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use chrono::{DateTime, Utc};
    use serde_json::{Value, json};
    use userdom_application::testing::AnyStrength;

    use super::*;
    use crate::http::{body::Context, problem::Problem};

    fn now() -> DateTime<Utc> {
        "2026-01-01T12:00:00Z".parse().unwrap()
    }

    fn read(body: &Value) -> Result<RegisterUser, Problem> {
        let app = crate::tests::app(Arc::new(AnyStrength));
        let context = Context { app: Some(&app), now: now() };
        let mut fields = Fields::of(body.to_string().as_bytes(), context).unwrap();
        let registration = read_registration(&mut fields);
        fields.finish(registration)
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
}
