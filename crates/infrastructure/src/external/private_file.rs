use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Writes a file that its owner alone can read, into a folder that is made when it is
/// needed. Half a file never bears the name, and the same name again replaces it.
pub(super) fn write(dir: &Path, name: &str, bytes: &[u8]) -> io::Result<PathBuf> {
    // The links in messages let their reader in.
    DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
    let (path, draft) = (dir.join(name), dir.join(format!(".{name}.draft")));
    let mut file =
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(draft, &path)?;
    File::open(dir)?.sync_all()?;
    Ok(path)
}
