//! What each operation does to which resource.

mod deliveries;
mod tagged;

use wharf_api_logs::{
    Input,
    types::{
        CreateLookupTableRequest, DeleteAccountPolicyRequest, DestinationConfiguration,
        PutAccountPolicyRequest, StartQueryRequest, UpdateLookupTableRequest,
    },
};
use wharf_base::Arn;
use wharf_insights::Query as Compiled;
use wharf_records::{Record as _, Scope};
use wharf_wire::{CallerKind, Check, Context, Fault};

use crate::{
    LogsService, extraction, fault, filters,
    findings::Place,
    insights::{engine::compiled, pointer::Pointer},
    names,
    ops::{account_policies, kms_key, queries, resource_policies, tags::OfDeliveries},
    protection::findings_of,
    records::Query,
    retention,
    scheduled::record,
    subscription::{Destination, PRINCIPAL},
};

/// On a destination, of whoever sends to it by a filter; on a group, of who makes one.
const USE_DESTINATION: &str = "logs:PutSubscriptionFilter";
/// To see what data protection masks.
const UNMASK: &str = "logs:Unmask";
/// To see what a query found.
const READ_ROWS: &str = "logs:GetQueryResults";
/// To look values up in a table.
const READ_TABLE: &str = "logs:GetLookupTable";

/// As [`checks`], with tags, the policies of destinations and what only records say; and for a service of AWS, with those of
/// the account, one of which must let it.
pub async fn with_policies(
    service: &LogsService,
    cx: &Context,
    input: Input<'_>,
) -> Result<Vec<Check>, Fault> {
    let mut checks = checks(cx, input);
    checks.extend(of_queries(service, cx, input).await?);
    let checks = tagged::with_tags(service, cx, input, checks).await?;
    let mut checks = deliveries::with_policies(service, cx, input, checks).await?;
    for check in &mut checks {
        if check.action == USE_DESTINATION
            && let Ok(Destination::Named(arn, name)) = Destination::parse(&check.resource)
        {
            check.resource_policy = service.destination_policy(&arn, &name).await?;
        }
    }
    if cx.caller.kind != CallerKind::Service {
        return Ok(checks);
    }
    let policy = resource_policies::all_of(service, &LogsService::scope(cx)).await?;
    let checks = checks.into_iter();
    Ok(checks
        .map(|it| it.with_resource_policy(policy.clone()))
        .collect())
}

/// What only the text of a query says: which tables it looks up in; which groups it selects, each of which must be open to who asks, and that it
/// shows what is masked, which must be allowed to who asks it or for what it found.
async fn of_queries(
    service: &LogsService,
    cx: &Context,
    input: Input<'_>,
) -> Result<Vec<Check>, Fault> {
    let scope = LogsService::scope(cx);
    let asked = match input {
        Input::StartQuery(it) => it,
        Input::GetQueryResults(it) => {
            let id = it.query_id.as_deref().unwrap_or_default();
            let found = service
                .table
                .read::<Query>(&scope.key(Query::KIND, id))
                .await?;
            return match found {
                Some(it) => of_rows(&scope, &it.record).await,
                None => Ok(Vec::new()),
            };
        }
        Input::CreateLookupTable(CreateLookupTableRequest { query_id, .. })
        | Input::UpdateLookupTable(UpdateLookupTableRequest { query_id, .. }) => {
            let Some(id) = query_id else {
                return Ok(Vec::new());
            };
            // Whoever makes a table of what a query found must be allowed to see that.
            let mut checks = vec![Check::any(READ_ROWS)];
            let key = scope.key(Query::KIND, id);
            if let Some(found) = service.table.read::<Query>(&key).await? {
                checks.extend(of_rows(&scope, &found.record).await?);
            }
            return Ok(checks);
        }
        _ => return Ok(Vec::new()),
    };
    let (text, named) = (asked.query_string.as_deref(), named_in(asked));
    let text = text.unwrap_or_default();
    let may_select = named.is_empty() && has_word(text, "source");
    if !(has_word(text, "unmask") || has_word(text, "lookup") || may_select) {
        return Ok(Vec::new());
    }
    // What cannot be read the operation refuses.
    let Some(query) = read(&cx.account, text).await? else {
        return Ok(Vec::new());
    };
    // Whoever may not see a table sees nothing of it by a query.
    let tables = query.tables().into_iter();
    let tables = tables.map(|name| Check::new(READ_TABLE, names::lookup_table_arn(cx, name)));
    let mut checks: Vec<Check> = tables.collect();
    let mut groups: Vec<String> = named
        .iter()
        .map(|identifier| {
            let name = names::from_identifier(cx, identifier).ok();
            format!("{}:*", names::group_arn(cx, name.as_deref().unwrap_or("*")))
        })
        .collect();
    if let (true, Some(selection)) = (groups.is_empty(), query.selection()) {
        // Of more the operation says that they are too many.
        let selected = queries::select(service, cx, selection).await?.into_iter();
        let selected = selected.take(queries::MAX_SELECTED + 1);
        groups.extend(selected.map(|it| format!("{}:*", names::group_arn(cx, &it.name))));
        let each = groups.iter();
        checks.extend(each.map(|it| Check::new(input.action(), it.clone())));
    }
    if query.unmasks() {
        checks.extend(groups.into_iter().map(|it| Check::new(UNMASK, it)));
    }
    Ok(checks)
}

