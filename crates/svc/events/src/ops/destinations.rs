//! CreateApiDestination, UpdateApiDestination, DeleteApiDestination, DescribeApiDestination, ListApiDestinations.

use wharf_api_events::{
    self as api, CreateApiDestinationRequest, CreateApiDestinationResponse,
    DeleteApiDestinationRequest, DeleteApiDestinationResponse, DescribeApiDestinationRequest,
    DescribeApiDestinationResponse, ListApiDestinationsRequest, ListApiDestinationsResponse,
    UpdateApiDestinationRequest, UpdateApiDestinationResponse, faults,
};
use wharf_base::ids;
use wharf_records::{Record as _, Unknown};
use wharf_service::{Place, transact};
use wharf_wire::{Call, Fault};

use super::{connections::no_connection, page_size};
use crate::{
    connection::{Connection, Destination, named, parameters::check_endpoint},
    core::{ChangeError, Core},
    fault,
    names::scope,
};

/// Destinations of an account in a region.
const MOST: usize = 3000;

fn no_destination(name: &str) -> Fault {
    faults::resource_not_found_exception(format!(
        "Failed to describe the api-destination(s). An api-destination '{name}' does not exist."
    ))
}

impl Core {
    /// The connection of an ARN, with its name.
    pub async fn connection(
        &self,
        place: &Place,
        arn: &str,
    ) -> Result<Option<(String, Connection)>, ChangeError> {
        let Some((of, name, id)) = named("connection", arn) else {
            return Ok(None);
        };
        if of != *place {
            return Ok(None);
        }
        let found = self
            .table
            .read::<Connection>(&Connection::key(place, &name))
            .await?;
        let found = found.map(|it| it.record).filter(|it| it.id == id);
        Ok(found.map(|it| (name, it)))
    }

    /// Whether requests can be sent to a destination.
    async fn state(&self, place: &Place, it: &Destination) -> Result<String, ChangeError> {
        let connection = self.connection(place, &it.connection).await?;
        let works = connection.is_some_and(|(_, it)| it.state() == "AUTHORIZED");
        Ok(["INACTIVE", "ACTIVE"][usize::from(works)].to_owned())
    }

    async fn needed(&self, place: &Place, arn: &str) -> Result<(), Fault> {
        match self.connection(place, arn).await? {
            Some(_) => Ok(()),
            None => Err(no_connection(named("connection", arn).map_or(arn, |_| arn))),
        }
    }
}

fn rate(given: Option<i32>) -> Option<u32> {
    given.and_then(|it| u32::try_from(it).ok())
}

pub async fn create_api_destination(
    core: &Core,
    call: &Call,
    input: CreateApiDestinationRequest,
) -> Result<CreateApiDestinationResponse, Fault> {
    let (place, name) = (Place::of(call), input.name.unwrap_or_default());
    let made = Destination {
        id: ids::uuid(),
        description: input.description,
        connection: input.connection_arn.unwrap_or_default(),
        endpoint: input.invocation_endpoint.unwrap_or_default(),
        method: input.http_method.unwrap_or_default(),
        per_second: rate(input.invocation_rate_limit_per_second),
        created_at: call.now,
        changed_at: call.now,
        unknown: Unknown::new(),
    };
    check_endpoint("InvocationEndpoint", &made.endpoint)?;
    core.needed(&place, &made.connection).await?;
    let key = Destination::key(&place, &name);
    let count = core
        .table
        .count(&scope(&place).prefix(Destination::KIND))
        .await?;
    transact!(core.table, &call.permit, |tx| {
        if tx.find::<Destination>(&key).await?.is_some() {
            return Err(faults::resource_already_exists_exception(format!(
                "An api-destination '{name}' already exists."
            )));
        }
        if count >= MOST {
            return Err(fault::too_many());
        }
        tx.put(&key, &made);
    });
    Ok(CreateApiDestinationResponse {
        api_destination_arn: Some(made.arn(&place, &name)),
        api_destination_state: Some(core.state(&place, &made).await?),
        creation_time: Some(made.created_at),
        last_modified_time: Some(made.changed_at),
    })
}

