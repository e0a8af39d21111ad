//! What must hold under races, crashes, outages and wrong settings. A test of a
//! race or a crash says above it on which broken build it was seen to fail.

mod architecture;
mod bounded_work;
mod c1_no_lost_update;
mod c2_unique_under_race;
mod c3_one_default_email;
mod c4_lockout_race;
mod c5_rows_affected;
mod c5_single_use_race;
mod c6_idempotency;
mod c6_killed;
mod c8_transient_errors;
mod clocks;
mod d1_database_down;
mod disk_full;
mod e2_claims_of_nobody;
mod f3_cors;
mod instances;
mod k5_migrations;
mod l5_key_rotation;
mod l5_start_up;
mod lost_logs;
mod p2_erased_bytes;
mod p3_append_only;
mod processes;
mod r1_redis;
mod r28_directory;
mod r28_foreign_rows;
mod r4_connections;
mod s3_instances;
mod search_plans;
mod smtp;
mod sqlalchemy;
mod support;
mod typed_client;
mod v1_schemathesis;
