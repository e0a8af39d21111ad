-- Finds who has a part of a text, or an end of it, without looking at everybody (ADR 21).

-- Every four letters of a text that follow each other, the end counted as one (U+0001) and the last ones fewer. A loop
-- of PL/pgSQL takes half the time of a query over generate_series.
CREATE FUNCTION search_grams(whole text) RETURNS tsvector IMMUTABLE STRICT PARALLEL SAFE COST 400 LANGUAGE plpgsql AS $$
DECLARE
    grams text[] := '{}';
BEGIN
    FOR start IN 1..length(whole) LOOP
        grams := grams || substr(whole || E'\x01', start, 4);
    END LOOP;
    RETURN array_to_tsvector(grams);
END
$$;

-- Short lists of what is new, as for ix_users_terms.
CREATE INDEX ix_users_grams ON users USING gin (
    search_grams(lower(username COLLATE "C")),
    search_grams(
        split_part(first_name_key, E'\x01', 1) || E'\x01' || split_part(last_name_key, E'\x01', 1)
        || E'\x01' || split_part(display_name_key, E'\x01', 1)
    )
) WITH (gin_pending_list_limit = 256);
CREATE INDEX ix_user_profiles_grams ON user_profiles USING gin (
    search_grams(lower(preferred_language COLLATE "C")), search_grams(lower(timezone COLLATE "C"))
) WITH (gin_pending_list_limit = 256);
CREATE INDEX ix_user_emails_grams ON user_emails USING gin (search_grams(lower(email COLLATE "C")))
WITH (gin_pending_list_limit = 256);
CREATE INDEX ix_user_phones_grams ON user_phones USING gin (search_grams(split_part(number_key, E'\x01', 1)))
WITH (gin_pending_list_limit = 256);
CREATE INDEX ix_user_addresses_grams ON user_addresses USING gin (
    search_grams(split_part(city_key, E'\x01', 1)), search_grams(lower(postal_code COLLATE "C"))
) WITH (gin_pending_list_limit = 256);

-- So that the planner knows the grams that many have from those that few have.
ALTER INDEX ix_users_grams ALTER COLUMN 1 SET STATISTICS 400;
ALTER INDEX ix_users_grams ALTER COLUMN 2 SET STATISTICS 400;
ALTER INDEX ix_user_profiles_grams ALTER COLUMN 1 SET STATISTICS 400;
ALTER INDEX ix_user_profiles_grams ALTER COLUMN 2 SET STATISTICS 400;
ALTER INDEX ix_user_emails_grams ALTER COLUMN 1 SET STATISTICS 400;
ALTER INDEX ix_user_phones_grams ALTER COLUMN 1 SET STATISTICS 400;
ALTER INDEX ix_user_addresses_grams ALTER COLUMN 1 SET STATISTICS 400;
ALTER INDEX ix_user_addresses_grams ALTER COLUMN 2 SET STATISTICS 400;
