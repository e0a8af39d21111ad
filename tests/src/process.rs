//! The service as its users run it: the binary, in a process of its own.

mod client;
mod proxy;
mod race;

use std::{
    ffi::OsStr,
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Output, Stdio},
    sync::{Arc, Mutex, OnceLock},
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;

use crate::databases::{Kind, TestDatabase};

pub use client::{Account, Answer, PASSWORD, registration, token_in};
pub use proxy::Proxy;
pub use race::{Finish, Racer, race};

/// Good enough for every rule about secret keys.
pub const SECRET_KEY: &str = "q6Zt0yI1m5mP2w0bJxv7Qk9sUu3RZc8LhT4nWfEoGyA=";

/// How long anything may take that is expected to happen, on an idle machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// How much slower than idle a machine may be before a wait is in vain: a waiting test costs
/// nothing, and a newcomer's machine has other things to do.
const SLOWEST: u32 = 10;

/// Sleeps; for what has no condition to wait for.
#[expect(clippy::disallowed_methods, reason = "the one place in which tests sleep")]
pub fn pause(time: Duration) {
    thread::sleep(time);
}

/// Asks until there is an answer, and fails when there is none in time, which is given for an
/// idle machine.
#[track_caller]
pub fn eventually<T>(what: &str, at_most: Duration, mut ask: impl FnMut() -> Option<T>) -> T {
    let (started, at_most) = (Instant::now(), at_most * SLOWEST);
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(started.elapsed() < at_most, "waited {at_most:?} in vain for {what}");
        pause(Duration::from_millis(20));
    }
}

/// The root of the repository.
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// The binary, brought up to date once a test process, in the same target
/// directory and profile as the tests.
pub fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        // <target>/<profile>/deps/<test executable>
        let tests = std::env::current_exe().unwrap();
        let profile = tests.parent().and_then(Path::parent).unwrap();
        let name = profile.file_name().and_then(OsStr::to_str).unwrap();
        let name = if name == "debug" { "dev" } else { name };
        let built = Command::new(env!("CARGO"))
            .args([
                "build",
                "--quiet",
                "--locked",
                "-p",
                "userdom",
                "--profile",
                name,
                "--target-dir",
            ])
            .arg(profile.parent().unwrap())
            .current_dir(repository())
            .status()
            .unwrap();
        assert!(built.success(), "userdom does not build");
        profile.join("userdom")
    })
}

/// The binary with these settings alone; nothing of the tests' own environment reaches it.
pub fn userdom(folder: &Path, settings: &[(&str, &str)], arguments: &[&str]) -> Command {
    let mut command = Command::new(binary());
    command
        .args(arguments)
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .envs(settings.iter().copied())
        .current_dir(folder)
        .stdin(Stdio::null());
    command
}

/// Runs a command to its end, which must come in time.
pub fn finished(mut command: Command) -> Output {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let stdout = collected(child.stdout.take().unwrap());
    let stderr = collected(child.stderr.take().unwrap());
    let status = ended(&mut child, PATIENCE);
    Output { status, stdout: stdout.join().unwrap(), stderr: stderr.join().unwrap() }
}

fn collected(mut stream: impl Read + Send + 'static) -> thread::JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes);
        bytes
    })
}

/// Waits for a process; kills one that does not end in time, which is given for an idle machine,
/// and fails.
#[track_caller]
pub fn ended(child: &mut Child, at_most: Duration) -> ExitStatus {
    let (started, at_most) = (Instant::now(), at_most * SLOWEST);
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        if started.elapsed() > at_most {
            let _ = child.kill();
            let _ = child.wait();
            panic!("the process has not ended within {at_most:?}");
        }
        pause(Duration::from_millis(5));
    }
}

/// What a service is started with.
#[derive(Debug, Default)]
pub struct Launch {
    settings: Vec<(String, String)>,
    command_prefix: Vec<String>,
}

impl Launch {
    /// On this database; on Postgres with a secret key.
    pub fn on(database: &TestDatabase) -> Self {
        Self::default().with("USERDOM_DATABASE_URL", database.url())
    }

