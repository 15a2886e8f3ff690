//! StartReplicationBackfill, StopReplicationBackfill, ListReplicationBackfills,
//! DescribeReplicationBackfillResults.

use wharf_api_ecr::types::*;
use wharf_wire::Call;

use super::{limit, registry};
use crate::{
    catalog::Catalog,
    error::EcrError,
    page::{after, pages},
    records::replication::{Backfill, BackfillResult, Destination, ReplicaStatus},
};

/// The model's default and bound of a list.
const MAX_LISTED: usize = 50;

pub(crate) async fn start(
    catalog: &Catalog,
    call: &Call,
    input: StartReplicationBackfillRequest,
) -> Result<StartReplicationBackfillResponse, EcrError> {
    let registry = registry(call, input.registry_id);
    let asked = input.destination.unwrap_or_default();
    let destination = Destination {
        account: asked.registry_id.unwrap_or_default(),
        region: asked.region.unwrap_or_default(),
    };
    let started = catalog
        .start_backfill(&call.permit, &registry, destination, call.now)
        .await?;
    Ok(StartReplicationBackfillResponse {
        status: Some(started.status.name().to_owned()),
        started_at: Some(started.started_at),
        destination: Some(show_destination(started.destination)),
        replication_backfill_id: Some(started.id),
        registry_id: Some(registry.account),
    })
}

pub(crate) async fn stop(
    catalog: &Catalog,
    call: &Call,
    input: StopReplicationBackfillRequest,
) -> Result<StopReplicationBackfillResponse, EcrError> {
    let registry = registry(call, input.registry_id);
    let id = input.replication_backfill_id.unwrap_or_default();
    let stopped = catalog.stop_backfill(&call.permit, &registry, &id).await?;
    Ok(StopReplicationBackfillResponse {
        status: Some(stopped.status.name().to_owned()),
        started_at: Some(stopped.started_at),
        destination: Some(show_destination(stopped.destination)),
        replication_backfill_id: Some(stopped.id),
        registry_id: Some(registry.account),
    })
}

pub(crate) async fn list(
    catalog: &Catalog,
    call: &Call,
    input: ListReplicationBackfillsRequest,
) -> Result<ListReplicationBackfillsResponse, EcrError> {
    let registry = registry(call, input.registry_id);
    let listing = pages(catalog, &registry, "backfills", "");
    let last = after(&listing, input.next_token.as_deref())?;
    let mut all = catalog.backfills(&registry).await?;
    if let Some(last) = last {
        let seen = all.iter().position(|it| it.id == last);
        all.drain(..seen.map_or(0, |seen| seen + 1));
    }
    let limit = limit(input.max_results).min(MAX_LISTED);
    let more = all.len() > limit;
    all.truncate(limit);
    let end = all.last().filter(|_| more);
    Ok(ListReplicationBackfillsResponse {
        next_token: end.map(|end| listing.token(&end.id)),
        registry_id: Some(registry.account),
        backfills: Some(all.into_iter().map(summary).collect()),
    })
}

pub(crate) async fn describe(
    catalog: &Catalog,
    call: &Call,
    input: DescribeReplicationBackfillResultsRequest,
) -> Result<DescribeReplicationBackfillResultsResponse, EcrError> {
    let registry = registry(call, input.registry_id);
    let id = input.replication_backfill_id.unwrap_or_default();
    let filter = input.result_status_filter.unwrap_or_default();
    let backfill = catalog.backfill(&registry, &id).await?;
    let listing = pages(catalog, &registry, "backfill", &[&id, &filter]);
    let last = after(&listing, input.next_token.as_deref())?;
    let status = match filter.as_str() {
        "COMPLETE" => Some(ReplicaStatus::Complete),
        "FAILED" => Some(ReplicaStatus::Failed),
        _ => None,
    };
    let limit = limit(input.max_results);
    let (results, next) = catalog
        .backfill_results(&registry, &id, status, last, limit)
        .await?;
    Ok(DescribeReplicationBackfillResultsResponse {
        registry_id: Some(registry.account),
        progress: Some(progress(&backfill)),
        replication_backfill_id: Some(backfill.id),
        destination: Some(show_destination(backfill.destination)),
        status: Some(backfill.status.name().to_owned()),
        failure_code: None,
        results: Some(results.into_iter().map(result).collect()),
        started_at: Some(backfill.started_at),
        ended_at: backfill.ended_at,
        next_token: next.map(|next| listing.token(&next)),
    })
}

fn summary(backfill: Backfill) -> ReplicationBackfillSummary {
    ReplicationBackfillSummary {
        progress: Some(progress(&backfill)),
        replication_backfill_id: Some(backfill.id),
        destination: Some(show_destination(backfill.destination)),
        status: Some(backfill.status.name().to_owned()),
        failure_code: None,
        started_at: Some(backfill.started_at),
        ended_at: backfill.ended_at,
    }
}

fn progress(backfill: &Backfill) -> ReplicationBackfillProgress {
    let number = |it: u64| Some(i32::try_from(it).unwrap_or(i32::MAX));
    ReplicationBackfillProgress {
        total_replication_count: number(backfill.total),
        completed_replication_count: number(backfill.completed),
        failed_replication_count: number(backfill.failed),
        failure_codes: Some(backfill.failure_codes.iter().cloned().collect()),
    }
}

fn result(result: BackfillResult) -> ReplicationBackfillResult {
    ReplicationBackfillResult {
        repository_name: Some(result.repository),
        image_id: Some(ImageIdentifier {
            image_digest: Some(result.digest.to_string()),
            image_tag: result.tag,
        }),
        status: Some(result.status.name().to_owned()),
        failure_code: result.failure,
        ..Default::default()
    }
}

fn show_destination(destination: Destination) -> ReplicationDestination {
    ReplicationDestination {
        region: Some(destination.region),
        registry_id: Some(destination.account),
    }
}
