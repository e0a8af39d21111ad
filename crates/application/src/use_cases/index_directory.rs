use userdom_domain::RepositoryError;

use crate::App;

/// So many rows of a table in one transaction, which holds SQLite's only writer.
const BATCH: u32 = 500;

impl App {
    /// Reads what other applications have written into the shared tables, so that the
    /// directory finds it, while `goes_on` says so. Says how many rows; several instances may do
    /// it at once.
    pub fn index_directory(&self, goes_on: &dyn Fn() -> bool) -> Result<u64, RepositoryError> {
        let mut indexed = 0;
        while goes_on() {
            let mut uow = self.adapters.store.begin()?;
            let rows = uow.directory().index(BATCH)?;
            uow.commit()?;
            indexed += rows;
            if rows == 0 {
                break;
            }
        }
        Ok(indexed)
    }
}
