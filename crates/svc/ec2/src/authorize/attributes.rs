//! What conditions see of a resource that is there, beside its tags and its VPC: the keys that AWS documents for its kind.

use wharf_records::Record as _;
use wharf_wire::{Check, Context};

use crate::{
    elastic::ElasticAddress,
    endpoint_services::EndpointService,
    endpoints::VpcEndpoint,
    fleet::{Fleet, SpotFleet},
    flow_logs::FlowLog,
    images::Image,
    instances::operated::OPERATOR_KEY,
    key_pairs::KeyPair,
    launch_templates::LaunchTemplate,
    nat_gateways::NatGateway,
    peering::VpcPeeringConnection,
    placement_groups::PlacementGroup,
    prefix_lists::PrefixList,
    records::{
        DhcpOptions, EgressOnlyGateway, Entity, Instance, Interface, InternetGateway, NetworkAcl,
        RouteTable, SecurityGroup, Subnet, Vpc, arn,
    },
    snapshots::Snapshot,
    spot::SpotRequest,
    volumes::Volume,
};

use super::instances::market_type;

/// Condition keys with their values.
pub type Told = Vec<(&'static str, String)>;

/// The same check, which says this too.
pub fn told(check: Check, more: Told) -> Check {
    let more = more.into_iter();
    more.fold(check, |check, (key, value)| check.with(key, value))
}

pub trait Attributes: Entity {
    fn attributes(&self, _: &Context) -> Told {
        Vec::new()
    }
}

/// Instances, volumes and all roots are on EBS.
pub const ROOT_DEVICE: (&str, &str) = ("ec2:RootDeviceType", "ebs");

/// The words of settings that are on or off.
fn switch(is_on: bool) -> String {
    let word = if is_on { "enabled" } else { "disabled" };
    word.to_owned()
}

impl Attributes for Instance {
    fn attributes(&self, cx: &Context) -> Told {
        let tokens = match self.metadata.tokens_required {
            true => "required",
            false => "optional",
        };
        let mut told = vec![
            ("ec2:InstanceID", self.id.clone()),
            ("ec2:InstanceType", self.instance_type.clone()),
            ("ec2:AvailabilityZone", self.zone.clone()),
            ("ec2:EbsOptimized", self.ebs_optimized.to_string()),
            (
                "ec2:InstanceMarketType",
                market_type(self.spot.is_some()).to_owned(),
            ),
            ("ec2:MetadataHttpEndpoint", switch(self.metadata.enabled)),
            ("ec2:MetadataHttpTokens", tokens.to_owned()),
            (
                "ec2:MetadataHttpPutResponseHopLimit",
                self.metadata.hop_limit.to_string(),
            ),
            ("ec2:InstanceMetadataTags", switch(self.metadata.tags)),
            (ROOT_DEVICE.0, ROOT_DEVICE.1.to_owned()),
            ("ec2:Tenancy", "default".to_owned()),
        ];
        let profile = self.profile.as_ref().map(|it| it.arn.clone());
        told.extend(profile.map(|it| ("ec2:InstanceProfile", it)));
        let group = self.placement.as_ref();
        let group = group.map(|it| arn(cx, PlacementGroup::KIND, &it.name));
        told.extend(group.map(|it| ("ec2:PlacementGroup", it)));
        told.extend(self.operator.clone().map(|it| (OPERATOR_KEY, it)));
        told
    }
}

impl Attributes for Volume {
    fn attributes(&self, cx: &Context) -> Told {
        let mut told = vec![
            ("ec2:VolumeID", self.id.clone()),
            ("ec2:AvailabilityZone", self.zone.clone()),
            ("ec2:Encrypted", self.encryption.is_some().to_string()),
            ("ec2:VolumeType", self.kind.as_str().to_owned()),
            ("ec2:VolumeSize", self.gib.to_string()),
        ];
        let key = self.encryption.as_ref().map(|it| it.key.clone());
        told.extend(key.map(|it| ("ec2:KmsKeyId", it)));
        told.extend(self.iops.map(|it| ("ec2:VolumeIops", it.to_string())));
        let throughput = self.throughput.map(|it| it.to_string());
        told.extend(throughput.map(|it| ("ec2:VolumeThroughput", it)));
        let parent = self.source.as_ref();
        let parent = parent.map(|it| arn(cx, Snapshot::KIND, &it.snapshot));
        told.extend(parent.map(|it| ("ec2:ParentSnapshot", it)));
        told
    }
}

impl Attributes for Snapshot {
    fn attributes(&self, cx: &Context) -> Told {
        vec![
            ("ec2:SnapshotID", self.id.clone()),
            ("ec2:Encrypted", self.encryption.is_some().to_string()),
            ("ec2:Owner", self.owner.clone()),
            ("ec2:ParentVolume", arn(cx, Volume::KIND, &self.volume)),
            ("ec2:VolumeSize", self.gib.to_string()),
        ]
    }
}

impl Attributes for Image {
    fn attributes(&self, _: &Context) -> Told {
        let owner = self.owner_alias().unwrap_or(&self.owner);
        vec![
            ("ec2:ImageID", self.id.clone()),
            ("ec2:ImageType", "machine".to_owned()),
            ("ec2:Owner", owner.to_owned()),
            ("ec2:Public", self.public.to_string()),
            (ROOT_DEVICE.0, ROOT_DEVICE.1.to_owned()),
        ]
    }
}

impl Attributes for Interface {
    fn attributes(&self, cx: &Context) -> Told {
        vec![
            ("ec2:NetworkInterfaceID", self.id.clone()),
            ("ec2:AvailabilityZone", self.zone.clone()),
            ("ec2:Subnet", arn(cx, Subnet::KIND, &self.subnet_id)),
        ]
    }
}

impl Attributes for Subnet {
    fn attributes(&self, _: &Context) -> Told {
        vec![
            ("ec2:SubnetID", self.id.clone()),
            ("ec2:AvailabilityZone", self.zone.clone()),
        ]
    }
}

impl Attributes for Vpc {
    fn attributes(&self, _: &Context) -> Told {
        vec![
            ("ec2:VpcID", self.id.clone()),
            ("ec2:Tenancy", "default".to_owned()),
        ]
    }
}

impl Attributes for ElasticAddress {
    fn attributes(&self, _: &Context) -> Told {
        vec![
            ("ec2:AllocationId", self.id.clone()),
            ("ec2:Domain", "vpc".to_owned()),
            ("ec2:PublicIpAddress", self.address.to_string()),
        ]
    }
}

impl Attributes for KeyPair {
    fn attributes(&self, _: &Context) -> Told {
        vec![
            ("ec2:KeyPairName", self.name.clone()),
            ("ec2:KeyPairType", self.key_type.as_str().to_owned()),
        ]
    }
}

impl Attributes for PlacementGroup {
    fn attributes(&self, _: &Context) -> Told {
        vec![
            ("ec2:PlacementGroupName", self.name.clone()),
            (
                "ec2:PlacementGroupStrategy",
                self.strategy.as_str().to_owned(),
            ),
        ]
    }
}

/// The service of an endpoint.
pub const SERVICE_NAME: &str = "ec2:VpceServiceName";
/// The account of that service.
pub const SERVICE_OWNER: &str = "ec2:VpceServiceOwner";
/// The name of its own that its provider gives to a service.
pub const PRIVATE_NAME: &str = "ec2:VpceServicePrivateDnsName";
/// Whose those are that are of no account.
pub const AMAZON: &str = "amazon";

impl Attributes for VpcEndpoint {
    fn attributes(&self, cx: &Context) -> Told {
        let name = self.service_name(&cx.region);
        let owner = match &self.link {
            Some(link) => link.provider.clone(),
            None => AMAZON.to_owned(),
        };
        let mut told = vec![(SERVICE_OWNER, owner)];
        told.extend(name.map(|it| (SERVICE_NAME, it)));
        told
    }
}

/// Kinds of which conditions see their ids alone.
macro_rules! by_id {
    ($($entity:ty: $key:literal,)+) => {
        $(impl Attributes for $entity {
            fn attributes(&self, _: &Context) -> Told {
                vec![($key, self.id.clone())]
            }
        })+
    };
}

by_id! {
    DhcpOptions: "ec2:DhcpOptionsID",
    InternetGateway: "ec2:InternetGatewayID",
    NetworkAcl: "ec2:NetworkAclID",
    RouteTable: "ec2:RouteTableID",
    SecurityGroup: "ec2:SecurityGroupID",
}

/// Kinds without keys of their own here.
macro_rules! none {
    ($($entity:ty,)+) => {
        $(impl Attributes for $entity {})+
    };
}

none! {
    EgressOnlyGateway,
    EndpointService,
    Fleet,
    FlowLog,
    LaunchTemplate,
    NatGateway,
    PrefixList,
    SpotFleet,
    SpotRequest,
    VpcPeeringConnection,
}
