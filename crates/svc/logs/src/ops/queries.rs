//! StartQuery, StopQuery, GetQueryResults, DescribeQueries and ListLogGroupsForQuery.

use wharf_api_logs::{
    faults,
    types::{
        DescribeQueriesRequest, DescribeQueriesResponse, GetQueryResultsRequest,
        GetQueryResultsResponse, ListLogGroupsForQueryRequest, ListLogGroupsForQueryResponse,
        QueryInfo, QueryStatistics, ResultField, StartQueryRequest, StartQueryResponse,
        StopQueryRequest, StopQueryResponse,
    },
};
use wharf_base::ids;
use wharf_insights::{MAX_ROWS, Query as Compiled, Selection};
use wharf_records::{Record as _, Unknown, encode};
use wharf_store::Txn;
use wharf_wire::{Call, Context, Fault};

use crate::{
    LogsService, fault,
    insights::{
        engine::{COMPLETE, MAX_WAITING, Progress, RUNS, WAITS, compiled},
        tables,
    },
    names,
    records::{Group, Query},
};

/// Groups of one query.
const MAX_GROUPS: usize = 50;
/// The same for one that selects them: their names are kept with the query, and who asks is checked for each.
pub const MAX_SELECTED: usize = 100;
const LANGUAGE: &str = "CWLI";
const PAGE: usize = 1000;

pub async fn start(
    service: &LogsService,
    call: &Call,
    input: StartQueryRequest,
) -> Result<StartQueryResponse, Fault> {
    let text = input.query_string.unwrap_or_default();
    let (start, end) = (
        input.start_time.unwrap_or_default(),
        input.end_time.unwrap_or_default(),
    );
    if end < start {
        return Err(fault::invalid(
            "End time should not be less than start time.",
        ));
    }
    let limit = input.limit.and_then(|it| usize::try_from(it).ok());
    if limit.is_some_and(|it| it > MAX_ROWS) {
        return Err(fault::invalid(format!(
            "A query gives at most {MAX_ROWS} rows."
        )));
    }
    let parsed = compiled(&call.account, text.clone())
        .await
        .map_err(|cause| fault::unreadable(&cause))?;
    let compiled = parsed.map_err(|cause| fault::malformed_query(&cause))?;
    let given = (
        input.log_group_name,
        input.log_group_names,
        input.log_group_identifiers,
    );
    let groups = match (compiled.selection(), given) {
        (Some(selection), (None, None, None)) => selected(service, call, selection).await?,
        (Some(_), _) => {
            return Err(fault::invalid(
                "Log groups must not be given for a query that begins with SOURCE.",
            ));
        }
        (None, (one, names, identifiers)) => {
            let given = given_groups(one, names, identifiers)?;
            named(service, call, &given).await?
        }
    };
    of_their_classes(&compiled, &groups)?;
    let scope = LogsService::scope(call);
    tables::checked(service, &scope, &compiled).await?;
    let too_many = || {
        faults::limit_exceeded_exception(format!(
            "Account maximum query concurrency limit of [{MAX_WAITING}] reached."
        ))
    };
    if service.queries.waiting(&scope) >= MAX_WAITING {
        return Err(too_many());
    }
    let mut names: Vec<String> = groups.into_iter().map(|it| it.name).collect();
    names.sort();
    names.dedup();
    let query = Query {
        text,
        groups: names,
        start,
        end,
        limit,
        asked_by: call.caller.arn.clone(),
        created_at: call.now,
        ended: None,
        unknown: Unknown::new(),
    };
    let id = ids::uuid();
    let key = scope.key(Query::KIND, &id);
    let txn = Txn::new().put(&key, encode(&query));
    let written = service.table.store().txn(&call.permit, txn).await;
    written.map_err(fault::store)?;
    if !service.queries.start(service, &scope, &id, query, call.now) {
        // Others came first.
        let gone = service.table.store().delete(&call.permit, &key).await;
        gone.map_err(fault::store)?;
        return Err(too_many());
    }
    Ok(StartQueryResponse { query_id: Some(id) })
}

async fn named(service: &LogsService, call: &Call, given: &[String]) -> Result<Vec<Group>, Fault> {
    let mut groups = Vec::with_capacity(given.len());
    for identifier in given {
        let missing = || fault::no_group_named(identifier, &call.account);
        let name =
            names::from_identifier(call, identifier).map_err(|cause| match &*cause.code {
                "ResourceNotFoundException" => missing(),
                _ => cause,
            })?;
        groups.push(service.find_group(call, &name).await?.ok_or_else(missing)?);
    }
    Ok(groups)
}

