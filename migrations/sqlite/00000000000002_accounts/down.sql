DROP TABLE outbox_events;
DROP TABLE one_time_tokens;
DROP TABLE sessions;
