//! Capacity providers: which launch type and provider each task of a call gets (spec ecs §7). Pure.

use std::collections::{BTreeMap, BTreeSet};

use wharf_api_ecs::CapacityProviderStrategyItem;
use wharf_records::ecs::{CapacityProvider, Cluster, Instance, Launch, StrategyItem, Task};
use wharf_wire::Fault;

use crate::{fault, names};

/// Providers that are always there and cannot be changed.
pub const FARGATE: &[&str] = &["FARGATE", FARGATE_SPOT];

/// Its tasks run in room that nobody else needs.
pub const FARGATE_SPOT: &str = "FARGATE_SPOT";

/// The attribute by which instances that ECS launched say which provider they are for. They take no other tasks.
pub const MANAGED_INSTANCE: &str = "AmazonECSManaged";

/// The attribute of machines that were made for Fargate. They take nothing else.
pub const FARGATE_POOL: &str = "wharf.fargate-pool";

/// Whether that is one of [`FARGATE`]; the others are over Auto Scaling groups or of Managed Instances.
pub fn is_fargate(provider: &str) -> bool {
    FARGATE.contains(&provider)
}

/// Whether ECS launched it for a provider, or it was made for Fargate: then it takes no other tasks.
pub fn is_managed(instance: &Instance) -> bool {
    let mut said = [MANAGED_INSTANCE, FARGATE_POOL].into_iter();
    said.any(|it| instance.attributes.contains_key(it))
}

/// Whose instances a task runs on, and may wait for; those of a launch type alone are Fargate's, or nobody's.
pub fn of_task(task: &Task) -> Option<&str> {
    let named = task.capacity_provider.as_deref();
    match task.launch {
        Launch::Fargate => named.or(FARGATE.first().copied()),
        _ => named,
    }
}

/// Whether tasks of a provider wait for more instances of it.
pub fn scales(provider: &CapacityProvider) -> bool {
    provider.scaling.enabled || provider.managed.is_some()
}

/// The launch type of a strategy's tasks. `managed`: the cluster's own providers of Managed Instances.
pub fn launch_of(strategy: &[StrategyItem], managed: &BTreeSet<String>) -> Launch {
    let launch = |item: &StrategyItem| match is_fargate(&item.provider) {
        true => Launch::Fargate,
        false if managed.contains(&item.provider) => Launch::ManagedInstances,
        false => Launch::Ec2,
    };
    strategy.first().map_or(Launch::Ec2, launch)
}

/// Refuses providers of one kind beside those of another.
pub fn one_kind(strategy: &[StrategyItem], managed: &BTreeSet<String>) -> Result<(), Fault> {
    let has = |launch: Launch| {
        let of = |item: &StrategyItem| launch_of(std::slice::from_ref(item), managed);
        strategy.iter().any(|item| of(item) == launch)
    };
    if has(Launch::ManagedInstances) && (has(Launch::Fargate) || has(Launch::Ec2)) {
        return Err(fault::invalid(
            "The specified capacity provider strategy cannot contain both Managed Instances and other \
             capacity providers.",
        ));
    }
    match has(Launch::Fargate) && has(Launch::Ec2) {
        true => Err(fault::invalid(
            "The specified capacity provider strategy cannot contain both ASG and Fargate capacity \
             providers.",
        )),
        false => Ok(()),
    }
}

/// Where the tasks of a call come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    pub launch: Launch,
    /// The provider of each task; empty where a launch type was named.
    pub providers: Vec<Option<String>>,
}

/// Where the `count` tasks of one call come from.
pub fn source(
    cluster: &Cluster,
    launch_type: Option<&str>,
    strategy: Option<&Vec<CapacityProviderStrategyItem>>,
    count: usize,
) -> Result<Source, Fault> {
    let (launch, strategy) = choose(cluster, launch_type, strategy)?;
    let providers = distribute(&strategy, BTreeMap::new(), count);
    Ok(Source {
        launch,
        providers: providers.into_iter().map(Some).collect(),
    })
}

