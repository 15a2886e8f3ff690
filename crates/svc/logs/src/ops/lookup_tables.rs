//! CreateLookupTable, UpdateLookupTable, GetLookupTable, DescribeLookupTables and DeleteLookupTable.

use wharf_api_logs::{
    faults,
    types::{
        CreateLookupTableRequest, CreateLookupTableResponse, DeleteLookupTableRequest,
        DescribeLookupTablesRequest, DescribeLookupTablesResponse, GetLookupTableRequest,
        GetLookupTableResponse, LookupTable as Shown, UpdateLookupTableRequest,
        UpdateLookupTableResponse,
    },
};
use wharf_insights::Table;
use wharf_records::{Record as _, Scope, Unknown};
use wharf_service::transact;
use wharf_wire::{Call, Fault};

use super::{kms_key, queries, tags::RULES};
use crate::{
    LogsService, fault,
    insights::{csv::csv, engine::COMPLETE},
    keys::record_key,
    lookup_tables::Version,
    names,
    records::{DataKey, LookupTable},
};

/// Tables of an account in a region, as with AWS.
const MOST: usize = 100;
const PAGE: usize = 100;
/// A table may get another key while it is put again.
const TRIES: usize = 5;

#[derive(Debug, thiserror::Error)]
#[error("the lookup table gets one key after another")]
struct KeysChange;

/// A version that is durable and has no record yet.
struct Made {
    _version: Version,
    table: LookupTable,
    data_key: Option<DataKey>,
}

pub async fn create(
    service: &LogsService,
    call: &Call,
    input: CreateLookupTableRequest,
) -> Result<CreateLookupTableResponse, Fault> {
    let name = input.lookup_table_name.unwrap_or_default();
    let scope = LogsService::scope(call);
    let key = scope.key(LookupTable::KIND, &name);
    let tags = RULES.given(input.tags.unwrap_or_default())?;
    // Before anything is written; the transaction looks again.
    if service.table.read::<LookupTable>(&key).await?.is_some() {
        return Err(exists());
    }
    let body = body_of(service, call, (input.table_body, input.query_id)).await?;
    let read = read(service, call, body).await?;
    let kms_key = input.kms_key_id.as_deref();
    let made = made(service, call, &name, (&read, 0), kms_key).await?;
    let table = LookupTable {
        description: input.description,
        tags,
        ..made.table.clone()
    };
    put_new(service, call, &scope, (&table, made.data_key.as_ref())).await?;
    Ok(CreateLookupTableResponse {
        lookup_table_arn: Some(names::lookup_table_arn(call, &name)),
        created_at: Some(call.now.millis()),
    })
}

async fn put_new(
    service: &LogsService,
    call: &Call,
    scope: &Scope,
    (table, data_key): (&LookupTable, Option<&DataKey>),
) -> Result<(), Fault> {
    let key = scope.key(LookupTable::KIND, &table.name);
    let all = scope.prefix(LookupTable::KIND);
    transact!(service.table, &call.permit, |tx| {
        if tx.find::<LookupTable>(&key).await?.is_some() {
            return Err(exists());
        }
        if service.table.count(&all).await? >= MOST {
            return Err(faults::limit_exceeded_exception(format!(
                "An account has at most {MOST} lookup tables in a region."
            )));
        }
        tx.put(&key, table);
        if let Some(data_key) = data_key {
            tx.put(record_key(scope, &table.version, data_key.id), data_key);
        }
    });
    Ok(())
}

