//! Days: of a sighting, and the age that a pin may have.

use std::fmt;
use std::str::FromStr;

/// A day of the Gregorian calendar, in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date {
    /// Days since 1970-01-01.
    days: i64,
}

impl Date {
    /// Today; `SOURCE_DATE_EPOCH` is honoured, for runs that must be repeatable.
    pub fn today() -> Self {
        let given = std::env::var("SOURCE_DATE_EPOCH").ok().and_then(|text| text.parse::<i64>().ok());
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let seconds = given.unwrap_or_else(|| now.map_or(0, |now| i64::try_from(now.as_secs()).unwrap_or(0)));
        Self { days: seconds.div_euclid(86_400) }
    }

    /// Parses `YYYY-MM-DD`; of a month or a year alone, the first day.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-').map(|part| part.parse::<i64>().ok());
        let (year, month, day) = (parts.next()??, parts.next().unwrap_or(Some(1))?, parts.next().unwrap_or(Some(1))?);
        let shape = (1970..10_000).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day) && parts.next().is_none();
        // Howard Hinnant's `days_from_civil`: years begin in March, so that the leap day is their last.
        let year = if month <= 2 { year - 1 } else { year };
        let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
        let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
        let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
        shape.then_some(Self { days })
    }

    /// Whole days since an earlier day.
    pub fn since(self, earlier: Self) -> i64 {
        self.days - earlier.days
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let days = self.days + 719_468;
        let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
        let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year + year / 4 - year / 100);
        let month = (5 * of_year + 2) / 153;
        let day = of_year - (153 * month + 2) / 5 + 1;
        let month = if month < 10 { month + 3 } else { month - 9 };
        write!(f, "{:04}-{month:02}-{day:02}", era * 400 + year + i64::from(month <= 2))
    }
}

/// An age in days: `30d`, `4w`, `30`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Age {
    /// Days.
    pub days: i64,
}

impl FromStr for Age {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (number, unit) = match text.strip_suffix(['d', 'w']) {
            Some(number) => (number, if text.ends_with('w') { 7 } else { 1 }),
            None => (text, 1),
        };
        let number: i64 = number.parse().map_err(|_| "write days or weeks: `30d`, `4w`".to_owned())?;
        (0..=100_000).contains(&number).then_some(Self { days: number * unit }).ok_or_else(|| "that is no age".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted() {
        for (text, days) in [("1970-01-01", 0), ("2000-02-29", 11_016), ("2000-03-01", 11_017), ("2026-11-24", 20_781)] {
            let date = Date::parse(text).unwrap();
            assert_eq!((date.days, date.to_string().as_str()), (days, text));
        }
        // Every day of 400 years is written as it is read.
        for days in 0..146_097 {
            let date = Date { days };
            assert_eq!(Date::parse(&date.to_string()), Some(date), "{date}");
        }
        assert_eq!(Date::parse("2026-10").unwrap().to_string(), "2026-10-01");
        for text in ["", "x", "2026-13-01", "2026-01-32", "26-01-01", "2026-01-01-01", "2026-01-x"] {
            assert_eq!(Date::parse(text), None, "{text}");
        }
    }

    #[test]
    fn ages_have_units() {
        let days = |text: &str| text.parse::<Age>().map(|age| age.days).ok();
        assert_eq!((days("30d"), days("4w"), days("7"), days("x"), days("-1d")), (Some(30), Some(28), Some(7), None, None));
    }
}
