//! CreateConnection, UpdateConnection, DeauthorizeConnection, DeleteConnection, DescribeConnection, ListConnections.

use wharf_api_events::{
    self as api, CreateConnectionAuthRequestParameters, CreateConnectionRequest,
    CreateConnectionResponse, DeauthorizeConnectionRequest, DeauthorizeConnectionResponse,
    DeleteConnectionRequest, DeleteConnectionResponse, DescribeConnectionRequest,
    DescribeConnectionResponse, ListConnectionsRequest, ListConnectionsResponse,
    UpdateConnectionApiKeyAuthRequestParameters, UpdateConnectionAuthRequestParameters,
    UpdateConnectionBasicAuthRequestParameters, UpdateConnectionOAuthClientRequestParameters,
    UpdateConnectionOAuthRequestParameters, UpdateConnectionRequest, UpdateConnectionResponse,
    faults,
};
use wharf_base::ids;
use wharf_records::{Record as _, Unknown};
use wharf_service::{Faults as _, Place, transact};
use wharf_wire::{Call, Fault};

use super::page_size;
use crate::{
    connection::{Connection, kept, parameters::Parameters},
    core::Core,
    fault::{self, EventsFaults},
    names::scope,
};

/// Connections of an account in a region.
const MOST: usize = 3000;

pub fn no_connection(name: &str) -> Fault {
    faults::resource_not_found_exception(format!(
        "Failed to describe the connection(s). Connection '{name}' does not exist."
    ))
}

/// The members of a creation as those of a change, which may all be left out.
fn as_change(
    given: CreateConnectionAuthRequestParameters,
) -> UpdateConnectionAuthRequestParameters {
    UpdateConnectionAuthRequestParameters {
        basic_auth_parameters: given.basic_auth_parameters.map(|it| {
            UpdateConnectionBasicAuthRequestParameters {
                username: it.username,
                password: it.password,
            }
        }),
        api_key_auth_parameters: given.api_key_auth_parameters.map(|it| {
            UpdateConnectionApiKeyAuthRequestParameters {
                api_key_name: it.api_key_name,
                api_key_value: it.api_key_value,
            }
        }),
        o_auth_parameters: given.o_auth_parameters.map(|it| {
            UpdateConnectionOAuthRequestParameters {
                client_parameters: it.client_parameters.map(|it| {
                    UpdateConnectionOAuthClientRequestParameters {
                        client_id: it.client_id,
                        client_secret: it.client_secret,
                    }
                }),
                authorization_endpoint: it.authorization_endpoint,
                http_method: it.http_method,
                o_auth_http_parameters: it.o_auth_http_parameters,
            }
        }),
        invocation_http_parameters: given.invocation_http_parameters,
        connectivity_parameters: None,
    }
}

pub async fn create_connection(
    core: &Core,
    call: &Call,
    input: CreateConnectionRequest,
) -> Result<CreateConnectionResponse, Fault> {
    let (place, name) = (Place::of(call), input.name.unwrap_or_default());
    let kind = input.authorization_type.unwrap_or_default();
    let given = as_change(input.auth_parameters.unwrap_or_default());
    let parameters = Parameters::of(&kind, given, None)?;
    let mut made = Connection {
        id: ids::uuid(),
        description: input.description,
        secret: None,
        sealed: None,
        kind,
        created_at: call.now,
        changed_at: call.now,
        authorized_at: Some(call.now),
        unknown: Unknown::new(),
    };
    let key = Connection::key(&place, &name);
    let count = core
        .table
        .count(&scope(&place).prefix(Connection::KIND))
        .await?;
    if core.table.read::<Connection>(&key).await?.is_some() {
        return Err(exists(&name));
    }
    if count >= MOST {
        return Err(fault::too_many());
    }
    made.secret = Some(kept::keep(core, call, (&name, &made.id), &parameters).await?);
    let written = add(core, call, &key, &name, &made).await;
    if written.is_err() {
        kept::forget(core, call, made.secret.as_deref()).await;
    }
    written?;
    Ok(CreateConnectionResponse {
        connection_arn: Some(made.arn(&place, &name)),
        connection_state: Some(made.state().to_owned()),
        creation_time: Some(made.created_at),
        last_modified_time: Some(made.changed_at),
    })
}

