//! What requests ask of node groups. Pure.

use std::collections::BTreeMap;

use wharf_api_eks::{
    self as api, NodeRepairConfig, NodeRepairConfigOverrides, NodegroupScalingConfig,
    NodegroupUpdateConfig,
};
use wharf_kube_model::names;
use wharf_wire::Fault;

use super::{
    records::{Size, Taint, Unavailable},
    repair::{self, Action, Override, Rules},
};
use crate::fault;

const MOST_NAME: usize = 63;
/// Label keys, values and taints of a group.
const MOST_TAINTS: usize = 50;
const MOST_LABELS: usize = 100;
const MOST_TYPES: usize = 20;
/// Overrides of node repair, and letters of a reason, as Kubernetes has them.
const MOST_OVERRIDES: usize = 100;
const MOST_REASON: usize = 1024;
/// Prefixes that EKS and Kubernetes have for themselves.
const RESERVED: [&str; 3] = ["eks.amazonaws.com", "kubernetes.io", "k8s.io"];
/// Below `kubernetes.io`, what nodes may say of themselves.
const OF_NODES: [&str; 2] = ["node.kubernetes.io", "kubelet.kubernetes.io"];
pub const USUAL_TYPE: &str = "t3.medium";
/// Of instances here.
pub const AMI_TYPE: &str = "AL2023_x86_64_STANDARD";
pub const CUSTOM: &str = "CUSTOM";

pub fn name(given: &str) -> Result<(), Fault> {
    match given.len() {
        1..=MOST_NAME if crate::names::is_name(given) => Ok(()),
        1..=MOST_NAME => Err(fault::bad_group_name()),
        _ => Err(fault::invalid(format!(
            "The nodegroup name can have 1 to {MOST_NAME} letters, digits, hyphens and underscores, and must begin with a letter or digit."
        ))),
    }
}

/// Of a new group; what is not said is as `usual`. In EKS' words, which differ from those of changes.
pub fn first_size(given: Option<NodegroupScalingConfig>, usual: Size) -> Result<Size, Fault> {
    let size = over(given, usual);
    if size.min > size.desired {
        return Err(fault::invalid("minSize can't be greater than desiredSize"));
    }
    if size.desired > size.max {
        return Err(fault::invalid("desiredSize can't be greater than maxSize"));
    }
    bounded(size)
}

/// What is not said stays as it was.
pub fn size(given: Option<NodegroupScalingConfig>, was: Size) -> Result<Size, Fault> {
    let size = over(given, was);
    let Size { min, max, desired } = size;
    if min > desired {
        return Err(fault::invalid(format!(
            "Minimum capacity {min} can't be greater than desired size {desired}"
        )));
    }
    if desired > max {
        return Err(fault::invalid(format!(
            "desired capacity {desired} can't be greater than max size {max}"
        )));
    }
    bounded(size)
}

fn over(given: Option<NodegroupScalingConfig>, was: Size) -> Size {
    let given = given.unwrap_or_default();
    Size {
        min: given.min_size.unwrap_or(was.min),
        max: given.max_size.unwrap_or(was.max),
        desired: given.desired_size.unwrap_or(was.desired),
    }
}

fn bounded(size: Size) -> Result<Size, Fault> {
    match size.max {
        1..=450 => Ok(size),
        max => Err(fault::invalid(format!(
            "max size {max} is not between 1 and 450"
        ))),
    }
}

/// How many nodes an update may take away at once, and how it does it.
pub fn unavailable(
    given: Option<NodegroupUpdateConfig>,
    was: (Unavailable, String),
) -> Result<(Unavailable, String), Fault> {
    let given = given.unwrap_or_default();
    let strategy = given.update_strategy.unwrap_or(was.1);
    let number = match (given.max_unavailable, given.max_unavailable_percentage) {
        (Some(_), Some(_)) => {
            return Err(fault::invalid(
                "Only one of maxUnavailable and maxUnavailablePercentage can be specified",
            ));
        }
        (Some(number), None) => Unavailable::Number(number),
        (None, Some(percent)) => Unavailable::Percent(percent),
        (None, None) => was.0,
    };
    let (Unavailable::Number(within) | Unavailable::Percent(within)) = number;
    match within {
        1..=100 => Ok((number, strategy)),
        _ => Err(fault::invalid(
            "maxUnavailable and maxUnavailablePercentage must be between 1 and 100",
        )),
    }
}

