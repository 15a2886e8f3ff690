//! What is stored of fleets.

use serde::{Deserialize, Serialize};
use wharf_base::Timestamp;
use wharf_records::{Unknown, ecs::Tags};
use wharf_seal::Sealed;

use super::{allocate::Strategy, fault, requirements::Requirements};
use crate::{
    launch_templates::LaunchTemplateData,
    records::{Entity, entity},
    spot::Price,
};

/// What an instance says of the fleet that launched it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// `fleet-…` or `sfr-…`
    pub id: String,
    /// The number of its pool.
    pub pool: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Type {
    Instant,
    Request,
    Maintain,
}

impl Type {
    pub fn name(self) -> &'static str {
        match self {
            Self::Instant => "instant",
            Self::Request => "request",
            Self::Maintain => "maintain",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    Active,
    /// It is deleted, and its instances run on.
    DeletedRunning,
    /// It is deleted, and its instances end.
    DeletedTerminating,
    Deleted,
}

/// Units.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Units {
    pub on_demand: u32,
    pub spot: u32,
}

impl Units {
    pub fn total(self) -> u32 {
        self.on_demand + self.spot
    }

    pub fn without(self, other: Self) -> Self {
        Self {
            on_demand: self.on_demand.saturating_sub(other.on_demand),
            spot: self.spot.saturating_sub(other.spot),
        }
    }
}

/// A template of a fleet, as it was named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Template {
    pub id: Option<String>,
    pub name: Option<String>,
    pub version: Option<String>,
    /// What it meant when the fleet was made. Older ones have none until they launch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meant: Option<Meant>,
}

/// A version that there is once: names and `$Latest` come to mean others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meant {
    pub id: String,
    pub version: u64,
}

/// What instances of a pool are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pool {
    pub template: Option<Template>,
    /// Else, which of the specifications.
    pub specification: Option<u32>,
    /// Something stands over the template.
    pub overrides: bool,
    pub instance_type: Option<String>,
    pub image: Option<String>,
    pub subnet: Option<String>,
    pub zone: Option<String>,
    pub max_price: Option<Price>,
    pub weight: Option<u32>,
    /// Thousandths.
    pub priority: Option<u64>,
    /// Its type was not named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alike: Option<Alike>,
}

/// Of a pool whose type was found by what it is like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alike {
    /// Which of the fleet's requirements.
    pub number: u32,
    /// The market that the type is too dear for, if there is one: whether Spot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_in: Option<bool>,
}

impl Pool {
    pub fn units(&self) -> u32 {
        self.weight.unwrap_or(1)
    }

    /// Whether it has instances of a market, Spot or On-Demand.
    pub fn is_for(&self, spot: bool) -> bool {
        self.alike.is_none_or(|it| it.not_in != Some(spot))
    }
}

/// A launch specification of a Spot Fleet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Specification {
    pub launch: LaunchTemplateData,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_data: Option<Sealed>,
}

/// What went wrong with a pool last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    pub pool: u32,
    pub spot: bool,
    pub code: String,
    pub message: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Body {
    pub kind: Type,
    pub state: State,
    pub target: Units,
    /// What is neither said to be On-Demand nor Spot is Spot.
    pub default_spot: bool,
    pub pools: Vec<Pool>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub specifications: Vec<Specification>,
    /// By which types of pools were found.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requirements: Vec<Requirements>,
    pub spot_strategy: Strategy,
    pub pools_to_use: u32,
    pub on_demand_strategy: Strategy,
    /// For pools that say nothing.
    pub max_price: Option<Price>,
    /// What is too much is terminated.
    pub ends_excess: bool,
    pub ends_with_expiration: bool,
    pub valid_from: Option<Timestamp>,
    pub valid_until: Option<Timestamp>,
    /// Units that it launched.
    pub launched: Units,
    /// An instant fleet that is not done with its launches.
    #[serde(default)]
    pub filling: bool,
    pub failures: Vec<Failure>,
    pub client_token: Option<String>,
    pub request: String,
    /// Tags of the instances of an instant fleet.
    #[serde(default)]
    pub instance_tags: Tags,
    /// The role of a Spot Fleet.
    #[serde(default)]
    pub role: Option<String>,
    pub created_at: Timestamp,
    pub since: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fleet {
    /// `fleet-…`
    pub id: String,
    pub body: Body,
    pub tags: Tags,
    #[serde(flatten)]
    pub unknown: Unknown,
}

entity!(Fleet, "fleet", fault::not_found);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SpotFleet {
    /// `sfr-…`
    pub id: String,
    pub body: Body,
    pub tags: Tags,
    #[serde(flatten)]
    pub unknown: Unknown,
}

entity!(SpotFleet, "spot-fleet-request", fault::spot_fleet_not_found);

/// Either of both.
pub trait AnyFleet: Entity + PartialEq + 'static {
    /// The tag by which its instances are known.
    const TAG: &'static str;
    /// In whose name it launches.
    const PRINCIPAL: &'static str;
    fn body(&self) -> &Body;
    fn body_mut(&mut self) -> &mut Body;
}

impl AnyFleet for Fleet {
    const TAG: &'static str = "aws:ec2:fleet-id";
    const PRINCIPAL: &'static str = "ec2fleet.amazonaws.com";

    fn body(&self) -> &Body {
        &self.body
    }

    fn body_mut(&mut self) -> &mut Body {
        &mut self.body
    }
}

impl AnyFleet for SpotFleet {
    const TAG: &'static str = "aws:ec2spot:fleet-request-id";
    const PRINCIPAL: &'static str = "spotfleet.amazonaws.com";

    fn body(&self) -> &Body {
        &self.body
    }

    fn body_mut(&mut self) -> &mut Body {
        &mut self.body
    }
}

/// What the user data of specifications is sealed for.
pub fn user_data_purpose(account: &str, region: &str, id: &str) -> String {
    format!("ec2 spot fleet user data {account} {region} {id}")
}
