//! Machine images. One is registered from an image of an ECR repository, whose digest is recorded, so that it
//! stays what it was when tags move; wharf's own public images are computed and stored nowhere.
//!
//! One that is made of an instance brings a snapshot of the instance's root: what was written over the image that the
//! instance is of, which it names as its own. It is pending until its snapshots are completed ([`settle`]).
//!
//! An image lies with the account that registered it. Accounts that may launch it, and all accounts if it is public,
//! have a pointer to its owner; whether they still may is written in the image itself.

pub mod alias;
mod attributes;
mod copy;
mod create;
mod deregister;
mod describe;
mod location;
mod own;
mod records;
mod register;
mod resolve;
mod settle;

pub use alias::Parameters;
pub use attributes::{
    describe as describe_attribute, modify as modify_attribute, reset as reset_attribute,
};
pub use copy::copy;
pub use create::create_image;
pub use deregister::deregister;
pub use describe::describe;
#[doc(hidden)]
pub use location::{Location, fuzz};
pub use records::{BootMode, Image, Shared, Source, State, source_of};
pub use register::register;
pub use settle::settle;

use std::sync::{Arc, OnceLock};

use wharf_api_ecr::Ecr;
use wharf_records::Scope;
use wharf_service::{Stored, platform};
use wharf_wire::{Call, Context, Fault};

use crate::{Ec2Service, fault, table::SERVICE};

/// ECR as EC2 asks it, known once all services are built.
#[derive(Clone, Default)]
pub struct Registry(Arc<OnceLock<Arc<dyn Ecr>>>);

impl Registry {
    pub fn set(&self, ecr: Arc<dyn Ecr>) {
        let _ = self.0.set(ecr);
    }

    fn get(&self) -> Result<&dyn Ecr, Fault> {
        let known = self.0.get().map(AsRef::as_ref);
        known.ok_or_else(|| fault::unsupported_parameter("ImageLocation"))
    }
}

/// An image that the caller may launch instances from.
pub async fn find(service: &Ec2Service, cx: &Context, id: &str) -> Result<Image, Fault> {
    if !is_id(id) {
        return Err(fault::malformed_image_id(id));
    }
    if let Some(own) = own::find(&cx.region, id) {
        return Ok(own);
    }
    let found = visible(service, cx, id).await?;
    found.ok_or_else(|| fault::image_not_found(id))
}

/// By whose rights an image is pulled that an account makes of an instance, if not by its own.
fn puller_of(of_instance: &crate::records::Image, account: &str) -> Option<String> {
    let puller = of_instance.owner.clone().filter(|it| it != account);
    puller.filter(|_| of_instance.registry.is_some())
}

/// An image of the caller's account, to change it.
async fn owned(service: &Ec2Service, call: &Call, id: &str) -> Result<Stored<Image>, Fault> {
    // Those of others are there, and nobody else may change them.
    let image = find(service, call, id).await?;
    if image.owner != call.account {
        return Err(fault::image_of_others(id));
    }
    service.get_stored::<Image>(call, id).await
}

/// A stored image that the account may launch.
async fn visible(service: &Ec2Service, cx: &Context, id: &str) -> Result<Option<Image>, Fault> {
    if let Some(image) = service.find::<Image>(cx, id).await? {
        return Ok(Some(image));
    }
    let with_account = Ec2Service::scope(cx).key(Shared::KIND_OF_ACCOUNT, id);
    let with_all = all_accounts(&cx.region, id);
    for key in [with_account, with_all] {
        let Some(shared) = service.table.read::<Shared>(&key).await? else {
            continue;
        };
        let key = Scope::new(SERVICE, &shared.record.owner, &cx.region).key("image", id);
        let image = service.table.read::<Image>(&key).await?;
        if let Some(image) = image
            .map(|it| it.record)
            .filter(|it| it.may_launch(&cx.account))
        {
            return Ok(Some(image));
        }
    }
    Ok(None)
}

/// Where the pointer to a public image lies.
fn all_accounts(region: &str, id: &str) -> String {
    platform::scope(SERVICE).key(Shared::KIND_OF_ALL, &format!("{region}:{id}"))
}

fn is_id(id: &str) -> bool {
    let digits = id.strip_prefix("ami-").unwrap_or_default();
    matches!(digits.len(), 8 | 17)
        && digits
            .bytes()
            .all(|it| matches!(it, b'0'..=b'9' | b'a'..=b'f'))
}
