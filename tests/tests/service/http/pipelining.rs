//! Several requests on one connection, as HTTP/1.1 allows (RFC 9112, section 9.3): each is
//! answered by itself, and what comes behind the last one is not carried out.

use std::{
    io::{Read, Write},
    net::TcpStream,
};

use userdom_api::Limits;
use userdom_tests::{
    app::{TestApp, given},
    databases::Kind,
};

/// All that comes back until the other side closes, after the client has closed its own.
fn exchange(address: &str, requests: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let _ = stream.write_all(requests.as_bytes());
    let _ = stream.shutdown(std::net::Shutdown::Write);
    let mut all = Vec::new();
    let _ = stream.read_to_end(&mut all);
    String::from_utf8_lossy(&all).into_owned()
}

/// The status of each answer.
fn answers(text: &str) -> Vec<&str> {
    let lines = text.match_indices("HTTP/1.").map(|(at, _)| &text[at + "HTTP/1.1".len()..]);
    lines.filter(|rest| rest.starts_with(' ')).map(|rest| &rest[1..4]).collect()
}

/// Seen to fail with a server that hands over all that it has read: the second request was
/// answered.
#[test]
fn v7_what_comes_behind_a_closing_answer_is_not_carried_out() {
    let app = TestApp::start(Kind::Sqlite);
    let ada = given::a_verified_user(&app).signed_in();
    let address = app.with_limits(Limits::default());
    let delete = format!(
        "DELETE /v1/users/me HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\r\n",
        ada.token
    );
    for first in [
        "POST /nowhere HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\nhello",
        "POST /nowhere HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        "GET /livez HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
        "GET /livez HTTP/1.0\r\nhost: x\r\n\r\n",
        "GET / HTTP/1.1\r\n\r\n",
    ] {
        let received = exchange(&address, &format!("{first}{delete}"));
        assert_eq!(answers(&received).len(), 1, "{first}: {received}");
        assert_eq!(ada.client.get("/v1/users/me").status, 200, "{first}");
    }
}

/// Seen to fail in the same way: a HEAD was answered with a body.
#[test]
fn v7_a_head_behind_a_get_leaves_the_body_of_the_get() {
    let app = TestApp::start(Kind::Sqlite);
    let address = app.with_limits(Limits::default());
    let request = |method: &str| format!("{method} /openapi.json HTTP/1.1\r\nhost: x\r\n\r\n");
    let post = "POST /v1/users HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
                transfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n";
    let (get, head) = (request("GET"), request("HEAD"));
    let received = exchange(&address, &[&get, &head, post, &head, &get].concat());
    assert_eq!(answers(&received), ["200", "200", "400", "200", "200"]);
    assert_eq!(received.matches("\"openapi\":").count(), 2);
}

#[test]
fn r5_room_for_a_body_does_not_depend_on_the_requests_before() {
    let app = TestApp::start(Kind::Sqlite);
    let address = app.with_limits(Limits::default());
    let mut stream = TcpStream::connect(address).unwrap();
    let mut writer = stream.try_clone().unwrap();
    let mut answer = || {
        let (mut all, mut buffer) = (String::new(), [0; 4096]);
        while !all.contains("\r\n\r\n") {
            let n = stream.read(&mut buffer).unwrap();
            assert!(n > 0, "{all}");
            all.push_str(&String::from_utf8_lossy(&buffer[..n]));
        }
        all
    };
    let get = format!("GET /livez#{} HTTP/1.1\r\nhost:    x\r\n\r\n", "x".repeat(4_000));
    for _ in 0..40 {
        writer.write_all(get.as_bytes()).unwrap();
        assert!(answer().starts_with("HTTP/1.1 200"));
    }
    let post = "POST /v1/sessions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
                content-length: 60002\r\n\r\n";
    writer.write_all(post.as_bytes()).unwrap();
    userdom_tests::process::pause(std::time::Duration::from_millis(50));
    writer.write_all(format!("{{{}}}", " ".repeat(60_000)).as_bytes()).unwrap();
    assert!(answer().starts_with("HTTP/1.1 400"));
}

/// Seen to fail with the answers of the library: they had no body, and few headers.
#[test]
fn v7_what_is_no_request_is_told_so_in_a_problem() {
    let app = TestApp::start(Kind::Sqlite);
    let address = app.with_limits(Limits::default());
    let long = "x".repeat(200_000);
    for (request, status, code) in [
        ("GET / HTTP/1.1\r\n\r\n".to_owned(), 400, "request.unreadable"),
        ("hello\r\n\r\n".to_owned(), 400, "request.unreadable"),
        ("GET / HTTP/1.1\r\nhost: x\r\na b: c\r\n\r\n".to_owned(), 400, "request.unreadable"),
        (format!("GET /?{long} HTTP/1.1\r\nhost: x\r\n\r\n"), 431, "request.head_too_large"),
        (format!("GET / HTTP/1.1\r\nhost: x\r\na: {long}\r\n\r\n"), 431, "request.head_too_large"),
    ] {
        let received = exchange(&address, &request);
        assert!(received.starts_with(&format!("HTTP/1.1 {status} ")), "{received}");
        assert_eq!(answers(&received).len(), 1, "{received}");
        for part in [
            "\r\nconnection: close\r\n",
            "\r\ncontent-type: application/problem+json\r\n",
            "\r\nreferrer-policy: no-referrer\r\n",
            "\r\nx-request-id: ",
            &format!("\"code\":\"{code}\""),
        ] {
            assert!(received.contains(part), "{part:?} in {received}");
        }
    }
}