fn one_of(
    (number, percent): (Option<i32>, Option<i32>),
    what: &str,
    was: Option<Unavailable>,
) -> Result<Option<Unavailable>, Fault> {
    let (given, within) = match (number, percent) {
        (Some(_), Some(_)) => {
            return Err(fault::invalid(format!(
                "Only one of {what}Count and {what}Percentage can be specified"
            )));
        }
        (Some(number), None) => (Unavailable::Number(number), 1..=i32::MAX),
        (None, Some(percent)) => (Unavailable::Percent(percent), 1..=100),
        (None, None) => return Ok(was),
    };
    let (Unavailable::Number(it) | Unavailable::Percent(it)) = given;
    match within.contains(&it) {
        true => Ok(Some(given)),
        false => Err(fault::invalid(format!("{what} is out of range"))),
    }
}

/// How nodes are repaired. What is not said stays as it was.
pub fn repair(given: Option<NodeRepairConfig>, was: Rules) -> Result<Rules, Fault> {
    let Some(given) = given else {
        return Ok(was);
    };
    let bearable = (
        given.max_unhealthy_node_threshold_count,
        given.max_unhealthy_node_threshold_percentage,
    );
    let parallel = (
        given.max_parallel_nodes_repaired_count,
        given.max_parallel_nodes_repaired_percentage,
    );
    Ok(Rules {
        enabled: given.enabled.unwrap_or(was.enabled),
        bearable: one_of(bearable, "maxUnhealthyNodeThreshold", was.bearable)?,
        parallel: one_of(parallel, "maxParallelNodesRepaired", was.parallel)?,
        overrides: match given.node_repair_config_overrides {
            Some(given) => overrides(given)?,
            None => was.overrides,
        },
    })
}

fn overrides(given: Vec<NodeRepairConfigOverrides>) -> Result<Vec<Override>, Fault> {
    if given.len() > MOST_OVERRIDES {
        return Err(fault::invalid(format!(
            "At most {MOST_OVERRIDES} nodeRepairConfigOverrides can be specified"
        )));
    }
    let mut all: Vec<Override> = Vec::with_capacity(given.len());
    for it in given {
        let wait = it.min_repair_wait_time_mins;
        let wait = wait.and_then(|it| u32::try_from(it).ok());
        let action = it.repair_action.as_deref().and_then(Action::named);
        let (Some(condition), Some(reason), Some(wait_mins), Some(action)) = (
            it.node_monitoring_condition,
            it.node_unhealthy_reason,
            wait.filter(|it| *it > 0),
            action,
        ) else {
            return Err(fault::invalid(
                "A node repair override must specify nodeMonitoringCondition, nodeUnhealthyReason, minRepairWaitTimeMins and repairAction",
            ));
        };
        if !repair::is_known(&condition) {
            return Err(fault::invalid(format!(
                "Node monitoring condition {condition} is not supported"
            )));
        }
        if reason.is_empty() || reason.len() > MOST_REASON {
            return Err(fault::invalid(format!(
                "nodeUnhealthyReason can have 1 to {MOST_REASON} letters"
            )));
        }
        if all
            .iter()
            .any(|it| it.condition == condition && it.reason == reason)
        {
            return Err(fault::invalid(format!(
                "Node monitoring condition {condition} with reason {reason} is specified more than once"
            )));
        }
        all.push(Override {
            condition,
            reason,
            wait_mins,
            action,
        });
    }
    Ok(all)
}

