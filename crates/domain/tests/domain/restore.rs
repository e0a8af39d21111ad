use userdom_domain::{
    AddressId, ContactType, Preferences, UserAddress, UserAggregate, UserError, UserPhone,
    UserRole, UserSnapshot, UserStatus,
};

use crate::example;

fn john() -> UserSnapshot {
    example::john().snapshot()
}

fn violations(user: &UserAggregate) -> Vec<String> {
    user.validate().iter().map(ToString::to_string).collect()
}

#[test]
fn a_user_is_restored_as_it_was() {
    let mut john = example::john();
    let _ = john.mark_saved();
    assert_eq!(UserAggregate::restore(john.snapshot()), john);
}

/// What is odd, and how to make it so.
type Oddity = (&'static str, fn(&mut UserSnapshot));

/// What another application can write, one oddity each, and what `validate` says of it.
fn oddities() -> Vec<Oddity> {
    vec![
        ("Username may contain only", |s| s.username = "jane doe".into()),
        ("Username must be at most 50", |s| s.username = "j".repeat(51)),
        ("Unknown status: archived", |s| s.status = "archived".into()),
        ("Unknown status: gone", |s| s.status_before = Some("gone".into())),
        ("Unknown role: superuser", |s| s.roles.push("superuser".into())),
        ("Preferences must be JSON", |s| s.preferences = "null".into()),
        ("Preference theme must be", |s| s.preferences = "{\"theme\":7}".into()),
        ("Name cannot be empty", |s| profile(s).first_name = String::new()),
        ("Name must be at most 100", |s| profile(s).last_name = "x".repeat(101)),
        ("Date of birth cannot be before 1900", |s| {
            profile(s).date_of_birth = "0001-01-01".parse().ok();
        }),
        ("Date of birth cannot be in the future", |s| {
            profile(s).date_of_birth = "9999-12-31".parse().ok();
        }),
        ("Gender must", |s| profile(s).gender = Some("x".repeat(21))),
        ("Language must", |s| profile(s).preferred_language = "english".into()),
        ("Time zone must", |s| profile(s).timezone = "Europe/Atlantis".into()),
        ("Bio cannot contain control", |s| profile(s).bio = Some("a\u{1b}".into())),
        ("Avatar", |s| profile(s).avatar_url = Some("ftp://x".into())),
        ("Invalid email format: nobody", |s| s.emails[1].email = "nobody".into()),
        ("Email must be in lower case", |s| s.emails[1].email = "A@Example.org".into()),
        ("Unknown email provider: MyMail", |s| s.emails[1].provider = Some("MyMail".into())),
        ("Must be a valid contact type", |s| s.emails[1].contact_type = "fax".into()),
        ("exactly one default email (found 0)", |s| s.emails[0].is_default = false),
        ("exactly one default email (found 2)", |s| s.emails[1].is_default = true),
        ("Default email must be PRIMARY", |s| s.emails[0].contact_type = "work".into()),
        ("Default email must be verified", |s| s.emails[1].is_verified = true),
        ("verified flags", |s| s.email_verified = true),
        ("Phone number must have at least 10", |s| s.phones[0].phone_number = "555-1234".into()),
        ("Phone number may contain only", |s| s.phones[1].phone_number = "letters".into()),
        ("Must be a valid contact type", |s| s.phones[0].contact_type = "pager".into()),
        ("Invalid US ZIP code", |s| s.addresses[0].postal_code = "1234".into()),
        ("Unknown country: XX", |s| s.addresses[0].country = "XX".into()),
        ("City is required", |s| s.addresses[0].city = String::new()),
        ("User must have at least one email", |s| s.emails.clear()),
    ]
}

fn profile(s: &mut UserSnapshot) -> &mut userdom_domain::ProfileSnapshot {
    s.profile.as_mut().unwrap()
}

#[test]
fn r29_what_breaks_a_rule_is_read_as_it_stands_and_named() {
    for (fault, break_it) in oddities() {
        let mut snapshot = john();
        break_it(&mut snapshot);
        let user = UserAggregate::restore(snapshot.clone());
        assert_eq!(user.snapshot(), snapshot, "{fault}");
        let found = violations(&user);
        assert!(found.iter().any(|found| found.contains(fault)), "{fault}: {found:?}");
    }
}

#[test]
fn r29_a_change_of_something_else_rewrites_nothing_odd() {
    for (fault, break_it) in oddities() {
        let mut snapshot = john();
        break_it(&mut snapshot);
        let mut user = UserAggregate::restore(snapshot.clone());
        let now = "2026-02-01T00:00:00Z".parse().unwrap();
        user.set_two_factor(true, now);
        let changed =
            UserSnapshot { two_factor_enabled: true, updated_at: now, ..snapshot.clone() };
        assert_eq!(user.snapshot(), changed, "{fault}");
    }
}

#[test]
fn r29_what_is_written_in_another_way_is_no_fault_and_stays() {
    let mut snapshot = john();
    snapshot.emails[0].contact_type = "PRIMARY".to_owned();
    snapshot.addresses[0].country = "United States".to_owned();
    snapshot.phones[0].formatted_number = None;
    snapshot.phones[1].country_code = None;
    snapshot.emails[0].provider = None;
    let user = UserAggregate::restore(snapshot.clone());
    assert_eq!(user.snapshot(), snapshot);
    assert_eq!(violations(&user), [""; 0]);
    assert_eq!(user.emails()[0].contact_type(), ContactType::Primary);
    assert_eq!(user.addresses()[0].address().country().as_str(), "USA");
    assert_eq!(user.phones()[0].phone().national(), "(555) 123-4567");
}

#[test]
fn r29_an_unknown_role_gives_no_right_and_is_kept() {
    let mut snapshot = john();
    snapshot.roles = vec!["superuser".to_owned()];
    let mut user = UserAggregate::restore(snapshot);
    assert!(user.roles().is_empty());
    assert_eq!(user.highest_role(), UserRole::Guest);
    let now = user.created_at();
    user.set_roles([UserRole::Premium].into(), now).unwrap();
    assert_eq!(user.snapshot().roles, ["premium", "superuser"]);
}

#[test]
fn r29_what_is_missing_reads_as_the_default() {
    let mut snapshot = john();
    snapshot.roles.clear();
    snapshot.preferences = "null".to_owned();
    snapshot.emails[0].is_default = false;
    snapshot.emails[1].is_verified = true;
    let user = UserAggregate::restore(snapshot);
    assert!(user.has_role(UserRole::User));
    assert_eq!(user.preferences().entries(), Preferences::default().entries());
    assert_eq!(user.default_email().unwrap().email().as_str(), "john.doe@company.com");
}

#[test]
fn r29_an_unknown_status_lets_nobody_in_and_every_known_one_may_follow() {
    let mut snapshot = john();
    snapshot.status = "archived".to_owned();
    let user = UserAggregate::restore(snapshot);
    assert_eq!(user.status(), UserStatus::Suspended);
    let now = user.created_at();
    let note = || userdom_domain::StatusNote::new("spam", user.id(), None).unwrap();
    let changes: [fn(&mut UserAggregate, userdom_domain::StatusNote) -> bool; 4] = [
        |user, note| user.suspend(note, user.created_at()).is_ok(),
        |user, note| user.ban(note, user.created_at()).is_ok(),
        |user, _| user.reinstate(user.created_at()).is_ok(),
        |user, _| user.delete(user.created_at()).is_ok(),
    ];
    for change in changes {
        let mut user = user.clone();
        assert!(change(&mut user, note()));
        assert_ne!(user.snapshot().status, "archived");
    }
    assert!(!user.can_login(now));
}

#[test]
fn r29_whoever_changes_an_odd_value_gives_a_good_one() {
    let mut snapshot = john();
    snapshot.emails[1].contact_type = "fax".to_owned();
    let mut user = UserAggregate::restore(snapshot);
    assert_eq!(violations(&user).len(), 1);
    let (id, now) = (user.emails()[1].id(), user.created_at());
    user.set_email_type(id, ContactType::Other, now).unwrap();
    assert_eq!(user.snapshot().emails[1].contact_type, "other");
    assert_eq!(violations(&user), [""; 0]);
}

#[test]
fn r19_a_stored_default_that_is_not_primary_is_made_so() {
    for stored in ["work", "fax"] {
        let mut snapshot = john();
        snapshot.emails[0].contact_type = stored.to_owned();
        let odd = UserAggregate::restore(snapshot);
        let (id, now) = (odd.emails()[0].id(), odd.created_at());
        let by_type = |user: &mut UserAggregate| user.set_email_type(id, ContactType::Primary, now);
        let by_default = |user: &mut UserAggregate| user.set_default_email(id, now);
        let other_type = |user: &mut UserAggregate| user.set_email_type(id, ContactType::Home, now);
        for mend in [&by_type as &dyn Fn(&mut UserAggregate) -> _, &by_default] {
            let mut user = odd.clone();
            mend(&mut user).unwrap();
            assert_eq!(user.snapshot().emails[0].contact_type, "primary", "{stored}");
            assert_eq!(violations(&user), [""; 0], "{stored}");
        }
        assert_eq!(other_type(&mut odd.clone()), Err(UserError::DefaultEmailIsPrimary));
    }
}

#[test]
fn r19_a_default_that_is_primary_in_capitals_can_be_called_primary() {
    let mut snapshot = john();
    snapshot.emails[0].contact_type = "PRIMARY".to_owned();
    let mut user = UserAggregate::restore(snapshot);
    let (id, now) = (user.emails()[0].id(), user.created_at());
    user.set_email_type(id, ContactType::Primary, now).unwrap();
    assert_eq!(user.snapshot().emails[0].contact_type, "primary");
}

#[test]
fn r16_the_flag_follows_when_the_default_that_nobody_marked_is_removed() {
    let mut snapshot = john();
    snapshot.emails[0].is_default = false;
    snapshot.emails[0].is_verified = true;
    snapshot.email_verified = true;
    let mut user = UserAggregate::restore(snapshot);
    let now = user.created_at();
    user.remove_email(user.emails()[0].id(), now).unwrap();
    assert!(!user.email_verified());
    assert_eq!(violations(&user), [""; 0]);
}

#[test]
fn r22_of_two_stored_defaults_of_a_type_the_chosen_one_stays() {
    let mut snapshot = john();
    let mut address = snapshot.addresses[0].clone();
    address.id = uuid::Uuid::from_u128(99);
    for (address, stored) in [(&mut snapshot.addresses[0], "HOME"), (&mut address, "home")] {
        (address.is_default, address.contact_type) = (true, stored.to_owned());
    }
    let address_id = AddressId::from_uuid(address.id);
    snapshot.addresses.push(address);
    for (phone, stored) in snapshot.phones.iter_mut().zip(["HOME", "home"]) {
        (phone.is_default, phone.contact_type) = (true, stored.to_owned());
    }
    let mut user = UserAggregate::restore(snapshot);
    let now = user.created_at();
    let phone_id = user.phones()[1].id();
    user.set_default_phone(phone_id, now).unwrap();
    user.set_default_address(address_id, now).unwrap();
    let phones = user.phones().iter().filter(|phone| phone.is_default());
    assert_eq!(phones.map(UserPhone::id).collect::<Vec<_>>(), [phone_id]);
    let addresses = user.addresses().iter().filter(|address| address.is_default());
    assert_eq!(addresses.map(UserAddress::id).collect::<Vec<_>>(), [address_id]);
}
