//! Whether the service that delivers logs is let in where a delivery leads; and the policy of log groups that
//! CreateDelivery adds to for it, as AWS does.

use serde_json::{Value, json};
use wharf_base::Arn;
use wharf_delivery::{Actor, Operations, Request};
use wharf_records::Scope;
use wharf_wire::{Check, Fault};

use super::{
    layout::{self, bucket_of},
    records::Delivery,
    run,
};
use crate::{LogsService, names, ops::resource_policies};

/// Name of the policy, and of the statement in it.
pub const POLICY: &str = "AWSLogDeliveryWrite20150319";
/// Groups whose names begin so share one line of it: it would become too long.
const SHARED: &str = "/aws/vendedlogs/";

/// Whether the service may write into a log group of an account, for a source of the same or another one.
///
/// # Errors
/// Nobody can say now.
pub async fn group_lets_in(
    service: &LogsService,
    (owner, group): (&Scope, &str),
    (account, source_arn): (&str, &str),
) -> Result<bool, Fault> {
    let Some(operations) = service.operations.get() else {
        return Ok(true);
    };
    let policy = resource_policies::all_of(service, owner).await?;
    let streams = format!("{}:log-stream:*", names::group_arn_in(owner, group));
    let check = |action: &str| Check::new(action, &streams).with_resource_policy(policy.clone());
    let checks = ["logs:CreateLogStream", "logs:PutLogEvents"].map(check);
    let actor = run::writer(account, source_arn);
    is_let(operations.may(&actor, &owner.region, &checks).await)
}

/// Whether it was allowed.
fn is_let(outcome: Result<(), Fault>) -> Result<bool, Fault> {
    match outcome {
        Ok(()) => Ok(true),
        Err(fault) if fault.sender => Ok(false),
        Err(fault) => Err(fault),
    }
}

/// Why a destination, which is `owner`'s, takes nothing of a delivery, which is in `scope`. `None` if it does, and for a log
/// group of the delivery's own account: its policy can be added to.
///
/// # Errors
/// Nobody can say now.
pub async fn shut(
    service: &LogsService,
    scope: &Scope,
    delivery: &Delivery,
    (owner, target): (&Scope, &Arn),
) -> Result<Option<String>, Fault> {
    let source_arn = names::arn_in(scope, names::DELIVERY_SOURCE, &delivery.source);
    if let Some(group) = names::group_in(target).filter(|_| owner.account != scope.account) {
        let source = (scope.account.as_str(), source_arn.as_str());
        let lets_in = group_lets_in(service, (owner, group), source).await?;
        return Ok((!lets_in).then(|| {
            format!(
                "Access Denied for Log Destination: no resource policy of the account {} lets {} create streams and put events in the log group {group} for {source_arn}.",
                owner.account,
                run::WRITER
            )
        }));
    }
    let Some((bucket, prefix)) = bucket_of(target) else {
        return Ok(None);
    };
    let folder = layout::folder(prefix, &scope.account, delivery.hive);
    let place = (owner.account.as_str(), bucket, folder.as_str());
    let lets_in = bucket_lets_in(service, scope, place, &source_arn).await?;
    Ok((!lets_in).then(|| {
        format!(
            "Access Denied for Log Destination: the policy of the bucket {bucket} does not let {} put objects for {source_arn}.",
            run::WRITER
        )
    }))
}

/// For objects below a folder.
async fn bucket_lets_in(
    service: &LogsService,
    scope: &Scope,
    (owner, bucket, folder): (&str, &str, &str),
    source_arn: &str,
) -> Result<bool, Fault> {
    let Some(operations) = service.operations.get() else {
        return Ok(true);
    };
    let Some(policy) = policy_of(&**operations, &scope.region, (owner, bucket), source_arn).await?
    else {
        return Ok(false);
    };
    let check = Check::new(
        "s3:PutObject",
        format!("arn:aws:s3:::{bucket}/{folder}/logs"),
    )
    .of_account(owner)
    .with("s3:x-amz-acl", "bucket-owner-full-control")
    .with_resource_policy(Some(policy));
    let actor = run::writer(&scope.account, source_arn);
    is_let(operations.may(&actor, &scope.region, &[check]).await)
}

/// The policy of a bucket; `None` if it has none, or is nobody's or somebody else's.
async fn policy_of(
    operations: &dyn Operations,
    region: &str,
    (owner, bucket): (&str, &str),
    source_arn: &str,
) -> Result<Option<String>, Fault> {
    let actor = Actor::Account {
        account: owner.to_owned(),
        source_arn: source_arn.to_owned(),
    };
    let input = json!({ "Bucket": bucket, "ExpectedBucketOwner": owner });
    let request = Request::new("s3", "GetBucketPolicy", region, input);
    match operations.call(&actor, &request).await {
        Ok(answer) => Ok(answer["Policy"].as_str().map(str::to_owned)),
        Err(fault) if fault.sender => Ok(None),
        Err(fault) => Err(fault),
    }
}

/// The policy that lets the service into a further log group; `None` if the one that is there is no such policy. Pure.
pub fn with_group(former: Option<&str>, scope: &Scope, group: &str) -> Option<String> {
    let groups = match group.starts_with(SHARED) {
        true => format!("{SHARED}*"),
        false => group.to_owned(),
    };
    let resource = format!("{}:log-stream:*", names::group_arn_in(scope, &groups));
    let mut policy: Value = match former {
        None => new(scope),
        Some(text) => serde_json::from_str(text).ok()?,
    };
    let statements = policy.get_mut("Statement")?.as_array_mut()?;
    let own = statements.iter_mut().find(|it| it["Sid"] == POLICY)?;
    let resources = own.get_mut("Resource")?.as_array_mut()?;
    if !resources.iter().any(|it| *it == resource.as_str()) {
        resources.push(resource.into());
    }
    Some(policy.to_string())
}

fn new(scope: &Scope) -> Value {
    let sources = Arn::new("logs", &scope.region, &scope.account, "*").to_string();
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Sid": POLICY,
            "Effect": "Allow",
            "Principal": {"Service": run::WRITER},
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": [],
            "Condition": {
                "StringEquals": {"aws:SourceAccount": [scope.account]},
                "ArnLike": {"aws:SourceArn": [sources]},
            },
        }],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_added_to_the_policy_once() {
        let scope = Scope::new("logs", "123456789012", "us-east-1");
        let one = with_group(None, &scope, "a").unwrap();
        let two = with_group(Some(&one), &scope, "/aws/vendedlogs/events/x").unwrap();
        let more = with_group(Some(&two), &scope, "/aws/vendedlogs/events/y").unwrap();
        assert_eq!(two, more);
        let policy: Value = serde_json::from_str(&two).unwrap();
        let statement = &policy["Statement"][0];
        let arn = "arn:aws:logs:us-east-1:123456789012:log-group";
        let resources = json!([
            format!("{arn}:a:log-stream:*"),
            format!("{arn}:/aws/vendedlogs/*:log-stream:*"),
        ]);
        assert_eq!(statement["Resource"], resources);
        let from = json!(["arn:aws:logs:us-east-1:123456789012:*"]);
        assert_eq!(statement["Condition"]["ArnLike"]["aws:SourceArn"], from);
        assert_eq!(with_group(Some("{}"), &scope, "a"), None);
        assert_eq!(with_group(Some("no JSON"), &scope, "a"), None);
    }
}
