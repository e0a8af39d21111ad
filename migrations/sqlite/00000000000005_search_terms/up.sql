-- The terms of users, and the inverted index over them, are kept on Postgres alone.

-- Whom a kept answer is about, so that it goes with them.
CREATE TABLE idempotency_subjects (
    key_id VARCHAR(300) NOT NULL REFERENCES idempotency_keys (id) ON DELETE CASCADE,
    user_id VARCHAR(36) NOT NULL,
    PRIMARY KEY (key_id, user_id)
);
CREATE INDEX ix_idempotency_subjects_user_id ON idempotency_subjects (user_id);
