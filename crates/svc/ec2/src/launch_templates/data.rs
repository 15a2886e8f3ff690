//! What a version says of instances. Members that launches of instances do not understand are refused when the
//! version is made (`understood.txt`), so a template promises nothing that its instances will not have.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use wharf_api_ec2::types as wire;
use wharf_base::Timestamp;
use wharf_service::tags::Tags;
use wharf_wire::{Call, Fault};

use super::{
    interface::{Interface, interface},
    options::Options,
};
use crate::{
    block_devices::{Mapping, over, read_template},
    fault,
    images::alias::is_alias,
    records::tags_to_wire,
    tags::checked,
    user_data,
};

/// Bounds on lists, so that a version stays small.
const MAX_INTERFACES: usize = 16;
const MAX_GROUPS: usize = 16;
const MAX_TEXT: usize = 1024;
/// Of ids and addresses.
const MAX_ID: usize = 64;
/// Of the names of security groups.
const MAX_NAME: usize = 255;
/// Of all that a version says, its user data included.
const MAX_BYTES: usize = 32 * 1024;
/// What tags may be specified for.
const TAGGED: [&str; 4] = [
    "instance",
    "network-interface",
    "spot-instances-request",
    "volume",
];

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LaunchTemplateData {
    pub image_id: Option<String>,
    pub instance_type: Option<String>,
    pub key_name: Option<String>,
    pub profile: Option<Profile>,
    pub interfaces: Vec<Interface>,
    pub security_group_ids: Vec<String>,
    /// Names of groups of the default VPC.
    pub security_groups: Vec<String>,
    /// In base 64. Stored apart, sealed.
    #[serde(skip)]
    pub user_data: Option<String>,
    /// By the type of the resource they are for.
    pub tags: BTreeMap<String, Tags>,
    pub metadata: Metadata,
    pub disable_api_termination: Option<bool>,
    pub shutdown_behavior: Option<String>,
    pub zone: Option<String>,
    #[serde(skip_serializing_if = "Placed::is_empty")]
    pub placed: Placed,
    pub monitoring: Option<bool>,
    /// Spot capacity, on what terms.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub market: Option<Market>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub block_devices: Vec<Mapping>,
    #[serde(skip_serializing_if = "Options::is_empty")]
    pub options: Options,
}

/// A placement group, by name or id.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Placed {
    pub name: Option<String>,
    pub id: Option<String>,
    pub partition: Option<i32>,
}

impl Placed {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// As it was given; a launch checks it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Market {
    pub kind: Option<String>,
    pub max_price: Option<String>,
    pub spot_type: Option<String>,
    pub valid_until: Option<Timestamp>,
    pub interruption: Option<String>,
}

impl Market {
    fn from_wire(given: wire::LaunchTemplateInstanceMarketOptionsRequest) -> Self {
        let options = given.spot_options.unwrap_or_default();
        Self {
            kind: given.market_type,
            max_price: options.max_price,
            spot_type: options.spot_instance_type,
            valid_until: options.valid_until,
            interruption: options.instance_interruption_behavior,
        }
    }

    pub fn to_request(&self) -> wire::InstanceMarketOptionsRequest {
        let options = wire::SpotMarketOptions {
            max_price: self.max_price.clone(),
            spot_instance_type: self.spot_type.clone(),
            valid_until: self.valid_until,
            instance_interruption_behavior: self.interruption.clone(),
            ..wire::SpotMarketOptions::default()
        };
        // As in a request, options without a market are those of Spot.
        let says_any = options != wire::SpotMarketOptions::default();
        let is_spot = match self.kind.as_deref() {
            Some(kind) => kind == "spot",
            None => says_any,
        };
        wire::InstanceMarketOptionsRequest {
            market_type: self.kind.clone(),
            spot_options: is_spot.then_some(options),
        }
    }

