//! CreateFlowLogs: one flow log for each resource; those that could not be made are told.

use serde_json::json;
use wharf_api_ec2::types::{CreateFlowLogsRequest, CreateFlowLogsResult};
use wharf_base::{Arn, LogResource, ids};
use wharf_delivery::{Actor, Request};
use wharf_records::{Record as _, Unknown, encode};
use wharf_service::transact;
use wharf_store::{Compare, Txn};
use wharf_wire::{Call, Fault};

use super::{
    FlowLog, MAX_OF_RESOURCE, MAX_RESOURCES, deliver, fault,
    format::{self, Format},
    records::{Destination, Recorded, Traffic},
};
use crate::{
    Ec2Service,
    fault::{bad_value_of, dry_run, missing_parameter, tell, token_reused},
    records::{Fence, Interface, Pointer, Subnet, Vpc, arn},
    table::{client_token, digest_of},
    tags,
};

/// Whoever makes one rewrites it, so that no two count the same flow logs.
const COUNT: &str = "flow-logs";
const CLOUD_WATCH: &str = "cloud-watch-logs";
const S3: &str = "s3";
const INTERVALS: [i32; 2] = [60, 600];
/// AWS writes below a folder of this name, and leaves none of it to users.
const RESERVED: &str = "AWSLogs";

pub async fn create(
    service: &Ec2Service,
    call: &Call,
    input: CreateFlowLogsRequest,
) -> Result<CreateFlowLogsResult, Fault> {
    dry_run(input.dry_run)?;
    let token = client_token(input.client_token.as_deref())?;
    let asked = digest_of(&CreateFlowLogsRequest {
        client_token: None,
        ..input.clone()
    });
    let wanted = Wanted::read(call, &input, asked)?;
    let mut resources = input.resource_ids.unwrap_or_default();
    if resources.is_empty() {
        return Err(missing_parameter("ResourceId"));
    }
    if resources.len() > MAX_RESOURCES {
        return Err(fault::bad_parameter(format!(
            "At most {MAX_RESOURCES} resources can be given."
        )));
    }
    resources.sort();
    resources.dedup();
    let refused = bucket_refuses(service, call, &wanted).await?;
    let (mut made, mut unsuccessful) = (Vec::new(), Vec::new());
    for id in resources {
        let token = token.map(|token| format!("flow-log-token:{token}:{id}"));
        let one = match &refused {
            Some(fault) => Err(fault.clone()),
            None => one(service, call, &wanted, &id, token).await,
        };
        match one {
            Ok(id) => made.push(id),
            Err(fault) if fault.code == token_reused().code => return Err(fault),
            Err(fault) => tell(&mut unsuccessful, id, Err(as_told(fault)))?,
        }
    }
    Ok(CreateFlowLogsResult {
        client_token: input.client_token,
        flow_log_ids: Some(made),
        unsuccessful: Some(unsuccessful),
    })
}

/// What is the same for all resources.
struct Wanted {
    kind: String,
    log: FlowLog,
}

impl Wanted {
    fn read(call: &Call, input: &CreateFlowLogsRequest, asked: String) -> Result<Self, Fault> {
        let given = |it: &Option<String>| it.clone().filter(|it| !it.is_empty());
        let kind = given(&input.resource_type).ok_or_else(|| missing_parameter("ResourceType"))?;
        let traffic = given(&input.traffic_type).ok_or_else(|| missing_parameter("TrafficType"))?;
        let traffic = match traffic.as_str() {
            "ALL" => Traffic::All,
            "ACCEPT" => Traffic::Accept,
            "REJECT" => Traffic::Reject,
            other => return Err(bad_value_of("TrafficType", other)),
        };
        let interval = input.max_aggregation_interval.unwrap_or(INTERVALS[1]);
        if !INTERVALS.contains(&interval) {
            return Err(fault::bad_parameter(
                "Invalid Flow Log Max Aggregation Interval",
            ));
        }
        let format = given(&input.log_format).unwrap_or_else(|| format::DEFAULT.to_owned());
        Format::read(&format)?;
        let specifications = input.tag_specifications.as_deref();
        Ok(Self {
            log: FlowLog {
                id: String::new(),
                of: Recorded::Vpc(String::new()),
                vpc_id: String::new(),
                traffic,
                destination: destination(call, input)?,
                format,
                interval,
                trouble: None,
                token_id: None,
                asked,
                created_at: call.now,
                tags: tags::specified(call, specifications, FlowLog::KIND)?,
                unknown: Unknown::new(),
            },
            kind,
        })
    }
}

