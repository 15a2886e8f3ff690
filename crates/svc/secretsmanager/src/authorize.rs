//! One row per operation: what it does to which secret, under which condition keys.
//!
//! A secret that is there is judged by its ARN, with its own policy and tags; one that is not, by the
//! ARN it would have, so that who may do nothing learns nothing.

use wharf_api_secretsmanager::{Input, ReplicaRegionType, Tag};
use wharf_base::Arn;
use wharf_service::{Place, tags};
use wharf_wire::{Check, Context, Fault};

use crate::{
    core::Core,
    kms,
    names::{self, PRINCIPAL, SERVICE},
    versions::CURRENT,
};

pub async fn checks(core: &Core, cx: &Context, input: Input<'_>) -> Result<Vec<Check>, Fault> {
    let row = Row {
        core,
        place: Place::of(cx),
        action: input.action(),
    };
    let check = match input {
        Input::GetRandomPassword(_) | Input::ListSecrets(_) | Input::BatchGetSecretValue(_) => {
            Check::any(row.action)
        }
        // A policy may be for a secret that is yet to be made.
        Input::ValidateResourcePolicy(it) => match it.secret_id.as_deref() {
            Some(id) => row.on(Some(id)).await?,
            None => Check::any(row.action),
        },
        Input::CreateSecret(it) => {
            let name = it.name.as_deref().unwrap_or_default();
            let mut check =
                Check::new(&row.action, wished(&row.place, name)).with("secretsmanager:Name", name);
            if let Some(description) = &it.description {
                check = check.with("secretsmanager:Description", description.clone());
            }
            if let Some(regions) = it
                .add_replica_regions
                .as_deref()
                .filter(|it| !it.is_empty())
            {
                check = to_regions(check, regions, it.force_overwrite_replica_secret);
            }
            let check = row.under(cx, check, it.kms_key_id.as_deref()).await?;
            let mut checks = vec![with_tags(check, it.tags.as_deref())];
            if it.tags.as_ref().is_some_and(|tags| !tags.is_empty()) {
                let tagging = Check::new("secretsmanager:TagResource", wished(&row.place, name));
                checks.push(with_tags(tagging, it.tags.as_deref()));
            }
            return Ok(checks);
        }
        Input::GetSecretValue(it) => {
            let mut check = row.on(it.secret_id.as_deref()).await?;
            if let Some(id) = &it.version_id {
                check = check.with("secretsmanager:VersionId", id.clone());
            }
            let unsaid = it.version_id.is_none().then_some(CURRENT);
            match it.version_stage.as_deref().or(unsaid) {
                Some(stage) => check.with("secretsmanager:VersionStage", stage),
                None => check,
            }
        }
        Input::DeleteSecret(it) => {
            let mut check = row.on(it.secret_id.as_deref()).await?;
            if let Some(days) = it.recovery_window_in_days {
                check = check.with("secretsmanager:RecoveryWindowInDays", days.to_string());
            }
            let forced = it.force_delete_without_recovery.unwrap_or_default();
            check.with(
                "secretsmanager:ForceDeleteWithoutRecovery",
                forced.to_string(),
            )
        }
        Input::PutResourcePolicy(it) => {
            let blocks = it.block_public_policy.unwrap_or_default();
            let check = row.on(it.secret_id.as_deref()).await?;
            check.with("secretsmanager:BlockPublicPolicy", blocks.to_string())
        }
        Input::ReplicateSecretToRegions(it) => {
            let check = row.on(it.secret_id.as_deref()).await?;
            let regions = it.add_replica_regions.as_deref().unwrap_or_default();
            to_regions(check, regions, it.force_overwrite_replica_secret)
        }
        Input::RotateSecret(it) => {
            let mut check = row.on(it.secret_id.as_deref()).await?;
            if let Some(by) = &it.rotation_lambda_arn {
                check = check.with("secretsmanager:RotationLambdaARN", by.clone());
            }
            let (rules, now) = (it.rotation_rules.is_some(), it.rotate_immediately);
            check = check
                .with("secretsmanager:ModifyRotationRules", rules.to_string())
                .with(
                    "secretsmanager:RotateImmediately",
                    now.unwrap_or(true).to_string(),
                );
            let role = it.external_secret_rotation_role_arn.as_ref();
            if let Some(role) = role {
                check = check.with("secretsmanager:ExternalSecretRotationRoleArn", role.clone());
            }
            let secret = check.resource.clone();
            let passed = role.map(|it| Check::pass_role(it, PRINCIPAL).associated_with(secret));
            return Ok([check].into_iter().chain(passed).collect());
        }
        Input::TagResource(it) => {
            let check = row.on(it.secret_id.as_deref()).await?;
            with_tags(check, it.tags.as_deref())
        }
        Input::UntagResource(it) => {
            let check = row.on(it.secret_id.as_deref()).await?;
            tags::removed(check, it.tag_keys.as_deref())
        }
        Input::UpdateSecret(it) => {
            let check = row.on(it.secret_id.as_deref()).await?;
            let check = row.under(cx, check, it.kms_key_id.as_deref()).await?;
            match &it.description {
                Some(given) => check.with("secretsmanager:Description", given.clone()),
                None => check,
            }
        }
        Input::UpdateSecretVersionStage(it) => {
            let stage = it.version_stage.clone().unwrap_or_default();
            let check = row.on(it.secret_id.as_deref()).await?;
            check.with("secretsmanager:VersionStage", stage)
        }
        other => row.on(secret_id(other)).await?,
    };
    Ok(vec![check])
}