    fn to_wire(&self) -> wire::LaunchTemplateInstanceMarketOptions {
        wire::LaunchTemplateInstanceMarketOptions {
            market_type: self.kind.clone(),
            spot_options: Some(wire::LaunchTemplateSpotMarketOptions {
                max_price: self.max_price.clone(),
                spot_instance_type: self.spot_type.clone(),
                valid_until: self.valid_until,
                instance_interruption_behavior: self.interruption.clone(),
                ..wire::LaunchTemplateSpotMarketOptions::default()
            }),
        }
    }

    fn texts(&self) -> [&Option<String>; 4] {
        [
            &self.kind,
            &self.max_price,
            &self.spot_type,
            &self.interruption,
        ]
    }
}

/// An instance profile, by ARN or name.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Profile {
    pub arn: Option<String>,
    pub name: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Metadata {
    pub http_tokens: Option<String>,
    pub http_put_response_hop_limit: Option<i32>,
    pub http_endpoint: Option<String>,
    pub instance_metadata_tags: Option<String>,
}

impl LaunchTemplateData {
    pub fn from_wire(call: &Call, given: wire::RequestLaunchTemplateData) -> Result<Self, Fault> {
        let options = Options::of_template(&given);
        let interfaces = given.network_interfaces.unwrap_or_default();
        if interfaces.len() > MAX_INTERFACES {
            return Err(fault::too_many_in_template(
                "network interfaces",
                MAX_INTERFACES,
            ));
        }
        let metadata = given.metadata_options.unwrap_or_default();
        let placement = given.placement.unwrap_or_default();
        let data = Self {
            image_id: given.image_id,
            instance_type: given.instance_type,
            key_name: given.key_name,
            profile: given.iam_instance_profile.map(|it| Profile {
                arn: it.arn,
                name: it.name,
            }),
            interfaces: interfaces.into_iter().map(interface).collect(),
            security_group_ids: given.security_group_ids.unwrap_or_default(),
            security_groups: given.security_groups.unwrap_or_default(),
            user_data: given.user_data,
            tags: tags_by_type(call, given.tag_specifications.unwrap_or_default())?,
            metadata: Metadata {
                http_tokens: metadata.http_tokens,
                http_put_response_hop_limit: metadata.http_put_response_hop_limit,
                http_endpoint: metadata.http_endpoint,
                instance_metadata_tags: metadata.instance_metadata_tags,
            },
            disable_api_termination: given.disable_api_termination,
            shutdown_behavior: given.instance_initiated_shutdown_behavior,
            zone: placement.availability_zone,
            placed: Placed {
                name: placement.group_name,
                id: placement.group_id,
                partition: placement.partition_number,
            },
            monitoring: given.monitoring.and_then(|it| it.enabled),
            market: given.instance_market_options.map(Market::from_wire),
            block_devices: read_template(given.block_device_mappings.as_deref())?,
            options,
        };
        data.check()?;
        Ok(data)
    }

    pub(super) fn check(&self) -> Result<(), Fault> {
        if let Some(data) = &self.user_data {
            user_data::check(data)?;
        }
        if let Some(image) = self
            .image_id
            .as_deref()
            .filter(|it| it.starts_with("resolve:") && !is_alias(it))
        {
            return Err(fault::bad_value(format!(
                "Image aliases such as '{image}' are not supported by this version of wharf."
            )));
        }
        let groups = self.interfaces.iter().map(|it| &it.groups);
        let groups = groups.chain([&self.security_group_ids, &self.security_groups]);
        for groups in groups {
            if groups.len() > MAX_GROUPS {
                return Err(fault::too_many_in_template("security groups", MAX_GROUPS));
            }
        }
        let ids = self.interfaces.iter().flat_map(Interface::ids);
        let ids = ids.chain(&self.security_group_ids);
        for (id, limit) in ids
            .map(|it| (it, MAX_ID))
            .chain(self.security_groups.iter().map(|it| (it, MAX_NAME)))
        {
            at_most(id, limit)?;
        }
        let groups = self.security_group_ids.len() + self.security_groups.len();
        if groups > 0 && !self.interfaces.is_empty() {
            return Err(fault::groups_beside_interfaces());
        }
        self.metadata.check()?;
        self.texts().try_for_each(|it| at_most(it, MAX_TEXT))
    }

