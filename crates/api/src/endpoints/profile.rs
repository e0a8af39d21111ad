use std::fmt;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use userdom_application::{services::CodedError, use_cases::UpdateProfile};
use userdom_domain::{
    AvatarUrl, Bio, BirthDateError, DisplayName, Gender, LanguageTag, PersonName, ProfileChanges,
    TimeZoneName, UserProfile,
};

use crate::http::prelude::*;

pub(super) static PROFILE: View = View {
    name: "Profile",
    description: "A profile",
    members: &[
        member("first_name", Schema::Text).like("Ada"),
        member("last_name", Schema::Text).like("Lovelace"),
        member("full_name", Schema::Text).like("Ada Lovelace"),
        member("display_name", Schema::Text).like("Ada Lovelace"),
        member("date_of_birth", Schema::Date).nullable().like("1990-12-10"),
        member("age", Schema::Number).nullable().like_json("35"),
        member("gender", Schema::Text).nullable().like("female"),
        member("preferred_language", Schema::Text).like("en"),
        member("timezone", Schema::Text).like("Europe/London"),
        member("bio", Schema::Text).nullable().like("Writes programs for engines."),
        member("avatar_url", Schema::Text).nullable().like("https://example.org/ada.png"),
        member("created_at", Schema::Time),
        member("updated_at", Schema::Time),
    ],
};

pub(super) static SHOW: Endpoint = Endpoint {
    summary: "A profile",
    description: "404 `profile.not_found` for a user of another application who has none yet.",
    responses: &[ok(&PROFILE).with_version()],
    refusals: codes!["profile.not_found"],
    is_conditional: true,
    graphql: GraphqlField::OfUser,
    ..get(ACCOUNTS, "profile", "/v1/users/{id}/profile", show)
};

fn show(call: &Call<'_>) -> Answer {
    let user_id = call.user_id()?;
    if let Some(reply) = call.seen(user_id)? {
        return Ok(reply);
    }
    let user = call.app.get_user(call.caller, user_id)?;
    let profile = user.profile.ok_or_else(|| Problem::new(code!("profile.not_found")))?;
    call.show(user.version, &profile)
}

pub(super) static UPDATE: Endpoint = Endpoint {
    summary: "Change the profile",
    description: "A merge patch (RFC 7396): what is absent stays, and null clears what may be cleared.",
    request: RequestBody::MergePatch(&PROFILE_PATCH),
    responses: &[ok(&PROFILE).with_version()],
    refusals: codes!["profile.not_initialized"],
    edits: true,
    ..patch(ACCOUNTS, "updateProfile", "/v1/users/{id}/profile", update)
};

static PROFILE_PATCH: Body<ProfileChanges> = Body::new(
    "ProfilePatch",
    "A merge patch of the profile",
    r#"{"bio": "Countess", "timezone": "Europe/London"}"#,
    |fields| {
        let now = fields.context.now;
        let timezone = fields.change("timezone", TimeZoneName::parse);
        Some(ProfileChanges {
            first_name: fields.change("first_name", PersonName::parse),
            last_name: fields.change("last_name", PersonName::parse_last),
            display_name: fields.patch("display_name", DisplayName::parse),
            date_of_birth: fields
                .patch("date_of_birth", |text| birth_date(text, timezone.as_ref(), now)),
            gender: fields.patch("gender", Gender::parse),
            preferred_language: fields.change("preferred_language", LanguageTag::parse),
            timezone,
            bio: fields.patch("bio", Bio::parse),
            avatar_url: fields.patch("avatar_url", AvatarUrl::parse),
        })
    },
);

/// Only the fields that are named change (R24).
fn update(call: &Call<'_>) -> Answer {
    let user_id = call.user_id()?;
    let changes = call.body(&PROFILE_PATCH)?;
    let profile = call.execute(&UpdateProfile { user_id, changes })?;
    Reply::changed(profile.version, &profile.value)
}

/// Why a text is no birth date.
#[derive(Debug)]
pub(super) enum BirthDateFault {
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
            Self::Format => code!("date.invalid_format").name,
            Self::Rule(error) => error.code(),
        }
    }
}

/// The clocks of no zone are further ahead of UTC.
const FURTHEST_AHEAD: TimeDelta = TimeDelta::hours(14);

/// Reads a birth date and asks R11, so that both faults are reported with the others. While the
/// time zone is not known, a date is refused that is too late in every zone.
pub(super) fn birth_date(
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
    use super::*;

    #[test]
    fn a_date_has_one_form() {
        let now = "2026-01-01T12:00:00Z".parse().unwrap();
        for text in
            ["", "2001-1-2", "01-02-2001", "2001-02-30", "2001-02-03T00:00:00Z", "+2001-02-03"]
        {
            let fault = birth_date(text, None, now).unwrap_err();
            assert_eq!(fault.code(), "date.invalid_format", "{text}");
        }
        assert!(birth_date("2001-02-03", None, now).is_ok());
    }
}
