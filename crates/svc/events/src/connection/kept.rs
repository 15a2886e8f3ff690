//! Where the parameters of connections are: secrets that EventBridge keeps in Secrets Manager.

use std::time::Duration;

use wharf_base::{Permit, Timestamp};
use wharf_seal::OpenError;
use wharf_service::Place;
use wharf_wire::{Call, Context, Fault};

use super::{Connection, parameters::Parameters};
use crate::{
    core::{ChangeError, Core},
    names::SERVICE,
};

const PERMIT: Permit = Permit::for_controller("events-connections");
/// In front of the names of connections' secrets.
const NAMES: &str = "events!connection/";
/// Until then a secret may have a connection that is still to be written.
const YOUNG: Duration = Duration::from_secs(600);

/// The parameters of a connection cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    #[error("the secret of a connection cannot be read: {0}")]
    Secret(Fault),
    #[error("the parameters of a connection do not open")]
    Sealed(#[from] OpenError),
    #[error("the parameters of a connection cannot be read")]
    Json(#[from] serde_json::Error),
}

/// A call of the service's own.
fn own(core: &Core, place: &Place) -> Call {
    own_at(place, core.parts.clock.now())
}

fn own_at(place: &Place, now: Timestamp) -> Call {
    let context = Context::internal(&place.account, &place.region, SERVICE, now);
    Call::by_controller(context, PERMIT)
}

/// Keeps the parameters in a new secret; its ARN.
///
/// # Errors
/// Those of Secrets Manager.
pub async fn keep(
    core: &Core,
    call: &Call,
    (name, id): (&str, &str),
    it: &Parameters,
) -> Result<String, Fault> {
    put(core, call, &Connection::secret_name(name, id), it).await
}

/// Gives the secret of a connection, which is there, another value.
///
/// # Errors
/// Those of Secrets Manager.
pub async fn replace(core: &Core, call: &Call, secret: &str, it: &Parameters) -> Result<(), Fault> {
    put(core, call, name_of(secret), it).await.map(drop)
}

/// The name in a secret's ARN, in front of the letters that Secrets Manager adds.
fn name_of(arn: &str) -> &str {
    let resource = arn.splitn(7, ':').nth(6).unwrap_or(arn);
    resource.rsplit_once('-').map_or(resource, |it| it.0)
}

async fn put(core: &Core, call: &Call, name: &str, it: &Parameters) -> Result<String, Fault> {
    use wharf_service::Faults as _;
    let text = serde_json::to_string(it).map(zeroize::Zeroizing::new);
    let text = text.map_err(|error| crate::fault::EventsFaults::internal(&error))?;
    let secrets = &core.parts.secrets;
    secrets.put(call, SERVICE, name, &text).await
}

/// `None` for a connection that was deauthorized.
pub async fn read(
    core: &Core,
    place: &Place,
    name: &str,
    connection: &Connection,
) -> Result<Option<Parameters>, Unreadable> {
    if let Some(arn) = &connection.secret {
        let secrets = &core.parts.secrets;
        let found = secrets.get(&own(core, place), SERVICE, arn).await;
        let found = found.map_err(Unreadable::Secret)?;
        let read = found.map(|it| serde_json::from_slice(it.expose()));
        return Ok(read.transpose()?);
    }
    let Some(sealed) = &connection.sealed else {
        return Ok(None);
    };
    let purpose = Connection::purpose(&place.account, &place.region, name);
    let opened = core.parts.keyring.open(sealed, &purpose)?;
    Ok(Some(serde_json::from_slice(opened.expose())?))
}

/// Removes the secret that a connection had. What fails is left to [`forget_orphans`].
pub async fn forget(core: &Core, call: &Call, secret: Option<&str>) {
    let Some(arn) = secret else {
        return;
    };
    if let Err(error) = core.parts.secrets.remove(call, SERVICE, arn).await {
        tracing::warn!(secret = arn, %error, "failed to remove the secret of a connection, the next start will retry");
    }
}

/// Removes secrets that a death left without their connections. Young ones are left alone: their connections
/// may come next.
///
/// # Errors
/// The store's.
pub async fn forget_orphans(core: &Core) -> Result<(), ChangeError> {
    let nowhere = Place::new("", "");
    let call = own_at(&nowhere, core.parts.clock.now() - YOUNG);
    let all = core.parts.secrets.all(&call, SERVICE).await;
    let all = all.map_err(ChangeError::other)?;
    for (place, secret_name, arn) in all {
        let Some((name, _)) = secret_name
            .strip_prefix(NAMES)
            .and_then(|it| it.rsplit_once('/'))
        else {
            continue;
        };
        let key = Connection::key(&place, name);
        let found = core.table.read::<Connection>(&key).await?;
        if found.is_none_or(|it| it.record.secret.as_ref() != Some(&arn)) {
            forget(core, &own(core, &place), Some(&arn)).await;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_secrets_are_in_their_arns() {
        let arn =
            "arn:aws:secretsmanager:us-east-1:000000000000:secret:events!connection/a-b/1-2-AbCdEf";
        assert_eq!(name_of(arn), "events!connection/a-b/1-2");
    }
}