async fn add(
    core: &Core,
    call: &Call,
    key: &str,
    name: &str,
    made: &Connection,
) -> Result<(), Fault> {
    transact!(core.table, &call.permit, |tx| {
        if tx.find::<Connection>(key).await?.is_some() {
            return Err(exists(name));
        }
        tx.put(key, made);
    });
    Ok(())
}

fn exists(name: &str) -> Fault {
    faults::resource_already_exists_exception(format!("Connection {name} already exists."))
}

pub async fn update_connection(
    core: &Core,
    call: &Call,
    input: UpdateConnectionRequest,
) -> Result<UpdateConnectionResponse, Fault> {
    let (place, name) = (Place::of(call), input.name.unwrap_or_default());
    let key = Connection::key(&place, &name);
    let _turn = core.connections.lock().await;
    let stored = core.table.read::<Connection>(&key).await?;
    let stored = stored.ok_or_else(|| no_connection(&name))?;
    let mut replaced = None;
    let mut record = stored.record.clone();
    if let Some(description) = &input.description {
        record.description = Some(description.clone());
    }
    let kind = input.authorization_type.clone();
    let kind = kind.unwrap_or_else(|| record.kind.clone());
    if input.auth_parameters.is_some() || kind != record.kind {
        let before = kept::read(core, &place, &name, &record).await;
        let before = before.map_err(|it| EventsFaults::internal(&it))?;
        let before = before.filter(|_| kind == record.kind);
        let given = input.auth_parameters.clone().unwrap_or_default();
        let parameters = Parameters::of(&kind, given, before.as_ref())?;
        match (&record.secret, &before) {
            // The secret that users know gets another value.
            (Some(secret), Some(before)) => {
                kept::replace(core, call, secret, &parameters).await?;
                replaced = Some((secret.clone(), before.clone()));
            }
            // The record says what kind its secret is of: both change at once.
            _ => {
                let id = ids::uuid();
                record.secret = Some(kept::keep(core, call, (&name, &id), &parameters).await?);
            }
        }
        record.sealed = None;
        record.kind = kind;
        record.authorized_at = Some(call.now);
    }
    record.changed_at = call.now;
    let mut changes = core.table.begin();
    changes.when(stored.unchanged());
    changes.put(&key, &record);
    let written = changes.write(&call.permit).await;
    if record.secret != stored.record.secret {
        // Of the two, the one that no record names goes.
        let unused = match &written {
            Ok(()) => stored.record.secret.as_deref(),
            Err(_) => record.secret.as_deref(),
        };
        kept::forget(core, call, unused).await;
    }
    if let (Err(_), Some((secret, before))) = (&written, replaced) {
        kept::replace(core, call, &secret, &before).await?;
    }
    written?;
    Ok(UpdateConnectionResponse {
        connection_arn: Some(record.arn(&place, &name)),
        connection_state: Some(record.state().to_owned()),
        creation_time: Some(record.created_at),
        last_modified_time: Some(record.changed_at),
        last_authorized_time: record.authorized_at,
    })
}

