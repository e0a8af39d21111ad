use std::sync::{
    Mutex,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use userdom_application::{
    AppError, Caller, Command,
    testing::given,
    use_cases::{AddEmail, Changed, RemoveEmail, SetDefaultEmail, UserView},
};
use userdom_domain::{ContactType, EmailId, UserId};
use userdom_tests::databases::Kind;

use super::support::{World, alone, at_once, by, patiently};

const WRITERS: usize = 16;
const READERS: usize = 4;
const ROUNDS: usize = 34;

struct Contest {
    world: World,
    caller: Caller,
    user_id: UserId,
    /// The versions that additions and removals were answered with.
    versions: Mutex<Vec<i64>>,
    /// Those that new defaults were answered with; what was the default already changes nothing.
    versions_of_defaults: Mutex<Vec<i64>>,
    conflicts: AtomicUsize,
    is_over: AtomicBool,
}

impl Contest {
    /// Tries until it is done; only a conflict may be in the way.
    fn done<T>(&self, command: &impl Command<Output = Changed<T>>) -> Changed<T> {
        loop {
            match patiently(|| self.world.app.execute(&self.caller, command)) {
                Ok(output) => return output,
                Err(AppError::Contended) => {
                    self.conflicts.fetch_add(1, Ordering::Relaxed);
                }
                Err(other) => panic!("no conflict, but {other:?}"),
            }
        }
    }

    fn write(&self, writer: usize) {
        let user_id = self.user_id;
        for round in 0..ROUNDS {
            let email = given::email(&format!("writer{writer}-{round}@example.org"));
            let is_default = round % 2 == 0;
            let contact_type = ContactType::Work;
            let added = self.done(&AddEmail { user_id, email, contact_type, is_default });
            let email_id = EmailId::from_uuid(added.value.id);
            let chosen = self.done(&SetDefaultEmail { user_id, email_id });
            assert!(chosen.value.is_default);
            let removed = self.done(&RemoveEmail { user_id, email_id });
            self.versions.lock().unwrap().extend([added.version, removed.version]);
            self.versions_of_defaults.lock().unwrap().push(chosen.version);
        }
    }

    /// Gives the number of snapshots taken.
    fn read(&self) -> usize {
        let (mut snapshots, mut version) = (0, 0);
        while !self.is_over.load(Ordering::Relaxed) {
            let seen = self.view();
            let defaults = seen.emails.iter().filter(|email| email.is_default).count();
            assert_eq!(defaults, 1, "version {}: {:?}", seen.version, seen.emails);
            assert!(seen.emails.len() <= 1 + WRITERS);
            assert!(seen.version >= version, "{} came after {version}", seen.version);
            version = seen.version;
            snapshots += 1;
        }
        snapshots
    }

    fn view(&self) -> UserView {
        patiently(|| self.world.app.get_user(&self.caller, self.user_id)).unwrap()
    }
}

/// Ends the readers even when a writer fails.
struct Over<'a>(&'a AtomicUsize, &'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        if self.0.fetch_sub(1, Ordering::Relaxed) == 1 || std::thread::panicking() {
            self.1.store(true, Ordering::Relaxed);
        }
    }
}

/// Seen to fail, 10 of 10 runs: without the version in the UPDATE two defaults met in the index
/// (Postgres); with plain BEGIN and four writing connections "database is locked" came out (SQLite).
fn always_exactly_one_default(kind: Kind) {
    let _alone = alone();
    let world = World::new(kind);
    let user = world.register("ada", "ada@example.org").unwrap();
    let contest = Contest {
        caller: by(&user),
        user_id: UserId::from_uuid(user.id),
        world,
        versions: Mutex::default(),
        versions_of_defaults: Mutex::default(),
        conflicts: AtomicUsize::new(0),
        is_over: AtomicBool::new(false),
    };
    let writing = AtomicUsize::new(WRITERS);
    let snapshots = at_once(WRITERS + READERS, |n| {
        if n < WRITERS {
            let _over = Over(&writing, &contest.is_over);
            contest.write(n);
            0
        } else {
            contest.read()
        }
    });
    let snapshots: usize = snapshots.into_iter().sum();
    let conflicts = contest.conflicts.load(Ordering::Relaxed);
    let end = contest.view();
    println!("{kind:?}: {} changes, {conflicts} conflicts, {snapshots} snapshots", end.version - 1);
    // Each change has a version of its own, and none is missing.
    let mut versions = contest.versions.into_inner().unwrap();
    versions.sort_unstable();
    assert!(versions.is_sorted_by(|a, b| a < b), "two changes of one version");
    assert_eq!(versions.len(), WRITERS * ROUNDS * 2);
    versions.extend(contest.versions_of_defaults.into_inner().unwrap());
    versions.sort_unstable();
    versions.dedup();
    assert_eq!(versions, (user.version + 1..=end.version).collect::<Vec<_>>());
    assert_eq!(end.emails.len(), 1);
    assert!(end.emails[0].is_default && end.emails[0].email == "ada@example.org");
    assert!(snapshots > 10, "the readers were hardly there: {snapshots}");
}

#[test]
fn c3_there_is_always_exactly_one_default_email_on_sqlite() {
    always_exactly_one_default(Kind::Sqlite);
}

#[test]
fn c3_there_is_always_exactly_one_default_email_on_postgres() {
    always_exactly_one_default(Kind::Postgres);
}
