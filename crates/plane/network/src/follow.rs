//! Following the control plane's word: what it touched is compared with what is wired here.
//!
//! The word is kept whole (`view`), and what was done is kept by whoever did it, so each step is
//! "make it so": repeating it does nothing, and one that failed is mended by the next.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use wharf_planeproto::network::{Interface, balancer_attachment};

use crate::error::NetworkError;
use crate::model::{BadValue, Eni, Mode, Scope, Subnet};
use crate::names::is_own_key;
use crate::network::{HostIdentity, NetworkUpdate};
use crate::state::TaskRecord;
use crate::view::Touched;
use crate::worker::Worker;

/// The first address of a subnet behind its own, as in AWS.
const GATEWAY: u32 = 1;

impl Worker {
    pub(crate) fn set_host(&mut self, own: HostIdentity) -> Result<(), NetworkError> {
        if self.own.as_ref() == Some(&own) {
            return Ok(());
        }
        self.own = Some(own);
        self.follow_balancers()
    }

    pub(crate) fn apply(&mut self, update: NetworkUpdate) -> Result<(), NetworkError> {
        let touched = self.view.update(update);
        let mut trouble = self.follow_groups(&touched);
        trouble = trouble.and(self.follow_balancers());
        trouble
    }

    fn follow_groups(&mut self, touched: &Touched) -> Result<(), NetworkError> {
        let mut trouble = Ok(());
        for (scope, net) in &mut self.scopes {
            let (Scope::Vpc(vpc), Some(filter)) = (scope, &mut net.filter) else {
                continue;
            };
            let touched_here = touched.interfaces.get(vpc).into_iter().flatten();
            let addresses: BTreeSet<Ipv4Addr> = touched_here
                .filter_map(|id| self.interfaces.get(&(vpc.clone(), id.clone())))
                .filter_map(|key| Some(self.tasks.get(key)?.endpoint.as_ref()?.address))
                .collect();
            let followed = filter.follow(&self.view, &addresses, touched);
            trouble = trouble.and(followed);
        }
        trouble
    }

    /// The rules for an attachment that is about to be wired.
    pub(crate) fn admit(&mut self, record: &TaskRecord) -> Result<(), NetworkError> {
        let Mode::Awsvpc(eni) = &record.mode else {
            return Ok(());
        };
        let interface = (eni.vpc_id.clone(), eni.eni_id.clone());
        self.interfaces.insert(interface, record.key.clone());
        let scope = self.scopes.get_mut(&Scope::Vpc(eni.vpc_id.clone()));
        match scope.and_then(|scope| scope.filter.as_mut()) {
            Some(filter) => filter.add(&self.view, eni.address, &eni.eni_id),
            None => Ok(()),
        }
    }

    /// Wires the interfaces of load balancers that are to be here, and no others.
    fn follow_balancers(&mut self) -> Result<(), NetworkError> {
        let Some(own) = &self.own else {
            return Ok(());
        };
        let mut trouble = Ok(());
        let mut wanted = BTreeMap::new();
        for interface in self.view.balancers_on(&own.instance_id) {
            match eni(interface) {
                Ok(eni) => drop(wanted.insert(balancer_attachment(&interface.id), eni)),
                Err(error) => {
                    let what = format!("interface {}: {error}", interface.id);
                    trouble = trouble.and(Err(NetworkError::BadMode(what)));
                }
            }
        }
        let present = self.tasks.values().filter(|task| is_own_key(&task.key));
        let unwanted: Vec<String> = present
            .filter(|task| match (&task.mode, wanted.get(&task.key)) {
                (Mode::Awsvpc(there), Some(wanted)) => there != wanted,
                _ => true,
            })
            .map(|task| task.key.clone())
            .collect();
        for key in unwanted {
            trouble = trouble.and(self.discard(&key));
        }
        for (key, eni) in wanted {
            let attached = self.attach(&key, Mode::Awsvpc(eni));
            trouble = trouble.and(attached.map(drop));
        }
        trouble
    }
}

fn eni(interface: &Interface) -> Result<Eni, BadValue> {
    let subnet: Subnet = interface.subnet_cidr.parse()?;
    Ok(Eni {
        vpc_id: interface.vpc.clone(),
        eni_id: interface.id.clone(),
        mac: interface.mac.parse()?,
        address: interface.address,
        subnet,
        gateway: subnet.nth(GATEWAY),
    })
}
