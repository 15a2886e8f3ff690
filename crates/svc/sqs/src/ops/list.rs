//! ListQueues and ListDeadLetterSourceQueues.

use wharf_api_sqs::{
    ListDeadLetterSourceQueuesRequest, ListDeadLetterSourceQueuesResult, ListQueuesRequest,
    ListQueuesResult,
};
use wharf_records::{Record as _, Scope};
use wharf_service::{Place, Stored};
use wharf_wire::{Call, Fault};

use crate::{
    core::Core,
    fault,
    names::{QueueId, SERVICE},
    records::Queue,
};

const MOST: i32 = 1000;

fn page_size(given: Option<i32>) -> Result<usize, Fault> {
    let size = given.unwrap_or(MOST);
    match (1..=MOST).contains(&size) {
        true => Ok(usize::try_from(size).unwrap_or(1)),
        false => Err(fault::invalid_value(
            size,
            "MaxResults",
            "MaxResults must be an integer between 1 and 1000.",
        )),
    }
}

/// The queues of the caller's account and region, a page at a time if it asks for pages.
pub async fn list_queues(
    core: &Core,
    call: &Call,
    input: ListQueuesRequest,
) -> Result<ListQueuesResult, Fault> {
    let start = input.queue_name_prefix.unwrap_or_default();
    let paged = input.max_results.is_some();
    let pages = core.pages(call, "sqs/ListQueues", &start);
    let page = pages.page(input.next_token.as_deref(), page_size(input.max_results)?)?;
    let place = Place::of(call);
    let scope = Scope::new(SERVICE, &place.account, &place.region);
    let prefix = scope.prefix(Queue::KIND) + &wharf_records::escape(&start);
    let after = page.after.as_deref().map(|it| scope.key(Queue::KIND, it));
    let found = core
        .table
        .page::<Queue>(&prefix, after, page.size, |_| true)
        .await?;
    let names: Vec<String> = found.records.iter().filter_map(name).collect();
    // Without a page size no token is given, however many there are.
    let next_token = page.next(found.more && paged, names.last().map(String::as_str));
    Ok(ListQueuesResult {
        queue_urls: urls(call, &place, names),
        next_token,
    })
}

fn name(stored: &Stored<Queue>) -> Option<String> {
    Scope::parse(&stored.key).map(|(_, _, name)| name)
}

fn urls(call: &Call, place: &Place, names: Vec<String>) -> Option<Vec<String>> {
    let url = |name| {
        QueueId {
            place: place.clone(),
            name,
        }
        .url(call)
    };
    Some(names.into_iter().map(url).collect())
}

/// The queues whose dead letters go to a queue.
pub async fn list_dead_letter_source_queues(
    core: &Core,
    call: &Call,
    input: ListDeadLetterSourceQueuesRequest,
) -> Result<ListDeadLetterSourceQueuesResult, Fault> {
    let live = core.asked(call, input.queue_url.as_deref()).await?;
    let pages = core.pages(call, "sqs/ListDeadLetterSourceQueues", &live.id);
    let page = pages.page(input.next_token.as_deref(), page_size(input.max_results)?)?;
    let place = &live.id.place;
    let scope = Scope::new(SERVICE, &place.account, &place.region);
    let prefix = scope.prefix(Queue::KIND);
    let after = page.after.as_deref().map(|it| scope.key(Queue::KIND, it));
    let is_source = |it: &Stored<Queue>| {
        let redrive = it.record.settings.redrive.as_ref();
        redrive.is_some_and(|it| it.target == live.arn)
    };
    let found = core
        .table
        .page::<Queue>(&prefix, after, page.size, is_source)
        .await?;
    let names: Vec<String> = found.records.iter().filter_map(name).collect();
    let paged = input.max_results.is_some();
    let next_token = page.next(found.more && paged, names.last().map(String::as_str));
    Ok(ListDeadLetterSourceQueuesResult {
        queue_urls: urls(call, place, names),
        next_token,
    })
}
