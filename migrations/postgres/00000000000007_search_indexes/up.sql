-- Two moments of a user that are asked for together are both compared in one index (ADR 22).
DROP INDEX ix_users_created_at, ix_users_updated_at, ix_users_last_login_at;
CREATE INDEX ix_users_created_at ON users
(created_at, id, updated_at, COALESCE(last_login_at, '-infinity'::timestamp));
CREATE INDEX ix_users_updated_at ON users
(updated_at, created_at, COALESCE(last_login_at, '-infinity'::timestamp));
CREATE INDEX ix_users_last_login_at ON users
(COALESCE(last_login_at, '-infinity'::timestamp), id, created_at, updated_at);

-- By the rules of a language ids are slow to compare. What must compare them so finds them by
-- uq_user_email, uq_user_phone and idx_user_address_type.
DROP INDEX ix_user_emails_user_id, ix_user_phones_user_id, ix_user_addresses_user_id;
CREATE INDEX ix_user_emails_user_id ON user_emails (user_id COLLATE "C");
CREATE INDEX ix_user_phones_user_id ON user_phones (user_id COLLATE "C");
CREATE INDEX ix_user_addresses_user_id ON user_addresses (user_id COLLATE "C");
