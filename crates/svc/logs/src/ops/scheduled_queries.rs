//! CreateScheduledQuery, UpdateScheduledQuery, GetScheduledQuery, DeleteScheduledQuery and ListScheduledQueries.

use wharf_api_logs::{
    faults,
    types::{
        CreateScheduledQueryRequest, CreateScheduledQueryResponse, DeleteScheduledQueryRequest,
        DeleteScheduledQueryResponse, DestinationConfiguration, GetScheduledQueryRequest,
        GetScheduledQueryResponse, ListScheduledQueriesRequest, ListScheduledQueriesResponse,
        S3Configuration, ScheduledQuerySummary, UpdateScheduledQueryRequest,
        UpdateScheduledQueryResponse,
    },
};
use wharf_base::{Timestamp, ids};
use wharf_records::{Record as _, Unknown};
use wharf_service::transact;
use wharf_wire::{Call, Fault};

use crate::{
    LogsService, fault,
    insights::engine::compiled,
    scheduled::{
        record::{self, Destination, ScheduledQuery, ScheduledRun, When},
        timing,
    },
    subscription::PRINCIPAL,
};

/// Of an account in a region.
const MOST: usize = 100;
const PAGE: usize = 1000;
const LANGUAGE: &str = "CWLI";
/// All that there are here; AWS has some of its own.
const CUSTOMER: &str = "CUSTOMER_MANAGED";

/// What is said of a scheduled query when it is made and when it is changed.
struct Given {
    description: Option<String>,
    text: String,
    groups: Vec<String>,
    when: When,
    start_offset: Option<i64>,
    end_offset: Option<i64>,
    role: String,
    destination: Option<Destination>,
    enabled: bool,
}

fn invalid(text: impl Into<String>) -> Fault {
    faults::validation_exception(text)
}

/// What both of the model's shapes say of a query, which have the same members.
macro_rules! given {
    ($input:ident) => {
        Given {
            description: $input.description,
            text: $input.query_string.unwrap_or_default(),
            groups: $input.log_group_identifiers.unwrap_or_default(),
            when: When {
                expression: $input.schedule_expression.unwrap_or_default(),
                zone: $input.timezone,
                start: $input.schedule_start_time.map(Timestamp::from_millis),
                end: $input.schedule_end_time.map(Timestamp::from_millis),
            },
            start_offset: $input.start_time_offset,
            end_offset: $input.end_time_offset,
            role: $input.execution_role_arn.unwrap_or_default(),
            destination: destination($input.destination_configuration),
            enabled: $input.state.as_deref() != Some("DISABLED"),
        }
    };
}

pub async fn create(
    service: &LogsService,
    call: &Call,
    input: CreateScheduledQueryRequest,
) -> Result<CreateScheduledQueryResponse, Fault> {
    let name = input.name.unwrap_or_default();
    let is_plain = |it: char| it.is_ascii_alphanumeric() || "._-/#".contains(it);
    if !name.chars().all(is_plain) {
        return Err(invalid(
            "name must have letters, digits and the characters . _ - / # alone.",
        ));
    }
    let given = given!(input);
    let arn = check(service, call, &name, &given).await?;
    let query = given.record(ids::uuid(), name, call.now);
    let scope = LogsService::scope(call);
    let key = scope.key(ScheduledQuery::KIND, &query.name);
    let count = service
        .table
        .count(&scope.prefix(ScheduledQuery::KIND))
        .await?;
    if count >= MOST {
        return Err(faults::service_quota_exceeded_exception(format!(
            "An account has at most {MOST} scheduled queries in a region."
        )));
    }
    transact!(service.table, &call.permit, |tx| {
        if tx.find::<ScheduledQuery>(&key).await?.is_some() {
            return Err(faults::conflict_exception(format!(
                "A scheduled query with the name {} already exists.",
                query.name
            )));
        }
        tx.put(&key, &query);
    });
    Ok(CreateScheduledQueryResponse {
        scheduled_query_arn: Some(arn),
        state: Some(state(query.enabled)),
    })
}

