//! What is stored of a request for a Spot instance, and how it is shown.

use serde::{Deserialize, Serialize};
use wharf_api_ec2::types as wire;
use wharf_base::{Timestamp, ids};
use wharf_records::{Unknown, ecs::Tags};
use wharf_seal::Sealed;
use wharf_wire::Context;

use super::{Terms, fault};
use crate::{
    instance_types,
    launch_templates::{LaunchTemplateData, merge},
    records::{Instance, entity, tags_to_wire},
    zone,
};

/// What Linux instances are called in prices.
pub const PRODUCT: &str = "Linux/UNIX";

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Interruption {
    #[default]
    Terminate,
    Stop,
}

impl Interruption {
    pub fn name(self) -> &'static str {
        match self {
            Self::Terminate => "terminate",
            Self::Stop => "stop",
        }
    }
}

/// What an instance's record says of its Spot capacity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// `sir-…`
    pub request: String,
    pub persistent: bool,
    pub on_interruption: Interruption,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<Notice>,
}

/// That the capacity is taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    pub given_at: Timestamp,
    /// When it is interrupted.
    pub at: Timestamp,
    /// It was.
    #[serde(default)]
    pub done: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    Open,
    Active,
    Closed,
    Cancelled,
    Failed,
    Disabled,
}

impl State {
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Active => "active",
            Self::Closed => "closed",
            Self::Cancelled => "cancelled",
            Self::Failed => "failed",
            Self::Disabled => "disabled",
        }
    }

    /// It asks for capacity, or has some.
    pub fn counts(self) -> bool {
        matches!(self, Self::Open | Self::Active | Self::Disabled)
    }
}

/// Why a request is in its state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Why {
    /// `capacity-not-available`
    pub code: String,
    pub message: String,
}

