//! R4: a slow client is disconnected, whatever it is slow in. The limits of these
//! tests are shorter than those of the service, so that they end soon.

use std::{
    io::{ErrorKind, Read, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

use userdom_api::Limits;
use userdom_tests::{
    app::TestApp,
    databases::Kind,
    process::{eventually, pause},
};

const HEAD: &str = "GET /livez HTTP/1.1\r\nhost: x\r\n";
/// Longer than any limit here, even on a machine that is busy.
const PATIENCE: Duration = Duration::from_mins(1);

fn limits() -> Limits {
    Limits {
        request_head: Duration::from_secs(3),
        keep_alive: Duration::from_mins(1),
        ..Limits::default()
    }
}

fn connect(address: &str) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
    stream
}

/// What comes until the other side closes, while a byte is sent now and then.
/// `None` if it does not close in time.
fn dripping(stream: &mut TcpStream, byte: &[u8]) -> Option<String> {
    let (started, mut all, mut buffer) = (Instant::now(), Vec::new(), [0; 4096]);
    while started.elapsed() < PATIENCE {
        match stream.read(&mut buffer) {
            Ok(0) => return Some(String::from_utf8_lossy(&all).into_owned()),
            Ok(n) => all.extend_from_slice(&buffer[..n]),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(_) => return Some(String::from_utf8_lossy(&all).into_owned()),
        }
        let _ = stream.write_all(byte);
    }
    None
}

/// One answer, up to the end of its body.
fn answer(stream: &mut TcpStream) -> String {
    let (started, mut all, mut buffer) = (Instant::now(), Vec::new(), [0; 4096]);
    while started.elapsed() < PATIENCE {
        let text = String::from_utf8_lossy(&all).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if length.is_some_and(|length| body.len() >= length.parse::<usize>().unwrap()) {
                return text;
            }
        }
        match stream.read(&mut buffer) {
            Ok(0) => break,
            Ok(n) => all.extend_from_slice(&buffer[..n]),
            Err(_) => {}
        }
    }
    panic!("no answer: {}", String::from_utf8_lossy(&all));
}

/// Seen to fail on the server as it was: 20 s later the second head was still waited for.
#[test]
fn r4_each_head_of_a_connection_has_a_deadline_that_dripping_does_not_move() {
    let app = TestApp::start(Kind::Sqlite);
    let address = app.with_limits(limits());
    for earlier in 0..3 {
        let mut stream = connect(&address);
        for _ in 0..earlier {
            stream.write_all(format!("{HEAD}\r\n").as_bytes()).unwrap();
            assert!(answer(&mut stream).starts_with("HTTP/1.1 200"));
        }
        stream.write_all(HEAD.as_bytes()).unwrap();
        let received = dripping(&mut stream, b"x").expect("it is closed");
        assert!(received.starts_with("HTTP/1.1 408"), "head {earlier}: {received}");
        assert!(received.contains("application/problem+json"), "{received}");
        assert!(received.contains("request.timeout"), "{received}");
    }
}

