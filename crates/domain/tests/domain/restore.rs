use userdom_domain::{ContactType, UserAggregate, example};

#[test]
fn a_user_is_restored_as_it_was() {
    let mut john = example::john();
    let _ = john.mark_saved();
    assert_eq!(UserAggregate::restore(john.snapshot()).unwrap(), john);
}

#[test]
fn a_corrupt_value_names_its_part() {
    let mut snapshot = example::john().snapshot();
    let id = snapshot.phones[1].id;
    snapshot.phones[1].phone_number = "letters".to_owned();
    let error = UserAggregate::restore(snapshot).unwrap_err();
    assert_eq!((error.part, error.id), ("phone", id));
}

#[test]
fn two_default_emails_are_no_sound_user() {
    let mut snapshot = example::john().snapshot();
    snapshot.emails[1].is_default = true;
    let error = UserAggregate::restore(snapshot).unwrap_err();
    assert!(error.reason.contains("exactly one default email (found 2)"), "{error}");
}

#[test]
fn what_the_seeds_models_leave_behind_is_mended() {
    let mut snapshot = example::john().snapshot();
    snapshot.emails[0].is_default = false;
    snapshot.emails[1].is_verified = true;
    snapshot.email_verified = false;
    snapshot.roles.clear();
    snapshot.password_hash = "hashed_password_123".to_owned();
    let user = UserAggregate::restore(snapshot).unwrap();
    let default = user.default_email().unwrap();
    assert_eq!(default.email().as_str(), "john.doe@company.com");
    assert_eq!(default.contact_type(), ContactType::Primary);
    assert!(user.user().email_verified());
    assert_eq!(user.user().roles().len(), 1);
    assert!(user.validate().is_empty());
}
