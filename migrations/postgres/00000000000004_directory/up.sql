-- Finding users by anything, and answers that a client may ask for twice.

-- By what names, cities and numbers are found: without case and accents, U+0001, and the value itself. The
-- service writes them; NULL is a value that another application wrote, which the service reads within a minute.
-- A user without a profile has the empty text.
ALTER TABLE users ADD COLUMN first_name_key TEXT COLLATE "C";
ALTER TABLE users ADD COLUMN last_name_key TEXT COLLATE "C";
ALTER TABLE users ADD COLUMN display_name_key TEXT COLLATE "C";
ALTER TABLE user_phones ADD COLUMN number_key TEXT COLLATE "C";
ALTER TABLE user_addresses ADD COLUMN city_key TEXT COLLATE "C";

-- Each order of the directory has its index.
CREATE INDEX ix_users_created_at ON users (created_at, id);
CREATE INDEX ix_users_updated_at ON users (updated_at, id);
CREATE INDEX ix_users_last_login_at ON users (COALESCE(last_login_at, '-infinity'::timestamp), id);
CREATE INDEX ix_users_username_key ON users (lower(username COLLATE "C"));
CREATE INDEX ix_users_last_name_key ON users (COALESCE(last_name_key, ''), id);

-- Each filter that may match few has one. What most users are is found by walking along.
CREATE INDEX ix_users_first_name_key ON users (first_name_key);
CREATE INDEX ix_users_display_name_key ON users (display_name_key);
CREATE INDEX ix_users_status ON users (status, created_at, id);
CREATE INDEX ix_users_unverified ON users (created_at, id) WHERE NOT email_verified;
CREATE INDEX ix_users_phone_verified ON users (created_at, id) WHERE phone_verified;
CREATE INDEX ix_users_two_factor ON users (created_at, id) WHERE two_factor_enabled;
CREATE INDEX ix_users_admin ON users (created_at, id) WHERE CAST(roles AS TEXT) LIKE '%"admin"%';
CREATE INDEX ix_users_moderator ON users (created_at, id) WHERE CAST(roles AS TEXT) LIKE '%"moderator"%';
CREATE INDEX ix_users_premium ON users (created_at, id) WHERE CAST(roles AS TEXT) LIKE '%"premium"%';
CREATE INDEX ix_users_guest ON users (created_at, id) WHERE CAST(roles AS TEXT) LIKE '%"guest"%';
-- So that the planner knows which roles are common.
CREATE STATISTICS st_users_roles ON (CAST(roles AS TEXT)) FROM users;
CREATE INDEX ix_user_profiles_language ON user_profiles (lower(preferred_language COLLATE "C"), user_id);
CREATE INDEX ix_user_profiles_timezone ON user_profiles (lower(timezone COLLATE "C"), user_id);
CREATE INDEX ix_user_emails_key ON user_emails (lower(email COLLATE "C"), user_id);
CREATE INDEX ix_user_emails_domain ON user_emails (split_part(lower(email COLLATE "C"), '@', 2), user_id);
CREATE INDEX ix_user_emails_type ON user_emails (contact_type, user_id);
CREATE INDEX ix_user_phones_number_key ON user_phones (number_key, user_id);
CREATE INDEX ix_user_phones_type ON user_phones (contact_type, user_id);
CREATE INDEX ix_user_addresses_city_key ON user_addresses (city_key, user_id);
CREATE INDEX ix_user_addresses_postal_code ON user_addresses (lower(postal_code COLLATE "C"), user_id);
CREATE INDEX ix_user_addresses_country ON user_addresses (country, user_id);
CREATE INDEX ix_user_addresses_type ON user_addresses (contact_type, user_id);

-- What waits for its key.
CREATE INDEX ix_users_without_key ON users (id) WHERE last_name_key IS NULL;
CREATE INDEX ix_user_phones_without_key ON user_phones (id) WHERE number_key IS NULL;
CREATE INDEX ix_user_addresses_without_key ON user_addresses (id) WHERE city_key IS NULL;

-- A key ends in the value that it was made of, so a write by another application shows.
CREATE FUNCTION user_profiles_forget_keys() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' AND (TG_OP = 'DELETE' OR NEW.user_id <> OLD.user_id) THEN
        UPDATE users SET first_name_key = NULL, last_name_key = NULL, display_name_key = NULL
        WHERE id = OLD.user_id;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        UPDATE users SET first_name_key = NULL, last_name_key = NULL, display_name_key = NULL
        WHERE id = NEW.user_id AND (
            split_part(first_name_key, E'\x01', 2) = NEW.first_name
            AND split_part(last_name_key, E'\x01', 2) = NEW.last_name
            AND split_part(display_name_key, E'\x01', 2)
                = COALESCE(NEW.display_name, NEW.first_name || ' ' || NEW.last_name)
        ) IS NOT TRUE;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER user_profiles_forget_keys AFTER INSERT OR UPDATE OR DELETE ON user_profiles FOR EACH ROW
EXECUTE FUNCTION user_profiles_forget_keys();

CREATE FUNCTION user_phones_forget_key() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.number_key := NULL;
    RETURN NEW;
END
$$;
CREATE TRIGGER user_phones_forget_key BEFORE UPDATE ON user_phones FOR EACH ROW
WHEN (
    (NEW.phone_number, NEW.country_code) IS DISTINCT FROM (OLD.phone_number, OLD.country_code)
    AND NEW.number_key = OLD.number_key
)
EXECUTE FUNCTION user_phones_forget_key();

CREATE FUNCTION user_addresses_forget_key() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.city_key := NULL;
    RETURN NEW;
END
$$;
CREATE TRIGGER user_addresses_forget_key BEFORE UPDATE ON user_addresses FOR EACH ROW
WHEN (NEW.city <> OLD.city AND NEW.city_key = OLD.city_key)
EXECUTE FUNCTION user_addresses_forget_key();

-- The answers to requests with an Idempotency-Key: sealed, and gone after a day. The id is that of the caller,
-- a slash, and the key.
CREATE TABLE idempotency_keys (
    id VARCHAR(300) COLLATE "C" NOT NULL PRIMARY KEY,
    fingerprint BYTEA NOT NULL,
    claim VARCHAR(36) NOT NULL,
    claimed_until TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL,
    answer BYTEA
);
CREATE INDEX ix_idempotency_keys_expires_at ON idempotency_keys (expires_at);