/// What whoever is shown what a query found must be allowed to besides: to see what it unmasks.
pub async fn of_rows(scope: &Scope, query: &Query) -> Result<Vec<Check>, Fault> {
    let unmasks = has_word(&query.text, "unmask")
        && read(&scope.account, &query.text)
            .await?
            .is_some_and(|it| it.unmasks());
    let groups = query.groups.iter().filter(|_| unmasks);
    let arns = groups.map(|name| format!("{}:*", names::group_arn_in(scope, name)));
    Ok(arns.map(|arn| Check::new(UNMASK, arn)).collect())
}

/// Whether a text may have a word: reading a query takes a while, which most are spared.
fn has_word(text: &str, word: &str) -> bool {
    text.to_ascii_lowercase().contains(word)
}

async fn read(account: &str, text: &str) -> Result<Option<Compiled>, Fault> {
    let read = compiled(account, text.to_owned()).await;
    Ok(read.map_err(|cause| fault::unreadable(&cause))?.ok())
}

/// The groups that a request names, by whichever member.
fn named_in(asked: &StartQueryRequest) -> Vec<&String> {
    let one = asked.log_group_name.iter();
    let named = one.chain(asked.log_group_names.iter().flatten());
    let all = named.chain(asked.log_group_identifiers.iter().flatten());
    all.collect()
}

/// What who makes a filter must be allowed to for its destination: to hand its role to the service; to use a
/// destination of CloudWatch Logs; to write into a group of the same account. To others the service itself has access
/// or not.
fn sending(cx: &Context, destination: &str, role: Option<&str>) -> Vec<Check> {
    let mut checks: Vec<Check> = role
        .map(|role| Check::pass_role(role, PRINCIPAL))
        .into_iter()
        .collect();
    match Destination::parse(destination) {
        Ok(Destination::Named(arn, _)) => {
            checks.push(Check::new(USE_DESTINATION, arn.to_string()));
        }
        Ok(Destination::Group(arn, name)) if role.is_none() && arn.account == cx.account => {
            let group = Arn::new(
                "logs",
                &arn.region,
                &arn.account,
                format!("log-group:{name}"),
            );
            let streams = format!("{group}:log-stream:*");
            checks.push(Check::new("logs:PutLogEvents", streams));
        }
        _ => {}
    }
    checks
}

