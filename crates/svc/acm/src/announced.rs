//! What changes of certificates mean to the world: those that are there, come to their end and are over.
//! Pure, but for whether somebody uses a certificate: load balancers are asked.

use std::sync::Arc;

use serde_json::{Value, json};
use wharf_base::Timestamp;
use wharf_records::{Record as _, Scope};
use wharf_service::announce::{Announce, Announcement, record};
use wharf_store::{Event, EventKind};
use wharf_wire::async_trait;

use crate::{
    core::Core,
    expiry,
    names::{Certificates as _, Place, SERVICE},
    records::{Certificate, Issued, Origin},
};

/// For EventBridge.
pub struct Announcer {
    pub core: Arc<Core>,
}

/// What a change means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum News {
    /// The `Action`.
    Available(&'static str),
    Approaching(u32),
    Expired,
}

#[async_trait]
impl Announce for Announcer {
    fn service(&self) -> &'static str {
        SERVICE
    }

    async fn announced(&self, changes: &[&Event], now: Timestamp) -> Vec<Announcement> {
        let mut said = Vec::new();
        for change in changes {
            let Some((place, id, after)) = changed(change) else {
                continue;
            };
            let before = change.previous.as_ref().and_then(record);
            let arn = place.arn(&id);
            for news in news(before.as_ref(), &after) {
                let in_use = match news {
                    News::Approaching(_) => None,
                    _ => self.in_use(&place, &arn).await,
                };
                said.extend(tell(&place, &arn, &after, news, in_use, now));
            }
        }
        said
    }
}

impl Announcer {
    /// `None` if nobody can say.
    async fn in_use(&self, place: &Place, arn: &str) -> Option<bool> {
        match self.core.usage(place, arn).await {
            Ok(usage) => Some(!usage.users.is_empty()),
            Err(error) => {
                tracing::warn!(arn, %error, "failed to look who uses a certificate, its event goes without");
                None
            }
        }
    }
}

fn changed(change: &Event) -> Option<(Place, String, Certificate)> {
    if change.kind != EventKind::Put {
        return None;
    }
    let (scope, kind, id) = Scope::parse(change.key())?;
    if kind != Certificate::KIND {
        return None;
    }
    Some((Place::of_scope(&scope), id, record(&change.entry)?))
}

fn news(before: Option<&Certificate>, after: &Certificate) -> Vec<News> {
    let body = |of: &Certificate| of.issued.as_ref().map(|it| it.body.clone());
    let (was, is) = (before.and_then(body), body(after));
    let mut all = Vec::new();
    if is.is_some() && was != is {
        let is_imported = after.origin == Origin::Imported;
        all.push(News::Available(match (is_imported, was.is_some()) {
            (false, false) => "ISSUANCE",
            (false, true) => "RENEWAL",
            (true, false) => "IMPORT",
            (true, true) => "REIMPORT",
        }));
    }
    let told = |of: &Certificate| of.days_told;
    if told(after) != before.and_then(told) {
        all.extend(match told(after) {
            None => None,
            // AWS has no such event of what was imported.
            Some(0) if after.origin == Origin::Imported => None,
            Some(0) => Some(News::Expired),
            Some(days) => Some(News::Approaching(days)),
        });
    }
    all
}

fn tell(
    place: &Place,
    arn: &str,
    certificate: &Certificate,
    news: News,
    in_use: Option<bool>,
    now: Timestamp,
) -> Option<Announcement> {
    let issued = certificate.issued.as_ref()?;
    let (detail_type, detail) = match news {
        News::Approaching(days) => (
            "ACM Certificate Approaching Expiration",
            json!({ "DaysToExpiry": days, "CommonName": certificate.domain }),
        ),
        News::Expired => (
            "ACM Certificate Expired",
            whole(certificate, issued, in_use),
        ),
        News::Available(action) => {
            let mut detail = whole(certificate, issued, in_use);
            detail["Action"] = action.into();
            detail["DaysToExpiry"] = expiry::days_left(issued.facts.not_after, now).into();
            ("ACM Certificate Available", detail)
        }
    };
    Some(Announcement {
        place: place.clone(),
        source: "aws.acm",
        detail_type,
        resources: vec![arn.to_owned()],
        detail,
    })
}

fn whole(certificate: &Certificate, issued: &Issued, in_use: Option<bool>) -> Value {
    let (kind, method) = match &certificate.origin {
        Origin::Requested { method, .. } => ("AMAZON_ISSUED", Some(method.name())),
        Origin::Imported => ("IMPORTED", None),
    };
    let mut detail = json!({
        "CertificateType": kind,
        "CommonName": certificate.domain,
        "CertificateCreatedDate": certificate.created_at.iso8601_seconds(),
        "CertificateExpirationDate": issued.facts.not_after.iso8601_seconds(),
        "Exported": certificate.exported,
    });
    if let Some(method) = method {
        detail["DomainValidationMethod"] = method.into();
    }
    if let Some(in_use) = in_use {
        detail["InUse"] = in_use.into();
    }
    detail
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::tests::certificate;

    #[test]
    fn what_becomes_of_certificates_is_told_once() {
        let pending = certificate(None);
        let left = |days: u64| certificate(Some(std::time::Duration::from_secs(days * 86_400)));
        let told = |days: Option<u32>, imported: bool| {
            let mut it = left(9);
            it.days_told = days;
            if imported {
                it.origin = Origin::Imported;
            }
            it
        };
        let mut renewed = left(9);
        renewed.issued.as_mut().unwrap().body = "another".to_owned();
        for (before, after, expected) in [
            (None, &pending, vec![]),
            (Some(&pending), &left(9), vec![News::Available("ISSUANCE")]),
            (Some(&left(9)), &left(9), vec![]),
            (Some(&left(9)), &renewed, vec![News::Available("RENEWAL")]),
            (None, &told(None, true), vec![News::Available("IMPORT")]),
            (
                Some(&left(9)),
                &told(Some(9), false),
                vec![News::Approaching(9)],
            ),
            (Some(&told(Some(9), false)), &told(Some(9), false), vec![]),
            (
                Some(&told(Some(1), false)),
                &told(Some(0), false),
                vec![News::Expired],
            ),
            (Some(&told(Some(1), true)), &told(Some(0), true), vec![]),
        ] {
            assert_eq!(news(before, after), expected);
        }
    }
}
