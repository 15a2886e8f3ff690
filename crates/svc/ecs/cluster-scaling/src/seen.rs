//! An Auto Scaling group as its service describes it, cut down to what decisions need.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use wharf_wire::Fault;

/// Starts the names of policies that ECS makes.
pub const POLICIES: &str = "ECSManagedAutoScalingPolicy-";
/// The hook by which ECS drains instances that are to go.
pub const HOOK: &str = "ecs-managed-draining-termination-hook";

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Seen {
    pub name: String,
    pub arn: String,
    pub min: u32,
    pub max: u32,
    pub desired: u32,
    pub protects_new: bool,
    pub deleting: bool,
    pub zones: BTreeSet<String>,
    /// In how many units of its sizes instances of a type count, where its policy says so; else each is one. Providers are over no such
    /// groups, but one may become one.
    pub weights: BTreeMap<String, u32>,
    /// Where the types of its instances stand.
    pub launch: Launch,
    pub members: Vec<Member>,
}

/// What a group launches.
#[derive(Debug, Clone, PartialEq, Eq, Default, PartialOrd, Ord)]
pub struct Launch {
    /// A template's id and version.
    pub template: Option<(String, String)>,
    pub configuration: Option<String>,
    /// Types that stand for the template's.
    pub overrides: Vec<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    /// `i-…`
    pub id: String,
    pub kind: String,
    pub zone: String,
    pub cycle: Cycle,
    pub protected: bool,
}

/// A lifecycle state, as far as it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cycle {
    /// It is launched, or hooks hold its launch; it counts towards the group's capacity already.
    Pending,
    /// It is in service, and counts.
    Counts,
    /// Chosen to end, and its hooks are not asked yet, or have all answered.
    Ending,
    /// Hooks hold its end.
    Held,
    /// In standby, being detached, or kept warm: no part of what the group scales.
    Aside,
}

impl Cycle {
    fn named(name: &str) -> Self {
        match name {
            "Terminating:Wait" => Self::Held,
            name if name.starts_with("Warmed:") => Self::Aside,
            name if name.starts_with("Terminat") => Self::Ending,
            "InService" => Self::Counts,
            name if name.starts_with("Pending") => Self::Pending,
            _ => Self::Aside,
        }
    }
}

impl Seen {
    /// The group of an answer of DescribeAutoScalingGroups for one name; `None` if it is gone.
    ///
    /// # Errors
    /// The answer says nothing of its size.
    pub fn of(answer: &Value) -> Result<Option<Self>, Fault> {
        let group = &answer["AutoScalingGroups"][0];
        if group.is_null() {
            return Ok(None);
        }
        let number = |name: &str| {
            let read = group[name].as_u64().and_then(|it| u32::try_from(it).ok());
            read.ok_or_else(|| {
                let text = format!("A group of instances was described without its {name}.");
                Fault::sender("ServerException", 500, text)
            })
        };
        let zones = list(&group["AvailabilityZones"]);
        Ok(Some(Self {
            name: text(&group["AutoScalingGroupName"]),
            arn: text(&group["AutoScalingGroupARN"]),
            min: number("MinSize")?,
            max: number("MaxSize")?,
            desired: number("DesiredCapacity")?,
            protects_new: group["NewInstancesProtectedFromScaleIn"] == true,
            deleting: group["Status"].is_string(),
            zones: zones.iter().map(text).collect(),
            weights: weights(group),
            launch: launch(group),
            members: list(&group["Instances"]).iter().map(member).collect(),
        }))
    }

    /// Those that count towards its capacity.
    pub fn live(&self) -> impl Iterator<Item = &Member> {
        let counts = |it: &&Member| matches!(it.cycle, Cycle::Pending | Cycle::Counts);
        self.members.iter().filter(counts)
    }

    /// How many units those that count are.
    pub fn units(&self) -> u32 {
        let weight = |it: &Member| self.weights.get(&it.kind).copied().unwrap_or(1);
        self.live()
            .fold(0, |sum: u32, it| sum.saturating_add(weight(it)))
    }

