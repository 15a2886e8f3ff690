//! DescribeSnapshots: those of the account, and those that others let it use.

use std::collections::BTreeMap;

use wharf_api_ec2::types::{DescribeSnapshotsRequest, DescribeSnapshotsResult};
use wharf_records::decode;
use wharf_service::platform;
use wharf_wire::{Call, Fault};

use super::{Shared, Snapshot, find, visible};
use crate::{
    Ec2Service, fault,
    filter::{self, Names, matches},
    table::SERVICE,
};

/// Names that stand here and have no value match nothing.
const SNAPSHOTS: Names = Names {
    tagged: true,
    known: &[
        "completion-time",
        "description",
        "encrypted",
        "owner-alias",
        "owner-id",
        "progress",
        "snapshot-id",
        "start-time",
        "status",
        "storage-tier",
        "transfer-type",
        "volume-id",
        "volume-size",
    ],
};
/// Snapshots of one request.
const MAX_NAMED: usize = 1000;
const SELF: &str = "self";

type Snapshots = BTreeMap<String, Snapshot>;

pub async fn describe(
    service: &Ec2Service,
    call: &Call,
    input: DescribeSnapshotsRequest,
) -> Result<DescribeSnapshotsResult, Fault> {
    fault::dry_run(input.dry_run)?;
    let ids = input.snapshot_ids.unwrap_or_default();
    let owners = input.owner_ids.unwrap_or_default();
    let users = input.restorable_by_user_ids.unwrap_or_default();
    let selection = (&ids, &owners, &users, &input.filters);
    let page = (input.next_token.as_deref(), input.max_results);
    let page = service.page(call, "snapshot", &selection, page)?;
    let filters = filter::checked(input.filters, &SNAPSHOTS)?;
    let known = match ids.is_empty() {
        true => all(service, call).await?,
        false => named(service, call, &ids).await?,
    };
    let account = &call.account;
    let is_owner = |it: &Snapshot, owner: &String| match owner.as_str() {
        SELF => it.owner == *account,
        owner => it.owner == owner,
    };
    let found = known.into_values().filter(|it| {
        (owners.is_empty() || owners.iter().any(|owner| is_owner(it, owner)))
            && (users.is_empty() || users.iter().any(|user| is_for(it, user, account)))
            && (filters.is_empty() || matches(&filters, &it.fields(), &it.tags))
    });
    let (page, next_token) = page.cut(found, |it| &it.id);
    let shown = page.iter().map(|it| {
        let mut shown = it.to_wire();
        // Tags are of the account that set them.
        if it.owner != *account {
            shown.tags = None;
        }
        shown
    });
    Ok(DescribeSnapshotsResult {
        next_token,
        snapshots: Some(shown.collect()),
    })
}

async fn named(service: &Ec2Service, call: &Call, ids: &[String]) -> Result<Snapshots, Fault> {
    if ids.len() > MAX_NAMED {
        return Err(fault::bad_value(format!(
            "At most {MAX_NAMED} snapshots can be named at once."
        )));
    }
    let mut found = Snapshots::new();
    for id in ids {
        found.insert(id.clone(), find(service, call, id).await?);
    }
    Ok(found)
}

async fn all(service: &Ec2Service, call: &Call) -> Result<Snapshots, Fault> {
    let own = service.all::<Snapshot>(call).await?;
    let own = own.into_iter().filter(Snapshot::is_seen);
    let mut found: Snapshots = own.map(|it| (it.id.clone(), it)).collect();
    let with_account = Ec2Service::scope(call).prefix(Shared::KIND_OF_ACCOUNT);
    let in_region = format!("{}:", call.region);
    let with_all = platform::scope(SERVICE).key(Shared::KIND_OF_ALL, &in_region);
    for prefix in [with_account, with_all] {
        for entry in service.table.entries(&prefix).await? {
            let shared: Shared = decode(&entry.value).map_err(fault::internal)?;
            if shared.owner == call.account {
                continue;
            }
            let id = entry.key.strip_prefix(&prefix).unwrap_or_default();
            let of_others = visible(service, call, id).await?;
            found.extend(of_others.map(|it| (it.id.clone(), it)));
        }
    }
    Ok(found)
}

/// `all` for public ones, `self` for what the account has or was let use by name.
fn is_for(snapshot: &Snapshot, user: &str, account: &str) -> bool {
    match user {
        "all" => snapshot.public,
        SELF => snapshot.owner == account || snapshot.shared_with.contains(account),
        user if user == account => {
            snapshot.owner == account || snapshot.shared_with.contains(account)
        }
        // With whom one is shared is its owner's alone to know.
        other => snapshot.owner == account && snapshot.shared_with.contains(other),
    }
}
