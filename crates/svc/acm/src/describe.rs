//! Records as the API shows them. Pure.

use std::collections::BTreeSet;

use wharf_api_acm::{
    CertificateDetail, CertificateOptions, CertificateSummary, DomainValidation, ExtendedKeyUsage,
    KeyUsage, RenewalSummary, ResourceRecord,
};
use wharf_base::Timestamp;

use crate::records::{Certificate, Method, Origin, Status, Validation};

/// Where keys come from, in the API's words.
pub const MANAGED_KEY: &str = "AWS_MANAGED";
pub const IMPORTED_KEY: &str = "CUSTOMER_PROVIDED";
/// Names that are listed of a certificate with very many, as in AWS.
const MAX_NAMES: usize = 100;
/// Who gets mail at a validation domain.
const MAILBOXES: [&str; 5] = [
    "admin",
    "administrator",
    "hostmaster",
    "postmaster",
    "webmaster",
];
/// Who issues what was requested, before a certificate says so itself.
const ISSUER: &str = "wharf";

pub fn detail(
    arn: &str,
    record: Certificate,
    in_use_by: BTreeSet<String>,
    now: Timestamp,
) -> CertificateDetail {
    let status = record.status(now);
    let eligible = eligible(&record, status, !in_use_by.is_empty());
    let export = export(&record);
    let mut shown = CertificateDetail {
        certificate_arn: Some(arn.to_owned()),
        subject: Some(format!("CN={}", record.domain)),
        issuer: Some(ISSUER.to_owned()),
        created_at: Some(record.created_at),
        status: Some(status.name().to_owned()),
        key_algorithm: Some(record.algorithm.name().to_owned()),
        in_use_by: Some(in_use_by.into_iter().collect()),
        type_: Some(kind(&record.origin).to_owned()),
        certificate_key_pair_origin: Some(key_origin(&record.origin).to_owned()),
        renewal_eligibility: Some(eligible.to_owned()),
        domain_name: Some(record.domain),
        ..Default::default()
    };
    let mut names = record.names;
    names.truncate(MAX_NAMES);
    shown.subject_alternative_names = Some(names);
    let mut transparency = true;
    match &record.origin {
        Origin::Requested {
            method,
            validations,
            transparency: wished,
            ..
        } => {
            transparency = *wished;
            let done = record.issued.is_some();
            let each = |it: &Validation| validation(*method, it, done);
            let options: Vec<_> = validations.iter().map(each).collect();
            shown.renewal_summary = record.renewal.map(|renewal| RenewalSummary {
                renewal_status: Some(match renewal.pending {
                    true => "PENDING_AUTO_RENEWAL".to_owned(),
                    false => "SUCCESS".to_owned(),
                }),
                domain_validation_options: Some(options.clone()),
                renewal_status_reason: None,
                updated_at: Some(renewal.updated_at),
            });
            shown.domain_validation_options = Some(options);
            shown.issued_at = record.issued.as_ref().map(|it| it.at);
        }
        Origin::Imported => shown.imported_at = record.issued.as_ref().map(|it| it.at),
    }
    shown.options = Some(CertificateOptions {
        certificate_transparency_logging_preference: Some(switch(transparency).to_owned()),
        export: Some(export.to_owned()),
        validation_method: None,
    });
    if let Some(issued) = record.issued {
        let facts = issued.facts;
        shown.serial = Some(facts.serial);
        shown.subject = Some(facts.subject);
        shown.issuer = Some(facts.issuer);
        shown.not_before = Some(facts.not_before);
        shown.not_after = Some(facts.not_after);
        shown.signature_algorithm = Some(facts.signature_algorithm);
        let usages = facts.key_usages.into_iter();
        shown.key_usages = Some(usages.map(|name| KeyUsage { name: Some(name) }).collect());
        let usages = facts.extended_key_usages.into_iter();
        let usages = usages.map(|(name, oid)| ExtendedKeyUsage {
            name: Some(name),
            oid: Some(oid),
        });
        shown.extended_key_usages = Some(usages.collect());
    }
    shown
}

pub fn summary(arn: &str, record: Certificate, in_use: bool, now: Timestamp) -> CertificateSummary {
    let status = record.status(now);
    let eligible = eligible(&record, status, in_use);
    let mut names = record.names.clone();
    let further = names.len() > MAX_NAMES;
    names.truncate(MAX_NAMES);
    let mut shown = CertificateSummary {
        certificate_arn: Some(arn.to_owned()),
        domain_name: Some(record.domain.clone()),
        subject_alternative_name_summaries: Some(names),
        has_additional_subject_alternative_names: Some(further),
        status: Some(status.name().to_owned()),
        type_: Some(kind(&record.origin).to_owned()),
        key_algorithm: Some(record.algorithm.name().to_owned()),
        export_option: Some(export(&record).to_owned()),
        in_use: Some(in_use),
        exported: Some(record.exported),
        renewal_eligibility: Some(eligible.to_owned()),
        created_at: Some(record.created_at),
        certificate_key_pair_origin: Some(key_origin(&record.origin).to_owned()),
        ..Default::default()
    };
    if let Some(issued) = record.issued {
        let facts = issued.facts;
        shown.key_usages = Some(facts.key_usages);
        let usages = facts.extended_key_usages.into_iter();
        shown.extended_key_usages = Some(usages.map(|(name, _)| name).collect());
        shown.not_before = Some(facts.not_before);
        shown.not_after = Some(facts.not_after);
        match record.origin {
            Origin::Requested { .. } => shown.issued_at = Some(issued.at),
            Origin::Imported => shown.imported_at = Some(issued.at),
        }
    }
    shown
}

fn kind(origin: &Origin) -> &'static str {
    match origin {
        Origin::Requested { .. } => "AMAZON_ISSUED",
        Origin::Imported => "IMPORTED",
    }
}

fn key_origin(origin: &Origin) -> &'static str {
    match origin {
        Origin::Requested { .. } => MANAGED_KEY,
        Origin::Imported => IMPORTED_KEY,
    }
}

fn switch(on: bool) -> &'static str {
    if on { "ENABLED" } else { "DISABLED" }
}

/// Whether the key can be exported.
pub fn export(record: &Certificate) -> &'static str {
    switch(record.is_exportable())
}

/// What is renewed by itself is what somebody uses.
fn eligible(record: &Certificate, status: Status, in_use: bool) -> &'static str {
    let requested = matches!(record.origin, Origin::Requested { .. });
    let in_use = in_use || record.exported;
    match requested && in_use && status == Status::Issued {
        true => "ELIGIBLE",
        false => "INELIGIBLE",
    }
}

fn validation(method: Method, validation: &Validation, done: bool) -> DomainValidation {
    let mut shown = DomainValidation {
        domain_name: Some(validation.name.clone()),
        validation_domain: Some(validation.domain.clone()),
        validation_method: Some(method.name().to_owned()),
        validation_status: Some(match done {
            true => "SUCCESS".to_owned(),
            false => "PENDING_VALIDATION".to_owned(),
        }),
        ..Default::default()
    };
    match method {
        Method::Dns => {
            shown.resource_record = Some(ResourceRecord {
                name: Some(validation.record.clone()),
                type_: Some("CNAME".to_owned()),
                value: Some(validation.target.clone()),
            });
        }
        Method::Email => {
            let mail = |to: &&str| format!("{to}@{}", validation.domain);
            shown.validation_emails = Some(MAILBOXES.iter().map(mail).collect());
        }
    }
    shown
}
