-- Folding keeps what carries meaning: vowel signs, tone marks, voicing marks (R30). The service makes anew, within
-- a minute, the keys that are folded in another way now.

-- ASCII alone folds as before, but for the grave accent.
UPDATE users SET first_name_key = NULL, last_name_key = NULL, display_name_key = NULL
WHERE length(CAST(first_name_key || last_name_key || display_name_key AS BLOB))
        <> length(first_name_key || last_name_key || display_name_key)
    OR instr(first_name_key || last_name_key || display_name_key, '`') > 0;
UPDATE user_addresses SET city_key = NULL
WHERE length(CAST(city_key AS BLOB)) <> length(city_key) OR instr(city_key, '`') > 0;

-- Where there is no last name, the first is what is shown.
DROP TRIGGER user_profiles_forget_keys_of_new;
DROP TRIGGER user_profiles_forget_keys;
CREATE TRIGGER user_profiles_forget_keys_of_new AFTER INSERT ON user_profiles FOR EACH ROW
BEGIN
    UPDATE users SET first_name_key = NULL, last_name_key = NULL, display_name_key = NULL
    WHERE id = NEW.user_id AND (
        substr(first_name_key, instr(first_name_key, char(1)) + 1) = NEW.first_name
        AND substr(last_name_key, instr(last_name_key, char(1)) + 1) = NEW.last_name
        AND substr(display_name_key, instr(display_name_key, char(1)) + 1)
            = COALESCE(NEW.display_name, NEW.first_name || CASE WHEN NEW.last_name = '' THEN '' ELSE ' ' END || NEW.last_name)
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
            = COALESCE(NEW.display_name, NEW.first_name || CASE WHEN NEW.last_name = '' THEN '' ELSE ' ' END || NEW.last_name)
    ) IS NOT TRUE;
END;
