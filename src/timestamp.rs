//! A moment in UTC with microseconds: writes the contract's notation, reads the vendor's as well.
//! Shared by the server's model and the typed client; knows nothing of either.

use std::{fmt, str::FromStr};

use jiff::{civil::DateTime, fmt::strtime, tz::TimeZone};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A moment in UTC, exact to the microsecond.
///
/// Written as the contract's `Timestamp`, `2020-02-05T10:38:34.209782`. Read in that notation and
/// in the vendor's other one, `2020-02-24T09:36:00.479+00:00`, with any offset.
///
/// ```
/// use backup_share::timestamp::Timestamp;
///
/// let ours: Timestamp = "2020-02-05T10:38:34.209782".parse()?;
/// let theirs: Timestamp = "2020-02-05T11:38:34.209782+01:00".parse()?;
/// assert_eq!(ours, theirs);
/// assert_eq!(theirs.to_string(), "2020-02-05T10:38:34.209782");
/// # Ok::<(), backup_share::timestamp::InvalidTimestamp>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(jiff::Timestamp);

/// The text is in neither notation, or names a moment that does not exist.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0:?} is not a time like 2020-02-05T10:38:34.209782")]
pub struct InvalidTimestamp(String);

impl Timestamp {
    /// The end of time: the last moment of the year 9999.
    pub const MAX: Self = Self(jiff::Timestamp::MAX);

    /// From microseconds since 1970-01-01T00:00:00Z; `None` outside the years -9999 to 9999.
    pub fn from_micros(micros: i64) -> Option<Self> {
        jiff::Timestamp::from_microsecond(micros).ok().map(Self)
    }

    /// Microseconds since 1970-01-01T00:00:00Z.
    pub fn as_micros(self) -> i64 {
        self.0.as_microsecond()
    }

    /// Whole seconds since 1970-01-01T00:00:00Z.
    pub fn as_seconds(self) -> i64 {
        self.0.as_second()
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let t = self.0.to_zoned(TimeZone::UTC).datetime();
        write!(
            f,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}",
            t.year(),
            t.month(),
            t.day(),
            t.hour(),
            t.minute(),
            t.second(),
            t.subsec_nanosecond() / 1_000
        )
    }
}

impl FromStr for Timestamp {
    type Err = InvalidTimestamp;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let zoneless = || {
            text.parse::<DateTime>()
                .ok()?
                .to_zoned(TimeZone::UTC)
                .ok()
                .map(|t| t.timestamp())
        };
        let moment = text.parse::<jiff::Timestamp>().ok().or_else(zoneless);
        // Jiff reads more than the two notations (a bare date, a space for the T): those are not
        // times here.
        let shaped = strtime::parse("%Y-%m-%dT%H:%M", text.get(..16).unwrap_or("")).is_ok();
        moment
            .filter(|_| shaped)
            .and_then(|t| Self::from_micros(t.as_microsecond()))
            .ok_or_else(|| InvalidTimestamp(text.to_owned()))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::Timestamp;

    #[test]
    fn both_notations_are_read_and_one_is_written() {
        for (read, written) in [
            ("2020-02-05T10:38:34.209782", "2020-02-05T10:38:34.209782"),
            (
                "2020-02-24T09:36:00.479+00:00",
                "2020-02-24T09:36:00.479000",
            ),
            (
                "2020-02-24T11:36:00.479+02:00",
                "2020-02-24T09:36:00.479000",
            ),
            ("2020-02-24T09:36:00Z", "2020-02-24T09:36:00.000000"),
        ] {
            let time: Timestamp = read.parse().unwrap_or_else(|e| panic!("{e}"));
            assert_eq!(time.to_string(), written);
        }
    }

    #[test]
    fn what_is_no_time_is_refused_with_the_text() {
        for text in [
            "",
            "yesterday",
            "2020-02-05",
            "2020-02-05 10:38:34",
            "2020-13-05T10:38:34.209782",
        ] {
            let refused = text.parse::<Timestamp>().expect_err(text);
            assert!(refused.to_string().contains(text));
        }
    }

    #[test]
    fn microseconds_survive() {
        let time = Timestamp::from_micros(1_580_899_114_209_782).expect("a moment of 2020");
        assert_eq!(time.as_micros(), 1_580_899_114_209_782);
        assert_eq!(time.to_string().parse::<Timestamp>().ok(), Some(time));
    }
}
