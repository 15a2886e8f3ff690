//! What fuzzing reaches of this crate: the control plane's words, taken over step by step, and all that
//! wiring asks of them.

use std::collections::BTreeMap;

use wharf_planeproto::{Change, Key, Resource};

use crate::{
    NetworkUpdate, follow,
    model::Subnet,
    view::{Touched, View},
};

/// Takes changes over one by one; the same said at once then changes nothing.
pub fn changes(changes: Vec<Change>) {
    let (mut view, mut told) = (View::default(), BTreeMap::<Key, Resource>::new());
    for change in changes {
        match &change {
            Change::Put(resource) => drop(told.insert(resource.key(), resource.clone())),
            Change::Delete(key) => drop(told.remove(key)),
        }
        let touched = view.update(NetworkUpdate::Changes(vec![change]));
        ask(&view, &touched);
    }
    let all: Vec<Resource> = told.into_values().collect();
    let touched = view.update(NetworkUpdate::Snapshot(all.clone()));
    assert_eq!(touched, Touched::default(), "nothing of it was new");

    let mut at_once = View::default();
    let touched = at_once.update(NetworkUpdate::Snapshot(all));
    ask(&at_once, &touched);
    let touched = view.update(NetworkUpdate::Snapshot(Vec::new()));
    ask(&view, &touched);
}

fn ask(view: &View, touched: &Touched) {
    for vpc in touched.vpcs.iter().chain(&touched.exits) {
        let _ = view.vpc(vpc);
        let _ = view.exit(vpc, Subnet::ANY);
    }
    for (vpc, addresses) in &touched.addresses {
        for address in addresses {
            let _ = view.holder(vpc, *address);
        }
        assert!(view.addresses(vpc).all(|it| view.holder(vpc, it).is_some()));
    }
    for (vpc, interfaces) in &touched.interfaces {
        for id in interfaces {
            let _ = view.policy(vpc, id);
            if let Some(host) = view.interface(id).and_then(|it| it.host.as_deref()) {
                let _ = (view.underlay(host), view.peers(host));
                for interface in view.balancers_on(host) {
                    let _ = follow::eni(interface);
                }
            }
        }
    }
    for group in touched.groups.iter().chain(touched.members.keys()) {
        let _ = view.group(group);
        assert!(view.members(group).all(|it| view.is_member(group, it)));
    }
}
