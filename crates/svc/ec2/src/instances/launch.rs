//! What RunInstances is asked for, checked as far as that takes no other record. Pure.

use wharf_api_ec2::types::{
    IamInstanceProfileSpecification, InstanceMetadataOptionsRequest,
    InstanceNetworkInterfaceSpecification, RunInstancesRequest,
};
use wharf_wire::Fault;

use crate::{
    fault,
    instance_types::{self, InstanceType},
    ops::{ipv6_addresses, private_addresses::Named},
    records::{Metadata, ResourceName, Subnet},
    table::digest_of,
    user_data,
};

/// Of the root file system, where a request does not say.
pub const DISK_GIB: u32 = 8;

/// A request for instances.
pub struct Wanted {
    pub at_least: u32,
    pub at_most: u32,
    pub kind: &'static InstanceType,
    pub subnet: Option<String>,
    pub zone: Option<String>,
    pub groups: Vec<String>,
    pub group_names: Vec<String>,
    /// A network interface that is there already: subnet, groups and addresses are its own.
    pub interface: Option<String>,
    pub addresses: Named,
    pub ipv6: ipv6_addresses::Named,
    /// What the instance's name is to lead to: addresses of IPv4, of IPv6.
    pub names: (Option<bool>, Option<bool>),
    pub description: Option<String>,
    pub delete_interface: bool,
    /// Whether it gets a public address; where nothing is said the subnet decides.
    pub public: Option<bool>,
    /// Base64.
    pub user_data: Option<String>,
    pub profile: Option<ProfileName>,
    pub key: Option<String>,
    pub metadata: Metadata,
    pub ends_on_shutdown: bool,
}

/// An instance profile as a request names it.
#[derive(Debug, Clone, PartialEq)]
pub struct ProfileName {
    pub name: String,
    pub arn: Option<String>,
}

impl ProfileName {
    /// `None` where nothing is named.
    pub fn of(given: Option<&IamInstanceProfileSpecification>) -> Result<Option<Self>, Fault> {
        let filled = |it: &Option<String>| it.clone().filter(|it| !it.is_empty());
        let given = given.map(|it| (filled(&it.name), filled(&it.arn)));
        match given {
            None | Some((None, None)) => Ok(None),
            Some((Some(name), None)) => Ok(Some(Self { name, arn: None })),
            Some((None, Some(arn))) => {
                let parsed = arn.split_once(":instance-profile/");
                let name = parsed.and_then(|(_, path)| path.rsplit('/').next());
                let name = name.filter(|name| !name.is_empty());
                let name = name.ok_or_else(|| fault::bad_profile_arn(&arn))?.to_owned();
                Ok(Some(Self {
                    name,
                    arn: Some(arn),
                }))
            }
            Some((Some(_), Some(_))) => Err(fault::bad_combination(
                "The parameter 'iamInstanceProfile.name' may not be used in combination with \
                 'iamInstanceProfile.arn'",
            )),
        }
    }
}

/// What must be the same for a client token to stand for the same request.
pub fn digest(input: &RunInstancesRequest) -> String {
    let asked = RunInstancesRequest {
        client_token: None,
        dry_run: None,
        ..input.clone()
    };
    digest_of(&asked)
}