    /// How many units a further instance is at most.
    pub fn weight(&self) -> u32 {
        self.weights.values().copied().max().unwrap_or(1).max(1)
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn template(value: &Value) -> Option<(String, String)> {
    let id = value["LaunchTemplateId"].as_str()?;
    let version = value["Version"].as_str().unwrap_or("$Default");
    Some((id.to_owned(), version.to_owned()))
}

fn weights(group: &Value) -> BTreeMap<String, u32> {
    let overrides = list(&group["MixedInstancesPolicy"]["LaunchTemplate"]["Overrides"]).iter();
    let weight = |it: &Value| it["WeightedCapacity"].as_str()?.parse::<u32>().ok();
    overrides
        .filter_map(|it| Some((text(&it["InstanceType"]), weight(it)?)))
        .collect()
}

fn launch(group: &Value) -> Launch {
    let mixed = &group["MixedInstancesPolicy"]["LaunchTemplate"];
    let overrides = list(&mixed["Overrides"]).iter();
    Launch {
        template: template(&group["LaunchTemplate"])
            .or_else(|| template(&mixed["LaunchTemplateSpecification"])),
        configuration: group["LaunchConfigurationName"].as_str().map(str::to_owned),
        overrides: overrides
            .filter_map(|it| it["InstanceType"].as_str().map(str::to_owned))
            .collect(),
    }
}

fn member(value: &Value) -> Member {
    Member {
        id: text(&value["InstanceId"]),
        kind: text(&value["InstanceType"]),
        zone: text(&value["AvailabilityZone"]),
        cycle: Cycle::named(value["LifecycleState"].as_str().unwrap_or_default()),
        protected: value["ProtectedFromScaleIn"] == true,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_group_is_read() {
        let instance = |id: &str, state: &str| json!({ "InstanceId": id, "InstanceType": "t3.micro", "AvailabilityZone": "z", "LifecycleState": state, "ProtectedFromScaleIn": true });
        let states = [
            ("Pending", Cycle::Pending),
            ("Pending:Wait", Cycle::Pending),
            ("InService", Cycle::Counts),
            ("Terminating", Cycle::Ending),
            ("Terminating:Wait", Cycle::Held),
            ("Terminating:Proceed", Cycle::Ending),
            ("Standby", Cycle::Aside),
            ("EnteringStandby", Cycle::Aside),
            ("Detaching", Cycle::Aside),
            ("Warmed:Stopped", Cycle::Aside),
            ("Warmed:Terminating:Wait", Cycle::Aside),
        ];
        let instances: Vec<Value> = states.iter().map(|it| instance("i-1", it.0)).collect();
        let answer = json!({ "AutoScalingGroups": [{
            "AutoScalingGroupName": "g",
            "AutoScalingGroupARN": "arn",
            "MinSize": 0, "MaxSize": 9, "DesiredCapacity": 3,
            "NewInstancesProtectedFromScaleIn": true,
            "AvailabilityZones": ["z"],
            "MixedInstancesPolicy": { "LaunchTemplate": {
                "LaunchTemplateSpecification": { "LaunchTemplateId": "lt-1", "Version": "2" },
                "Overrides": [{ "InstanceType": "m5.large", "WeightedCapacity": "4" }] } },
            "Instances": instances,
        }] });
        let seen = Seen::of(&answer).unwrap().unwrap();
        let cycles: Vec<Cycle> = seen.members.iter().map(|it| it.cycle).collect();
        assert_eq!(cycles, states.map(|it| it.1));
        assert_eq!((seen.live().count(), seen.max), (3, 9));
        assert_eq!(seen.launch.template, Some(("lt-1".into(), "2".into())));
        assert_eq!(seen.launch.overrides, ["m5.large"]);
        // Attached ones of no type of the policy are one.
        assert_eq!((seen.weight(), seen.units()), (4, 3));
        assert_eq!(Seen::of(&json!({ "AutoScalingGroups": [] })).unwrap(), None);
        assert!(Seen::of(&json!({ "AutoScalingGroups": [{}] })).is_err());
    }
}
