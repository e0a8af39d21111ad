use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use argon2::password_hash::phc::{self, Output, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use userdom_application::ports::{HashingError, PasswordHasher, Verification};
use userdom_domain::{Password, PasswordHash};

use super::foreign_hash::ForeignHash;
use super::permits::{Permit, Permits};
use super::random_bytes;

/// OWASP's least for Argon2id: 19 MiB, two passes, one lane.
const TODAY: Params = match Params::new(19_456, 2, 1, Some(OUTPUT_BYTES)) {
    Ok(params) => params,
    Err(_) => panic!("parameters that argon2 refuses do not compile"),
};
const OUTPUT_BYTES: usize = 32;

/// Callers that may wait for each permit, and how long.
const QUEUE_PER_PERMIT: usize = 8;
const PATIENCE: Duration = Duration::from_secs(2);

/// A stored hash that asks for more was not made by us nor by a sane import;
/// one row must not be able to exhaust the machine.
const MOST_MEMORY_KIB: u32 = 256 * 1024;
const MOST_PASSES: u32 = 16;

/// Hashes passwords with Argon2id, a bounded number at once. Hashes of other
/// applications ([`ForeignHash`]) are checked too, and always outdated.
pub struct Argon2Hasher {
    today: Params,
    /// The salt of the work when there is no hash to check.
    dummy_salt: [u8; 16],
    permits: Permits,
    /// Memory of runs that have ended while others wait: fresh memory costs a third of a run.
    spare: Mutex<Vec<Vec<Block>>>,
    runs: AtomicU64,
}

/// A stored hash that can be checked.
enum Recipe {
    Argon2(Argon2Recipe),
    Foreign(ForeignHash),
}

struct Argon2Recipe {
    /// Whether another application has made it.
    is_foreign: bool,
    argon2: Argon2<'static>,
    algorithm: Algorithm,
    version: Version,
    salt: Salt,
    output: Output,
}

impl Argon2Hasher {
    /// A hasher with today's parameters that runs `permits` hashes at once.
    pub fn new(permits: usize) -> Self {
        Self::build(permits, TODAY)
    }

    /// A hasher with other parameters: tests take cheap ones.
    pub fn with_params(permits: usize, memory_kib: u32, passes: u32) -> Result<Self, HashingError> {
        let today = Params::new(memory_kib, passes, 1, Some(OUTPUT_BYTES)).map_err(failed)?;
        Ok(Self::build(permits, today))
    }

    fn build(permits: usize, today: Params) -> Self {
        let permits = permits.max(1);
        Self {
            today,
            dummy_salt: random_bytes(),
            permits: Permits::new(permits, permits.saturating_mul(QUEUE_PER_PERMIT)),
            spare: Mutex::default(),
            runs: AtomicU64::new(0),
        }
    }

    /// How often the hash function has run; tests count the work by it.
    pub fn verifications(&self) -> u64 {
        self.runs.load(Ordering::Relaxed)
    }

    fn argon2(&self) -> Argon2<'static> {
        Argon2::new(Algorithm::Argon2id, Version::V0x13, self.today.clone())
    }

    fn permit(&self) -> Result<Permit<'_>, HashingError> {
        self.permits.take(PATIENCE).ok_or(HashingError::Busy)
    }

    /// Only with a permit in hand.
    fn run(
        &self,
        argon2: &Argon2<'_>,
        password: &str,
        salt: &[u8],
    ) -> Result<Output, HashingError> {
        self.runs.fetch_add(1, Ordering::Relaxed);
        let blocks = argon2.params().block_count();
        let mut memory = self.memory(blocks)?;
        let mut bytes = [0; Output::MAX_LENGTH];
        let length = argon2.params().output_len().unwrap_or(OUTPUT_BYTES);
        let out = bytes.get_mut(..length).ok_or_else(|| failed(argon2::Error::OutputTooLong))?;
        let used = memory.get_mut(..blocks).unwrap_or_default();
        let hashed = argon2.hash_password_into_with_memory(password.as_bytes(), salt, out, used);
        self.give_back(memory);
        hashed.map_err(failed)?;
        Output::new(out).map_err(failed)
    }

    fn memory(&self, blocks: usize) -> Result<Vec<Block>, HashingError> {
        let spare = self.spare().pop().filter(|spare| spare.len() >= blocks);
        spare.map_or_else(|| memory(blocks), Ok)
    }

    /// Keeps the memory for the next in the queue; without one, all of it goes back to the system.
    fn give_back(&self, memory: Vec<Block>) {
        let mut spare = self.spare();
        if !self.permits.has_waiters() {
            spare.clear();
        } else if memory.len() == self.today.block_count() {
            spare.push(memory);
        }
    }

    // Nothing can panic while the lock is held.
    fn spare(&self) -> MutexGuard<'_, Vec<Vec<Block>>> {
        self.spare.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does the work that weaker parameters of a hash leave undone, so that a wrong guess
    /// at it takes as long as one at any other.
    fn make_up(&self, stored: &Params, guess: &str) -> Result<(), HashingError> {
        let missing = work(&self.today).saturating_sub(work(stored));
        let passes = missing.div_ceil(u64::from(self.today.m_cost()));
        let Some(passes) = u32::try_from(passes).ok().filter(|passes| *passes > 0) else {
            return Ok(());
        };
        let rest = Params::new(self.today.m_cost(), passes, 1, Some(OUTPUT_BYTES));
        let rest = Argon2::new(Algorithm::Argon2id, Version::V0x13, rest.map_err(failed)?);
        self.run(&rest, guess, &self.dummy_salt).map(drop)
    }

    fn is_outdated(&self, recipe: &Argon2Recipe) -> bool {
        let stored = recipe.argon2.params();
        recipe.is_foreign
            || recipe.algorithm != Algorithm::Argon2id
            || recipe.version != Version::V0x13
            || stored.m_cost() < self.today.m_cost()
            || work(stored) < work(&self.today)
            || recipe.output.len() < OUTPUT_BYTES
    }
}