pub async fn update_api_destination(
    core: &Core,
    call: &Call,
    input: UpdateApiDestinationRequest,
) -> Result<UpdateApiDestinationResponse, Fault> {
    let (place, name) = (Place::of(call), input.name.unwrap_or_default());
    if let Some(endpoint) = &input.invocation_endpoint {
        check_endpoint("InvocationEndpoint", endpoint)?;
    }
    if let Some(connection) = &input.connection_arn {
        core.needed(&place, connection).await?;
    }
    let key = Destination::key(&place, &name);
    let changed = core
        .table
        .change(&call.permit, &key, |it: &mut Destination| {
            if input.description.is_some() {
                it.description.clone_from(&input.description);
            }
            let texts = [
                (&input.connection_arn, &mut it.connection),
                (&input.invocation_endpoint, &mut it.endpoint),
                (&input.http_method, &mut it.method),
            ];
            for (given, kept) in texts {
                if let Some(given) = given {
                    kept.clone_from(given);
                }
            }
            it.per_second = rate(input.invocation_rate_limit_per_second).or(it.per_second);
            it.changed_at = call.now;
            Ok::<_, Fault>(())
        });
    let (record, ()) = changed.await?.ok_or_else(|| no_destination(&name))?;
    Ok(UpdateApiDestinationResponse {
        api_destination_arn: Some(record.arn(&place, &name)),
        api_destination_state: Some(core.state(&place, &record).await?),
        creation_time: Some(record.created_at),
        last_modified_time: Some(record.changed_at),
    })
}

pub async fn delete_api_destination(
    core: &Core,
    call: &Call,
    input: DeleteApiDestinationRequest,
) -> Result<DeleteApiDestinationResponse, Fault> {
    let (place, name) = (Place::of(call), input.name.unwrap_or_default());
    let key = Destination::key(&place, &name);
    transact!(core.table, &call.permit, |tx| {
        let found = tx.find::<Destination>(&key).await?;
        found.ok_or_else(|| no_destination(&name))?;
        tx.delete(&key);
    });
    Ok(DeleteApiDestinationResponse {})
}

pub async fn describe_api_destination(
    core: &Core,
    call: &Call,
    input: DescribeApiDestinationRequest,
) -> Result<DescribeApiDestinationResponse, Fault> {
    let (place, name) = (Place::of(call), input.name.unwrap_or_default());
    let found = core
        .table
        .read::<Destination>(&Destination::key(&place, &name))
        .await?;
    let record = found.ok_or_else(|| no_destination(&name))?.record;
    Ok(DescribeApiDestinationResponse {
        api_destination_arn: Some(record.arn(&place, &name)),
        api_destination_state: Some(core.state(&place, &record).await?),
        name: Some(name),
        description: record.description,
        connection_arn: Some(record.connection),
        invocation_endpoint: Some(record.endpoint),
        http_method: Some(record.method),
        invocation_rate_limit_per_second: record.per_second.and_then(|it| i32::try_from(it).ok()),
        creation_time: Some(record.created_at),
        last_modified_time: Some(record.changed_at),
    })
}

pub async fn list_api_destinations(
    core: &Core,
    call: &Call,
    input: ListApiDestinationsRequest,
) -> Result<ListApiDestinationsResponse, Fault> {
    let (place, prefix) = (Place::of(call), input.name_prefix.unwrap_or_default());
    let connection = input.connection_arn;
    let pages = core.pages(call, "events/ListApiDestinations", &(&prefix, &connection));
    let page = pages.page(input.next_token.as_deref(), page_size(input.limit))?;
    let mut all = core
        .table
        .all::<Destination>(&scope(&place), &prefix)
        .await?;
    all.retain(|(_, it)| {
        connection
            .as_ref()
            .is_none_or(|wanted| *wanted == it.record.connection)
    });
    let (all, next_token) = page.cut(all, |(name, _)| name.as_str());
    let mut shown = Vec::with_capacity(all.len());
    for (name, stored) in all {
        let record = stored.record;
        shown.push(api::ApiDestination {
            api_destination_arn: Some(record.arn(&place, &name)),
            api_destination_state: Some(core.state(&place, &record).await?),
            name: Some(name),
            connection_arn: Some(record.connection),
            invocation_endpoint: Some(record.endpoint),
            http_method: Some(record.method),
            invocation_rate_limit_per_second: record
                .per_second
                .and_then(|it| i32::try_from(it).ok()),
            creation_time: Some(record.created_at),
            last_modified_time: Some(record.changed_at),
        });
    }
    Ok(ListApiDestinationsResponse {
        api_destinations: Some(shown),
        next_token,
    })
}
