//! The account and the profile come back as they were saved.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, Utc};
use userdom_domain::{
    AvatarUrl, Bio, DisplayName, Gender, LanguageTag, Patch, PersonName, Preferences,
    ProfileChanges, StatusNote, TimeZoneName, User, UserAggregate, UserRole, UserStatus,
};

use super::{
    StoreUnderTest,
    support::{changed, find, minute, saved},
};
use crate::testing::{PlainHasher, given};

pub fn r24_a_profile_changes_and_its_fields_can_be_cleared(t: &dyn StoreUnderTest) {
    let user = saved(t, given::an_active_user().build());
    let everything = ProfileChanges {
        first_name: Some(PersonName::parse("Zoë").unwrap()),
        last_name: Some(PersonName::parse("O'Brien-王").unwrap()),
        display_name: Patch::Set(DisplayName::parse("Zoë 🦀").unwrap()),
        date_of_birth: Patch::Set(NaiveDate::from_ymd_opt(1904, 2, 29).unwrap()),
        gender: Patch::Set(Gender::parse("non-binary").unwrap()),
        preferred_language: Some(LanguageTag::parse("de-CH").unwrap()),
        timezone: Some(TimeZoneName::parse("Europe/Zurich").unwrap()),
        bio: Patch::Set(Bio::parse(&"Zeile 1\nline 2 \\ '\" ".repeat(100)).unwrap()),
        avatar_url: Patch::Set(AvatarUrl::parse("https://example.org/a.png").unwrap()),
    };
    let user = changed(t, &user, |user| {
        user.update_profile(everything, minute(1)).unwrap();
    });
    assert_eq!(user.profile().unwrap().updated_at(), minute(1));
    let nothing = ProfileChanges {
        display_name: Patch::Clear,
        date_of_birth: Patch::Clear,
        gender: Patch::Clear,
        bio: Patch::Clear,
        avatar_url: Patch::Clear,
        ..ProfileChanges::default()
    };
    let user = changed(t, &user, |user| {
        user.update_profile(nothing, minute(2)).unwrap();
    });
    assert_eq!(user.profile().unwrap().bio(), None);
}

pub fn r24_a_profile_may_come_later_and_be_replaced(t: &dyn StoreUnderTest) {
    let account = User::new(
        given::a_user_id(),
        given::username("bare"),
        PlainHasher::hash_of(given::PASSWORD),
        given::now(),
    );
    let user = saved(t, UserAggregate::register(account, None, given::now()));
    assert_eq!(find(t, user.id()).unwrap(), user);
    let user = changed(t, &user, |user| {
        user.initialize_profile(given::a_profile(), minute(1));
    });
    let name = |text| PersonName::parse(text).unwrap();
    let other = userdom_domain::UserProfile::new(name("Grace"), name("Hopper"), minute(2));
    changed(t, &user, |user| user.initialize_profile(other, minute(2)));
}

