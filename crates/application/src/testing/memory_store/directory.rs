use chrono::{DateTime, Utc};
use userdom_domain::{RepositoryError, UserAggregate, UserSpecification};

use super::{MemoryUnitOfWork, users::restore};
use crate::ports::{DirectoryQuery, DirectoryRepository, Place};

impl DirectoryRepository for MemoryUnitOfWork {
    fn page(&mut self, query: &DirectoryQuery<'_>) -> Result<Vec<UserAggregate>, RepositoryError> {
        let mut found = Vec::new();
        for user in self.satisfying(query.specification, query.now) {
            found.push((query.order.place(&user), user));
        }
        found.sort_by(|(one, _), (other, _)| one.cmp(other));
        if query.order.descending {
            found.reverse();
        }
        let is_after = |place: &Place| match &query.after {
            None => true,
            Some(last) if query.order.descending => place < last,
            Some(last) => place > last,
        };
        let rest = found.into_iter().filter(|(place, _)| is_after(place)).map(|(_, user)| user);
        Ok(rest.take(query.limit as usize).collect())
    }

    fn count(
        &mut self,
        specification: &UserSpecification,
        now: DateTime<Utc>,
    ) -> Result<u64, RepositoryError> {
        Ok(self.satisfying(specification, now).len() as u64)
    }

    /// Nobody else writes here.
    fn index(&mut self, _limit: u32) -> Result<u64, RepositoryError> {
        Ok(0)
    }
}

impl MemoryUnitOfWork {
    fn satisfying(
        &self,
        specification: &UserSpecification,
        now: DateTime<Utc>,
    ) -> Vec<UserAggregate> {
        let all = self.state.users.values().map(restore);
        all.filter(|user| specification.is_satisfied_by(user, now)).collect()
    }
}
