//! One row per operation: what it does to which resource, under which condition keys.
//!
//! The dispatcher evaluates the row before the operation runs; operations never authorise by hand.
//! An operation without a row of its own is judged on `*`, so that none can be reached unasked.

use wharf_api_acm::{Input, RequestCertificateRequest, Tag};
use wharf_records::Record;
use wharf_service::tags;
use wharf_wire::{Check, Context, Fault};

use crate::{
    core::Core,
    names::{self, Certificates as _, Place},
    records::Certificate,
};

const TAGGING: &str = "acm:AddTagsToCertificate";

pub async fn checks(core: &Core, cx: &Context, input: Input<'_>) -> Result<Vec<Check>, Fault> {
    let row = Row {
        core,
        place: Place::of(cx),
        action: input.action(),
    };
    Ok(match input {
        Input::RequestCertificate(it) => {
            let tags = it.tags.as_deref();
            let check = requesting(Check::new(&row.action, row.place.arn("*")), it);
            row.tagging(with_tags(check, tags), tags)
        }
        Input::ImportCertificate(it) => {
            let tags = it.tags.as_deref();
            let check = match it.certificate_arn.as_deref() {
                Some(arn) => row.on(Some(arn)).await?,
                None => Check::new(&row.action, row.place.arn("*")),
            };
            row.tagging(with_tags(check, tags), tags)
        }
        Input::AddTagsToCertificate(it) => {
            let check = row.on(it.certificate_arn.as_deref()).await?;
            vec![with_tags(check, it.tags.as_deref())]
        }
        Input::RemoveTagsFromCertificate(it) => {
            let check = row.on(it.certificate_arn.as_deref()).await?;
            vec![with_tags(check, it.tags.as_deref())]
        }
        other => match resource(other) {
            Some(arn) => vec![row.on(arn).await?],
            None => vec![Check::any(row.action)],
        },
    })
}

/// The one resource of an operation that has one.
fn resource(input: Input<'_>) -> Option<Option<&str>> {
    Some(match input {
        Input::DeleteCertificate(it) => it.certificate_arn.as_deref(),
        Input::DescribeCertificate(it) => it.certificate_arn.as_deref(),
        Input::ExportCertificate(it) => it.certificate_arn.as_deref(),
        Input::GetCertificate(it) => it.certificate_arn.as_deref(),
        Input::ListTagsForCertificate(it) => it.certificate_arn.as_deref(),
        Input::RenewCertificate(it) => it.certificate_arn.as_deref(),
        Input::ResendValidationEmail(it) => it.certificate_arn.as_deref(),
        Input::RevokeCertificate(it) => it.certificate_arn.as_deref(),
        Input::UpdateCertificateOptions(it) => it.certificate_arn.as_deref(),
        _ => return None,
    })
}

/// What a policy may ask about a request.
fn requesting(mut check: Check, input: &RequestCertificateRequest) -> Check {
    let first = input.domain_name.iter();
    for name in first.chain(input.subject_alternative_names.iter().flatten()) {
        check = check.with("acm:DomainNames", name.to_ascii_lowercase());
    }
    let method = input.validation_method.as_deref().unwrap_or("EMAIL");
    let algorithm = input.key_algorithm.as_deref().unwrap_or("RSA_2048");
    check = check
        .with("acm:ValidationMethod", method)
        .with("acm:KeyAlgorithm", algorithm);
    let options = input.options.as_ref();
    if let Some(given) = options.and_then(|it| it.export.as_deref()) {
        check = check.with("acm:Export", given);
    }
    match options.and_then(|it| it.certificate_transparency_logging_preference.as_deref()) {
        Some(given) => check.with("acm:CertificateTransparencyLogging", given),
        None => check,
    }
}

fn with_tags(check: Check, tags: Option<&[Tag]>) -> Check {
    let tags = tags.unwrap_or_default().iter();
    tags::requested(
        check,
        tags.map(|tag| (tag.key.as_deref(), tag.value.as_deref())),
    )
}

struct Row<'a> {
    core: &'a Core,
    place: Place,
    action: String,
}

impl Row<'_> {
    /// On what is there, with its tags. What is no ARN is judged on all; the operation refuses it.
    async fn on(&self, arn: Option<&str>) -> Result<Check, Fault> {
        let arn = arn.unwrap_or_default();
        let Some((place, id)) = names::parse(arn) else {
            return Ok(Check::any(&self.action));
        };
        let mut check = Check::new(&self.action, arn);
        if place == self.place {
            let key = place.scope().key(Certificate::KIND, &id);
            let found = self.core.table.read::<Certificate>(&key).await?;
            if let Some(found) = found {
                check = tags::of_resource(check, None, &found.record.tags);
            }
        }
        Ok(check)
    }

    /// Tags given with what is made take the right to tag as well.
    fn tagging(&self, check: Check, tags: Option<&[Tag]>) -> Vec<Check> {
        let mut checks = vec![check];
        if tags.is_some_and(|tags| !tags.is_empty()) {
            checks.push(with_tags(Check::new(TAGGING, self.place.arn("*")), tags));
        }
        checks
    }
}
