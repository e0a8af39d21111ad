-- The terms of users, and the inverted index over them, are kept on Postgres alone.
SELECT 1;
