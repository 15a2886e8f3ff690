//! Changes of attributes: `ec2:Attribute` names one that a request sets, `ec2:Attribute/NAME` says to what.
//!
//! Each attribute is asked for by itself: a policy that allows one allows no other in the same request. What all are set to is
//! seen each time.

use wharf_api_ec2::types::{
    AttributeBooleanValue, AttributeValue, ModifyInstanceAttributeRequest,
    ModifyInstanceMetadataOptionsRequest, ModifyNetworkInterfaceAttributeRequest,
    ModifySubnetAttributeRequest, ModifyVpcAttributeRequest,
};
use wharf_wire::Fault;

use super::{Rows, attributes::Attributes};

const KEY: &str = "ec2:Attribute";

/// Attributes with what they are set to.
pub type Changes = Vec<(&'static str, Option<String>)>;

/// Attributes of instances that a request may also name by `Attribute`, beside a `Value`.
const OF_INSTANCES: [&str; 8] = [
    "DisableApiStop",
    "DisableApiTermination",
    "EbsOptimized",
    "EnaSupport",
    "InstanceInitiatedShutdownBehavior",
    "InstanceType",
    "SourceDestCheck",
    "UserData",
];
/// What it is set to is nobody's business.
const SECRET: &str = "UserData";
/// Attributes of which conditions see that they are set, and not to what.
const NAMED_ALONE: [&str; 4] = [SECRET, ATTACHMENT, DISKS, GROUPS];
const ATTACHMENT: &str = "Attachment";
const DISKS: &str = "BlockDeviceMapping";
const GROUPS: &str = "GroupSet";

impl Rows<'_> {
    /// A resource some of whose attributes are changed.
    pub(super) async fn on_changed<T: Attributes>(
        &mut self,
        id: &Option<String>,
        changes: Changes,
    ) -> Result<(), Fault> {
        let at = self.checks.len();
        self.on::<T>(id).await?;
        let mut names = Vec::new();
        for (name, value) in changes {
            let Some(value) = value else { continue };
            names.push(name);
            if !NAMED_ALONE.contains(&name) {
                self.add_to(at, &format!("{KEY}/{name}"), Some(value));
            }
        }
        let Some(check) = self.checks.get(at).filter(|_| !names.is_empty()).cloned() else {
            return Ok(());
        };
        self.checks.truncate(at);
        for name in names {
            self.push(check.clone().with(KEY, name));
        }
        Ok(())
    }
}

fn flag(it: &Option<AttributeBooleanValue>) -> Option<String> {
    let value = it.as_ref()?.value?;
    Some(value.to_string())
}

fn text(it: &Option<AttributeValue>) -> Option<String> {
    it.as_ref()?.value.clone()
}

fn alone(is_given: bool) -> Option<String> {
    is_given.then(String::new)
}

pub fn of_instance(i: &ModifyInstanceAttributeRequest) -> Changes {
    let mut all = vec![
        ("DisableApiStop", flag(&i.disable_api_stop)),
        ("DisableApiTermination", flag(&i.disable_api_termination)),
        ("EbsOptimized", flag(&i.ebs_optimized)),
        ("EnaSupport", flag(&i.ena_support)),
        (
            "InstanceInitiatedShutdownBehavior",
            text(&i.instance_initiated_shutdown_behavior),
        ),
        ("InstanceType", text(&i.instance_type)),
        ("SourceDestCheck", flag(&i.source_dest_check)),
        (SECRET, alone(i.user_data.is_some())),
        (DISKS, alone(i.block_device_mappings.is_some())),
        (GROUPS, alone(i.groups.is_some())),
    ];
    let named = i.attribute.as_deref().unwrap_or_default();
    let mut known = OF_INSTANCES.into_iter();
    if let Some(name) = known.find(|it| it.eq_ignore_ascii_case(named)) {
        all.push((name, i.value.clone()));
    }
    all
}

pub fn of_metadata(i: &ModifyInstanceMetadataOptionsRequest) -> Changes {
    let hops = i.http_put_response_hop_limit.map(|it| it.to_string());
    vec![
        ("HttpEndpoint", i.http_endpoint.clone()),
        ("HttpProtocolIpv6", i.http_protocol_ipv6.clone()),
        ("HttpPutResponseHopLimit", hops),
        ("HttpTokens", i.http_tokens.clone()),
        ("InstanceMetadataTags", i.instance_metadata_tags.clone()),
    ]
}

pub fn of_subnet(i: &ModifySubnetAttributeRequest) -> Changes {
    vec![
        (
            "AssignIpv6AddressOnCreation",
            flag(&i.assign_ipv6_address_on_creation),
        ),
        (
            "EnableResourceNameDnsAAAARecordOnLaunch",
            flag(&i.enable_resource_name_dns_aaaa_record_on_launch),
        ),
        (
            "EnableResourceNameDnsARecordOnLaunch",
            flag(&i.enable_resource_name_dns_a_record_on_launch),
        ),
        ("MapPublicIpOnLaunch", flag(&i.map_public_ip_on_launch)),
    ]
}

pub fn of_vpc(i: &ModifyVpcAttributeRequest) -> Changes {
    vec![
        ("EnableDnsHostnames", flag(&i.enable_dns_hostnames)),
        ("EnableDnsSupport", flag(&i.enable_dns_support)),
        (
            "EnableNetworkAddressUsageMetrics",
            flag(&i.enable_network_address_usage_metrics),
        ),
    ]
}

pub fn of_interface(i: &ModifyNetworkInterfaceAttributeRequest) -> Changes {
    let public = i.associate_public_ip_address.map(|it| it.to_string());
    vec![
        ("AssociatePublicIpAddress", public),
        ("Description", text(&i.description)),
        ("SourceDestCheck", flag(&i.source_dest_check)),
        (ATTACHMENT, alone(i.attachment.is_some())),
        (GROUPS, alone(i.groups.is_some())),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attribute_of_an_instance_has_two_ways_to_be_named() {
        let set = |i: &ModifyInstanceAttributeRequest| {
            let all = of_instance(i).into_iter();
            all.filter_map(|(name, value)| Some((name, value?)))
                .collect::<Vec<_>>()
        };
        let by_member = ModifyInstanceAttributeRequest {
            disable_api_termination: Some(AttributeBooleanValue { value: Some(false) }),
            ..Default::default()
        };
        let by_name = ModifyInstanceAttributeRequest {
            attribute: Some("disableApiTermination".to_owned()),
            value: Some("false".to_owned()),
            ..Default::default()
        };
        for request in [by_member, by_name] {
            let expected = [("DisableApiTermination", "false".to_owned())];
            assert_eq!(set(&request), expected);
        }
        let other = ModifyInstanceAttributeRequest {
            attribute: Some("colour".to_owned()),
            value: Some("red".to_owned()),
            ..Default::default()
        };
        assert!(set(&other).is_empty());
    }
}
