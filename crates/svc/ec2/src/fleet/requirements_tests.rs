//! Which types are meant.

use super::*;

fn at_least(vcpus: f64, mib: f64) -> Requirements {
    let from = |min: f64| Bounds {
        min: Some(min),
        max: None,
    };
    Requirements {
        vcpus: from(vcpus),
        memory_mib: from(mib),
        on_demand_over: Some(ANY_PRICE),
        spot_over: Some(ANY_PRICE),
        ..Requirements::default()
    }
}

fn names(of: &Requirements) -> Vec<&'static str> {
    of.suitable(None).iter().map(|it| it.kind.name).collect()
}

#[track_caller]
fn all_are(of: &Requirements, is: impl Fn(&InstanceType) -> bool) {
    let found = of.suitable(None);
    assert!(!found.is_empty(), "{of:?}");
    let odd: Vec<_> = found.iter().filter(|it| !is(it.kind)).collect();
    assert!(odd.is_empty(), "{odd:?}");
}

#[test]
fn burstable_and_bare_metal_types_are_left_out_unless_they_are_asked_for() {
    let plain = at_least(2.0, 4096.0);
    all_are(&plain, |it| !it.burstable && it.hardware != Hardware::Metal);
    let required = Some(Switch::Required);
    let burstable = Requirements {
        burstable: required,
        ..plain.clone()
    };
    all_are(&burstable, |it| it.burstable && it.memory_mib >= 4096);
    let metal = Requirements {
        bare_metal: required,
        ..plain
    };
    all_are(&metal, |it| it.hardware == Hardware::Metal);
}

#[test]
fn attributes_are_bounds_lists_and_patterns() {
    let plain = at_least(2.0, 0.0);
    let upto = |max: f64| Bounds {
        min: None,
        max: Some(max),
    };
    let list = |it: &str| vec![it.to_owned()];
    all_are(
        &Requirements {
            vcpus: Bounds {
                min: Some(4.0),
                max: Some(8.0),
            },
            gib_per_vcpu: upto(2.0),
            ..plain.clone()
        },
        |it| (4..=8).contains(&it.vcpus) && it.name.starts_with('c'),
    );
    all_are(
        &Requirements {
            makers: list("amd"),
            ..plain.clone()
        },
        |it| it.maker == "AMD",
    );
    all_are(
        &Requirements {
            allowed: list("r6*"),
            ..plain.clone()
        },
        |it| it.name.starts_with("r6"),
    );
    all_are(
        &Requirements {
            excluded: vec!["c*".to_owned(), "*.large".to_owned()],
            ..plain.clone()
        },
        |it| !it.name.starts_with('c') && !it.name.ends_with(".large"),
    );
    all_are(
        &Requirements {
            network_gbps: Bounds {
                min: Some(10.0),
                max: None,
            },
            ..plain.clone()
        },
        |it| it.network.baseline >= 10.0,
    );
    all_are(
        &Requirements {
            generations: list("previous"),
            ..plain.clone()
        },
        |it| !it.current,
    );
    all_are(
        &Requirements {
            generations: list("current"),
            ..plain.clone()
        },
        |it| it.current,
    );
    for none in [
        Requirements {
            hibernates: Some(true),
            ..plain.clone()
        },
        Requirements {
            local_storage: Some(Switch::Required),
            ..plain.clone()
        },
        Requirements {
            accelerator_types: list("gpu"),
            ..plain.clone()
        },
        Requirements {
            accelerators: Bounds {
                min: Some(1.0),
                max: None,
            },
            ..plain.clone()
        },
        at_least(10_000.0, 0.0),
    ] {
        assert_eq!(names(&none), [""; 0], "{none:?}");
    }
    let without = Requirements {
        accelerator_types: list("gpu"),
        accelerators: upto(0.0),
        ..plain
    };
    assert!(!names(&without).is_empty());
}

#[test]
fn what_costs_much_more_than_the_cheapest_is_left_out() {
    let any = at_least(2.0, 4096.0);
    let near = Requirements {
        on_demand_over: None,
        spot_over: None,
        ..any.clone()
    };
    let lowest = on_demand(near.suitable(None)[0].kind).0;
    for it in near.suitable(None) {
        let price = on_demand(it.kind).0;
        assert!(price <= lowest * 2, "{}", it.kind.name);
        let is_dear = price * 100 > lowest * 120;
        assert_eq!(it.not_in, is_dear.then_some(false), "{}", it.kind.name);
    }
    assert!(near.suitable(None).len() < any.suitable(None).len());
    // The Spot price is three tenths of the other.
    let spot_alone = Requirements {
        on_demand_over: None,
        spot_of_on_demand: Some(30),
        ..near
    };
    let found = spot_alone.suitable(None);
    let both: Vec<_> = found.iter().filter(|it| it.not_in.is_none()).collect();
    assert!(both.iter().all(|it| on_demand(it.kind).0 == lowest));
    assert!(found.len() > both.len());
}

#[test]
fn the_cheapest_comes_first_and_bounds_hold_together() {
    let found = at_least(2.0, 0.0).suitable(None);
    let prices: Vec<Price> = found.iter().map(|it| on_demand(it.kind)).collect();
    assert!(prices.is_sorted());
    let of_intel = at_least(2.0, 0.0).suitable(Some("x86_64"));
    assert!(of_intel.iter().all(|it| it.kind.architecture == "x86_64"));
    let bounds = |min, max| Bounds { min, max };
    for (it, expected) in [
        (bounds(None, None), true),
        (bounds(Some(1.0), Some(1.0)), true),
        (bounds(Some(2.0), Some(1.0)), false),
        (bounds(Some(-1.0), None), false),
        (bounds(None, Some(f64::NAN)), false),
    ] {
        assert_eq!(it.holds_together(), expected, "{it:?}");
    }
}