/// The groups that a `SOURCE` selects, those of the class STANDARD unless it says another.
pub async fn select(
    service: &LogsService,
    cx: &Context,
    selection: &Selection,
) -> Result<Vec<Group>, Fault> {
    let scope = LogsService::scope(cx);
    let mut groups = service.all::<Group>(&scope.key(Group::KIND, "")).await?;
    groups.retain(|group| {
        let mut prefixes = selection.prefixes.iter();
        let is_class = match selection.classes.is_empty() {
            true => group.class == "STANDARD",
            false => selection.classes.contains(&group.class),
        };
        is_class
            && (selection.prefixes.is_empty()
                || prefixes.any(|it| group.name.starts_with(it.as_str())))
    });
    Ok(groups)
}

async fn selected(
    service: &LogsService,
    call: &Call,
    selection: &Selection,
) -> Result<Vec<Group>, Fault> {
    let groups = select(service, call, selection).await?;
    match groups.len() {
        0 => Err(faults::resource_not_found_exception(
            "SOURCE selects no log group.",
        )),
        1..=MAX_SELECTED => Ok(groups),
        _ => Err(fault::invalid(format!(
            "SOURCE selects more than {MAX_SELECTED} log groups. Name them more closely by namePrefix."
        ))),
    }
}

/// Exactly one of the three members names them.
fn given_groups(
    one: Option<String>,
    names: Option<Vec<String>>,
    identifiers: Option<Vec<String>>,
) -> Result<Vec<String>, Fault> {
    let given = match (one, names, identifiers) {
        (Some(one), None, None) => vec![one],
        (None, Some(names), None) => names,
        (None, None, Some(identifiers)) => identifiers,
        _ => Vec::new(),
    };
    match given.len() {
        0 => Err(fault::invalid(
            "Exactly one of logGroupName, logGroupNames or logGroupIdentifiers is required.",
        )),
        1..=MAX_GROUPS => Ok(given),
        _ => Err(fault::invalid(format!(
            "A query can be about at most {MAX_GROUPS} log groups."
        ))),
    }
}

/// What a group's class does not have.
fn of_their_classes(query: &Compiled, groups: &[Group]) -> Result<(), Fault> {
    for group in groups {
        if group.class == "DELIVERY" {
            return Err(fault::invalid(format!(
                "The log group {} is of the class DELIVERY, which queries do not read.",
                group.name
            )));
        }
        if group.class == "INFREQUENT_ACCESS" && query.has_patterns() {
            return Err(fault::invalid(format!(
                "The commands pattern and diff are not for log groups of the class INFREQUENT_ACCESS, such as {}.",
                group.name
            )));
        }
    }
    Ok(())
}

/// The groups that a query is about.
pub async fn groups(
    service: &LogsService,
    call: &Call,
    input: ListLogGroupsForQueryRequest,
) -> Result<ListLogGroupsForQueryResponse, Fault> {
    let id = input.query_id.unwrap_or_default();
    let query = find(service, call, &id).await?;
    let size = input.max_results.and_then(|it| usize::try_from(it).ok());
    let pages = service.pages(call, &format!("groups of query {id}"));
    let page = pages.page(input.next_token.as_deref(), size.unwrap_or(MAX_GROUPS))?;
    let (shown, next_token) = page.cut(query.groups, |it| it.as_str());
    let arns = shown.iter().map(|name| names::group_arn(call, name));
    Ok(ListLogGroupsForQueryResponse {
        log_group_identifiers: Some(arns.collect()),
        next_token,
    })
}

pub(super) async fn find(service: &LogsService, call: &Call, id: &str) -> Result<Query, Fault> {
    let key = LogsService::scope(call).key(Query::KIND, id);
    let found = service.table.read::<Query>(&key).await?;
    let found = found.ok_or_else(|| {
        faults::resource_not_found_exception(format!("Query {id} does not exist."))
    })?;
    Ok(found.record)
}

pub async fn stop(
    service: &LogsService,
    call: &Call,
    input: StopQueryRequest,
) -> Result<StopQueryResponse, Fault> {
    let id = input.query_id.unwrap_or_default();
    find(service, call, &id).await?;
    match service.queries.stop(&LogsService::scope(call), &id) {
        true => Ok(StopQueryResponse {
            success: Some(true),
        }),
        false => Err(fault::invalid("The specified query is not running.")),
    }
}

