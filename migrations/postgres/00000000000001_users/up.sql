-- The five tables that SQLAlchemy applications share with us. Their names, types, indexes and named
-- constraints are those applications' own. Every column that we add has a server default, so that an
-- INSERT that does not know it still works.

CREATE TABLE users (
    id VARCHAR(36) NOT NULL PRIMARY KEY,
    username VARCHAR(50) NOT NULL,
    password_hash VARCHAR(255) NOT NULL,
    status VARCHAR(9) NOT NULL DEFAULT 'pending'
        CONSTRAINT ck_users_status
        CHECK (status IN ('pending', 'active', 'suspended', 'banned', 'deleted')),
    roles JSON NOT NULL DEFAULT '["user"]',
    email_verified BOOLEAN NOT NULL DEFAULT FALSE,
    phone_verified BOOLEAN NOT NULL DEFAULT FALSE,
    two_factor_enabled BOOLEAN NOT NULL DEFAULT FALSE,
    failed_login_attempts INTEGER NOT NULL DEFAULT 0,
    account_locked_until TIMESTAMP,
    created_at TIMESTAMP NOT NULL DEFAULT (now() AT TIME ZONE 'utc'),
    updated_at TIMESTAMP NOT NULL DEFAULT (now() AT TIME ZONE 'utc'),
    last_login_at TIMESTAMP,
    password_changed_at TIMESTAMP NOT NULL DEFAULT (now() AT TIME ZONE 'utc'),
    preferences JSON NOT NULL DEFAULT
        '{"email_notifications": true, "sms_notifications": false, "newsletter": true, "theme": "light", "language": "en"}',
    version BIGINT NOT NULL DEFAULT 1,
    status_reason VARCHAR(500),
    status_actor VARCHAR(36),
    status_until TIMESTAMP,
    status_before VARCHAR(9)
);
CREATE UNIQUE INDEX ix_users_username ON users (username);
CREATE UNIQUE INDEX uq_users_username_lower ON users (lower(username));

CREATE TABLE user_emails (
    id SERIAL PRIMARY KEY,
    user_id VARCHAR(36) NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    email VARCHAR(255) NOT NULL,
    provider VARCHAR(50),
    contact_type VARCHAR(20) NOT NULL DEFAULT 'primary'
        CONSTRAINT ck_user_emails_contact_type
        CHECK (contact_type IN (
            'home', 'work', 'mobile', 'billing', 'shipping', 'primary', 'secondary', 'emergency', 'other'
        )),
    is_verified BOOLEAN NOT NULL DEFAULT FALSE,
    is_default BOOLEAN NOT NULL DEFAULT FALSE,
    created_at TIMESTAMP NOT NULL DEFAULT (now() AT TIME ZONE 'utc'),
    verified_at TIMESTAMP,
    uid VARCHAR(36) NOT NULL DEFAULT gen_random_uuid()::text,
    CONSTRAINT uq_user_email UNIQUE (user_id, email),
    CONSTRAINT uq_user_emails_uid UNIQUE (uid)
);
CREATE INDEX ix_user_emails_user_id ON user_emails (user_id);
CREATE INDEX ix_user_emails_email ON user_emails (email);
CREATE INDEX ix_user_emails_is_default ON user_emails (is_default);
CREATE INDEX idx_user_emails_default ON user_emails (user_id, is_default);
-- Whoever moves a default clears the old one in an earlier statement than the one that sets the new.
CREATE UNIQUE INDEX uq_user_emails_default ON user_emails (user_id) WHERE is_default;
-- A verified email belongs to one account; unverified claims block nobody.
CREATE UNIQUE INDEX uq_user_emails_verified ON user_emails (lower(email)) WHERE is_verified;

