use chrono::{DateTime, Datelike, NaiveDate, Utc};

use crate::{AvatarUrl, Bio, DisplayName, Gender, LanguageTag, Patch, PersonName, TimeZoneName};

/// The person: everything that signing in does not need (R10, R11).
///
/// ```
/// use chrono::{DateTime, NaiveDate, Utc};
/// use userdom_domain::{PersonName, UserProfile};
///
/// let now: DateTime<Utc> = "2026-01-01T12:00:00Z".parse()?;
/// let born = NaiveDate::from_ymd_opt(1990, 6, 15).ok_or("no date")?;
/// let mut profile = UserProfile::new(PersonName::parse("John")?, PersonName::parse("Doe")?, now);
/// profile.set_date_of_birth(Some(born), now)?;
/// assert_eq!(profile.display_name(), "John Doe");
/// assert_eq!(profile.age(now), Some(35));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserProfile {
    pub(crate) first_name: PersonName,
    pub(crate) last_name: PersonName,
    pub(crate) display_name: Option<DisplayName>,
    pub(crate) date_of_birth: Option<NaiveDate>,
    pub(crate) gender: Option<Gender>,
    pub(crate) preferred_language: LanguageTag,
    pub(crate) timezone: TimeZoneName,
    pub(crate) bio: Option<Bio>,
    pub(crate) avatar_url: Option<AvatarUrl>,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) updated_at: DateTime<Utc>,
}

/// Why a birth date is refused (R11).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BirthDateError {
    /// Younger than 13 by the calendar.
    #[error("User must be at least 13 years old")]
    TooYoung,
    /// After today.
    #[error("Date of birth cannot be in the future")]
    InTheFuture,
    /// Before 1900.
    #[error("Date of birth cannot be before 1900")]
    TooLongAgo,
}

crate::error_codes! {
    BirthDateError {
        Self::TooYoung => Rule("profile.too_young", "The user is too young");
        Self::InTheFuture =>
            Rule("profile.birth_date_in_future", "The date of birth is in the future");
        Self::TooLongAgo =>
            Rule("profile.birth_date_too_early", "The date of birth is too long ago");
    }
}

/// What a partial update changes; the fields left out stay (R24).
///
/// ```
/// use userdom_domain::{Patch, PersonName, ProfileChanges};
///
/// let changes = ProfileChanges {
///     first_name: Some(PersonName::parse("Jane")?),
///     bio: Patch::Clear,
///     ..ProfileChanges::default()
/// };
/// # let _ = changes;
/// # Ok::<(), userdom_domain::PersonNameError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProfileChanges {
    /// The given name.
    pub first_name: Option<PersonName>,
    /// The family name; it may be empty.
    pub last_name: Option<PersonName>,
    /// The name shown; cleared, it is "First Last" again.
    pub display_name: Patch<DisplayName>,
    /// The day of birth, 13 years ago or more.
    pub date_of_birth: Patch<NaiveDate>,
    /// Free text.
    pub gender: Patch<Gender>,
    /// The language to write in.
    pub preferred_language: Option<LanguageTag>,
    /// The zone to show times in.
    pub timezone: Option<TimeZoneName>,
    /// A few words about the person.
    pub bio: Patch<Bio>,
    /// A picture.
    pub avatar_url: Patch<AvatarUrl>,
}

impl UserProfile {
    /// The age that a user must have reached (R11), in years.
    pub const MIN_AGE: i32 = 13;

    /// A profile with both names; language `en`, zone `UTC`, all else empty.
    pub fn new(first_name: PersonName, last_name: PersonName, now: DateTime<Utc>) -> Self {
        Self {
            first_name,
            last_name,
            display_name: None,
            date_of_birth: None,
            gender: None,
            preferred_language: LanguageTag::default(),
            timezone: TimeZoneName::default(),
            bio: None,
            avatar_url: None,
            created_at: now,
            updated_at: now,
        }
    }