/// All of it is replaced. Runs that have begun go on as they did.
pub async fn update(
    service: &LogsService,
    call: &Call,
    input: UpdateScheduledQueryRequest,
) -> Result<UpdateScheduledQueryResponse, Fault> {
    let former = find(service, call, input.identifier.as_deref()).await?;
    let given = given!(input);
    let arn = check(service, call, &former.name, &given).await?;
    let key = LogsService::scope(call).key(ScheduledQuery::KIND, &former.name);
    let made = given.record(former.id, former.name, call.now);
    let query = transact!(service.table, &call.permit, |tx| {
        let there = tx.find::<ScheduledQuery>(&key).await?;
        let there = there.filter(|it| it.id == made.id).ok_or_else(missing)?;
        let changed = ScheduledQuery {
            created_at: there.created_at,
            last: there.last,
            unknown: there.unknown,
            ..made.clone()
        };
        tx.put(&key, &changed);
        changed
    });
    let shown = shown(arn, query);
    Ok(UpdateScheduledQueryResponse {
        scheduled_query_arn: shown.scheduled_query_arn,
        name: shown.name,
        description: shown.description,
        query_language: shown.query_language,
        query_string: shown.query_string,
        log_group_identifiers: shown.log_group_identifiers,
        schedule_expression: shown.schedule_expression,
        timezone: shown.timezone,
        start_time_offset: shown.start_time_offset,
        end_time_offset: shown.end_time_offset,
        destination_configuration: shown.destination_configuration,
        state: shown.state,
        schedule_type: shown.schedule_type,
        last_triggered_time: shown.last_triggered_time,
        last_execution_status: shown.last_execution_status,
        schedule_start_time: shown.schedule_start_time,
        schedule_end_time: shown.schedule_end_time,
        execution_role_arn: shown.execution_role_arn,
        creation_time: shown.creation_time,
        last_updated_time: shown.last_updated_time,
    })
}

pub async fn get(
    service: &LogsService,
    call: &Call,
    input: GetScheduledQueryRequest,
) -> Result<GetScheduledQueryResponse, Fault> {
    let query = find(service, call, input.identifier.as_deref()).await?;
    let arn = record::arn(&call.account, &call.region, &query.name);
    Ok(shown(arn, query))
}

/// Its runs go with it.
pub async fn delete(
    service: &LogsService,
    call: &Call,
    input: DeleteScheduledQueryRequest,
) -> Result<DeleteScheduledQueryResponse, Fault> {
    let query = find(service, call, input.identifier.as_deref()).await?;
    let scope = LogsService::scope(call);
    let key = scope.key(ScheduledQuery::KIND, &query.name);
    transact!(service.table, &call.permit, |tx| {
        let there = tx.find::<ScheduledQuery>(&key).await?;
        if there.is_none_or(|it| it.id != query.id) {
            return Err(missing());
        }
        tx.delete(&key);
    });
    // Those that a kill leaves are removed after the next start.
    let runs = scope.key(ScheduledRun::KIND, &ScheduledRun::prefix(&query.id));
    for run in service.table.keys(&runs).await? {
        let gone = service.table.store().delete(&call.permit, &run).await;
        gone.map_err(fault::store)?;
    }
    Ok(DeleteScheduledQueryResponse::default())
}

pub async fn list(
    service: &LogsService,
    call: &Call,
    input: ListScheduledQueriesRequest,
) -> Result<ListScheduledQueriesResponse, Fault> {
    let listing = format!(
        "scheduled queries {:?} {:?}",
        input.state, input.schedule_type
    );
    let size = input.max_results.and_then(|it| usize::try_from(it).ok());
    let pages = service.pages(call, &listing);
    let page = pages.page(input.next_token.as_deref(), size.unwrap_or(PAGE))?;
    let all = service
        .table
        .all::<ScheduledQuery>(&LogsService::scope(call), "")
        .await?;
    let is_theirs = input.schedule_type.is_none_or(|it| it == CUSTOMER);
    let fitting = all.into_iter().filter(|(_, it)| {
        let state = state(it.record.enabled);
        is_theirs && input.state.as_ref().is_none_or(|it| *it == state)
    });
    let (queries, next_token) = page.cut(fitting, |(id, _)| id.as_str());
    let summaries = queries.into_iter().map(|(_, it)| {
        let arn = record::arn(&call.account, &call.region, &it.record.name);
        let it = shown(arn, it.record);
        ScheduledQuerySummary {
            scheduled_query_arn: it.scheduled_query_arn,
            name: it.name,
            state: it.state,
            schedule_type: it.schedule_type,
            last_triggered_time: it.last_triggered_time,
            last_execution_status: it.last_execution_status,
            schedule_expression: it.schedule_expression,
            timezone: it.timezone,
            destination_configuration: it.destination_configuration,
            creation_time: it.creation_time,
            last_updated_time: it.last_updated_time,
        }
    });
    Ok(ListScheduledQueriesResponse {
        next_token,
        scheduled_queries: Some(summaries.collect()),
    })
}

