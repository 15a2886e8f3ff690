//! Instances of no type, as large as what they are for: those of pods ([`super::pods`]), and those that are what a machine has
//! ([`super::machines`]).

use std::collections::HashSet;

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use wharf_base::{ids, public_images::PublicImage};
use wharf_records::{Unknown, encode};
use wharf_store::Txn;
use wharf_wire::{Call, Fault};

use super::{life::Life, placing::Wish, providers::Provider, size::Size};
use crate::{
    Ec2Service,
    ops::{
        create_network_interface::{claim, free_address},
        dhcp_options, instance_images,
        interfaces::groups,
    },
    placement_groups::Siblings,
    records::{
        Attachment, DhcpGiven, Group, Image, Instance, Interface, Metadata, OfRoot, Primary,
        SecurityGroup, Subnet, user_data_purpose,
    },
};

/// What such an instance is made of.
pub(super) struct Ground {
    subnet: Subnet,
    image: Image,
    groups: Vec<Group>,
    dhcp: DhcpGiven,
}

impl Ground {
    /// Of wharf's own image, in that subnet and these security groups.
    pub(super) async fn find(
        service: &Ec2Service,
        call: &Call,
        subnet: Subnet,
        asked: &[String],
    ) -> Result<Self, Fault> {
        let image = PublicImage::for_ecs(&call.region).id;
        let image = instance_images::find(service, call, &image).await?;
        let ids = groups(service, call, &subnet.vpc_id, asked).await?;
        let mut groups = Vec::with_capacity(ids.len());
        for id in ids {
            let group: SecurityGroup = service.get(call, &id).await?;
            let name = group.name;
            groups.push(Group { id, name });
        }
        let dhcp = dhcp_options::of_vpc(service, call, &subnet.vpc_id).await?;
        Ok(Self {
            subnet,
            image,
            groups,
            dhcp,
        })
    }

    pub(super) fn zone(&self) -> &str {
        &self.subnet.zone
    }

    /// What it asks of a host.
    pub(super) fn wish(&self, call: &Call, size: Size, disk_gib: u32) -> Wish {
        Wish {
            account: call.account.clone(),
            region: call.region.clone(),
            zone: self.subnet.zone.clone(),
            architecture: self.image.architecture.clone(),
            own_image: self.image.registry.is_none(),
            restored: false,
            sealed: false,
            volumes: false,
            virtual_machine: false,
            ipv6: false,
            fargate: false,
            claim: size.claim(disk_gib),
            only: None,
            siblings: Siblings::default(),
        }
    }

    /// The instance and its interface, which are to be written together. Nobody has the address yet when it is chosen.
    pub(super) async fn make(
        &self,
        service: &Ec2Service,
        call: &Call,
        (kind, disk_gib, user_data): (&str, u32, &str),
    ) -> Result<(Instance, Interface), Fault> {
        let Self {
            subnet,
            image,
            groups,
            dhcp,
        } = self;
        let id = ids::ec2_id("i");
        let address = free_address(service, call, subnet, &HashSet::new()).await?;
        let interface = Interface {
            groups: groups.iter().map(|it| it.id.clone()).collect(),
            attachment: Some(Attachment::at_launch(&id, call.now, true)),
            ..Interface::new(subnet, address, call.now)
        };
        let purpose = user_data_purpose(&call.account, &call.region, &id);
        let user_data = BASE64.encode(user_data.as_bytes());
        let instance = Instance {
            reservation: ids::ec2_id("r"),
            launch_index: 0,
            client_token: None,
            requester: None,
            operator: None,
            image: image.clone(),
            instance_type: kind.to_owned(),
            subnet_id: subnet.id.clone(),
            vpc_id: subnet.vpc_id.clone(),
            zone: subnet.zone.clone(),
            interface: Primary {
                id: interface.id.clone(),
                owner: None,
                subnet_cidr: subnet.cidr,
                address,
                mac: interface.mac.clone(),
                secondary: Vec::new(),
                ipv6: Vec::new(),
                groups: groups.clone(),
                delete_on_termination: true,
            },
            dhcp: dhcp.clone(),
            key: None,
            profile: None,
            user_data: Some(service.keyring.seal(user_data.as_bytes(), &purpose)),
            metadata: Metadata::default(),
            monitoring: false,
            disable_api_termination: false,
            disable_api_stop: false,
            ends_on_shutdown: false,
            ebs_optimized: false,
            disk_gib,
            sealed_root: None,
            root: OfRoot::default(),
            devices: Vec::new(),
            placement: None,
            pod: None,
            machine: None,
            spot: None,
            fleet: None,
            events: Vec::new(),
            provider: Provider::Host,
            life: Life::new(call.now),
            kubelet: None,
            node_boot: None,
            created_at: call.now,
            tags: Default::default(),
            unknown: Unknown::new(),
            id,
        };
        Ok((instance, interface))
    }
}

pub(super) fn written(call: &Call, instance: &Instance, interface: &Interface) -> Txn {
    claim(call, interface).put(
        Ec2Service::key::<Instance>(call, &instance.id),
        encode(instance),
    )
}
