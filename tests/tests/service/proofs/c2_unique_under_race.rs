use userdom_application::{AppError, Caller, use_cases::VerifyEmail};
use userdom_domain::UniqueKey;
use userdom_tests::databases::Kind;

use super::support::{World, alone, at_once, patiently};

const RIVALS: usize = 100;

/// `number` in binary says which letters are large.
fn in_case(name: &str, number: usize) -> String {
    let large = |(n, letter): (usize, char)| {
        if number >> n & 1 == 1 { letter.to_ascii_uppercase() } else { letter }
    };
    name.chars().enumerate().map(large).collect()
}

/// Seen to fail: without the index on lower(username) 64 rivals got it, one for each spelling.
fn one_of_many_gets_the_username(kind: Kind) {
    let _alone = alone();
    let world = World::new(kind);
    let results = at_once(RIVALS, |n| {
        patiently(|| world.register(&in_case("wanted_name", n), &format!("rival{n}@example.org")))
    });
    let winners = results.iter().filter(|result| result.is_ok()).count();
    for refused in results.into_iter().filter_map(Result::err) {
        assert!(matches!(refused, AppError::Taken(UniqueKey::Username)), "{refused:?}");
    }
    assert_eq!(winners, 1);
}

/// Seen to fail: without the partial index on verified emails all 100 became owners.
fn one_of_many_verifies_the_address(kind: Kind) {
    let _alone = alone();
    let world = World::new(kind);
    for n in 0..RIVALS {
        let address = format!("{}@example.org", in_case("wanted", n));
        world.register(&format!("rival{n}"), &address).unwrap();
    }
    let tokens = world.verification_tokens();
    assert_eq!(tokens.len(), RIVALS);
    let results = at_once(RIVALS, |n| {
        patiently(|| {
            world.app.execute(&Caller::default(), &VerifyEmail { token: tokens[n].clone() })
        })
    });
    let owners = results.iter().filter(|result| result.is_ok()).count();
    for refused in results.into_iter().filter_map(Result::err) {
        assert!(matches!(refused, AppError::Taken(UniqueKey::VerifiedEmail)), "{refused:?}");
    }
    assert_eq!(owners, 1);
}

#[test]
fn c2_one_of_a_hundred_gets_the_username_on_sqlite() {
    one_of_many_gets_the_username(Kind::Sqlite);
}

#[test]
fn c2_one_of_a_hundred_gets_the_username_on_postgres() {
    one_of_many_gets_the_username(Kind::Postgres);
}

#[test]
fn c2_one_of_a_hundred_verifies_the_address_on_sqlite() {
    one_of_many_verifies_the_address(Kind::Sqlite);
}

#[test]
fn c2_one_of_a_hundred_verifies_the_address_on_postgres() {
    one_of_many_verifies_the_address(Kind::Postgres);
}
