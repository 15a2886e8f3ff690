//! CreateQueue, GetQueueUrl, DeleteQueue, PurgeQueue.

use wharf_api_sqs::{
    CreateQueueRequest, CreateQueueResult, DeleteQueueRequest, GetQueueUrlRequest,
    GetQueueUrlResult, PurgeQueueRequest, faults,
};
use wharf_base::{Timestamp, ids};
use wharf_records::{Record as _, Scope};
use wharf_service::{Place, transact};
use wharf_wire::{Call, Fault};

use crate::{
    core::{self, Core},
    fault,
    machine::Machine,
    names::{self, QueueId, SERVICE},
    records::{Condemned, Queue},
    settings::Settings,
    tags,
};

/// Between two purges of a queue.
const PURGE_MS: i64 = 60_000;

/// Makes a queue, or finds the one that is there with the same attributes.
pub async fn create_queue(
    core: &Core,
    call: &Call,
    input: CreateQueueRequest,
) -> Result<CreateQueueResult, Fault> {
    let name = input.queue_name.unwrap_or_default();
    let given = input.attributes.unwrap_or_default();
    let fifo = given
        .get("FifoQueue")
        .is_some_and(|it| it.eq_ignore_ascii_case("true"));
    let id = QueueId {
        place: Place::of(call),
        name,
    };
    names::wished(&id.name, fifo)?;
    let mut settings = Settings::new(fifo);
    settings.set(&id, &given)?;
    if let Some(policy) = settings.policy.take() {
        settings.policy = Some(super::attributes::bound(call, policy).await?);
    }
    let tags = tags::RULES.given(input.tags.unwrap_or_default())?;
    super::attributes::check_redrive(core, &id, &settings).await?;
    let _turn = core.turns.take(&id).await;
    let record = Queue {
        drawer: ids::hex16(),
        created_at: call.now,
        changed_at: call.now,
        purged_at: None,
        settings,
        tags,
        unknown: Default::default(),
    };
    let key = core::key(&id);
    let there = transact!(core.table, &call.permit, |tx| {
        let there = tx.find::<Queue>(&key).await?;
        if there.is_none() {
            tx.put(&key, &record);
        }
        there
    });
    match there {
        Some(there) => same(&there.settings, &given, &record.settings, &id)?,
        None => {
            core.enter(id.clone(), record, Machine::new(fifo));
        }
    }
    Ok(CreateQueueResult {
        queue_url: Some(id.url(call)),
    })
}

/// Refuses a queue that is there if it differs in what the request gives.
fn same(
    there: &Settings,
    given: &std::collections::BTreeMap<String, String>,
    bound: &Settings,
    id: &QueueId,
) -> Result<(), Fault> {
    let mut wanted = there.clone();
    wanted.set(id, given)?;
    // Policies of versions before this one are stored as they were given.
    if wanted.policy != there.policy {
        wanted.policy.clone_from(&bound.policy);
    }
    let (is, wanted) = (there.shown(), wanted.shown());
    let other = given
        .keys()
        .find(|name| is.get(name.as_str()) != wanted.get(name.as_str()));
    match other {
        None => Ok(()),
        Some(name) => Err(faults::queue_name_exists(format!(
            "A queue already exists with the same name and a different value for attribute {name}"
        ))),
    }
}

/// The URL of a queue, under the host that the client used.
pub async fn get_queue_url(
    core: &Core,
    call: &Call,
    input: GetQueueUrlRequest,
) -> Result<GetQueueUrlResult, Fault> {
    let account = input.queue_owner_aws_account_id.filter(|it| !it.is_empty());
    let id = QueueId {
        place: Place::new(
            account.unwrap_or_else(|| call.account.clone()),
            &call.region,
        ),
        name: input.queue_name.unwrap_or_default(),
    };
    if !names::is_name(&id.name) {
        return Err(fault::no_queue());
    }
    core.get(&id).await?;
    Ok(GetQueueUrlResult {
        queue_url: Some(id.url(call)),
    })
}

fn condemned(place: &Place, drawer: &str) -> String {
    Scope::new(SERVICE, &place.account, &place.region).key(Condemned::KIND, drawer)
}

fn since(now: Timestamp) -> Condemned {
    Condemned {
        since: now,
        unknown: Default::default(),
    }
}

/// Deletes a queue. Its messages go after it, by the reconciler.
pub async fn delete_queue(
    core: &Core,
    call: &Call,
    input: DeleteQueueRequest,
) -> Result<(), Fault> {
    let url = input.queue_url.ok_or_else(|| fault::missing("QueueUrl"))?;
    let id = QueueId::of_url(call, &url)?;
    let _turn = core.turns.take(&id).await;
    let live = core.find_in_turn(&id).await?.ok_or_else(fault::no_queue)?;
    let key = core::key(&id);
    transact!(core.table, &call.permit, |tx| {
        if let Some(queue) = tx.find::<Queue>(&key).await? {
            tx.delete(&key);
            tx.put(condemned(&id.place, &queue.drawer), &since(call.now));
        }
    });
    core.queues().remove(&id);
    live.end();
    Ok(())
}

/// Empties a queue: it gets another drawer, and what is in the old one is removed by the reconciler. Whoever sends after the
/// answer finds the new one; what was being sent before it may go with the old one, as AWS says.
pub async fn purge_queue(core: &Core, call: &Call, input: PurgeQueueRequest) -> Result<(), Fault> {
    let (live, _turn) = core.asked_in_turn(call, input.queue_url.as_deref()).await?;
    let key = core::key(&live.id);
    let drawer = ids::hex16();
    let record = transact!(core.table, &call.permit.giving_back(), |tx| {
        let found = tx.find::<Queue>(&key).await?;
        let mut queue = found.ok_or_else(fault::no_queue)?;
        let last = queue
            .purged_at
            .filter(|at| call.now.millis() - at.millis() < PURGE_MS);
        if last.is_some() {
            return Err(faults::purge_queue_in_progress(format!(
                "Only one PurgeQueue operation on {} is allowed every 60 seconds.",
                live.id.name
            )));
        }
        tx.put(condemned(&live.id.place, &queue.drawer), &since(call.now));
        queue.drawer.clone_from(&drawer);
        queue.purged_at = Some(call.now);
        tx.put(&key, &queue);
        queue
    });
    live.replace(record);
    Ok(())
}
