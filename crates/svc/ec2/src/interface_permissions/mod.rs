//! What other accounts may do with a network interface: have an instance of theirs launched with it, associate an elastic
//! address of theirs with it.
//!
//! Permissions stand in the interface's own record, so that whoever uses one compares it as it writes. A pointer of no account,
//! there as long as an interface has permissions, says whose the interface is, and for whom: anybody else is told that there is
//! none before it is read. Subnet, groups and addresses stay the owner's: what has another account's interface finds them by
//! [`of_account`]. A permission that goes by force takes nothing away from what has the interface already.

mod create;
mod delete;
mod describe;

use std::{borrow::Cow, collections::BTreeSet};

use serde::{Deserialize, Serialize};
use wharf_api_ec2::types as wire;
use wharf_records::{Record, Unknown, encode};
use wharf_service::platform;
use wharf_store::Txn;
use wharf_wire::{Context, Fault};

pub use create::create;
pub use delete::delete;
pub use describe::describe;

use crate::{
    Ec2Service, fault,
    records::{Entity as _, Interface},
    table::{SERVICE, Stored},
};

/// What an account may do with an interface of another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Permission {
    /// `eni-perm-…`
    pub id: String,
    /// The account that may.
    pub account: String,
    pub to: Use,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Use {
    /// To launch an instance with it.
    InstanceAttach,
    /// To associate an elastic address with it.
    EipAssociate,
}

impl Use {
    const ALL: [Self; 2] = [Self::InstanceAttach, Self::EipAssociate];

    fn name(self) -> &'static str {
        match self {
            Self::InstanceAttach => "INSTANCE-ATTACH",
            Self::EipAssociate => "EIP-ASSOCIATE",
        }
    }

    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }
}

impl Permission {
    fn to_wire(&self, interface: &str) -> wire::NetworkInterfacePermission {
        wire::NetworkInterfacePermission {
            network_interface_permission_id: Some(self.id.clone()),
            network_interface_id: Some(interface.to_owned()),
            aws_account_id: Some(self.account.clone()),
            aws_service: None,
            permission: Some(self.to.name().to_owned()),
            permission_state: Some(wire::NetworkInterfacePermissionState {
                state: Some("granted".to_owned()),
                status_message: None,
            }),
        }
    }

    /// Whether its account uses the interface by it.
    fn is_used(&self, interface: &Interface) -> bool {
        let by_it = |owner: Option<&String>| owner == Some(&self.account);
        match self.to {
            Use::InstanceAttach => {
                let attachment = interface.attachment.as_ref();
                by_it(attachment.and_then(|it| it.instance_owner.as_ref()))
            }
            Use::EipAssociate => interface.publics().any(|it| by_it(it.owner.as_ref())),
        }
    }
}

/// Points to the account of an interface that others may use; the interface's id is the id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Granted {
    owner: String,
    region: String,
    /// Those that have a permission of it.
    accounts: BTreeSet<String>,
    #[serde(flatten)]
    unknown: Unknown,
}

impl Record for Granted {
    const KIND: &'static str = "granted-interface";
    const FORMAT: u32 = 1;
}

fn pointer_key(interface: &str) -> String {
    platform::scope(SERVICE).key(Granted::KIND, interface)
}

/// Adds to the transaction in which permissions of an interface change that those whom they are for find it, and nobody else.
fn found_by_others(txn: Txn, cx: &Context, interface: &Interface) -> Txn {
    let key = pointer_key(&interface.id);
    let accounts = interface.permissions.iter().map(|it| it.account.clone());
    let accounts: BTreeSet<String> = accounts.collect();
    if accounts.is_empty() {
        return txn.delete(key);
    }
    let pointer = Granted {
        owner: cx.account.clone(),
        region: cx.region.clone(),
        accounts,
        unknown: Unknown::new(),
    };
    txn.put(key, encode(&pointer))
}

/// Adds to the transaction in which an interface goes that nobody finds it any more.
pub fn forgotten(txn: Txn, interface: &Interface) -> Txn {
    match interface.permissions.is_empty() {
        true => txn,
        false => txn.delete(pointer_key(&interface.id)),
    }
}

/// The same request about what another account has.
pub fn of_account<'a>(cx: &'a Context, account: Option<&str>) -> Cow<'a, Context> {
    match account.filter(|it| *it != cx.account) {
        Some(account) => Cow::Owned(Context {
            account: account.to_owned(),
            ..cx.clone()
        }),
        None => Cow::Borrowed(cx),
    }
}

/// An interface, and whose it is.
pub struct Usable {
    pub stored: Stored<Interface>,
    /// The account that it is of, if that is not the caller's.
    pub owner: Option<String>,
}

impl Usable {
    /// Where its subnet, its groups and its VPC are.
    pub fn there<'a>(&self, cx: &'a Context) -> Cow<'a, Context> {
        of_account(cx, self.owner.as_deref())
    }
}

impl Ec2Service {
    /// The interface that the caller's account may use so: its own, or another's that lets it.
    ///
    /// # Errors
    /// There is none of that id, or not for the caller; the store's.
    pub(crate) async fn usable(&self, cx: &Context, id: &str, to: Use) -> Result<Usable, Fault> {
        let found = self.find_usable(cx, id, to).await?;
        found.ok_or_else(|| Interface::missing(id))
    }

    /// The same; `None` where there is none.
    pub(crate) async fn find_usable(
        &self,
        cx: &Context,
        id: &str,
        to: Use,
    ) -> Result<Option<Usable>, Fault> {
        if let Some(stored) = self.stored::<Interface>(cx, id).await? {
            return Ok(Some(Usable {
                stored,
                owner: None,
            }));
        }
        let pointer = self.table.read::<Granted>(&pointer_key(id)).await?;
        let pointer = pointer.map(|it| it.record);
        let is_for = |it: &Granted| it.region == cx.region && it.accounts.contains(&cx.account);
        let Some(pointer) = pointer.filter(is_for) else {
            return Ok(None);
        };
        let there = of_account(cx, Some(&pointer.owner));
        let stored = self.stored::<Interface>(&there, id).await?;
        let lets = |it: &Permission| it.account == cx.account && it.to == to;
        let stored = stored.filter(|it| it.record.permissions.iter().any(lets));
        Ok(stored.map(|stored| Usable {
            stored,
            owner: Some(pointer.owner),
        }))
    }

    /// The interface that has a permission.
    async fn with_permission(&self, cx: &Context, id: &str) -> Result<Interface, Fault> {
        let all: Vec<Interface> = self.all(cx).await?;
        let mut all = all.into_iter();
        let found = all.find(|it| it.permissions.iter().any(|it| it.id == id));
        found.ok_or_else(|| fault::permission_not_found(id))
    }
}
