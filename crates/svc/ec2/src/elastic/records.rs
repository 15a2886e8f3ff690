//! Elastic addresses, and who has which address.

use std::{borrow::Cow, net::Ipv4Addr};

use serde::{Deserialize, Serialize};
use wharf_api_ec2::types as wire;
use wharf_base::Timestamp;
use wharf_billing::{AddressUse, Stored, Stretch};
use wharf_records::{Record, Scope, Unknown, ecs::Tags};
use wharf_wire::Context;

use crate::{
    fault,
    interface_permissions::of_account,
    records::{Interface, entity, tags_to_wire},
};

/// One that an account keeps until it releases it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ElasticAddress {
    /// `eipalloc-…`
    pub id: String,
    pub address: Ipv4Addr,
    /// The network around the hosts leads it there.
    pub routed: bool,
    pub association: Option<Association>,
    /// What it is billed for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metered: Option<Stretch>,
    /// The name that it leads back to: `mail.example.com`, in lower case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reverse_name: Option<String>,
    pub tags: Tags,
    #[serde(flatten)]
    pub unknown: Unknown,
}

entity!(ElasticAddress, "elastic-ip", fault::allocation_not_found);

/// What has an elastic address at the moment; the interface says the same.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Association {
    /// `eipassoc-…`
    pub id: String,
    pub interface: String,
    /// Whose the interface is, where it is another account's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interface_owner: Option<String>,
    pub private: Ipv4Addr,
    pub holder: Holder,
    /// Its instance is stopped.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub resting: bool,
}

impl Association {
    /// Where the interface is. `cx`: a request about the address.
    pub fn there<'a>(&self, cx: &'a Context) -> Cow<'a, Context> {
        of_account(cx, self.interface_owner.as_deref())
    }
}

/// Whose interface it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Holder {
    /// An interface by itself, or that of an instance, whose id is given.
    Interface(Option<String>),
    NatGateway(String),
}

/// The public address of an interface.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Public {
    pub address: Ipv4Addr,
    pub routed: bool,
    /// `eipassoc-…`
    pub association: String,
    /// The elastic address that it is; otherwise it is the interface's own.
    pub allocation: Option<String>,
    /// To whom that is allocated, where it is not whose the interface is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Since when the interface has its own; with itself where that is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
}

/// An address that somebody has; the address is the id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Held {
    pub account: String,
    pub region: String,
    /// An elastic address or an interface, by its id.
    pub holder: String,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for Held {
    const KIND: &'static str = "public-address";
    const FORMAT: u32 = 1;
}

impl Public {
    /// Whose the address is.
    fn owner(&self, account: &str) -> String {
        match &self.allocation {
            Some(_) => self.owner.as_deref().unwrap_or(account).to_owned(),
            None => "amazon".to_owned(),
        }
    }

    /// The key of the elastic address that it is, if it is one. `scope`: that of the interface.
    pub fn allocation_key(&self, scope: &Scope) -> Option<String> {
        let allocation = self.allocation.as_ref()?;
        let owner = self.owner.as_ref().unwrap_or(&scope.account);
        let scope = Scope::new(&scope.service, owner, &scope.region);
        Some(scope.key(ElasticAddress::KIND, allocation))
    }

    /// Of the interface of an account.
    pub fn to_wire(&self, account: &str) -> wire::NetworkInterfaceAssociation {
        wire::NetworkInterfaceAssociation {
            allocation_id: self.allocation.clone(),
            // Those of an interface's own have none that anybody could end.
            association_id: self.allocation.as_ref().map(|_| self.association.clone()),
            ip_owner_id: Some(self.owner(account)),
            public_dns_name: Some(String::new()),
            public_ip: Some(self.address.to_string()),
            ..wire::NetworkInterfaceAssociation::default()
        }
    }

    /// As instances show it.
    pub fn of_instance(&self, account: &str) -> wire::InstanceNetworkInterfaceAssociation {
        wire::InstanceNetworkInterfaceAssociation {
            ip_owner_id: Some(self.owner(account)),
            public_dns_name: Some(String::new()),
            public_ip: Some(self.address.to_string()),
            ..wire::InstanceNetworkInterfaceAssociation::default()
        }
    }
}

impl ElasticAddress {
    pub fn to_wire(&self, cx: &Context) -> wire::Address {
        let association = self.association.as_ref();
        let instance = association.and_then(|it| match &it.holder {
            Holder::Interface(instance) => instance.clone(),
            Holder::NatGateway(_) => None,
        });
        wire::Address {
            allocation_id: Some(self.id.clone()),
            association_id: association.map(|it| it.id.clone()),
            domain: Some("vpc".to_owned()),
            network_interface_id: association.map(|it| it.interface.clone()),
            network_interface_owner_id: association.map(|it| {
                let owner = it.interface_owner.as_ref();
                owner.unwrap_or(&cx.account).clone()
            }),
            private_ip_address: association.map(|it| it.private.to_string()),
            tags: Some(tags_to_wire(&self.tags)),
            public_ipv4_pool: Some("amazon".to_owned()),
            network_border_group: Some(cx.region.clone()),
            instance_id: Some(instance.unwrap_or_default()),
            public_ip: Some(self.address.to_string()),
            ..wire::Address::default()
        }
    }

    /// What an interface says of itself that has it.
    pub fn as_public(&self, association: &str) -> Public {
        Public {
            address: self.address,
            routed: self.routed,
            association: association.to_owned(),
            allocation: Some(self.id.clone()),
            owner: None,
            since: None,
        }
    }

    /// The association with a private address of an interface.
    pub fn associated(
        &mut self,
        id: &str,
        (interface, private): (&Interface, Ipv4Addr),
        holder: Holder,
        now: Timestamp,
    ) {
        self.association = Some(Association {
            id: id.to_owned(),
            interface: interface.id.clone(),
            interface_owner: None,
            private,
            holder,
            resting: false,
        });
        self.meter(now);
    }

    /// Nothing has it any more.
    pub fn disassociated(&mut self, now: Timestamp) {
        self.association = None;
        self.meter(now);
    }

    /// Says from when on it is billed for what it is now.
    pub fn meter(&mut self, now: Timestamp) {
        let is_used = self.association.as_ref().is_some_and(|it| !it.resting);
        let of = match is_used {
            true => AddressUse::Elastic,
            false => AddressUse::Idle,
        };
        let of = Stored::PublicAddress { of };
        Stretch::follow(&mut self.metered, Some(of), now);
    }
}
