//! Copies of an SQLite database: a backup beside the running service, and the way back.
//!
//! A copy is made by SQLite itself (`VACUUM INTO`), never from the bytes of the file: the last
//! commits are in the write-ahead log beside it (`-wal`), and a log beside a file that is not its
//! own makes that file malformed.

use std::{
    ffi::OsString,
    fs::{self, File},
    io,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use chrono::{DateTime, Utc};
use diesel::{
    Connection as _, QueryableByName, RunQueryDsl as _, SqliteConnection,
    connection::SimpleConnection as _,
    sql_query,
    sql_types::{BigInt, Nullable, Text},
};
use tempfile::NamedTempFile;

use super::{
    database::{OpenError, lock},
    migrations::{self, MigrationError},
};

/// The contents of a copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopyReport {
    /// Bytes of the file.
    pub bytes: u64,
    /// Rows of the table of users.
    pub users: i64,
    /// The newest migration in it.
    pub schema: String,
    /// Where the database that stood in a restored one's place is now.
    pub replaced: Option<PathBuf>,
}

/// Why a copy was not made, or not put in place.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// A file cannot be read or written.
    #[error("{}", path.display())]
    File { path: PathBuf, source: io::Error },
    /// A backup overwrites nothing.
    #[error("{} is there already, and a backup overwrites nothing", path.display())]
    Exists { path: PathBuf },
    /// SQLite cannot read the file.
    #[error("{} cannot be read as an SQLite database", path.display())]
    Unreadable { path: PathBuf, source: Box<dyn std::error::Error + Send + Sync> },
    /// `PRAGMA quick_check` or `integrity_check` has found a fault.
    #[error("{} is malformed: {fault}", path.display())]
    Malformed { path: PathBuf, fault: String },
    /// An SQLite database, but another one.
    #[error("{} is no database of Userdom", path.display())]
    Foreign { path: PathBuf },
    /// SQLite could not write the copy.
    #[error("{} cannot be copied", path.display())]
    Copy { path: PathBuf, source: diesel::result::Error },
    /// This binary cannot serve it.
    #[error(transparent)]
    Schema(#[from] MigrationError),
    /// A process serves the database.
    #[error(transparent)]
    InUse(#[from] OpenError),
}

/// Writes the committed state of the database at `path` to a new file, while others may read and
/// write it.
pub fn back_up(path: &Path, to: &Path) -> Result<CopyReport, CopyError> {
    if fs::symlink_metadata(to).is_ok() {
        return Err(CopyError::Exists { path: to.to_owned() });
    }
    let mut database = open_read_only(path)?;
    let (copy, report) = copy(&mut database, path, to)?;
    copy.persist_noclobber(to).map_err(|refused| match refused.error {
        error if error.kind() == io::ErrorKind::AlreadyExists => {
            CopyError::Exists { path: to.to_owned() }
        }
        source => CopyError::File { path: to.to_owned(), source },
    })?;
    sync_folder(to).map_err(file_error(to))?;
    Ok(report)
}

/// Puts a copy of the file `from` in place of the database at `path`, which must not be open.
/// Killed at any moment, it has either changed nothing or is finished by the next start.
pub fn restore(path: &Path, from: &Path) -> Result<CopyReport, CopyError> {
    let _lock = lock(path)?;
    finish_restore(path).map_err(file_error(path))?;
    let mut backup = open_read_only(from)?;
    check(&mut backup, from, Check::Integrity)?;
    let (copy, report) = copy(&mut backup, from, path)?;
    let ready = beside(path, ".restoring");
    copy.persist(&ready).map_err(|refused| file_error(&ready)(refused.error))?;
    let replaced = finish_restore(path).map_err(file_error(path))?;
    Ok(CopyReport { replaced, ..report })
}

/// Puts a restored database in its place, if one is ready; the old one is kept under the returned
/// name. The caller holds the lock.
pub(super) fn finish_restore(path: &Path) -> io::Result<Option<PathBuf>> {
    let ready = beside(path, ".restoring");
    let made: DateTime<Utc> = match fs::metadata(&ready) {
        Ok(file) => file.modified()?.into(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    // The name comes from the file, so that a second try moves what is left to the same place.
    let old = beside(path, &made.format(".before-%Y%m%dT%H%M%S%3fZ").to_string());
    // The old database keeps its logs: they hold its last commits.
    for suffix in ["-journal", "-wal", ""] {
        unless_missing(fs::rename(beside(path, suffix), beside(&old, suffix)))?;
    }
    unless_missing(fs::remove_file(beside(path, "-shm")))?;
    // The new file must not meet the old logs, whatever the disk writes first.
    sync_folder(path)?;
    fs::rename(&ready, path)?;
    sync_folder(path)?;
    Ok(old.exists().then_some(old))
}

/// The last process to close the file removes the log. If a log is left, the file was not closed,
/// or is another one: it is checked before it is written to.
pub(super) fn check_after_unclean_stop(path: &Path) -> Result<(), CopyError> {
    let Some(log) = fs::metadata(beside(path, "-wal")).ok().filter(|log| log.len() > 0) else {
        return Ok(());
    };
    let mut database = open_read_only(path)?;
    let file = fs::metadata(path).map_err(file_error(path))?;
    // Changed after its log was written: by the end of a checkpoint, or by being put there.
    let is_newer = (file.ctime(), file.ctime_nsec()) > (log.mtime(), log.mtime_nsec());
    let depth = if is_newer { Check::Integrity } else { Check::Quick };
    tracing::warn!(
        "{} was not closed by the last process: {} before it is served",
        path.display(),
        depth.pragma()
    );
    check(&mut database, path, depth)
}

/// A copy in the folder of the file `to`, on the disk and of mode 0600.
fn copy(
    from: &mut SqliteConnection,
    path: &Path,
    to: &Path,
) -> Result<(NamedTempFile, CopyReport), CopyError> {
    let copy = tempfile::Builder::new()
        .prefix(&file_name(to))
        .suffix(".partial")
        .tempfile_in(folder(to))
        .map_err(file_error(to))?;
    let copy_path = text(copy.path())?;
    sql_query("VACUUM INTO ?")
        .bind::<Text, _>(copy_path)
        .execute(from)
        .map_err(|source| CopyError::Copy { path: path.to_owned(), source })?;
    copy.as_file().sync_all().map_err(file_error(to))?;
    let bytes = copy.as_file().metadata().map_err(file_error(to))?.len();
    let contents = contents(copy.path(), path)?;
    Ok((copy, CopyReport { bytes, replaced: None, ..contents }))
}

/// The contents of a copy of `path`, which must be a database that this binary can serve.
fn contents(copy: &Path, path: &Path) -> Result<CopyReport, CopyError> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Nullable<Text>)]
        schema: Option<String>,
        #[diesel(sql_type = BigInt)]
        users: i64,
    }
    let row: Option<Row> = sql_query(
        "SELECT max(version) AS schema, (SELECT count(*) FROM users) AS users \
         FROM __diesel_schema_migrations",
    )
    .get_result(&mut open_read_only(copy)?)
    .ok();
    let Some(Row { schema: Some(schema), users }) = row else {
        return Err(CopyError::Foreign { path: path.to_owned() });
    };
    migrations::refuse_newer(&schema)?;
    Ok(CopyReport { bytes: 0, users, schema, replaced: None })
}