CREATE TABLE user_phones (
    id SERIAL PRIMARY KEY,
    user_id VARCHAR(36) NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    phone_number VARCHAR(50) NOT NULL,
    country_code VARCHAR(5),
    formatted_number VARCHAR(50),
    contact_type VARCHAR(20) NOT NULL DEFAULT 'mobile'
        CONSTRAINT ck_user_phones_contact_type
        CHECK (contact_type IN (
            'home', 'work', 'mobile', 'billing', 'shipping', 'primary', 'secondary', 'emergency', 'other'
        )),
    is_verified BOOLEAN NOT NULL DEFAULT FALSE,
    is_default BOOLEAN NOT NULL DEFAULT FALSE,
    created_at TIMESTAMP NOT NULL DEFAULT (now() AT TIME ZONE 'utc'),
    verified_at TIMESTAMP,
    uid VARCHAR(36) NOT NULL DEFAULT gen_random_uuid()::text,
    CONSTRAINT uq_user_phone UNIQUE (user_id, phone_number),
    CONSTRAINT uq_user_phones_uid UNIQUE (uid)
);
CREATE INDEX ix_user_phones_user_id ON user_phones (user_id);
CREATE INDEX ix_user_phones_phone_number ON user_phones (phone_number);
CREATE INDEX ix_user_phones_is_default ON user_phones (is_default);
CREATE UNIQUE INDEX uq_user_phones_default ON user_phones (user_id, contact_type) WHERE is_default;

CREATE TABLE user_addresses (
    id SERIAL PRIMARY KEY,
    user_id VARCHAR(36) NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    street_line1 VARCHAR(255) NOT NULL,
    street_line2 VARCHAR(255),
    city VARCHAR(100) NOT NULL,
    state VARCHAR(50) NOT NULL,
    postal_code VARCHAR(20) NOT NULL,
    country VARCHAR(50) NOT NULL DEFAULT 'USA',
    contact_type VARCHAR(20) NOT NULL DEFAULT 'home'
        CONSTRAINT ck_user_addresses_contact_type
        CHECK (contact_type IN (
            'home', 'work', 'mobile', 'billing', 'shipping', 'primary', 'secondary', 'emergency', 'other'
        )),
    is_default BOOLEAN NOT NULL DEFAULT FALSE,
    created_at TIMESTAMP NOT NULL DEFAULT (now() AT TIME ZONE 'utc'),
    uid VARCHAR(36) NOT NULL DEFAULT gen_random_uuid()::text,
    CONSTRAINT uq_user_addresses_uid UNIQUE (uid)
);
CREATE INDEX ix_user_addresses_user_id ON user_addresses (user_id);
CREATE INDEX ix_user_addresses_is_default ON user_addresses (is_default);
CREATE INDEX idx_user_address_type ON user_addresses (user_id, contact_type);
CREATE UNIQUE INDEX uq_user_addresses_default ON user_addresses (user_id, contact_type) WHERE is_default;

CREATE TABLE user_profiles (
    id SERIAL PRIMARY KEY,
    user_id VARCHAR(36) NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    first_name VARCHAR(100) NOT NULL,
    last_name VARCHAR(100) NOT NULL,
    display_name VARCHAR(100),
    date_of_birth DATE,
    gender VARCHAR(20),
    preferred_language VARCHAR(10) NOT NULL DEFAULT 'en',
    timezone VARCHAR(50) NOT NULL DEFAULT 'UTC',
    bio TEXT,
    avatar_url VARCHAR(500),
    created_at TIMESTAMP NOT NULL DEFAULT (now() AT TIME ZONE 'utc'),
    updated_at TIMESTAMP NOT NULL DEFAULT (now() AT TIME ZONE 'utc')
);
CREATE UNIQUE INDEX ix_user_profiles_user_id ON user_profiles (user_id);

-- An UPDATE by an application that does not know `version` must still fail our optimistic lock. Ours
-- sets the version itself and is left alone. Sign-in bookkeeping raises nothing. Limit: a foreign
-- write to a child table raises nothing either, since our own saves write children too, after the root.
CREATE FUNCTION users_raise_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.version := OLD.version + 1;
    RETURN NEW;
END
$$;
CREATE TRIGGER users_raise_version BEFORE UPDATE ON users FOR EACH ROW
WHEN (
    NEW.version = OLD.version
    AND (
        NEW.username, NEW.password_hash, NEW.status, NEW.roles::text, NEW.email_verified,
        NEW.phone_verified, NEW.two_factor_enabled, NEW.created_at, NEW.password_changed_at,
        NEW.preferences::text
    ) IS DISTINCT FROM (
        OLD.username, OLD.password_hash, OLD.status, OLD.roles::text, OLD.email_verified,
        OLD.phone_verified, OLD.two_factor_enabled, OLD.created_at, OLD.password_changed_at,
        OLD.preferences::text
    )
)
EXECUTE FUNCTION users_raise_version();
