//! Emails come back as they were saved.

use userdom_domain::{ContactType, EmailRepository, UserAggregate, UserError};

use super::{
    StoreUnderTest,
    support::{changed, find, in_one_unit, minute, saved},
};
use crate::testing::given;

fn three_emails(t: &dyn StoreUnderTest) -> UserAggregate {
    let user = given::a_pending_user().with_email("one@example.org");
    let user = user.with_unverified_email("two@example.org");
    saved(t, user.with_unverified_email("three@example.org").build())
}

pub fn an_email_is_added_typed_verified_and_removed(t: &dyn StoreUnderTest) {
    let user = three_emails(t);
    let [one, two, three] = [0, 1, 2].map(|n| user.emails()[n].id());
    let user = changed(t, &user, |user| {
        user.set_email_type(two, ContactType::Work, minute(1)).unwrap();
    });
    assert_eq!(user.email(two).unwrap().contact_type(), ContactType::Work);
    let user = changed(t, &user, |user| {
        user.verify_email(three, minute(2)).unwrap();
    });
    assert!(user.email_verified(), "R20: it is the default now");
    assert_eq!(user.email(three).unwrap().verified_at(), Some(minute(2)));
    let user = changed(t, &user, |user| {
        user.remove_email(one, minute(3)).unwrap();
        let address = given::email("four@example.org");
        user.add_email(given::an_email_id(), address, ContactType::Other, false, minute(3))
            .unwrap();
    });
    assert_eq!(user.emails().len(), 3);
}

pub fn r19_the_default_email_moves_back_and_forth_in_one_save(t: &dyn StoreUnderTest) {
    let user = three_emails(t);
    let [one, two, _] = [0, 1, 2].map(|n| user.emails()[n].id());
    for (steps, last) in [(vec![two], two), (vec![one, two, one], one), (vec![two, one], one)] {
        let user = changed(t, &user, |user| {
            for id in &steps {
                user.set_default_email(*id, minute(1)).unwrap();
            }
        });
        assert_eq!(user.default_email().unwrap().id(), last);
    }
}

pub fn r20_removing_the_default_email_promotes_another(t: &dyn StoreUnderTest) {
    let user = three_emails(t);
    let [one, two, _] = [0, 1, 2].map(|n| user.emails()[n].id());
    let user = changed(t, &user, |user| user.remove_email(one, minute(1)).unwrap());
    assert_eq!(user.default_email().unwrap().id(), two);
}

pub fn an_email_is_removed_and_added_again_in_one_save(t: &dyn StoreUnderTest) {
    let user = three_emails(t);
    let one = user.emails()[0].id();
    let id = given::an_email_id();
    let user = changed(t, &user, |user| {
        user.remove_email(one, minute(1)).unwrap();
        let address = given::email("one@example.org");
        user.add_email(id, address, ContactType::Work, true, minute(1)).unwrap();
    });
    assert_eq!(user.default_email().unwrap().id(), id);
}

pub fn r23_a_full_contact_book_comes_back_whole(t: &dyn StoreUnderTest) {
    let mut user = given::an_active_user().build();
    let now = given::now();
    for n in 1..UserAggregate::MAX_EMAILS {
        let address = given::email(&format!("number{n}@example.org"));
        let kind = ContactType::ALL[n % 9];
        user.add_email(given::an_email_id(), address, kind, false, now).unwrap();
    }
    for n in 0..UserAggregate::MAX_PHONES {
        let number = given::phone(&format!("+4420794600{n:02}"));
        let kind = ContactType::ALL[n % 9];
        user.add_phone(given::a_phone_id(), number, kind, true, now).unwrap();
    }
    for n in 0..UserAggregate::MAX_ADDRESSES {
        let address = given::address(&format!("Invalidenstraße {n}"));
        let kind = ContactType::ALL[n % 9];
        user.add_address(given::an_address_id(), address, kind, true, now).unwrap();
    }
    let user = saved(t, user);
    assert_eq!(find(t, user.id()).unwrap(), user);
    changed(t, &user, |user| {
        for n in 0..UserAggregate::MAX_ADDRESSES {
            let (id, kind) = (user.addresses()[n].id(), user.addresses()[n].contact_type());
            let address = given::address(&format!("Chausseestraße {n}"));
            user.replace_address(id, address, kind, minute(1)).unwrap();
        }
    });
}

pub fn r27_the_emails_of_one_user_are_a_repository_of_their_own(t: &dyn StoreUnderTest) {
    let user = saved(t, given::a_pending_user().with_email("one@example.org").build());
    let (id, first, second) = (user.id(), user.emails()[0].id(), given::an_email_id());
    let address = || given::email("two@example.org");
    in_one_unit(t, |uow| {
        let users = uow.users();
        let added = users.add_email(id, second, address(), ContactType::Work, minute(1))?;
        assert_eq!(added, Some(Ok(())));
        assert_eq!(users.set_default_email(id, second, minute(2))?, Some(Ok(())));
        assert_eq!(users.user_emails(id)?.len(), 2);
        assert_eq!(users.remove_email(id, first, minute(3))?, Some(Ok(())));
        let refused = users.remove_email(id, second, minute(4))?;
        assert_eq!(refused, Some(Err(UserError::CannotRemoveOnlyEmail)));
        let nobody = given::a_user_id();
        assert_eq!(users.remove_email(nobody, second, minute(4))?, None);
        assert!(users.user_emails(nobody)?.is_empty());
        Ok(())
    })
    .unwrap();
    let user = find(t, id).unwrap();
    assert_eq!(user.version(), 4);
    assert_eq!(user.emails().len(), 1);
    assert_eq!(user.default_email().unwrap().id(), second);
}
