//! ImportCertificate: a certificate from elsewhere with its key, new or in place of an imported one.

use wharf_api_acm::{ImportCertificateRequest, ImportCertificateResponse, faults};
use wharf_base::ids;
use wharf_records::{Record, Unknown, encode};
use wharf_store::{Compare, Txn};
use wharf_wire::{Call, Fault};

use crate::{
    check,
    core::{ChangeError, Core},
    fault,
    names::{Certificates as _, Place},
    pem::{self, Imported},
    records::{Certificate, Issued, Origin},
};

/// In one account and region, as in AWS.
const MAX_CERTIFICATES: usize = 2500;

pub async fn import_certificate(
    core: &Core,
    call: &Call,
    input: ImportCertificateRequest,
) -> Result<ImportCertificateResponse, Fault> {
    let place = Place::of(call);
    if let Some(arn) = &input.certificate_arn {
        // Before the certificate is looked at: who gives the ARN of nothing learns that first.
        core.find(&place, Some(arn)).await?;
        if input.tags.as_ref().is_some_and(|tags| !tags.is_empty()) {
            return Err(fault::invalid(
                "Tags cannot be given when a certificate is imported anew.",
            ));
        }
    }
    let imported = pem::import(
        &input.certificate.unwrap_or_default(),
        &input.private_key.unwrap_or_default(),
        input.certificate_chain.as_deref(),
        call.now,
    )?;
    if imported.read.names.is_empty() {
        return Err(fault::invalid(
            "The certificate must contain at least one domain name.",
        ));
    }
    let arn = match input.certificate_arn {
        Some(arn) => {
            replace(core, call, &place, &arn, imported).await?;
            arn
        }
        None => {
            let mut tags = Default::default();
            check::TAGS.add(&mut tags, &check::tags(input.tags)?)?;
            within_quota(core, &place).await?;
            let id = ids::uuid();
            let arn = place.arn(&id);
            let mut record = record(core, call, &arn, imported);
            record.tags = tags;
            let key = place.scope().key(Certificate::KIND, &id);
            let txn = Txn::new()
                .when(Compare::absent(&key))
                .put(&key, encode(&record));
            if !core.table.commit(&call.permit, txn).await? {
                return Err(ChangeError::conflict(&key).into());
            }
            arn
        }
    };
    Ok(ImportCertificateResponse {
        certificate_arn: Some(arn),
    })
}

/// Refuses a certificate beyond the account's limit.
pub async fn within_quota(core: &Core, place: &Place) -> Result<(), Fault> {
    if core.count(place).await? >= MAX_CERTIFICATES {
        return Err(faults::limit_exceeded_exception(format!(
            "You have reached the maximum number of certificates ({MAX_CERTIFICATES}). Delete \
             certificates that are not in use."
        )));
    }
    Ok(())
}

fn record(core: &Core, call: &Call, arn: &str, imported: Imported) -> Certificate {
    let Imported {
        body,
        chain,
        private_key,
        algorithm,
        read,
    } = imported;
    let purpose = Certificate::purpose(arn);
    Certificate {
        origin: Origin::Imported,
        domain: read.names.first().cloned().unwrap_or_default(),
        names: read.names,
        algorithm,
        private_key: core.parts.keyring.seal(private_key.expose(), &purpose),
        issued: Some(Issued {
            body,
            chain,
            facts: read.facts,
            at: call.now,
            authority: 0,
        }),
        created_at: call.now,
        renewal: None,
        exported: false,
        days_told: None,
        tags: Default::default(),
        unknown: Unknown::new(),
    }
}

/// Tags and whoever uses the certificate stay.
async fn replace(
    core: &Core,
    call: &Call,
    place: &Place,
    arn: &str,
    imported: Imported,
) -> Result<(), Fault> {
    let new = record(core, call, arn, imported);
    let replace = |there: &mut Certificate| {
        if there.origin != Origin::Imported {
            return Err(fault::invalid(format!(
                "Certificate {arn} was not imported; only imported certificates can be imported anew."
            )));
        }
        *there = Certificate {
            created_at: there.created_at,
            tags: there.tags.clone(),
            unknown: there.unknown.clone(),
            ..new.clone()
        };
        Ok(())
    };
    core.change(&call.permit, place, Some(arn), replace).await?;
    core.announce(arn);
    Ok(())
}