/// Forgets what a connection proves itself by.
pub async fn deauthorize_connection(
    core: &Core,
    call: &Call,
    input: DeauthorizeConnectionRequest,
) -> Result<DeauthorizeConnectionResponse, Fault> {
    let (place, name) = (Place::of(call), input.name.unwrap_or_default());
    let key = Connection::key(&place, &name);
    let _turn = core.connections.lock().await;
    let changed = core
        .table
        .change(&call.permit, &key, |it: &mut Connection| {
            it.sealed = None;
            it.changed_at = call.now;
            Ok::<_, Fault>(it.secret.take())
        });
    let (record, secret) = changed.await?.ok_or_else(|| no_connection(&name))?;
    kept::forget(core, call, secret.as_deref()).await;
    Ok(DeauthorizeConnectionResponse {
        connection_arn: Some(record.arn(&place, &name)),
        connection_state: Some(record.state().to_owned()),
        creation_time: Some(record.created_at),
        last_modified_time: Some(record.changed_at),
        last_authorized_time: record.authorized_at,
    })
}

pub async fn delete_connection(
    core: &Core,
    call: &Call,
    input: DeleteConnectionRequest,
) -> Result<DeleteConnectionResponse, Fault> {
    let (place, name) = (Place::of(call), input.name.unwrap_or_default());
    let key = Connection::key(&place, &name);
    let _turn = core.connections.lock().await;
    let record = transact!(core.table, &call.permit, |tx| {
        let found = tx.find::<Connection>(&key).await?;
        let record = found.ok_or_else(|| no_connection(&name))?;
        tx.delete(&key);
        record
    });
    kept::forget(core, call, record.secret.as_deref()).await;
    Ok(DeleteConnectionResponse {
        connection_arn: Some(record.arn(&place, &name)),
        connection_state: Some("DELETING".to_owned()),
        creation_time: Some(record.created_at),
        last_modified_time: Some(record.changed_at),
        last_authorized_time: record.authorized_at,
    })
}

pub async fn describe_connection(
    core: &Core,
    call: &Call,
    input: DescribeConnectionRequest,
) -> Result<DescribeConnectionResponse, Fault> {
    let (place, name) = (Place::of(call), input.name.unwrap_or_default());
    let key = Connection::key(&place, &name);
    let found = core.table.read::<Connection>(&key).await?;
    let record = found.ok_or_else(|| no_connection(&name))?.record;
    let opened = kept::read(core, &place, &name, &record).await;
    let opened = opened.map_err(|it| EventsFaults::internal(&it))?;
    Ok(DescribeConnectionResponse {
        connection_arn: Some(record.arn(&place, &name)),
        connection_state: Some(record.state().to_owned()),
        name: Some(name),
        description: record.description,
        secret_arn: record.secret,
        authorization_type: Some(record.kind),
        auth_parameters: opened.map(|it| it.shown()),
        creation_time: Some(record.created_at),
        last_modified_time: Some(record.changed_at),
        last_authorized_time: record.authorized_at,
        ..DescribeConnectionResponse::default()
    })
}

pub async fn list_connections(
    core: &Core,
    call: &Call,
    input: ListConnectionsRequest,
) -> Result<ListConnectionsResponse, Fault> {
    let (place, prefix) = (Place::of(call), input.name_prefix.unwrap_or_default());
    let state = input.connection_state;
    let pages = core.pages(call, "events/ListConnections", &(&prefix, &state));
    let page = pages.page(input.next_token.as_deref(), page_size(input.limit))?;
    let mut all = core
        .table
        .all::<Connection>(&scope(&place), &prefix)
        .await?;
    all.retain(|(_, it)| {
        state
            .as_deref()
            .is_none_or(|wanted| wanted == it.record.state())
    });
    let (all, next_token) = page.cut(all, |(name, _)| name.as_str());
    let show = |(name, stored): (String, wharf_service::Stored<Connection>)| {
        let record = stored.record;
        api::Connection {
            connection_arn: Some(record.arn(&place, &name)),
            connection_state: Some(record.state().to_owned()),
            name: Some(name),
            state_reason: None,
            authorization_type: Some(record.kind),
            creation_time: Some(record.created_at),
            last_modified_time: Some(record.changed_at),
            last_authorized_time: record.authorized_at,
        }
    };
    Ok(ListConnectionsResponse {
        connections: Some(all.into_iter().map(show).collect()),
        next_token,
    })
}