/// Launch type or strategy, never both; neither means the cluster's default strategy, else EC2.
pub fn choose(
    cluster: &Cluster,
    launch_type: Option<&str>,
    strategy: Option<&Vec<CapacityProviderStrategyItem>>,
) -> Result<(Launch, Vec<StrategyItem>), Fault> {
    let given = strategy.filter(|items| !items.is_empty());
    let launch_type = launch_type.filter(|text| !text.is_empty());
    let strategy = match (launch_type, given) {
        (Some(_), Some(_)) => {
            return Err(fault::invalid(
                "Specifying both a launch type and capacity provider strategy is not supported. \
                 Remove one and try again.",
            ));
        }
        (Some(launch), None) => return Ok((parse_launch(launch)?, Vec::new())),
        (None, Some(items)) => read_strategy(items)?,
        (None, None) => cluster.default_strategy.clone(),
    };
    if strategy.is_empty() {
        return Ok((Launch::Ec2, Vec::new()));
    }
    if strategy
        .iter()
        .any(|item| !cluster.capacity_providers.contains(&item.provider))
    {
        return Err(fault::invalid(
            "The specified capacity provider strategy cannot contain a capacity provider that is \
             not associated with the cluster. Associate the capacity provider with the cluster and \
             try again.",
        ));
    }
    one_kind(&strategy, &cluster.managed_providers)?;
    let launch = launch_of(&strategy, &cluster.managed_providers);
    Ok((launch, strategy))
}

fn parse_launch(text: &str) -> Result<Launch, Fault> {
    match text {
        "EC2" => Ok(Launch::Ec2),
        "FARGATE" => Ok(Launch::Fargate),
        "EXTERNAL" => Ok(Launch::External),
        "MANAGED_INSTANCES" => Err(fault::invalid(
            "The launch type MANAGED_INSTANCES requires a capacity provider strategy with a Managed \
             Instances capacity provider. Specify one in place of the launch type and try again.",
        )),
        _ => Err(fault::invalid(
            "launchType should be one of [EC2, FARGATE, EXTERNAL].",
        )),
    }
}

/// Checks a strategy: at most 20 items, one base, weights that mean something.
pub fn read_strategy(items: &[CapacityProviderStrategyItem]) -> Result<Vec<StrategyItem>, Fault> {
    if items.len() > 20 {
        return Err(fault::invalid(
            "A capacity provider strategy can have at most 20 items.",
        ));
    }
    let mut strategy = Vec::new();
    for item in items {
        let (base, weight) = (item.base.unwrap_or(0), item.weight.unwrap_or(0));
        if !(0..=100_000).contains(&base) || !(0..=1000).contains(&weight) {
            return Err(fault::invalid(
                "A capacity provider strategy item has a base of 0 to 100000 and a weight of 0 to \
                 1000.",
            ));
        }
        // By name or by ARN; what can be neither is as unknown as any other name.
        let given = item.capacity_provider.as_deref().unwrap_or_default();
        let provider = names::provider_name(given).unwrap_or(given).to_owned();
        strategy.push(StrategyItem {
            provider,
            base,
            weight,
        });
    }
    if strategy.iter().filter(|item| item.base > 0).count() > 1 {
        return Err(fault::invalid(
            "Only one capacity provider can have a base defined.",
        ));
    }
    // A single provider without a weight is meant all the same.
    if let [only] = &mut strategy[..] {
        only.weight = only.weight.max(1);
    }
    if !strategy.is_empty() && strategy.iter().all(|item| item.weight == 0) {
        return Err(fault::invalid(
            "At least one capacity provider must have a weight greater than 0.",
        ));
    }
    Ok(strategy)
}

