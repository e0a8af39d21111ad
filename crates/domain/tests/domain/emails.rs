use userdom_domain::{ContactType, DomainEvent, EmailAddress, UserAggregate, UserError};

use crate::{default_of, email_id, now, user_with_emails};

const WORK: ContactType = ContactType::Work;
const PRIMARY: ContactType = ContactType::Primary;

#[test]
fn r19_the_first_email_becomes_the_default_and_primary() {
    let user = user_with_emails(&[WORK, WORK]);
    assert_eq!(default_of(&user), email_id(1));
    assert_eq!(user.default_email().unwrap().contact_type(), PRIMARY);
    assert_eq!(user.emails()[1].contact_type(), WORK);
}

#[test]
fn r19_an_email_can_be_added_as_the_default() {
    let mut user = user_with_emails(&[PRIMARY]);
    let email = EmailAddress::parse("new@example.org").unwrap();
    user.add_email(email_id(9), email, WORK, true, now()).unwrap();
    assert_eq!(default_of(&user), email_id(9));
    assert_eq!(user.emails().iter().filter(|email| email.is_default()).count(), 1);
}

#[test]
fn r19_a_duplicate_is_refused_in_any_case() {
    let mut user = user_with_emails(&[PRIMARY]);
    let again = EmailAddress::parse("E1@Example.ORG").unwrap();
    let refused = user.add_email(email_id(9), again, WORK, false, now()).unwrap_err();
    assert_eq!(refused.to_string(), "Email e1@example.org already exists");
}

#[test]
fn r19_an_unknown_email_is_not_found() {
    let mut user = user_with_emails(&[PRIMARY]);
    assert_eq!(user.remove_email(email_id(9), now()), Err(UserError::EmailNotFound(email_id(9))));
    assert_eq!(
        user.set_default_email(email_id(9), now()),
        Err(UserError::EmailNotFound(email_id(9)))
    );
}

#[test]
fn r19_the_only_email_stays() {
    let mut user = user_with_emails(&[PRIMARY]);
    let refused = user.remove_email(email_id(1), now()).unwrap_err();
    assert_eq!(refused.to_string(), "Cannot remove the only email address");
}

#[test]
fn r19_becoming_the_default_makes_an_email_primary() {
    let mut user = user_with_emails(&[PRIMARY, WORK]);
    user.set_default_email(email_id(2), now()).unwrap();
    assert_eq!(user.default_email().unwrap().contact_type(), PRIMARY);
}

#[test]
fn r19_the_default_cannot_be_given_another_type() {
    let mut user = user_with_emails(&[PRIMARY, WORK]);
    assert_eq!(
        user.set_email_type(email_id(1), WORK, now()),
        Err(UserError::DefaultEmailIsPrimary)
    );
    user.set_email_type(email_id(2), ContactType::Billing, now()).unwrap();
    assert_eq!(user.emails()[1].contact_type(), ContactType::Billing);
}

#[test]
fn r20_an_unverified_email_cannot_be_the_default_beside_a_verified_one() {
    let mut user = user_with_emails(&[PRIMARY, WORK]);
    user.verify_email(email_id(1), now()).unwrap();
    assert_eq!(
        user.set_default_email(email_id(2), now()),
        Err(UserError::DefaultEmailMustBeVerified)
    );
    let email = EmailAddress::parse("new@example.org").unwrap();
    let before = user.clone();
    assert_eq!(
        user.add_email(email_id(9), email, WORK, true, now()),
        Err(UserError::DefaultEmailMustBeVerified)
    );
    assert_eq!(user, before, "a refused operation changes nothing");
}

#[test]
fn r20_the_first_verified_email_becomes_the_default() {
    let mut user = user_with_emails(&[PRIMARY, WORK, WORK]);
    user.verify_email(email_id(2), now()).unwrap();
    assert_eq!(default_of(&user), email_id(2));
    user.verify_email(email_id(3), now()).unwrap();
    assert_eq!(default_of(&user), email_id(2), "a second one does not");
}

#[test]
fn r20_removing_the_default_promotes_verified_primary_then_verified_then_primary_then_oldest() {
    let mut user = user_with_emails(&[WORK, WORK, PRIMARY, WORK, PRIMARY]);
    user.verify_email(email_id(1), now()).unwrap();
    user.verify_email(email_id(4), now()).unwrap();
    user.verify_email(email_id(5), now()).unwrap();
    for heir in [5, 4, 3, 2] {
        user.remove_email(default_of(&user), now()).unwrap();
        assert_eq!(default_of(&user), email_id(heir));
        assert!(user.validate().is_empty());
    }
}

#[test]
fn r16_email_verified_follows_the_default_email() {
    let mut user = user_with_emails(&[PRIMARY, WORK]);
    assert!(!user.email_verified());
    user.verify_email(email_id(1), now()).unwrap();
    assert!(user.email_verified());
    user.remove_email(email_id(1), now()).unwrap();
    assert!(!user.email_verified());
}

#[test]
fn r18_verifying_twice_is_verifying_once() {
    let mut user = user_with_emails(&[PRIMARY]);
    user.verify_email(email_id(1), now()).unwrap();
    let once = user.clone();
    user.verify_email(email_id(1), now()).unwrap();
    assert_eq!(user, once);
}

#[test]
fn r23_a_user_has_at_most_twenty_emails() {
    let mut user = user_with_emails(&[WORK; UserAggregate::MAX_EMAILS]);
    let email = EmailAddress::parse("one.more@example.org").unwrap();
    assert_eq!(
        user.add_email(email_id(99), email, WORK, false, now()),
        Err(UserError::TooMany { what: "emails", max: 20 })
    );
}

#[test]
fn r26_accepted_changes_are_told_in_order_and_refused_ones_are_not() {
    let mut user = user_with_emails(&[PRIMARY, WORK]);
    let _ = user.mark_saved();
    user.remove_email(email_id(1), now()).unwrap();
    user.remove_email(email_id(2), now()).unwrap_err();
    let events: Vec<_> = user.events().iter().map(|recorded| recorded.event.clone()).collect();
    assert_eq!(
        events,
        [
            DomainEvent::EmailRemoved { email_id: email_id(1) },
            DomainEvent::DefaultEmailChanged { email_id: email_id(2) },
        ]
    );
}

#[test]
fn r26_a_save_raises_the_version_by_one() {
    let mut user = user_with_emails(&[PRIMARY]);
    assert_eq!(user.version(), 0);
    assert_eq!(user.mark_saved().len(), 3);
    assert_eq!((user.version(), user.events().len()), (1, 0));
}

#[test]
fn a_verified_email_needs_no_verification_mail() {
    let mut user = user_with_emails(&[PRIMARY]);
    user.verify_email(email_id(1), now()).unwrap();
    assert_eq!(
        user.request_email_verification(email_id(1), now()),
        Err(UserError::EmailAlreadyVerified)
    );
}
