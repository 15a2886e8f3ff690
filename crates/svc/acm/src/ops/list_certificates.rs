//! ListCertificates: by status, kind of key and usage; in pages.

use wharf_api_acm::{Filters, ListCertificatesRequest, ListCertificatesResponse, faults};
use wharf_base::Timestamp;
use wharf_service::{Faults as _, Pages};
use wharf_wire::{Call, Fault};

use crate::{
    core::Core,
    describe,
    fault::AcmFaults,
    names::{Certificates as _, Place},
    records::{Certificate, Origin},
};

const DEFAULT_PAGE: usize = 1000;
/// Kinds of keys that are shown to who asks for none, as in AWS.
const BY_DEFAULT: [&str; 2] = ["RSA_1024", "RSA_2048"];

pub async fn list_certificates(
    core: &Core,
    call: &Call,
    input: ListCertificatesRequest,
) -> Result<ListCertificatesResponse, Fault> {
    if input.sort_by.is_some() != input.sort_order.is_some() {
        return Err(faults::invalid_args_exception(
            "SortBy and SortOrder must be specified together.",
        ));
    }
    let place = Place::of(call);
    let descending = input.sort_order.as_deref() == Some("DESCENDING");
    let filters = (
        &input.certificate_statuses,
        &input.includes,
        &input.certificate_key_pair_origins,
        descending,
    );
    let keyring = &core.parts.keyring;
    let pages = Pages::<AcmFaults>::new(keyring, call, "acm/ListCertificates", &filters);
    let after = pages.after(input.next_token.as_deref())?;
    let after = after.map(|it| position(&it).ok_or_else(AcmFaults::bad_token));
    let after = after.transpose()?;
    let limit = input.max_items.and_then(|it| usize::try_from(it).ok());
    let limit = limit.unwrap_or(DEFAULT_PAGE);

    let mut found: Vec<(Position, Certificate)> = Vec::new();
    for (id, certificate) in core.all(&place).await? {
        if fits(&certificate, &input, call.now) {
            let at = (certificate.created_at.millis(), id);
            found.push((at, certificate));
        }
    }
    found.sort_by(|(a, _), (b, _)| if descending { b.cmp(a) } else { a.cmp(b) });
    if let Some(after) = after {
        found.retain(|(at, _)| if descending { *at < after } else { *at > after });
    }
    let more = found.len() > limit;
    found.truncate(limit);
    let last = found.last().filter(|_| more);
    let next_token = last.map(|((at, id), _)| pages.token(&format!("{at} {id}")));
    let mut shown = Vec::with_capacity(found.len());
    for ((_, id), certificate) in found {
        let arn = place.arn(&id);
        let in_use = !core.usage(&place, &arn).await?.users.is_empty();
        shown.push(describe::summary(&arn, certificate, in_use, call.now));
    }
    Ok(ListCertificatesResponse {
        next_token,
        certificate_summary_list: Some(shown),
    })
}

/// Where a certificate stands in the list.
type Position = (i64, String);

fn fits(certificate: &Certificate, input: &ListCertificatesRequest, now: Timestamp) -> bool {
    let statuses = input.certificate_statuses.iter().flatten();
    let statuses: Vec<&String> = statuses.collect();
    let status = certificate.status(now).name();
    if !statuses.is_empty() && !statuses.iter().any(|it| *it == status) {
        return false;
    }
    let origin = match certificate.origin {
        Origin::Imported => describe::IMPORTED_KEY,
        Origin::Requested { .. } => describe::MANAGED_KEY,
    };
    let origins = input.certificate_key_pair_origins.as_deref();
    if origins.is_some_and(|it| !it.is_empty() && !it.iter().any(|it| it == origin)) {
        return false;
    }
    let none = Filters::default();
    let filters = input.includes.as_ref().unwrap_or(&none);
    let kind = certificate.algorithm.name();
    let key = match filters.key_types.as_deref() {
        Some(kinds) if !kinds.is_empty() => kinds.iter().any(|it| it == kind),
        _ => BY_DEFAULT.contains(&kind),
    };
    let facts = certificate.issued.as_ref().map(|it| &it.facts);
    let used = |wanted: &Option<Vec<String>>, has: Vec<&str>| {
        let wanted = wanted.as_deref().unwrap_or_default();
        wanted.is_empty() || wanted.iter().any(|it| has.contains(&it.as_str()))
    };
    let usages = facts.map_or_else(Vec::new, |it| {
        it.key_usages.iter().map(String::as_str).collect()
    });
    let extended = facts.map_or_else(Vec::new, |it| {
        let names = it.extended_key_usages.iter();
        names.map(|(name, _)| name.as_str()).collect()
    });
    key && used(&filters.key_usage, usages)
        && used(&filters.extended_key_usage, extended)
        && (filters.export_option.as_deref()).is_none_or(|it| it == describe::export(certificate))
        && filters.managed_by.is_none()
}

/// Where a token says that its page ended.
fn position(text: &str) -> Option<Position> {
    let (at, id) = text.split_once(' ')?;
    Some((at.parse().ok()?, id.to_owned()))
}