    /// Refuses what would take more room in the store than a version may.
    pub fn check_size(&self) -> Result<(), Fault> {
        let encoded = serde_json::to_vec(self).map_err(fault::internal)?.len();
        let user_data = self.user_data.as_ref().map_or(0, String::len);
        match encoded + user_data <= MAX_BYTES {
            true => Ok(()),
            false => Err(fault::template_too_long(MAX_BYTES)),
        }
    }

    /// All texts but those that are checked elsewhere.
    fn texts(&self) -> impl Iterator<Item = &String> {
        let profile = self.profile.iter().flat_map(|it| [&it.arn, &it.name]);
        let interfaces = self.interfaces.iter().map(|it| &it.description);
        let own = [
            &self.image_id,
            &self.instance_type,
            &self.key_name,
            &self.shutdown_behavior,
            &self.zone,
            &self.placed.name,
            &self.placed.id,
        ];
        let market = self.market.iter().flat_map(Market::texts);
        let options = self.options.texts();
        let others = profile.chain(interfaces).chain(market).chain(options);
        own.into_iter().chain(others).flatten()
    }

    /// What is set here, over what `below` says; see [`super::create_version`].
    pub fn over(self, below: Self) -> Self {
        let list = |own: Vec<String>, other| if own.is_empty() { other } else { own };
        let interfaces = match self.interfaces.is_empty() {
            true => below.interfaces,
            false => self.interfaces,
        };
        let mut tags = below.tags;
        tags.extend(self.tags);
        Self {
            image_id: self.image_id.or(below.image_id),
            instance_type: self.instance_type.or(below.instance_type),
            key_name: self.key_name.or(below.key_name),
            profile: self.profile.or(below.profile),
            interfaces,
            security_group_ids: list(self.security_group_ids, below.security_group_ids),
            security_groups: list(self.security_groups, below.security_groups),
            user_data: self.user_data.or(below.user_data),
            tags,
            metadata: self.metadata.over(below.metadata),
            disable_api_termination: self
                .disable_api_termination
                .or(below.disable_api_termination),
            shutdown_behavior: self.shutdown_behavior.or(below.shutdown_behavior),
            zone: self.zone.or(below.zone),
            placed: match self.placed.is_empty() {
                true => below.placed,
                false => self.placed,
            },
            monitoring: self.monitoring.or(below.monitoring),
            market: self.market.or(below.market),
            block_devices: over(&self.block_devices, &below.block_devices),
            options: self.options.over(below.options),
        }
    }

    pub fn to_wire(&self) -> wire::ResponseLaunchTemplateData {
        let listed = |list: &Vec<String>| (!list.is_empty()).then(|| list.clone());
        let interfaces = self.interfaces.iter().map(Interface::to_wire).collect();
        let specification = |(kind, tags): (&String, &Tags)| wire::LaunchTemplateTagSpecification {
            resource_type: Some(kind.clone()),
            tags: Some(tags_to_wire(tags)),
        };
        let tags = self.tags.iter().map(specification).collect();
        wire::ResponseLaunchTemplateData {
            image_id: self.image_id.clone(),
            instance_type: self.instance_type.clone(),
            key_name: self.key_name.clone(),
            iam_instance_profile: self.profile.as_ref().map(|it| {
                wire::LaunchTemplateIamInstanceProfileSpecification {
                    arn: it.arn.clone(),
                    name: it.name.clone(),
                }
            }),
            network_interfaces: (!self.interfaces.is_empty()).then_some(interfaces),
            security_group_ids: listed(&self.security_group_ids),
            security_groups: listed(&self.security_groups),
            user_data: self.user_data.clone(),
            tag_specifications: (!self.tags.is_empty()).then_some(tags),
            metadata_options: self.metadata.to_wire(),
            disable_api_termination: self.disable_api_termination,
            instance_initiated_shutdown_behavior: self.shutdown_behavior.clone(),
            placement: (self.zone.is_some() || !self.placed.is_empty()).then(|| {
                wire::LaunchTemplatePlacement {
                    availability_zone: self.zone.clone(),
                    group_name: self.placed.name.clone(),
                    group_id: self.placed.id.clone(),
                    partition_number: self.placed.partition,
                    ..wire::LaunchTemplatePlacement::default()
                }
            }),
            monitoring: self.monitoring.map(|on| wire::LaunchTemplatesMonitoring {
                enabled: Some(on),
                ..wire::LaunchTemplatesMonitoring::default()
            }),
            instance_market_options: self.market.as_ref().map(Market::to_wire),
            block_device_mappings: (!self.block_devices.is_empty()).then(|| {
                self.block_devices
                    .iter()
                    .map(Mapping::to_template)
                    .collect()
            }),
            ..self.options.to_wire()
        }
    }
}

