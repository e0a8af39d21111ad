//! A log line that cannot be written costs no answer, no stop and no thread.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Child, Output, Stdio},
    time::Duration,
};

use userdom_tests::{
    databases::{Kind, TestDatabase},
    process::{SECRET_KEY, ended, eventually, registration, signal, userdom},
};

const PATIENCE: Duration = Duration::from_secs(30);

fn full_disk() -> Stdio {
    File::options().write(true).open("/dev/full").unwrap().into()
}

fn reader_that_is_gone() -> Stdio {
    let (_, writer) = io::pipe().unwrap();
    writer.into()
}

/// What cannot be written to, and how to open it.
type Nowhere = (&'static str, fn() -> Stdio);

const NOWHERE: [Nowhere; 2] =
    [("a full disk", full_disk), ("a reader that is gone", reader_that_is_gone)];

fn run(folder: &Path, arguments: &[&str], stdout: Stdio, stderr: Stdio) -> Output {
    let settings = [("USERDOM_DATA_DIR", "data"), ("USERDOM_SECRET_KEY", SECRET_KEY)];
    let mut command = userdom(folder, &settings, arguments);
    command.stdout(stdout).stderr(stderr).spawn().unwrap().wait_with_output().unwrap()
}

/// Each command as it was, tried by hand, panicked with code 101.
#[test]
fn f1_what_a_command_cannot_print_is_one_line_and_code_1() {
    let commands: [&[&str]; 10] = [
        &["errors"],
        &["openapi"],
        &["graphql-schema"],
        &["check-config"],
        &["sms-secret"],
        &["migrate"],
        &["admin", "create", "--username", "chief", "--email", "chief@example.org"],
        &["--help"],
        &["admin", "create", "--help"],
        &["--version"],
    ];
    for (what, nowhere) in NOWHERE {
        let folder = tempfile::tempdir().unwrap();
        for command in commands {
            let output = run(folder.path(), command, nowhere(), Stdio::piped());
            let told = String::from_utf8(output.stderr).unwrap();
            assert_eq!(output.status.code(), Some(1), "{command:?}, {what}: {told}");
            assert!(told.starts_with("userdom: ") && told.lines().count() == 1, "{told}");
            if command.contains(&"chief") {
                assert!(told.contains("was made"), "{told}");
            }
        }
        for command in [["openapi"].as_slice(), &["no-such-command"], &["--help"]] {
            let code = run(folder.path(), command, nowhere(), nowhere()).status.code();
            assert!(matches!(code, Some(1 | 2)), "{command:?}, {what}: {code:?}");
        }
    }
}

/// A service whose log goes where the test says; killed when dropped.
struct Running {
    child: Child,
    address: String,
    _folder: tempfile::TempDir,
    _database: TestDatabase,
}

impl Running {
    fn start(stdout: Stdio, stderr: Stdio, log: &str) -> Self {
        let (folder, database) = (tempfile::tempdir().unwrap(), TestDatabase::new(Kind::Sqlite));
        // The log cannot tell the port.
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        let settings = [
            ("USERDOM_BIND", address.as_str()),
            ("USERDOM_DATA_DIR", "data"),
            ("USERDOM_DATABASE_URL", database.url()),
            ("USERDOM_SECRET_KEY", SECRET_KEY),
            ("RUST_LOG", log),
        ];
        let child = userdom(folder.path(), &settings, &["serve"])
            .stdout(stdout)
            .stderr(stderr)
            .spawn()
            .unwrap();
        let mut running = Self { child, address, _folder: folder, _database: database };
        eventually("the service to be ready", PATIENCE, || {
            assert!(running.child.try_wait().unwrap().is_none(), "the service ended");
            (running.status("GET", "/readyz", "") == Some(200)).then_some(())
        });
        running
    }

    /// The status of the answer, if there is one.
    fn status(&self, method: &str, path: &str, body: &str) -> Option<u16> {
        let mut stream = TcpStream::connect(&self.address).ok()?;
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let length = body.len();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\
             content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
        );
        stream.write_all(request.as_bytes()).ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        answer.split(' ').nth(1)?.parse().ok()
    }

    fn works(&self) {
        for n in 0..20 {
            assert_eq!(self.status("GET", "/livez", ""), Some(200), "request {n}");
        }
        let body = registration("ada").to_string();
        assert_eq!(self.status("POST", "/v1/users", &body), Some(201));
        assert_eq!(self.status("POST", "/v1/users", "{"), Some(400));
    }

    fn answers_a_thousand(&self) {
        let request = |more: &str| format!("GET /livez HTTP/1.1\r\nhost: x\r\n{more}\r\n");
        let requests = request("").repeat(999) + &request("connection: close\r\n");
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(requests.as_bytes()).unwrap();
        let mut answers = String::new();
        stream.read_to_string(&mut answers).unwrap();
        assert_eq!(answers.matches("HTTP/1.1 200 OK").count(), 1000);
    }

    fn stops(&mut self) {
        signal(self.child.id(), "TERM");
        assert_eq!(ended(&mut self.child, PATIENCE).code(), Some(0));
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The service as it was, tried by hand, panicked before it listened.
#[test]
fn f1_a_log_that_goes_nowhere_costs_no_answer_and_no_stop() {
    for (what, nowhere) in NOWHERE {
        println!("{what}");
        let mut service = Running::start(nowhere(), nowhere(), "info");
        service.works();
        service.stops();
    }
}

/// The reader goes after the first lines, as `head` does.
#[test]
fn f1_a_reader_that_leaves_costs_no_answer_and_no_stop() {
    let (reader, writer) = io::pipe().unwrap();
    let stderr = writer.try_clone().unwrap().into();
    let mut service = Running::start(writer.into(), stderr, "info");
    let mut reader = BufReader::new(reader);
    reader.read_line(&mut String::new()).unwrap();
    drop(reader);
    service.works();
    service.stops();
}

/// The service as it was, tried by hand, stood still when the pipe was full.
#[test]
fn f1_a_reader_that_reads_nothing_costs_lines_which_are_counted() {
    let (reader, writer) = io::pipe().unwrap();
    let stderr = writer.try_clone().unwrap().into();
    // So that requests say more.
    let mut service = Running::start(writer.into(), stderr, "trace");
    service.works();
    for _ in 0..20 {
        service.answers_a_thousand();
    }
    let mut reader = BufReader::new(reader);
    let note = reader.by_ref().lines().map_while(Result::ok);
    let note = note.take(1 << 20).find(|line| line.contains("lines of this log were lost"));
    let note = note.expect("what was lost is reported");
    assert!(note.contains("\"level\":\"ERROR\""), "{note}");
    // Nobody reads again, and it still stops.
    service.answers_a_thousand();
    service.stops();
}

/// What was logged last is there after the stop.
#[test]
fn f1_no_line_is_lost_at_the_stop() {
    let (reader, writer) = io::pipe().unwrap();
    let mut service = Running::start(writer.into(), Stdio::inherit(), "info");
    let lines = std::thread::spawn(move || {
        BufReader::new(reader).lines().map_while(Result::ok).collect::<Vec<_>>()
    });
    service.works();
    service.stops();
    let lines = lines.join().unwrap();
    assert!(lines.iter().any(|line| line.contains("Userdom listens on http://")));
    let requests = lines.iter().filter(|line| line.contains("\"target\":\"http\"")).count();
    assert!(requests >= 22, "{requests}");
    assert!(lines.iter().any(|line| line.contains("\"stopped\"")), "{lines:?}");
}
