DROP INDEX
    ix_outbox_events_wished_email, ix_outbox_events_wished_user, ix_users_pending, ix_users_deleted,
    ix_outbox_events_processed_at, ix_known_devices_expires_at, ix_one_time_tokens_expires_at,
    ix_sessions_idle_expires_at;
CREATE INDEX ix_api_keys_created_by ON api_keys (created_by);
DROP INDEX ix_api_keys_created_by_id;
CREATE INDEX ix_sessions_user_id ON sessions (user_id);
DROP INDEX ix_sessions_user_id_id;

DROP TRIGGER api_keys_have_a_user ON api_keys;
DROP TRIGGER known_devices_have_a_user ON known_devices;
DROP TRIGGER one_time_tokens_have_a_user ON one_time_tokens;
DROP TRIGGER sessions_have_a_user ON sessions;
DROP FUNCTION refuse_row_of_nobody;

-- Of those who are being erased: a foreign key refuses them.
DELETE FROM sessions WHERE user_id NOT IN (SELECT id FROM users);
DELETE FROM one_time_tokens WHERE user_id NOT IN (SELECT id FROM users);
DELETE FROM known_devices WHERE user_id NOT IN (SELECT id FROM users);
DELETE FROM api_keys WHERE created_by NOT IN (SELECT id FROM users);
ALTER TABLE sessions ADD CONSTRAINT sessions_user_id_fkey
    FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE;
ALTER TABLE one_time_tokens ADD CONSTRAINT one_time_tokens_user_id_fkey
    FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE;
ALTER TABLE known_devices ADD CONSTRAINT known_devices_user_id_fkey
    FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE;
ALTER TABLE api_keys ADD CONSTRAINT api_keys_created_by_fkey
    FOREIGN KEY (created_by) REFERENCES users (id) ON DELETE CASCADE;

DROP TRIGGER users_order_erasure ON users;
DROP FUNCTION users_order_erasure;
DROP TABLE erasures;
