-- What grows with one user is removed a few hundred rows at a time, and so not by a cascade: whoever removes a
-- user leaves an order to erase the rest. The addresses find the mails that somebody asked for; `wiped_as_…` is
-- the last line of the audit trail that has been wiped.
CREATE TABLE erasures (
    user_id VARCHAR(36) NOT NULL PRIMARY KEY,
    addresses JSON NOT NULL,
    wiped_as_user VARCHAR(36) NOT NULL DEFAULT '',
    wiped_as_actor VARCHAR(36) NOT NULL DEFAULT ''
);

-- First what takes long and lets others read: what shuts them out comes last, and is short.

-- A user has 200 sessions at most: those that were used last.
DELETE FROM sessions WHERE id IN (
    SELECT id FROM (
        SELECT id, row_number() OVER (PARTITION BY user_id ORDER BY last_used_at DESC, id DESC) AS place
        FROM sessions
    ) AS placed
    WHERE place > 200
);
-- Both are read in pages.
CREATE INDEX ix_sessions_user_id_id ON sessions (user_id, id);
CREATE INDEX ix_api_keys_created_by_id ON api_keys (created_by, id);

-- What has ended by time is found by these.
CREATE INDEX ix_sessions_idle_expires_at ON sessions (idle_expires_at);
CREATE INDEX ix_one_time_tokens_expires_at ON one_time_tokens (expires_at);
CREATE INDEX ix_known_devices_expires_at ON known_devices (expires_at);
CREATE INDEX ix_outbox_events_processed_at ON outbox_events (processed_at) WHERE processed_at IS NOT NULL;
CREATE INDEX ix_users_deleted ON users (updated_at, id) WHERE status = 'deleted';
CREATE INDEX ix_users_pending ON users (created_at, id) WHERE status = 'pending';

-- Requests for mail, which belong to nobody, by the user and the address that they name.
CREATE INDEX ix_outbox_events_wished_user ON outbox_events ((payload ->> 'user_id'))
    WHERE user_id = '00000000-0000-0000-0000-000000000000';
CREATE INDEX ix_outbox_events_wished_email ON outbox_events ((payload ->> 'email'))
    WHERE user_id = '00000000-0000-0000-0000-000000000000';

CREATE FUNCTION users_order_erasure() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO erasures (user_id, addresses)
    SELECT OLD.id, COALESCE(json_agg(lower(email)), '[]') FROM user_emails WHERE user_id = OLD.id
    ON CONFLICT (user_id) DO NOTHING;
    RETURN OLD;
END
$$;
CREATE TRIGGER users_order_erasure BEFORE DELETE ON users FOR EACH ROW EXECUTE FUNCTION users_order_erasure();

-- What a foreign key says to whoever adds a row: the user is there, and stays until the end of the transaction.
-- It is asked after the statement, since a registration adds the user by the same one.
CREATE FUNCTION refuse_row_of_nobody() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    owner VARCHAR(36);
BEGIN
    IF TG_TABLE_NAME = 'api_keys' THEN
        owner := NEW.created_by;
    ELSE
        owner := NEW.user_id;
    END IF;
    PERFORM 1 FROM users WHERE id = owner FOR KEY SHARE;
    IF NOT FOUND THEN
        RAISE foreign_key_violation USING MESSAGE = 'a row of a user that is not there';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER sessions_have_a_user AFTER INSERT ON sessions FOR EACH ROW EXECUTE FUNCTION refuse_row_of_nobody();
CREATE TRIGGER one_time_tokens_have_a_user AFTER INSERT ON one_time_tokens FOR EACH ROW
EXECUTE FUNCTION refuse_row_of_nobody();
CREATE TRIGGER known_devices_have_a_user AFTER INSERT ON known_devices FOR EACH ROW
EXECUTE FUNCTION refuse_row_of_nobody();
CREATE TRIGGER api_keys_have_a_user AFTER INSERT ON api_keys FOR EACH ROW EXECUTE FUNCTION refuse_row_of_nobody();

-- From here on nobody reads these tables, or users.
DROP INDEX ix_sessions_user_id;
DROP INDEX ix_api_keys_created_by;
ALTER TABLE sessions DROP CONSTRAINT sessions_user_id_fkey;
ALTER TABLE one_time_tokens DROP CONSTRAINT one_time_tokens_user_id_fkey;
ALTER TABLE known_devices DROP CONSTRAINT known_devices_user_id_fkey;
ALTER TABLE api_keys DROP CONSTRAINT api_keys_created_by_fkey;
