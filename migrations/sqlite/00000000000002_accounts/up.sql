-- The service's own tables. Ids and times come from the application, so they have no defaults here.

CREATE TABLE sessions (
    id VARCHAR(36) NOT NULL PRIMARY KEY,
    user_id VARCHAR(36) NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    access_token_hash BLOB NOT NULL,
    access_expires_at TIMESTAMP NOT NULL,
    created_at TIMESTAMP NOT NULL,
    last_used_at TIMESTAMP NOT NULL,
    user_agent VARCHAR(255) NOT NULL DEFAULT '',
    ip_address VARCHAR(45) NOT NULL DEFAULT '',
    CONSTRAINT uq_sessions_access_token_hash UNIQUE (access_token_hash)
);
CREATE INDEX ix_sessions_user_id ON sessions (user_id);

CREATE TABLE one_time_tokens (
    id VARCHAR(36) NOT NULL PRIMARY KEY,
    user_id VARCHAR(36) NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    kind VARCHAR(30) NOT NULL,
    target_id VARCHAR(36) NOT NULL,
    token_hash BLOB NOT NULL,
    created_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL,
    used_at TIMESTAMP,
    CONSTRAINT uq_one_time_tokens_token_hash UNIQUE (token_hash)
);
CREATE INDEX ix_one_time_tokens_target ON one_time_tokens (user_id, kind, target_id);

-- No foreign key: the events of a user outlive the user.
CREATE TABLE outbox_events (
    id VARCHAR(36) NOT NULL PRIMARY KEY,
    user_id VARCHAR(36) NOT NULL,
    kind VARCHAR(60) NOT NULL,
    payload JSON NOT NULL,
    occurred_at TIMESTAMP NOT NULL,
    available_at TIMESTAMP NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    claimed_until TIMESTAMP,
    processed_at TIMESTAMP,
    failed_at TIMESTAMP,
    last_error VARCHAR(500)
);
CREATE INDEX ix_outbox_events_pending ON outbox_events (available_at, id)
    WHERE processed_at IS NULL AND failed_at IS NULL;
