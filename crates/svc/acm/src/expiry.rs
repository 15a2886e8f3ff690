//! When the world is told that a certificate comes to its end: once a day, from some days before it. Pure.

use std::time::Duration;

use wharf_base::Timestamp;

use crate::{
    plan::LOOK,
    records::{AccountSettings, Certificate},
};

const DAY: Duration = Duration::from_secs(86_400);
/// Days before the end from which it is told, where the account says nothing else.
pub const DEFAULT_DAYS: u32 = 45;

/// An end that was longer ago is no news, if nothing was told of the certificate before: it ended before there
/// was anybody to tell.
const NEWS: Duration = Duration::from_secs(7 * 86_400);

/// Days that are left, the one that has begun with them; none when it is over.
pub fn days_left(end: Timestamp, now: Timestamp) -> u32 {
    let left = end.since(now).as_millis().div_ceil(DAY.as_millis());
    u32::try_from(left).unwrap_or(u32::MAX)
}

/// What is to be told now of a certificate: `None` if that was told, or there is nothing to tell.
pub fn due(
    certificate: &Certificate,
    account: Option<&AccountSettings>,
    now: Timestamp,
) -> Option<u32> {
    let issued = certificate.issued.as_ref()?;
    let left = days_left(issued.facts.not_after, now);
    let from = account.map_or(DEFAULT_DAYS, |it| it.days_before_expiry);
    let is_new = left <= from && certificate.days_told != Some(left);
    (is_new && !is_old_news(certificate, now)).then_some(left)
}

/// When to look again at a certificate that is left alone otherwise; `None` once it is over.
pub fn look_after(certificate: &Certificate, now: Timestamp) -> Option<Duration> {
    let is_over = certificate.days_told == Some(0) || is_old_news(certificate, now);
    (certificate.issued.is_some() && !is_over).then_some(LOOK)
}

fn is_old_news(certificate: &Certificate, now: Timestamp) -> bool {
    let end = certificate.issued.as_ref().map(|it| it.facts.not_after);
    certificate.days_told.is_none() && end.is_some_and(|end| end + NEWS <= now)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::tests::{NOW, certificate};

    #[test]
    fn each_day_is_told_once() {
        let mut it = certificate(Some(DAY * 46));
        assert_eq!(due(&it, None, NOW), None);
        assert_eq!(due(&it, None, NOW + DAY), Some(45));
        it.days_told = Some(45);
        assert_eq!(due(&it, None, NOW + DAY), None);
        assert_eq!(due(&it, None, NOW + DAY * 2), Some(44));
        assert_eq!(due(&it, None, NOW + DAY * 45 + LOOK), Some(1));
        assert_eq!(due(&it, None, NOW + DAY * 46), Some(0));
        assert_eq!(look_after(&it, NOW), Some(LOOK));
        it.days_told = Some(0);
        assert_eq!(due(&it, None, NOW + DAY * 99), None);
        assert_eq!(look_after(&it, NOW), None);

        let late = AccountSettings {
            days_before_expiry: 1,
            unknown: Default::default(),
        };
        assert_eq!(due(&it, Some(&late), NOW + DAY * 44), None);
        assert_eq!(due(&it, Some(&late), NOW + DAY * 45), Some(1));
    }

    /// As certificates of versions before, of which nothing is told when they are found.
    #[test]
    fn an_end_long_ago_is_no_news() {
        let mut it = certificate(Some(DAY * 10));
        let end = NOW + DAY * 10;
        assert_eq!(due(&it, None, end + DAY * 6), Some(0));
        assert_eq!(look_after(&it, end + DAY * 6), Some(LOOK));
        assert_eq!(due(&it, None, end + DAY * 7), None);
        assert_eq!(look_after(&it, end + DAY * 7), None);
        // Somebody waits for the end of what is told.
        it.days_told = Some(3);
        assert_eq!(due(&it, None, end + DAY * 30), Some(0));
    }
}
