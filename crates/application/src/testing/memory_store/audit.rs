use userdom_domain::{RepositoryError, UserId};
use uuid::Uuid;

use super::MemoryUnitOfWork;
use crate::ports::{AuditEvent, AuditRepository};

impl AuditRepository for MemoryUnitOfWork {
    fn append(&mut self, event: &AuditEvent) -> Result<(), RepositoryError> {
        self.writable()?.trail.insert(event.id, event.clone());
        Ok(())
    }

    fn of_user(
        &mut self,
        user_id: UserId,
        before: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<AuditEvent>, RepositoryError> {
        let newest_first = self.state.trail.values().rev();
        let page = newest_first.filter(|event| {
            let is_of_user = event.user_id == Some(user_id) || event.actor_id == Some(user_id);
            is_of_user && before.is_none_or(|before| event.id < before)
        });
        Ok(page.take(limit as usize).cloned().collect())
    }
}
