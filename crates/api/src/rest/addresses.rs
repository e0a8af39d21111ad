use userdom_application::use_cases::{
    AddAddress, RemoveAddress, ReplaceAddress, SetDefaultAddress,
};
use userdom_domain::ContactType;

use super::Page;
use crate::{
    answers::{changed, created, removed},
    body::Fields,
    call::Call,
    problem::{Answer, Problem},
};

/// What an address is for when nobody says.
pub(super) const USUAL_TYPE: ContactType = ContactType::Home;

/// `GET /v1/users/{id}/addresses`, all or those of one `?type=`.
pub(super) async fn list(mut call: Call) -> Answer {
    let wanted = call.parameter("type").map(|text| ContactType::parse(&text)).transpose();
    let wanted = wanted.map_err(|error| {
        Problem::new("query.invalid_parameter").with_detail(format!("type: {error}"))
    });
    let (wanted, user) =
        call.on_user(move |app, caller, id| Ok((wanted?, app.get_user(caller, id)?))).await?;
    let mut addresses = user.addresses;
    if let Some(wanted) = wanted {
        addresses.retain(|address| address.contact_type == wanted.as_str());
    }
    Ok(call.show(user.version, &Page::whole(addresses)))
}

/// `POST /v1/users/{id}/addresses`.
pub(super) async fn add(mut call: Call) -> Answer {
    let body = call.json().await?;
    let (user_id, address) = call
        .on_user(move |app, caller, user_id| {
            let mut fields = Fields::of(&body)?;
            let address = fields.address();
            let contact_type = fields.optional("contact_type", ContactType::parse);
            let contact_type = contact_type.unwrap_or(USUAL_TYPE);
            let is_default = fields.flag("is_default");
            let command = fields.finish(|| {
                Some(AddAddress { user_id, address: address?, contact_type, is_default })
            })?;
            Ok((user_id, app.execute(caller, &command)?))
        })
        .await?;
    let location = format!("/v1/users/{user_id}/addresses/{}", address.value.id);
    Ok(created(location, address.version, &address.value))
}

/// `PUT /v1/users/{id}/addresses/{address_id}`: writes it anew.
pub(super) async fn replace(mut call: Call) -> Answer {
    let body = call.json().await?;
    let address_id = call.address_id();
    let address = call
        .on_user(move |app, caller, user_id| {
            let address_id = address_id?;
            let mut fields = Fields::of(&body)?;
            let address = fields.address();
            let contact_type = fields.optional("contact_type", ContactType::parse);
            let command = fields.finish(|| {
                Some(ReplaceAddress { user_id, address_id, address: address?, contact_type })
            })?;
            Ok(app.execute(caller, &command)?)
        })
        .await?;
    Ok(changed(address.version, &address.value))
}

/// `DELETE /v1/users/{id}/addresses/{address_id}`.
pub(super) async fn remove(call: Call) -> Answer {
    let address_id = call.address_id();
    let done = call
        .on_user(move |app, caller, user_id| {
            Ok(app.execute(caller, &RemoveAddress { user_id, address_id: address_id? })?)
        })
        .await?;
    Ok(removed(done.version))
}

/// `PUT /v1/users/{id}/addresses/{address_id}/default`.
pub(super) async fn set_default(call: Call) -> Answer {
    let address_id = call.address_id();
    let address = call
        .on_user(move |app, caller, user_id| {
            Ok(app.execute(caller, &SetDefaultAddress { user_id, address_id: address_id? })?)
        })
        .await?;
    Ok(changed(address.version, &address.value))
}