impl PasswordHasher for Argon2Hasher {
    fn hash(&self, password: &Password) -> Result<PasswordHash, HashingError> {
        let salt = Salt::new(&random_bytes::<16>()).map_err(failed)?;
        let _permit = self.permit()?;
        let output = self.run(&self.argon2(), password.expose(), &salt)?;
        let text = phc::PasswordHash {
            algorithm: Algorithm::Argon2id.ident(),
            version: Some(Version::V0x13.into()),
            params: phc::ParamsString::try_from(&self.today).map_err(failed)?,
            salt: Some(salt),
            hash: Some(output),
        }
        .to_string();
        PasswordHash::parse(&text).map_err(failed)
    }

    fn verify(
        &self,
        guess: &Password,
        stored: Option<&PasswordHash>,
    ) -> Result<Verification, HashingError> {
        let recipe = stored.and_then(Recipe::read);
        let _permit = self.permit()?;
        // Each reading does the same work, whosever hash it is, and whether there is one.
        for reading in guess.readings() {
            if let Some(is_outdated) = self.matches(recipe.as_ref(), reading)? {
                // A password that was right only as it was sent is hashed anew, in NFKC.
                let outdated = is_outdated || reading != guess.expose();
                return Ok(Verification::Right { outdated });
            }
        }
        Ok(Verification::Wrong)
    }
}

impl Argon2Hasher {
    /// Whether the right one is outdated; `None` for a wrong one.
    fn matches(&self, recipe: Option<&Recipe>, guess: &str) -> Result<Option<bool>, HashingError> {
        match recipe {
            None => {
                self.run(&self.argon2(), guess, &self.dummy_salt)?;
                Ok(None)
            }
            Some(Recipe::Foreign(hash)) => {
                self.runs.fetch_add(1, Ordering::Relaxed);
                Ok(hash.matches(guess.as_bytes()).then_some(true))
            }
            // `Output` compares in constant time.
            Some(Recipe::Argon2(recipe))
                if self.run(&recipe.argon2, guess, &recipe.salt)? == recipe.output =>
            {
                Ok(Some(self.is_outdated(recipe)))
            }
            Some(Recipe::Argon2(recipe)) => {
                self.make_up(recipe.argon2.params(), guess)?;
                Ok(None)
            }
        }
    }
}