    /// Makes the changes, or none of them when the birth date is refused.
    pub fn update(
        &mut self,
        changes: ProfileChanges,
        now: DateTime<Utc>,
    ) -> Result<(), BirthDateError> {
        if let Patch::Set(date) = changes.date_of_birth {
            let zone = changes.timezone.as_ref().unwrap_or(&self.timezone);
            Self::check_birth_date(date, zone.date_at(now))?;
        }
        if let Some(name) = changes.first_name {
            self.first_name = name;
        }
        if let Some(name) = changes.last_name {
            self.last_name = name;
        }
        if let Some(language) = changes.preferred_language {
            self.preferred_language = language;
        }
        if let Some(zone) = changes.timezone {
            self.timezone = zone;
        }
        changes.display_name.apply(&mut self.display_name);
        changes.date_of_birth.apply(&mut self.date_of_birth);
        changes.gender.apply(&mut self.gender);
        changes.bio.apply(&mut self.bio);
        changes.avatar_url.apply(&mut self.avatar_url);
        self.updated_at = now;
        Ok(())
    }

    /// Sets or clears the day of birth, by the date that it is in the profile's time zone.
    pub fn set_date_of_birth(
        &mut self,
        date: Option<NaiveDate>,
        now: DateTime<Utc>,
    ) -> Result<(), BirthDateError> {
        if let Some(date) = date {
            Self::check_birth_date(date, self.timezone.date_at(now))?;
        }
        self.date_of_birth = date;
        self.updated_at = now;
        Ok(())
    }

    /// Whether somebody born on `date` may be a user on the day `today` (R11).
    pub fn check_birth_date(date: NaiveDate, today: NaiveDate) -> Result<(), BirthDateError> {
        if date > today {
            Err(BirthDateError::InTheFuture)
        } else if date.year() < 1900 {
            Err(BirthDateError::TooLongAgo)
        } else if years_between(date, today) < Self::MIN_AGE {
            Err(BirthDateError::TooYoung)
        } else {
            Ok(())
        }
    }

    /// The given name.
    pub const fn first_name(&self) -> &PersonName {
        &self.first_name
    }

    /// The family name; empty for people with one name.
    pub const fn last_name(&self) -> &PersonName {
        &self.last_name
    }

    /// "First Last", or the first name where there is no last (R10).
    pub fn full_name(&self) -> String {
        PersonName::full(&self.first_name, &self.last_name)
    }

    /// The name shown: the chosen one, or the full name (R10).
    pub fn display_name(&self) -> String {
        // Empty text in a nullable column means the same as NULL.
        let chosen = self.display_name.as_ref().filter(|name| !name.as_str().is_empty());
        chosen.map_or_else(|| self.full_name(), ToString::to_string)
    }

    /// The day of birth.
    pub const fn date_of_birth(&self) -> Option<NaiveDate> {
        self.date_of_birth
    }

    /// The age in full years, by the date that it is in the profile's time zone (R11).
    pub fn age(&self, now: DateTime<Utc>) -> Option<i32> {
        self.date_of_birth.map(|born| years_between(born, self.timezone.date_at(now)))
    }

    /// Free text.
    pub fn gender(&self) -> Option<&Gender> {
        self.gender.as_ref().filter(|text| !text.as_str().is_empty())
    }

    /// The language to write in.
    pub const fn preferred_language(&self) -> &LanguageTag {
        &self.preferred_language
    }

    /// The zone to show times in.
    pub const fn timezone(&self) -> &TimeZoneName {
        &self.timezone
    }

    /// A few words about the person.
    pub const fn bio(&self) -> Option<&Bio> {
        self.bio.as_ref()
    }

    /// A picture.
    pub fn avatar_url(&self) -> Option<&AvatarUrl> {
        self.avatar_url.as_ref().filter(|url| !url.as_str().is_empty())
    }

    /// When the profile was made.
    pub const fn created_at(&self) -> DateTime<Utc> {
        self.created_at
    }

    /// When it changed last.
    pub const fn updated_at(&self) -> DateTime<Utc> {
        self.updated_at
    }
}