/// The secret of an operation that is about one and has no further condition keys.
fn secret_id(input: Input<'_>) -> Option<&str> {
    match input {
        Input::AssociateCrossAccountReplica(it) => it.secret_id.as_deref(),
        Input::CancelRotateSecret(it) => it.secret_id.as_deref(),
        Input::DeleteResourcePolicy(it) => it.secret_id.as_deref(),
        Input::DescribeSecret(it) => it.secret_id.as_deref(),
        Input::DisassociateCrossAccountReplica(it) => it.secret_id.as_deref(),
        Input::GetResourcePolicy(it) => it.secret_id.as_deref(),
        Input::ListResourcePolicies(it) => it.secret_id.as_deref(),
        Input::ListSecretVersionIds(it) => it.secret_id.as_deref(),
        Input::PutSecretValue(it) => it.secret_id.as_deref(),
        Input::RemoveRegionsFromReplication(it) => it.secret_id.as_deref(),
        Input::RestoreSecret(it) => it.secret_id.as_deref(),
        Input::StopReplicationToReplica(it) => it.secret_id.as_deref(),
        _ => None,
    }
}

/// The ARN of a secret that is yet to be made, as policies see it.
fn wished(place: &Place, name: &str) -> String {
    let resource = format!("secret:{name}-??????");
    Arn::new(SERVICE, &place.region, &place.account, resource).to_string()
}

/// With the regions that get a replica, and whether it may overwrite a secret there.
fn to_regions(check: Check, regions: &[ReplicaRegionType], force: Option<bool>) -> Check {
    let force = force.unwrap_or_default().to_string();
    let check = check.with("secretsmanager:ForceOverwriteReplicaSecret", force);
    regions.iter().fold(check, |check, replica| {
        let region = replica.region.clone().unwrap_or_default();
        check.with("secretsmanager:AddReplicaRegions", region)
    })
}

/// With the tags that a request sets.
fn with_tags(check: Check, given: Option<&[Tag]>) -> Check {
    let given = given.unwrap_or_default().iter();
    tags::requested(
        check,
        given.map(|tag| (tag.key.as_deref(), tag.value.as_deref())),
    )
}

struct Row<'a> {
    core: &'a Core,
    place: Place,
    action: String,
}

impl Row<'_> {
    /// On the secret that is named.
    async fn on(&self, secret_id: Option<&str>) -> Result<Check, Fault> {
        let given = secret_id.unwrap_or_default();
        // What stands for no secret is refused by the operation.
        let Ok(asked) = names::asked(&self.place, given) else {
            return Ok(Check::new(&self.action, given));
        };
        let Some(found) = self.core.look(&self.place, secret_id).await? else {
            let resource = match given.starts_with("arn:") {
                true => given.to_owned(),
                false => wished(&asked.place, given),
            };
            return Ok(Check::new(&self.action, resource));
        };
        let secret = found.secret();
        let mut check = Check::new(&self.action, found.arn())
            .with("secretsmanager:SecretId", found.arn())
            .with(
                "secretsmanager:SecretPrimaryRegion",
                found.place.region.clone(),
            );
        if let Some(rotation) = &secret.rotation {
            let key = "secretsmanager:resource/AllowRotationLambdaArn";
            check = check.with(key, rotation.by.clone());
        }
        let check = tags::of_resource(check, Some(SERVICE), &secret.tags);
        Ok(check.with_resource_policy(secret.policy.clone()))
    }

    /// With the key of KMS that a request names: as it names it, and by its ARN.
    async fn under(&self, cx: &Context, check: Check, given: Option<&str>) -> Result<Check, Fault> {
        let Some(given) = given else {
            return Ok(check);
        };
        let check = check.with("secretsmanager:KmsKeyId", given);
        let Some(key) = kms::chosen(Some(given.to_owned())) else {
            return Ok(check);
        };
        let arn = kms::arn_of(&*self.core.parts.kms, cx, &key).await?;
        Ok(check.with("secretsmanager:KmsKeyArn", arn))
    }
}