pub fn checks(cx: &Context, input: Input<'_>) -> Vec<Check> {
    let action = input.action();
    let group = |name: &Option<String>| {
        format!("{}:*", names::group_arn(cx, name.as_deref().unwrap_or("*")))
    };
    let either = |name: &Option<String>, identifier: &Option<String>| {
        let name = names::one_group(cx, name.as_deref(), identifier.as_deref()).ok();
        group(&name)
    };
    let keyed = |name: &Option<String>, identifier: &Option<String>| {
        let name = kms_key::group_of(cx, name.as_deref(), identifier.as_deref()).ok();
        group(&name)
    };
    let stream = |group: &Option<String>, stream: &Option<String>| {
        let (group, stream) = (
            group.as_deref().unwrap_or("*"),
            stream.as_deref().unwrap_or("*"),
        );
        names::stream_arn(cx, group, stream)
    };
    // What is elsewhere is no table here; the operation says so.
    let table = |arn: &Option<String>| {
        let name = names::lookup_table(cx, arn.as_deref()).ok();
        names::lookup_table_arn(cx, name.as_deref().unwrap_or("*"))
    };
    // What is elsewhere is no group here; the operation says so.
    let tagged = |arn: &Option<String>| {
        if arn.as_deref().is_some_and(names::is_lookup_table) {
            return table(arn);
        }
        // As are those of what deliveries are made of.
        if let Some(arn) = arn.as_ref().filter(|it| OfDeliveries::named(it).is_some()) {
            return arn.clone();
        }
        let name = names::from_identifier(cx, arn.as_deref().unwrap_or_default()).ok();
        names::group_arn(cx, name.as_deref().unwrap_or("*"))
    };
    let pointed = |pointer: &Option<String>| {
        let pointer = pointer.as_deref().and_then(Pointer::read);
        group(&pointer.map(|it| it.group))
    };
    let identified = |identifier: &Option<String>| {
        let name = names::from_identifier(cx, identifier.as_deref().unwrap_or_default()).ok();
        group(&name)
    };
    let destination =
        |name: &Option<String>| names::destination_arn(cx, name.as_deref().unwrap_or("*"));
    let several = match input {
        Input::StartLiveTail(it) => it.log_group_identifiers.as_deref(),
        Input::DescribeIndexPolicies(it) => it.log_group_identifiers.as_deref(),
        Input::DescribeFieldIndexes(it) => it.log_group_identifiers.as_deref(),
        _ => None,
    };
    if let Some(groups) = several {
        let each = groups.iter().map(|identifier| {
            let name = names::from_identifier(cx, identifier).ok();
            Check::new(action.clone(), group(&name))
        });
        return each.collect();
    }
    if let Input::StartQuery(it) = input {
        let checks: Vec<Check> = named_in(it)
            .into_iter()
            .map(|identifier| {
                let name = names::from_identifier(cx, identifier).ok();
                Check::new(action.clone(), group(&name))
            })
            .collect();
        // One that selects its groups is asked of all, and of each that it selects. Of a query about nothing, the
        // operation says so.
        return match checks.is_empty() {
            true => vec![Check::new(action, group(&None))],
            false => checks,
        };
    }
    if let Input::PutSubscriptionFilter(it) = input {
        let destination = it.destination_arn.as_deref().unwrap_or_default();
        let mut checks = vec![Check::new(action, group(&it.log_group_name))];
        checks.extend(sending(cx, destination, it.role_arn.as_deref()));
        return checks;
    }
    if let Input::PutDestination(it) = input {
        let name = it.destination_name.as_deref().unwrap_or("*");
        let mut checks = vec![Check::new(action, names::destination_arn(cx, name))];
        let role = it.role_arn.iter();
        checks.extend(role.map(|role| Check::pass_role(role.clone(), PRINCIPAL)));
        return checks;
    }
    if let Some(checks) = scheduled(cx, &action, &input) {
        return checks;
    }
    if let Some(checks) = deliveries::checks(cx, &action, &input) {
        return checks;
    }
    // The group whose sensitive data are asked for.
    let unmasked = match &input {
        Input::GetLogEvents(it) if it.unmask == Some(true) => {
            Some(either(&it.log_group_name, &it.log_group_identifier))
        }
        Input::FilterLogEvents(it) if it.unmask == Some(true) => {
            Some(either(&it.log_group_name, &it.log_group_identifier))
        }
        Input::GetLogRecord(it) if it.unmask == Some(true) => Some(pointed(&it.log_record_pointer)),
        Input::GetLogObject(it) if it.unmask == Some(true) => Some(pointed(&it.log_object_pointer)),
        _ => None,
    };
    // Who puts a policy writes what it finds into a group.
    let told = |document: &Option<String>| {
        let places = findings_of(document.as_deref().unwrap_or_default());
        let checks = places.into_iter().filter_map(|place| match place {
            Place::Group(name) => {
                let streams = names::stream_arn(cx, &name, "*");
                Some(Check::new("logs:PutLogEvents", streams))
            }
            // The bucket lets the service in.
            Place::Bucket(_) => None,
        });
        checks.collect::<Vec<_>>()
    };
    let told = match &input {
        Input::PutDataProtectionPolicy(it) => told(&it.policy_document),
        Input::PutAccountPolicy(it)
            if it.policy_type.as_deref() == Some("DATA_PROTECTION_POLICY") =>
        {
            told(&it.policy_document)
        }
        _ => Vec::new(),
    };
    // An account's policy is as much as one of each group.
    if let Input::PutAccountPolicy(PutAccountPolicyRequest { policy_type, .. })
    | Input::DeleteAccountPolicy(DeleteAccountPolicyRequest { policy_type, .. }) = input
    {
        let verb = match input {
            Input::PutAccountPolicy(_) => "Put",
            _ => "Delete",
        };
        let mut checks = vec![Check::new(action, "*")];
        let of_groups = match policy_type.as_deref() {
            Some("TRANSFORMER_POLICY") => Some("Transformer"),
            Some("DATA_PROTECTION_POLICY") => Some("DataProtectionPolicy"),
            Some(filters::POLICY) => Some("SubscriptionFilter"),
            Some(account_policies::INDEX) => Some("IndexPolicy"),
            Some(extraction::POLICY) => Some("MetricExtractionPolicy"),
            Some(retention::POLICY) => Some("RetentionPolicy"),
            _ => None,
        };
        checks.extend(of_groups.map(|it| Check::new(format!("logs:{verb}{it}"), group(&None))));
        if let Input::PutAccountPolicy(it) = input
            && it.policy_type.as_deref() == Some(filters::POLICY)
            && let Ok(filter) = filters::read(
                "",
                it.policy_document.as_deref().unwrap_or_default(),
                cx.now,
            )
        {
            checks.extend(sending(cx, &filter.destination, filter.role.as_deref()));
        }
        checks.extend(told);
        return checks;
    }
    let resource = match input {
        Input::PutDestinationPolicy(it) => destination(&it.destination_name),
        Input::DeleteDestination(it) => destination(&it.destination_name),
        Input::DescribeDestinations(_) => destination(&None),
        Input::CreateLogGroup(it) => group(&it.log_group_name),
        Input::CreateExportTask(it) => group(&it.log_group_name),
        Input::DeleteLogGroup(it) => group(&it.log_group_name),
        Input::AssociateKmsKey(it) => keyed(&it.log_group_name, &it.resource_identifier),
        Input::DisassociateKmsKey(it) => keyed(&it.log_group_name, &it.resource_identifier),
        Input::PutRetentionPolicy(it) => group(&it.log_group_name),
        Input::DeleteRetentionPolicy(it) => group(&it.log_group_name),
        // As AWS has it: a stream that has no name yet.
        Input::CreateLogStream(it) => stream(&it.log_group_name, &Some(String::new())),
        Input::DeleteLogStream(it) => stream(&it.log_group_name, &it.log_stream_name),
        Input::DescribeLogStreams(it) => either(&it.log_group_name, &it.log_group_identifier),
        Input::PutLogEvents(it) => stream(&it.log_group_name, &it.log_stream_name),
        Input::GetLogEvents(it) => {
            let name = names::one_group(
                cx,
                it.log_group_name.as_deref(),
                it.log_group_identifier.as_deref(),
            )
            .ok();
            stream(&name, &it.log_stream_name)
        }
        Input::FilterLogEvents(it) => either(&it.log_group_name, &it.log_group_identifier),
        Input::TagLogGroup(it) => group(&it.log_group_name),
        Input::UntagLogGroup(it) => group(&it.log_group_name),
        Input::ListTagsLogGroup(it) => group(&it.log_group_name),
        Input::TagResource(it) => tagged(&it.resource_arn),
        Input::UntagResource(it) => tagged(&it.resource_arn),
        Input::ListTagsForResource(it) => tagged(&it.resource_arn),
        Input::PutMetricFilter(it) => group(&it.log_group_name),
        Input::DeleteMetricFilter(it) => group(&it.log_group_name),
        Input::DescribeMetricFilters(it) => group(&it.log_group_name),
        Input::DeleteSubscriptionFilter(it) => group(&it.log_group_name),
        Input::DescribeSubscriptionFilters(it) => group(&it.log_group_name),
        Input::PutDataProtectionPolicy(it) => identified(&it.log_group_identifier),
        Input::GetDataProtectionPolicy(it) => identified(&it.log_group_identifier),
        Input::DeleteDataProtectionPolicy(it) => identified(&it.log_group_identifier),
        Input::PutTransformer(it) => identified(&it.log_group_identifier),
        Input::GetTransformer(it) => identified(&it.log_group_identifier),
        Input::DeleteTransformer(it) => identified(&it.log_group_identifier),
        Input::PutIndexPolicy(it) => identified(&it.log_group_identifier),
        Input::DeleteIndexPolicy(it) => identified(&it.log_group_identifier),
        Input::PutLogGroupDeletionProtection(it) => identified(&it.log_group_identifier),
        Input::GetLogGroupFields(it) => either(&it.log_group_name, &it.log_group_identifier),
        Input::GetLogRecord(it) => pointed(&it.log_record_pointer),
        Input::GetLogObject(it) => pointed(&it.log_object_pointer),
        Input::CreateLookupTable(it) => {
            names::lookup_table_arn(cx, it.lookup_table_name.as_deref().unwrap_or("*"))
        }
        Input::UpdateLookupTable(it) => table(&it.lookup_table_arn),
        Input::GetLookupTable(it) => table(&it.lookup_table_arn),
        Input::DeleteLookupTable(it) => table(&it.lookup_table_arn),
        Input::DescribeLookupTables(_) => table(&None),
        Input::DescribeLogGroups(_)
        | Input::ListLogGroups(_)
        | Input::ListAggregateLogGroupSummaries(_) => names::group_arn(cx, "*"),
        _ => "*".to_owned(),
    };
    let mut checks = vec![Check::new(action, resource)];
    checks.extend(unmasked.map(|of| Check::new(UNMASK, of)));
    checks.extend(told);
    checks
}

