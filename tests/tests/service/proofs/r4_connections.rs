//! R4: connections and the files that the process may have open.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

use userdom_tests::process::Launch;

fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn r4_connections_stay_below_the_limit_of_files() {
    let service = Launch::default().through(&["sh", "-c", "ulimit -n 200; exec \"$0\""]).start();
    let address = service.url().trim_start_matches("http://");
    let log = service.log();
    assert!(log.contains("up to 150 connections at once, 150 from one address"), "{log}");
    assert!(log.contains("instead of USERDOM_MAX_CONNECTIONS (4096)"), "{log}");
    let slow: Vec<_> = (0..400)
        .map(|_| {
            let mut stream = TcpStream::connect(address).unwrap();
            let _ = stream.write_all(b"GET /livez HTTP/1.1\r\nhost: x\r\n");
            stream
        })
        .collect();
    for path in ["/livez", "/readyz", "/livez", "/readyz"] {
        assert!(get(address, path).starts_with("HTTP/1.1 200"), "{path}");
    }
    drop(slow);
    assert!(service.log().contains("connections are at a bound"));
}

#[test]
fn r4_the_soft_limit_of_files_is_raised_at_the_start() {
    let raised = |settings: &[(&str, &str)]| {
        let launch = Launch::default().through(&["sh", "-c", "ulimit -Sn 100; exec \"$0\""]);
        let launch =
            settings.iter().fold(launch, |launch, (name, value)| launch.with(name, *value));
        launch.start().log()
    };
    let log = raised(&[("USERDOM_MAX_CONNECTIONS", "300")]);
    assert!(
        log.contains("up to 300 connections at once, 300 from one address, of 400 files"),
        "{log}"
    );
    let log =
        raised(&[("USERDOM_MAX_CONNECTIONS", "60"), ("USERDOM_MAX_CONNECTIONS_PER_ADDRESS", "30")]);
    assert!(
        log.contains("up to 60 connections at once, 30 from one address, of 100 files"),
        "{log}"
    );
}
