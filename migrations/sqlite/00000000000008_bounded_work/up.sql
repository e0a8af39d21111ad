-- What grows with one user is removed a few hundred rows at a time, and so not by a cascade: whoever removes a
-- user leaves an order to erase the rest. The addresses find the mails that somebody asked for; `wiped_as_…` is
-- the last line of the audit trail that has been wiped.
CREATE TABLE erasures (
    user_id VARCHAR(36) NOT NULL PRIMARY KEY,
    addresses JSON NOT NULL,
    wiped_as_user VARCHAR(36) NOT NULL DEFAULT '',
    wiped_as_actor VARCHAR(36) NOT NULL DEFAULT ''
);
CREATE TRIGGER users_order_erasure BEFORE DELETE ON users FOR EACH ROW
BEGIN
    INSERT OR IGNORE INTO erasures (user_id, addresses)
    SELECT OLD.id, json_group_array(lower(email)) FROM user_emails WHERE user_id = OLD.id;
END;

-- Without their foreign keys. A user has 200 sessions at most: those that were used last.
CREATE TABLE sessions_rebuilt (
    id VARCHAR(36) NOT NULL PRIMARY KEY,
    user_id VARCHAR(36) NOT NULL,
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
FROM sessions WHERE id NOT IN (
    SELECT id FROM (
        SELECT id, row_number() OVER (PARTITION BY user_id ORDER BY last_used_at DESC, id DESC) AS place
        FROM sessions
    )
    WHERE place > 200
);
DROP TABLE sessions;
ALTER TABLE sessions_rebuilt RENAME TO sessions;
CREATE INDEX ix_sessions_user_id_id ON sessions (user_id, id);

CREATE TABLE one_time_tokens_rebuilt (
    id VARCHAR(36) NOT NULL PRIMARY KEY,
    user_id VARCHAR(36) NOT NULL,
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
FROM one_time_tokens;
DROP TABLE one_time_tokens;
ALTER TABLE one_time_tokens_rebuilt RENAME TO one_time_tokens;
CREATE INDEX ix_one_time_tokens_target ON one_time_tokens (user_id, kind, target_id);
CREATE UNIQUE INDEX uq_one_time_tokens_live ON one_time_tokens (user_id, kind, target_id)
    WHERE used_at IS NULL;

CREATE TABLE known_devices_rebuilt (
    id VARCHAR(36) NOT NULL PRIMARY KEY,
    user_id VARCHAR(36) NOT NULL,
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
FROM known_devices;
DROP TABLE known_devices;
ALTER TABLE known_devices_rebuilt RENAME TO known_devices;
CREATE INDEX ix_known_devices_user_id ON known_devices (user_id);

CREATE TABLE api_keys_rebuilt (
    id VARCHAR(36) NOT NULL PRIMARY KEY,
    name VARCHAR(100) NOT NULL,
    token_hash BLOB NOT NULL,
    scopes JSON NOT NULL,
    created_by VARCHAR(36) NOT NULL,
    created_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP,
    last_used_at TIMESTAMP,
    CONSTRAINT uq_api_keys_token_hash UNIQUE (token_hash)
);
INSERT INTO api_keys_rebuilt SELECT
    id, name, token_hash, scopes, created_by, created_at, expires_at, last_used_at
FROM api_keys;
DROP TABLE api_keys;
ALTER TABLE api_keys_rebuilt RENAME TO api_keys;
CREATE INDEX ix_api_keys_created_by_id ON api_keys (created_by, id);

-- What a foreign key says to whoever adds a row: the user is there.
CREATE TRIGGER sessions_have_a_user BEFORE INSERT ON sessions FOR EACH ROW
WHEN NOT EXISTS (SELECT 1 FROM users WHERE id = NEW.user_id)
BEGIN
    SELECT RAISE(ABORT, 'a row of a user that is not there');
END;
CREATE TRIGGER one_time_tokens_have_a_user BEFORE INSERT ON one_time_tokens FOR EACH ROW
WHEN NOT EXISTS (SELECT 1 FROM users WHERE id = NEW.user_id)
BEGIN
    SELECT RAISE(ABORT, 'a row of a user that is not there');
END;
CREATE TRIGGER known_devices_have_a_user BEFORE INSERT ON known_devices FOR EACH ROW
WHEN NOT EXISTS (SELECT 1 FROM users WHERE id = NEW.user_id)
BEGIN
    SELECT RAISE(ABORT, 'a row of a user that is not there');
END;
CREATE TRIGGER api_keys_have_a_user BEFORE INSERT ON api_keys FOR EACH ROW
WHEN NOT EXISTS (SELECT 1 FROM users WHERE id = NEW.created_by)
BEGIN
    SELECT RAISE(ABORT, 'a row of a user that is not there');
END;

-- What has ended by time is found by these.
CREATE INDEX ix_sessions_idle_expires_at ON sessions (idle_expires_at);
CREATE INDEX ix_one_time_tokens_expires_at ON one_time_tokens (expires_at);
CREATE INDEX ix_known_devices_expires_at ON known_devices (expires_at);
CREATE INDEX ix_outbox_events_processed_at ON outbox_events (processed_at) WHERE processed_at IS NOT NULL;
CREATE INDEX ix_users_deleted ON users (status, updated_at, id) WHERE status = 'deleted';

-- Requests for mail, which belong to nobody, by the user and the address that they name.
CREATE INDEX ix_outbox_events_wished_user ON outbox_events (user_id, payload ->> 'user_id')
    WHERE user_id = '00000000-0000-0000-0000-000000000000';
CREATE INDEX ix_outbox_events_wished_email ON outbox_events (user_id, payload ->> 'email')
    WHERE user_id = '00000000-0000-0000-0000-000000000000';
