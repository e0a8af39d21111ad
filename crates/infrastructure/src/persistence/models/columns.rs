/// The SQL names of a table and of the columns that are written by a row of it.
pub(crate) trait Row {
    const TABLE: &'static str;
    const COLUMNS: &'static [&'static str];
}

/// Lists the columns of a table once; the row and whatever names its columns follow from the list.
///
/// ```ignore
/// columns! {
///     /// `UserEmailModel`, without its integer key: ours is `uid`.
///     #[derive(Queryable, Selectable, AsChangeset)]
///     EmailRow of user_emails (id, ..) {
///         email: String as Words,
///         created_at: NaiveDateTime as Moment [skip_update],
///     }
/// }
/// ```
///
/// `..` stands for the columns in braces, `(id, ..)` for all of the table: a list that forgets a
/// column of `schema.rs`, or has two of them the other way round, does not compile. A column is
/// read as the type after `as` (R29), and `skip_update` keeps it out of the changeset.
macro_rules! columns {
    (
        $(#[$meta:meta])*
        $row:ident of $table:ident ($($first:ident,)* .. $(, $last:ident)*) {
            $(
                $(#[$field:meta])*
                $column:ident: $type:ty $(as $lenient:ty)? $([$update:ident])?
            ),+ $(,)?
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, diesel::Insertable, serde::Serialize)]
        #[diesel(table_name = $table)]
        #[diesel(treat_none_as_default_value = false, treat_none_as_null = true)]
        pub(crate) struct $row {
            $(
                $(#[$field])*
                $(#[diesel(deserialize_as = $lenient)])?
                $(#[diesel($update)])?
                pub(crate) $column: $type,
            )+
        }

        impl $crate::persistence::models::Row for $row {
            const TABLE: &'static str = stringify!($table);
            const COLUMNS: &'static [&'static str] = &[$(stringify!($column)),+];
        }

        const _: <$table::table as diesel::Table>::AllColumns =
            ($($table::$first,)* $($table::$column,)+ $($table::$last,)*);
    };
}
pub(super) use columns;
