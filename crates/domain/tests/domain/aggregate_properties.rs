use proptest::prelude::*;
use userdom_domain::{
    AddressId, ContactType, EmailAddress, EmailId, PhoneId, PhoneNumber, StatusNote, UserAggregate,
};

use crate::{example, now};

/// Anything that can be done to a user; small numbers, so that the operations meet.
#[derive(Debug, Clone)]
enum Operation {
    AddEmail(u8, usize, bool),
    RemoveEmail(u8),
    DefaultEmail(u8),
    VerifyEmail(u8),
    EmailType(u8, usize),
    AddPhone(u8, usize, bool),
    RemovePhone(u8),
    DefaultPhone(u8),
    VerifyPhone(u8),
    PhoneType(u8, usize),
    AddAddress(u8, usize, bool),
    RemoveAddress(u8),
    DefaultAddress(u8),
    ReplaceAddress(u8, usize),
    Status(u8),
    FailedLogin,
    Login,
}

fn operations() -> impl Strategy<Value = Vec<Operation>> {
    let n = 0..8_u8;
    let kind = 0..3_usize;
    let one = prop_oneof![
        (n.clone(), kind.clone(), any::<bool>()).prop_map(|(n, k, d)| Operation::AddEmail(n, k, d)),
        n.clone().prop_map(Operation::RemoveEmail),
        n.clone().prop_map(Operation::DefaultEmail),
        n.clone().prop_map(Operation::VerifyEmail),
        (n.clone(), kind.clone()).prop_map(|(n, k)| Operation::EmailType(n, k)),
        (n.clone(), kind.clone(), any::<bool>()).prop_map(|(n, k, d)| Operation::AddPhone(n, k, d)),
        n.clone().prop_map(Operation::RemovePhone),
        n.clone().prop_map(Operation::DefaultPhone),
        n.clone().prop_map(Operation::VerifyPhone),
        (n.clone(), kind.clone()).prop_map(|(n, k)| Operation::PhoneType(n, k)),
        (n.clone(), kind.clone(), any::<bool>())
            .prop_map(|(n, k, d)| Operation::AddAddress(n, k, d)),
        n.clone().prop_map(Operation::RemoveAddress),
        n.clone().prop_map(Operation::DefaultAddress),
        (n.clone(), kind).prop_map(|(n, k)| Operation::ReplaceAddress(n, k)),
        (0..7_u8).prop_map(Operation::Status),
        Just(Operation::FailedLogin),
        Just(Operation::Login),
    ];
    prop::collection::vec(one, 0..40)
}

/// Refusals are fine here: only what was accepted counts.
fn perform(user: &mut UserAggregate, operation: &Operation) -> bool {
    let kinds = [ContactType::Primary, ContactType::Work, ContactType::Home];
    let email = |n: u8| EmailId::from_parts(now(), [100 + n; 10]);
    let phone = |n: u8| PhoneId::from_parts(now(), [100 + n; 10]);
    let address = |n: u8| AddressId::from_parts(now(), [100 + n; 10]);
    let at = now();
    let result = match *operation {
        Operation::AddEmail(n, k, default) => {
            let text = EmailAddress::parse(&format!("e{}@example.org", n / 2)).unwrap();
            if user.email(email(n)).is_ok() {
                return false;
            }
            user.add_email(email(n), text, kinds[k], default, at)
        }
        Operation::RemoveEmail(n) => user.remove_email(email(n), at),
        Operation::DefaultEmail(n) => user.set_default_email(email(n), at),
        Operation::VerifyEmail(n) => user.verify_email(email(n), at),
        Operation::EmailType(n, k) => user.set_email_type(email(n), kinds[k], at),
        Operation::AddPhone(n, k, default) => {
            if user.phone(phone(n)).is_ok() {
                return false;
            }
            let number = PhoneNumber::parse(&format!("+1 212 555 010{}", n / 2), None).unwrap();
            user.add_phone(phone(n), number, kinds[k], default, at)
        }
        Operation::RemovePhone(n) => user.remove_phone(phone(n), at),
        Operation::DefaultPhone(n) => user.set_default_phone(phone(n), at),
        Operation::VerifyPhone(n) => user.verify_phone(phone(n), at),
        Operation::PhoneType(n, k) => user.set_phone_type(phone(n), kinds[k], at),
        Operation::AddAddress(n, k, default) => {
            if user.address(address(n)).is_ok() {
                return false;
            }
            let value = example::john().addresses()[0].address().clone();
            user.add_address(address(n), value, kinds[k], default, at)
        }
        Operation::RemoveAddress(n) => user.remove_address(address(n), at),
        Operation::DefaultAddress(n) => user.set_default_address(address(n), at),
        Operation::ReplaceAddress(n, k) => {
            let value = example::john().addresses()[1].address().clone();
            user.replace_address(address(n), value, kinds[k], at)
        }
        Operation::Status(n) => {
            let note = StatusNote::new("because", user.id(), None).unwrap();
            match n {
                0 => user.activate(at),
                1 => user.suspend(note, at),
                2 => user.reinstate(at),
                3 => user.ban(note, at),
                4 => user.unban(at),
                5 => user.delete(at),
                _ => user.restore_account(at),
            }
        }
        Operation::FailedLogin => {
            user.record_failed_login(at);
            Ok(())
        }
        Operation::Login => {
            user.record_login(at);
            Ok(())
        }
    };
    result.is_ok()
}

proptest! {
    #[test]
    fn r25_any_sequence_of_operations_leaves_a_valid_user(operations in operations()) {
        let mut user = example::john();
        for operation in &operations {
            let before = user.clone();
            if !perform(&mut user, operation) {
                prop_assert_eq!(&user, &before, "a refused operation changes nothing");
            }
            prop_assert_eq!(user.validate(), [], "after {:?}", operation);
        }
    }

    #[test]
    fn restoring_a_snapshot_gives_the_same_user(operations in operations()) {
        let mut user = example::john();
        for operation in &operations {
            perform(&mut user, operation);
        }
        let _ = user.mark_saved();
        let restored = UserAggregate::restore(user.snapshot());
        prop_assert_eq!(restored, user);
    }
}