pub fn r13_unknown_preferences_survive(t: &dyn StoreUnderTest) {
    let user = saved(t, given::an_active_user().build());
    let preferences = |entries: &[(&str, &str)]| {
        let entries = entries.iter().map(|(key, json)| ((*key).to_owned(), (*json).to_owned()));
        Preferences::from_entries(entries).unwrap()
    };
    let many = preferences(&[
        ("theme", r#""dark""#),
        ("newsletter", "false"),
        ("another_team", r#"{"a":[1,2.5,null,true],"b":{"c":"ü \"quoted\" \\"}}"#),
        ("big", "9007199254740993"),
        ("it's", r#""""#),
        ("none", "null"),
    ]);
    let user = changed(t, &user, |user| user.set_preferences(many, minute(1)));
    assert_eq!(user.preferences().others().len(), 4);
    changed(t, &user, |user| {
        user.set_preferences(preferences(&[("x", "1")]), minute(2));
    });
    changed(t, &user, |user| {
        user.set_preferences(Preferences::default(), minute(3));
    });
}

pub fn r15_the_active_admins_are_known(t: &dyn StoreUnderTest) {
    let roles = |roles: &[UserRole]| roles.iter().copied().collect::<BTreeSet<_>>();
    let admin = roles(&[UserRole::User, UserRole::Admin]);
    let with = |roles: &BTreeSet<UserRole>| {
        let user = saved(t, given::an_active_user().build());
        changed(t, &user, |user| user.set_roles(roles.clone(), minute(1)).unwrap())
    };
    let (first, second) = (with(&admin), with(&admin));
    with(&roles(&[UserRole::Moderator]));
    let gone = with(&admin);
    changed(t, &gone, |user| user.delete(minute(2)).unwrap());

    let mut admins = t.store().begin().unwrap().users().lock_admins().unwrap();
    admins.sort();
    let mut expected = vec![first.id(), second.id()];
    expected.sort();
    assert_eq!(admins, expected);
}

pub fn r15_roles_come_back(t: &dyn StoreUnderTest) {
    let user = saved(t, given::an_active_user().build());
    for roles in [&UserRole::ALL[..], &[UserRole::Guest], &[UserRole::Premium, UserRole::Admin]] {
        let roles: BTreeSet<_> = roles.iter().copied().collect();
        changed(t, &user, |user| user.set_roles(roles, minute(1)).unwrap());
    }
}

pub fn r14_a_status_comes_back_with_its_note(t: &dyn StoreUnderTest) {
    let user = saved(t, given::an_active_user().build());
    let note = |until: Option<DateTime<Utc>>| {
        StatusNote::new("spam, \"again\" – it's enough", given::a_user_id(), until).unwrap()
    };
    let timed = note(Some(minute(90)));
    let user = changed(t, &user, |user| {
        user.suspend(timed.clone(), minute(1)).unwrap();
    });
    assert_eq!(user.status_note(), Some(&timed));
    let user = changed(t, &user, |user| user.reinstate(minute(2)).unwrap());
    assert_eq!(user.status_note(), None);
    let user = changed(t, &user, |user| user.ban(note(None), minute(3)).unwrap());
    changed(t, &user, |user| user.unban(minute(4)).unwrap());
}

pub fn r14_a_deleted_user_is_restored_to_the_status_before(t: &dyn StoreUnderTest) {
    let user = saved(t, given::an_active_user().build());
    let note = StatusNote::new("spam", given::a_user_id(), Some(minute(90))).unwrap();
    let user = changed(t, &user, |user| {
        user.suspend(note.clone(), minute(1)).unwrap();
    });
    let user = changed(t, &user, |user| user.delete(minute(2)).unwrap());
    assert_eq!(user.status(), UserStatus::Deleted);
    let user = changed(t, &user, |user| user.restore_account(minute(3)).unwrap());
    assert_eq!(user.status(), UserStatus::Suspended);
    assert_eq!(user.status_note(), Some(&note));
}

pub fn r17_the_aggregates_own_counter_comes_back(t: &dyn StoreUnderTest) {
    let user = saved(t, given::an_active_user().build());
    let user = changed(t, &user, |user| {
        for _ in 0..5 {
            user.record_failed_login(minute(1));
        }
    });
    assert_eq!(user.lockout().locked_until(), Some(minute(16)));
    let user = changed(t, &user, |user| user.record_login(minute(20)));
    assert_eq!(user.last_login_at(), Some(minute(20)));
    assert_eq!(user.lockout().locked_until(), None);
}

pub fn r18_a_changed_password_comes_back(t: &dyn StoreUnderTest) {
    let user = saved(t, given::an_active_user().build());
    let long = format!("$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ${}", "a".repeat(200));
    let hash = userdom_domain::PasswordHash::parse(&long).unwrap();
    let user = changed(t, &user, |user| user.change_password(hash, minute(1)));
    assert_eq!(user.password_changed_at(), minute(1));
}

pub fn r1_times_are_kept_to_the_microsecond(t: &dyn StoreUnderTest) {
    let user = saved(t, given::an_active_user().build());
    for text in [
        "2026-01-01T12:00:00.000001Z",
        "2026-03-29T01:30:00.999999Z",
        "2026-10-25T01:30:00.1Z",
        "2026-12-31T23:59:59Z",
    ] {
        let moment: DateTime<Utc> = text.parse().unwrap();
        let user = changed(t, &user, |user| {
            user.record_login(moment);
            user.add_email(
                given::an_email_id(),
                given::email(&format!("at{}@example.org", moment.timestamp_micros())),
                userdom_domain::ContactType::Other,
                false,
                moment,
            )
            .unwrap();
        });
        assert_eq!(user.updated_at(), moment, "{text}");
    }
}
