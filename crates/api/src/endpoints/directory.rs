use userdom_application::{
    App, Settings,
    ports::{OrderKey, UserOrder},
    use_cases::{self, SearchUsers, UserView},
};
use userdom_domain::{
    AddressTest, Country, EmailAddress, EmailTest, TextTest, TimeRange, UserRole,
    UserSpecification, UserStatus, UserTest, Username,
};

use super::{
    Page, as_json,
    users::{USER, USER_STATUS},
};
use crate::{
    filter::{self, just_after},
    http::{
        body::moment,
        endpoint::{Connection, Parameter},
        parameters::{COUNT, CURSOR, LIMIT, Parameters},
        prelude::*,
    },
};

pub(super) static SEARCH: Endpoint = Endpoint {
    summary: "Find users by anything",
    description: "For moderators, admins and keys of services. Users who satisfy all parameters, page by page: send `next_cursor` as `cursor` with the same search.",
    parameters: PARAMETERS,
    responses: &[page(&USER)],
    refusals: codes!["cursor.not_valid"],
    graphql: GraphqlField::Connection(&CONNECTION),
    ..get(DIRECTORY, "searchUsers", "/v1/users", search)
};

const PARAMETERS: &[Parameter] = &[
    parameter("status", "The status that counts now", Schema::Enumeration(&USER_STATUS)),
    parameter("role", "Has the role", UserRole::SCHEMA),
    parameter("email_verified", "The default email is verified", Schema::Flag),
    parameter("phone_verified", "Any phone is verified", Schema::Flag),
    parameter("two_factor_enabled", "Signing in asks for a second factor", Schema::Flag),
    parameter("country", "Has an address there: ISO 3166, or the English name", Schema::Text),
    parameter("email_domain", "Has an email of this domain", Schema::Text),
    parameter("created_after", "Later than this moment", Schema::Time),
    parameter("created_before", "Earlier than this moment", Schema::Time),
    parameter("last_login_after", "Later than this moment", Schema::Time),
    parameter("last_login_before", "Earlier than this moment", Schema::Time),
    parameter("never_signed_in", "Has never signed in, or has", Schema::Flag),
    parameter("q", Q, Schema::Text),
    FILTER,
    SORT,
    CURSOR,
    LIMIT,
    COUNT,
];

const Q: &str = "The start of a username, a name or an email, without case and accents";

pub(crate) const FILTER: Parameter =
    parameter("filter", "An expression in SCIM's filter grammar (RFC 7644 §3.4.2.2)", Schema::Text);

pub(crate) const SORT: Parameter =
    parameter("sort", "The order; with `-` before it backwards", Schema::Enumeration(&USER_SORT));

static USER_SORT: Enumeration = Enumeration {
    name: "UserSort",
    description: "An order of users; with `-` before it backwards",
    values: || {
        ORDERS.iter().flat_map(|(ascending, descending, _)| [*ascending, *descending]).collect()
    },
};

/// What users can be sorted by: forwards, backwards.
pub(crate) const ORDERS: [(&str, &str, OrderKey); 4] = [
    ("created_at", "-created_at", OrderKey::Created),
    ("username", "-username", OrderKey::Username),
    ("last_login_at", "-last_login_at", OrderKey::LastLogin),
    ("last_name", "-last_name", OrderKey::LastName),
];

static CONNECTION: Connection = Connection {
    field: "users",
    description: "Users who satisfy all of the filter",
    page: |call| as_json(find(call)?),
};

fn search(call: &Call<'_>) -> Answer {
    Reply::ok(&Page::from(find(call)?))
}

fn find(call: &Call<'_>) -> Result<use_cases::Page<UserView>, Problem> {
    App::check_search(call.caller)?;
    let search = read_search(Parameters::of(call), call.app.settings())?;
    Ok(call.app.search_users(call.caller, &search)?)
}

pub(super) static BY_EMAIL: Endpoint = Endpoint {
    summary: "The owner of a verified email",
    description: "For moderators, admins and keys of services; without regard to case.",
    responses: &[ok(&USER).with_version()],
    refusals: codes!["user.not_found"],
    is_conditional: true,
    graphql: GraphqlField::Query("userByEmail"),
    ..get(DIRECTORY, "userByEmail", "/v1/users/by-email/{email}", by_email)
};

fn by_email(call: &Call<'_>) -> Answer {
    App::check_search(call.caller)?;
    let email = EmailAddress::parse(call.segment("email")).map_err(|_| nobody())?;
    call.show_user(&call.app.get_user_by_email(call.caller, &email)?)
}

pub(super) static BY_USERNAME: Endpoint = Endpoint {
    summary: "The user of a name",
    description: "For moderators, admins and keys of services; without regard to case.",
    responses: &[ok(&USER).with_version()],
    refusals: codes!["user.not_found"],
    is_conditional: true,
    graphql: GraphqlField::Query("userByUsername"),
    ..get(DIRECTORY, "userByUsername", "/v1/users/by-username/{username}", by_username)
};

fn by_username(call: &Call<'_>) -> Answer {
    App::check_search(call.caller)?;
    let username = Username::parse(call.segment("username")).map_err(|_| nobody())?;
    call.show_user(&call.app.get_user_by_username(call.caller, &username)?)
}

/// No user has what is no name or no address.
fn nobody() -> Problem {
    Problem::new(code!("user.not_found"))
}

fn read_search(mut given: Parameters<'_>, settings: &Settings) -> Result<SearchUsers, Problem> {
    let mut parts: Vec<UserSpecification> = Vec::new();
    let status =
        given.read("status", |text| UserStatus::parse(text).ok_or(code!("status.unknown")));
    parts.extend(status.map(|status| UserTest::Status(status).into()));
    let role = given.read("role", |text| UserRole::parse(text).ok_or(code!("role.unknown")));
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
    let domain = given.read("email_domain", |text| Ok::<_, &Code>(TextTest::equals(text)));
    parts.extend(domain.map(|test| UserTest::Email(EmailTest::Domain(test).into()).into()));
    parts.extend(read_times(&mut given));
    let text = given.read("q", |text| Ok::<_, &Code>(UserSpecification::text(text)));
    parts.extend(text);
    let region = settings.default_region;
    parts.extend(given.read(FILTER.name, |text| filter::read(text, region)));

    let order = given.read(SORT.name, read_order);
    let cursor = given.cursor();
    let limit = given.limit();
    let with_total = given.flag(COUNT.name).unwrap_or(false);
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

fn read_order(text: &str) -> Result<UserOrder, &'static Code> {
    let (name, descending) = match text.strip_prefix('-') {
        Some(name) => (name, true),
        None => (text, false),
    };
    let name = match name {
        "created" => "created_at",
        "last_login" => "last_login_at",
        name => name,
    };
    let order = ORDERS.iter().find(|(known, ..)| *known == name);
    let (.., by) = *order.ok_or(code!("sort.unknown"))?;
    Ok(UserOrder { by, descending })
}
