//! Mixed instances policies: instances of several types, On-Demand in the order of preference or by what they cost, and Spot
//! instances by a strategy.

use std::{collections::BTreeMap, ops::RangeInclusive};

use wharf_api_autoscaling::{
    InstancesDistribution, LaunchTemplate, LaunchTemplateOverrides, LaunchTemplateSpecification,
    MixedInstancesPolicy,
};
use wharf_api_ec2::DescribeLaunchTemplateVersionsRequest;
use wharf_service::Place;
use wharf_wire::{Call, Fault};

use super::{
    given::{ONE_NAME, of_template, template_version},
    groups::template,
};
use crate::{
    cloud::spot_prices,
    core::Core,
    fault::invalid,
    launch,
    records::{Mixed, Source, Subnet},
};

/// Overrides of a policy, as AWS has it.
const MOST: usize = 40;
const MOST_POOLS: RangeInclusive<u32> = 1..=20;
const WEIGHTS: RangeInclusive<u32> = 1..=999;
const PRIORITIZED: &str = "prioritized";
const LOWEST_PRICE: &str = "lowest-price";
const STRATEGIES: [&str; 5] = [
    LOWEST_PRICE,
    "capacity-optimized",
    "capacity-optimized-prioritized",
    "price-capacity-optimized",
    "diversified",
];

/// The launch template of a policy, and the rest of it.
///
/// # Errors
/// The text for the caller.
pub fn read(
    given: MixedInstancesPolicy,
    before: Option<&Mixed>,
) -> Result<(Option<LaunchTemplateSpecification>, Mixed), Fault> {
    let template = given.launch_template.unwrap_or_default();
    // What an update does not say stays.
    let overrides = match (template.overrides, before) {
        (None, Some(before)) => before.clone(),
        (overrides, _) => types(overrides.unwrap_or_default())?,
    };
    let distribution = given.instances_distribution.unwrap_or_default();
    let percentage = distribution.on_demand_percentage_above_base_capacity;
    let percentage = percentage.map(|it| {
        let read = u32::try_from(it).ok().filter(|it| *it <= 100);
        read.ok_or_else(|| {
            invalid("OnDemandPercentageAboveBaseCapacity must be between 0 and 100.")
        })
    });
    let percentage = percentage.transpose()?;
    let by_price = match distribution.on_demand_allocation_strategy.as_deref() {
        None => before.is_some_and(|it| it.by_price),
        Some(PRIORITIZED) => false,
        Some(LOWEST_PRICE) => true,
        Some(_) => {
            return Err(invalid(
                "OnDemandAllocationStrategy must be one of: lowest-price, prioritized.",
            ));
        }
    };
    let strategy = distribution.spot_allocation_strategy;
    let strategy = strategy.or_else(|| before?.spot_strategy.clone());
    if strategy
        .as_deref()
        .is_some_and(|it| !STRATEGIES.contains(&it))
    {
        return Err(invalid("The SpotAllocationStrategy is not valid."));
    }
    let pools = distribution.spot_instance_pools;
    let has_pools = strategy.as_deref().is_none_or(|it| it == LOWEST_PRICE);
    if pools.is_some() && !has_pools {
        return Err(invalid(
            "SpotInstancePools can only be given with the SpotAllocationStrategy lowest-price.",
        ));
    }
    let pools = pools.map(|it| {
        let read = u32::try_from(it).ok().filter(|it| MOST_POOLS.contains(it));
        read.ok_or_else(|| invalid("SpotInstancePools must be between 1 and 20."))
    });
    let count =
        |it: Option<i32>, name: &str| it.map(|it| super::given::seconds(it, name)).transpose();
    let base = count(distribution.on_demand_base_capacity, "onDemandBaseCapacity")?;
    let before_pools = before.filter(|_| has_pools).and_then(|it| it.spot_pools);
    let price = distribution.spot_max_price;
    let price = price.map(|it| super::given::price(it, "SpotMaxPrice"));
    let mixed = Mixed {
        types: overrides.types,
        weights: overrides.weights,
        templates: overrides.templates,
        base: base.or(before.map(|it| it.base)).unwrap_or(0),
        percentage: percentage.or(before.and_then(|it| it.percentage)),
        by_price,
        on_demand_types: Vec::new(),
        spot_types: Vec::new(),
        spot_strategy: strategy,
        spot_pools: pools.transpose()?.or(before_pools),
        // An empty one takes it away.
        spot_price: price
            .transpose()?
            .or_else(|| before?.spot_price.clone())
            .filter(|it| !it.is_empty()),
    };
    Ok((template.launch_template_specification, mixed))
}

