//! Key pairs: public keys by name. The private half of one that is made here is answered once and kept nowhere.

mod create;
mod delete;
mod describe;
mod generate;
mod import;
mod public;
mod putty;
mod records;
mod ssh;

pub use create::create;
pub use delete::delete;
pub use describe::describe;
pub use import::import;
#[doc(hidden)]
pub use public::fuzz;
pub use records::{KeyPair, KeyType};

use wharf_records::Record as _;
use wharf_service::transact;
use wharf_wire::{Call, Context, Fault};

use crate::{Ec2Service, fault, records::Pointer};

/// Of an account in a region, as in AWS.
const MAX_KEYS: usize = 5_000;
const MAX_NAME: usize = 255;

/// The key pair of a name.
pub async fn find(service: &Ec2Service, cx: &Context, name: &str) -> Result<KeyPair, Fault> {
    let found = named(service, cx, name).await?;
    found.ok_or_else(|| fault::key_pair_not_found(name))
}

async fn named(service: &Ec2Service, cx: &Context, name: &str) -> Result<Option<KeyPair>, Fault> {
    match service.find::<Pointer>(cx, &name_pointer(name)).await? {
        Some(pointer) => service.find(cx, &pointer.id).await,
        None => Ok(None),
    }
}

/// Under it lies the id of the key pair of a name.
fn name_pointer(name: &str) -> String {
    format!("key-pair-name:{name}")
}

/// A name for a new key pair.
fn check_name(name: Option<String>) -> Result<String, Fault> {
    let name = name.unwrap_or_default();
    if name.is_empty() {
        return Err(fault::missing_parameter("KeyName"));
    }
    let printable = name.bytes().all(|it| it == b' ' || it.is_ascii_graphic());
    match printable && name.len() <= MAX_NAME && name.trim() == name {
        true => Ok(name),
        false => Err(fault::malformed_key_name()),
    }
}

/// Refuses before anything costly is done; [`save`] is what counts.
async fn check_free(service: &Ec2Service, call: &Call, name: &str) -> Result<(), Fault> {
    if named(service, call, name).await?.is_some() {
        return Err(fault::key_pair_exists());
    }
    room(service, call).await
}

async fn room(service: &Ec2Service, call: &Call) -> Result<(), Fault> {
    let prefix = Ec2Service::scope(call).prefix(KeyPair::KIND);
    match service.table.count(&prefix).await? < MAX_KEYS {
        true => Ok(()),
        false => Err(fault::too_many_key_pairs(MAX_KEYS)),
    }
}

async fn save(service: &Ec2Service, call: &Call, pair: &KeyPair) -> Result<(), Fault> {
    let name = Ec2Service::key::<Pointer>(call, &name_pointer(&pair.name));
    let _turn = service.counting.take((&call.account, KeyPair::KIND)).await;
    room(service, call).await?;
    transact!(service.table, &call.permit, |tx| {
        if tx.find::<Pointer>(&name).await?.is_some() {
            return Err(fault::key_pair_exists());
        }
        tx.put(&name, &Pointer::to(&pair.id));
        tx.put(Ec2Service::key::<KeyPair>(call, &pair.id), pair);
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for (name, fits) in [
            ("my key", true),
            ("a", true),
            ("", false),
            (" a", false),
            ("a\nPrivate-Lines: 1", false),
            ("schlüssel", false),
            (&"x".repeat(255), true),
            (&"x".repeat(256), false),
        ] {
            assert_eq!(check_name(Some(name.to_owned())).is_ok(), fits, "{name}");
        }
    }
}