/// Providers of `count` further tasks, seen how many tasks each has: fills the bases, then always
/// takes the provider with the least beyond its base per weight. Those of FARGATE_SPOT come last: where there is not room
/// for all, others have it.
pub fn distribute(
    strategy: &[StrategyItem],
    mut have: BTreeMap<String, u64>,
    count: usize,
) -> Vec<String> {
    let mut chosen = Vec::new();
    for _ in 0..count {
        let assigned = |item: &StrategyItem| have.get(&item.provider).copied().unwrap_or(0);
        let base = |item: &StrategyItem| u64::try_from(item.base).unwrap_or(0);
        let short = strategy.iter().find(|item| assigned(item) < base(item));
        let least = || {
            let weighted = strategy.iter().filter(|item| item.weight > 0);
            weighted.min_by(|a, b| {
                let beyond = |item: &StrategyItem| assigned(item) - base(item).min(assigned(item));
                let weight = |item: &StrategyItem| u64::try_from(item.weight).unwrap_or(1);
                // beyond(a)/weight(a) against beyond(b)/weight(b), without dividing.
                (beyond(a) * weight(b)).cmp(&(beyond(b) * weight(a)))
            })
        };
        let Some(item) = short.or_else(least) else {
            break;
        };
        *have.entry(item.provider.clone()).or_default() += 1;
        chosen.push(item.provider.clone());
    }
    chosen.sort_by_key(|provider| provider == FARGATE_SPOT);
    chosen
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn item(provider: &str, base: i32, weight: i32) -> StrategyItem {
        StrategyItem {
            provider: provider.to_owned(),
            base,
            weight,
        }
    }

    #[test]
    fn base_first_then_by_weight() {
        let strategy = [item("FARGATE", 2, 1), item("FARGATE_SPOT", 0, 3)];
        let chosen = distribute(&strategy, BTreeMap::new(), 10);
        assert_eq!(chosen.iter().filter(|one| *one == "FARGATE").count(), 4);
        assert_eq!(chosen[..2], ["FARGATE", "FARGATE"]);
        assert_eq!(distribute(&strategy, BTreeMap::new(), 1), ["FARGATE"]);
        let have = BTreeMap::from([("FARGATE".to_owned(), 3), ("FARGATE_SPOT".to_owned(), 2)]);
        assert_eq!(distribute(&strategy, have, 1), ["FARGATE_SPOT"]);
    }

    #[test]
    fn a_strategy_is_of_one_kind() {
        let of = |names: &[&str]| -> Vec<StrategyItem> {
            names.iter().map(|name| item(name, 0, 1)).collect()
        };
        let managed = BTreeSet::from(["own".to_owned(), "too".to_owned()]);
        let launch = |names: &[&str]| launch_of(&of(names), &managed);
        assert_eq!(launch(&["FARGATE_SPOT"]), Launch::Fargate);
        assert_eq!(launch(&["spare", "more"]), Launch::Ec2);
        assert_eq!(launch(&["own", "too"]), Launch::ManagedInstances);
        assert_eq!(launch(&[]), Launch::Ec2);
        let one_kind = |names: &[&str]| one_kind(&of(names), &managed);
        assert!(one_kind(&["spare", "more"]).is_ok());
        assert!(one_kind(&["FARGATE", "FARGATE_SPOT"]).is_ok());
        assert!(one_kind(&["own", "too"]).is_ok());
        for mixed in [["spare", "FARGATE"], ["own", "FARGATE"], ["spare", "own"]] {
            assert!(one_kind(&mixed).is_err(), "{mixed:?}");
        }
    }

    proptest! {
        #[test]
        fn bases_come_first_and_the_rest_goes_by_weight(
            base in 0..20_i32,
            weights in prop::collection::vec(0..50_i32, 1..6),
            count in 0..200_usize,
        ) {
            let mut strategy: Vec<StrategyItem> = weights
                .iter()
                .enumerate()
                .map(|(number, weight)| item(&format!("p{number}"), 0, *weight))
                .collect();
            strategy[0].base = base;
            let chosen = distribute(&strategy, BTreeMap::new(), count);
            let of = |item: &StrategyItem| {
                i64::try_from(chosen.iter().filter(|one| **one == item.provider).count()).unwrap()
            };
            let any = strategy.iter().any(|item| item.weight > 0);
            let based = count.min(usize::try_from(base).unwrap());
            prop_assert_eq!(chosen.len(), if any { count } else { based });
            prop_assert!(of(&strategy[0]) >= i64::try_from(based).unwrap());
            let beyond = |item: &StrategyItem| (of(item) - i64::from(item.base)).max(0);
            for one in strategy.iter().filter(|item| beyond(item) > 0) {
                for other in strategy.iter().filter(|item| item.weight > 0) {
                    // The last of `one` was no more due to `other`.
                    prop_assert!(
                        (beyond(one) - 1) * i64::from(other.weight)
                            <= beyond(other) * i64::from(one.weight)
                    );
                }
            }
        }
    }

    #[test]
    fn strategies_are_checked() {
        let item = |base, weight| CapacityProviderStrategyItem {
            capacity_provider: Some("FARGATE".to_owned()),
            base: Some(base),
            weight: Some(weight),
        };
        assert!(read_strategy(&[item(1, 1), item(1, 1)]).is_err());
        assert!(read_strategy(&[item(0, 0), item(0, 0)]).is_err());
        assert!(read_strategy(&[item(0, 1001)]).is_err());
        assert_eq!(read_strategy(&[item(0, 0)]).unwrap()[0].weight, 1);
    }
}
