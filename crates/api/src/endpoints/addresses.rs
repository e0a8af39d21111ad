use userdom_application::use_cases::{
    AddAddress, RemoveAddress, ReplaceAddress, SetDefaultAddress,
};
use userdom_domain::ContactType;

use super::Page;
use crate::http::{
    call::Call,
    problem::{Answer, Problem},
    reply::Reply,
};

/// What an address is for when nobody says.
pub(crate) const USUAL_TYPE: ContactType = ContactType::Home;

/// `GET /v1/users/{id}/addresses`, all or those of one `?type=`.
pub(crate) fn list(call: &Call<'_>) -> Answer {
    let user_id = call.user_id()?;
    let wanted = call.parameter("type").map(ContactType::parse).transpose();
    let wanted = wanted.map_err(|error| {
        Problem::new("query.invalid_parameter").with_detail(format!("type: {error}"))
    })?;
    if let Some(reply) = call.seen(user_id)? {
        return Ok(reply);
    }
    let user = call.app.get_user(call.caller, user_id)?;
    let mut addresses = user.addresses;
    if let Some(wanted) = wanted {
        addresses.retain(|address| address.contact_type == wanted.as_str());
    }
    call.show(user.version, &Page::whole(addresses))
}

/// `POST /v1/users/{id}/addresses`.
pub(crate) fn add(call: &Call<'_>) -> Answer {
    let user_id = call.user_id()?;
    let mut fields = call.fields()?;
    let address = fields.address();
    let contact_type = fields.optional("contact_type", ContactType::parse);
    let contact_type = contact_type.unwrap_or(USUAL_TYPE);
    let is_default = fields.flag("is_default");
    let command = fields
        .finish(|| Some(AddAddress { user_id, address: address?, contact_type, is_default }))?;
    let address = call.execute(&command)?;
    let location = format!("/v1/users/{user_id}/addresses/{}", address.value.id);
    Ok(Reply::created(location, &address.value)?.with_version(address.version))
}

/// `PUT /v1/users/{id}/addresses/{address_id}`: writes it anew.
pub(crate) fn replace(call: &Call<'_>) -> Answer {
    let (user_id, address_id) = (call.user_id()?, call.address_id()?);
    let mut fields = call.fields()?;
    let address = fields.address();
    let contact_type = fields.optional("contact_type", ContactType::parse);
    let command = fields
        .finish(|| Some(ReplaceAddress { user_id, address_id, address: address?, contact_type }))?;
    let address = call.execute(&command)?;
    Reply::changed(address.version, &address.value)
}

/// `DELETE /v1/users/{id}/addresses/{address_id}`.
pub(crate) fn remove(call: &Call<'_>) -> Answer {
    let (user_id, address_id) = (call.user_id()?, call.address_id()?);
    let done = call.execute(&RemoveAddress { user_id, address_id })?;
    Ok(Reply::done().with_version(done.version))
}

/// `PUT /v1/users/{id}/addresses/{address_id}/default`.
pub(crate) fn set_default(call: &Call<'_>) -> Answer {
    let (user_id, address_id) = (call.user_id()?, call.address_id()?);
    let address = call.execute(&SetDefaultAddress { user_id, address_id })?;
    Reply::changed(address.version, &address.value)
}