impl Recipe {
    fn read(stored: &PasswordHash) -> Option<Self> {
        let text = stored.as_str();
        match Argon2Recipe::read(text) {
            Some(recipe) => Some(Self::Argon2(recipe)),
            None => ForeignHash::read(text).map(Self::Foreign),
        }
    }
}

impl Argon2Recipe {
    /// `None` for anything but a complete Argon2 hash of bearable cost. Django writes one as
    /// `argon2$argon2id$…`.
    fn read(stored: &str) -> Option<Self> {
        let of_django = stored.strip_prefix("argon2").filter(|rest| rest.starts_with('$'));
        let stored = of_django.unwrap_or(stored);
        let is_foreign = of_django.is_some();
        let hash = phc::PasswordHash::new(stored).ok()?;
        let algorithm = Algorithm::new(hash.algorithm).ok()?;
        // Hashes older than the version field are of version 1.0.
        let version = hash.version.map_or(Ok(Version::V0x10), Version::try_from).ok()?;
        let params = Params::try_from(&hash).ok()?;
        if params.m_cost() > MOST_MEMORY_KIB || params.t_cost() > MOST_PASSES {
            tracing::warn!("a stored password hash asks for too much work, and counts as wrong");
            return None;
        }
        let (salt, output) = (hash.salt?, hash.hash?);
        let argon2 = Argon2::new(algorithm, version, params);
        Some(Self { is_foreign, argon2, algorithm, version, salt, output })
    }
}

fn work(params: &Params) -> u64 {
    u64::from(params.m_cost()) * u64::from(params.t_cost())
}

impl fmt::Debug for Argon2Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Argon2Hasher").field("today", &self.today).finish_non_exhaustive()
    }
}

/// glibc returns freed memory to the system for certain only above 32 MiB;
/// below, each thread's arena may keep it. Pages that are never touched cost nothing.
fn memory(blocks: usize) -> Result<Vec<Block>, HashingError> {
    let mut memory = Vec::new();
    memory.try_reserve_exact(blocks.max(33 * 1024)).map_err(failed)?;
    memory.resize(blocks, Block::default());
    Ok(memory)
}

