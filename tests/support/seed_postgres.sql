-- A directory of {users} users with two emails, a phone and an address each, made of their numbers alone:
-- the same on every machine. Most users are like most others, and each filter has values that few have.
SET synchronous_commit = off;
-- Contacts before their users, and no triggers.
SET session_replication_role = replica;

CREATE TEMPORARY TABLE numbered AS
SELECT
    n,
    -- Scattered, and the same each time.
    ('x' || substr(md5(n::text), 1, 7))::bit(28)::int AS h,
    ('x' || substr(md5(n::text), 8, 7))::bit(28)::int AS k,
    '2020-01-01'::timestamp + n * interval '150 seconds' AS at
FROM generate_series(1, {users}) AS n;

CREATE TEMPORARY TABLE people AS
SELECT
    *,
    substr(lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0'), 1, 8) || '-'
        || substr(lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0'), 9, 4)
        || '-7000-8000-' || lpad(to_hex(n), 12, '0') AS id,
    initcap((ARRAY['an', 'be', 'chi', 'da', 'el', 'fri', 'gu', 'ha', 'io', 'ju'])[1 + h % 10]
        || (ARRAY['ra', 'li', 'mo', 'ne', 'su', 'ta', 'vi', 'ka', 'ro', 'sa'])[1 + h / 10 % 10]
        || (ARRAY['', 'na', 'n', 'ne', 's'])[1 + h / 100 % 5]) AS first_name,
    initcap((ARRAY['ba', 'co', 'du', 'ed', 'fa', 'go', 'hu', 'is', 'ka', 'lo'])[1 + k % 10]
        || (ARRAY['ber', 'ck', 'de', 'ges', 'il', 'ko', 'ling', 'mer', 'no', 'per'])[1 + k / 10 % 10]
        || (ARRAY['ger', 'ler', 'man', 'ner', 'son', 'tra', 'vic', 'wski', 'x', 'z'])[1 + k / 100 % 10]
        || (ARRAY['', 'a', 'e', 'i', 'o', 's', 't', 'u', 'y', 'er'])[1 + k / 1000 % 10]) AS last_name
FROM numbered;

INSERT INTO user_profiles (user_id, first_name, last_name, preferred_language, timezone, created_at, updated_at)
SELECT
    id, first_name, last_name,
    CASE WHEN h / 11 % 1000 = 0 THEN 'is' WHEN h / 11 % 10 < 2 THEN 'de' WHEN h / 11 % 10 < 3 THEN 'fr'
        ELSE 'en' END,
    CASE WHEN k / 11 % 1000 = 0 THEN 'Atlantic/Reykjavik' WHEN k / 11 % 10 < 3 THEN 'Europe/Berlin'
        ELSE 'UTC' END,
    at, at
FROM people;

INSERT INTO user_emails (user_id, uid, email, provider, contact_type, is_verified, is_default, created_at,
    verified_at)
SELECT
    id, md5('e' || n)::uuid::text,
    'user' || n || '@' || CASE WHEN h / 13 % 10 < 4 THEN 'gmail.com' WHEN h / 13 % 10 < 6 THEN 'outlook.com'
        ELSE 'company' || h % 5000 || '.example' END,
    'Custom', 'primary', h % 100 >= 3, TRUE, at, CASE WHEN h % 100 >= 3 THEN at END
FROM people;
INSERT INTO user_emails (user_id, uid, email, provider, contact_type, is_verified, is_default, created_at)
SELECT
    id, md5('f' || n)::uuid::text,
    lower(first_name || '.' || last_name) || n || '@mail' || k % 50 || '.example',
    'Custom', CASE WHEN k / 17 % 2000 = 0 THEN 'emergency' WHEN k % 2 = 0 THEN 'work' ELSE 'home' END,
    FALSE, FALSE, at
FROM people;

INSERT INTO user_phones (user_id, uid, phone_number, country_code, formatted_number, contact_type, is_verified,
    is_default, created_at, number_key)
SELECT
    id, md5('p' || n)::uuid::text, '+1202' || lpad((h % 10000000)::text, 7, '0'), '+1', '',
    CASE WHEN h / 19 % 2000 = 0 THEN 'emergency' ELSE 'mobile' END, k % 10 < 3, TRUE, at,
    '+1202' || lpad((h % 10000000)::text, 7, '0') || chr(1) || '+1202' || lpad((h % 10000000)::text, 7, '0') || '+1'
FROM people;

INSERT INTO user_addresses (user_id, uid, street_line1, city, state, postal_code, country, contact_type,
    is_default, created_at, city_key)
SELECT
    id, md5('a' || n)::uuid::text, n || ' Main St', city, 'NY',
    CASE WHEN h / 23 % 10000 = 0 THEN lpad((h % 1000)::text, 3, '0') ELSE lpad((h % 100000)::text, 5, '0') END,
    CASE WHEN h / 23 % 10000 = 0 THEN 'ISL' WHEN h / 23 % 10 < 2 THEN 'DEU' WHEN h / 23 % 10 < 3 THEN 'FRA'
        ELSE 'USA' END,
    CASE WHEN k / 29 % 2000 = 0 THEN 'billing' ELSE 'home' END, TRUE, at,
    lower(city) || chr(1) || city
FROM people, LATERAL (SELECT 'City' || k % 3000 AS city) AS cities;

ANALYZE user_profiles, user_emails, user_phones, user_addresses;
INSERT INTO users (id, username, password_hash, status, roles, email_verified, phone_verified,
    two_factor_enabled, created_at, updated_at, last_login_at, password_changed_at, preferences, version,
    status_reason, status_actor, first_name_key, last_name_key, display_name_key, terms)
SELECT
    id,
    'user' || n,
    '$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaA',
    CASE WHEN h % 1000 < 5 THEN 'banned' WHEN h % 1000 < 15 THEN 'suspended'
        WHEN h % 1000 < 30 THEN 'deleted' WHEN h % 1000 < 60 THEN 'pending' ELSE 'active' END,
    CASE WHEN k % 10000 = 0 THEN '["user", "admin"]' WHEN k % 1000 = 1 THEN '["user", "moderator"]'
        WHEN k % 20 = 2 THEN '["premium", "user"]' WHEN k % 100 = 3 THEN '["guest"]' ELSE '["user"]' END::json,
    h % 100 >= 3,
    k % 10 < 3,
    h / 7 % 10 = 0,
    at,
    at + (h % 100000) * interval '10 minutes',
    CASE WHEN k / 3 % 5 > 0 THEN at + (k % 100000) * interval '10 minutes' END,
    at,
    '{"theme": "light"}',
    1,
    CASE WHEN h % 1000 < 15 THEN 'spam' END,
    CASE WHEN h % 1000 < 15 THEN '019b79da-0000-7000-8000-000000000000' END,
    lower(first_name) || chr(1) || first_name,
    lower(last_name) || chr(1) || last_name,
    lower(first_name || ' ' || last_name) || chr(1) || first_name || ' ' || last_name,
    array_to_tsvector(ARRAY(
        SELECT unnest(ARRAY[
            'u:user' || n,
            's:' || CASE WHEN h % 1000 < 5 THEN 'banned' WHEN h % 1000 < 15 THEN 'suspended'
                WHEN h % 1000 < 30 THEN 'deleted' WHEN h % 1000 < 60 THEN 'pending' ELSE 'active' END,
            CASE WHEN h % 100 >= 3 THEN '+email' ELSE '-email' END,
            CASE WHEN k % 10 < 3 THEN '+phone' ELSE '-phone' END,
            CASE WHEN h / 7 % 10 = 0 THEN '+2fa' ELSE '-2fa' END,
            'f:' || lower(first_name), 'l:' || lower(last_name),
            'd:' || lower(first_name || ' ' || last_name)])
        UNION ALL SELECT 'q:' || substr(text, 1, letters)
        FROM unnest(ARRAY['user' || n, lower(first_name), lower(last_name)]
            || ARRAY(SELECT email FROM user_emails WHERE user_id = people.id)) AS text,
            generate_series(1, 3) AS letters
        UNION ALL SELECT unnest(CASE WHEN k % 10000 = 0 THEN ARRAY['r:user', 'r:admin']
            WHEN k % 1000 = 1 THEN ARRAY['r:user', 'r:moderator'] WHEN k % 20 = 2 THEN ARRAY['r:premium', 'r:user']
            WHEN k % 100 = 3 THEN ARRAY['r:guest'] ELSE ARRAY['r:user'] END)
        UNION ALL SELECT unnest(ARRAY['g:' || lower(preferred_language), 'z:' || lower(timezone)])
        FROM user_profiles WHERE user_id = people.id
        UNION ALL SELECT unnest(ARRAY[search_term(e), 'ed:' || split_part(email, '@', 2), 'et:' || contact_type]
            || CASE WHEN is_verified THEN ARRAY['ev'] END)
        FROM user_emails e WHERE user_id = people.id
        UNION ALL SELECT unnest(ARRAY[search_term(p), 'pt:' || contact_type]
            || CASE WHEN is_verified THEN ARRAY['pv'] END)
        FROM user_phones p WHERE user_id = people.id
        UNION ALL SELECT unnest(ARRAY[
            search_term(a), 'ap:' || postal_code, 'ac:' || country, 'at:' || contact_type])
        FROM user_addresses a WHERE user_id = people.id
    ))
FROM people;

SET session_replication_role = origin;
DROP TABLE people, numbered;
ANALYZE users;
