-- As migration 5 had it.
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

-- ASCII alone folds as before, but for the grave accent.
UPDATE users SET first_name_key = NULL, last_name_key = NULL, display_name_key = NULL, terms = NULL
WHERE octet_length(concat(first_name_key, last_name_key, display_name_key))
        <> length(concat(first_name_key, last_name_key, display_name_key))
    OR strpos(concat(first_name_key, last_name_key, display_name_key), '`') > 0;
UPDATE user_addresses SET city_key = NULL
WHERE octet_length(city_key) <> length(city_key) OR strpos(city_key, '`') > 0;
