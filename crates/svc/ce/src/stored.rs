//! What is billed for being there, as far as it is metered: volumes, snapshots, addresses and gateways of EC2, file systems of EFS,
//! load balancers. Records of what changes say the last stretch of time in which it stayed the same, others since when there is
//! one. Pure.

use std::{collections::BTreeMap, net::Ipv4Addr};

use serde::{Deserialize, Serialize};
use wharf_base::Timestamp;
use wharf_billing::{AddressUse, Stored, Stretch, Use};
use wharf_records::{Record, Unknown};
use wharf_service::announce::record;
use wharf_store::Entry;

use crate::{metered::platform, records::Meter};

/// Which of them a record is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Volume,
    Snapshot,
    FileSystem,
    NatGateway,
    Address,
    Interface,
    Endpoint,
    Balancer,
}

impl Kind {
    /// By the segments of keys.
    pub fn named(service: &str, kind: &str) -> Option<Self> {
        match (service, kind) {
            ("ec2", Volume::KIND) => Some(Self::Volume),
            ("ec2", Snapshot::KIND) => Some(Self::Snapshot),
            ("efs", FileSystem::KIND) => Some(Self::FileSystem),
            ("ec2", NatGateway::KIND) => Some(Self::NatGateway),
            ("ec2", Address::KIND) => Some(Self::Address),
            ("ec2", Interface::KIND) => Some(Self::Interface),
            ("ec2", Endpoint::KIND) => Some(Self::Endpoint),
            ("elbv2", Balancer::KIND) => Some(Self::Balancer),
            _ => None,
        }
    }

    /// Service and type of its ARNs.
    fn of_arn(self) -> &'static str {
        match self {
            Self::Volume => "ec2:{}:volume/",
            Self::Snapshot => "ec2:{}:snapshot/",
            Self::FileSystem => "elasticfilesystem:{}:file-system/",
            Self::NatGateway => "ec2:{}:natgateway/",
            Self::Address => "ec2:{}:elastic-ip/",
            Self::Interface => "ec2:{}:network-interface/",
            Self::Endpoint => "ec2:{}:vpc-endpoint/",
            Self::Balancer => "elasticloadbalancing:{}:loadbalancer/",
        }
    }
}

/// What a record has to say here. For those who only read.
macro_rules! read {
    ($name:ident, $kind:literal) => {
        #[derive(Debug, Serialize, Deserialize)]
        pub(crate) struct $name {
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub metered: Option<Stretch>,
            #[serde(default)]
            pub tags: BTreeMap<String, String>,
        }

        impl Record for $name {
            const KIND: &'static str = $kind;
            const FORMAT: u32 = 1;
        }
    };
}

read!(Volume, "volume");
read!(Snapshot, "snapshot");
read!(FileSystem, "file-system");
read!(Address, "elastic-ip");

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct NatGateway {
    created_at: Timestamp,
    #[serde(default)]
    deleted_at: Option<Timestamp>,
    #[serde(default)]
    tags: BTreeMap<String, String>,
}

impl Record for NatGateway {
    const KIND: &'static str = "natgateway";
    const FORMAT: u32 = 1;
}

impl NatGateway {
    /// It has one size.
    fn metered(&self) -> Stretch {
        Stretch {
            until: self.deleted_at,
            ..Stretch::first(Stored::NatGateway, self.created_at)
        }
    }
}

