//! Who may do what with a bucket: its policy, its block of public access, its ownership, and the ACLs it does not have.

use wharf_api_s3::*;
use wharf_service::principals;
use wharf_wire::{Call, Fault};

use super::{buckets::change, get, opened};
use crate::{
    acl,
    config_records::PublicAccess,
    core::Core,
    fault::{self, S3Faults},
    policy,
};

pub async fn get_policy(
    core: &Core,
    call: &Call,
    input: GetBucketPolicyRequest,
) -> Result<GetBucketPolicyOutput, Fault> {
    let open = opened!(core, input);
    let policy = open
        .record
        .policy
        .ok_or_else(|| no_policy(&open.record.name))?;
    Ok(GetBucketPolicyOutput {
        policy: Some(principals::shown::<S3Faults>(call, policy).await?),
    })
}

fn no_policy(bucket: &str) -> Fault {
    fault::nothing(
        "NoSuchBucketPolicy",
        "The bucket policy does not exist",
        bucket,
    )
}

pub async fn put_policy(
    core: &Core,
    call: &Call,
    input: PutBucketPolicyRequest,
) -> Result<(), Fault> {
    let open = opened!(core, input);
    let text = input.policy.unwrap_or_default();
    let document = policy::parse(&text, &open.record.name)?;
    let public = policy::is_public(&document);
    let text = principals::bound(call, text).await;
    let text = text.map_err(|it| it.fault::<S3Faults>(|_| policy::nobody()))?;
    change(core, call, &open, |bucket| {
        if public && bucket.settings.public_access.is_some_and(|it| it.block_policy) {
            let text = format!(
                "User: {} is not authorized to perform: s3:PutBucketPolicy on resource: {:?} because public policies are \
                 prevented by the BlockPublicPolicy setting in S3 Block Public Access.",
                call.caller.arn,
                crate::names::bucket_arn(&bucket.name)
            );
            return Err(Fault::sender("AccessDenied", 403, text));
        }
        bucket.policy = Some(text.clone());
        Ok(())
    })
    .await
}

pub async fn delete_policy(
    core: &Core,
    call: &Call,
    input: DeleteBucketPolicyRequest,
) -> Result<(), Fault> {
    let open = opened!(core, input);
    change(core, call, &open, |bucket| {
        bucket.policy = None;
        Ok(())
    })
    .await
}

pub async fn policy_status(
    core: &Core,
    _: &Call,
    input: GetBucketPolicyStatusRequest,
) -> Result<GetBucketPolicyStatusOutput, Fault> {
    let open = opened!(core, input);
    let text = open
        .record
        .policy
        .as_deref()
        .ok_or_else(|| no_policy(&open.record.name))?;
    Ok(GetBucketPolicyStatusOutput {
        policy_status: Some(PolicyStatus {
            is_public: Some(policy::is_public_text(text)),
        }),
    })
}

pub async fn get_public_access(
    core: &Core,
    _: &Call,
    input: GetPublicAccessBlockRequest,
) -> Result<GetPublicAccessBlockOutput, Fault> {
    let open = opened!(core, input);
    let none = || {
        let text = "The public access block configuration was not found";
        fault::nothing(
            "NoSuchPublicAccessBlockConfiguration",
            text,
            &open.record.name,
        )
    };
    let found = open.record.settings.public_access.ok_or_else(none)?;
    Ok(GetPublicAccessBlockOutput {
        public_access_block_configuration: Some(PublicAccessBlockConfiguration {
            block_public_acls: Some(found.block_acls),
            ignore_public_acls: Some(found.ignore_acls),
            block_public_policy: Some(found.block_policy),
            restrict_public_buckets: Some(found.restrict_buckets),
        }),
    })
}

pub async fn put_public_access(
    core: &Core,
    call: &Call,
    input: PutPublicAccessBlockRequest,
) -> Result<(), Fault> {
    let open = opened!(core, input);
    let given = input.public_access_block_configuration.unwrap_or_default();
    let wanted = PublicAccess {
        block_acls: given.block_public_acls.unwrap_or_default(),
        ignore_acls: given.ignore_public_acls.unwrap_or_default(),
        block_policy: given.block_public_policy.unwrap_or_default(),
        restrict_buckets: given.restrict_public_buckets.unwrap_or_default(),
    };
    change(core, call, &open, |bucket| {
        bucket.settings.public_access = Some(wanted);
        Ok(())
    })
    .await
}