fn destination(call: &Call, input: &CreateFlowLogsRequest) -> Result<Destination, Fault> {
    let given = |it: &Option<String>| it.clone().filter(|it| !it.is_empty());
    let (group, place) = (given(&input.log_group_name), given(&input.log_destination));
    let role = given(&input.deliver_logs_permission_arn);
    let kind = given(&input.log_destination_type).unwrap_or_else(|| CLOUD_WATCH.to_owned());
    match kind.as_str() {
        CLOUD_WATCH => {
            let of = "LogDestinationType";
            let role = role
                .ok_or_else(|| fault::empty_beside("DeliverLogsPermissionArn", of, CLOUD_WATCH))?;
            if !is_role(call, &role) {
                return Err(bad_value_of("DeliverLogsPermissionArn", &role));
            }
            let group = match (group, &place) {
                (Some(_), Some(_)) => {
                    return Err(fault::bad_parameter(
                        "Please only provide LogGroupName or only provide LogDestination.",
                    ));
                }
                (Some(group), None) => group,
                (None, Some(arn)) => {
                    group_of(call, arn).ok_or_else(|| bad_value_of("LogDestination", arn))?
                }
                (None, None) => return Err(fault::empty_beside("LogGroupName", of, CLOUD_WATCH)),
            };
            if group.len() > 512 || !group.bytes().all(is_of_group) {
                return Err(bad_value_of("LogGroupName", &group));
            }
            Ok(Destination::Logs {
                group,
                role,
                by_arn: place,
            })
        }
        S3 => {
            if group.is_some() {
                return Err(fault::bad_parameter(
                    "LogDestination type must be cloud-watch-logs if LogGroupName is provided.",
                ));
            }
            if role.is_some() {
                return Err(fault::bad_parameter(
                    "DeliverLogsPermissionArn is not applicable if LogDestinationType is s3.",
                ));
            }
            let arn = place
                .ok_or_else(|| fault::empty_beside("LogDestination", "LogDestinationType", S3))?;
            let (bucket, prefix) =
                bucket_of(&arn).ok_or_else(|| bad_value_of("LogDestination", &arn))?;
            if prefix.split('/').any(|folder| folder == RESERVED) {
                return Err(fault::bad_parameter(format!(
                    "{RESERVED} is a reserved term and can't be a folder of LogDestination."
                )));
            }
            let options = input.destination_options.clone().unwrap_or_default();
            Ok(Destination::S3 {
                bucket,
                prefix,
                arn,
                hive: options.hive_compatible_partitions.unwrap_or_default(),
                hourly: options.per_hour_partition.unwrap_or_default(),
            })
        }
        other => Err(bad_value_of("LogDestinationType", other)),
    }
}

fn is_of_group(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_-/.#".contains(&byte)
}

/// A role of the caller's account.
fn is_role(call: &Call, text: &str) -> bool {
    let Ok(arn) = text.parse::<Arn>() else {
        return false;
    };
    arn.service == "iam" && arn.account == call.account && arn.resource_type() == "role"
}

/// The log group of an ARN, of this account and region.
fn group_of(call: &Call, text: &str) -> Option<String> {
    let arn: Arn = text.parse().ok()?;
    let here = arn.service == "logs" && arn.account == call.account && arn.region == call.region;
    let name = LogResource::parse(&arn.resource)?.whole_group()?;
    here.then(|| name.to_owned())
}

/// Bucket and prefix of `arn:aws:s3:::bucket/prefix/`.
fn bucket_of(text: &str) -> Option<(String, String)> {
    let arn: Arn = text.parse().ok()?;
    let (bucket, prefix) = arn.resource.split_once('/').unwrap_or((&arn.resource, ""));
    let prefix = prefix.trim_matches('/');
    let good = arn.service == "s3" && !bucket.is_empty() && prefix.len() <= 512;
    good.then(|| (bucket.to_owned(), prefix.to_owned()))
}

