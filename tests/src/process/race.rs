//! Requests that arrive at the same moment.

use std::{
    io::{Read, Write},
    net::TcpStream,
    sync::Barrier,
    thread,
    time::Duration,
};

use serde_json::Value;

/// What came back: status and body.
pub type Finish = (u16, Value);

/// One request of a race.
#[derive(Debug, Clone)]
pub struct Racer {
    /// `http://127.0.0.1:<port>`
    pub url: String,
    /// The method.
    pub method: &'static str,
    /// The path.
    pub path: String,
    /// The bearer token; empty for nobody.
    pub token: String,
    /// The body.
    pub body: Value,
}

/// Opens a connection for each, sends everything but the last byte, and then the last bytes
/// all together (H-race). The answers in the order of the requests.
pub fn race(racers: &[Racer]) -> Vec<Finish> {
    let start = Barrier::new(racers.len());
    thread::scope(|scope| {
        let running: Vec<_> =
            racers.iter().map(|racer| scope.spawn(|| run(racer, &start))).collect();
        running.into_iter().map(|racer| racer.join().unwrap()).collect()
    })
}

fn run(racer: &Racer, start: &Barrier) -> Finish {
    let host = racer.url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(host).unwrap();
    stream.set_nodelay(true).unwrap();
    stream.set_read_timeout(Some(Duration::from_mins(5))).unwrap();
    let body = racer.body.to_string();
    let authorization = match racer.token.as_str() {
        "" => String::new(),
        token => format!("authorization: Bearer {token}\r\n"),
    };
    let request = format!(
        "{} {} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n{authorization}\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        racer.method,
        racer.path,
        body.len()
    );
    let (head, last) = request.as_bytes().split_at(request.len() - 1);
    stream.write_all(head).unwrap();
    start.wait();
    stream.write_all(last).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
    let (_, body) = answer.split_once("\r\n\r\n").unwrap_or_default();
    (status.unwrap_or(0), serde_json::from_str(body).unwrap_or(Value::Null))
}