pub async fn delete_public_access(
    core: &Core,
    call: &Call,
    input: DeletePublicAccessBlockRequest,
) -> Result<(), Fault> {
    let open = opened!(core, input);
    change(core, call, &open, |bucket| {
        bucket.settings.public_access = None;
        Ok(())
    })
    .await
}

pub async fn get_ownership(
    core: &Core,
    _: &Call,
    input: GetBucketOwnershipControlsRequest,
) -> Result<GetBucketOwnershipControlsOutput, Fault> {
    let open = opened!(core, input);
    let none = || {
        let text = "The bucket ownership controls were not found";
        fault::nothing("OwnershipControlsNotFoundError", text, &open.record.name)
    };
    let ownership = open.record.settings.ownership.clone().ok_or_else(none)?;
    let rule = OwnershipControlsRule {
        object_ownership: Some(ownership),
    };
    Ok(GetBucketOwnershipControlsOutput {
        ownership_controls: Some(OwnershipControls {
            rules: Some(vec![rule]),
        }),
    })
}

pub async fn put_ownership(
    core: &Core,
    call: &Call,
    input: PutBucketOwnershipControlsRequest,
) -> Result<(), Fault> {
    let open = opened!(core, input);
    let rules = input
        .ownership_controls
        .unwrap_or_default()
        .rules
        .unwrap_or_default();
    let [rule] = rules.as_slice() else {
        return Err(fault::malformed_xml());
    };
    match rule.object_ownership.as_deref() {
        Some(acl::ENFORCED) => {}
        Some("ObjectWriter" | "BucketOwnerPreferred") => {
            let text = "ACLs are not supported by this version of wharf: ObjectOwnership is BucketOwnerEnforced.";
            return Err(fault::not_implemented(text));
        }
        _ => return Err(fault::malformed_xml()),
    }
    change(core, call, &open, |bucket| {
        bucket.settings.ownership = Some(acl::ENFORCED.to_owned());
        Ok(())
    })
    .await
}

pub async fn delete_ownership(
    core: &Core,
    call: &Call,
    input: DeleteBucketOwnershipControlsRequest,
) -> Result<(), Fault> {
    let open = opened!(core, input);
    change(core, call, &open, |bucket| {
        bucket.settings.ownership = None;
        Ok(())
    })
    .await
}

pub async fn get_acl(
    core: &Core,
    _: &Call,
    input: GetBucketAclRequest,
) -> Result<GetBucketAclOutput, Fault> {
    let account = opened!(core, input).record.account;
    Ok(GetBucketAclOutput {
        owner: Some(acl::owner(&account)),
        grants: Some(acl::grants(&account)),
    })
}

pub async fn put_acl(core: &Core, _: &Call, input: PutBucketAclRequest) -> Result<(), Fault> {
    let open = opened!(core, input);
    let grants = [
        &input.grant_full_control,
        &input.grant_read,
        &input.grant_read_acp,
        &input.grant_write,
        &input.grant_write_acp,
    ];
    let granted = grants.iter().any(|it| it.is_some());
    acl::check(
        &open.record.account,
        input.acl.as_deref(),
        granted,
        input.access_control_policy.as_ref(),
    )
}

pub async fn get_object_acl(
    core: &Core,
    call: &Call,
    input: GetObjectAclRequest,
) -> Result<GetObjectAclOutput, Fault> {
    let open = opened!(core, input);
    let account = open.record.account.clone();
    get::find(
        core,
        call,
        open,
        input.key.as_deref(),
        input.version_id.as_deref(),
    )
    .await?;
    Ok(GetObjectAclOutput {
        owner: Some(acl::owner(&account)),
        grants: Some(acl::grants(&account)),
        request_charged: None,
    })
}

pub async fn put_object_acl(
    core: &Core,
    call: &Call,
    input: PutObjectAclRequest,
) -> Result<PutObjectAclOutput, Fault> {
    let open = opened!(core, input);
    let account = open.record.account.clone();
    get::find(
        core,
        call,
        open,
        input.key.as_deref(),
        input.version_id.as_deref(),
    )
    .await?;
    let grants = [
        &input.grant_full_control,
        &input.grant_read,
        &input.grant_read_acp,
        &input.grant_write,
        &input.grant_write_acp,
    ];
    let granted = grants.iter().any(|it| it.is_some());
    acl::check(
        &account,
        input.acl.as_deref(),
        granted,
        input.access_control_policy.as_ref(),
    )?;
    Ok(PutObjectAclOutput::default())
}
