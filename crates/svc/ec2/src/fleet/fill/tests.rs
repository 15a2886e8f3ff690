use wharf_records::{Unknown, ecs::Tags};

use super::{
    super::{
        plan::tests::body,
        records::{Fleet, State, Template, Type, Units},
    },
    *,
};

fn fleet(kind: Type, target: Units) -> Fleet {
    let mut body = body(kind, target.on_demand, target.spot);
    let template = Template {
        id: None,
        name: Some("of-fleets".to_owned()),
        version: Some("1".to_owned()),
        meant: None,
    };
    let heavy = Pool {
        weight: Some(3),
        ..Pool::of(template)
    };
    body.pools = vec![heavy];
    Fleet {
        id: "fleet-1".to_owned(),
        body,
        tags: Tags::new(),
        unknown: Unknown::new(),
    }
}

#[test]
fn what_was_made_is_counted() {
    let target = Units {
        on_demand: 9,
        spot: 30,
    };
    let it = fleet(Type::Request, target);
    // Four of ten that were asked for.
    let it = counted(&it, (0, true), 4);
    let it = counted(&it, (0, false), 1);
    let launched = Units {
        on_demand: 3,
        spot: 12,
    };
    assert_eq!(it.body.launched, launched);
    assert_eq!(counted(&it, (0, true), 0), it);
}

#[test]
fn a_fleet_that_became_another_launches_no_more() {
    let target = Units {
        on_demand: 0,
        spot: 9,
    };
    let left = counted(&fleet(Type::Maintain, target), (0, true), 1);
    let is_after = |change: fn(&mut Body)| {
        let mut read = left.body.clone();
        change(&mut read);
        super::is_after(&read, &left.body)
    };
    assert!(is_after(|_| {}));
    assert!(is_after(|it| it.instance_tags.clear()));
    assert!(!is_after(|it| it.state = State::DeletedRunning));
    assert!(!is_after(|it| it.target.spot = 3));
    assert!(!is_after(|it| it.launched.spot += 3));
}