fn key(key: &str, what: &str) -> Result<(), Fault> {
    if let Some(why) = names::qualified_name(key).into_iter().next() {
        return Err(fault::invalid(format!(
            "{what} key {key} is invalid: {why}"
        )));
    }
    let prefix = key.split_once('/').map_or("", |it| it.0);
    let within = |of: &str| prefix == of || prefix.ends_with(&format!(".{of}"));
    match RESERVED.into_iter().any(within) && !OF_NODES.into_iter().any(within) {
        true => Err(fault::reserved_prefix(what)),
        false => Ok(()),
    }
}

fn value(value: &str, what: &str) -> Result<(), Fault> {
    match names::label_value(value).into_iter().next() {
        Some(why) => Err(fault::invalid(format!(
            "{what} value {value} is invalid: {why}"
        ))),
        None => Ok(()),
    }
}

pub fn labels(all: &BTreeMap<String, String>) -> Result<(), Fault> {
    if all.len() > MOST_LABELS {
        return Err(fault::invalid(format!(
            "At most {MOST_LABELS} labels can be specified"
        )));
    }
    all.iter().try_for_each(|(name, text)| {
        key(name, "Label")?;
        value(text, "Label")
    })
}

pub fn taints(given: Option<Vec<api::Taint>>) -> Result<Vec<Taint>, Fault> {
    let given = given.unwrap_or_default();
    if given.len() > MOST_TAINTS {
        return Err(fault::invalid(format!(
            "At most {MOST_TAINTS} taints can be specified"
        )));
    }
    let mut all: Vec<Taint> = Vec::new();
    for it in given {
        let taint = Taint {
            key: it.key.unwrap_or_default(),
            value: it.value.unwrap_or_default(),
            effect: it.effect.ok_or_else(|| fault::bad_taint_effect("null"))?,
        };
        key(&taint.key, "Taint")?;
        value(&taint.value, "Taint")?;
        let same = |other: &Taint| other.key == taint.key && other.effect == taint.effect;
        if all.iter().any(same) {
            return Err(fault::invalid(format!(
                "Taint {} with effect {} is specified more than once",
                taint.key, taint.effect
            )));
        }
        all.push(taint);
    }
    all.sort();
    Ok(all)
}

