use chrono::{DateTime, Utc};
use userdom_application::ports::IdGenerator;
use uuid::{Builder, Uuid};

use crate::security::random_bytes;

/// New identities: `UUIDv7`, the time and 74 random bits.
#[derive(Debug, Clone, Copy, Default)]
pub struct RandomIds;

impl IdGenerator for RandomIds {
    fn uuid_v7(&self, now: DateTime<Utc>) -> Uuid {
        // No clock is before 1970; one that is gives ids that sort first.
        let millis = u64::try_from(now.timestamp_millis()).unwrap_or(0);
        Builder::from_unix_timestamp_millis(millis, &random_bytes()).into_uuid()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn r3_an_id_is_a_uuid_v7_of_the_given_time() {
        let now = DateTime::from_timestamp_millis(1_793_000_123_456).unwrap();
        let id = RandomIds.uuid_v7(now);
        assert_eq!(id.get_version_num(), 7);
        assert_eq!(id.get_variant(), uuid::Variant::RFC4122);
        assert_eq!(id.as_u128() >> 80, 1_793_000_123_456);
    }

    #[test]
    fn ids_of_one_moment_differ_and_later_ones_sort_after() {
        let now = DateTime::from_timestamp_millis(1_793_000_123_456).unwrap();
        let later = DateTime::from_timestamp_millis(1_793_000_123_457).unwrap();
        let ids: HashSet<Uuid> = (0..1000).map(|_| RandomIds.uuid_v7(now)).collect();
        assert_eq!(ids.len(), 1000);
        assert!(*ids.iter().max().unwrap() < RandomIds.uuid_v7(later));
    }

    #[test]
    fn a_clock_before_1970_still_gives_an_id() {
        assert_eq!(RandomIds.uuid_v7(DateTime::<Utc>::MIN_UTC).as_u128() >> 80, 0);
    }
}