/// The types of a policy in their order, with their weights and templates, as these are named.
fn types(overrides: Vec<LaunchTemplateOverrides>) -> Result<Mixed, Fault> {
    if overrides.len() > MOST {
        return Err(invalid(format!(
            "A mixed instances policy can have at most {MOST} overrides."
        )));
    }
    let mut types = Vec::with_capacity(overrides.len());
    let mut weights = BTreeMap::new();
    let mut templates = BTreeMap::new();
    for it in overrides {
        let of = it.instance_type.ok_or_else(|| {
            invalid("InstanceType is required in the overrides of a mixed instances policy.")
        })?;
        if types.contains(&of) {
            return Err(invalid(
                "The overrides of a mixed instances policy must have different instance types.",
            ));
        }
        if let Some(given) = &it.weighted_capacity {
            weights.insert(of.clone(), weight(given)?);
        }
        if let Some(given) = it.launch_template_specification {
            templates.insert(of.clone(), named(given)?);
        }
        types.push(of);
    }
    match weights.is_empty() || weights.len() == types.len() {
        true => Ok(Mixed {
            types,
            weights,
            templates,
            ..Mixed::default()
        }),
        false => Err(invalid(
            "If you specify a WeightedCapacity for one instance type, you must specify one for all of them.",
        )),
    }
}

/// A template by its id or its name alone.
fn named(given: LaunchTemplateSpecification) -> Result<Source, Fault> {
    if given.launch_template_id.is_some() == given.launch_template_name.is_some() {
        return Err(invalid(ONE_NAME));
    }
    Ok(Source::Template {
        id: given.launch_template_id.unwrap_or_default(),
        name: given.launch_template_name.unwrap_or_default(),
        version: given.version.unwrap_or_else(|| "$Default".to_owned()),
    })
}

fn weight(given: &str) -> Result<u32, Fault> {
    let read = given.parse::<u32>().ok().filter(|it| WEIGHTS.contains(it));
    read.ok_or_else(|| {
        invalid(format!(
            "Invalid WeightedCapacity: {given}. It must be a number from 1 to 999."
        ))
    })
}

/// Looks the templates of types up, and puts these in their order.
///
/// # Errors
/// There is no such template or type; a template says which instances are Spot.
pub async fn settle(core: &Core, call: &Call, mixed: &mut Mixed) -> Result<(), Fault> {
    for source in mixed.templates.values_mut() {
        let mut of = template(source).unwrap_or_default();
        match of.launch_template_id.as_deref() {
            Some("") => of.launch_template_id = None,
            _ => of.launch_template_name = None,
        }
        *source = of_template(core, call, &of).await?;
        check_market(core, call, source).await?;
    }
    order(core, call, mixed).await
}

/// Puts the types in the order in which instances are launched. Spot instances: that of the policy where it has priorities, else by
/// what they cost. All of them lie on the same hosts, which have most room for the smallest, so capacity asks for the same order.
///
/// # Errors
/// There is no such type.
async fn order(core: &Core, call: &Call, mixed: &mut Mixed) -> Result<(), Fault> {
    mixed.spot_types.clone_from(&mixed.types);
    let has_priorities = mixed.spot_strategy.as_deref() == Some("capacity-optimized-prioritized");
    let spot_by_price = mixed.has_spot() && !has_priorities;
    if mixed.types.is_empty() || !(spot_by_price || mixed.by_price) {
        return Ok(());
    }
    // Of each type Spot costs the same part of what On-Demand does.
    let prices = spot_prices(core, &Place::of(call), &mixed.types).await?;
    let price = |of: &String| prices.get(of).copied().unwrap_or(u64::MAX);
    if spot_by_price {
        mixed.spot_types.sort_by_key(price);
    }
    if mixed.by_price {
        mixed.on_demand_types.clone_from(&mixed.types);
        mixed.on_demand_types.sort_by_key(price);
    }
    Ok(())
}

