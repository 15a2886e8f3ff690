//! Conditions of requests on what is there. Pure.

use wharf_base::Timestamp;
use wharf_wire::Fault;

use crate::{fault, records::Object};

/// Conditions on reading, or on the source of a copy.
#[derive(Debug, Default)]
pub struct Reading<'a> {
    pub matches: Option<&'a str>,
    pub none_matches: Option<&'a str>,
    pub modified_since: Option<Timestamp>,
    pub unmodified_since: Option<Timestamp>,
    /// What the answer is to say of caching, in place of what the object says.
    pub cache_control: Option<&'a str>,
}

/// Seconds, as headers have them.
fn seconds(at: Timestamp) -> i64 {
    at.millis().div_euclid(1000)
}

/// Whether a list of ETags, quoted or not, has this one.
fn lists(header: &str, etag: &str) -> bool {
    header.split(',').map(str::trim).any(|it| {
        let it = it.strip_prefix("W/").unwrap_or(it);
        it == "*" || it.trim_matches('"') == etag
    })
}

impl Reading<'_> {
    /// `is_copy`: a source that was not modified is refused like all others.
    pub fn check(&self, object: &Object, is_copy: bool) -> Result<(), Fault> {
        let name = |plain: &'static str, copied: &'static str| if is_copy { copied } else { plain };
        if let Some(header) = self.matches {
            if !lists(header, &object.etag) {
                return Err(fault::precondition(name(
                    "If-Match",
                    "x-amz-copy-source-If-Match",
                )));
            }
        } else if let Some(since) = self.unmodified_since
            && seconds(object.modified) > seconds(since)
        {
            let name = name(
                "If-Unmodified-Since",
                "x-amz-copy-source-If-Unmodified-Since",
            );
            return Err(fault::precondition(name));
        }
        let (unchanged, name) = match (self.none_matches, self.modified_since) {
            (Some(header), _) => (
                lists(header, &object.etag),
                "x-amz-copy-source-If-None-Match",
            ),
            (None, Some(since)) => (
                seconds(object.modified) <= seconds(since),
                "x-amz-copy-source-If-Modified-Since",
            ),
            (None, None) => return Ok(()),
        };
        match (unchanged, is_copy) {
            (false, _) => Ok(()),
            (true, false) => Err(fault::not_modified(object, self.cache_control)),
            (true, true) => Err(fault::precondition(name)),
        }
    }
}

/// Conditions on writing.
#[derive(Debug, Default, Clone)]
pub struct Writing {
    pub matches: Option<String>,
    pub none_matches: Option<String>,
}

impl Writing {
    pub fn new(matches: Option<String>, none_matches: Option<String>) -> Result<Self, Fault> {
        if none_matches.as_deref().is_some_and(|it| it != "*") {
            let text = "A header you provided implies functionality that is not implemented";
            return Err(fault::not_implemented(text).with("Header", "If-None-Match"));
        }
        if matches.is_some() && none_matches.is_some() {
            let text = "Multiple conditional request headers present in the request";
            return Err(fault::not_implemented(text));
        }
        Ok(Self {
            matches,
            none_matches,
        })
    }

    /// `current` is the version that would be replaced, if there is any.
    pub fn check(&self, current: Option<&Object>, key: &str) -> Result<(), Fault> {
        let current = current.filter(|it| !it.marker);
        if self.none_matches.is_some() && current.is_some() {
            return Err(fault::precondition("If-None-Match"));
        }
        match (&self.matches, current) {
            (None, _) => Ok(()),
            (Some(_), None) => Err(fault::no_key(key)),
            (Some(header), Some(current)) if lists(header, &current.etag) => Ok(()),
            (Some(_), Some(_)) => Err(fault::precondition("If-Match")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object() -> Object {
        Object {
            etag: "abc".to_owned(),
            modified: Timestamp(5_500),
            ..Object::default()
        }
    }

    #[test]
    fn of_reading() {
        let at = |millis| Some(Timestamp(millis));
        for (matches, none, modified, unmodified, expected) in [
            (Some("\"abc\""), None, None, None, 200),
            (Some("*"), None, None, None, 200),
            (Some("abd, abc"), None, None, None, 200),
            (Some("abd"), None, None, None, 412),
            // A match makes up for the time.
            (Some("abc"), None, None, at(1_000), 200),
            (None, None, None, at(1_000), 412),
            (None, None, None, at(5_000), 200),
            (None, Some("\"abc\""), None, None, 304),
            (None, Some("abd"), at(9_000), None, 200),
            (None, None, at(5_000), None, 304),
            (None, None, at(4_000), None, 200),
            (Some("abd"), Some("abc"), None, None, 412),
        ] {
            let conditions = Reading {
                matches,
                none_matches: none,
                modified_since: modified,
                unmodified_since: unmodified,
                ..Reading::default()
            };
            let status = conditions
                .check(&object(), false)
                .map_or_else(|it| it.status, |()| 200);
            assert_eq!(status, expected, "{conditions:?}");
            let copied = conditions
                .check(&object(), true)
                .map_or_else(|it| it.status, |()| 200);
            assert_eq!(copied, if expected == 304 { 412 } else { expected });
        }
    }

    #[test]
    fn what_did_not_change_is_cached_as_all_of_it_would_be() {
        let mut kept = object();
        kept.heads.cache_control = Some("max-age=60".to_owned());
        for (asked, expected) in [(None, "max-age=60"), (Some("no-store"), "no-store")] {
            let conditions = Reading {
                none_matches: Some("abc"),
                cache_control: asked,
                ..Reading::default()
            };
            let fault = conditions.check(&kept, false).unwrap_err();
            let said = fault.headers().find(|(name, _)| *name == "cache-control");
            assert_eq!(said, Some(("cache-control", expected)));
        }
    }

    #[test]
    fn of_writing() {
        let new = |one: Option<&str>, none: Option<&str>| {
            Writing::new(one.map(str::to_owned), none.map(str::to_owned))
        };
        let status = |it: Result<(), Fault>| it.map_or_else(|it| it.status, |()| 200);
        let here = object();
        let gone = Object {
            marker: true,
            ..Object::default()
        };
        let create = new(None, Some("*")).unwrap();
        assert_eq!(status(create.check(Some(&here), "k")), 412);
        assert_eq!(status(create.check(None, "k")), 200);
        assert_eq!(status(create.check(Some(&gone), "k")), 200);
        let replace = new(Some("\"abc\""), None).unwrap();
        assert_eq!(status(replace.check(Some(&here), "k")), 200);
        assert_eq!(status(replace.check(Some(&gone), "k")), 404);
        assert_eq!(
            status(new(Some("x"), None).unwrap().check(Some(&here), "k")),
            412
        );
        assert_eq!(new(None, Some("abc")).unwrap_err().status, 501);
        assert_eq!(new(Some("a"), Some("*")).unwrap_err().status, 501);
    }
}
