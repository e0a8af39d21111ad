-- Sessions that can be renewed, known devices, second factors, keys of other services, the audit trail.

-- A session from before has no seed to make tokens of: by these defaults it has ended.
ALTER TABLE sessions ADD COLUMN seed BYTEA NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN generation INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sessions ADD COLUMN rotated_at TIMESTAMP NOT NULL DEFAULT '1970-01-01 00:00:00';
ALTER TABLE sessions ADD COLUMN idle_expires_at TIMESTAMP NOT NULL DEFAULT '1970-01-01 00:00:00';
ALTER TABLE sessions ADD COLUMN expires_at TIMESTAMP NOT NULL DEFAULT '1970-01-01 00:00:00';
ALTER TABLE sessions ADD COLUMN authenticated_at TIMESTAMP NOT NULL DEFAULT '1970-01-01 00:00:00';

ALTER TABLE one_time_tokens ADD COLUMN attempts INTEGER NOT NULL DEFAULT 0;
-- The newest wins, also when two are issued at the same time.
UPDATE one_time_tokens SET used_at = expires_at WHERE used_at IS NULL AND EXISTS (
    SELECT 1 FROM one_time_tokens newer
    WHERE newer.used_at IS NULL AND newer.user_id = one_time_tokens.user_id
        AND newer.kind = one_time_tokens.kind AND newer.target_id = one_time_tokens.target_id
        AND newer.id > one_time_tokens.id
);
CREATE UNIQUE INDEX uq_one_time_tokens_live ON one_time_tokens (user_id, kind, target_id)
    WHERE used_at IS NULL;

-- Whoever erases a user looks for its events.
CREATE INDEX ix_outbox_events_user_id ON outbox_events (user_id);

CREATE TABLE known_devices (
    id VARCHAR(36) NOT NULL PRIMARY KEY,
    user_id VARCHAR(36) NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    token_hash BYTEA NOT NULL,
    created_at TIMESTAMP NOT NULL,
    last_used_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL,
    failed_attempts INTEGER NOT NULL DEFAULT 0,
    locked_until TIMESTAMP,
    CONSTRAINT uq_known_devices_token_hash UNIQUE (token_hash)
);
CREATE INDEX ix_known_devices_user_id ON known_devices (user_id);

CREATE TABLE totp_credentials (
    user_id VARCHAR(36) NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    sealed_secret BYTEA NOT NULL,
    created_at TIMESTAMP NOT NULL,
    confirmed_at TIMESTAMP,
    last_step BIGINT,
    guesses INTEGER NOT NULL DEFAULT 0,
    guesses_since TIMESTAMP
);

CREATE TABLE recovery_codes (
    id VARCHAR(36) NOT NULL PRIMARY KEY,
    user_id VARCHAR(36) NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    code_hash BYTEA NOT NULL,
    created_at TIMESTAMP NOT NULL,
    used_at TIMESTAMP,
    CONSTRAINT uq_recovery_codes_code_hash UNIQUE (user_id, code_hash)
);

-- The keys of an erased admin go as well: they would open nothing any more.
CREATE TABLE api_keys (
    id VARCHAR(36) NOT NULL PRIMARY KEY,
    name VARCHAR(100) NOT NULL,
    token_hash BYTEA NOT NULL,
    scopes JSON NOT NULL,
    created_by VARCHAR(36) NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP,
    last_used_at TIMESTAMP,
    CONSTRAINT uq_api_keys_token_hash UNIQUE (token_hash)
);
CREATE INDEX ix_api_keys_created_by ON api_keys (created_by);

-- No foreign keys: what happened outlives those to whom it happened.
CREATE TABLE audit_events (
    id VARCHAR(36) NOT NULL PRIMARY KEY,
    occurred_at TIMESTAMP NOT NULL,
    kind VARCHAR(60) NOT NULL,
    outcome VARCHAR(10) NOT NULL,
    actor_id VARCHAR(36),
    api_key_id VARCHAR(36),
    user_id VARCHAR(36),
    target_id VARCHAR(36),
    ip_address VARCHAR(45) NOT NULL,
    user_agent VARCHAR(255) NOT NULL,
    request_id VARCHAR(100) NOT NULL
);
CREATE INDEX ix_audit_events_user_id ON audit_events (user_id, id) WHERE user_id IS NOT NULL;
CREATE INDEX ix_audit_events_actor_id ON audit_events (actor_id, id) WHERE actor_id IS NOT NULL;

-- Rows are added only. Wiping the traces of an erased user out of them is the one change there is.
CREATE FUNCTION audit_events_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit_events is append-only';
END
$$;
CREATE TRIGGER audit_events_no_delete BEFORE DELETE ON audit_events FOR EACH ROW
EXECUTE FUNCTION audit_events_refuse();
CREATE TRIGGER audit_events_no_truncate BEFORE TRUNCATE ON audit_events FOR EACH STATEMENT
EXECUTE FUNCTION audit_events_refuse();
CREATE TRIGGER audit_events_no_update BEFORE UPDATE ON audit_events FOR EACH ROW
WHEN (
    (
        NEW.id, NEW.occurred_at, NEW.kind, NEW.outcome, NEW.actor_id, NEW.api_key_id, NEW.user_id,
        NEW.target_id, NEW.ip_address, NEW.user_agent, NEW.request_id
    ) IS DISTINCT FROM (
        OLD.id, OLD.occurred_at, OLD.kind, OLD.outcome, OLD.actor_id, OLD.api_key_id, OLD.user_id,
        OLD.target_id, '', '', OLD.request_id
    )
)
EXECUTE FUNCTION audit_events_refuse();
