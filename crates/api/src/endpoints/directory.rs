use std::fmt;

use userdom_application::{
    App, Faults, Settings,
    ports::{OrderKey, UserOrder},
    queries::{Page, SearchUsers, UserView},
    services::CodedError,
};
use userdom_domain::{
    AddressTest, Country, EmailAddress, EmailTest, TextTest, TimeRange, UserRole,
    UserSpecification, UserStatus, UserTest, Username,
};

use super::page_of;
use crate::http::parameters::Parameters;
use crate::{
    filter::{self, just_after},
    http::{
        body::moment,
        call::Call,
        codes::Plain,
        problem::{Answer, Problem},
        reply::Reply,
    },
};

/// What a search may say.
pub(crate) const PARAMETERS: &[&str] = &[
    "status",
    "role",
    "email_verified",
    "phone_verified",
    "two_factor_enabled",
    "country",
    "email_domain",
    "created_after",
    "created_before",
    "last_login_after",
    "last_login_before",
    "never_signed_in",
    "q",
    "filter",
    "sort",
    "cursor",
    "limit",
    "count",
];

/// `GET /v1/users`: those who satisfy all of the parameters.
pub(crate) fn search(call: &Call<'_>) -> Answer {
    Reply::ok(&page_of(find(call)?))
}

/// A page of those who satisfy all of the parameters.
pub(crate) fn find(call: &Call<'_>) -> Result<Page<UserView>, Problem> {
    App::check_search(call.caller)?;
    let search = read_search(Parameters::of(call), call.app.settings())?;
    Ok(call.app.search_users(call.caller, &search)?)
}

/// `GET /v1/users/by-email/{email}`: the owner of a verified email.
pub(crate) fn by_email(call: &Call<'_>) -> Answer {
    App::check_search(call.caller)?;
    let email = EmailAddress::parse(call.segment("email")).map_err(|_| nobody())?;
    call.show_user(&call.app.get_user_by_email(call.caller, &email)?)
}

/// `GET /v1/users/by-username/{username}`.
pub(crate) fn by_username(call: &Call<'_>) -> Answer {
    App::check_search(call.caller)?;
    let username = Username::parse(call.segment("username")).map_err(|_| nobody())?;
    call.show_user(&call.app.get_user_by_username(call.caller, &username)?)
}

/// No user has what is no name or no address.
fn nobody() -> Problem {
    Problem::new("user.not_found")
}

fn read_search(mut given: Parameters<'_>, settings: &Settings) -> Result<SearchUsers, Faults> {
    let mut parts: Vec<UserSpecification> = Vec::new();
    let status =
        given.read("status", |text| UserStatus::parse(text).ok_or(Plain("status.unknown")));
    parts.extend(status.map(|status| UserTest::Status(status).into()));
    let role = given.read("role", |text| UserRole::parse(text).ok_or(Plain("role.unknown")));
    parts.extend(role.map(|role| UserTest::Role(role).into()));
    for (name, test) in [
        ("email_verified", UserTest::VerifiedEmail),
        ("phone_verified", UserTest::VerifiedPhone),
        ("two_factor_enabled", UserTest::TwoFactor),
    ] {
        parts.extend(
            given
                .flag(name)
                .map(|yes| if yes { test.into() } else { UserSpecification::not(test) }),
        );
    }
    let country = given.read("country", Country::parse);
    parts.extend(
        country.map(|country| UserTest::Address(AddressTest::Country(country).into()).into()),
    );
    let domain = given.read("email_domain", |text| Ok::<_, Plain>(TextTest::equals(text)));
    parts.extend(domain.map(|test| UserTest::Email(EmailTest::Domain(test).into()).into()));
    parts.extend(read_times(&mut given));
    let text = given.read("q", |text| Ok::<_, Plain>(UserSpecification::text(text)));
    parts.extend(text);
    let region = settings.default_region;
    parts.extend(given.read("filter", |text| filter::read(text, region)));

    let order = given.read("sort", read_order);
    let cursor = given.read("cursor", |text| Ok::<_, Plain>(text.to_owned()));
    let limit = given.limit();
    let with_total = given.flag("count").unwrap_or(false);
    given.finish(SearchUsers {
        specification: UserSpecification::all(parts),
        order: order.unwrap_or(UserOrder { by: OrderKey::Created, descending: false }),
        cursor,
        limit,
        with_total,
    })
}

fn read_times(given: &mut Parameters<'_>) -> Vec<UserSpecification> {
    let mut read = |name| given.read(name, moment);
    let created =
        TimeRange { from: read("created_after").map(just_after), before: read("created_before") };
    let last_login = TimeRange {
        from: read("last_login_after").map(just_after),
        before: read("last_login_before"),
    };
    let mut parts = Vec::new();
    if created != TimeRange::default() {
        parts.push(UserTest::Created(created).into());
    }
    if last_login != TimeRange::default() {
        parts.push(UserTest::LastLogin(last_login).into());
    }
    if let Some(never) = given.flag("never_signed_in") {
        let ever = UserSpecification::from(UserTest::LastLogin(TimeRange::default()));
        parts.push(if never { UserSpecification::not(ever) } else { ever });
    }
    parts
}

/// Why a text names no order.
struct UnknownOrder;

impl fmt::Display for UnknownOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sort by created_at, username, last_login_at or last_name; with \"-\" before it backwards")
    }
}

impl CodedError for UnknownOrder {
    fn code(&self) -> &'static str {
        "sort.unknown"
    }
}

fn read_order(text: &str) -> Result<UserOrder, UnknownOrder> {
    let (name, descending) = match text.strip_prefix('-') {
        Some(name) => (name, true),
        None => (text, false),
    };
    let by = match name {
        "created_at" | "created" => OrderKey::Created,
        "username" => OrderKey::Username,
        "last_login_at" | "last_login" => OrderKey::LastLogin,
        "last_name" => OrderKey::LastName,
        _ => return Err(UnknownOrder),
    };
    Ok(UserOrder { by, descending })
}