/// The one that a name or an ARN says.
pub async fn find(
    service: &LogsService,
    call: &Call,
    identifier: Option<&str>,
) -> Result<ScheduledQuery, Fault> {
    let name = record::name_in(identifier.unwrap_or_default()).ok_or_else(missing)?;
    let own = record::arn(&call.account, &call.region, &name);
    if identifier.is_some_and(|it| it.starts_with("arn:") && it != own) {
        return Err(missing());
    }
    let key = LogsService::scope(call).key(ScheduledQuery::KIND, &name);
    let found = service.table.read::<ScheduledQuery>(&key).await?;
    found.map(|it| it.record).ok_or_else(missing)
}

fn missing() -> Fault {
    faults::resource_not_found_exception("The specified scheduled query does not exist.")
}

fn state(enabled: bool) -> String {
    let name = match enabled {
        true => "ENABLED",
        false => "DISABLED",
    };
    name.to_owned()
}

fn destination(given: Option<DestinationConfiguration>) -> Option<Destination> {
    let s3 = given?.s3_configuration?;
    Some(Destination {
        uri: s3.destination_identifier.unwrap_or_default(),
        role: s3.role_arn.unwrap_or_default(),
        owner: s3.owner_account_id,
        kms_key: s3.kms_key_id,
    })
}

/// The ARN of a scheduled query that could be asked.
async fn check(
    service: &LogsService,
    call: &Call,
    name: &str,
    given: &Given,
) -> Result<String, Fault> {
    let offsets = (given.start_offset, given.end_offset);
    timing::check(&given.when, offsets).map_err(|cause| invalid(cause.to_string()))?;
    if given.when.end.is_some_and(|end| end <= call.now) {
        return Err(invalid("scheduleEndTime must be in the future."));
    }
    let parsed = compiled(&call.account, given.text.clone()).await;
    let parsed = parsed.map_err(|cause| fault::unreadable(&cause))?;
    let parsed =
        parsed.map_err(|cause| invalid(format!("Invalid queryString: {}", cause.message)))?;
    if given.groups.is_empty() == parsed.selection().is_none() {
        return Err(invalid(
            "A log group must be named either by logGroupIdentifiers or by SOURCE.",
        ));
    }
    let arn = record::arn(&call.account, &call.region, name);
    let operations = service.operations.get();
    let operations = operations.ok_or_else(|| fault::unreadable(&NotYet))?;
    let destination = given.destination.iter().map(|it| &it.role);
    for role in std::iter::once(&given.role).chain(destination) {
        let allowed = operations.may_assume(role, PRINCIPAL, &arn).await;
        allowed.map_err(|cause| match cause.sender {
            true => invalid(format!("The role {role} cannot be assumed by {PRINCIPAL}.")),
            false => cause,
        })?;
    }
    Ok(arn)
}

#[derive(Debug, thiserror::Error)]
#[error("the other services are not there yet")]
struct NotYet;

impl Given {
    fn record(self, id: String, name: String, now: Timestamp) -> ScheduledQuery {
        ScheduledQuery {
            id,
            name,
            description: self.description,
            text: self.text,
            groups: self.groups,
            when: self.when,
            start_offset: self.start_offset,
            end_offset: self.end_offset,
            role: self.role,
            destination: self.destination,
            enabled: self.enabled,
            created_at: now,
            changed_at: now,
            done_until: now,
            last: None,
            unknown: Unknown::new(),
        }
    }
}

fn shown(arn: String, query: ScheduledQuery) -> GetScheduledQueryResponse {
    let destination = query.destination.map(|it| DestinationConfiguration {
        s3_configuration: Some(S3Configuration {
            destination_identifier: Some(it.uri),
            role_arn: Some(it.role),
            owner_account_id: it.owner,
            kms_key_id: it.kms_key,
        }),
        ..DestinationConfiguration::default()
    });
    let millis = |it: Timestamp| it.millis();
    GetScheduledQueryResponse {
        scheduled_query_arn: Some(arn),
        name: Some(query.name),
        description: query.description,
        query_language: Some(LANGUAGE.to_owned()),
        query_string: Some(query.text),
        log_group_identifiers: Some(query.groups),
        schedule_expression: Some(query.when.expression),
        timezone: Some(query.when.zone.unwrap_or_else(|| "UTC".to_owned())),
        start_time_offset: query.start_offset,
        end_time_offset: query.end_offset,
        destination_configuration: destination,
        state: Some(state(query.enabled)),
        schedule_type: Some(CUSTOMER.to_owned()),
        last_triggered_time: query.last.as_ref().map(|it| it.at.millis()),
        last_execution_status: query.last.map(|it| it.status.name().to_owned()),
        schedule_start_time: query.when.start.map(millis),
        schedule_end_time: query.when.end.map(millis),
        execution_role_arn: Some(query.role),
        creation_time: Some(query.created_at.millis()),
        last_updated_time: Some(query.changed_at.millis()),
    }
}