fn failed(error: impl std::error::Error + Send + Sync + 'static) -> HashingError {
    HashingError::Failed(Box::new(error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Barrier;
    use std::thread;
    use std::time::Instant;

    fn cheap() -> Argon2Hasher {
        Argon2Hasher::with_params(2, 64, 2).unwrap()
    }

    fn password(text: &str) -> Password {
        Password::parse(text, 8).unwrap()
    }

    fn stored(text: &str) -> PasswordHash {
        PasswordHash::parse(text).unwrap()
    }

    #[test]
    fn r12_a_hash_is_an_argon2id_phc_string_with_a_salt_of_its_own() {
        let hasher = Argon2Hasher::new(1);
        let hash = hasher.hash(&password("correct horse")).unwrap();
        assert!(hash.as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash:?}");
        let parts: Vec<_> = hash.as_str().split('$').collect();
        assert_eq!((parts[4].len(), parts[5].len()), (22, 43));
        assert_ne!(hash, hasher.hash(&password("correct horse")).unwrap());
    }

    #[test]
    fn r12_the_right_password_matches_and_no_other() {
        let hasher = cheap();
        let hash = hasher.hash(&password("before\0after")).unwrap();
        let verdict = |text| hasher.verify(&Password::guess(text).unwrap(), Some(&hash)).unwrap();
        assert_eq!(verdict("before\0after"), Verification::Right { outdated: false });
        assert_eq!(verdict("before\0other"), Verification::Wrong);
        assert_eq!(verdict("before"), Verification::Wrong);
        assert_eq!(verdict(""), Verification::Wrong);
    }

    #[test]
    fn hashes_of_the_reference_implementation_match() {
        // From the test vectors of the original argon2 (password "password", salt "somesalt").
        let hasher = Argon2Hasher::new(1);
        let verdict = |text| hasher.verify(&password("password"), Some(&stored(text))).unwrap();
        let id =
            "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc";
        assert_eq!(verdict(id), Verification::Right { outdated: true });
        let i =
            "$argon2i$v=19$m=256,t=2,p=2$c29tZXNhbHQ$T/XOJ2mh1/TIpJHfCdQan76Q5esCFVoT5MAeIM1Oq2E";
        assert_eq!(verdict(i), Verification::Right { outdated: true });
        let old = "$argon2i$m=256,t=2,p=2$c29tZXNhbHQ$tsEVYKap1h6scGt5ovl9aLRGOqOth+AMB+KwHpDFZPs";
        assert_eq!(verdict(old), Verification::Right { outdated: true });
    }

    #[test]
    fn weaker_parameters_are_outdated_and_stronger_ones_are_not() {
        let guess = password("correct horse");
        let made = |memory, passes| {
            let hasher = Argon2Hasher::with_params(1, memory, passes).unwrap();
            hasher.hash(&guess).unwrap()
        };
        let outdated = |hash| match cheap().verify(&guess, Some(&hash)).unwrap() {
            Verification::Right { outdated } => outdated,
            Verification::Wrong => panic!("it is the right one"),
        };
        assert!(outdated(made(32, 2)));
        assert!(outdated(made(64, 1)));
        assert!(!outdated(made(64, 2)));
        assert!(!outdated(made(64, 3)));
        assert!(!outdated(made(128, 1)));
    }

    #[test]
    fn an_unknown_user_costs_one_run_and_is_wrong() {
        let hasher = cheap();
        assert_eq!(hasher.verify(&password("correct horse"), None).unwrap(), Verification::Wrong);
        assert_eq!(hasher.verifications(), 1);
    }

    #[test]
    fn a_hash_that_cannot_be_checked_costs_one_run_and_is_wrong() {
        for text in [
            "$2b$12$abcdefghijklmnopqrstuuDummyDummyDummyDummyDummyDummyD",
            "$2b$31$UWPDxhC2WsTEU8aNeoS9Pe.XaokKVY7tJHuHMP8ebipZxfYg4XyCC",
            "$argon2id$junk",
            "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ",
            "$argon2id$v=19$m=256,t=2,p=2$c2FsdA$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc",
            "$argon2id$v=18$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc",
            "$argon2id$v=19$m=4294967295,t=2,p=1$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc",
            "$argon2id$v=19$m=256,t=4294967295,p=1$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc",
            "$argon2id$v=19$m=8,t=2,p=16777215$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc",
        ] {
            let hasher = cheap();
            let verdict = hasher.verify(&password("password"), Some(&stored(text))).unwrap();
            assert_eq!(verdict, Verification::Wrong, "{text}");
            assert_eq!(hasher.verifications(), 1, "{text}");
        }
    }

    #[test]
    fn r12_a_hash_of_django_is_right_and_outdated_however_strong() {
        let text = "argon2$argon2id$v=19$m=64,t=1,p=8$c29tZXNhbHRzb21lc2FsdA$6cCqD81WlhLigFRROUDOh+Ch+9n1WOcnAvDPpMf0UEA";
        let django = PasswordHash::stored(text.to_owned());
        let hasher = Argon2Hasher::with_params(1, 64, 1).unwrap();
        let right = hasher.verify(&password("päss wörd 1"), Some(&django)).unwrap();
        assert_eq!(right, Verification::Right { outdated: true });
        let wrong = hasher.verify(&password("päss wörd 2"), Some(&django)).unwrap();
        assert_eq!((wrong, hasher.verifications()), (Verification::Wrong, 2));
    }

    #[test]
    fn r12_a_guess_is_tried_as_sent_and_in_nfkc_with_the_same_work_for_anybody() {
        let guess = Password::guess("correct horse²").unwrap();
        let hasher = cheap();
        let as_sent = stored(
            "$argon2id$v=19$m=64,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$bEEqBPMJvNQK3DHZC0QHOBzx0jTLlY9jJNHTgEpi0kk",
        );
        let normal = hasher.hash(&guess).unwrap();
        let before = hasher.verifications();
        let verdict = |hash| hasher.verify(&guess, hash).unwrap();
        assert_eq!(verdict(Some(&as_sent)), Verification::Right { outdated: true });
        assert_eq!(hasher.verifications() - before, 1);
        assert_eq!(verdict(Some(&normal)), Verification::Right { outdated: false });
        assert_eq!(hasher.verifications() - before, 3);
        assert_eq!(verdict(None), Verification::Wrong);
        assert_eq!(hasher.verifications() - before, 5);
        let other = hasher.hash(&password("another one")).unwrap();
        let before = hasher.verifications();
        assert_eq!(verdict(Some(&other)), Verification::Wrong);
        assert_eq!(hasher.verifications() - before, 2);
    }

    #[test]
    fn a_hash_of_another_application_is_right_and_outdated_after_one_run() {
        let hasher = cheap();
        let hash = stored("$2b$05$UWPDxhC2WsTEU8aNeoS9Pe.XaokKVY7tJHuHMP8ebipZxfYg4XyCC");
        let right = hasher.verify(&password("päss wörd 1"), Some(&hash)).unwrap();
        assert_eq!(right, Verification::Right { outdated: true });
        let wrong = hasher.verify(&password("päss wörd 2"), Some(&hash)).unwrap();
        assert_eq!(wrong, Verification::Wrong);
        assert_eq!(hasher.verifications(), 2);
    }

    #[test]
    fn e2_a_wrong_guess_at_a_weaker_hash_takes_the_work_of_any_other() {
        let weak = Argon2Hasher::with_params(1, 64, 1).unwrap().hash(&password("correct horse"));
        let hasher = cheap();
        let verdict = hasher.verify(&password("wrong horse"), Some(&weak.unwrap())).unwrap();
        assert_eq!((verdict, hasher.verifications()), (Verification::Wrong, 2));
        let strong = hasher.hash(&password("correct horse")).unwrap();
        hasher.verify(&password("wrong horse"), Some(&strong)).unwrap();
        assert_eq!(hasher.verifications(), 4);
    }

    #[test]
    fn beyond_the_queue_the_hasher_is_busy_at_once() {
        let hasher = Argon2Hasher { permits: Permits::new(1, 0), ..cheap() };
        let held = hasher.permit().unwrap();
        let busy = hasher.verify(&password("correct horse"), None);
        assert!(matches!(busy, Err(HashingError::Busy)));
        assert!(matches!(hasher.hash(&password("correct horse")), Err(HashingError::Busy)));
        assert_eq!(hasher.verifications(), 0);
        drop(held);
        hasher.verify(&password("correct horse"), None).unwrap();
        assert_eq!(hasher.verifications(), 1);
    }

    #[test]
    fn c6_memory_is_used_again_while_others_wait_and_not_kept() {
        let hasher = Argon2Hasher { permits: Permits::new(1, 64), ..cheap() };
        let held = hasher.permit().unwrap();
        thread::scope(|scope| {
            let waits = scope.spawn(|| hasher.verify(&password("correct horse"), None).unwrap());
            while !hasher.permits.has_waiters() {
                thread::yield_now();
            }
            hasher.give_back(hasher.memory(hasher.today.block_count()).unwrap());
            assert_eq!(hasher.spare().len(), 1);
            drop(held);
            waits.join().unwrap();
        });
        assert!(hasher.spare().is_empty());
    }

    #[test]
    fn the_memory_of_a_run_goes_back_to_the_system() {
        const THREADS: usize = 12;
        let hasher = Argon2Hasher::new(THREADS);
        // After the first big block is freed, glibc takes the next ones from arenas.
        hasher.verify(&password("correct horse"), None).unwrap();
        let (finished, measured) = (Barrier::new(THREADS + 1), Barrier::new(THREADS + 1));
        let bound = resident_kib() + 2 * u64::from(TODAY.m_cost());
        let freed = thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| {
                    let verdict = hasher.verify(&password("correct horse"), None);
                    finished.wait();
                    // A thread that lives on keeps its allocator's arena.
                    measured.wait();
                    verdict.unwrap();
                });
            }
            finished.wait();
            // Other tests of this process come and go.
            let deadline = Instant::now() + Duration::from_mins(3);
            while resident_kib() > bound && Instant::now() < deadline {
                thread::yield_now();
            }
            let freed = resident_kib() <= bound;
            measured.wait();
            freed
        });
        assert!(freed, "{} KiB are more than {bound}", resident_kib());
    }

    fn resident_kib() -> u64 {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }
}
