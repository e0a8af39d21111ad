DROP INDEX ix_outbox_events_wished_email;
DROP INDEX ix_outbox_events_wished_user;
DROP INDEX ix_users_deleted;
DROP INDEX ix_outbox_events_processed_at;

-- With their foreign keys, which refuse the rows of those who are being erased.
CREATE TABLE sessions_rebuilt (
    id VARCHAR(36) NOT NULL PRIMARY KEY,
    user_id VARCHAR(36) NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    access_token_hash BLOB NOT NULL,
    access_expires_at TIMESTAMP NOT NULL,
    created_at TIMESTAMP NOT NULL,
    last_used_at TIMESTAMP NOT NULL,
    user_agent VARCHAR(255) NOT NULL DEFAULT '',
    ip_address VARCHAR(45) NOT NULL DEFAULT '',
    seed BLOB NOT NULL DEFAULT X'',
    generation INTEGER NOT NULL DEFAULT 0,
    rotated_at TIMESTAMP NOT NULL DEFAULT '1970-01-01 00:00:00',
    idle_expires_at TIMESTAMP NOT NULL DEFAULT '1970-01-01 00:00:00',
    expires_at TIMESTAMP NOT NULL DEFAULT '1970-01-01 00:00:00',
    authenticated_at TIMESTAMP NOT NULL DEFAULT '1970-01-01 00:00:00',
    CONSTRAINT uq_sessions_access_token_hash UNIQUE (access_token_hash)
);
INSERT INTO sessions_rebuilt SELECT
    id, user_id, access_token_hash, access_expires_at, created_at, last_used_at, user_agent,
    ip_address, seed, generation, rotated_at, idle_expires_at, expires_at, authenticated_at
FROM sessions WHERE user_id IN (SELECT id FROM users);
DROP TABLE sessions;
ALTER TABLE sessions_rebuilt RENAME TO sessions;
CREATE INDEX ix_sessions_user_id ON sessions (user_id);

CREATE TABLE one_time_tokens_rebuilt (
    id VARCHAR(36) NOT NULL PRIMARY KEY,
    user_id VARCHAR(36) NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    kind VARCHAR(30) NOT NULL,
    target_id VARCHAR(36) NOT NULL,
    token_hash BLOB NOT NULL,
    created_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL,
    used_at TIMESTAMP,
    attempts INTEGER NOT NULL DEFAULT 0,
    CONSTRAINT uq_one_time_tokens_token_hash UNIQUE (token_hash)
);
INSERT INTO one_time_tokens_rebuilt SELECT
    id, user_id, kind, target_id, token_hash, created_at, expires_at, used_at, attempts
FROM one_time_tokens WHERE user_id IN (SELECT id FROM users);
DROP TABLE one_time_tokens;
ALTER TABLE one_time_tokens_rebuilt RENAME TO one_time_tokens;
CREATE INDEX ix_one_time_tokens_target ON one_time_tokens (user_id, kind, target_id);
CREATE UNIQUE INDEX uq_one_time_tokens_live ON one_time_tokens (user_id, kind, target_id)
    WHERE used_at IS NULL;

CREATE TABLE known_devices_rebuilt (
    id VARCHAR(36) NOT NULL PRIMARY KEY,
    user_id VARCHAR(36) NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    token_hash BLOB NOT NULL,
    created_at TIMESTAMP NOT NULL,
    last_used_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL,
    failed_attempts INTEGER NOT NULL DEFAULT 0,
    locked_until TIMESTAMP,
    CONSTRAINT uq_known_devices_token_hash UNIQUE (token_hash)
);
INSERT INTO known_devices_rebuilt SELECT
    id, user_id, token_hash, created_at, last_used_at, expires_at, failed_attempts, locked_until
FROM known_devices WHERE user_id IN (SELECT id FROM users);
DROP TABLE known_devices;
ALTER TABLE known_devices_rebuilt RENAME TO known_devices;
CREATE INDEX ix_known_devices_user_id ON known_devices (user_id);

CREATE TABLE api_keys_rebuilt (
    id VARCHAR(36) NOT NULL PRIMARY KEY,
    name VARCHAR(100) NOT NULL,
    token_hash BLOB NOT NULL,
    scopes JSON NOT NULL,
    created_by VARCHAR(36) NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP,
    last_used_at TIMESTAMP,
    CONSTRAINT uq_api_keys_token_hash UNIQUE (token_hash)
);
INSERT INTO api_keys_rebuilt SELECT
    id, name, token_hash, scopes, created_by, created_at, expires_at, last_used_at
FROM api_keys WHERE created_by IN (SELECT id FROM users);
DROP TABLE api_keys;
ALTER TABLE api_keys_rebuilt RENAME TO api_keys;
CREATE INDEX ix_api_keys_created_by ON api_keys (created_by);

DROP TRIGGER users_order_erasure;
DROP TABLE erasures;