/// Has its own public address, or none.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Interface {
    created_at: Timestamp,
    #[serde(default)]
    public: Option<Public>,
    #[serde(default)]
    tags: BTreeMap<String, String>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Public {
    association: String,
    /// Elastic ones have records of their own.
    #[serde(default)]
    allocation: Option<String>,
    #[serde(default)]
    since: Option<Timestamp>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Endpoint {
    created_at: Timestamp,
    /// One in each zone; gateway endpoints have none.
    #[serde(default)]
    interfaces: Vec<InZone>,
    #[serde(default)]
    tags: BTreeMap<String, String>,
}

#[derive(Debug, Serialize, Deserialize)]
struct InZone {
    id: String,
    #[serde(default)]
    since: Option<Timestamp>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Balancer {
    created_at: Timestamp,
    #[serde(default)]
    public_address: Option<Ipv4Addr>,
    #[serde(default)]
    tags: BTreeMap<String, String>,
}

/// What is only read here.
macro_rules! of_others {
    ($name:ident, $kind:literal) => {
        impl Record for $name {
            const KIND: &'static str = $kind;
            const FORMAT: u32 = 1;
        }
    };
}

of_others!(Interface, "network-interface");
of_others!(Endpoint, "vpc-endpoint");
of_others!(Balancer, "load-balancer");

/// A time in which something was there, by a name that is its own among those of the resource.
type Time = (String, Stretch);

fn of_stretch(of: Stretch) -> Time {
    (of.number.to_string(), of)
}

impl Interface {
    fn times(&self) -> Option<Time> {
        let public = self.public.as_ref();
        let own = public.filter(|it| it.allocation.is_none())?;
        let of = Stored::PublicAddress {
            of: AddressUse::Interface,
        };
        let since = own.since.unwrap_or(self.created_at);
        Some((own.association.clone(), Stretch::first(of, since)))
    }
}

impl Endpoint {
    fn times(&self) -> Vec<Time> {
        let time = |it: &InZone| {
            let since = it.since.unwrap_or(self.created_at);
            (it.id.clone(), Stretch::first(Stored::Endpoint, since))
        };
        self.interfaces.iter().map(time).collect()
    }
}

impl Balancer {
    /// Its own, and that of its address.
    fn times(&self, id: &str) -> Vec<Time> {
        let network = id.starts_with("net/");
        let own = Stretch::first(Stored::LoadBalancer { network }, self.created_at);
        let of = Stored::PublicAddress {
            of: AddressUse::Balancer,
        };
        let address = self.public_address.map(|_| {
            let time = Stretch::first(of, self.created_at);
            ("address".to_owned(), time)
        });
        std::iter::once(of_stretch(own)).chain(address).collect()
    }
}

/// What something is billed for: its last stretch, or each part of it that is there. Each has a meter of its own.
pub(crate) fn meters(
    entry: &Entry,
    kind: Kind,
    (account, region): (&str, &str),
    id: &str,
) -> Vec<Meter> {
    let of_last = |last: Option<Stretch>| last.map(of_stretch).into_iter().collect();
    let found: Option<(Vec<Time>, _)> = match kind {
        Kind::Volume => record::<Volume>(entry).map(|it| (of_last(it.metered), it.tags)),
        Kind::Snapshot => record::<Snapshot>(entry).map(|it| (of_last(it.metered), it.tags)),
        Kind::FileSystem => record::<FileSystem>(entry).map(|it| (of_last(it.metered), it.tags)),
        Kind::Address => record::<Address>(entry).map(|it| (of_last(it.metered), it.tags)),
        Kind::NatGateway => {
            record::<NatGateway>(entry).map(|it| (of_last(Some(it.metered())), it.tags))
        }
        Kind::Interface => {
            record::<Interface>(entry).map(|it| (it.times().into_iter().collect(), it.tags))
        }
        Kind::Endpoint => record::<Endpoint>(entry).map(|it| (it.times(), it.tags)),
        Kind::Balancer => record::<Balancer>(entry).map(|it| (it.times(id), it.tags)),
    };
    let Some((times, tags)) = found else {
        return Vec::new();
    };
    let partition = wharf_base::arn::partition_of(region);
    let place = format!("{region}:{account}");
    let arns = format!("arn:{partition}:{}", kind.of_arn().replace("{}", &place));
    let meter = |(name, time): Time| {
        let start = time.since.millis();
        Meter {
            arns: arns.clone(),
            id: format!("{id}:{name}"),
            used: Use {
                region: region.to_owned(),
                platform: platform(),
                spot: false,
                cpu: 0,
                memory_mib: 0,
                ephemeral_gib: 0,
                cluster: String::new(),
                service: None,
                tags: tags.clone(),
                instance: None,
                stored: Some(time.of),
            },
            start,
            end: time.until.map(|it| it.millis().max(start)),
            settled: false,
            unknown: Unknown::new(),
        }
    };
    times.into_iter().map(meter).collect()
}
