//! What a launch asked for, as it is kept for launches to come.

use wharf_api_ec2::types::{RunInstancesRequest, TagSpecification};
use wharf_wire::{Call, Fault};

use super::{
    Interface, LaunchTemplateData, Metadata, Options, Profile,
    data::{Placed, tags_of_type},
};
use crate::block_devices::read;

impl LaunchTemplateData {
    /// Of a request whose template was merged into it, with the ids of its security groups. Subnet and groups
    /// stand in its interface, as they do in templates.
    pub fn of_request(
        call: &Call,
        given: &RunInstancesRequest,
        groups: &[String],
    ) -> Result<Self, Fault> {
        let mut interfaces: Vec<Interface> = given
            .network_interfaces
            .iter()
            .flatten()
            .map(Interface::of_request)
            .collect();
        let subnet = given.subnet_id.clone().filter(|it| !it.is_empty());
        let named = |list: &Option<Vec<String>>| list.as_ref().is_some_and(|it| !it.is_empty());
        let names_groups = named(&given.security_group_ids) || named(&given.security_groups);
        let mut own = Vec::new();
        if interfaces.is_empty() && subnet.is_some() {
            interfaces.push(Interface {
                device_index: Some(0),
                subnet_id: subnet,
                groups: if names_groups {
                    groups.to_vec()
                } else {
                    Vec::new()
                },
                ..Interface::default()
            });
        } else if interfaces.is_empty() && names_groups {
            own = groups.to_vec();
        }
        let metadata = given.metadata_options.clone().unwrap_or_default();
        let placement = given.placement.clone().unwrap_or_default();
        let mut tags = std::collections::BTreeMap::new();
        for specification in given.tag_specifications.iter().flatten() {
            let TagSpecification {
                resource_type,
                tags: given,
            } = specification;
            let kind = resource_type.clone().unwrap_or_default();
            tags_of_type(call, &mut tags, kind, given.iter().flatten())?;
        }
        let data = Self {
            image_id: given.image_id.clone(),
            instance_type: given.instance_type.clone(),
            key_name: given.key_name.clone().filter(|it| !it.is_empty()),
            profile: given.iam_instance_profile.as_ref().map(|it| Profile {
                arn: it.arn.clone(),
                name: it.name.clone(),
            }),
            interfaces,
            security_group_ids: own,
            security_groups: Vec::new(),
            user_data: given.user_data.clone(),
            tags,
            metadata: Metadata {
                http_tokens: metadata.http_tokens,
                http_put_response_hop_limit: metadata.http_put_response_hop_limit,
                http_endpoint: metadata.http_endpoint,
                instance_metadata_tags: metadata.instance_metadata_tags,
            },
            disable_api_termination: given.disable_api_termination,
            shutdown_behavior: given.instance_initiated_shutdown_behavior.clone(),
            zone: placement.availability_zone,
            placed: Placed {
                name: placement.group_name,
                id: placement.group_id,
                partition: placement.partition_number,
            },
            monitoring: given.monitoring.as_ref().and_then(|it| it.enabled),
            market: None,
            block_devices: read(given.block_device_mappings.as_deref())?,
            options: Options::of_request(given),
        };
        data.check()?;
        Ok(data)
    }
}
