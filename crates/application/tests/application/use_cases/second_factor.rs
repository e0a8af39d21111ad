use std::thread;

use chrono::TimeDelta;
use userdom_application::{
    AppError, Caller, Resource,
    ports::Clock,
    testing::given,
    use_cases::{
        ChangeStatus, FinishSignIn, OpenedSession, Proof, SecondFactor, SignInStep, StatusChange,
    },
};
use userdom_domain::{StatusNote, UserAggregate, UserRole};

use super::requests::{
    confirm_totp, reauthenticate, refresh_session, remove_totp, replace_recovery_codes, set_up_totp,
};
use super::{
    trust::{
        STEP, access_lives, ada, challenge, code, done, enrol, finish, from_somewhere, holder,
        lines, open, proved_before, refresh_lives, step,
    },
    world::{World, assert_err, attempt, by_a, by_nobody, totp_code},
};

fn wrong() -> SecondFactor {
    SecondFactor::Totp("not a code".to_owned())
}

fn on_paper(code: &str) -> SecondFactor {
    SecondFactor::RecoveryCode(code.to_owned())
}

/// Ada with her second factor, a session of hers, and a code that works.
fn enrolled() -> (World, UserAggregate, OpenedSession, String) {
    let world = World::new();
    let ada = ada(&world);
    let session = open(&world, "ada");
    let (secret, _) = enrol(&world, &session);
    world.clock.advance(STEP);
    world.deliver();
    (world, ada, session, secret)
}

#[test]
fn the_first_code_turns_it_on_and_gives_ten_recovery_codes() {
    let world = World::new();
    let ada = ada(&world);
    let (this, other) = (open(&world, "ada"), open(&world, "ada"));
    let (_, codes) = enrol(&world, &this);

    assert_eq!(codes.len(), 10);
    assert!(world.user(ada.id()).two_factor_enabled());
    assert!(access_lives(&world, &this) && !access_lives(&world, &other));
    assert!(!refresh_lives(&world, &other));
    let mails = world.deliver();
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].to.as_str(), "ada@example.org");
    assert_eq!(lines(&world, ada.id(), "two_factor.set_up"), 1);
    assert_eq!(lines(&world, ada.id(), "two_factor.enabled"), 1);
}

#[test]
fn before_the_first_code_it_asks_for_nothing() {
    let world = World::new();
    let ada = ada(&world);
    let caller = holder(&world, &open(&world, "ada"));
    world.app.execute(&caller, &set_up_totp(ada.id())).unwrap();
    let again = world.app.execute(&caller, &set_up_totp(ada.id())).unwrap();
    open(&world, "ada");

    let code = totp_code("of another secret", world.clock.now());
    let wrong = world.app.execute(&caller, &confirm_totp(ada.id(), &code));
    assert_err!(wrong, AppError::CodeNotValid);
    assert!(!world.user(ada.id()).two_factor_enabled());
    let code = totp_code(&again.secret, world.clock.now());
    world.app.execute(&caller, &confirm_totp(ada.id(), &code)).unwrap();
}

#[test]
fn a6_the_password_alone_opens_nothing() {
    let (world, ada, _, secret) = enrolled();
    let challenge = challenge(&world, "ada");
    assert_err!(world.app.authenticate(&challenge), AppError::Unauthenticated);
    let refreshed = world.app.execute(&from_somewhere(), &refresh_session(&challenge));
    assert_err!(refreshed, AppError::Unauthenticated);
    assert_eq!(lines(&world, ada.id(), "session.opened"), 1, "the one before");

    let opened = finish(&world, &challenge, code(&world, &secret)).unwrap();
    assert!(access_lives(&world, &opened));
    assert_eq!(opened.user.last_login_at, Some(world.clock.now()));
    assert!(opened.device_token.is_some());
    assert_eq!(lines(&world, ada.id(), "session.opened"), 2);
}

#[test]
fn a4_only_the_step_and_its_neighbours_open() {
    for (away, opens) in [(-2, false), (-1, true), (0, true), (1, true), (2, false)] {
        let (world, _, _, secret) = enrolled();
        world.clock.advance(STEP * 4);
        let code = totp_code(&secret, world.clock.now() + STEP * away);
        let finished = finish(&world, &challenge(&world, "ada"), SecondFactor::Totp(code));
        assert_eq!(finished.is_ok(), opens, "{away}");
    }
}

