//! R5: of a body that nobody wants a bounded part is read, and the answer is seen.

use std::{
    io::{Read, Write},
    net::TcpStream,
    sync::Mutex,
    thread,
    time::{Duration, Instant},
};

use userdom_api::Limits;
use userdom_tests::{
    app::{TestApp, given},
    databases::Kind,
};

/// More than the buffers of both kernels hold.
const FLOOD: usize = 64 << 20;
/// What the service may read, and what lies in the buffers of loopback beside.
const TAKEN_AT_MOST: usize = 16 << 20;
const PATIENCE: Duration = Duration::from_mins(1);

/// Sends a head and then a body without end; what came back, and how much was taken.
fn flood(address: &str, head: &str, piece: &[u8]) -> (String, usize) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut reader = stream.try_clone().unwrap();
    let answer = thread::spawn(move || {
        let (mut all, mut buffer) = (Vec::new(), [0; 4096]);
        while let Ok(n @ 1..) = reader.read(&mut buffer) {
            all.extend_from_slice(&buffer[..n]);
        }
        String::from_utf8_lossy(&all).into_owned()
    });
    stream.write_all(head.as_bytes()).unwrap();
    let (started, mut taken) = (Instant::now(), 0);
    while taken < FLOOD && started.elapsed() < PATIENCE {
        match stream.write(piece) {
            Ok(0) | Err(_) => break,
            Ok(n) => taken += n,
        }
    }
    drop(stream);
    (answer.join().unwrap(), taken)
}

fn heads(token: &str) -> Vec<(&'static str, String)> {
    let json = "content-type: application/json\r\n";
    let bearer = format!("authorization: Bearer {token}\r\n");
    vec![
        ("404", "POST /nowhere HTTP/1.1\r\n".to_owned()),
        ("405", "POST /livez HTTP/1.1\r\n".to_owned()),
        ("415", "POST /v1/users HTTP/1.1\r\n".to_owned()),
        ("413", format!("POST /v1/users HTTP/1.1\r\n{json}")),
        ("413", format!("POST /graphql HTTP/1.1\r\n{json}")),
        ("413", format!("POST /v1/batch HTTP/1.1\r\n{json}")),
        ("401", "DELETE /v1/sessions/current HTTP/1.1\r\n".to_owned()),
        ("401", "GET /v1/users HTTP/1.1\r\n".to_owned()),
        ("200", "GET /livez HTTP/1.1\r\n".to_owned()),
        ("200", "GET /docs HTTP/1.1\r\n".to_owned()),
        ("200", format!("GET /v1/users/me HTTP/1.1\r\n{bearer}")),
        ("200", "GET /livez HTTP/1.1\r\nconnection: close\r\n".to_owned()),
        ("200", "GET /livez HTTP/1.1\r\nexpect: 100-continue\r\n".to_owned()),
        ("200", "GET /livez HTTP/1.1\r\nconnection: upgrade\r\nupgrade: h2c\r\n".to_owned()),
        ("200", "HEAD /livez HTTP/1.1\r\n".to_owned()),
    ]
}

/// Seen to fail on the server as it was: all 64 MiB of each chunked body were read.
#[test]
fn r5_of_an_unwanted_body_a_bounded_part_is_read_and_the_answer_is_seen() {
    let app = TestApp::start(Kind::Sqlite);
    let ada = given::a_verified_user(&app).present();
    let address = app.with_limits(Limits { farewell: Duration::from_secs(3), ..Limits::default() });
    let token =
        given::sign_in(&app, &ada.username, given::PASSWORD).expect(201).at("/access_token");
    let piece = vec![b'x'; 64 << 10];
    let chunk = [b"10000\r\n".as_slice(), &piece, b"\r\n"].concat();
    let tiny = b"1\r\nx\r\n".repeat(10_000);
    let framings: [(&str, &[u8]); 3] = [
        ("transfer-encoding: chunked\r\n", &chunk),
        ("transfer-encoding: chunked\r\n", &tiny),
        ("content-length: 100000000000\r\n", &piece),
    ];
    let faults = Mutex::new(Vec::new());
    for (framing, piece) in framings {
        thread::scope(|scope| {
            for (status, head) in heads(&token) {
                let (address, faults) = (&address, &faults);
                scope.spawn(move || {
                    let head = format!("{head}host: x\r\n{framing}\r\n");
                    let (received, sent) = flood(address, &head, piece);
                    let last = received.trim_start_matches("HTTP/1.1 100 Continue\r\n\r\n");
                    let is_seen = last.starts_with(&format!("HTTP/1.1 {status}"));
                    if !is_seen || !last.contains("connection: close") || sent > TAKEN_AT_MOST {
                        let fault = format!("{head:?}: {sent} bytes, {received:?}");
                        faults.lock().unwrap().push(fault);
                    }
                });
            }
        });
    }
    let faults = faults.into_inner().unwrap();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
