//! `userdom backup` and `userdom restore`.

use std::path::Path;

use userdom_infrastructure::persistence::{self, DatabaseUrl};

use crate::{config::Config, error::StartError, output, wiring};

/// `userdom backup FILE`: beside the running service.
pub(crate) fn back_up(config: &Config, to: &Path) -> Result<(), StartError> {
    let DatabaseUrl::Sqlite(path) = config.database_url() else {
        return Err(other_tool("pg_dump --format=custom --file", to, "nothing was written;"));
    };
    let made = persistence::back_up(&path, to)?;
    let (bytes, users, schema) = (made.bytes, made.users, made.schema);
    output::print(&format!(
        "Wrote {}: {users} users, schema {schema}, {bytes} bytes.\n",
        to.display()
    ))
}

/// `userdom restore FILE`: while nobody serves.
pub(crate) fn restore(config: &Config, from: &Path) -> Result<(), StartError> {
    let DatabaseUrl::Sqlite(path) = config.database_url() else {
        let tool = "pg_restore --exit-on-error --single-transaction --no-owner";
        return Err(other_tool(tool, from, "nothing was restored; into an empty database"));
    };
    wiring::make_database_folder(&config.database_url())?;
    let made = persistence::restore(&path, from)?;
    let old = made.replaced.map_or_else(String::new, |old| {
        format!("The database that was there is {}.\n", old.display())
    });
    output::print(&format!(
        "{} is now a copy of {}: {} users, schema {}.\n{old}",
        path.display(),
        from.display(),
        made.users,
        made.schema
    ))
}

/// An error, so that no script takes it for a copy.
fn other_tool(tool: &str, file: &Path, outcome: &str) -> StartError {
    let file = file.display().to_string().replace('\'', r"'\''");
    StartError::Refused(format!(
        "Postgres has its own tools for this, and {outcome} run: {tool} '{file}' \
         --dbname \"$USERDOM_DATABASE_URL\""
    ))
}
