//! PutQueryDefinition, DescribeQueryDefinitions and DeleteQueryDefinition: queries that people keep for later.

use sha2::{Digest, Sha256};
use wharf_api_logs::{
    faults,
    types::{
        DeleteQueryDefinitionRequest, DeleteQueryDefinitionResponse,
        DescribeQueryDefinitionsRequest, DescribeQueryDefinitionsResponse,
        PutQueryDefinitionRequest, PutQueryDefinitionResponse, QueryDefinition as Shown,
        QueryParameter as ShownParameter,
    },
};
use wharf_base::ids;
use wharf_records::{Record as _, Unknown};
use wharf_service::transact;
use wharf_wire::{Call, Fault};

use crate::{
    LogsService, fault,
    records::{QueryDefinition, QueryParameter},
};

/// Definitions of an account in a region, as with AWS.
const MOST: usize = 1000;
const PAGE: usize = 1000;
const MAX_GROUPS: usize = 50;

pub async fn put(
    service: &LogsService,
    call: &Call,
    input: PutQueryDefinitionRequest,
) -> Result<PutQueryDefinitionResponse, Fault> {
    let groups = input.log_group_names.unwrap_or_default();
    if groups.len() > MAX_GROUPS {
        return Err(fault::invalid(format!(
            "A query can be about at most {MAX_GROUPS} log groups."
        )));
    }
    let (is_change, id) = match (input.query_definition_id, input.client_token) {
        (Some(id), _) => (true, id),
        // The same token makes the same definition, however often it comes.
        (None, Some(token)) => (false, of_token(&token)),
        (None, None) => (false, ids::uuid()),
    };
    let definition = QueryDefinition {
        name: input.name.unwrap_or_default(),
        text: input.query_string.unwrap_or_default(),
        groups,
        parameters: parameters(input.parameters.unwrap_or_default())?,
        changed_at: call.now,
        unknown: Unknown::new(),
    };
    let scope = LogsService::scope(call);
    let key = scope.key(QueryDefinition::KIND, &id);
    let count = service
        .table
        .count(&scope.prefix(QueryDefinition::KIND))
        .await?;
    transact!(service.table, &call.permit, |tx| {
        let is_new = tx.find::<QueryDefinition>(&key).await?.is_none();
        if is_new && is_change {
            return Err(missing(&id));
        }
        if is_new && count >= MOST {
            return Err(faults::limit_exceeded_exception(format!(
                "An account has at most {MOST} query definitions in a region."
            )));
        }
        tx.put(&key, &definition);
    });
    Ok(PutQueryDefinitionResponse {
        query_definition_id: Some(id),
    })
}

/// Clients fill them in before they ask a query: StartQuery takes texts without.
fn parameters(given: Vec<ShownParameter>) -> Result<Vec<QueryParameter>, Fault> {
    let mut found: Vec<QueryParameter> = Vec::with_capacity(given.len());
    for it in given {
        let name = it.name.unwrap_or_default();
        if found.iter().any(|it| it.name == name) {
            return Err(fault::invalid(format!(
                "The query parameter {name} is given twice."
            )));
        }
        found.push(QueryParameter {
            name,
            default_value: it.default_value,
            description: it.description,
        });
    }
    Ok(found)
}

fn of_token(token: &str) -> String {
    let digest = Sha256::digest(token.as_bytes());
    let hex: String = digest[..16]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!(
        "{}-{}-{}-{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..]
    )
}

fn missing(id: &str) -> Fault {
    faults::resource_not_found_exception(format!("Query definition {id} does not exist."))
}

fn shown_parameters(all: Vec<QueryParameter>) -> Option<Vec<ShownParameter>> {
    let shown = all.into_iter().map(|it| ShownParameter {
        name: Some(it.name),
        default_value: it.default_value,
        description: it.description,
    });
    Some(shown.collect()).filter(|it: &Vec<_>| !it.is_empty())
}

pub async fn describe(
    service: &LogsService,
    call: &Call,
    input: DescribeQueryDefinitionsRequest,
) -> Result<DescribeQueryDefinitionsResponse, Fault> {
    let prefix = input.query_definition_name_prefix.unwrap_or_default();
    let size = input.max_results.and_then(|it| usize::try_from(it).ok());
    let pages = service.pages(call, &format!("query definitions {prefix:?}"));
    let page = pages.page(input.next_token.as_deref(), size.unwrap_or(PAGE))?;
    let all = service
        .table
        .all::<QueryDefinition>(&LogsService::scope(call), "")
        .await?;
    let fitting = all
        .into_iter()
        .filter(|(_, it)| it.record.name.starts_with(&prefix));
    let (shown, next_token) = page.cut(fitting, |(id, _)| id.as_str());
    let shown = shown.into_iter().map(|(id, it)| Shown {
        query_language: Some("CWLI".to_owned()),
        query_definition_id: Some(id),
        name: Some(it.record.name),
        query_string: Some(it.record.text),
        last_modified: Some(it.record.changed_at.millis()),
        log_group_names: Some(it.record.groups),
        parameters: shown_parameters(it.record.parameters),
    });
    Ok(DescribeQueryDefinitionsResponse {
        query_definitions: Some(shown.collect()),
        next_token,
    })
}

pub async fn delete(
    service: &LogsService,
    call: &Call,
    input: DeleteQueryDefinitionRequest,
) -> Result<DeleteQueryDefinitionResponse, Fault> {
    let id = input.query_definition_id.unwrap_or_default();
    let key = LogsService::scope(call).key(QueryDefinition::KIND, &id);
    transact!(service.table, &call.permit, |tx| {
        if tx.find::<QueryDefinition>(&key).await?.is_none() {
            return Err(missing(&id));
        }
        tx.delete(&key);
    });
    Ok(DeleteQueryDefinitionResponse {
        success: Some(true),
    })
}
