use chrono::{DateTime, Utc};
use userdom_domain::{
    RepositoryError, UserAggregate, UserId, UserProfile, UserSpecification, plain, sortable,
};

/// Finding users by anything.
pub trait DirectoryRepository {
    /// The users that satisfy the query, from its place on, in its order.
    fn page(&mut self, query: &DirectoryQuery<'_>) -> Result<Vec<UserAggregate>, RepositoryError>;

    /// How many satisfy it.
    fn count(
        &mut self,
        specification: &UserSpecification,
        now: DateTime<Utc>,
    ) -> Result<u64, RepositoryError>;

    /// Reads what other applications have written, so that it is found: at most `limit` rows a
    /// table. Says how many.
    fn index(&mut self, limit: u32) -> Result<u64, RepositoryError>;
}

/// A page that somebody asks for.
#[derive(Debug, Clone)]
pub struct DirectoryQuery<'a> {
    /// The test that users must pass.
    pub specification: &'a UserSpecification,
    /// In which order.
    pub order: UserOrder,
    /// The last user of the page before; `None` is the beginning.
    pub after: Option<Place>,
    /// How many at most.
    pub limit: u32,
    /// The time of the question.
    pub now: DateTime<Utc>,
}

/// An order of the directory; users that are equal by it are ordered by id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct UserOrder {
    /// By what.
    pub by: OrderKey,
    /// The greatest first.
    pub descending: bool,
}

/// By what users are ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OrderKey {
    /// When they registered.
    Created,
    /// Their usernames, without regard to case.
    Username,
    /// When they signed in last; users that never did come first.
    LastLogin,
    /// Their last names, without regard to case and accents; users without one come before
    /// everybody.
    LastName,
}

impl OrderKey {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Created, Self::Username, Self::LastLogin, Self::LastName];
}

/// Where a user stands in an order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// By the order's key.
    pub value: PlaceValue,
    /// And then by id.
    pub id: UserId,
}

/// What an order compares.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum PlaceValue {
    /// A moment; `None` comes first.
    Moment(Option<DateTime<Utc>>),
    /// A text, byte by byte.
    Text(String),
}

impl UserOrder {
    /// Where a user stands.
    pub fn place(self, user: &UserAggregate) -> Place {
        let account = user.user();
        let last_name = |profile: &UserProfile| sortable(profile.last_name().as_str());
        let value = match self.by {
            OrderKey::Created => PlaceValue::Moment(Some(account.created_at())),
            OrderKey::Username => PlaceValue::Text(plain(account.username().as_str())),
            OrderKey::LastLogin => PlaceValue::Moment(account.last_login_at()),
            OrderKey::LastName => {
                PlaceValue::Text(user.profile().map(last_name).unwrap_or_default())
            }
        };
        Place { value, id: user.id() }
    }
}

impl Place {
    /// As bytes, for a cursor.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.id.as_uuid().as_bytes().to_vec();
        match &self.value {
            PlaceValue::Moment(None) => bytes.push(0),
            PlaceValue::Moment(Some(moment)) => {
                bytes.push(1);
                bytes.extend(moment.timestamp_micros().to_be_bytes());
            }
            PlaceValue::Text(text) => {
                bytes.push(2);
                bytes.extend(text.as_bytes());
            }
        }
        bytes
    }

    /// The place that the bytes stand for; `None` when they are no place.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (id, rest) = bytes.split_first_chunk::<16>()?;
        let value = match rest.split_first()? {
            (0, []) => PlaceValue::Moment(None),
            (1, micros) => {
                let micros = i64::from_be_bytes(micros.try_into().ok()?);
                PlaceValue::Moment(Some(DateTime::from_timestamp_micros(micros)?))
            }
            (2, text) => PlaceValue::Text(String::from_utf8(text.to_vec()).ok()?),
            _ => return None,
        };
        Some(Self { value, id: UserId::from_uuid(uuid::Uuid::from_bytes(*id)) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(value: PlaceValue) -> Place {
        Place { value, id: UserId::parse("0193b7f2-6c1e-7a3b-9d4e-5f60718293a4").unwrap() }
    }

    #[test]
    fn a_place_survives_its_bytes() {
        let noon = "2026-01-01T12:00:00.123456Z".parse().unwrap();
        for value in [
            PlaceValue::Moment(None),
            PlaceValue::Moment(Some(noon)),
            PlaceValue::Text(String::new()),
            PlaceValue::Text("müller\u{1}Müller".to_owned()),
        ] {
            let place = place(value);
            assert_eq!(Place::from_bytes(&place.to_bytes()), Some(place));
        }
    }

    #[test]
    fn other_bytes_are_no_place() {
        let whole = place(PlaceValue::Moment(Some(DateTime::UNIX_EPOCH))).to_bytes();
        for length in 0..whole.len() {
            assert_eq!(Place::from_bytes(&whole[..length]), None, "{length}");
        }
        let mut other = place(PlaceValue::Text("x".to_owned())).to_bytes();
        *other.last_mut().unwrap() = 0xff;
        assert_eq!(Place::from_bytes(&other), None);
        other[16] = 3;
        assert_eq!(Place::from_bytes(&other), None);
    }

    #[test]
    fn who_has_no_value_comes_first() {
        let moments = [PlaceValue::Moment(None), PlaceValue::Moment(Some(DateTime::UNIX_EPOCH))];
        assert!(moments.is_sorted());
        let names = ["", "abel\u{1}Abel", "abela\u{1}Abela"];
        assert!(names.map(|name| PlaceValue::Text(name.to_owned())).is_sorted());
    }
}
