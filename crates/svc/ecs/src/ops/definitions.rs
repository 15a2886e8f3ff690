//! Describe, list, deregister and delete task definitions.

use wharf_api_ecs as api;
use wharf_records::{
    Record, decode,
    ecs::{Definition, DefinitionStatus, Family},
};
use wharf_service::transact;
use wharf_store::{Range, Txn};
use wharf_wire::{Call, Fault};

use super::lists;
use crate::{
    core::{ChangeError, Core, Stored},
    describe, fault,
    names::{self, Place},
    page, tags,
};

/// Keys read at once by lists.
const SCAN: usize = 500;

pub async fn describe_task_definition(
    core: &Core,
    call: &Call,
    input: api::DescribeTaskDefinitionRequest,
) -> Result<api::DescribeTaskDefinitionResponse, Fault> {
    let given = input.task_definition.unwrap_or_default();
    let found = core.state.definition(&Place::of(call), &given).await?;
    let found = found.ok_or_else(|| fault::client("Unable to describe task definition."))?;
    let with_tags = input.include.iter().flatten().any(|one| one == "TAGS");
    Ok(api::DescribeTaskDefinitionResponse {
        task_definition: Some(describe::definition(&found.record).map_err(|e| fault::server(&e))?),
        tags: with_tags.then(|| tags::show(&found.record.tags)),
    })
}

pub async fn deregister_task_definition(
    core: &Core,
    call: &Call,
    input: api::DeregisterTaskDefinitionRequest,
) -> Result<api::DeregisterTaskDefinitionResponse, Fault> {
    let given = input.task_definition.unwrap_or_default();
    let unable = || fault::client("Unable to describe task definition.");
    if names::definition_ref(&given)?.is_none_or(|wanted| wanted.revision.is_none()) {
        return Err(fault::invalid(format!("Revision is required: {given}")));
    }
    let place = Place::of(call);
    let found = core
        .state
        .definition(&place, &given)
        .await?
        .ok_or_else(unable)?;
    let record = set_status(core, call, &place, &found.key, |record| {
        if record.status == DefinitionStatus::Active {
            record.status = DefinitionStatus::Inactive;
            record.deregistered_at = Some(call.now);
        }
    })
    .await?;
    Ok(api::DeregisterTaskDefinitionResponse {
        task_definition: Some(describe::definition(&record).map_err(|e| fault::server(&e))?),
    })
}

/// Changes a revision's status, and which is the newest ACTIVE one of its family, in one
/// transaction. The family is written in any case: whoever looked for its newest revision meanwhile
/// must look again.
async fn set_status(
    core: &Core,
    call: &Call,
    place: &Place,
    key: &str,
    change: impl Fn(&mut Definition),
) -> Result<Definition, Fault> {
    let record = transact!(core.state.table, &call.permit, |tx| {
        let Some(found) = tx.find::<Definition>(key).await? else {
            return Err(fault::client("Unable to describe task definition."));
        };
        let mut record = found.clone();
        change(&mut record);
        if record == found {
            return Ok(record);
        }
        tx.put(key, &record);
        let family_key = place.scope().key(Family::KIND, &record.family);
        if let Some(mut family) = tx.find::<Family>(&family_key).await? {
            if family.newest_active == Some(record.revision) {
                family.newest_active = newest_active(core, place, &record).await?;
            }
            tx.put(family_key, &family);
        }
        record
    });
    Ok(record)
}

/// The latest ACTIVE revision of a family other than the one that no longer is.
async fn newest_active(
    core: &Core,
    place: &Place,
    gone: &Definition,
) -> Result<Option<i32>, Fault> {
    let prefix = place
        .scope()
        .key(Definition::KIND, &format!("{}:", gone.family));
    let mut range = Range::prefix(&prefix).limit(SCAN);
    let mut newest = None;
    loop {
        let reply = core.state.store.range(range).await;
        let reply = reply.map_err(ChangeError::from)?;
        for entry in &reply.entries {
            let record: Definition = decode(&entry.value).map_err(ChangeError::from)?;
            if record.status == DefinitionStatus::Active && record.revision != gone.revision {
                newest = Some(record.revision);
            }
        }
        match reply.entries.last().filter(|_| reply.more) {
            Some(last) => range = Range::prefix(&prefix).limit(SCAN).start_after(&last.key),
            None => return Ok(newest),
        }
    }
}

/// Marks INACTIVE revisions as DELETE_IN_PROGRESS; one that no task and
/// no service uses is gone at once.
pub async fn delete_task_definitions(
    core: &Core,
    call: &Call,
    input: api::DeleteTaskDefinitionsRequest,
) -> Result<api::DeleteTaskDefinitionsResponse, Fault> {
    let given = input.task_definitions.unwrap_or_default();
    if given.is_empty() {
        return Err(fault::invalid(lists::OF_DEFINITIONS));
    }
    let place = Place::of(call);
    core.state.up_to_date().await;
    let (mut deleted, mut failures) = (Vec::new(), Vec::new());
    for one in given {
        let Some(found) = core.state.definition(&place, &one).await? else {
            failures.push(fault::failure(one, "The specified task definition does not exist. Specify a valid account, family, revision and try again."));
            continue;
        };
        if found.record.status == DefinitionStatus::Active {
            let reason = "The specified task definition is still in ACTIVE status. Please deregister the target and try again.";
            failures.push(fault::failure(found.record.arn, reason));
            continue;
        }
        let record = set_status(core, call, &place, &found.key, |record| {
            record.status = DefinitionStatus::DeleteInProgress;
            record.delete_requested_at.get_or_insert(call.now);
        })
        .await?;
        if !core.state.uses_definition(&place, &record.arn).await {
            forget(core, call, &found.key).await?;
        }
        deleted.push(describe::definition(&record).map_err(|e| fault::server(&e))?);
    }
    Ok(api::DeleteTaskDefinitionsResponse {
        task_definitions: Some(deleted),
        failures: Some(failures),
    })
}

