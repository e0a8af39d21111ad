DROP TABLE idempotency_subjects;
CREATE OR REPLACE FUNCTION users_raise_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.version := OLD.version + 1;
    RETURN NEW;
END
$$;

CREATE OR REPLACE FUNCTION user_profiles_forget_keys() RETURNS trigger LANGUAGE plpgsql AS $$
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

DROP TRIGGER user_emails_forget_terms ON user_emails;
DROP TRIGGER user_phones_forget_terms ON user_phones;
DROP TRIGGER user_addresses_forget_terms ON user_addresses;
DROP FUNCTION contacts_forget_terms();
DROP FUNCTION search_term(user_emails);
DROP FUNCTION search_term(user_phones);
DROP FUNCTION search_term(user_addresses);
-- Its indexes go with it.
ALTER TABLE users DROP COLUMN terms;

CREATE INDEX ix_users_first_name_key ON users (first_name_key);
CREATE INDEX ix_users_display_name_key ON users (display_name_key);
CREATE INDEX ix_users_unverified ON users (created_at, id) WHERE NOT email_verified;
CREATE INDEX ix_users_phone_verified ON users (created_at, id) WHERE phone_verified;
CREATE INDEX ix_users_two_factor ON users (created_at, id) WHERE two_factor_enabled;
CREATE INDEX ix_users_moderator ON users (created_at, id) WHERE CAST(roles AS TEXT) LIKE '%"moderator"%';
CREATE INDEX ix_users_premium ON users (created_at, id) WHERE CAST(roles AS TEXT) LIKE '%"premium"%';
CREATE INDEX ix_users_guest ON users (created_at, id) WHERE CAST(roles AS TEXT) LIKE '%"guest"%';
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
CREATE STATISTICS st_users_roles ON (CAST(roles AS TEXT)) FROM users;