#[test]
fn a4_a_code_opens_once() {
    let (world, _, _, secret) = enrolled();
    finish(&world, &challenge(&world, "ada"), code(&world, &secret)).unwrap();
    let again = finish(&world, &challenge(&world, "ada"), code(&world, &secret));
    assert_err!(again, AppError::SignInRefused);
}

#[test]
fn a4_the_code_that_confirmed_opens_nothing() {
    let world = World::new();
    ada(&world);
    let (secret, _) = enrol(&world, &open(&world, "ada"));
    let again = finish(&world, &challenge(&world, "ada"), code(&world, &secret));
    assert_err!(again, AppError::SignInRefused);
}

#[test]
fn a4_an_older_code_does_not_follow_a_newer_one() {
    let (world, _, _, secret) = enrolled();
    let older = code(&world, &secret);
    world.clock.advance(STEP);
    finish(&world, &challenge(&world, "ada"), code(&world, &secret)).unwrap();
    assert_err!(finish(&world, &challenge(&world, "ada"), older), AppError::SignInRefused);
}

/// Seen to fail with a `use_step` whose answer was ignored.
#[test]
fn a4_a_code_opens_once_however_many_send_it() {
    let (world, _, _, secret) = enrolled();
    let challenges: Vec<_> = (0..12).map(|_| challenge(&world, "ada")).collect();
    let opened = thread::scope(|scope| {
        let tries = challenges.iter().map(|challenge| {
            let (world, proof) = (&world, code(&world, &secret));
            scope.spawn(move || finish(world, challenge, proof).is_ok())
        });
        let tries: Vec<_> = tries.collect();
        tries.into_iter().map(|it| it.join().unwrap()).filter(|it| *it).count()
    });
    assert_eq!(opened, 1);
}

#[test]
fn a5_a_challenge_has_five_guesses() {
    let (world, ada, _, secret) = enrolled();
    let first = challenge(&world, "ada");
    for _ in 0..5 {
        assert_err!(finish(&world, &first, wrong()), AppError::SignInRefused);
    }
    assert_err!(finish(&world, &first, code(&world, &secret)), AppError::SignInRefused);
    assert_eq!(lines(&world, ada.id(), "session.refused"), 5, "the last one names nobody");
    finish(&world, &challenge(&world, "ada"), code(&world, &secret)).unwrap();
}

/// After a hundred the right code is refused as well.
fn use_up_all_guesses(world: &World, secret: &str) {
    for _ in 0..20 {
        let challenge = challenge(world, "ada");
        for _ in 0..5 {
            assert_err!(finish(world, &challenge, wrong()), AppError::SignInRefused);
        }
        world.clock.advance(TimeDelta::minutes(5));
    }
    let refused = finish(world, &challenge(world, "ada"), code(world, secret));
    assert_err!(refused, AppError::SignInRefused);
}

/// Seen to fail when the guess was claimed in the transaction that a wrong one undoes.
#[test]
fn a5_an_account_has_a_hundred_guesses_a_day_whatever_the_challenge() {
    let (world, _, _, secret) = enrolled();
    let first = world.clock.now();
    use_up_all_guesses(&world, &secret);
    world.clock.set(first + TimeDelta::days(1) - TimeDelta::seconds(1));
    let refused = finish(&world, &challenge(&world, "ada"), code(&world, &secret));
    assert_err!(refused, AppError::SignInRefused);
    world.clock.set(first + TimeDelta::days(1));
    finish(&world, &challenge(&world, "ada"), code(&world, &secret)).unwrap();
}

/// Seen to fail with an unlock that leaves the count.
#[test]
fn a5_an_unlock_gives_new_guesses() {
    let (world, ada, _, secret) = enrolled();
    use_up_all_guesses(&world, &secret);
    let unlock = ChangeStatus { user_id: ada.id(), change: StatusChange::Unlock };
    world.app.execute(&by_a(UserRole::Admin), &unlock).unwrap();
    finish(&world, &challenge(&world, "ada"), code(&world, &secret)).unwrap();
}

#[test]
fn a5_a_right_code_starts_the_count_of_the_day_anew() {
    let (world, _, _, secret) = enrolled();
    for _ in 0..25 {
        let challenge = challenge(&world, "ada");
        for _ in 0..4 {
            assert_err!(finish(&world, &challenge, wrong()), AppError::SignInRefused);
        }
        finish(&world, &challenge, code(&world, &secret)).unwrap();
        world.clock.advance(TimeDelta::minutes(5));
    }
}

