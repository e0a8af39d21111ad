use std::{net::IpAddr, sync::Arc, time::Duration};

use tokio::time::Instant;

use super::{
    Limits,
    admission::{Admission, Slot},
    progress::{Length, Overdue, Progress, Reading},
};

const KIB: usize = 1024;

fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

const HEAD: &[u8] = b"GET / HTTP/1.1\r\nhost: a\r\n\r\n";

fn deadline(progress: &Progress, start: Instant) -> Option<(u64, Overdue)> {
    let found = progress.deadline(&Limits::default());
    found.map(|(at, overdue)| ((at - start).as_secs(), overdue))
}

/// A connection that has answered a request without a body, `n` seconds after its start.
fn idle(start: Instant, n: u64) -> Progress {
    let mut progress = Progress::new(start);
    progress.has_read(HEAD, start);
    progress.begins(None, start + seconds(n));
    progress.ends(start + seconds(n));
    progress
}

#[test]
fn r4_a_head_has_ten_seconds_from_its_first_byte() {
    let start = Instant::now();
    let mut progress = Progress::new(start);
    assert_eq!(deadline(&progress, start), Some((10, Overdue::Head { has_begun: false })));
    progress.has_read(b"G", start + seconds(3));
    progress.has_read(b"E", start + seconds(9));
    assert_eq!(deadline(&progress, start), Some((10, Overdue::Head { has_begun: true })));

    let mut progress = idle(start, 5);
    assert_eq!(deadline(&progress, start), Some((35, Overdue::Idle)));
    for second in [20, 25, 29] {
        progress.has_read(b"G", start + seconds(second));
        assert_eq!(deadline(&progress, start), Some((30, Overdue::Head { has_begun: true })));
    }
}

#[test]
fn r4_bytes_behind_a_request_are_the_next_head_and_those_of_its_body_are_not() {
    let start = Instant::now();
    let head = Some((10, Overdue::Head { has_begun: true }));
    let idle = Some((30, Overdue::Idle));
    for (body, behind, expected) in [
        (None, "", idle),
        (None, "G", head),
        (Some(Length::Bytes(5)), "hello", idle),
        (Some(Length::Bytes(5)), "helloG", head),
        (Some(Length::Chunked), "5\r\nhello\r\n0\r\n\r\n", idle),
        (Some(Length::Chunked), "5\r\nhello\r\n0\r\n\r\nG", head),
    ] {
        for at in 0..=behind.len() {
            let (early, late) = behind.split_at(at);
            let mut progress = Progress::new(start);
            let taken = progress.has_read(&[HEAD, early.as_bytes()].concat(), start);
            assert_eq!(taken, HEAD.len(), "no more than one request is handed over");
            progress.begins(body, start);
            assert_eq!(deadline(&progress, start), None, "it is the service's turn");
            let kept = progress.take_kept(usize::MAX, start).len();
            let taken = kept + progress.has_read(late.as_bytes(), start);
            assert_eq!(taken, behind.trim_end_matches('G').len(), "{body:?} {behind:?} {at}");
            if body.is_some() {
                progress.has_read_the_body();
            }
            progress.ends(start);
            assert_eq!(deadline(&progress, start), expected, "{body:?} {behind:?} {at}");
        }
    }
}

#[test]
fn r5_of_a_body_the_limit_and_64_kib_are_read() {
    let start = Instant::now();
    let mut progress = Progress::new(start);
    progress.has_read(HEAD, start);
    progress.begins(Some(Length::Bytes(1 << 40)), start);
    assert_eq!(progress.reading(), Reading::AtMost(128 * KIB));
    progress.has_read(&vec![0; 128 * KIB], start);
    assert_eq!(progress.reading(), Reading::NothingYet);
    assert!(progress.has_too_large_a_body());
    assert_eq!(progress.farewell(), Some(0));
    progress.ends(start + seconds(1));
    assert_eq!(progress.reading(), Reading::NothingMore);
    assert!(progress.takes_up_reading(), "the end is to be seen");
    assert!(!progress.takes_up_reading(), "once");
    assert_eq!(deadline(&progress, start), Some((3, Overdue::Answered)));
}

