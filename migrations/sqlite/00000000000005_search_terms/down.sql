DROP TABLE idempotency_subjects;