/// Why the bucket does not take files, if so: the service must be let in by its policy.
async fn bucket_refuses(
    service: &Ec2Service,
    call: &Call,
    wanted: &Wanted,
) -> Result<Option<Fault>, Fault> {
    let (Destination::S3 { bucket, .. }, Some(operations)) =
        (&wanted.log.destination, service.operations.get())
    else {
        return Ok(None);
    };
    let ask = |operation: &str| {
        let input = json!({ "Bucket": bucket, "ExpectedBucketOwner": call.account });
        Request::new("s3", operation, &call.region, input)
    };
    let actor = deliver::writer(&call.account, &call.region);
    match operations.call(&actor, &ask("GetBucketAcl")).await {
        Ok(_) => return Ok(None),
        Err(fault) if fault.sender => {}
        Err(fault) => return Err(fault),
    }
    // Who is let in nowhere does not hear that there is no bucket; its account does.
    let account = Actor::Account {
        account: call.account.clone(),
        source_arn: arn(call, FlowLog::KIND, "*"),
    };
    let found = operations.call(&account, &ask("GetBucketLocation")).await;
    Ok(Some(match found {
        Err(fault) if fault.code == "NoSuchBucket" => fault::no_bucket(bucket),
        _ => fault::shut_bucket(bucket),
    }))
}

async fn one(
    service: &Ec2Service,
    call: &Call,
    wanted: &Wanted,
    resource: &str,
    token: Option<String>,
) -> Result<String, Fault> {
    let made = transact!(service.table, &call.permit, |tx| {
        if let Some(made) = made_before(service, call, token.as_deref()).await? {
            if made.asked != wanted.log.asked {
                return Err(token_reused());
            }
            return Ok(made.id);
        }
        let fence = service.fence(call, COUNT).await?;
        let mut log = wanted.log.clone();
        log.id = ids::ec2_id("fl");
        log.token_id.clone_from(&token);
        (log.of, log.vpc_id) = recorded(service, call, &wanted.kind, resource).await?;
        let all: Vec<FlowLog> = service.all(call).await?;
        let mut same = all.iter().filter(|it| it.of == log.of);
        if same.clone().any(|it| it.is_like(&log)) {
            return Err(fault::exists());
        }
        if same.nth(MAX_OF_RESOURCE - 1).is_some() {
            return Err(fault::too_many(resource, MAX_OF_RESOURCE));
        }
        let mut txn = Txn::new()
            .when(fence)
            .put(Ec2Service::key::<Fence>(call, COUNT), encode(&Fence {}))
            .put(Ec2Service::key::<FlowLog>(call, &log.id), encode(&log));
        if let Some(token) = &token {
            let key = Ec2Service::key::<Pointer>(call, token);
            txn = txn
                .when(Compare::absent(key.clone()))
                .put(key, encode(&Pointer::to(&log.id)));
        }
        tx.join(txn);
        log.id
    });
    Ok(made)
}

async fn made_before(
    service: &Ec2Service,
    call: &Call,
    token: Option<&str>,
) -> Result<Option<FlowLog>, Fault> {
    let Some(token) = token else {
        return Ok(None);
    };
    match service.find::<Pointer>(call, token).await? {
        Some(pointer) => service.find(call, &pointer.id).await,
        None => Ok(None),
    }
}

/// What is recorded, and its VPC.
async fn recorded(
    service: &Ec2Service,
    call: &Call,
    kind: &str,
    id: &str,
) -> Result<(Recorded, String), Fault> {
    match kind {
        "VPC" => {
            let vpc: Vpc = service.get(call, id).await?;
            Ok((Recorded::Vpc(vpc.id.clone()), vpc.id))
        }
        "Subnet" => {
            let subnet: Subnet = service.get(call, id).await?;
            Ok((Recorded::Subnet(subnet.id, subnet.cidr), subnet.vpc_id))
        }
        "NetworkInterface" => {
            let interface: Interface = service.get(call, id).await?;
            Ok((Recorded::Interface(interface.id), interface.vpc_id))
        }
        other => Err(bad_value_of("ResourceType", other)),
    }
}

/// AWS says of destinations that they are wrong by this alone.
fn as_told(fault: Fault) -> Fault {
    match &*fault.code {
        "InvalidParameter" => Fault {
            code: "400".into(),
            ..fault
        },
        _ => fault,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_and_prefixes() {
        for (arn, expected) in [
            ("arn:aws:s3:::b", Some(("b", ""))),
            ("arn:aws:s3:::b/", Some(("b", ""))),
            ("arn:aws:s3:::b/a/c/", Some(("b", "a/c"))),
            ("arn:aws:s3:::", None),
            ("arn:aws:sqs:::b", None),
            ("b", None),
        ] {
            let expected = expected.map(|(b, p)| (b.to_owned(), p.to_owned()));
            assert_eq!(bucket_of(arn), expected, "{arn}");
        }
    }
}