    /// With this setting.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.settings.push((name.to_owned(), value.into()));
        self
    }

    /// Started by this command, which gets the binary as its last argument.
    #[must_use]
    pub fn through(mut self, command: &[&str]) -> Self {
        self.command_prefix = command.iter().map(|part| (*part).to_owned()).collect();
        self
    }

    /// Starts it in a folder of its own, and waits until it is ready.
    pub fn start(self) -> Service {
        let folder = tempfile::tempdir().unwrap();
        let chosen = self.settings.iter().rev().find(|(name, _)| name == "USERDOM_DATA_DIR");
        let data = chosen.map_or_else(|| folder.path().join("data"), |(_, path)| path.into());
        let mut command = match self.command_prefix.split_first() {
            None => Command::new(binary()),
            Some((first, rest)) => {
                let mut command = Command::new(first);
                command.args(rest).arg(binary());
                command
            }
        };
        command
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("USERDOM_BIND", "127.0.0.1:0")
            .env("USERDOM_DRAIN_SECONDS", "0")
            .env("USERDOM_DATA_DIR", &data)
            .env("USERDOM_SECRET_KEY", SECRET_KEY)
            .envs(self.settings)
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        Service::run(command, folder, data)
    }
}

/// A running service; killed when dropped.
#[derive(Debug)]
pub struct Service {
    child: Child,
    url: String,
    log: Arc<Mutex<Vec<String>>>,
    agent: ureq::Agent,
    data: PathBuf,
    started_in: Duration,
    _folder: TempDir,
}

impl Service {
    /// A service with the usual settings on a database.
    pub fn on(database: &TestDatabase) -> Self {
        Launch::on(database).start()
    }

    /// A service on an empty database of its own kind.
    pub fn new(kind: Kind) -> (Self, TestDatabase) {
        let database = TestDatabase::new(kind);
        (Self::on(&database), database)
    }

    fn run(mut command: Command, folder: TempDir, data: PathBuf) -> Self {
        let _ = binary();
        let started = Instant::now();
        let mut child = command.spawn().unwrap();
        let log = Arc::new(Mutex::new(Vec::new()));
        keep_lines(child.stdout.take().unwrap(), &log);
        keep_lines(child.stderr.take().unwrap(), &log);
        let url = eventually("the line that tells the port", PATIENCE, || {
            let ended = child.try_wait().unwrap();
            assert!(ended.is_none(), "the service ended: {:?}", log.lock().unwrap());
            log.lock().unwrap().iter().find_map(|line| listens_on(line))
        });
        let agent = client::agent();
        let mut service =
            Self { child, url, log, agent, data, started_in: Duration::ZERO, _folder: folder };
        eventually("the service to be ready", PATIENCE, || {
            service.try_get("/readyz").ok().filter(|answer| answer.status == 200)
        });
        service.started_in = started.elapsed();
        service
    }

    /// From the start of the process to the first good answer of `/readyz`.
    pub const fn started_in(&self) -> Duration {
        self.started_in
    }

    /// `http://127.0.0.1:<port>`
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The data folder.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// The process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// All that it has printed.
    pub fn log(&self) -> String {
        self.log.lock().unwrap().join("\n")
    }

    /// SIGTERM: asks it to stop.
    pub fn terminate(&self) {
        signal(self.child.id(), "TERM");
    }

    /// `kill -9`, and waits until it is gone.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits until it ends by itself.
    #[track_caller]
    pub fn ended(&mut self, at_most: Duration) -> ExitStatus {
        ended(&mut self.child, at_most)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if thread::panicking() {
            let log = self.log.lock().unwrap();
            let from = log.len().saturating_sub(40);
            eprintln!("--- the end of the service's log\n{}\n---", log[from..].join("\n"));
        }
    }
}

/// Sends a signal to one process.
pub fn signal(process: u32, name: &str) {
    // The shell's own: a bare machine has no program of that name.
    let sent = Command::new("sh").arg("-c").arg(format!("kill -s {name} {process}")).status();
    assert!(sent.unwrap().success(), "cannot signal {process}");
}

fn keep_lines(stream: impl Read + Send + 'static, log: &Arc<Mutex<Vec<String>>>) {
    let log = Arc::clone(log);
    thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            log.lock().unwrap().push(line);
        }
    });
}

fn listens_on(line: &str) -> Option<String> {
    let (_, address) = line.split_once("listens on ")?;
    let end = address.find(|c: char| c == '"' || c.is_whitespace()).unwrap_or(address.len());
    Some(address[..end].to_owned())
}