#[test]
fn r4_a_head_of_empty_lines_and_one_that_began_behind_a_request_have_the_deadline() {
    let app = TestApp::start(Kind::Sqlite);
    let address = app.with_limits(limits());
    let mut stream = connect(&address);
    assert!(dripping(&mut stream, b"\r\n").is_some(), "empty lines");

    let body = "{}";
    let post = format!(
        "POST /v1/users HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    );
    for first in [format!("{HEAD}\r\n"), post] {
        // The first bytes of the second request come with the first request.
        let mut stream = connect(&address);
        stream.write_all(format!("{first}{HEAD}").as_bytes()).unwrap();
        let received = dripping(&mut stream, b"").expect("it is closed");
        assert!(received.contains("HTTP/1.1 408"), "{received}");
    }
}

/// Seen to fail: with the deadline of a head for idle connections as well.
#[test]
fn r4_an_idle_connection_is_kept_longer_than_a_head_may_take() {
    let app = TestApp::start(Kind::Sqlite);
    let address = app.with_limits(limits());
    let mut stream = connect(&address);
    let post = "POST /v1/users HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\
                Content-Length: 2\r\n\r\n";
    for request in [format!("{HEAD}\r\n"), format!("{post}{{}}"), format!("{HEAD}\r\n")] {
        stream.write_all(request.as_bytes()).unwrap();
        answer(&mut stream);
        pause(Duration::from_secs(4));
    }
    // A body that comes after its head is none of the next head.
    stream.write_all(post.as_bytes()).unwrap();
    pause(Duration::from_millis(100));
    stream.write_all(b"{}").unwrap();
    answer(&mut stream);
    pause(Duration::from_secs(4));
    stream.write_all(format!("{HEAD}\r\n").as_bytes()).unwrap();
    assert!(answer(&mut stream).starts_with("HTTP/1.1 200"));
}

/// The deadline of the service itself: 15 s.
#[test]
fn r4_a_body_has_a_deadline_that_dripping_does_not_move() {
    let app = TestApp::start(Kind::Sqlite);
    let address = app.with_limits(limits());
    let head = "POST /v1/users HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n";
    std::thread::scope(|scope| {
        for body in ["content-length: 9000\r\n\r\n{", "transfer-encoding: chunked\r\n\r\n2000\r\n"]
        {
            let address = &address;
            scope.spawn(move || {
                let mut stream = connect(address);
                stream.write_all(format!("{head}{body}").as_bytes()).unwrap();
                let received = dripping(&mut stream, b" ").expect("it is closed");
                assert!(
                    received.starts_with("HTTP/1.1 408") && received.contains("request.timeout"),
                    "{received}"
                );
                assert!(received.contains("connection: close"), "{received}");
            });
        }
    });
}

#[test]
fn r4_an_idle_connection_is_closed_in_the_end() {
    let app = TestApp::start(Kind::Sqlite);
    let keep_alive = Duration::from_millis(600);
    let address = app.with_limits(Limits { keep_alive, ..limits() });
    let mut stream = connect(&address);
    stream.write_all(format!("{HEAD}\r\n").as_bytes()).unwrap();
    answer(&mut stream);
    assert_eq!(dripping(&mut stream, b"").expect("it is closed"), "");
}

/// Sends requests and reads nothing; how many bytes were taken before it was closed.
/// `None` if it is not closed in time.
fn without_reading(address: &str, request: &str) -> Option<usize> {
    let mut stream = connect(address);
    stream.set_write_timeout(Some(Duration::from_millis(50))).unwrap();
    let (started, mut taken, many) = (Instant::now(), 0, request.repeat(500));
    while started.elapsed() < PATIENCE {
        match stream.write(&many.as_bytes()[taken % request.len()..]) {
            Ok(n) => taken += n,
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(_) => return Some(taken),
        }
    }
    None
}

/// Seen to fail: without the deadline for a write, and with reading that does not mind it.
#[test]
fn r4_whoever_does_not_take_answers_is_closed_and_asked_for_no_more_requests() {
    let app = TestApp::start(Kind::Sqlite);
    let address = app.with_limits(Limits { write: Duration::from_millis(600), ..limits() });
    for request in ["GET /openapi.json", "HEAD /livez", "GET /livez", "GET /nowhere"] {
        let request = format!("{request} HTTP/1.1\r\nhost: x\r\n\r\n");
        let taken = without_reading(&address, &request).expect("it is closed");
        println!("{request:?}: {taken} bytes of requests");
        assert!(taken < 16 << 20, "{request}: {taken}");
    }
}

#[test]
fn r4_whoever_takes_an_answer_slowly_gets_all_of_it() {
    let app = TestApp::start(Kind::Sqlite);
    let address = app.with_limits(limits());
    let mut stream = connect(&address);
    let many = 40;
    let requests = "GET /openapi.json HTTP/1.1\r\nhost: x\r\n\r\n".repeat(many);
    stream.write_all(requests.as_bytes()).unwrap();
    stream.write_all(format!("{HEAD}connection: close\r\n\r\n").as_bytes()).unwrap();
    pause(Duration::from_secs(1));
    let received = dripping(&mut stream, b"").expect("it is closed");
    assert_eq!(received.matches("HTTP/1.1 200 OK").count(), many + 1);
    assert!(received.ends_with('}'));
}

/// Whether the other side has not closed; reads what is there.
fn is_open(mut stream: &TcpStream) -> bool {
    let mut buffer = [0; 4096];
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => return false,
            Ok(_) => {}
            Err(error) => return error.kind() == ErrorKind::WouldBlock,
        }
    }
}

/// Seen to fail: with bounds that turn newcomers away.
#[test]
fn r4_slow_connections_make_room_for_newcomers() {
    let app = TestApp::start(Kind::Sqlite);
    for bounds in [(1000, 8), (8, 1000)] {
        let (connections, connections_per_address) = bounds;
        let limits = Limits {
            connections,
            connections_per_address,
            request_head: Duration::from_mins(1),
            ..limits()
        };
        let address = app.with_limits(limits);
        let body = "POST /v1/users HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
                    content-length: 9\r\n\r\n{";
        let slow: Vec<_> = [HEAD, body, "", "GET /livez HTTP/1.1\r\nhost: x\r\n\r\n"]
            .iter()
            .cycle()
            .take(40)
            .map(|begin| {
                let mut stream = connect(&address);
                stream.write_all(begin.as_bytes()).unwrap();
                stream
            })
            .collect();
        for stream in &slow {
            stream.set_nonblocking(true).unwrap();
        }
        eventually("the slow ones to be closed", PATIENCE, || {
            let open = slow.iter().filter(|stream| is_open(stream)).count();
            (open <= 8).then_some(())
        });
        for _ in 0..20 {
            let mut stream = connect(&address);
            stream.write_all(format!("{HEAD}\r\n").as_bytes()).unwrap();
            assert!(answer(&mut stream).starts_with("HTTP/1.1 200"));
        }
    }
}
