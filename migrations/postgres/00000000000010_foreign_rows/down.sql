ALTER TABLE user_addresses DROP CONSTRAINT uq_user_addresses_default;
CREATE UNIQUE INDEX uq_user_addresses_default ON user_addresses (user_id, contact_type) WHERE is_default;
ALTER TABLE user_phones DROP CONSTRAINT uq_user_phones_default;
CREATE UNIQUE INDEX uq_user_phones_default ON user_phones (user_id, contact_type) WHERE is_default;
ALTER TABLE user_emails DROP CONSTRAINT uq_user_emails_default;
CREATE UNIQUE INDEX uq_user_emails_default ON user_emails (user_id) WHERE is_default;

DROP INDEX ix_users_unreadable;