/// Deletes a revision that waits for it; unless somebody changes it in this very moment.
async fn forget(core: &Core, call: &Call, key: &str) -> Result<(), Fault> {
    let Some(stored) = core.state.table.read::<Definition>(key).await? else {
        return Ok(());
    };
    if stored.record.status == DefinitionStatus::DeleteInProgress {
        let txn = Txn::new().when(stored.unchanged()).delete(key);
        core.state.table.commit(&call.permit, txn).await?;
    }
    Ok(())
}

pub async fn list_task_definitions(
    core: &Core,
    call: &Call,
    input: api::ListTaskDefinitionsRequest,
) -> Result<api::ListTaskDefinitionsResponse, Fault> {
    let status = read_status(input.status.as_deref())?;
    let descending = match input.sort.as_deref() {
        None | Some("" | "ASC") => false,
        Some("DESC") => true,
        Some(_) => return Err(fault::invalid("sort should be one of [ASC, DESC].")),
    };
    let filter = format!(
        "definitions {:?} {status:?} {descending}",
        input.family_prefix
    );
    let page = page::asked(
        core,
        call,
        &filter,
        input.max_results,
        input.next_token.as_deref(),
    )?;
    // A family is meant whole here, not as a prefix: the parameter's name is older than its meaning.
    let place = Place::of(call);
    let mut prefix = place.scope().prefix(Definition::KIND);
    if let Some(family) = input
        .family_prefix
        .as_deref()
        .filter(|family| !family.is_empty())
    {
        prefix.push_str(&format!("{family}:"));
    }
    let mut found = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let mut range = Range::prefix(&prefix).limit(SCAN);
        if let Some(after) = after.take() {
            range = range.start_after(after);
        }
        let reply = core
            .state
            .store
            .range(range)
            .await
            .map_err(ChangeError::from)?;
        for entry in &reply.entries {
            let record: Definition = decode(&entry.value).map_err(ChangeError::from)?;
            if record.status == status {
                found.push((record.family, record.revision, record.arn));
            }
        }
        match reply.entries.last().filter(|_| reply.more) {
            Some(last) => after = Some(last.key.clone()),
            None => break,
        }
    }
    // Keys for paging must ascend whichever way the list goes.
    let key = |family: &str, revision: i32| match descending {
        false => format!("{family}:{revision:010}"),
        true => {
            let turned: String = family.bytes().map(|b| format!("{:03}", 255 - b)).collect();
            format!("{turned}~:{:010}", i32::MAX - revision)
        }
    };
    let mut keyed: Vec<(String, String)> = found
        .into_iter()
        .map(|(family, revision, arn)| (key(&family, revision), arn))
        .collect();
    keyed.sort();
    let (arns, next_token) = page::cut(&page, keyed);
    Ok(api::ListTaskDefinitionsResponse {
        task_definition_arns: Some(arns),
        next_token,
    })
}

fn read_status(given: Option<&str>) -> Result<DefinitionStatus, Fault> {
    match given {
        None | Some("" | "ACTIVE") => Ok(DefinitionStatus::Active),
        Some("INACTIVE") => Ok(DefinitionStatus::Inactive),
        Some("DELETE_IN_PROGRESS") => Ok(DefinitionStatus::DeleteInProgress),
        Some(_) => Err(fault::invalid(
            "status should be one of [ACTIVE, INACTIVE, DELETE_IN_PROGRESS].",
        )),
    }
}

pub async fn list_task_definition_families(
    core: &Core,
    call: &Call,
    input: api::ListTaskDefinitionFamiliesRequest,
) -> Result<api::ListTaskDefinitionFamiliesResponse, Fault> {
    let active = match input.status.as_deref() {
        None | Some("" | "ALL") => None,
        Some("ACTIVE") => Some(true),
        Some("INACTIVE") => Some(false),
        Some(_) => {
            return Err(fault::invalid(
                "status should be one of [ACTIVE, INACTIVE, ALL].",
            ));
        }
    };
    let wanted = input.family_prefix.unwrap_or_default();
    let filter = format!("families {wanted} {active:?}");
    let page = page::asked(
        core,
        call,
        &filter,
        input.max_results,
        input.next_token.as_deref(),
    )?;
    let folder = Place::of(call).scope().prefix(Family::KIND);
    let prefix = format!("{folder}{}", wharf_records::escape(&wanted));
    let fits = |stored: &Stored<Family>| {
        active.is_none_or(|active| active == stored.record.newest_active.is_some())
    };
    let after = page.after.as_ref();
    let after = after.map(|name| format!("{folder}{}", wharf_records::escape(name)));
    let found = core
        .state
        .table
        .page(&prefix, after, page.size, fits)
        .await?;
    let families: Vec<String> = found.records.into_iter().map(|it| it.record.name).collect();
    let next_token = page.next(found.more, families.last().map(String::as_str));
    Ok(api::ListTaskDefinitionFamiliesResponse {
        families: Some(families),
        next_token,
    })
}
