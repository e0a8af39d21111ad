DROP TABLE idempotency_keys;
DROP TRIGGER user_profiles_forget_keys ON user_profiles;
DROP TRIGGER user_phones_forget_key ON user_phones;
DROP TRIGGER user_addresses_forget_key ON user_addresses;
DROP FUNCTION user_profiles_forget_keys();
DROP FUNCTION user_phones_forget_key();
DROP FUNCTION user_addresses_forget_key();
DROP INDEX ix_users_created_at, ix_users_updated_at, ix_users_last_login_at, ix_users_username_key,
    ix_users_status, ix_users_unverified, ix_users_phone_verified, ix_users_two_factor, ix_users_admin,
    ix_users_moderator, ix_users_premium, ix_users_guest, ix_user_profiles_language,
    ix_user_profiles_timezone, ix_user_emails_key, ix_user_emails_domain, ix_user_emails_type,
    ix_user_phones_type, ix_user_addresses_postal_code, ix_user_addresses_country,
    ix_user_addresses_type;
DROP STATISTICS st_users_roles;
-- The other indexes go with their columns.
ALTER TABLE users DROP COLUMN first_name_key, DROP COLUMN last_name_key, DROP COLUMN display_name_key;
ALTER TABLE user_phones DROP COLUMN number_key;
ALTER TABLE user_addresses DROP COLUMN city_key;
