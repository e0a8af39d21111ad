-- As migrations 4 and 12 had them.
DROP TRIGGER user_addresses_forget_key ON user_addresses;
CREATE TRIGGER user_addresses_forget_key BEFORE UPDATE ON user_addresses FOR EACH ROW
WHEN (NEW.city <> OLD.city AND NEW.city_key = OLD.city_key)
EXECUTE FUNCTION user_addresses_forget_key();
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
                = COALESCE(NEW.display_name, NEW.first_name || CASE WHEN NEW.last_name = '' THEN '' ELSE ' ' END || NEW.last_name)
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
UPDATE users SET first_name_key = NULL, last_name_key = NULL, display_name_key = NULL, terms = NULL
WHERE id IN (SELECT user_id FROM user_profiles WHERE display_name = '');
