//! Certificates of a listener beside its default one: chosen by the name that a client asks for. The default one may be among them as
//! well, as in AWS: so it stays when another becomes the default one.

use wharf_api_elbv2::{
    AddListenerCertificatesInput, AddListenerCertificatesOutput, Certificate,
    DescribeListenerCertificatesInput, DescribeListenerCertificatesOutput,
    RemoveListenerCertificatesInput, RemoveListenerCertificatesOutput, faults,
};
use wharf_records::encode;
use wharf_service::transact;
use wharf_store::Txn;
use wharf_wire::{Call, Fault};

use super::listeners::tree_of;
use crate::{
    core::Core,
    fault,
    names::{Kind, Names as _, Place},
    page,
    records::Listener,
};

/// Beside the default one, as in AWS.
const MAX_CERTIFICATES: usize = 25;

pub async fn add(
    core: &Core,
    call: &Call,
    input: AddListenerCertificatesInput,
) -> Result<AddListenerCertificatesOutput, Fault> {
    let given = arns(input.certificates)?;
    let add = |listener: &mut Listener| {
        let there = listener.certificates.get(1..).unwrap_or_default();
        let new = given.iter().filter(|arn| !there.contains(arn));
        let new: Vec<String> = new.cloned().collect();
        listener.certificates.extend(new);
        if listener.certificates.len() > MAX_CERTIFICATES + 1 {
            return Err(faults::too_many_certificates_exception(
                "The maximum number of certificates has been reached on this listener: 25",
            ));
        }
        Ok(())
    };
    change(core, call, input.listener_arn.as_deref(), add).await?;
    let shown = given.into_iter().map(|arn| certificate(arn, false));
    Ok(AddListenerCertificatesOutput {
        certificates: Some(shown.collect()),
    })
}

pub async fn remove(
    core: &Core,
    call: &Call,
    input: RemoveListenerCertificatesInput,
) -> Result<RemoveListenerCertificatesOutput, Fault> {
    let given = arns(input.certificates)?;
    let remove = |listener: &mut Listener| {
        let Some((default, others)) = listener.certificates.split_first() else {
            return Ok(());
        };
        if given.contains(default) && !others.contains(default) {
            return Err(faults::operation_not_permitted_exception(
                "The default certificate of a listener cannot be removed",
            ));
        }
        let others = others.iter().filter(|arn| !given.contains(arn));
        listener.certificates = std::iter::once(default).chain(others).cloned().collect();
        Ok(())
    };
    change(core, call, input.listener_arn.as_deref(), remove).await?;
    Ok(RemoveListenerCertificatesOutput {})
}

pub async fn describe(
    core: &Core,
    call: &Call,
    mut input: DescribeListenerCertificatesInput,
) -> Result<DescribeListenerCertificatesOutput, Fault> {
    let wanted = (input.marker.take(), input.page_size.take());
    let wanted = page::asked(
        core,
        call,
        "elbv2/DescribeListenerCertificates",
        &input,
        wanted,
    )?;
    let place = Place::of(call);
    let (_, stored) = core
        .find::<Listener>(
            &place,
            Kind::Listener,
            input.listener_arn.as_deref(),
            fault::listener_not_found,
        )
        .await?;
    let mut found: Vec<(String, Certificate)> = Vec::new();
    for (index, arn) in stored.record.certificates.into_iter().enumerate() {
        let is_default = index == 0;
        // The default one may be there twice.
        let place = format!("{arn} {}", u8::from(!is_default));
        found.push((place, certificate(arn, is_default)));
    }
    let (page, next_marker) = page::by_id(&wanted, found);
    Ok(DescribeListenerCertificatesOutput {
        certificates: Some(page.into_iter().map(|(_, it)| it).collect()),
        next_marker,
    })
}

fn certificate(arn: String, default: bool) -> Certificate {
    Certificate {
        certificate_arn: Some(arn),
        is_default: Some(default),
    }
}

fn arns(given: Option<Vec<Certificate>>) -> Result<Vec<String>, Fault> {
    let mut arns = Vec::new();
    for certificate in given.unwrap_or_default() {
        if certificate.is_default.is_some() {
            return Err(fault::invalid(
                "You cannot specify whether a certificate is the default for this operation",
            ));
        }
        let arn = certificate.certificate_arn.unwrap_or_default();
        if !arns.contains(&arn) {
            arns.push(arn);
        }
    }
    if arns.is_empty() {
        return Err(fault::invalid("A certificate must be specified"));
    }
    if arns.len() > MAX_CERTIFICATES {
        return Err(faults::too_many_certificates_exception(
            "The maximum number of certificates has been reached on this listener: 25",
        ));
    }
    Ok(arns)
}

async fn change(
    core: &Core,
    call: &Call,
    arn: Option<&str>,
    change: impl Fn(&mut Listener) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let place = Place::of(call);
    transact!(core.table, &call.permit, |tx| {
        let (tree, id) = tree_of(core, &place, arn).await?;
        let stored = tree.listener(&id).ok_or_else(fault::listener_not_found)?;
        if !stored.record.protocol.is_secure() {
            return Err(fault::invalid(
                "Certificates can only be specified for HTTPS and TLS listeners",
            ));
        }
        let mut changed = stored.record.clone();
        change(&mut changed)?;
        let own = place.arn(Kind::Listener, &id);
        let txn = Txn::new()
            .when(stored.unchanged())
            .put(&stored.key, encode(&changed));
        let (before, after) = (&stored.record.certificates, &changed.certificates);
        let txn = core
            .change_certificates(txn, &place, &own, before, after)
            .await?;
        tx.join(tree.touch(txn));
    });
    Ok(())
}
