use userdom_domain::{
    AddressTest, ContactType, Country, EmailAddress, EmailTest, PhoneNumber, PhoneTest, Region,
    Specification, TextOperator, TextTest, TimeRange, UserId, UserRole, UserStatus, UserTest,
};

use super::{
    FilterError,
    attributes::{
        ADDRESS, AddressPart, Attribute, EMAIL, EmailPart, PHONE, PhonePart, find, of_user,
        plain_name,
    },
    grammar::{self, Filter, Literal, Name, Operator, Value},
    just_after,
};
use crate::http::body::moment;

type Meaning<T> = Result<Specification<T>, FilterError>;

/// Reads a filter. Phone numbers without a calling code belong to `region`.
pub(crate) fn read(text: &str, region: Option<Region>) -> Meaning<UserTest> {
    user(&grammar::parse(text)?, region)
}

fn user(filter: &Filter, region: Option<Region>) -> Meaning<UserTest> {
    combined(filter, &|part| {
        let Filter::Within(list, inner) = part else {
            let (name, test) = Test::of(part)?;
            let attribute = of_user(&plain_name(&name.text)).ok_or_else(|| unknown(name))?;
            return field(name, attribute, &test, region);
        };
        match plain_name(&list.text).as_str() {
            "emails" => Ok(UserTest::Email(contact(inner, EMAIL, &email)?).into()),
            "phones" => {
                let one = |name: &Name, part, test: &Test| phone(name, part, test, region);
                Ok(UserTest::Phone(contact(inner, PHONE, &one)?).into())
            }
            "addresses" => Ok(UserTest::Address(contact(inner, ADDRESS, &address)?).into()),
            _ => Err(refused(list, "expected emails, phones or addresses before \"[\"")),
        }
    })
}

