-- Values of other applications, read in one way.

-- An empty display name is none.
UPDATE users SET first_name_key = NULL, last_name_key = NULL, display_name_key = NULL
WHERE id IN (SELECT user_id FROM user_profiles WHERE display_name = '');
DROP TRIGGER user_profiles_forget_keys_of_new;
DROP TRIGGER user_profiles_forget_keys;
CREATE TRIGGER user_profiles_forget_keys_of_new AFTER INSERT ON user_profiles FOR EACH ROW
BEGIN
    UPDATE users SET first_name_key = NULL, last_name_key = NULL, display_name_key = NULL
    WHERE id = NEW.user_id AND (
        substr(first_name_key, instr(first_name_key, char(1)) + 1) = NEW.first_name
        AND substr(last_name_key, instr(last_name_key, char(1)) + 1) = NEW.last_name
        AND substr(display_name_key, instr(display_name_key, char(1)) + 1)
            = COALESCE(NULLIF(NEW.display_name, ''), NEW.first_name || CASE WHEN NEW.last_name = '' THEN '' ELSE ' ' END || NEW.last_name)
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
            = COALESCE(NULLIF(NEW.display_name, ''), NEW.first_name || CASE WHEN NEW.last_name = '' THEN '' ELSE ' ' END || NEW.last_name)
    ) IS NOT TRUE;
END;

-- A city may have been NULL, or become it.
DROP TRIGGER user_addresses_forget_key;
CREATE TRIGGER user_addresses_forget_key AFTER UPDATE ON user_addresses FOR EACH ROW
WHEN NEW.city IS NOT OLD.city AND NEW.city_key = OLD.city_key
BEGIN
    UPDATE user_addresses SET city_key = NULL WHERE id = NEW.id;
END;
