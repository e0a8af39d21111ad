use userdom_application::use_cases::UpdateProfile;
use userdom_domain::{
    AvatarUrl, Bio, DisplayName, Gender, LanguageTag, PersonName, ProfileChanges, TimeZoneName,
};

use super::users::birth_date;
use crate::http::{
    call::Call,
    problem::{Answer, Problem},
    reply::Reply,
};

/// `GET /v1/users/{id}/profile`.
pub(crate) fn show(call: &Call<'_>) -> Answer {
    let user_id = call.user_id()?;
    if let Some(reply) = call.seen(user_id)? {
        return Ok(reply);
    }
    let user = call.app.get_user(call.caller, user_id)?;
    let profile = user.profile.ok_or_else(|| Problem::new("profile.not_found"))?;
    call.show(user.version, &profile)
}

/// `PATCH /v1/users/{id}/profile`: the fields that are named (R24).
pub(crate) fn update(call: &Call<'_>) -> Answer {
    let (user_id, now) = (call.user_id()?, call.now);
    let mut fields = call.fields()?;
    let timezone = fields.change("timezone", TimeZoneName::parse);
    let changes = ProfileChanges {
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
    };
    let command = fields.finish(|| Some(UpdateProfile { user_id, changes }))?;
    let profile = call.execute(&command)?;
    Reply::changed(profile.version, &profile.value)
}
