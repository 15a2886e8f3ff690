//! ListSecrets.

use wharf_api_secretsmanager::{ListSecretsRequest, ListSecretsResponse};
use wharf_service::{Pages, Place};
use wharf_wire::{Call, Fault};

use crate::{
    core::{ChangeError, Core, Found, key},
    describe,
    fault::SecretFaults,
    filter, names,
    records::{Replica, Secret},
};

const DEFAULT_PAGE: usize = 100;

pub async fn list_secrets(
    core: &Core,
    call: &Call,
    input: ListSecretsRequest,
) -> Result<ListSecretsResponse, Fault> {
    let filters = input.filters.unwrap_or_default();
    filter::check(&filters)?;
    let by = input.sort_by.as_deref().unwrap_or("created-date");
    let descending = input.sort_order.as_deref() == Some("desc");
    let with_deleted = input.include_planned_deletion.unwrap_or_default();
    let chosen = (&filters, by, descending, with_deleted);
    let keyring = &core.parts.keyring;
    let pages = Pages::<SecretFaults>::new(keyring, call, "secretsmanager/ListSecrets", &chosen);
    let after = pages.after(input.next_token.as_deref())?;
    let size = input.max_results.and_then(|it| usize::try_from(it).ok());
    let size = size.unwrap_or(DEFAULT_PAGE);

    let mut all: Vec<(String, Found)> = (all(core, &Place::of(call)).await?.into_iter())
        .filter(|it| with_deleted || it.secret().deletion.is_none())
        .filter(|it| filter::fits(it, &filters))
        .map(|it| (position(&it, by), it))
        .collect();
    all.sort_by(|(a, _), (b, _)| if descending { b.cmp(a) } else { a.cmp(b) });
    if let Some(after) = after {
        all.retain(|(at, _)| if descending { *at < after } else { *at > after });
    }
    let more = all.len() > size;
    all.truncate(size);
    let last = all.last().filter(|_| more);
    Ok(ListSecretsResponse {
        next_token: last.map(|(at, _)| pages.token(at)),
        secret_list: Some(all.iter().map(|(_, it)| describe::listed(it)).collect()),
    })
}

/// Where a secret is in the list: texts that sort as what is sorted by, ended by its name.
fn position(found: &Found, by: &str) -> String {
    let secret = found.secret();
    let time = match by {
        "last-accessed-date" => secret.accessed_at,
        "last-changed-date" => Some(secret.changed_at),
        "name" => None,
        _ => Some(secret.created_at),
    };
    format!("{:020} {}", time.map_or(0, |it| it.millis()), found.name)
}

/// Every secret and replica of a place.
pub async fn all(core: &Core, place: &Place) -> Result<Vec<Found>, ChangeError> {
    let scope = names::scope(place);
    let own = core.table.all::<Secret>(&scope, "").await?;
    let mut found: Vec<Found> = (own.into_iter())
        .map(|(name, stored)| Found {
            name,
            shown_at: place.clone(),
            place: place.clone(),
            stored,
        })
        .collect();
    for (name, replica) in core.table.all::<Replica>(&scope, "").await? {
        let primary = Place::new(&place.account, &replica.record.primary_region);
        if let Some(stored) = core.table.read(&key(&primary, &name)).await? {
            found.push(Found {
                name,
                shown_at: place.clone(),
                place: primary,
                stored,
            });
        }
    }
    Ok(found)
}
