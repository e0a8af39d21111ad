use std::{
    fs,
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::json;
use tempfile::TempDir;
use userdom_tests::process::{Launch, PASSWORD, Service, eventually, pause, repository, token_in};

/// An SMTP server of its own process, which keeps what it takes.
struct Sink {
    process: Child,
    port: u16,
}

impl Sink {
    fn start(folder: &TempDir, port: u16, options: &[&str]) -> Self {
        let script: PathBuf = repository().join("tests/support/smtp_sink.py");
        let mut process = Command::new("python3")
            .arg(script)
            .args(["--port", &port.to_string(), "--dir"])
            .arg(folder.path())
            .args(options)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { process, port: line.trim().parse().expect("the sink listens") }
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn mails(folder: &TempDir) -> Vec<String> {
    let paths = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<_> =
        paths.filter(|path| path.extension().is_some_and(|e| e == "eml")).collect();
    paths.sort();
    paths.into_iter().map(|path| fs::read_to_string(path).unwrap()).collect()
}

fn service_with(port: u16) -> Service {
    let launch = Launch::default()
        .with("USERDOM_SMTP_URL", format!("smtp://127.0.0.1:{port}"))
        .with("USERDOM_MAIL_FROM", "Accounts <accounts@example.org>")
        .with("USERDOM_PUBLIC_URL", "https://accounts.example.org/");
    launch.start()
}

fn header<'a>(mail: &'a str, name: &str) -> &'a str {
    let lines = mail.lines().take_while(|line| !line.is_empty());
    lines.filter_map(|line| line.split_once(": ")).find(|(key, _)| *key == name).unwrap().1
}

#[test]
fn the_verification_mail_arrives_once_as_text_and_html() {
    let folder = tempfile::tempdir().unwrap();
    let sink = Sink::start(&folder, 0, &[]);
    let service = service_with(sink.port);
    service.register("ada").expect(201);
    let mail = eventually("the mail", Duration::from_secs(5), || mails(&folder).pop());
    assert_eq!(header(&mail, "X-Envelope-To"), "ada@example.org");
    assert_eq!(header(&mail, "X-Envelope-From"), "accounts@example.org");
    assert_eq!(header(&mail, "To"), "ada@example.org");
    assert_eq!(header(&mail, "From"), "Accounts <accounts@example.org>");
    assert!(mail.contains("multipart/alternative"));
    assert!(mail.contains("Content-Type: text/plain") && mail.contains("Content-Type: text/html"));
    let plain = mail.replace("=\r\n", "").replace("=3D", "=");
    assert_eq!(plain.matches("https://accounts.example.org/verify-email#token=").count(), 3);
    let token = token_in(&mail).unwrap();
    let body = json!({"token": token});
    service.call("POST", "/v1/email-verifications", Some(&body)).expect(200);
    service.signed_in("ada", PASSWORD);
    // Longer than the worker sleeps.
    pause(Duration::from_millis(2500));
    assert_eq!(mails(&folder).len(), 1, "once");
    assert!(!service.log().contains(&token), "the link is for the mail alone");
}

#[test]
fn d4_a_refused_mail_arrives_later_under_the_same_message_id() {
    let folder = tempfile::tempdir().unwrap();
    let sink = Sink::start(&folder, 0, &["--refuse", "451"]);
    let port = sink.port;
    let service = service_with(port);
    service.register("ada").expect(201);
    eventually("the refusal", Duration::from_secs(5), || {
        service.log().contains("message postponed").then_some(())
    });
    assert_eq!(mails(&folder).len(), 0);
    drop(sink);
    let _sink = Sink::start(&folder, port, &[]);
    let refused_at = Instant::now();
    let mail = eventually("the mail", Duration::from_secs(20), || mails(&folder).pop());
    println!("it arrived {:?} after the server had recovered", refused_at.elapsed());
    // The id is that of the event, which the log of the refusal names.
    let id = header(&mail, "Message-ID").trim_start_matches('<').split('@').next().unwrap();
    assert!(service.log().contains(id), "{id}");
    pause(Duration::from_millis(2500));
    assert_eq!(mails(&folder).len(), 1, "once");
}

#[test]
fn d4_without_any_mail_server_requests_are_unaffected() {
    let folder = tempfile::tempdir().unwrap();
    let sink = Sink::start(&folder, 0, &[]);
    let port = sink.port;
    drop(sink);
    let service = service_with(port);
    for n in 0..5 {
        service.register(&format!("user{n}")).expect(201);
    }
    service.call("GET", "/readyz", None).expect(200);
    let _sink = Sink::start(&folder, port, &[]);
    eventually("all five mails", Duration::from_mins(1), || {
        (mails(&folder).len() == 5).then_some(())
    });
    pause(Duration::from_millis(2500));
    let mut ids: Vec<_> =
        mails(&folder).iter().map(|mail| header(mail, "Message-ID").to_owned()).collect();
    ids.sort();
    ids.dedup();
    assert_eq!((mails(&folder).len(), ids.len()), (5, 5));
}

/// A server that takes connections and is slow to speak must not stop a stop.
#[test]
fn d4_a_slow_mail_server_slows_no_request() {
    let folder = tempfile::tempdir().unwrap();
    // Far longer than a registration takes on any machine.
    let sink = Sink::start(&folder, 0, &["--tarpit", "120"]);
    let service = service_with(sink.port);
    for n in 0..3 {
        let started = Instant::now();
        service.register(&format!("user{n}")).expect(201);
        assert!(started.elapsed() < Duration::from_mins(1), "{:?}", started.elapsed());
    }
}