impl Wanted {
    pub fn of(input: &RunInstancesRequest) -> Result<Self, Fault> {
        let (at_least, at_most) = counts(input)?;
        given(&input.image_id).ok_or_else(|| fault::missing_parameter("ImageId"))?;
        let name = given(&input.instance_type);
        let name = name.ok_or_else(|| fault::missing_parameter("InstanceType"))?;
        let kind = instance_types::find(&name).ok_or_else(|| fault::bad_instance_type(&name))?;
        let credits = input.credit_specification.as_ref();
        if credits.is_some_and(|it| given(&it.cpu_credits).is_some()) && !kind.burstable {
            return Err(fault::no_credits(kind.name));
        }
        let interface = interface(input)?;
        let of = |own: &Option<String>| given(own);
        let placement = input.placement.as_ref();
        let addresses = match &interface {
            Some(it) => Named::of(
                it.private_ip_address.as_deref(),
                it.private_ip_addresses.as_deref(),
                it.secondary_private_ip_address_count,
                kind.addresses as usize,
            )?,
            None => Named::of(input.private_ip_address.as_deref(), None, None, 1)?,
        };
        let (these, count) = match &interface {
            Some(it) => (&it.ipv6_addresses, it.ipv6_address_count),
            None => (&input.ipv6_addresses, input.ipv6_address_count),
        };
        let most = kind.addresses as usize;
        let ipv6 = ipv6_addresses::Named::of_members(these.as_deref(), count, most)?;
        if (addresses.names_any() || ipv6.names_any()) && at_most > 1 {
            return Err(fault::bad_combination(
                "Multiple instances cannot be launched with one private IP address",
            ));
        }
        let own = interface.as_ref();
        let existing = own.and_then(|it| given(&it.network_interface_id));
        if existing.is_some() && at_most > 1 {
            return Err(fault::bad_combination(
                "Multiple instances cannot be launched with one network interface ID",
            ));
        }
        Ok(Self {
            at_least,
            at_most,
            kind,
            subnet: own.map_or_else(|| given(&input.subnet_id), |it| of(&it.subnet_id)),
            zone: placement.and_then(|it| given(&it.availability_zone)),
            groups: match own {
                Some(it) => it.groups.clone().unwrap_or_default(),
                None => input.security_group_ids.clone().unwrap_or_default(),
            },
            group_names: input.security_groups.clone().unwrap_or_default(),
            addresses,
            ipv6,
            names: input
                .private_dns_name_options
                .as_ref()
                .map_or_else(Default::default, |it| {
                    (
                        it.enable_resource_name_dns_a_record,
                        it.enable_resource_name_dns_aaaa_record,
                    )
                }),
            description: own.and_then(|it| it.description.clone()),
            public: own.and_then(|it| it.associate_public_ip_address),
            // One that was there before stays when the instance goes.
            delete_interface: own
                .and_then(|it| it.delete_on_termination)
                .unwrap_or(existing.is_none()),
            interface: existing,
            user_data: kept_user_data(input.user_data.as_deref())?,
            profile: ProfileName::of(input.iam_instance_profile.as_ref())?,
            key: given(&input.key_name),
            metadata: metadata(Metadata::default(), input.metadata_options.as_ref())?,
            ends_on_shutdown: match input.instance_initiated_shutdown_behavior.as_deref() {
                None => false,
                Some(text) => ends_on_shutdown(text)?,
            },
        })
    }
}

impl Wanted {
    /// What the request says nothing of is for the subnet to say.
    pub fn resource_name(&self, subnet: &Subnet) -> Option<ResourceName> {
        let names = ResourceName {
            ipv4: self.names.0.unwrap_or(subnet.resource_names.ipv4),
            ipv6: self.names.1.unwrap_or(subnet.resource_names.ipv6),
        };
        (!names.is_none()).then_some(names)
    }
}

fn given(member: &Option<String>) -> Option<String> {
    member.clone().filter(|it| !it.is_empty())
}

fn counts(input: &RunInstancesRequest) -> Result<(u32, u32), Fault> {
    let count = |given: Option<i32>, name: &str| {
        let given = given.ok_or_else(|| fault::missing_parameter(name))?;
        let count = u32::try_from(given).ok().filter(|it| *it > 0);
        count.ok_or_else(|| {
            fault::bad_value(format!(
                "Value ({given}) for parameter {name} is invalid. Must be greater than 0."
            ))
        })
    };
    let most = count(input.max_count, "maxCount")?;
    let least = count(input.min_count, "minCount")?;
    if least > most {
        return Err(fault::bad_value(format!(
            "Value ({least}) for parameter minCount is invalid. It cannot be greater than maxCount ({most})."
        )));
    }
    Ok((least, most))
}

/// The one interface that a request may describe.
fn interface(
    input: &RunInstancesRequest,
) -> Result<Option<InstanceNetworkInterfaceSpecification>, Fault> {
    let Some([first, rest @ ..]) = input.network_interfaces.as_deref() else {
        return Ok(None);
    };
    if !rest.is_empty() {
        return Err(fault::unsupported_parameter("NetworkInterface.2"));
    }
    if given(&input.subnet_id).is_some() {
        return Err(fault::bad_combination(
            "Network interfaces and an instance-level subnet ID may not be specified on the same request",
        ));
    }
    let has_groups =
        |groups: &Option<Vec<String>>| groups.as_ref().is_some_and(|it| !it.is_empty());
    if has_groups(&input.security_group_ids) || has_groups(&input.security_groups) {
        return Err(fault::bad_combination(
            "Network interfaces and an instance-level security groups may not be specified on the same request",
        ));
    }
    if given(&input.private_ip_address).is_some() {
        return Err(fault::bad_combination(
            "Network interfaces and an instance-level private IP address may not be specified on the same request",
        ));
    }
    if input.ipv6_address_count.is_some() || input.ipv6_addresses.is_some() {
        return Err(fault::bad_combination(
            "Network interfaces and an instance-level IPv6 address may not be specified on the same request",
        ));
    }
    if first.device_index.is_none_or(|index| index != 0) {
        return Err(fault::bad_value(
            "Each network interface requires a device index, and the first has 0.",
        ));
    }
    if given(&first.network_interface_id).is_some()
        && let Some(other) = beside_id(first)
    {
        return Err(fault::interface_id_beside(other));
    }
    Ok(Some(first.clone()))
}