fn at_most(text: &str, limit: usize) -> Result<(), Fault> {
    match text.len() <= limit {
        true => Ok(()),
        false => Err(fault::bad_value(format!(
            "A value of the launch template exceeds {limit} characters."
        ))),
    }
}

impl Metadata {
    fn check(&self) -> Result<(), Fault> {
        match self.http_put_response_hop_limit {
            Some(hops) if !(1..=64).contains(&hops) => Err(fault::bad_value(format!(
                "Value ({hops}) for parameter HttpPutResponseHopLimit is invalid. It must be between 1 and 64"
            ))),
            _ => Ok(()),
        }
    }

    fn over(self, below: Self) -> Self {
        let hops = self.http_put_response_hop_limit;
        Self {
            http_tokens: self.http_tokens.or(below.http_tokens),
            http_put_response_hop_limit: hops.or(below.http_put_response_hop_limit),
            http_endpoint: self.http_endpoint.or(below.http_endpoint),
            instance_metadata_tags: self.instance_metadata_tags.or(below.instance_metadata_tags),
        }
    }

    fn to_wire(&self) -> Option<wire::LaunchTemplateInstanceMetadataOptions> {
        (*self != Self::default()).then(|| wire::LaunchTemplateInstanceMetadataOptions {
            http_tokens: self.http_tokens.clone(),
            http_put_response_hop_limit: self.http_put_response_hop_limit,
            http_endpoint: self.http_endpoint.clone(),
            instance_metadata_tags: self.instance_metadata_tags.clone(),
            ..wire::LaunchTemplateInstanceMetadataOptions::default()
        })
    }
}

fn tags_by_type(
    call: &Call,
    given: Vec<wire::LaunchTemplateTagSpecificationRequest>,
) -> Result<BTreeMap<String, Tags>, Fault> {
    let mut by_type = BTreeMap::<String, Tags>::new();
    for specification in given {
        let kind = specification.resource_type.unwrap_or_default();
        if !TAGGED.contains(&kind.as_str()) {
            return Err(fault::bad_value(format!(
                "'{kind}' is not a valid taggable resource type for this operation."
            )));
        }
        tags_of_type(
            call,
            &mut by_type,
            kind,
            specification.tags.iter().flatten(),
        )?;
    }
    Ok(by_type)
}

/// Adds the tags for resources of a type.
pub(super) fn tags_of_type<'a>(
    call: &Call,
    by_type: &mut BTreeMap<String, Tags>,
    kind: String,
    given: impl Iterator<Item = &'a wire::Tag>,
) -> Result<(), Fault> {
    let tags = by_type.entry(kind).or_default();
    for tag in given {
        let (key, value) = checked(call, tag)?;
        tags.insert(key, value);
    }
    crate::tags::RULES.within_limit(tags)
}