/// The policy alone says which instances are Spot: a template that says so would make those Spot that are to be On-Demand.
///
/// # Errors
/// The template does; there is none.
pub async fn check_market(core: &Core, call: &Call, source: &Source) -> Result<(), Fault> {
    let Source::Template { id, version, .. } = source else {
        return Ok(());
    };
    let template = DescribeLaunchTemplateVersionsRequest {
        launch_template_id: Some(id.clone()),
        ..DescribeLaunchTemplateVersionsRequest::default()
    };
    let found = template_version(core, call, template, version).await?;
    let data = found.and_then(|it| it.launch_template_data);
    match data.is_some_and(|it| it.instance_market_options.is_some()) {
        true => Err(invalid(
            "Incompatible launch template: You cannot use a launch template that is set to request Spot Instances (InstanceMarketOptions) when you configure an Auto Scaling group with a mixed instances policy. Add a different launch template to the group and try again.",
        )),
        false => Ok(()),
    }
}

/// The caller could launch Spot instances like these by themselves.
///
/// # Errors
/// They could not.
pub async fn may_have_spot(
    core: &Core,
    call: &Call,
    source: &Source,
    (subnets, mixed): (&[Subnet], Option<&Mixed>),
) -> Result<(), Fault> {
    let Some(mixed) = mixed.filter(|it| it.has_spot()) else {
        return Ok(());
    };
    let subnet = subnets.first().map(|it| it.id.as_str());
    let first = mixed.spot_types.first();
    let source = first.map_or(source, |of| mixed.source(source, of));
    let mut request = launch::of_source(core, &Place::of(call), source, subnet).await?;
    request.instance_market_options = Some(launch::spot(mixed.spot_price.clone()));
    if let Some(first) = first {
        request.instance_type = Some(first.clone());
    }
    launch::could(core, call, request).await
}

