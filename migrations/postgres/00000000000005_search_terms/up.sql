-- One inverted index finds users by any combination of what they are, instead of an index for each filter.

-- The terms of a user, written by the service with everything that it saves. NULL is a user whom another
-- application has changed: the service reads it within a minute, and until then looks at its rows.
ALTER TABLE users ADD COLUMN terms TSVECTOR;
-- What is written goes to a list first, which every search reads through: a short one.
CREATE INDEX ix_users_terms ON users USING gin (terms) WITH (gin_pending_list_limit = 256);
CREATE INDEX ix_users_without_terms ON users (id) WHERE terms IS NULL;

DROP INDEX ix_users_first_name_key, ix_users_display_name_key, ix_users_unverified, ix_users_phone_verified,
    ix_users_two_factor, ix_users_moderator, ix_users_premium, ix_users_guest, ix_user_profiles_language,
    ix_user_profiles_timezone, ix_user_emails_key, ix_user_emails_domain, ix_user_emails_type,
    ix_user_phones_number_key, ix_user_phones_type, ix_user_addresses_city_key, ix_user_addresses_postal_code,
    ix_user_addresses_country, ix_user_addresses_type;
DROP STATISTICS st_users_roles;

-- The longest term of a contact, which ends in all that its row is found by.
CREATE FUNCTION search_term(contact user_emails) RETURNS text IMMUTABLE LANGUAGE sql AS $$
    SELECT 'e:' || left(lower(contact.email COLLATE "C"), 200) || E'\x01' || contact.contact_type
        || CASE WHEN contact.is_verified THEN '+' ELSE '-' END
        || CASE WHEN contact.is_default THEN '+' ELSE '-' END
$$;
CREATE FUNCTION search_term(contact user_phones) RETURNS text IMMUTABLE LANGUAGE sql AS $$
    SELECT 'p:' || left(split_part(contact.number_key, E'\x01', 1), 200) || E'\x01' || contact.contact_type
        || CASE WHEN contact.is_verified THEN '+' ELSE '-' END
        || CASE WHEN contact.is_default THEN '+' ELSE '-' END
$$;
CREATE FUNCTION search_term(contact user_addresses) RETURNS text IMMUTABLE LANGUAGE sql AS $$
    SELECT 'a:' || left(split_part(contact.city_key, E'\x01', 1), 200)
        || E'\x01' || lower(contact.postal_code COLLATE "C") || E'\x01' || contact.country
        || E'\x01' || contact.contact_type
        || CASE WHEN contact.is_default THEN '+' ELSE '-' END
$$;

-- A term that is missing, or still there, shows a write by another application. Where terms are NULL already,
-- the UPDATE makes the writer wait for a service that is reading the user.
CREATE FUNCTION contacts_forget_terms() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR (
        TG_OP = 'UPDATE'
        AND (OLD.user_id, search_term(OLD)) IS DISTINCT FROM (NEW.user_id, search_term(NEW))
    ) THEN
        UPDATE users SET terms = NULL
        WHERE id = OLD.user_id AND (search_term(OLD) <> ALL (tsvector_to_array(terms))) IS NOT TRUE;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        UPDATE users SET terms = NULL
        WHERE id = NEW.user_id AND (search_term(NEW) = ANY (tsvector_to_array(terms))) IS NOT TRUE;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER user_emails_forget_terms AFTER INSERT OR UPDATE OR DELETE ON user_emails FOR EACH ROW
EXECUTE FUNCTION contacts_forget_terms();
CREATE TRIGGER user_phones_forget_terms AFTER INSERT OR UPDATE OR DELETE ON user_phones FOR EACH ROW
EXECUTE FUNCTION contacts_forget_terms();
CREATE TRIGGER user_addresses_forget_terms AFTER INSERT OR UPDATE OR DELETE ON user_addresses FOR EACH ROW
EXECUTE FUNCTION contacts_forget_terms();

CREATE OR REPLACE FUNCTION user_profiles_forget_keys() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' AND (TG_OP = 'DELETE' OR NEW.user_id <> OLD.user_id) THEN
        UPDATE users SET first_name_key = NULL, last_name_key = NULL, display_name_key = NULL, terms = NULL
        WHERE id = OLD.user_id;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        UPDATE users SET first_name_key = NULL, last_name_key = NULL, display_name_key = NULL, terms = NULL
        WHERE id = NEW.user_id AND (
            split_part(first_name_key, E'\x01', 2) = NEW.first_name
            AND split_part(last_name_key, E'\x01', 2) = NEW.last_name
            AND split_part(display_name_key, E'\x01', 2)
                = COALESCE(NEW.display_name, NEW.first_name || ' ' || NEW.last_name)
        ) IS NOT TRUE;
        UPDATE users SET terms = NULL
        WHERE id = NEW.user_id AND (
            tsvector_to_array(terms) @> ARRAY[
                'g:' || lower(NEW.preferred_language COLLATE "C"), 'z:' || lower(NEW.timezone COLLATE "C")
            ]
        ) IS NOT TRUE;
    END IF;
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION users_raise_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.version := OLD.version + 1;
    NEW.terms := NULL;
    RETURN NEW;
END
$$;

-- Whom a kept answer is about, so that it goes with them.
CREATE TABLE idempotency_subjects (
    key_id VARCHAR(300) COLLATE "C" NOT NULL REFERENCES idempotency_keys (id) ON DELETE CASCADE,
    user_id VARCHAR(36) NOT NULL,
    PRIMARY KEY (key_id, user_id)
);
CREATE INDEX ix_idempotency_subjects_user_id ON idempotency_subjects (user_id);
