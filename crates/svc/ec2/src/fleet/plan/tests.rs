use proptest::prelude::*;
use wharf_records::ecs::Tags;

use super::*;
use crate::fleet::allocate::Strategy as By;

const NOW: Timestamp = Timestamp(1_000_000);

pub fn body(kind: Type, on_demand: u32, spot: u32) -> Body {
    Body {
        kind,
        state: State::Active,
        target: Units { on_demand, spot },
        default_spot: true,
        pools: Vec::new(),
        specifications: Vec::new(),
        requirements: Vec::new(),
        spot_strategy: By::LowestPrice,
        pools_to_use: 1,
        on_demand_strategy: By::LowestPrice,
        max_price: None,
        ends_excess: true,
        ends_with_expiration: false,
        valid_from: None,
        valid_until: None,
        launched: Units::default(),
        filling: false,
        failures: Vec::new(),
        client_token: None,
        request: String::new(),
        instance_tags: Tags::new(),
        role: None,
        created_at: Timestamp(0),
        since: Timestamp(0),
    }
}

fn seen(id: u32, spot: bool, state: InstanceState, units: u32) -> Seen {
    Seen {
        id: format!("i-{id}"),
        state,
        spot,
        pool: 0,
        units,
        launched_at: Timestamp(i64::from(id)),
    }
}

#[test]
fn a_fleet_that_is_maintained_replaces_what_ended() {
    let it = body(Type::Maintain, 1, 2);
    let running = InstanceState::Running;
    let all = [
        seen(1, false, running, 1),
        seen(2, true, running, 1),
        seen(3, true, InstanceState::ShuttingDown, 1),
    ];
    let found = plan(&it, &all, NOW);
    assert_eq!(
        found.missing,
        Units {
            on_demand: 0,
            spot: 1
        }
    );
    assert_eq!(found.excess, Vec::<String>::new());
    // A request launches once.
    let mut it = body(Type::Request, 1, 2);
    it.launched = Units {
        on_demand: 1,
        spot: 2,
    };
    assert_eq!(plan(&it, &all, NOW), Plan::default());
}

#[test]
fn an_instant_fleet_is_finished_and_goes_with_its_instances() {
    let mut it = body(Type::Instant, 1, 2);
    it.filling = true;
    it.created_at = NOW;
    assert_eq!(plan(&it, &[], NOW), Plan::default());
    assert!(plan(&it, &[], NOW + UNFINISHED).finish);
    it.filling = false;
    let running = [
        seen(1, false, InstanceState::Running, 1),
        seen(2, true, InstanceState::Terminated, 1),
    ];
    assert_eq!(plan(&it, &running, NOW + UNFINISHED), Plan::default());
    assert_eq!(plan(&it, &running[1..], NOW).state, Some(State::Deleted));
    assert_eq!(plan(&it, &[], NOW).state, Some(State::Deleted));
}

#[test]
fn what_is_too_much_ends_if_it_may() {
    let mut it = body(Type::Maintain, 0, 2);
    let running = InstanceState::Running;
    let all = [
        seen(1, true, running, 1),
        seen(2, true, running, 2),
        seen(3, true, running, 2),
    ];
    // Without the youngest there is more than is wanted, without two of them too little.
    assert_eq!(plan(&it, &all, NOW).excess, ["i-3", "i-1"]);
    it.ends_excess = false;
    assert_eq!(plan(&it, &all, NOW).excess, Vec::<String>::new());
}

#[test]
fn a_deleted_fleet_ends_with_its_instances() {
    let mut it = body(Type::Maintain, 0, 1);
    let running = [seen(1, true, InstanceState::Running, 1)];
    let ending = [seen(1, true, InstanceState::ShuttingDown, 1)];
    let ended = [seen(1, true, InstanceState::Terminated, 1)];
    it.state = State::DeletedTerminating;
    assert_eq!(plan(&it, &running, NOW).excess, ["i-1"]);
    assert_eq!(plan(&it, &ending, NOW), Plan::default());
    assert_eq!(plan(&it, &ended, NOW).state, Some(State::Deleted));
    it.state = State::DeletedRunning;
    assert_eq!(plan(&it, &running, NOW), Plan::default());
    assert_eq!(plan(&it, &ended, NOW).state, Some(State::Deleted));
    it.state = State::Active;
    it.valid_until = Some(NOW);
    assert_eq!(plan(&it, &running, NOW).state, Some(State::DeletedRunning));
    it.ends_with_expiration = true;
    assert_eq!(
        plan(&it, &running, NOW).state,
        Some(State::DeletedTerminating)
    );
}

proptest! {
    /// Never ends so much that something is missing, and then launches it again.
    #[test]
    fn what_ends_is_not_missed(
        target in 0_u32..8,
        units in proptest::collection::vec((1_u32..4, any::<bool>()), 0..8),
    ) {
        let it = body(Type::Maintain, 0, target);
        let state = |alive| if alive { InstanceState::Running } else { InstanceState::Terminated };
        let all: Vec<Seen> = units
            .iter()
            .zip(0..)
            .map(|((units, alive), id)| seen(id, true, state(*alive), *units))
            .collect();
        let found = plan(&it, &all, NOW);
        prop_assert!(found.missing.spot == 0 || found.excess.is_empty());
        let left: Vec<Seen> = all.into_iter().filter(|it| !found.excess.contains(&it.id)).collect();
        prop_assert_eq!(plan(&it, &left, NOW).missing, found.missing);
        prop_assert_eq!(plan(&it, &left, NOW).excess, Vec::<String>::new());
    }
}
