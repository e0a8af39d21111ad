-- Values of other applications, read in one way.

-- A city may have been NULL, or become it.
DROP TRIGGER user_addresses_forget_key;
CREATE TRIGGER user_addresses_forget_key AFTER UPDATE ON user_addresses FOR EACH ROW
WHEN NEW.city IS NOT OLD.city AND NEW.city_key = OLD.city_key
BEGIN
    UPDATE user_addresses SET city_key = NULL WHERE id = NEW.id;
END;
