DROP INDEX ix_user_emails_user_id, ix_user_phones_user_id, ix_user_addresses_user_id;
CREATE INDEX ix_user_emails_user_id ON user_emails (user_id);
CREATE INDEX ix_user_phones_user_id ON user_phones (user_id);
CREATE INDEX ix_user_addresses_user_id ON user_addresses (user_id);

DROP INDEX ix_users_created_at, ix_users_updated_at, ix_users_last_login_at;
CREATE INDEX ix_users_created_at ON users (created_at, id);
CREATE INDEX ix_users_updated_at ON users (updated_at, id);
CREATE INDEX ix_users_last_login_at ON users (COALESCE(last_login_at, '-infinity'::timestamp), id);
