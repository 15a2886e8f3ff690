//! Rules of lifecycle: what expires, and when. Pure.

use wharf_base::Timestamp;

use crate::{
    config_records::{Expire, Filter, LifecycleRule},
    records::{Bucket, Object},
    website::encoded,
};

const DAY: i64 = 24 * 60 * 60 * 1000;

/// The midnight (UTC) that follows so many days after a time.
fn due(from: Timestamp, days: u32) -> Timestamp {
    let at = from
        .millis()
        .saturating_add(i64::from(days).saturating_mul(DAY));
    Timestamp((at.div_euclid(DAY) + 1).saturating_mul(DAY))
}

impl Filter {
    /// Whether it is about an object; a delete marker has neither tags nor size.
    pub fn fits(&self, key: &str, object: &Object) -> bool {
        key.starts_with(&self.prefix)
            && self
                .tags
                .iter()
                .all(|(name, value)| object.tags.get(name) == Some(value))
            && self
                .larger_than
                .is_none_or(|it| object.size > it && !object.marker)
            && self
                .smaller_than
                .is_none_or(|it| object.size < it && !object.marker)
    }

    fn is_by_prefix(&self) -> bool {
        self.tags.is_empty() && self.larger_than.is_none() && self.smaller_than.is_none()
    }
}

fn enabled(bucket: &Bucket) -> impl Iterator<Item = &LifecycleRule> {
    bucket.settings.lifecycle.iter().filter(|it| it.enabled)
}

/// When the current version expires, and by which rule: the soonest.
pub fn expires<'a>(bucket: &'a Bucket, key: &str, object: &Object) -> Option<(Timestamp, &'a str)> {
    let rules = enabled(bucket).filter(|it| it.filter.fits(key, object));
    let times = rules.filter_map(|rule| {
        let at = match rule.expire.as_ref()? {
            Expire::Days(days) => due(object.modified, *days),
            Expire::Date(at) => *at,
            Expire::Marker => return None,
        };
        Some((at, rule.id.as_str()))
    });
    times.min()
}

/// As the header `x-amz-expiration` has it: a rule's id may have characters that no header has.
pub fn expiration(bucket: &Bucket, key: &str, object: &Object) -> Option<String> {
    let (at, rule) = expires(bucket, key, object)?;
    Some(format!(
        "expiry-date=\"{}\", rule-id=\"{}\"",
        at.http_date(),
        encoded(rule)
    ))
}

/// Whether a delete marker that is all there is of a key is to go.
pub fn marker_goes(bucket: &Bucket, key: &str, marker: &Object, now: Timestamp) -> bool {
    enabled(bucket)
        .filter(|it| it.filter.fits(key, marker))
        .any(|rule| match &rule.expire {
            Some(Expire::Marker) => true,
            Some(Expire::Days(days)) => due(marker.modified, *days) <= now,
            Some(Expire::Date(at)) => *at <= now,
            None => false,
        })
}

/// Whether a noncurrent version is to go: `since` the next newer one was made, which `newer` noncurrent ones
/// stand before.
pub fn noncurrent_goes(
    bucket: &Bucket,
    key: &str,
    object: &Object,
    since: Timestamp,
    newer: u32,
    now: Timestamp,
) -> bool {
    enabled(bucket)
        .filter(|it| it.filter.fits(key, object))
        .any(|rule| {
            let kept = rule.newer_noncurrent.unwrap_or(0);
            rule.noncurrent_days
                .is_some_and(|days| newer >= kept && due(since, days) <= now)
        })
}

/// When an upload that was not completed goes, and by which rule.
pub fn abortion(bucket: &Bucket, key: &str, begun: Timestamp) -> Option<(Timestamp, String)> {
    let rules =
        enabled(bucket).filter(|it| key.starts_with(&it.filter.prefix) && it.filter.is_by_prefix());
    let times = rules.filter_map(|rule| Some((due(begun, rule.abort_days?), rule.id.clone())));
    times.min()
}
