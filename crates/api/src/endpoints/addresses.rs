use userdom_application::use_cases::{
    AddAddress, RemoveAddress, ReplaceAddress, SetDefaultAddress,
};
use userdom_domain::{Address, ContactType};

use super::Page;
use crate::http::prelude::*;

/// The type of an address without one.
const USUAL_TYPE: ContactType = ContactType::Home;

const EXAMPLE: &str = r#"{"street_line1": "Invalidenstraße 1", "city": "Berlin",
    "postal_code": "10115", "country": "DEU"}"#;

pub(crate) static ADDRESS: View = View {
    name: "Address",
    description: "A postal address of a user",
    members: &[
        member("id", Schema::Id),
        member("street_line1", Schema::Text).like("12 St James's Square"),
        member("street_line2", Schema::Text).nullable(),
        member("city", Schema::Text).like("London"),
        member("state", Schema::Text).like(""),
        member("postal_code", Schema::Text).like("SW1Y 4LB"),
        member("country", Schema::Text).like("GBR"),
        member("formatted", Schema::Text)
            .like("12 St James's Square\nLondon\nSW1Y 4LB\nUnited Kingdom"),
        member("contact_type", ContactType::SCHEMA),
        member("is_default", Schema::Flag),
        member("created_at", Schema::Time),
    ],
};

pub(super) static LIST: Endpoint = Endpoint {
    summary: "All addresses of a user",
    description: "All on one page; with `type` those of one type.",
    parameters: &[parameter("type", "Of this type", ContactType::SCHEMA)],
    responses: &[page(&ADDRESS).with_version()],
    refusals: codes!["query.invalid_parameter"],
    is_conditional: true,
    graphql: GraphqlField::OfUser,
    ..get(CONTACTS, "addresses", "/v1/users/{id}/addresses", list)
};

fn list(call: &Call<'_>) -> Answer {
    let user_id = call.user_id()?;
    let wanted = call.parameter("type").map(ContactType::parse).transpose();
    let wanted = wanted.map_err(|error| {
        Problem::new(code!("query.invalid_parameter")).with_detail(format!("type: {error}"))
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

pub(super) static ADD: Endpoint = Endpoint {
    summary: "Add an address",
    description: "Which parts a country needs differs; `country` is `USA` if absent.",
    request: RequestBody::Json(&ADDRESS_TO_ADD),
    responses: &[created(&ADDRESS).with_version()],
    refusals: codes!["contact.default_of_type_exists", "contact.too_many"],
    edits: true,
    ..post(CONTACTS, "addAddress", "/v1/users/{id}/addresses", add)
};

static ADDRESS_TO_ADD: Body<(Address, ContactType, bool)> = Body::new(
    "AddressToAdd",
    "A postal address to add; which parts a country needs differs",
    EXAMPLE,
    |fields| {
        let address = (FIRST_ADDRESS.read)(fields);
        let is_default = fields.flag("is_default");
        address.map(|(address, contact_type)| (address, contact_type, is_default))
    },
)
.in_graphql("NewAddressInput");

pub(super) static FIRST_ADDRESS: Body<(Address, ContactType)> =
    Body::new("FirstAddress", "The first address of a new account", EXAMPLE, |fields| {
        let (address, contact_type) = (ADDRESS_REPLACEMENT.read)(fields)?;
        Some((address, contact_type.unwrap_or(USUAL_TYPE)))
    })
    .in_graphql("RegistrationAddressInput");

fn add(call: &Call<'_>) -> Answer {
    let user_id = call.user_id()?;
    let (address, contact_type, is_default) = call.body(&ADDRESS_TO_ADD)?;
    let address = call.execute(&AddAddress { user_id, address, contact_type, is_default })?;
    let location = format!("/v1/users/{user_id}/addresses/{}", address.value.id);
    Ok(Reply::created(location, &address.value)?.with_version(address.version))
}

pub(super) static REPLACE: Endpoint = Endpoint {
    summary: "Write an address anew",
    description: "What is absent is empty afterwards, but for `contact_type`, which stays.",
    request: RequestBody::Json(&ADDRESS_REPLACEMENT),
    responses: &[ok(&ADDRESS).with_version()],
    refusals: codes!["address.not_found", "contact.default_of_type_exists"],
    edits: true,
    ..put(CONTACTS, "replaceAddress", "/v1/users/{id}/addresses/{address_id}", replace)
};

static ADDRESS_REPLACEMENT: Body<(Address, Option<ContactType>)> =
    Body::new("AddressReplacement", "A postal address, written anew", EXAMPLE, |fields| {
        let address = fields.address();
        let contact_type = fields.optional("contact_type", ContactType::parse);
        Some((address?, contact_type))
    });

fn replace(call: &Call<'_>) -> Answer {
    let (user_id, address_id) = (call.user_id()?, call.address_id()?);
    let (address, contact_type) = call.body(&ADDRESS_REPLACEMENT)?;
    let command = ReplaceAddress { user_id, address_id, address, contact_type };
    let address = call.execute(&command)?;
    Reply::changed(address.version, &address.value)
}

pub(super) static REMOVE: Endpoint = Endpoint {
    summary: "Remove an address",
    description: "It is gone at once.",
    responses: &[NO_CONTENT.with_version()],
    refusals: codes!["address.not_found"],
    edits: true,
    ..delete(CONTACTS, "removeAddress", "/v1/users/{id}/addresses/{address_id}", remove)
};

fn remove(call: &Call<'_>) -> Answer {
    let (user_id, address_id) = (call.user_id()?, call.address_id()?);
    let done = call.execute(&RemoveAddress { user_id, address_id })?;
    Ok(Reply::done().with_version(done.version))
}

pub(super) static SET_DEFAULT: Endpoint = Endpoint {
    summary: "Make an address the default of its type",
    description: "Takes the default from another address of the type.",
    responses: &[ok(&ADDRESS).with_version()],
    refusals: codes!["address.not_found"],
    edits: true,
    ..put(
        CONTACTS,
        "setDefaultAddress",
        "/v1/users/{id}/addresses/{address_id}/default",
        set_default,
    )
};

fn set_default(call: &Call<'_>) -> Answer {
    let (user_id, address_id) = (call.user_id()?, call.address_id()?);
    let address = call.execute(&SetDefaultAddress { user_id, address_id })?;
    Reply::changed(address.version, &address.value)
}
