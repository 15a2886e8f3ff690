//! RequestCertificate: makes the key and writes down what is to be signed; the reconciler signs.

use sha2::{Digest, Sha256};
use wharf_api_acm::{
    DomainValidationOption, RequestCertificateRequest, RequestCertificateResponse, faults,
};
use wharf_base::ids;
use wharf_records::{Record, Unknown};
use wharf_service::transact;
use wharf_store::Compare;
use wharf_wire::{Call, Fault};

use super::import_certificate::within_quota;
use crate::{
    authority::LONGEST_COMMON_NAME,
    check,
    core::{ChangeError, Core},
    fault,
    key::Algorithm,
    names::{Certificates as _, Place},
    reconcile::TOKEN_LIFE,
    records::{Certificate, Method, Origin, Token, Validation},
};

/// Names of one certificate, as in AWS by default.
const MAX_NAMES: usize = 10;

pub async fn request_certificate(
    core: &Core,
    call: &Call,
    input: RequestCertificateRequest,
) -> Result<RequestCertificateResponse, Fault> {
    let place = Place::of(call);
    refuse_unsupported(&input)?;
    let names = names(&input)?;
    let method = match input.validation_method.as_deref() {
        Some("DNS") => Method::Dns,
        _ => Method::Email,
    };
    let algorithm = algorithm(input.key_algorithm.as_deref())?;
    let wished = input.domain_validation_options.unwrap_or_default();
    let validations = validations(&place, &names, &wished)?;
    let mut tags = Default::default();
    check::TAGS.add(&mut tags, &check::tags(input.tags)?)?;
    let options = input.options.unwrap_or_default();
    let preference = options.certificate_transparency_logging_preference;
    let token = input.idempotency_token.map(|token| {
        // The same token with another request is another request.
        let export = options.export.as_deref().unwrap_or_default();
        let (names, method) = (names.join(","), method.name());
        digest(&[&token, &names, method, algorithm.name(), export])
    });
    if let Some(id) = remembered(core, &place, token.as_deref()).await? {
        return Ok(answer(&place, &id));
    }
    within_quota(core, &place).await?;

    let (id, pair) = (ids::uuid(), core.make_key(&place, algorithm).await);
    let pair = pair.map_err(|cause| fault::server(&cause))?;
    let record = Certificate {
        origin: Origin::Requested {
            method,
            validations,
            transparency: preference.as_deref() != Some("DISABLED"),
            exportable: options.export.as_deref() == Some("ENABLED"),
        },
        domain: names[0].clone(),
        names,
        algorithm,
        private_key: core.seal(&pair, &place.arn(&id)),
        issued: None,
        created_at: call.now,
        renewal: None,
        exported: false,
        days_told: None,
        tags,
        unknown: Unknown::new(),
    };
    insert(core, call, &place, &id, &record, token.as_deref()).await
}

/// Writes certificate and token, unless the same request came first.
async fn insert(
    core: &Core,
    call: &Call,
    place: &Place,
    id: &str,
    record: &Certificate,
    token: Option<&str>,
) -> Result<RequestCertificateResponse, Fault> {
    let scope = place.scope();
    let key = scope.key(Certificate::KIND, id);
    transact!(core.table, &call.permit, |tx| {
        if let Some(token) = token {
            let key = scope.key(Token::KIND, token);
            // Before it is decided by: the same request may come in this very moment.
            tx.find::<Token>(&key).await?;
            if let Some(there) = remembered(core, place, Some(token)).await? {
                return Ok(answer(place, &there));
            }
            let new = Token {
                certificate: id.to_owned(),
                created_at: call.now,
                unknown: Unknown::new(),
            };
            tx.put(key, &new);
        }
        tx.when(Compare::absent(&key));
        tx.put(&key, record);
    });
    Ok(answer(place, id))
}

/// The certificate that the same request has made within the hour, if it is still there.
async fn remembered(
    core: &Core,
    place: &Place,
    token: Option<&str>,
) -> Result<Option<String>, ChangeError> {
    let Some(token) = token else {
        return Ok(None);
    };
    let scope = place.scope();
    let found = core
        .table
        .read::<Token>(&scope.key(Token::KIND, token))
        .await?;
    let Some(found) = found.filter(|it| core.now() < it.record.created_at + TOKEN_LIFE) else {
        return Ok(None);
    };
    let id = found.record.certificate;
    let key = scope.key(Certificate::KIND, &id);
    Ok(core.table.read::<Certificate>(&key).await?.map(|_| id))
}

