//! Many at once.

use std::sync::atomic::{AtomicBool, Ordering};

use userdom_domain::{ContactType, EmailId, RepositoryError, UniqueKey, UserAggregate};

use super::{
    StoreUnderTest,
    support::{find, minute, saved, settled},
};
use crate::{ports::UnitOfWork, testing::given};

fn load(uow: &mut dyn UnitOfWork, user: &UserAggregate) -> Result<UserAggregate, RepositoryError> {
    Ok(uow.users().find_by_id(user.id())?.unwrap())
}

pub fn c1_no_update_is_lost(t: &dyn StoreUnderTest) {
    let user = saved(t, given::a_pending_user().build());
    std::thread::scope(|scope| {
        for n in 0..8 {
            let user = &user;
            scope.spawn(move || {
                settled(t, |uow| {
                    let mut user = load(uow, user)?;
                    let address = given::email(&format!("writer{n}@example.org"));
                    let id = given::an_email_id();
                    user.add_email(id, address, ContactType::Work, true, minute(1)).unwrap();
                    uow.users().save(&mut user)
                })
                .unwrap();
            });
        }
    });
    let stored = find(t, user.id()).unwrap();
    assert_eq!(stored.emails().len(), 9);
    assert_eq!(stored.version(), 9);
    assert_eq!(stored.validate(), []);
}

pub fn c1_one_of_many_gets_the_username(t: &dyn StoreUnderTest) {
    let takers: usize = std::thread::scope(|scope| {
        let register = || {
            let user = given::a_pending_user().with_username("wanted").build();
            let saved = settled(t, |uow| uow.users().save(&mut user.clone()));
            assert_eq!(find(t, user.id()).is_some(), saved.is_ok());
            if let Err(refused) = &saved {
                let is_taken = RepositoryError::Duplicate(UniqueKey::Username);
                assert_eq!(refused.to_string(), is_taken.to_string());
            }
            usize::from(saved.is_ok())
        };
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(register)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert_eq!(takers, 1);
}

pub fn c3_a_reader_always_sees_one_default_email(t: &dyn StoreUnderTest) {
    let user = given::a_pending_user().with_unverified_email("second@example.org");
    let user = saved(t, user.build());
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let writers: Vec<_> = (0..4)
            .map(|n| {
                let user = &user;
                scope.spawn(move || {
                    for round in 0..8 {
                        add_make_default_and_remove(t, user, n * 100 + round);
                    }
                })
            })
            .collect();
        for _ in 0..2 {
            scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    let seen = find(t, user.id()).unwrap();
                    assert_eq!(seen.validate(), []);
                    assert!(seen.emails().len() <= 6, "{:?}", seen.emails());
                }
            });
        }
        let results: Vec<_> =
            writers.into_iter().map(std::thread::ScopedJoinHandle::join).collect();
        is_over.store(true, Ordering::Relaxed);
        assert!(results.iter().all(Result::is_ok), "a writer failed");
    });
    let stored = find(t, user.id()).unwrap();
    assert_eq!(stored.emails().len(), 2);
    assert_eq!(stored.version(), 1 + 4 * 8 * 3);
}

fn add_make_default_and_remove(t: &dyn StoreUnderTest, user: &UserAggregate, n: i32) {
    let id: EmailId = given::an_email_id();
    let change = |change: &dyn Fn(&mut UserAggregate)| {
        settled(t, |uow| {
            let mut user = load(uow, user)?;
            change(&mut user);
            uow.users().save(&mut user)
        })
        .unwrap();
    };
    change(&|user| {
        let address = given::email(&format!("guest{n}@example.org"));
        user.add_email(id, address, ContactType::Work, false, minute(1)).unwrap();
    });
    change(&|user| user.set_default_email(id, minute(2)).unwrap());
    change(&|user| user.remove_email(id, minute(3)).unwrap());
}
