-- As migrations 4 and 12 had them.
DROP TRIGGER user_addresses_forget_key ON user_addresses;
CREATE TRIGGER user_addresses_forget_key BEFORE UPDATE ON user_addresses FOR EACH ROW
WHEN (NEW.city <> OLD.city AND NEW.city_key = OLD.city_key)
EXECUTE FUNCTION user_addresses_forget_key();
