-- Finding users by anything, and answers that a client may ask for twice.

-- By what names, cities and numbers are found: without case and accents, U+0001, and the value itself. The
-- service writes them; NULL is a value that another application wrote, which the service reads within a minute.
-- A user without a profile has the empty text.
ALTER TABLE users ADD COLUMN first_name_key TEXT;
ALTER TABLE users ADD COLUMN last_name_key TEXT;
ALTER TABLE users ADD COLUMN display_name_key TEXT;
ALTER TABLE user_phones ADD COLUMN number_key TEXT;
ALTER TABLE user_addresses ADD COLUMN city_key TEXT;

-- Each order of the directory has its index.
CREATE INDEX ix_users_created_at ON users (created_at, id);
CREATE INDEX ix_users_updated_at ON users (updated_at, id);
CREATE INDEX ix_users_last_login_at ON users (COALESCE(last_login_at, ''), id);
CREATE INDEX ix_users_last_name_key ON users (COALESCE(last_name_key, ''), id);

-- Each filter that may match few has one. What most users are is found by walking along.
CREATE INDEX ix_users_first_name_key ON users (first_name_key);
CREATE INDEX ix_users_display_name_key ON users (display_name_key);
CREATE INDEX ix_users_status ON users (status, created_at, id);
CREATE INDEX ix_users_unverified ON users (created_at, id) WHERE NOT email_verified;
CREATE INDEX ix_users_phone_verified ON users (created_at, id) WHERE phone_verified;
CREATE INDEX ix_users_two_factor ON users (created_at, id) WHERE two_factor_enabled;
CREATE INDEX ix_users_admin ON users (created_at, id) WHERE roles LIKE '%"admin"%';
CREATE INDEX ix_users_moderator ON users (created_at, id) WHERE roles LIKE '%"moderator"%';
CREATE INDEX ix_users_premium ON users (created_at, id) WHERE roles LIKE '%"premium"%';
CREATE INDEX ix_users_guest ON users (created_at, id) WHERE roles LIKE '%"guest"%';
CREATE INDEX ix_user_profiles_language ON user_profiles (lower(preferred_language), user_id);
CREATE INDEX ix_user_profiles_timezone ON user_profiles (lower(timezone), user_id);
CREATE INDEX ix_user_emails_key ON user_emails (lower(email), user_id);
CREATE INDEX ix_user_emails_domain ON user_emails (substr(lower(email), instr(email, '@') + 1), user_id);
CREATE INDEX ix_user_emails_type ON user_emails (contact_type, user_id);
CREATE INDEX ix_user_phones_number_key ON user_phones (number_key, user_id);
CREATE INDEX ix_user_phones_type ON user_phones (contact_type, user_id);
CREATE INDEX ix_user_addresses_city_key ON user_addresses (city_key, user_id);
CREATE INDEX ix_user_addresses_postal_code ON user_addresses (lower(postal_code), user_id);
CREATE INDEX ix_user_addresses_country ON user_addresses (country, user_id);
CREATE INDEX ix_user_addresses_type ON user_addresses (contact_type, user_id);

-- What waits for its key.
CREATE INDEX ix_users_without_key ON users (id) WHERE last_name_key IS NULL;
CREATE INDEX ix_user_phones_without_key ON user_phones (id) WHERE number_key IS NULL;
CREATE INDEX ix_user_addresses_without_key ON user_addresses (id) WHERE city_key IS NULL;

-- A key ends in the value that it was made of, so a write by another application shows.
CREATE TRIGGER user_profiles_forget_keys_of_new AFTER INSERT ON user_profiles FOR EACH ROW
BEGIN
    UPDATE users SET first_name_key = NULL, last_name_key = NULL, display_name_key = NULL
    WHERE id = NEW.user_id AND (
        substr(first_name_key, instr(first_name_key, char(1)) + 1) = NEW.first_name
        AND substr(last_name_key, instr(last_name_key, char(1)) + 1) = NEW.last_name
        AND substr(display_name_key, instr(display_name_key, char(1)) + 1)
            = COALESCE(NEW.display_name, NEW.first_name || ' ' || NEW.last_name)
    ) IS NOT TRUE;
END;
CREATE TRIGGER user_profiles_forget_keys AFTER UPDATE ON user_profiles FOR EACH ROW
BEGIN
    UPDATE users SET first_name_key = NULL, last_name_key = NULL, display_name_key = NULL
    WHERE id = OLD.user_id AND NEW.user_id <> OLD.user_id;
    UPDATE users SET first_name_key = NULL, last_name_key = NULL, display_name_key = NULL
    WHERE id = NEW.user_id AND (
        substr(first_name_key, instr(first_name_key, char(1)) + 1) = NEW.first_name
        AND substr(last_name_key, instr(last_name_key, char(1)) + 1) = NEW.last_name
        AND substr(display_name_key, instr(display_name_key, char(1)) + 1)
            = COALESCE(NEW.display_name, NEW.first_name || ' ' || NEW.last_name)
    ) IS NOT TRUE;
END;
CREATE TRIGGER user_profiles_forget_keys_of_old AFTER DELETE ON user_profiles FOR EACH ROW
BEGIN
    UPDATE users SET first_name_key = NULL, last_name_key = NULL, display_name_key = NULL
    WHERE id = OLD.user_id;
END;
CREATE TRIGGER user_phones_forget_key AFTER UPDATE ON user_phones FOR EACH ROW
WHEN
    (NEW.phone_number, NEW.country_code) IS NOT (OLD.phone_number, OLD.country_code)
    AND NEW.number_key = OLD.number_key
BEGIN
    UPDATE user_phones SET number_key = NULL WHERE id = NEW.id;
END;
CREATE TRIGGER user_addresses_forget_key AFTER UPDATE ON user_addresses FOR EACH ROW
WHEN NEW.city <> OLD.city AND NEW.city_key = OLD.city_key
BEGIN
    UPDATE user_addresses SET city_key = NULL WHERE id = NEW.id;
END;

-- The answers to requests with an Idempotency-Key: sealed, and gone after a day. The id is that of the caller,
-- a slash, and the key.
CREATE TABLE idempotency_keys (
    id VARCHAR(300) NOT NULL PRIMARY KEY,
    fingerprint BLOB NOT NULL,
    claim VARCHAR(36) NOT NULL,
    claimed_until TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL,
    answer BLOB
);
CREATE INDEX ix_idempotency_keys_expires_at ON idempotency_keys (expires_at);
