//! Encryption by default: what an account has said for a region.

use serde::{Deserialize, Serialize};
use wharf_api_ec2::types::*;
use wharf_records::{Record, Unknown};
use wharf_service::transact;
use wharf_wire::{Call, Context, Fault};

use super::{decide::OWN_KEY, keys::named_key};
use crate::{Ec2Service, fault};

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Defaults {
    /// All that is made is sealed.
    pub encrypt: bool,
    /// ARN of the key where none is named; without it, the account's own for EBS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for Defaults {
    const KIND: &'static str = "ebs-encryption";
    const FORMAT: u32 = 1;
}

impl Defaults {
    /// Name of the key where none is named.
    pub fn key(&self) -> &str {
        self.key.as_deref().unwrap_or(OWN_KEY)
    }
}

/// There is one of each account and region.
const ID: &str = "default";

pub async fn of(service: &Ec2Service, cx: &Context) -> Result<Defaults, Fault> {
    Ok(service.find::<Defaults>(cx, ID).await?.unwrap_or_default())
}

async fn change(
    service: &Ec2Service,
    call: &Call,
    set: impl Fn(&mut Defaults),
) -> Result<Defaults, Fault> {
    let key = Ec2Service::key::<Defaults>(call, ID);
    Ok(transact!(service.table, &call.permit, |tx| {
        let mut now = tx.find::<Defaults>(&key).await?.unwrap_or_default();
        set(&mut now);
        tx.put(&key, &now);
        now
    }))
}

pub async fn enable(
    service: &Ec2Service,
    call: &Call,
    input: EnableEbsEncryptionByDefaultRequest,
) -> Result<EnableEbsEncryptionByDefaultResult, Fault> {
    fault::dry_run(input.dry_run)?;
    service.kms()?;
    let now = change(service, call, |it| it.encrypt = true).await?;
    Ok(EnableEbsEncryptionByDefaultResult {
        ebs_encryption_by_default: Some(now.encrypt),
    })
}

pub async fn disable(
    service: &Ec2Service,
    call: &Call,
    input: DisableEbsEncryptionByDefaultRequest,
) -> Result<DisableEbsEncryptionByDefaultResult, Fault> {
    fault::dry_run(input.dry_run)?;
    let now = change(service, call, |it| it.encrypt = false).await?;
    Ok(DisableEbsEncryptionByDefaultResult {
        ebs_encryption_by_default: Some(now.encrypt),
    })
}

pub async fn get(
    service: &Ec2Service,
    call: &Call,
    input: GetEbsEncryptionByDefaultRequest,
) -> Result<GetEbsEncryptionByDefaultResult, Fault> {
    fault::dry_run(input.dry_run)?;
    let now = of(service, call).await?;
    Ok(GetEbsEncryptionByDefaultResult {
        ebs_encryption_by_default: Some(now.encrypt),
        sse_type: Some(if now.encrypt { "sse-kms" } else { "none" }.to_owned()),
    })
}

fn shown(defaults: Defaults) -> Option<String> {
    Some(defaults.key().to_owned())
}

pub async fn get_key(
    service: &Ec2Service,
    call: &Call,
    input: GetEbsDefaultKmsKeyIdRequest,
) -> Result<GetEbsDefaultKmsKeyIdResult, Fault> {
    fault::dry_run(input.dry_run)?;
    Ok(GetEbsDefaultKmsKeyIdResult {
        kms_key_id: shown(of(service, call).await?),
    })
}

pub async fn modify_key(
    service: &Ec2Service,
    call: &Call,
    input: ModifyEbsDefaultKmsKeyIdRequest,
) -> Result<ModifyEbsDefaultKmsKeyIdResult, Fault> {
    fault::dry_run(input.dry_run)?;
    let named = input.kms_key_id.filter(|it| !it.is_empty());
    let named = named.ok_or_else(|| fault::missing_parameter("KmsKeyId"))?;
    let key = named_key(service, call, &named).await?;
    let now = change(service, call, |it| it.key = Some(key.clone())).await?;
    Ok(ModifyEbsDefaultKmsKeyIdResult {
        kms_key_id: shown(now),
    })
}

pub async fn reset_key(
    service: &Ec2Service,
    call: &Call,
    input: ResetEbsDefaultKmsKeyIdRequest,
) -> Result<ResetEbsDefaultKmsKeyIdResult, Fault> {
    fault::dry_run(input.dry_run)?;
    let now = change(service, call, |it| it.key = None).await?;
    Ok(ResetEbsDefaultKmsKeyIdResult {
        kms_key_id: shown(now),
    })
}
