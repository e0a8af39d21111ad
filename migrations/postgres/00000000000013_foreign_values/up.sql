-- Values of other applications, read in one way.

-- A city may have been NULL, or become it.
DROP TRIGGER user_addresses_forget_key ON user_addresses;
CREATE TRIGGER user_addresses_forget_key BEFORE UPDATE ON user_addresses FOR EACH ROW
WHEN (NEW.city IS DISTINCT FROM OLD.city AND NEW.city_key = OLD.city_key)
EXECUTE FUNCTION user_addresses_forget_key();