pub fn shown(mixed: &Mixed, launch: &Source) -> MixedInstancesPolicy {
    let count = |it: u32| i32::try_from(it).ok();
    let overrides = mixed.types.iter().map(|it| LaunchTemplateOverrides {
        instance_type: Some(it.clone()),
        weighted_capacity: mixed.weights.get(it).map(u32::to_string),
        launch_template_specification: mixed.templates.get(it).and_then(template),
        ..LaunchTemplateOverrides::default()
    });
    MixedInstancesPolicy {
        launch_template: Some(LaunchTemplate {
            launch_template_specification: template(launch),
            overrides: Some(overrides.collect()),
        }),
        instances_distribution: Some(InstancesDistribution {
            on_demand_allocation_strategy: Some(
                match mixed.by_price {
                    true => LOWEST_PRICE,
                    false => PRIORITIZED,
                }
                .to_owned(),
            ),
            on_demand_base_capacity: count(mixed.base),
            on_demand_percentage_above_base_capacity: count(mixed.percentage.unwrap_or(100)),
            spot_allocation_strategy: Some(
                mixed
                    .spot_strategy
                    .clone()
                    .unwrap_or_else(|| LOWEST_PRICE.to_owned()),
            ),
            spot_instance_pools: mixed.spot_pools.and_then(count),
            spot_max_price: mixed.spot_price.clone(),
            ..InstancesDistribution::default()
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(distribution: InstancesDistribution) -> MixedInstancesPolicy {
        MixedInstancesPolicy {
            instances_distribution: Some(distribution),
            ..MixedInstancesPolicy::default()
        }
    }

    fn before() -> Mixed {
        Mixed {
            types: vec!["t3.small".to_owned()],
            weights: BTreeMap::from([("t3.small".to_owned(), 2)]),
            templates: BTreeMap::new(),
            base: 2,
            percentage: Some(50),
            by_price: true,
            on_demand_types: Vec::new(),
            spot_types: Vec::new(),
            spot_strategy: Some("lowest-price".to_owned()),
            spot_pools: Some(3),
            spot_price: Some("0.05".to_owned()),
        }
    }

    #[test]
    fn what_an_update_does_not_say_stays() {
        let before = before();
        let read = |given| read(given, Some(&before)).unwrap().1;
        assert_eq!(read(MixedInstancesPolicy::default()), before);
        let changed = read(of(InstancesDistribution {
            on_demand_percentage_above_base_capacity: Some(0),
            spot_max_price: Some(String::new()),
            ..InstancesDistribution::default()
        }));
        let expected = Mixed {
            percentage: Some(0),
            spot_price: None,
            ..before.clone()
        };
        assert_eq!(changed, expected);
        // Another strategy has no pools to choose from.
        let changed = read(of(InstancesDistribution {
            spot_allocation_strategy: Some("capacity-optimized".to_owned()),
            ..InstancesDistribution::default()
        }));
        assert_eq!(changed.spot_pools, None);
    }

    #[test]
    fn a_price_is_one() {
        let read = |price: &str| {
            let given = of(InstancesDistribution {
                spot_max_price: Some(price.to_owned()),
                ..InstancesDistribution::default()
            });
            read(given, Some(&before())).map(|it| it.1.spot_price)
        };
        for price in ["0.1", ".000001", "3", "1000000"] {
            assert_eq!(read(price).unwrap().as_deref(), Some(price));
        }
        let wrong = [
            "abc",
            "-1",
            "0",
            "0.0000001",
            ".",
            "1e3",
            "1.2.3",
            " 1",
            "1000001",
            "99999999999999999999",
            "0.\u{e9}\u{e9}\u{e9}\u{e9}",
        ];
        for price in wrong {
            let refused = read(price).unwrap_err();
            assert_eq!(refused.code, "ValidationError", "{price}");
        }
    }

    #[test]
    fn all_types_have_a_weight_or_none() {
        let read = |given: &[(&str, Option<&str>)]| {
            let overrides = given.iter().map(|(of, weight)| LaunchTemplateOverrides {
                instance_type: Some((*of).to_owned()),
                weighted_capacity: weight.map(str::to_owned),
                ..LaunchTemplateOverrides::default()
            });
            let policy = MixedInstancesPolicy {
                launch_template: Some(LaunchTemplate {
                    overrides: Some(overrides.collect()),
                    ..LaunchTemplate::default()
                }),
                ..MixedInstancesPolicy::default()
            };
            // What was said before is not asked about types that are said anew.
            let read = read(policy, Some(&before()));
            read.map(|it| it.1.weights.into_values().collect::<Vec<_>>())
        };
        let (small, large) = ("t3.small", "t3.large");
        assert!(read(&[(large, None), (small, None)]).unwrap().is_empty());
        let weights = read(&[(small, Some("1")), (large, Some("999"))]);
        assert_eq!(weights.unwrap(), [999, 1]);
        for wrong in [
            &[(small, Some("1")), (large, None)][..],
            &[(small, Some("0"))],
            &[(small, Some("1000"))],
            &[(small, Some("1.5"))],
            &[(small, Some("-1"))],
            &[(small, Some(""))],
            &[(small, Some("1")), (small, Some("2"))],
        ] {
            let refused = read(wrong).unwrap_err();
            assert_eq!(refused.code, "ValidationError", "{wrong:?}");
        }
    }

    #[test]
    fn pools_are_those_of_the_lowest_price() {
        let read = |strategy: Option<&str>, pools| {
            let given = of(InstancesDistribution {
                spot_allocation_strategy: strategy.map(str::to_owned),
                spot_instance_pools: Some(pools),
                ..InstancesDistribution::default()
            });
            read(given, None).map(|it| it.1.spot_pools)
        };
        assert_eq!(read(None, 2).unwrap(), Some(2));
        assert_eq!(read(Some("lowest-price"), 20).unwrap(), Some(20));
        for (strategy, pools) in [(None, 0), (None, 21), (None, -1), (Some("diversified"), 2)] {
            let refused = read(strategy, pools);
            assert_eq!(refused.unwrap_err().code, "ValidationError", "{pools}");
        }
    }
}