#[test]
fn a_challenge_ends_after_five_minutes() {
    for (age, opens) in [(299, true), (300, false)] {
        let (world, _, _, secret) = enrolled();
        let challenge = challenge(&world, "ada");
        world.clock.advance(TimeDelta::seconds(age));
        let finished = finish(&world, &challenge, code(&world, &secret));
        assert_eq!(finished.is_ok(), opens, "{age} s");
    }
}

#[test]
fn c5_a_challenge_opens_one_session() {
    let (world, _, _, secret) = enrolled();
    let challenge = challenge(&world, "ada");
    finish(&world, &challenge, code(&world, &secret)).unwrap();
    world.clock.advance(STEP);
    assert_err!(finish(&world, &challenge, code(&world, &secret)), AppError::SignInRefused);
}

#[test]
fn what_is_no_challenge_is_refused_alike_and_put_on_record() {
    let (world, ada, session, secret) = enrolled();
    let access = session.access_token.expose().to_owned();
    let good = challenge(&world, "ada");
    let cut = good[..good.len() - 1].to_owned();
    for noise in ["", "ü", "ud_ch_", &cut, &access] {
        assert_err!(finish(&world, noise, code(&world, &secret)), AppError::SignInRefused);
    }
    assert_eq!(lines(&world, ada.id(), "session.refused"), 0, "nobody is named");
    finish(&world, &good, code(&world, &secret)).unwrap();
}

#[test]
fn c5_each_recovery_code_opens_once_however_it_is_typed() {
    let world = World::new();
    let ada = ada(&world);
    let (_, codes) = enrol(&world, &open(&world, "ada"));
    let typed = codes[0].expose().to_uppercase();
    finish(&world, &challenge(&world, "ada"), on_paper(&typed)).unwrap();
    let again = finish(&world, &challenge(&world, "ada"), on_paper(codes[0].expose()));
    assert_err!(again, AppError::SignInRefused);
    finish(&world, &challenge(&world, "ada"), on_paper(codes[1].expose())).unwrap();
    assert_eq!(lines(&world, ada.id(), "two_factor.recovery_code_used"), 2);
}

#[test]
fn a_recovery_code_is_nobody_elses() {
    let world = World::new();
    ada(&world);
    let (_, codes) = enrol(&world, &open(&world, "ada"));
    world.has(given::an_active_user().with_username("bob").build());
    enrol(&world, &open(&world, "bob"));
    let finished = finish(&world, &challenge(&world, "bob"), on_paper(codes[0].expose()));
    assert_err!(finished, AppError::SignInRefused);
}

