//! Searches for the passwords that take longest to judge, against the 20 ms of R12:
//! `cargo bench -p userdom-infrastructure --bench slowest_passwords [-- SECONDS]`.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a bench that fails may panic, and needs the clock"
)]

use std::time::{Duration, Instant};

use userdom_application::ports::PasswordStrength;
use userdom_domain::Password;
use userdom_infrastructure::security::ZxcvbnStrength;

const LIMIT: Duration = Duration::from_millis(20);
const KEPT: usize = 10;
/// The system counts CPU time in ticks.
const TRIES: u32 = 8;
const MOST_CHARS: usize = 250;

const WORDS: &str = "the and for you has was not but one love pass word 123 qwe asd dog monkey \
                     dragon i a is to 1 22 2020 1990 aa bb ss th3 l0v3 p4$$ m0nk3y dr4g0n 11! @1 \
                     1q2w3e !@#$ zxcvbn 01/02/1990 abcabc";

/// Alphabets of single characters; each search starts from one of them, or from words.
const ALPHABETS: [(&str, &str); 5] = [
    ("l33t", "4@8({[<3691!|0$5+7%2"),
    ("digits", "0123456789"),
    ("ASCII", "!\"#$%&'()*+,-./0123456789:;<=>?@ABCXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~"),
    ("Unicode", "éüßжшאبहक漢字😀🌍ẞİ"),
    ("few", "ab1!"),
];

/// xorshift: the same passwords at each run.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % n as u64).unwrap()
    }
}

/// What this thread has had of the CPU: other work on the machine is no property of a password.
fn cpu_time() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(text.split(' ').next().unwrap().parse().unwrap())
}

fn judged_in(text: &str, own_words: &[&str]) -> Duration {
    let Ok(password) = Password::parse(text, Password::MIN_CHARS) else {
        return Duration::ZERO;
    };
    let started = cpu_time();
    for _ in 0..TRIES {
        let _ = ZxcvbnStrength.assess(&password, own_words);
    }
    cpu_time().saturating_sub(started) / TRIES
}

fn fresh(pieces: &[String], random: &mut Random) -> Vec<char> {
    let pieces: String = (0..MOST_CHARS).map(|_| &*pieces[random.below(pieces.len())]).collect();
    pieces.chars().take(8 + random.below(MOST_CHARS)).collect()
}

fn mutate(text: &mut Vec<char>, pieces: &[String], random: &mut Random) {
    let at = random.below(text.len());
    match random.below(4) {
        0 => {
            text.remove(at);
        }
        1 => text.extend_from_within(at..at + random.below(text.len() - at)),
        2 => text.truncate(at.max(8)),
        _ => {
            let piece = pieces[random.below(pieces.len())].chars();
            text.splice(at..at, piece);
        }
    }
    text.truncate(MOST_CHARS);
}

/// Keeps the slowest, and changes them at random.
fn search(pieces: &[String], own_words: &[&str], time: Duration) -> (Duration, String) {
    let mut random = Random(88_172_645_463_325_252);
    let mut slowest: Vec<(Duration, String)> = Vec::new();
    let started = Instant::now();
    while started.elapsed() < time {
        let mut text = if slowest.len() == KEPT && random.below(4) > 0 {
            slowest[random.below(KEPT)].1.chars().collect()
        } else {
            fresh(pieces, &mut random)
        };
        mutate(&mut text, pieces, &mut random);
        let text: String = text.into_iter().collect();
        let least = slowest.get(KEPT - 1).map_or(Duration::ZERO, |(took, _)| *took);
        let took = judged_in(&text, own_words);
        // Twice, lest one that was disturbed is taken for slow.
        if took > least {
            slowest.push((took.min(judged_in(&text, own_words)), text));
            slowest.sort_by_key(|(took, _)| std::cmp::Reverse(*took));
            slowest.dedup_by(|a, b| a.1 == b.1);
            slowest.truncate(KEPT);
        }
    }
    slowest.swap_remove(0)
}

fn main() {
    let seconds = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(5);
    let emails: Vec<_> = (0..20).map(|n| format!("jane{n}.the-dog.love.1q2w@ab-cd.org")).collect();
    let own_words: Vec<_> = emails.iter().map(String::as_str).collect();
    let alphabets = ALPHABETS
        .map(|(name, characters)| (name, characters.chars().map(String::from).collect::<Vec<_>>()));
    let words = ("words", WORDS.split(' ').map(str::to_owned).collect());
    for (name, pieces) in alphabets.into_iter().chain([words]) {
        let (took, text) = search(&pieces, &own_words, Duration::from_secs(seconds));
        let share = took.as_secs_f64() / LIMIT.as_secs_f64();
        println!("{name}: {took:.1?}, {share:.2} of the limit: {text:?}");
    }
    let sample = "4@8({[<3691!|0$5+7%2\"*5";
    let took = judged_in(sample, &own_words);
    println!("{sample:?}: {took:.1?}; repeated: {:.1?}", judged_in(&sample.repeat(10), &own_words));
}