/// What a request says of an interface that is there already and has that of its own.
fn beside_id(it: &InstanceNetworkInterfaceSpecification) -> Option<&'static str> {
    let count = |count: Option<i32>| count.is_some_and(|it| it != 0);
    let addresses = it.private_ip_addresses.as_ref();
    let ipv6 = it.ipv6_addresses.as_ref();
    let said = [
        ("a subnet", given(&it.subnet_id).is_some()),
        (
            "security groups",
            it.groups.as_ref().is_some_and(|it| !it.is_empty()),
        ),
        (
            "a private IP address",
            given(&it.private_ip_address).is_some()
                || addresses.is_some_and(|it| !it.is_empty())
                || count(it.secondary_private_ip_address_count),
        ),
        (
            "an IPv6 address",
            ipv6.is_some_and(|it| !it.is_empty()) || count(it.ipv6_address_count),
        ),
        ("a description", given(&it.description).is_some()),
        (
            "associate public IP address",
            it.associate_public_ip_address.is_some(),
        ),
        (
            "delete on termination as true",
            it.delete_on_termination == Some(true),
        ),
    ];
    let found = said.into_iter().find(|(_, is_said)| *is_said);
    found.map(|(name, _)| name)
}

/// User data as it is kept: in base64.
pub fn kept_user_data(given: Option<&str>) -> Result<Option<String>, Fault> {
    // Some tools break the lines.
    let given = given.map(|it| it.split_ascii_whitespace().collect::<String>());
    let Some(text) = given.filter(|it| !it.is_empty()) else {
        return Ok(None);
    };
    user_data::check(&text)?;
    Ok(Some(text))
}

pub fn ends_on_shutdown(text: &str) -> Result<bool, Fault> {
    match text {
        "stop" => Ok(false),
        "terminate" => Ok(true),
        other => Err(fault::bad_value(format!(
            "Value ({other}) for parameter instanceInitiatedShutdownBehavior is invalid. Unknown value."
        ))),
    }
}

/// Options of the metadata service, changed as a request says.
pub fn metadata(
    before: Metadata,
    given: Option<&InstanceMetadataOptionsRequest>,
) -> Result<Metadata, Fault> {
    let mut options = before;
    let Some(given) = given else {
        return Ok(options);
    };
    let bad = |name: &str, value: &str| {
        fault::bad_value(format!(
            "Value ({value}) for parameter {name} is invalid. Unknown value."
        ))
    };
    match given.http_tokens.as_deref() {
        None => {}
        Some("required") => options.tokens_required = true,
        Some("optional") => options.tokens_required = false,
        Some(other) => return Err(bad("HttpTokens", other)),
    }
    let switch = |value: Option<&str>, name: &str, before: bool| match value {
        None => Ok(before),
        Some("enabled") => Ok(true),
        Some("disabled") => Ok(false),
        Some(other) => Err(bad(name, other)),
    };
    options.enabled = switch(
        given.http_endpoint.as_deref(),
        "HttpEndpoint",
        options.enabled,
    )?;
    let tags = given.instance_metadata_tags.as_deref();
    options.tags = switch(tags, "InstanceMetadataTags", options.tags)?;
    if let Some(limit) = given.http_put_response_hop_limit {
        let checked = u8::try_from(limit).ok().filter(|it| (1..=64).contains(it));
        let refused = || bad("HttpPutResponseHopLimit", &limit.to_string());
        options.hop_limit = checked.ok_or_else(refused)?;
    }
    Ok(options)
}

#[cfg(test)]
#[path = "launch_tests.rs"]
mod tests;