fn answer(place: &Place, id: &str) -> RequestCertificateResponse {
    RequestCertificateResponse {
        certificate_arn: Some(place.arn(id)),
    }
}

fn refuse_unsupported(input: &RequestCertificateRequest) -> Result<(), Fault> {
    if input.certificate_authority_arn.is_some() {
        return Err(fault::unsupported("A private certificate authority"));
    }
    if input.managed_by.is_some() {
        return Err(fault::unsupported("A certificate managed by CloudFront"));
    }
    if input.validation_method.as_deref() == Some("HTTP") {
        return Err(faults::invalid_parameter_exception(
            "HTTP validation is only available for certificates managed by CloudFront.",
        ));
    }
    Ok(())
}

fn algorithm(given: Option<&str>) -> Result<Algorithm, Fault> {
    let Some(given) = given else {
        return Ok(Algorithm::Rsa2048);
    };
    let found = Algorithm::named(given).filter(|it| it.can_be_requested());
    found.ok_or_else(|| {
        faults::invalid_parameter_exception(format!(
            "The key algorithm {given} is not supported for requested certificates. \
             Supported are RSA_2048, EC_prime256v1 and EC_secp384r1."
        ))
    })
}

/// All names, the subject first, each once.
fn names(input: &RequestCertificateRequest) -> Result<Vec<String>, Fault> {
    let first = input.domain_name.as_deref().unwrap_or_default();
    let first = check::domain(first, "domainName")?;
    if first.len() > LONGEST_COMMON_NAME {
        return Err(fault::invalid(format!(
            "The domain name {first} is longer than {LONGEST_COMMON_NAME} bytes. Give a shorter name \
             first, and this one in SubjectAlternativeNames."
        )));
    }
    let mut names = vec![first];
    for (index, name) in input.subject_alternative_names.iter().flatten().enumerate() {
        let at = format!("subjectAlternativeNames.{}.member", index + 1);
        let name = check::domain(name, &at)?;
        if !names.contains(&name) {
            names.push(name);
        }
    }
    if names.len() > MAX_NAMES {
        return Err(faults::limit_exceeded_exception(
            "Certificate has too many domains.",
        ));
    }
    Ok(names)
}

fn validations(
    place: &Place,
    names: &[String],
    options: &[DomainValidationOption],
) -> Result<Vec<Validation>, Fault> {
    let invalid = |text: String| faults::invalid_domain_validation_options_exception(text);
    for option in options {
        let name = option.domain_name.as_deref().unwrap_or_default();
        let domain = option.validation_domain.as_deref().unwrap_or_default();
        if !names.iter().any(|it| it.eq_ignore_ascii_case(name)) {
            return Err(invalid(format!(
                "The domain name {name} is not among the names of the certificate."
            )));
        }
        let (name, domain) = (name.to_ascii_lowercase(), domain.to_ascii_lowercase());
        if name != domain && !name.ends_with(&format!(".{domain}")) {
            return Err(invalid(format!(
                "The validation domain {domain} is not a superdomain of {name}."
            )));
        }
    }
    Ok(names
        .iter()
        .map(|name| validation(place, name, options))
        .collect())
}

/// What a name is validated by. A wildcard shares its record with its domain, and a name has the same
/// record in all certificates of an account, as in AWS.
fn validation(place: &Place, name: &str, options: &[DomainValidationOption]) -> Validation {
    let bare = name.strip_prefix("*.").unwrap_or(name);
    let asked = options.iter().find(|it| {
        let of = it.domain_name.as_deref().unwrap_or_default();
        of.eq_ignore_ascii_case(name)
    });
    let domain = asked.and_then(|it| it.validation_domain.clone());
    let part = |salt: &str| digest(&[salt, &place.account, bare])[..32].to_owned();
    Validation {
        name: name.to_owned(),
        domain: domain.unwrap_or_else(|| bare.to_owned()),
        record: format!("_{}.{bare}.", part("name")),
        target: format!("_{}.acm-validations.aws.", part("value")),
    }
}

/// In hexadecimal; the parts are kept apart.
fn digest(parts: &[&str]) -> String {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part.as_bytes());
    }
    hex::encode(digest.finalize())
}