/// Takes the place of all that was in the table. It stays under its key of KMS unless it gets another.
pub async fn update(
    service: &LogsService,
    call: &Call,
    input: UpdateLookupTableRequest,
) -> Result<UpdateLookupTableResponse, Fault> {
    let name = names::lookup_table(call, input.lookup_table_arn.as_deref())?;
    let scope = LogsService::scope(call);
    let key = scope.key(LookupTable::KIND, &name);
    let find = async || {
        let found = service.table.read::<LookupTable>(&key).await?;
        Ok::<_, Fault>(found.ok_or_else(fault::no_lookup_table)?.record)
    };
    find().await?;
    let body = body_of(service, call, (input.table_body, input.query_id)).await?;
    let read = read(service, call, body).await?;
    for _ in 0..TRIES {
        let before = find().await?;
        let own_key = before.key.as_ref().map(|it| it.kms_key.as_str());
        let kms_key = input.kms_key_id.as_deref().or(own_key);
        let made = made(service, call, &name, (&read, before.bytes), kms_key).await?;
        let description = input.description.as_deref();
        if put_again(service, call, &scope, (&made, &before), description).await? {
            return Ok(UpdateLookupTableResponse {
                lookup_table_arn: Some(names::lookup_table_arn(call, &name)),
                last_updated_time: Some(call.now.millis()),
            });
        }
    }
    Err(fault::unreadable(&KeysChange))
}

/// Whether it was put: not if the table has another key than `seen`, which says what the version is under.
async fn put_again(
    service: &LogsService,
    call: &Call,
    scope: &Scope,
    (made, seen): (&Made, &LookupTable),
    description: Option<&str>,
) -> Result<bool, Fault> {
    let table = &made.table;
    let key = scope.key(LookupTable::KIND, &table.name);
    let kms_key = |it: &LookupTable| it.key.as_ref().map(|it| it.kms_key.clone());
    let was_put = transact!(service.table, &call.permit, |tx| {
        let before = tx.find::<LookupTable>(&key).await?;
        let before = before.ok_or_else(fault::no_lookup_table)?;
        let is_as_seen = kms_key(&before) == kms_key(seen);
        if is_as_seen {
            let table = LookupTable {
                description: description.map(str::to_owned).or(before.description),
                tags: before.tags,
                unknown: before.unknown,
                ..table.clone()
            };
            tx.put(&key, &table);
            if let Some(old) = before.key {
                tx.delete(record_key(scope, &before.version, old.data_key));
            }
            if let Some(data_key) = &made.data_key {
                tx.put(record_key(scope, &table.version, data_key.id), data_key);
            }
        }
        is_as_seen
    });
    Ok(was_put)
}

/// What a request gives, or what the query found that it names.
async fn body_of(
    service: &LogsService,
    call: &Call,
    given: (Option<String>, Option<String>),
) -> Result<String, Fault> {
    let id = match given {
        (Some(body), None) => return Ok(body),
        (None, Some(id)) => id,
        _ => {
            return Err(fault::invalid(
                "Exactly one of tableBody or queryId is required.",
            ));
        }
    };
    let query = queries::find(service, call, &id).await?;
    let scope = LogsService::scope(call);
    let progress = service.progress_of(&scope, &id, &query, call.now);
    match progress.status {
        COMPLETE => csv(&progress.rows)
            .ok_or_else(|| fault::invalid(format!("The query {id} has no results."))),
        // What a cancelled one had found is not kept.
        other => Err(fault::invalid(format!(
            "The query {id} has no results: it is {other}."
        ))),
    }
}

/// CSV that was read.
struct Read {
    body: String,
    columns: Vec<String>,
    rows: u64,
}

async fn read(service: &LogsService, call: &Call, body: String) -> Result<Read, Fault> {
    let read = service.desk.work(&call.account, move || {
        let read = Table::parse(&body).map(|it| (it.columns().to_vec(), it.rows()));
        (read, body)
    });
    let (read, body) = read.await.map_err(|cause| fault::unreadable(&cause))?;
    let (columns, rows) =
        read.map_err(|bad| fault::invalid(format!("The tableBody is not valid CSV: {bad}.")))?;
    Ok(Read {
        body,
        columns,
        rows: rows as u64,
    })
}