/// A filter inside brackets: all of it is about the same contact.
fn contact<T, P: Copy>(
    filter: &Filter,
    known: &[(&str, P)],
    one: &dyn Fn(&Name, P, &Test<'_>) -> Meaning<T>,
) -> Meaning<T> {
    combined(filter, &|part| {
        let (name, test) = Test::of(part)?;
        let part = find(known, &plain_name(&name.text)).ok_or_else(|| {
            let names: Vec<_> = known.iter().map(|(name, _)| *name).collect();
            refused(name, &format!("{:?} is none of {}", name.text, names.join(", ")))
        })?;
        one(name, part, &test)
    })
}

fn combined<T>(filter: &Filter, one: &dyn Fn(&Filter) -> Meaning<T>) -> Meaning<T> {
    let each = |parts: &[Filter]| {
        parts.iter().map(|part| combined(part, one)).collect::<Result<Vec<_>, _>>()
    };
    match filter {
        Filter::And(parts) => Ok(Specification::All(each(parts)?)),
        Filter::Or(parts) => Ok(Specification::Any(each(parts)?)),
        Filter::Not(part) => Ok(Specification::not(combined(part, one)?)),
        Filter::Compare(name, Operator::Ne, value) => {
            let equal = Filter::Compare(name.clone(), Operator::Eq, value.clone());
            Ok(Specification::not(combined(&equal, one)?))
        }
        Filter::Compare(name, Operator::Eq, Literal { value: Value::Null, .. }) => {
            Ok(Specification::not(one(&Filter::Present(name.clone()))?))
        }
        Filter::Present(_) | Filter::Compare(..) | Filter::Within(..) => one(filter),
    }
}

/// What is asked of a field.
enum Test<'a> {
    Present,
    Is(Operator, &'a Literal),
}

impl<'a> Test<'a> {
    fn of(filter: &'a Filter) -> Result<(&'a Name, Self), FilterError> {
        match filter {
            Filter::Present(name) => Ok((name, Self::Present)),
            Filter::Compare(name, operator, value) => Ok((name, Self::Is(*operator, value))),
            Filter::Within(name, _) => Err(refused(name, "brackets do not stand in brackets")),
            // These are taken apart before.
            Filter::And(_) | Filter::Or(_) | Filter::Not(_) => {
                Err(FilterError { at: 1, what: "expected a comparison".to_owned() })
            }
        }
    }
}

fn field(
    name: &Name,
    attribute: Attribute,
    test: &Test<'_>,
    region: Option<Region>,
) -> Meaning<UserTest> {
    Ok(match attribute {
        Attribute::Id => {
            let ids = |text: &str| UserId::parse(text).ok();
            choice(name, test, ids, "a UUID")?.map_or(everybody(), |id| UserTest::Id(id).into())
        }
        Attribute::Status => {
            let known = UserStatus::ALL.map(UserStatus::as_str).join(", ");
            let statuses = |text: &str| UserStatus::parse(&text.to_ascii_lowercase());
            let status = choice(name, test, statuses, &known)?;
            status.map_or(everybody(), |status| UserTest::Status(status).into())
        }
        Attribute::Role => {
            let known = UserRole::ALL.map(UserRole::as_str).join(", ");
            let roles = |text: &str| UserRole::parse(&text.to_ascii_lowercase());
            let role = choice(name, test, roles, &known)?;
            role.map_or(everybody(), |role| UserTest::Role(role).into())
        }
        Attribute::Text(make) => make(text(name, test)?).into(),
        Attribute::Flag(kind) => flag(name, test, kind.test())?,
        Attribute::Moment(make) => make(range(name, test)?).into(),
        Attribute::Email(part) => UserTest::Email(email(name, part, test)?).into(),
        Attribute::Phone(part) => UserTest::Phone(phone(name, part, test, region)?).into(),
        Attribute::Address(part) => UserTest::Address(address(name, part, test)?).into(),
        Attribute::Addresses => match test {
            Test::Present => UserTest::Address(everybody()).into(),
            Test::Is(..) => return Err(refused(name, "addresses knows pr only, or addresses[…]")),
        },
    })
}

fn email(name: &Name, part: EmailPart, test: &Test<'_>) -> Meaning<EmailTest> {
    Ok(match part {
        EmailPart::Value => EmailTest::Value(exactly(text(name, test)?, canonical_email)).into(),
        EmailPart::Domain => EmailTest::Domain(exactly(text(name, test)?, canonical_domain)).into(),
        EmailPart::Type => contact_type(name, test, EmailTest::Type)?,
        EmailPart::Verified => flag(name, test, EmailTest::Verified)?,
        EmailPart::Default => flag(name, test, EmailTest::Default)?,
    })
}

fn phone(
    name: &Name,
    part: PhonePart,
    test: &Test<'_>,
    region: Option<Region>,
) -> Meaning<PhoneTest> {
    Ok(match part {
        PhonePart::Number => {
            let key = |text: &str| Some(PhoneNumber::parse(text, region).ok()?.key().to_owned());
            let mut test = exactly(text(name, test)?, key);
            // Numbers are kept without what people put between the digits.
            test.text.retain(|c| !" ()-./".contains(c));
            PhoneTest::Number(test).into()
        }
        PhonePart::Type => contact_type(name, test, PhoneTest::Type)?,
        PhonePart::Verified => flag(name, test, PhoneTest::Verified)?,
        PhonePart::Default => flag(name, test, PhoneTest::Default)?,
    })
}

fn address(name: &Name, part: AddressPart, test: &Test<'_>) -> Meaning<AddressTest> {
    Ok(match part {
        AddressPart::City => AddressTest::City(text(name, test)?).into(),
        AddressPart::PostalCode => AddressTest::PostalCode(text(name, test)?).into(),
        AddressPart::Country => {
            let countries = |text: &str| Country::parse(text).ok();
            let country = choice(name, test, countries, "a country of ISO 3166")?;
            country.map_or(everybody(), |country| AddressTest::Country(country).into())
        }
        AddressPart::Type => contact_type(name, test, AddressTest::Type)?,
        AddressPart::Default => flag(name, test, AddressTest::Default)?,
    })
}

fn everybody<T>() -> Specification<T> {
    Specification::all([])
}

fn text(name: &Name, test: &Test<'_>) -> Result<TextTest, FilterError> {
    let Test::Is(operator, literal) = test else {
        return Ok(TextTest::starts_with(""));
    };
    let operator = match operator {
        Operator::Eq | Operator::Ne => TextOperator::Equals,
        Operator::Co => TextOperator::Contains,
        Operator::Sw => TextOperator::StartsWith,
        Operator::Ew => TextOperator::EndsWith,
        Operator::Gt | Operator::Ge | Operator::Lt | Operator::Le => {
            let what = format!("{} is a text: it knows eq, ne, co, sw, ew and pr", name.text);
            return Err(refused(name, &what));
        }
    };
    match &literal.value {
        Value::Text(sought) => Ok(TextTest { operator, text: sought.clone() }),
        Value::Flag(_) | Value::Null | Value::Number(_) => {
            Err(wrong(literal, "a text in quotation marks"))
        }
    }
}

/// The canonical form of what must be equal.
fn exactly(test: TextTest, canonical: impl Fn(&str) -> Option<String>) -> TextTest {
    if test.operator != TextOperator::Equals {
        return test;
    }
    TextTest { text: canonical(&test.text).unwrap_or(test.text), ..test }
}

fn canonical_email(text: &str) -> Option<String> {
    EmailAddress::parse(text).ok().map(|email| email.to_string())
}

fn canonical_domain(text: &str) -> Option<String> {
    let email = EmailAddress::parse(&format!("x@{text}")).ok()?;
    Some(email.domain().to_owned())
}

/// One of a set of values; `None` is any of them.
fn choice<T>(
    name: &Name,
    test: &Test<'_>,
    parse: impl Fn(&str) -> Option<T>,
    known: &str,
) -> Result<Option<T>, FilterError> {
    match test {
        Test::Present => Ok(None),
        Test::Is(Operator::Eq, literal @ Literal { value: Value::Text(text), .. }) => {
            Ok(Some(parse(text).ok_or_else(|| wrong(literal, known))?))
        }
        Test::Is(Operator::Eq, literal) => Err(wrong(literal, "a text in quotation marks")),
        Test::Is(..) => Err(refused(name, &format!("{} knows eq, ne and pr", name.text))),
    }
}

fn contact_type<T>(name: &Name, test: &Test<'_>, make: fn(ContactType) -> T) -> Meaning<T> {
    let known = ContactType::ALL.map(ContactType::as_str).join(", ");
    let kind = choice(name, test, |text| ContactType::parse(text).ok(), &known)?;
    Ok(kind.map_or(everybody(), |kind| make(kind).into()))
}

fn flag<T>(name: &Name, test: &Test<'_>, yes: T) -> Meaning<T> {
    match test {
        Test::Present => Ok(everybody()),
        Test::Is(Operator::Eq, Literal { value: Value::Flag(true), .. }) => Ok(yes.into()),
        Test::Is(Operator::Eq, Literal { value: Value::Flag(false), .. }) => {
            Ok(Specification::not(yes))
        }
        Test::Is(Operator::Eq, literal) => Err(wrong(literal, "true or false")),
        Test::Is(..) => Err(refused(name, &format!("{} knows eq, ne and pr", name.text))),
    }
}

fn range(name: &Name, test: &Test<'_>) -> Result<TimeRange, FilterError> {
    let Test::Is(operator, literal) = test else {
        return Ok(TimeRange::default());
    };
    let read = match &literal.value {
        Value::Text(written) => moment(written).ok(),
        Value::Flag(_) | Value::Null | Value::Number(_) => None,
    };
    let at = read.ok_or_else(|| wrong(literal, "a time such as \"2026-01-31T12:00:00Z\""))?;
    let (from, before) = match operator {
        Operator::Eq | Operator::Ne => (Some(at), Some(just_after(at))),
        Operator::Gt => (Some(just_after(at)), None),
        Operator::Ge => (Some(at), None),
        Operator::Lt => (None, Some(at)),
        Operator::Le => (None, Some(just_after(at))),
        Operator::Co | Operator::Sw | Operator::Ew => {
            let what = format!("{} is a time: it knows eq, ne, gt, ge, lt, le and pr", name.text);
            return Err(refused(name, &what));
        }
    };
    Ok(TimeRange { from, before })
}

fn wrong(literal: &Literal, expected: &str) -> FilterError {
    FilterError { at: literal.at, what: format!("expected {expected}") }
}

fn refused(name: &Name, what: &str) -> FilterError {
    FilterError { at: name.at, what: what.to_owned() }
}

fn unknown(name: &Name) -> FilterError {
    let what = format!(
        "{:?} is no field to filter by; there are id, username, status, role, email_verified, \
         phone_verified, two_factor_enabled, created_at, updated_at, last_login_at, first_name, \
         last_name, display_name, preferred_language, timezone, email, email_domain, phone, city, \
         postal_code, country, and emails[…], phones[…], addresses[…]",
        name.text
    );
    refused(name, &what)
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};
    use userdom_domain::UserSpecification;

    use super::*;

    fn meaning(text: &str) -> UserSpecification {
        read(text, None).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    fn fault(text: &str) -> String {
        read(text, None).unwrap_err().to_string()
    }

    #[test]
    fn a_field_goes_by_its_own_name_and_by_scims_in_any_case() {
        let ada = UserSpecification::from(UserTest::Username(TextTest::equals("ada")));
        for text in ["username eq \"ada\"", "userName EQ \"ada\"", "USER_NAME eq \"ada\""] {
            assert_eq!(meaning(text), ada, "{text}");
        }
        assert_eq!(meaning("created_at pr"), meaning("meta.created pr"));
        assert_eq!(meaning("last_name sw \"x\""), meaning("name.familyName sw \"x\""));
        assert_eq!(meaning("email eq \"a@b.co\""), meaning("emails.value eq \"A@b.co\""));
    }

    #[test]
    fn brackets_ask_one_contact_for_all_of_it() {
        let one = Specification::all([
            EmailTest::Type(ContactType::Work).into(),
            EmailTest::Value(TextTest::contains("@example.com")).into(),
        ]);
        let text = r#"emails[type eq "work" and value co "@example.com"]"#;
        assert_eq!(meaning(text), UserTest::Email(one).into());
    }

    #[test]
    fn unequal_is_not_equal_also_of_lists() {
        let equal = meaning("roles eq \"admin\"");
        assert_eq!(meaning("roles ne \"admin\""), Specification::not(equal));
    }

    #[test]
    fn null_is_absent() {
        let ever = UserSpecification::from(UserTest::LastLogin(TimeRange::default()));
        assert_eq!(meaning("last_login_at pr"), ever);
        assert_eq!(meaning("last_login_at eq null"), Specification::not(ever.clone()));
        assert_eq!(meaning("last_login_at ne null"), Specification::not(Specification::not(ever)));
    }

    #[test]
    fn a_comparison_of_times_is_exact_to_the_microsecond() {
        let noon: DateTime<Utc> = "2026-01-01T12:00:00Z".parse().unwrap();
        let after: DateTime<Utc> = "2026-01-01T12:00:00.000001Z".parse().unwrap();
        let range = |operator: &str| match meaning(&format!(
            "created_at {operator} \"2026-01-01T13:00:00+01:00\""
        )) {
            Specification::Test(UserTest::Created(range)) => (range.from, range.before),
            other => panic!("{other:?}"),
        };
        assert_eq!(range("eq"), (Some(noon), Some(after)));
        assert_eq!(range("gt"), (Some(after), None));
        assert_eq!(range("ge"), (Some(noon), None));
        assert_eq!(range("lt"), (None, Some(noon)));
        assert_eq!(range("le"), (None, Some(after)));
    }

    #[test]
    fn a_phone_is_found_however_it_is_written() {
        let number = |text: &str| {
            UserSpecification::from(UserTest::Phone(
                PhoneTest::Number(TextTest::equals(text)).into(),
            ))
        };
        for text in ["+1 (202) 555-0143", "+12025550143", "001 202 555 0143"] {
            let found = meaning(&format!("phone eq \"{text}\""));
            assert_eq!(found, number("+12025550143"), "{text}");
        }
        let germany = Region::parse("DE").unwrap();
        let local = read("phone eq \"030 12345678\"", Some(germany)).unwrap();
        assert_eq!(local, number("+493012345678"));
    }

    #[test]
    fn emails_are_compared_in_canonical_form() {
        assert_eq!(meaning("email eq \"x@MÜLLER.de\""), meaning("email eq \"x@xn--mller-kva.de\""));
        assert_eq!(
            meaning("email_domain eq \"müller.de\""),
            meaning("emails.domain eq \"xn--mller-kva.de\"")
        );
    }

    #[test]
    fn what_a_field_cannot_be_compared_with_is_told() {
        insta::assert_snapshot!(
            [
                "shoe_size eq 43",
                "username eq 43",
                "username gt \"a\"",
                "status eq \"gone\"",
                "status co \"act\"",
                "role eq true",
                "email_verified eq \"true\"",
                "email_verified gt true",
                "created_at eq \"yesterday\"",
                "created_at sw \"2026\"",
                "created_at gt null",
                "id eq \"7\"",
                "country eq \"Atlantis\"",
                "emails[shoe eq 1]",
                "emails[emails[type pr]]",
                "users[type pr]",
                "addresses eq \"x\"",
                "phones.type eq \"x\"",
            ]
            .map(fault)
            .join("\n")
        );
    }
}