pub fn types(given: Option<Vec<String>>) -> Result<Vec<String>, Fault> {
    let given = given.unwrap_or_default();
    let mut seen = given.clone();
    seen.sort();
    seen.dedup();
    match given.len() <= MOST_TYPES && seen.len() == given.len() {
        true => Ok(given),
        false => Err(fault::invalid(format!(
            "At most {MOST_TYPES} instance types can be specified, each once"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_in_order() {
        let was = Size {
            min: 1,
            max: 2,
            desired: 2,
        };
        let of = |min, max, desired| {
            let given = NodegroupScalingConfig {
                min_size: min,
                max_size: max,
                desired_size: desired,
            };
            let first = first_size(Some(given.clone()), was).map_err(|it| it.message);
            (first, size(Some(given), was).map_err(|it| it.message))
        };
        let refused = |first: &str, then: &str| (Err(first.to_owned()), Err(then.to_owned()));
        assert_eq!(size(None, was).unwrap(), was);
        let larger = Size { max: 9, ..was };
        assert_eq!(of(None, Some(9), None), (Ok(larger), Ok(larger)));
        let low = refused(
            "minSize can't be greater than desiredSize",
            "Minimum capacity 3 can't be greater than desired size 2",
        );
        assert_eq!(of(Some(3), None, None), low);
        let high = refused(
            "desiredSize can't be greater than maxSize",
            "desired capacity 5 can't be greater than max size 4",
        );
        assert_eq!(of(None, Some(4), Some(5)), high);
        for (max, desired) in [(0, Some(0)), (451, None)] {
            let text = format!("max size {max} is not between 1 and 450");
            assert_eq!(of(Some(0), Some(max), desired), refused(&text, &text));
        }
    }

    #[test]
    fn labels_are_those_nodes_may_have() {
        for (key, value, good) in [
            ("team", "blue", true),
            ("example.com/team", "", true),
            ("node.kubernetes.io/role", "x", true),
            ("eks.amazonaws.com/nodegroup", "x", false),
            ("node-role.kubernetes.io/worker", "x", false),
            ("a b", "x", false),
            ("team", "a,b=c", false),
            ("team", "a\n  - b", false),
        ] {
            let all = [(key.to_owned(), value.to_owned())].into();
            assert_eq!(labels(&all).is_ok(), good, "{key}={value}");
        }
        let reserved = [("x.k8s.io/team".to_owned(), "x".to_owned())].into();
        assert_eq!(
            labels(&reserved).unwrap_err().message,
            "Label cannot contain reserved prefixes [kubernetes.io/, k8s.io/, eks.amazonaws.com/]"
        );
    }

    #[test]
    fn a_taint_is_there_once() {
        let taint = |effect: &str| api::Taint {
            key: Some("k".to_owned()),
            value: None,
            effect: Some(effect.to_owned()),
        };
        assert_eq!(
            taints(Some(vec![taint("NO_SCHEDULE"), taint("NO_EXECUTE")]))
                .unwrap()
                .len(),
            2
        );
        assert!(taints(Some(vec![taint("NO_EXECUTE"), taint("NO_EXECUTE")])).is_err());
        assert!(taints(Some(vec![taint("NO_EXECUTE"); 51])).is_err());
        let none = api::Taint {
            effect: None,
            ..taint("")
        };
        assert_eq!(
            taints(Some(vec![none])).unwrap_err().message,
            "Invalid taint effect: null, must be one of these [NO_SCHEDULE, NO_EXECUTE, PREFER_NO_SCHEDULE]"
        );
    }

    #[test]
    fn repair_is_asked_for_whole() {
        let given = |count, percent, overrides| {
            Some(NodeRepairConfig {
                max_parallel_nodes_repaired_count: count,
                max_parallel_nodes_repaired_percentage: percent,
                node_repair_config_overrides: overrides,
                ..NodeRepairConfig::default()
            })
        };
        let of = |given| super::repair(given, Rules::default());
        let one = NodeRepairConfigOverrides {
            node_monitoring_condition: Some("KernelReady".to_owned()),
            node_unhealthy_reason: Some("Oops".to_owned()),
            min_repair_wait_time_mins: Some(3),
            repair_action: Some("Reboot".to_owned()),
        };
        let found = of(given(Some(2), None, Some(vec![one.clone()]))).unwrap();
        assert_eq!(found.parallel, Some(Unavailable::Number(2)));
        assert_eq!(found.overrides[0].wait_mins, 3);
        let kept = super::repair(given(None, None, None), found.clone()).unwrap();
        assert_eq!(kept, found);
        for bad in [
            given(Some(1), Some(1), None),
            given(None, Some(101), None),
            given(None, None, Some(vec![one.clone(), one.clone()])),
            given(None, None, Some(vec![one.clone(); 101])),
            given(
                None,
                None,
                Some(vec![NodeRepairConfigOverrides {
                    repair_action: None,
                    ..one.clone()
                }]),
            ),
            given(
                None,
                None,
                Some(vec![NodeRepairConfigOverrides {
                    node_monitoring_condition: Some("DiskPressure".to_owned()),
                    ..one
                }]),
            ),
        ] {
            assert!(of(bad).is_err());
        }
    }

    #[test]
    fn a_name_is_short_and_plain() {
        for (given, good) in [
            ("a", true),
            ("a-b_1", true),
            ("-a", false),
            ("", false),
            ("a/b", false),
        ] {
            assert_eq!(name(given).is_ok(), good, "{given}");
        }
        assert!(name(&"a".repeat(64)).is_err());
        assert_eq!(
            name("a/b").unwrap_err().message,
            "The nodegroup name parameter contains invalid characters. It should conform to the regular expression ^[0-9A-Za-z][A-Za-z0-9-_]*"
        );
    }
}