/// Writes CSV down as a new version of a table, in the place of one of so many bytes.
async fn made(
    service: &LogsService,
    call: &Call,
    name: &str,
    (read, replaced): (&Read, u64),
    kms_key: Option<&str>,
) -> Result<Made, Fault> {
    let bytes = read.body.len() as u64;
    let version = service.new_version(&LogsService::scope(call), bytes, replaced);
    let version = version.ok_or_else(|| {
        faults::limit_exceeded_exception("There is no room for more lookup tables.")
    })?;
    let arn = names::lookup_table_arn(call, name);
    let keys = match kms_key {
        Some(given) => Some(kms_key::made_for(service, call, &version.id, &arn, given).await?),
        None => None,
    };
    let (data_key, open) = keys.unzip();
    let written = service.write_version(&version, &read.body, open.as_ref());
    written.await?;
    let table = LookupTable {
        version: version.id.clone(),
        name: name.to_owned(),
        description: None,
        columns: read.columns.clone(),
        rows: read.rows,
        bytes,
        key: data_key.as_ref().map(kms_key::of_group),
        changed_at: call.now,
        tags: Default::default(),
        unknown: Unknown::new(),
    };
    Ok(Made {
        _version: version,
        table,
        data_key,
    })
}

fn exists() -> Fault {
    faults::resource_already_exists_exception("The specified lookup table already exists.")
}

pub async fn get(
    service: &LogsService,
    call: &Call,
    input: GetLookupTableRequest,
) -> Result<GetLookupTableResponse, Fault> {
    let name = names::lookup_table(call, input.lookup_table_arn.as_deref())?;
    let scope = LogsService::scope(call);
    let found = service.read_table(&scope, &name, call.now).await?;
    let (table, body) = found.ok_or_else(fault::no_lookup_table)?;
    let shown = shown(call, table);
    Ok(GetLookupTableResponse {
        lookup_table_arn: shown.lookup_table_arn,
        lookup_table_name: shown.lookup_table_name,
        description: shown.description,
        table_body: Some(body),
        size_bytes: shown.size_bytes,
        last_updated_time: shown.last_updated_time,
        kms_key_id: shown.kms_key_id,
    })
}

pub async fn describe(
    service: &LogsService,
    call: &Call,
    input: DescribeLookupTablesRequest,
) -> Result<DescribeLookupTablesResponse, Fault> {
    let prefix = input.lookup_table_name_prefix.unwrap_or_default();
    let size = match input.max_results {
        None => PAGE,
        Some(given) => usize::try_from(given)
            .ok()
            .filter(|it| (1..=PAGE).contains(it))
            .ok_or_else(|| fault::invalid(format!("maxResults must be from 1 to {PAGE}.")))?,
    };
    let pages = service.pages(call, &format!("lookup tables {prefix:?}"));
    let page = pages.page(input.next_token.as_deref(), size)?;
    let all = service
        .table
        .all::<LookupTable>(&LogsService::scope(call), &prefix)
        .await?;
    let (found, next_token) = page.cut(all, |(name, _)| name.as_str());
    let found = found.into_iter().map(|(_, it)| shown(call, it.record));
    Ok(DescribeLookupTablesResponse {
        lookup_tables: Some(found.collect()),
        next_token,
    })
}

fn shown(call: &Call, table: LookupTable) -> Shown {
    Shown {
        lookup_table_arn: Some(names::lookup_table_arn(call, &table.name)),
        lookup_table_name: Some(table.name),
        description: table.description,
        table_fields: Some(table.columns),
        records_count: i64::try_from(table.rows).ok(),
        size_bytes: i64::try_from(table.bytes).ok(),
        last_updated_time: Some(table.changed_at.millis()),
        kms_key_id: table.key.map(|it| it.kms_key),
    }
}

pub async fn delete(
    service: &LogsService,
    call: &Call,
    input: DeleteLookupTableRequest,
) -> Result<(), Fault> {
    let name = names::lookup_table(call, input.lookup_table_arn.as_deref())?;
    let scope = LogsService::scope(call);
    let key = scope.key(LookupTable::KIND, &name);
    transact!(service.table, &call.permit, |tx| {
        let before = tx.find::<LookupTable>(&key).await?;
        let before = before.ok_or_else(fault::no_lookup_table)?;
        tx.delete(&key);
        if let Some(old) = before.key {
            tx.delete(record_key(&scope, &before.version, old.data_key));
        }
    });
    service.table_is_gone(&scope);
    Ok(())
}