/// Scheduled queries, and the roles that they are asked and put in the name of.
fn scheduled(cx: &Context, action: &str, input: &Input<'_>) -> Option<Vec<Check>> {
    let on = |identifier: &Option<String>| {
        let name = identifier.as_deref().and_then(record::name_in);
        let arn = record::arn(&cx.account, &cx.region, name.as_deref().unwrap_or("*"));
        Check::new(action, arn)
    };
    let pass = |role: &Option<String>, destination: &Option<DestinationConfiguration>| {
        let s3 = destination
            .as_ref()
            .and_then(|it| it.s3_configuration.as_ref());
        let roles = role.iter().chain(s3.and_then(|it| it.role_arn.as_ref()));
        let checks = roles.map(|role| Check::pass_role(role.clone(), PRINCIPAL));
        checks.collect::<Vec<_>>()
    };
    let mut checks = Vec::new();
    match input {
        Input::CreateScheduledQuery(it) => {
            checks.push(on(&it.name));
            checks.extend(pass(&it.execution_role_arn, &it.destination_configuration));
        }
        Input::UpdateScheduledQuery(it) => {
            checks.push(on(&it.identifier));
            checks.extend(pass(&it.execution_role_arn, &it.destination_configuration));
        }
        Input::GetScheduledQuery(it) => checks.push(on(&it.identifier)),
        Input::DeleteScheduledQuery(it) => checks.push(on(&it.identifier)),
        Input::GetScheduledQueryHistory(it) => checks.push(on(&it.identifier)),
        _ => return None,
    }
    Some(checks)
}
