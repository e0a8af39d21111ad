DROP TABLE user_profiles;
DROP TABLE user_addresses;
DROP TABLE user_phones;
DROP TABLE user_emails;
DROP TABLE users;
