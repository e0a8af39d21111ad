DROP INDEX ix_users_grams, ix_user_profiles_grams, ix_user_emails_grams, ix_user_phones_grams, ix_user_addresses_grams;
DROP FUNCTION search_grams(text);
