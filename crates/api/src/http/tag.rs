//! The headings of the documentation.

/// A heading of the documentation.
#[derive(Clone, Copy)]
pub(crate) struct Tag {
    pub(crate) name: &'static str,
    pub(crate) description: &'static str,
}

pub(crate) const ACCOUNTS: Tag =
    Tag { name: "accounts", description: "Users, their profiles, passwords and status" };
pub(crate) const SESSIONS: Tag = Tag { name: "sessions", description: "Signing in and out" };
pub(crate) const CONTACTS: Tag =
    Tag { name: "contacts", description: "Emails, phones and addresses" };
pub(crate) const DIRECTORY: Tag = Tag { name: "directory", description: "Finding users" };
pub(crate) const SERVICE: Tag =
    Tag { name: "service", description: "Other services, batches, health" };