pub async fn results(
    service: &LogsService,
    call: &Call,
    input: GetQueryResultsRequest,
) -> Result<GetQueryResultsResponse, Fault> {
    let id = input.query_id.unwrap_or_default();
    let query = find(service, call, &id).await?;
    let pages = service.pages(call, &format!("results {id}"));
    let after = pages.after(input.next_token.as_deref())?;
    let from: usize = match after {
        Some(after) => after.parse().map_err(|_| fault::bad_token())?,
        None => 0,
    };
    let most = input.max_items.and_then(|it| usize::try_from(it).ok());
    let scope = LogsService::scope(call);
    let progress = service.progress_of(&scope, &id, &query, call.now);
    let rows = progress
        .rows
        .iter()
        .skip(from)
        .take(most.unwrap_or(MAX_ROWS));
    let shown: Vec<Vec<ResultField>> = rows
        .map(|row| {
            let fields = row.iter().map(|(name, value)| ResultField {
                field: Some(name.to_string()),
                value: Some(value.clone()),
            });
            fields.collect()
        })
        .collect();
    let next = from + shown.len();
    let more = next < progress.rows.len();
    Ok(GetQueryResultsResponse {
        query_language: Some(LANGUAGE.to_owned()),
        results: Some(shown),
        statistics: Some(statistics(&progress)),
        status: Some(progress.status.to_owned()),
        encryption_key: None,
        next_token: more.then(|| pages.token(&next.to_string())),
    })
}

fn statistics(progress: &Progress) -> QueryStatistics {
    let number = |count: u64| Some(count as f64);
    QueryStatistics {
        records_matched: number(progress.matched),
        records_scanned: number(progress.events),
        estimated_records_skipped: number(progress.skipped.events),
        bytes_scanned: number(progress.bytes),
        estimated_bytes_skipped: number(progress.skipped.bytes),
        log_groups_scanned: Some(progress.groups as f64),
        result_count: Some(progress.rows.len() as f64),
    }
}

pub async fn describe(
    service: &LogsService,
    call: &Call,
    input: DescribeQueriesRequest,
) -> Result<DescribeQueriesResponse, Fault> {
    let scope = LogsService::scope(call);
    let listing = format!("queries {:?} {:?}", input.log_group_name, input.status);
    let pages = service.pages(call, &listing);
    let after = pages.after(input.next_token.as_deref())?;
    let mut all = service.table.all::<Query>(&scope, "").await?;
    // The newest first; of one millisecond by their ids.
    let place =
        |id: &str, query: &Query| format!("{:020}/{id}", i64::MAX - query.created_at.millis());
    all.sort_by_cached_key(|(id, it)| place(id, &it.record));
    let mut shown: Vec<(String, QueryInfo)> = Vec::new();
    let most = input
        .max_results
        .and_then(|it| usize::try_from(it).ok())
        .unwrap_or(PAGE);
    let mut more = false;
    for (id, it) in &all {
        let query = &it.record;
        let at = place(id, query);
        let status = status(service, call, id, query);
        let is_wanted = after.as_ref().is_none_or(|after| at > *after)
            && input.status.as_ref().is_none_or(|it| it == status)
            && input
                .log_group_name
                .as_ref()
                .is_none_or(|name| query.groups.contains(name));
        if is_wanted {
            more = shown.len() == most;
            if more {
                break;
            }
            shown.push((at, info(id, query, status)));
        }
    }
    let next_token = shown.last().filter(|_| more).map(|(at, _)| pages.token(at));
    Ok(DescribeQueriesResponse {
        queries: Some(shown.into_iter().map(|(_, info)| info).collect()),
        next_token,
    })
}

fn status<'q>(service: &LogsService, call: &Call, id: &str, query: &'q Query) -> &'q str {
    let known = service.queries.progress(&LogsService::scope(call), id);
    match (&query.ended, known) {
        (Some(end), _) => &end.status,
        (None, Some(progress)) if [RUNS, WAITS, COMPLETE].contains(&progress.status) => {
            progress.status
        }
        // It is run again when it is asked for.
        (None, _) => WAITS,
    }
}

fn info(id: &str, query: &Query, status: &str) -> QueryInfo {
    let one_group = <&[String; 1]>::try_from(query.groups.as_slice()).ok();
    QueryInfo {
        query_language: Some(LANGUAGE.to_owned()),
        query_id: Some(id.to_owned()),
        query_string: Some(query.text.clone()),
        status: Some(status.to_owned()),
        create_time: Some(query.created_at.millis()),
        log_group_name: one_group.map(|[name]| name.clone()),
        query_duration: query
            .ended
            .as_ref()
            .map(|end| end.at.millis() - query.created_at.millis()),
        bytes_scanned: query.ended.as_ref().map(|end| end.bytes_scanned as f64),
        user_identity: Some(query.asked_by.clone()),
    }
}