/// Full years by the calendar; a person born on 29 February has a birthday on 1 March.
fn years_between(born: NaiveDate, today: NaiveDate) -> i32 {
    let before_birthday = (today.month(), today.day()) < (born.month(), born.day());
    today.year() - born.year() - i32::from(before_birthday)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn r11_the_thirteenth_birthday_counts_by_the_calendar() {
        assert_eq!(
            UserProfile::check_birth_date(day("2010-06-15"), day("2023-06-14")),
            Err(BirthDateError::TooYoung)
        );
        assert_eq!(UserProfile::check_birth_date(day("2010-06-15"), day("2023-06-15")), Ok(()));
    }

    #[test]
    fn r11_the_seeds_division_by_365_would_let_a_twelve_year_old_in_three_days_early() {
        let (born, today) = (day("2010-06-15"), day("2023-06-12"));
        assert!((today - born).num_days() / 365 >= 13);
        assert_eq!(UserProfile::check_birth_date(born, today), Err(BirthDateError::TooYoung));
    }

    #[test]
    fn r11_future_and_very_old_dates_are_refused() {
        let today = day("2026-01-01");
        assert_eq!(
            UserProfile::check_birth_date(day("2026-01-02"), today),
            Err(BirthDateError::InTheFuture)
        );
        assert_eq!(
            UserProfile::check_birth_date(day("1899-12-31"), today),
            Err(BirthDateError::TooLongAgo)
        );
        assert_eq!(UserProfile::check_birth_date(day("1900-01-01"), today), Ok(()));
    }

    #[test]
    fn r11_a_leap_day_child_turns_thirteen_on_the_first_of_march() {
        assert_eq!(years_between(day("2008-02-29"), day("2021-02-28")), 12);
        assert_eq!(years_between(day("2008-02-29"), day("2021-03-01")), 13);
    }

    #[test]
    fn r11_the_date_of_a_birthday_is_that_of_the_profiles_time_zone() {
        let now = "2026-01-01T12:00:00Z".parse().unwrap();
        let name = |text| PersonName::parse(text).unwrap();
        let mut profile = UserProfile::new(name("Tebuai"), name("Tito"), now);
        let born = day("2013-01-02");
        let zone = |text| Some(TimeZoneName::parse(text).unwrap());
        let change = |timezone| ProfileChanges {
            date_of_birth: Patch::Set(born),
            timezone,
            ..ProfileChanges::default()
        };
        assert_eq!(profile.update(change(None), now), Err(BirthDateError::TooYoung));
        let refused = profile.update(change(zone("Pacific/Honolulu")), now);
        assert_eq!(refused, Err(BirthDateError::TooYoung));
        assert_eq!(profile.timezone(), &TimeZoneName::default());
        profile.update(change(zone("Pacific/Kiritimati")), now).unwrap();
        assert_eq!(profile.age(now), Some(13));
        profile.set_date_of_birth(Some(born), now).unwrap();
        let moved = ProfileChanges { timezone: zone("UTC"), ..ProfileChanges::default() };
        profile.update(moved, now).unwrap();
        assert_eq!(profile.age(now), Some(12));
    }

    #[test]
    fn r10_a_name_without_a_last_one_is_the_first_alone() {
        let now = "2026-01-01T00:00:00Z".parse().unwrap();
        let last = PersonName::parse_last("").unwrap();
        let profile = UserProfile::new(PersonName::parse("Sukarno").unwrap(), last, now);
        assert_eq!(
            (profile.full_name(), profile.display_name()),
            ("Sukarno".into(), "Sukarno".into())
        );
    }

    #[test]
    fn r10_the_display_name_is_first_last_until_one_is_chosen() {
        let now = "2026-01-01T00:00:00Z".parse().unwrap();
        let mut profile = UserProfile::new(
            PersonName::parse("John").unwrap(),
            PersonName::parse("Doe").unwrap(),
            now,
        );
        assert_eq!(profile.display_name(), "John Doe");
        let chosen = ProfileChanges {
            display_name: Patch::Set(DisplayName::parse("JD").unwrap()),
            ..ProfileChanges::default()
        };
        profile.update(chosen, now).unwrap();
        assert_eq!(profile.display_name(), "JD");
    }
}
