use userdom_application::use_cases::UpdateProfile;
use userdom_domain::{
    AvatarUrl, Bio, DisplayName, Gender, LanguageTag, PersonName, ProfileChanges, TimeZoneName,
};

use super::users::birth_date;
use crate::{
    answers::changed,
    body::Fields,
    call::Call,
    problem::{Answer, Problem},
};

/// `GET /v1/users/{id}/profile`.
pub(super) async fn show(call: Call) -> Answer {
    let user = call.on_user(|app, caller, id| Ok(app.get_user(caller, id)?)).await?;
    let profile = user.profile.ok_or_else(|| Problem::new("profile.not_found"))?;
    Ok(call.show(user.version, &profile))
}

/// `PATCH /v1/users/{id}/profile`: the fields that are named (R24).
pub(super) async fn update(mut call: Call) -> Answer {
    let body = call.merge_patch().await?;
    let now = call.now();
    let profile = call
        .on_user(move |app, caller, user_id| {
            let mut fields = Fields::of(&body)?;
            let changes = ProfileChanges {
                first_name: fields.change("first_name", PersonName::parse),
                last_name: fields.change("last_name", PersonName::parse),
                display_name: fields.patch("display_name", DisplayName::parse),
                date_of_birth: fields.patch("date_of_birth", |text| birth_date(text, now)),
                gender: fields.patch("gender", Gender::parse),
                preferred_language: fields.change("preferred_language", LanguageTag::parse),
                timezone: fields.change("timezone", TimeZoneName::parse),
                bio: fields.patch("bio", Bio::parse),
                avatar_url: fields.patch("avatar_url", AvatarUrl::parse),
            };
            let command = fields.finish(|| Some(UpdateProfile { user_id, changes }))?;
            Ok(app.execute(caller, &command)?)
        })
        .await?;
    Ok(changed(profile.version, &profile.value))
}
