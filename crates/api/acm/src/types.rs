// Written by `cargo xtask generate` from models/. Do not edit.
//! Inputs, outputs and their parts. Every member is optional: what must be there is checked by
//! the schema before an operation sees its input.
#[allow(unused_imports)]
use std::collections::BTreeMap;
#[allow(unused_imports)]
use wharf_wire::{Timestamp, structure};

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AddTagsToCertificateRequest {
    pub certificate_arn: Option<String>,
    pub tags: Option<Vec<Tag>>,
}
structure!(AddTagsToCertificateRequest {
0 certificate_arn,
1 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CertificateDetail {
    pub certificate_arn: Option<String>,
    pub domain_name: Option<String>,
    pub subject_alternative_names: Option<Vec<String>>,
    pub managed_by: Option<String>,
    pub domain_validation_options: Option<Vec<DomainValidation>>,
    pub serial: Option<String>,
    pub subject: Option<String>,
    pub issuer: Option<String>,
    pub created_at: Option<Timestamp>,
    pub issued_at: Option<Timestamp>,
    pub imported_at: Option<Timestamp>,
    pub status: Option<String>,
    pub revoked_at: Option<Timestamp>,
    pub revocation_reason: Option<String>,
    pub not_before: Option<Timestamp>,
    pub not_after: Option<Timestamp>,
    pub key_algorithm: Option<String>,
    pub signature_algorithm: Option<String>,
    pub in_use_by: Option<Vec<String>>,
    pub failure_reason: Option<String>,
    pub type_: Option<String>,
    pub renewal_summary: Option<RenewalSummary>,
    pub key_usages: Option<Vec<KeyUsage>>,
    pub extended_key_usages: Option<Vec<ExtendedKeyUsage>>,
    pub certificate_authority_arn: Option<String>,
    pub renewal_eligibility: Option<String>,
    pub options: Option<CertificateOptions>,
    pub update_summary: Option<UpdateSummary>,
    pub certificate_key_pair_origin: Option<String>,
    pub acme_endpoint_arn: Option<String>,
    pub acme_account_id: Option<String>,
}
structure!(CertificateDetail {
0 certificate_arn,
1 domain_name,
2 subject_alternative_names,
3 managed_by,
4 domain_validation_options,
5 serial,
6 subject,
7 issuer,
8 created_at,
9 issued_at,
10 imported_at,
11 status,
12 revoked_at,
13 revocation_reason,
14 not_before,
15 not_after,
16 key_algorithm,
17 signature_algorithm,
18 in_use_by,
19 failure_reason,
20 type_,
21 renewal_summary,
22 key_usages,
23 extended_key_usages,
24 certificate_authority_arn,
25 renewal_eligibility,
26 options,
27 update_summary,
28 certificate_key_pair_origin,
29 acme_endpoint_arn,
30 acme_account_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CertificateOptions {
    pub certificate_transparency_logging_preference: Option<String>,
    pub export: Option<String>,
    pub validation_method: Option<String>,
}
structure!(CertificateOptions {
0 certificate_transparency_logging_preference,
1 export,
2 validation_method,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CertificateSummary {
    pub certificate_arn: Option<String>,
    pub domain_name: Option<String>,
    pub subject_alternative_name_summaries: Option<Vec<String>>,
    pub has_additional_subject_alternative_names: Option<bool>,
    pub status: Option<String>,
    pub type_: Option<String>,
    pub key_algorithm: Option<String>,
    pub key_usages: Option<Vec<String>>,
    pub extended_key_usages: Option<Vec<String>>,
    pub export_option: Option<String>,
    pub in_use: Option<bool>,
    pub exported: Option<bool>,
    pub renewal_eligibility: Option<String>,
    pub not_before: Option<Timestamp>,
    pub not_after: Option<Timestamp>,
    pub created_at: Option<Timestamp>,
    pub issued_at: Option<Timestamp>,
    pub imported_at: Option<Timestamp>,
    pub revoked_at: Option<Timestamp>,
    pub managed_by: Option<String>,
    pub certificate_key_pair_origin: Option<String>,
}
structure!(CertificateSummary {
0 certificate_arn,
1 domain_name,
2 subject_alternative_name_summaries,
3 has_additional_subject_alternative_names,
4 status,
5 type_,
6 key_algorithm,
7 key_usages,
8 extended_key_usages,
9 export_option,
10 in_use,
11 exported,
12 renewal_eligibility,
13 not_before,
14 not_after,
15 created_at,
16 issued_at,
17 imported_at,
18 revoked_at,
19 managed_by,
20 certificate_key_pair_origin,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteCertificateRequest {
    pub certificate_arn: Option<String>,
}
structure!(DeleteCertificateRequest {
0 certificate_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeCertificateRequest {
    pub certificate_arn: Option<String>,
}
structure!(DescribeCertificateRequest {
0 certificate_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeCertificateResponse {
    pub certificate: Option<CertificateDetail>,
}
structure!(DescribeCertificateResponse {
0 certificate,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DomainValidation {
    pub domain_name: Option<String>,
    pub validation_emails: Option<Vec<String>>,
    pub validation_domain: Option<String>,
    pub validation_status: Option<String>,
    pub resource_record: Option<ResourceRecord>,
    pub http_redirect: Option<HttpRedirect>,
    pub validation_method: Option<String>,
}
structure!(DomainValidation {
0 domain_name,
1 validation_emails,
2 validation_domain,
3 validation_status,
4 resource_record,
5 http_redirect,
6 validation_method,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DomainValidationMethodUpdateSummary {
    pub from: Option<String>,
    pub to: Option<String>,
}
structure!(DomainValidationMethodUpdateSummary {
0 from,
1 to,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DomainValidationOption {
    pub domain_name: Option<String>,
    pub validation_domain: Option<String>,
}
structure!(DomainValidationOption {
0 domain_name,
1 validation_domain,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ExpiryEventsConfiguration {
    pub days_before_expiry: Option<i32>,
}
structure!(ExpiryEventsConfiguration {
0 days_before_expiry,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ExportCertificateRequest {
    pub certificate_arn: Option<String>,
    pub passphrase: Option<Vec<u8>>,
}
structure!(ExportCertificateRequest {
0 certificate_arn,
1 passphrase,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ExportCertificateResponse {
    pub certificate: Option<String>,
    pub certificate_chain: Option<String>,
    pub private_key: Option<String>,
}
structure!(ExportCertificateResponse {
0 certificate,
1 certificate_chain,
2 private_key,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ExtendedKeyUsage {
    pub name: Option<String>,
    pub oid: Option<String>,
}
structure!(ExtendedKeyUsage {
0 name,
1 oid,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Filters {
    pub extended_key_usage: Option<Vec<String>>,
    pub key_usage: Option<Vec<String>>,
    pub key_types: Option<Vec<String>>,
    pub export_option: Option<String>,
    pub managed_by: Option<String>,
}
structure!(Filters {
0 extended_key_usage,
1 key_usage,
2 key_types,
3 export_option,
4 managed_by,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetAccountConfigurationResponse {
    pub expiry_events: Option<ExpiryEventsConfiguration>,
}
structure!(GetAccountConfigurationResponse {
0 expiry_events,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetCertificateRequest {
    pub certificate_arn: Option<String>,
}
structure!(GetCertificateRequest {
0 certificate_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetCertificateResponse {
    pub certificate: Option<String>,
    pub certificate_chain: Option<String>,
}
structure!(GetCertificateResponse {
0 certificate,
1 certificate_chain,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct HttpRedirect {
    pub redirect_from: Option<String>,
    pub redirect_to: Option<String>,
}
structure!(HttpRedirect {
0 redirect_from,
1 redirect_to,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ImportCertificateRequest {
    pub certificate_arn: Option<String>,
    pub certificate: Option<Vec<u8>>,
    pub private_key: Option<Vec<u8>>,
    pub certificate_chain: Option<Vec<u8>>,
    pub tags: Option<Vec<Tag>>,
}
structure!(ImportCertificateRequest {
0 certificate_arn,
1 certificate,
2 private_key,
3 certificate_chain,
4 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ImportCertificateResponse {
    pub certificate_arn: Option<String>,
}
structure!(ImportCertificateResponse {
0 certificate_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct KeyUsage {
    pub name: Option<String>,
}
structure!(KeyUsage {
0 name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListCertificatesRequest {
    pub certificate_statuses: Option<Vec<String>>,
    pub certificate_key_pair_origins: Option<Vec<String>>,
    pub includes: Option<Filters>,
    pub next_token: Option<String>,
    pub max_items: Option<i32>,
    pub sort_by: Option<String>,
    pub sort_order: Option<String>,
}
structure!(ListCertificatesRequest {
0 certificate_statuses,
1 certificate_key_pair_origins,
2 includes,
3 next_token,
4 max_items,
5 sort_by,
6 sort_order,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListCertificatesResponse {
    pub next_token: Option<String>,
    pub certificate_summary_list: Option<Vec<CertificateSummary>>,
}
structure!(ListCertificatesResponse {
0 next_token,
1 certificate_summary_list,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListTagsForCertificateRequest {
    pub certificate_arn: Option<String>,
}
structure!(ListTagsForCertificateRequest {
0 certificate_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListTagsForCertificateResponse {
    pub tags: Option<Vec<Tag>>,
}
structure!(ListTagsForCertificateResponse {
0 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutAccountConfigurationRequest {
    pub expiry_events: Option<ExpiryEventsConfiguration>,
    pub idempotency_token: Option<String>,
}
structure!(PutAccountConfigurationRequest {
0 expiry_events,
1 idempotency_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RemoveTagsFromCertificateRequest {
    pub certificate_arn: Option<String>,
    pub tags: Option<Vec<Tag>>,
}
structure!(RemoveTagsFromCertificateRequest {
0 certificate_arn,
1 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RenewCertificateRequest {
    pub certificate_arn: Option<String>,
}
structure!(RenewCertificateRequest {
0 certificate_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RenewalSummary {
    pub renewal_status: Option<String>,
    pub domain_validation_options: Option<Vec<DomainValidation>>,
    pub renewal_status_reason: Option<String>,
    pub updated_at: Option<Timestamp>,
}
structure!(RenewalSummary {
0 renewal_status,
1 domain_validation_options,
2 renewal_status_reason,
3 updated_at,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RequestCertificateRequest {
    pub domain_name: Option<String>,
    pub validation_method: Option<String>,
    pub subject_alternative_names: Option<Vec<String>>,
    pub idempotency_token: Option<String>,
    pub domain_validation_options: Option<Vec<DomainValidationOption>>,
    pub options: Option<CertificateOptions>,
    pub certificate_authority_arn: Option<String>,
    pub tags: Option<Vec<Tag>>,
    pub key_algorithm: Option<String>,
    pub managed_by: Option<String>,
}
structure!(RequestCertificateRequest {
0 domain_name,
1 validation_method,
2 subject_alternative_names,
3 idempotency_token,
4 domain_validation_options,
5 options,
6 certificate_authority_arn,
7 tags,
8 key_algorithm,
9 managed_by,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RequestCertificateResponse {
    pub certificate_arn: Option<String>,
}
structure!(RequestCertificateResponse {
0 certificate_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ResendValidationEmailRequest {
    pub certificate_arn: Option<String>,
    pub domain: Option<String>,
    pub validation_domain: Option<String>,
}
structure!(ResendValidationEmailRequest {
0 certificate_arn,
1 domain,
2 validation_domain,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ResourceRecord {
    pub name: Option<String>,
    pub type_: Option<String>,
    pub value: Option<String>,
}
structure!(ResourceRecord {
0 name,
1 type_,
2 value,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RevokeCertificateRequest {
    pub certificate_arn: Option<String>,
    pub revocation_reason: Option<String>,
}
structure!(RevokeCertificateRequest {
0 certificate_arn,
1 revocation_reason,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RevokeCertificateResponse {
    pub certificate_arn: Option<String>,
}
structure!(RevokeCertificateResponse {
0 certificate_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tag {
    pub key: Option<String>,
    pub value: Option<String>,
}
structure!(Tag {
0 key,
1 value,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ThrottlingReason {
    pub reason: Option<String>,
    pub resource: Option<String>,
}
structure!(ThrottlingReason {
0 reason,
1 resource,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateCertificateOptionsRequest {
    pub certificate_arn: Option<String>,
    pub options: Option<CertificateOptions>,
}
structure!(UpdateCertificateOptionsRequest {
0 certificate_arn,
1 options,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateSummary {
    pub status: Option<String>,
    pub type_: Option<String>,
    pub domain_validation_method_update_summary: Option<DomainValidationMethodUpdateSummary>,
    pub requested_at: Option<Timestamp>,
    pub updated_at: Option<Timestamp>,
}
structure!(UpdateSummary {
0 status,
1 type_,
2 domain_validation_method_update_summary,
3 requested_at,
4 updated_at,
});
