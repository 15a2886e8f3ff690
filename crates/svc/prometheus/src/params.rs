//! Parameters of a request, from its query and from the form that it brings.

use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use wharf_promql::{Matcher, Query, duration, selectors};

use crate::answer::Failure;

/// Selectors of a request.
const MOST_SELECTORS: usize = 32;
/// Later and earlier moments are none that a sample may have.
const MOST_SECONDS: f64 = 1e11;

#[derive(Debug, Default)]
pub struct Params(Vec<(String, String)>);

impl Params {
    pub fn of(query: &str, form: &[u8]) -> Self {
        let all = form_urlencoded::parse(form).chain(form_urlencoded::parse(query.as_bytes()));
        Self(
            all.map(|(name, value)| (name.into_owned(), value.into_owned()))
                .collect(),
        )
    }

    /// The first of that name, unless it is empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|it| it.0 == name);
        found.map(|it| it.1.as_str()).filter(|it| !it.is_empty())
    }

    pub fn query(&self) -> Result<Query, Failure> {
        let text = self.get("query").unwrap_or_default();
        Query::parse(text).map_err(|error| bad("query", error))
    }

    /// A moment in milliseconds.
    pub fn moment(&self, name: &str) -> Result<Option<i64>, Failure> {
        let Some(text) = self.get(name) else {
            return Ok(None);
        };
        let seconds = text.parse::<f64>().ok().or_else(|| {
            let date = OffsetDateTime::parse(text, &Rfc3339).ok()?;
            Some(date.unix_timestamp_nanos() as f64 / 1e9)
        });
        match seconds.filter(|it| it.abs() < MOST_SECONDS) {
            Some(seconds) => Ok(Some((seconds * 1000.0).round() as i64)),
            None => Err(bad(
                name,
                format_args!("cannot parse {text:?} to a valid timestamp"),
            )),
        }
    }

    pub fn needed_moment(&self, name: &str) -> Result<i64, Failure> {
        let missing = || bad(name, "cannot parse \"\" to a valid timestamp");
        self.moment(name)?.ok_or_else(missing)
    }

    /// A length of time in milliseconds, as seconds or as `5m`.
    pub fn length(&self, name: &str) -> Result<Option<i64>, Failure> {
        let Some(text) = self.get(name) else {
            return Ok(None);
        };
        let seconds = text
            .parse::<f64>()
            .ok()
            .filter(|it| it.abs() < MOST_SECONDS);
        let ms = seconds
            .map(|it| (it * 1000.0) as i64)
            .or_else(|| duration(text));
        match ms {
            Some(ms) => Ok(Some(ms)),
            None => Err(bad(
                name,
                format_args!("cannot parse {text:?} to a valid duration"),
            )),
        }
    }

    /// How many are wanted; 0 is all.
    pub fn limit(&self, most: usize) -> Result<usize, Failure> {
        let Some(text) = self.get("limit") else {
            return Ok(most);
        };
        match text.parse::<usize>() {
            Ok(0) => Ok(most),
            Ok(limit) => Ok(limit.min(most)),
            Err(_) => Err(bad("limit", "limit must be a number that is not below 0")),
        }
    }

    /// What is chosen: series that fit any of these.
    pub fn selectors(&self) -> Result<Vec<Vec<Matcher>>, Failure> {
        let all = self.0.iter().filter(|it| it.0 == "match[]");
        let texts: Vec<&str> = all.map(|it| it.1.as_str()).collect();
        if texts.len() > MOST_SELECTORS {
            let text = format!("a request has {MOST_SELECTORS} selectors at most");
            return Err(bad("match[]", text));
        }
        selectors(&texts).map_err(|error| bad("match[]", error))
    }
}

fn bad(parameter: &str, why: impl std::fmt::Display) -> Failure {
    Failure::bad_data(format!("invalid parameter {parameter:?}: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_and_lengths() {
        let of = |query: &str| Params::of(query, b"");
        for (text, wanted) in [
            ("1435781451.781", Some(1_435_781_451_781)),
            ("2015-07-01T20:10:51.781Z", Some(1_435_781_451_781)),
            ("2015-07-01T22:10:51%2B02:00", Some(1_435_781_451_000)),
            ("-1", Some(-1000)),
            ("1e12", None),
            ("NaN", None),
            ("x", None),
        ] {
            let found = of(&format!("time={text}")).moment("time");
            assert_eq!(found.ok().flatten(), wanted, "{text}");
        }
        for (text, wanted) in [
            ("15", Some(15_000)),
            ("0.5", Some(500)),
            ("1m30s", Some(90_000)),
            ("x", None),
        ] {
            assert_eq!(
                of(&format!("step={text}")).length("step").ok().flatten(),
                wanted
            );
        }
        let both = Params::of("query=a", b"query=b");
        assert_eq!(both.get("query"), Some("b"));
    }
}