/// How closely a file is looked at.
#[derive(Debug, Clone, Copy)]
enum Check {
    /// Its pages and rows: a second for a gigabyte that is in memory.
    Quick,
    /// Indexes against their tables as well, ten times slower: the damage by a foreign log often
    /// shows there alone.
    Integrity,
}

impl Check {
    const fn pragma(self) -> &'static str {
        match self {
            Self::Quick => "quick_check",
            Self::Integrity => "integrity_check",
        }
    }
}

fn check(database: &mut SqliteConnection, path: &Path, depth: Check) -> Result<(), CopyError> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        verdict: String,
    }
    let name = depth.pragma();
    let row: Row = sql_query(format!("SELECT {name} AS verdict FROM pragma_{name} LIMIT 1"))
        .get_result(database)
        .map_err(|error| CopyError::Unreadable {
            path: path.to_owned(),
            source: Box::new(error),
        })?;
    if row.verdict == "ok" {
        return Ok(());
    }
    // The first line names the schema.
    let fault = row.verdict.lines().last().unwrap_or_default().to_owned();
    Err(CopyError::Malformed { path: path.to_owned(), fault })
}

/// Reads the file with its log, and leaves both as they are: a connection that may write would
/// merge them when it closes.
fn open_read_only(path: &Path) -> Result<SqliteConnection, CopyError> {
    // SQLite says of every fault that it is "unable to open database file".
    File::open(path).map_err(file_error(path))?;
    let absolute = std::path::absolute(path).map_err(file_error(path))?;
    let unreadable = |source| CopyError::Unreadable { path: path.to_owned(), source };
    let escaped = text(&absolute)?.replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    let mut connection = SqliteConnection::establish(&format!("file:{escaped}?mode=ro"))
        .map_err(|error| unreadable(error.into()))?;
    connection
        .batch_execute("PRAGMA busy_timeout = 5000")
        .map_err(|error| unreadable(error.into()))?;
    Ok(connection)
}

fn text(path: &Path) -> Result<&str, CopyError> {
    let not_utf8 = || io::Error::new(io::ErrorKind::InvalidInput, "the path is not UTF-8");
    path.to_str().ok_or_else(|| file_error(path)(not_utf8()))
}

fn file_error(path: &Path) -> impl Fn(io::Error) -> CopyError {
    move |source| CopyError::File { path: path.to_owned(), source }
}

fn unless_missing(result: io::Result<()>) -> io::Result<()> {
    result.or_else(
        |error| {
            if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) }
        },
    )
}

/// The file of the same name with an ending.
pub(super) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

fn file_name(path: &Path) -> OsString {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".");
    name
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(folder(path))?.sync_all()
}