impl Why {
    pub fn new(code: &str, message: impl Into<String>) -> Self {
        Self {
            code: code.to_owned(),
            message: message.into(),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SpotRequest {
    /// `sir-…`
    pub id: String,
    pub terms: Terms,
    pub state: State,
    pub why: Why,
    pub updated_at: Timestamp,
    /// Since when it is in its state.
    pub since: Timestamp,
    /// Code and message of what made it fail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<Why>,
    pub instance: Option<String>,
    /// `us-east-1a`, of its last instance.
    pub zone: Option<String>,
    /// What it launches.
    pub launch: LaunchTemplateData,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_data: Option<Sealed>,
    /// Made for a launch that was made at once.
    #[serde(default)]
    pub immediate: bool,
    /// `fleet-…` or `sfr-…`, which launches for itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fleet: Option<String>,
    pub created_at: Timestamp,
    pub tags: Tags,
    #[serde(flatten)]
    pub unknown: Unknown,
}

entity!(SpotRequest, "spot-instances-request", fault::not_found);

/// What the user data of a request is sealed for.
pub fn user_data_purpose(account: &str, region: &str, id: &str) -> String {
    format!("ec2 spot user data {account} {region} {id}")
}

impl SpotRequest {
    /// Eight characters, as in AWS.
    pub fn new_id() -> String {
        let id = ids::ec2_id("sir");
        let digits = &id[id.len() - 8..];
        format!("sir-{digits}")
    }

    pub fn is_id(id: &str) -> bool {
        id.strip_prefix("sir-").is_some_and(|rest| {
            rest.len() == 8 && rest.bytes().all(|it| it.is_ascii_alphanumeric())
        })
    }

    pub fn of_launch(
        id: String,
        (terms, launch): (Terms, LaunchTemplateData),
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            terms,
            state: State::Open,
            why: Why::new(
                "pending-evaluation",
                "Your Spot request has been submitted for review, and is pending evaluation.",
            ),
            updated_at: now,
            since: now,
            failed: None,
            instance: None,
            zone: None,
            launch,
            user_data: None,
            immediate: false,
            fleet: None,
            created_at: now,
            tags: Tags::new(),
            unknown: Unknown::new(),
        }
    }

    pub fn become_state(&mut self, state: State, why: Why, now: Timestamp) {
        if self.state != state {
            self.since = now;
        }
        if self.state != state || self.why != why {
            self.updated_at = now;
        }
        self.state = state;
        self.why = why;
    }

    /// It has its instance.
    pub fn fulfil(&mut self, instance: &Instance, now: Timestamp) {
        self.instance = Some(instance.id.clone());
        self.zone = Some(instance.zone.clone());
        let why = Why::new("fulfilled", "Your Spot request is fulfilled.");
        self.become_state(State::Active, why, now);
    }

    pub fn held(&self) -> Held {
        Held {
            request: self.id.clone(),
            persistent: self.terms.persistent,
            on_interruption: self.terms.on_interruption,
            notice: None,
        }
    }

    /// What it pays at most.
    pub fn price(&self) -> Option<super::Price> {
        let kind = self
            .launch
            .instance_type
            .as_deref()
            .and_then(instance_types::find);
        self.terms.max_price.or_else(|| kind.map(super::on_demand))
    }

    pub fn to_wire(&self, cx: &Context) -> wire::SpotInstanceRequest {
        let text = |text: &str| Some(text.to_owned());
        let kind = match self.terms.persistent {
            true => "persistent",
            false => "one-time",
        };
        let zone_id = self.zone.as_deref().map(|zone| {
            let letter = zone.chars().last().unwrap_or('a');
            zone::id(&cx.region, letter)
        });
        wire::SpotInstanceRequest {
            create_time: Some(self.created_at),
            fault: self.failed.as_ref().map(|it| wire::SpotInstanceStateFault {
                code: Some(it.code.clone()),
                message: Some(it.message.clone()),
            }),
            instance_id: self.instance.clone(),
            launch_specification: Some(self.specification()),
            launched_availability_zone: self.zone.clone(),
            launched_availability_zone_id: zone_id,
            product_description: text(PRODUCT),
            spot_instance_request_id: Some(self.id.clone()),
            spot_price: self.price().map(|it| it.to_string()),
            state: text(self.state.name()),
            status: Some(wire::SpotInstanceStatus {
                code: Some(self.why.code.clone()),
                message: Some(self.why.message.clone()),
                update_time: Some(self.updated_at),
            }),
            tags: Some(tags_to_wire(&self.tags)),
            type_: text(kind),
            valid_from: self.terms.valid_from,
            valid_until: self.terms.valid_until,
            instance_interruption_behavior: text(self.terms.on_interruption.name()),
            ..wire::SpotInstanceRequest::default()
        }
    }

    fn specification(&self) -> wire::LaunchSpecification {
        let asked = merge(&self.launch, wire::RunInstancesRequest::default());
        let placement = asked.placement.unwrap_or_default();
        let ids = asked.security_group_ids.unwrap_or_default();
        let names = asked.security_groups.unwrap_or_default();
        let by_id = ids.into_iter().map(|id| wire::GroupIdentifier {
            group_id: Some(id),
            group_name: None,
        });
        let by_name = names.into_iter().map(|name| wire::GroupIdentifier {
            group_id: None,
            group_name: Some(name),
        });
        wire::LaunchSpecification {
            block_device_mappings: asked.block_device_mappings,
            iam_instance_profile: asked.iam_instance_profile,
            image_id: asked.image_id,
            instance_type: asked.instance_type,
            key_name: asked.key_name,
            network_interfaces: asked.network_interfaces,
            placement: Some(wire::SpotPlacement {
                availability_zone: placement.availability_zone,
                group_name: placement.group_name,
                ..wire::SpotPlacement::default()
            }),
            subnet_id: asked.subnet_id,
            security_groups: Some(by_id.chain(by_name).collect()),
            monitoring: Some(
                asked
                    .monitoring
                    .unwrap_or(wire::RunInstancesMonitoringEnabled {
                        enabled: Some(false),
                        ..wire::RunInstancesMonitoringEnabled::default()
                    }),
            ),
            ..wire::LaunchSpecification::default()
        }
    }
}
