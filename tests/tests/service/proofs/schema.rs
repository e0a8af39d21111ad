//! `schema.rs` has the tables as the migrations of both databases make them.

use diesel::{Connection, PgConnection, RunQueryDsl, dsl::sql, sql_types::Text};
use userdom_tests::databases::{Kind, sqlite};

use super::support::World;

const SCHEMA: &str = include_str!("../../../../crates/infrastructure/src/persistence/schema.rs");

/// A line a column: its table, its name, its type and whether it may be NULL.
const ON_POSTGRES: &str = "(SELECT string_agg(concat_ws('|', table_name, column_name, data_type,
        is_nullable = 'YES'), E'\n' ORDER BY table_name COLLATE \"C\", ordinal_position)
    FROM information_schema.columns WHERE table_schema = 'public')";
const ON_SQLITE: &str = "(SELECT group_concat(line, char(10)) FROM (
    SELECT concat_ws('|', t.name, c.name, lower(c.type),
        CASE WHEN c.\"notnull\" OR c.pk THEN 'f' ELSE 't' END) AS line
    FROM sqlite_master t JOIN pragma_table_info(t.name) c
    WHERE t.type = 'table' ORDER BY t.name, c.cid))";

/// `table.column -> Type` of each column, by table.
fn listed() -> Vec<String> {
    let mut tables: Vec<Vec<String>> = Vec::new();
    let mut table = "";
    for line in SCHEMA.lines().map(str::trim) {
        if let Some((name, _)) = line.split_once(" (").filter(|_| line.ends_with(") {")) {
            table = name;
            tables.push(Vec::new());
        } else if line.contains(" -> ") && line.ends_with(',') {
            tables.last_mut().unwrap().push(format!("{table}.{}", line.trim_end_matches(',')));
        }
    }
    tables.sort_by(|a, b| a[0].split('.').next().cmp(&b[0].split('.').next()));
    tables.concat()
}

fn migrated(kind: Kind) -> Vec<String> {
    let world = World::new(kind);
    let url = world.test_database.url();
    let lines: String = match url.strip_prefix("sqlite://") {
        Some(path) => diesel::select(sql::<Text>(ON_SQLITE)).get_result(&mut sqlite(path)),
        None => diesel::select(sql::<Text>(ON_POSTGRES))
            .get_result(&mut PgConnection::establish(url).unwrap()),
    }
    .unwrap();
    let column = |line: &str| {
        let [table, column, declared, is_nullable] = line.split('|').collect::<Vec<_>>()[..] else {
            panic!("{line}");
        };
        let sql_type = match declared.split('(').next().unwrap() {
            "character varying" | "varchar" | "text" => "Text",
            "timestamp without time zone" | "timestamp" => "Timestamp",
            "boolean" => "Bool",
            "integer" => "Integer",
            "bigint" => "BigInt",
            "date" => "Date",
            "bytea" | "blob" => "Binary",
            "json" => "JsonText",
            other => other,
        };
        match is_nullable {
            "t" => format!("{table}.{column} -> Nullable<{sql_type}>"),
            _ => format!("{table}.{column} -> {sql_type}"),
        }
    };
    let is_ours = |line: &String| {
        let is_of_a_library = line.starts_with("__diesel") || line.starts_with("sqlite_");
        // Terms are made on Postgres alone, and no row has them.
        !is_of_a_library && line != "users.terms -> Nullable<tsvector>"
    };
    lines.lines().map(column).filter(is_ours).collect()
}

/// Seen to fail with two columns of a table in the other order.
#[test]
fn the_schema_is_that_of_a_migrated_sqlite() {
    assert_is_listed(&migrated(Kind::Sqlite));
}

#[test]
fn the_schema_is_that_of_a_migrated_postgres() {
    assert_is_listed(&migrated(Kind::Postgres));
}

fn assert_is_listed(migrated: &[String]) {
    let listed = listed();
    for (listed, migrated) in listed.iter().zip(migrated) {
        assert_eq!(listed, migrated);
    }
    assert_eq!(listed.len(), migrated.len());
}