#[test]
fn r4_an_answer_has_thirty_seconds_and_so_has_each_64_kib_of_it() {
    let start = Instant::now();
    let mut progress = idle(start, 0);
    progress.write_waits(start);
    progress.write_waits(start + seconds(20));
    progress.has_written(63 * KIB, start + seconds(20));
    assert_eq!(deadline(&progress, start), Some((30, Overdue::Write)));
    progress.has_written(KIB, start + seconds(25));
    assert_eq!(deadline(&progress, start), Some((55, Overdue::Write)));
    // No requests of a client that takes no answers.
    assert_eq!(progress.reading(), Reading::NothingYet);
    assert!(!progress.takes_up_reading());
    progress.has_flushed(start + seconds(40));
    assert!(progress.takes_up_reading());
    assert_eq!(deadline(&progress, start), Some((70, Overdue::Idle)));
}

#[test]
fn requests_that_come_early_are_read_up_to_a_bound() {
    let start = Instant::now();
    let mut progress = Progress::new(start);
    assert_eq!(progress.reading(), Reading::AtMost(4 * KIB));
    progress.has_read(&[b'a'; 4 * KIB], start);
    assert_eq!(progress.reading(), Reading::NothingYet, "heads are looked at first");
    assert!(progress.takes_up_reading());
    progress.has_read(b"\n\n", start);
    assert_eq!(progress.reading(), Reading::Ahead(4 * KIB));
    progress.begins(None, start);
    progress.has_read_ahead(&[b'b'; 4 * KIB]);
    assert_eq!(progress.reading(), Reading::NothingYet);
    progress.ends(start);
    assert!(progress.takes_up_reading());
    assert_eq!(progress.reading(), Reading::AtMost(4 * KIB));
    assert_eq!(progress.take_kept(KIB, start).len(), KIB);
    assert_eq!(progress.take_kept(8 * KIB, start).len(), 3 * KIB);
}

#[test]
fn who_has_sent_its_requests_and_hangs_up_gets_all_answers() {
    let start = Instant::now();
    let mut progress = Progress::new(start);
    progress.has_read(&[HEAD, HEAD].concat(), start);
    progress.begins(None, start);
    assert!(!progress.has_seen_the_end());
    assert_eq!(progress.reading(), Reading::NothingYet);
    progress.ends(start);
    assert!(progress.takes_up_reading());
    assert_eq!(progress.take_kept(KIB, start), HEAD);
    progress.begins(None, start);
    assert!(progress.has_seen_the_end());
}

fn admission(in_all: usize, per_address: usize) -> Arc<Admission> {
    let limits =
        Limits { connections: in_all, connections_per_address: per_address, ..Limits::default() };
    Arc::new(Admission::new(&limits, Arc::new(["10.0.0.0/8".parse().unwrap()])))
}

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

async fn must_go(slot: &Slot) -> bool {
    tokio::time::timeout(Duration::ZERO, slot.must_go()).await.is_ok()
}

#[tokio::test]
async fn r4_a_newcomer_takes_the_place_of_whoever_waited_longest() {
    let (admission, now) = (admission(100, 3), Instant::now());
    let [a, b, c] = [(); 3].map(|()| admission.admit(address("192.0.2.1")).unwrap());
    a.waits_since(Some(now + seconds(2)));
    b.waits_since(Some(now + seconds(1)));
    c.waits_since(None);
    let other = admission.admit(address("192.0.2.2")).unwrap();
    assert!(!must_go(&b).await, "another address has its own bound");
    let d = admission.admit(address("::ffff:192.0.2.1")).unwrap();
    assert!(must_go(&b).await);
    drop(b);
    d.waits_since(Some(now + seconds(9)));
    let _e = admission.admit(address("192.0.2.1")).unwrap();
    assert!(must_go(&a).await);
    assert!(!must_go(&c).await && !must_go(&d).await && !must_go(&other).await);
}

#[tokio::test]
async fn r4_when_everybody_is_served_there_is_no_place() {
    let admission = admission(100, 2);
    let [a, b] = [(); 2].map(|()| admission.admit(address("2001:db8::1")).unwrap());
    a.waits_since(None);
    b.waits_since(None);
    assert!(admission.admit(address("2001:db8::2")).is_none(), "the same /64");
    drop(a);
    assert!(admission.admit(address("2001:db8::2")).is_some());
}

#[tokio::test]
async fn r4_a_trusted_proxy_is_bounded_in_all_alone() {
    let (admission, now) = (admission(5, 2), Instant::now());
    let open = (0..5).map(|n| {
        let slot = admission.admit(address("10.1.2.3")).unwrap();
        slot.waits_since(Some(now + seconds(n + 1)));
        slot
    });
    let open: Vec<_> = open.collect();
    for slot in &open {
        assert!(!must_go(slot).await);
    }
    let _other = admission.admit(address("192.0.2.1")).unwrap();
    assert!(must_go(&open[0]).await);
    assert!(!must_go(&open[1]).await);
}