#[test]
fn s3_what_happens_between_the_steps_counts() {
    type Change<'a> = &'a dyn Fn(&mut UserAggregate);
    let note = || StatusNote::new("spam", given::a_user_id(), None).unwrap();
    let changes: [(&str, Change<'_>); 4] = [
        ("suspended", &|user| user.suspend(note(), given::now()).unwrap()),
        ("banned", &|user| user.ban(note(), given::now()).unwrap()),
        ("deleted", &|user| user.delete(given::now()).unwrap()),
        ("without a second factor", &|user| user.set_two_factor(false, given::now())),
    ];
    for (what, change) in changes {
        let (world, ada, _, secret) = enrolled();
        let challenge = challenge(&world, "ada");
        world.change(ada.id(), change);
        let finished = finish(&world, &challenge, code(&world, &secret));
        assert!(matches!(finished, Err(AppError::SignInRefused)), "{what}: {finished:?}");
    }
}

#[test]
fn c4_a_lock_that_came_between_the_steps_counts_but_not_on_a_known_device() {
    let (world, _, session, secret) = enrolled();
    let device = session.device_token.as_ref().unwrap().expose().to_owned();
    let on_device = || {
        let mut request = attempt("ada", given::PASSWORD);
        request.device_token = Some(device.clone());
        match world.app.execute(&from_somewhere(), &request).unwrap() {
            SignInStep::Challenge(challenge) => challenge.expose().to_owned(),
            SignInStep::Done(_) => panic!("no second factor was asked for"),
        }
    };
    let (elsewhere, known) = (challenge(&world, "ada"), on_device());
    for _ in 0..5 {
        let guess = world.app.execute(&from_somewhere(), &attempt("ada", "wrong"));
        assert_err!(guess, AppError::SignInRefused);
    }
    let locked = finish(&world, &elsewhere, code(&world, &secret));
    assert_err!(locked, AppError::SignInRefused);
    let request = FinishSignIn {
        challenge: known,
        proof: code(&world, &secret),
        device_token: Some(device.clone()),
    };
    let opened = world.app.execute(&from_somewhere(), &request).unwrap();
    assert!(opened.device_token.unwrap().is(&device), "the device is still known");
}

#[test]
fn a9_the_own_tries_of_a_device_are_forgotten_at_the_second_factor() {
    let (world, _, session, secret) = enrolled();
    let device = session.device_token.as_ref().unwrap().expose().to_owned();
    let sign_in = |password: &str| {
        let mut request = attempt("ada", password);
        request.device_token = Some(device.clone());
        world.app.execute(&from_somewhere(), &request)
    };
    for _ in 0..3 {
        for _ in 0..4 {
            assert_err!(sign_in("wrong"), AppError::SignInRefused);
        }
        let SignInStep::Challenge(challenge) = sign_in(given::PASSWORD).unwrap() else {
            panic!("no second factor was asked for")
        };
        finish(&world, challenge.expose(), code(&world, &secret)).unwrap();
        world.clock.advance(STEP);
    }
}

#[test]
fn r17_a_right_password_gives_no_tries_back_before_the_second_factor() {
    let (world, ada, _, secret) = enrolled();
    let failures = || world.user(ada.id()).lockout().failed_attempts();
    for _ in 0..3 {
        let guess = world.app.execute(&from_somewhere(), &attempt("ada", "wrong"));
        assert_err!(guess, AppError::SignInRefused);
    }
    let challenge = challenge(&world, "ada");
    assert_eq!(failures(), 3);
    finish(&world, &challenge, code(&world, &secret)).unwrap();
    assert_eq!(failures(), 0);
}

#[test]
fn a3_every_change_needs_a_recent_proof() {
    let (world, ada, session, secret) = enrolled();
    let caller = holder(&world, &session);
    let stale = proved_before(&caller, &world, TimeDelta::seconds(15 * 60 + 1));
    let code = totp_code(&secret, world.clock.now());
    let app = &world.app;
    let refused = [
        app.execute(&stale, &set_up_totp(ada.id())).map(drop),
        app.execute(&stale, &confirm_totp(ada.id(), &code)).map(drop),
        app.execute(&stale, &remove_totp(ada.id())),
        app.execute(&stale, &replace_recovery_codes(ada.id())).map(drop),
    ];
    for result in refused {
        assert_err!(result, AppError::ReauthenticationRequired);
    }
    let fresh = proved_before(&caller, &world, TimeDelta::minutes(15));
    app.execute(&fresh, &remove_totp(ada.id())).unwrap();
}

#[test]
fn nobody_manages_the_second_factor_of_another() {
    let (world, ada, _, _) = enrolled();
    let app = &world.app;
    let tries = |caller: &Caller| {
        [
            app.execute(caller, &set_up_totp(ada.id())).map(drop),
            app.execute(caller, &confirm_totp(ada.id(), "000000")).map(drop),
            app.execute(caller, &remove_totp(ada.id())),
            app.execute(caller, &replace_recovery_codes(ada.id())).map(drop),
        ]
    };
    for result in tries(&by_nobody()) {
        assert_err!(result, AppError::Unauthenticated);
    }
    for result in tries(&by_a(UserRole::Premium)) {
        assert_err!(result, AppError::NotFound(Resource::User));
    }
    for result in tries(&by_a(UserRole::Admin)) {
        assert_err!(result, AppError::Forbidden);
    }
}

#[test]
fn what_is_there_is_not_set_up_again_and_what_is_not_cannot_go() {
    let world = World::new();
    let ada = ada(&world);
    let session = open(&world, "ada");
    let (caller, app) = (holder(&world, &session), &world.app);
    let code = totp_code("no secret", world.clock.now());
    let missing = app.execute(&caller, &confirm_totp(ada.id(), &code));
    assert_err!(missing, AppError::SecondFactorMissing);
    assert_err!(app.execute(&caller, &remove_totp(ada.id())), AppError::SecondFactorMissing);
    let missing = app.execute(&caller, &replace_recovery_codes(ada.id()));
    assert_err!(missing, AppError::SecondFactorMissing);

    app.execute(&caller, &set_up_totp(ada.id())).unwrap();
    let unconfirmed = app.execute(&caller, &replace_recovery_codes(ada.id()));
    assert_err!(unconfirmed, AppError::SecondFactorMissing);
    app.execute(&caller, &remove_totp(ada.id())).unwrap();
    assert_err!(app.execute(&caller, &remove_totp(ada.id())), AppError::SecondFactorMissing);

    enrol(&world, &session);
    assert!(matches!(
        app.execute(&caller, &set_up_totp(ada.id())),
        Err(AppError::SecondFactorEnabled)
    ));
    let again = app.execute(&caller, &confirm_totp(ada.id(), &code));
    assert_err!(again, AppError::SecondFactorEnabled);
}

#[test]
fn a5_guesses_at_the_confirmation_are_limited() {
    let world = World::new();
    let ada = ada(&world);
    let caller = holder(&world, &open(&world, "ada"));
    let secret = world.app.execute(&caller, &set_up_totp(ada.id())).unwrap().secret;
    for n in 0..100 {
        let caller = proved_before(&caller, &world, TimeDelta::zero());
        let guess = world.app.execute(&caller, &confirm_totp(ada.id(), "not a code"));
        assert!(matches!(guess, Err(AppError::CodeNotValid)), "{n}: {guess:?}");
        world.clock.advance(TimeDelta::minutes(1));
    }
    let caller = proved_before(&caller, &world, TimeDelta::zero());
    let right = totp_code(&secret, world.clock.now());
    let too_many = world.app.execute(&caller, &confirm_totp(ada.id(), &right));
    assert_err!(too_many, AppError::CodeNotValid);
}

#[test]
fn turned_off_it_asks_for_nothing_and_the_owner_is_told() {
    let (world, ada, session, _) = enrolled();
    world.app.execute(&holder(&world, &session), &remove_totp(ada.id())).unwrap();
    assert!(!world.user(ada.id()).two_factor_enabled());
    assert_eq!(world.deliver().len(), 1);
    assert_eq!(lines(&world, ada.id(), "two_factor.disabled"), 1);
    done(step(&world, "ada").unwrap());
}

#[test]
fn new_recovery_codes_replace_the_old_ones() {
    let world = World::new();
    let ada = ada(&world);
    let session = open(&world, "ada");
    let (_, old) = enrol(&world, &session);
    world.deliver();
    let new =
        world.app.execute(&holder(&world, &session), &replace_recovery_codes(ada.id())).unwrap();
    assert_eq!(new.len(), 10);
    assert_eq!(world.deliver().len(), 1);
    assert_eq!(lines(&world, ada.id(), "two_factor.recovery_codes_replaced"), 1);
    let with_old = finish(&world, &challenge(&world, "ada"), on_paper(old[0].expose()));
    assert_err!(with_old, AppError::SignInRefused);
    finish(&world, &challenge(&world, "ada"), on_paper(new[0].expose())).unwrap();
}

#[test]
fn a_code_proves_anew_who_it_is_once() {
    let (world, ada, session, secret) = enrolled();
    let caller = holder(&world, &session);
    let proof = || Proof::Totp(totp_code(&secret, world.clock.now()));
    let renewed = world.app.execute(&caller, &reauthenticate(&proof())).unwrap();
    assert_eq!(renewed.session.authenticated_at, world.clock.now());
    assert!(access_lives(&world, &renewed) && !access_lives(&world, &session));
    let again = world.app.execute(&holder(&world, &renewed), &reauthenticate(&proof()));
    assert_err!(again, AppError::ProofRefused);
    let elsewhere = finish(&world, &challenge(&world, "ada"), code(&world, &secret));
    assert_err!(elsewhere, AppError::SignInRefused);
    assert_eq!(lines(&world, ada.id(), "session.reauthenticated"), 1);
    assert_eq!(lines(&world, ada.id(), "session.refused"), 2);
}

#[test]
fn a_code_proves_nothing_without_a_confirmed_secret() {
    let world = World::new();
    let ada = ada(&world);
    let caller = holder(&world, &open(&world, "ada"));
    let secret = world.app.execute(&caller, &set_up_totp(ada.id())).unwrap().secret;
    let proof = Proof::Totp(totp_code(&secret, world.clock.now()));
    assert_err!(world.app.execute(&caller, &reauthenticate(&proof)), AppError::ProofRefused);
}
