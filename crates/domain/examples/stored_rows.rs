//! How many users a second are read from what is stored: as they stand, and with every value put
//! through its constructor, as it was before R29. In turns, so that both see the same machine.

mod john_doe;

use std::{hint::black_box, time::Instant};

use userdom_domain::{UserAggregate, UserSnapshot};

const ROUNDS: usize = 5;
const LOADS: u32 = 5_000;

fn main() {
    let stored = john_doe::john().snapshot();
    let mut ratios = Vec::new();
    for round in 1..=ROUNDS {
        let as_they_stand = per_second(&stored, |_| {});
        let checked = per_second(&stored, |user| {
            black_box(user.validate());
        });
        let ratio = as_they_stand / checked;
        println!(
            "{round}: {as_they_stand:.0} loads/s as they stand, {checked:.0} checked: {ratio:.1} times"
        );
        ratios.push(ratio);
    }
    ratios.sort_by(f64::total_cmp);
    println!("median: {:.1} times", ratios.get(ROUNDS / 2).copied().unwrap_or_default());
}

fn per_second(stored: &UserSnapshot, then: impl Fn(&UserAggregate)) -> f64 {
    let start = Instant::now();
    for _ in 0..LOADS {
        let user = UserAggregate::restore(black_box(stored.clone()));
        then(&user);
        black_box(user);
    }
    f64::from(LOADS) / start.elapsed().as_secs_f64()
}
