-- Rows as other applications write them (ADR 28).

-- Which rows cannot be read: their ids are no UUIDs.
CREATE INDEX ix_users_unreadable ON users (id) WHERE id !~ '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$';

-- One default, looked at when the transaction commits: SQLAlchemy moves one in the order of its keys, and so
-- may set the new one before it clears the old.
DROP INDEX uq_user_emails_default;
ALTER TABLE user_emails ADD CONSTRAINT uq_user_emails_default EXCLUDE USING btree (user_id WITH =)
    WHERE (is_default) DEFERRABLE INITIALLY DEFERRED;
DROP INDEX uq_user_phones_default;
ALTER TABLE user_phones ADD CONSTRAINT uq_user_phones_default EXCLUDE USING btree (user_id WITH =, contact_type WITH =)
    WHERE (is_default) DEFERRABLE INITIALLY DEFERRED;
DROP INDEX uq_user_addresses_default;
ALTER TABLE user_addresses ADD CONSTRAINT uq_user_addresses_default EXCLUDE USING btree (user_id WITH =, contact_type WITH =)
    WHERE (is_default) DEFERRABLE INITIALLY DEFERRED;
