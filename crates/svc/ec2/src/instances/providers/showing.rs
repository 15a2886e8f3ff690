//! Joined machines that their operator shows as instances of an account, and lets go of.

use std::net::Ipv4Addr;

use wharf_base::{Cidr4, Timestamp, ids};
use wharf_hosts::zone_letter;
use wharf_records::{Scope, Unknown};
use wharf_service::{Place, Stored, transact};
use wharf_wire::{Call, Context, Fault};

use super::{
    super::{
        life::{HostRef, Life, Reason, State, Wanted},
        reconcile::PERMIT,
    },
    Joined, Provider,
};
use crate::{
    Ec2Service, fault,
    ops::change_instances::check_id,
    records::{DhcpGiven, Image, Instance, Metadata, OfRoot, Primary},
    table::SERVICE,
};

/// What such an instance is of, where others have a type.
const KIND: &str = "wharf.machine";
/// In whose name it is shown.
const PRINCIPAL: &str = "wharf.internal";
const ARCHITECTURE: &str = "ecs.cpu-architecture";

/// A joined machine that is to be shown.
#[derive(Debug, Clone)]
pub struct ShownMachineWish {
    /// Of the machine's record.
    pub host: String,
    /// The name of its node.
    pub node: String,
    /// The name that it has at first, in its tag.
    pub name: String,
}

/// A joined machine that is shown as an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownMachine {
    pub place: Place,
    /// Of the machine's record.
    pub host: String,
    /// `i-…`
    pub id: String,
    /// Whether it is new.
    pub made: bool,
}

impl Ec2Service {
    /// Shows a machine as an instance, under the id that it registered by. One that is shown there already is the answer.
    ///
    /// # Errors
    /// It is not registered, is shown in another account or region, or its id is another instance's; the store's.
    pub async fn show_machine(
        &self,
        place: &Place,
        wish: &ShownMachineWish,
    ) -> Result<ShownMachine, Fault> {
        let call = &self.for_shown(place);
        let hosts = &self.instances.parts.hosts;
        hosts.up_to_date().await;
        let registered = hosts.read(|it| {
            let zone = it.hosts().get(&wish.host)?.availability_zone.clone();
            Some((it.registration(&wish.host)?.clone(), zone))
        });
        let (registered, zone) =
            registered.ok_or_else(|| fault::bad_combination("The machine is not known."))?;
        let id = registered.ec2_instance.clone();
        check_id(&id)?;
        let all = self.shown_machines().await?;
        if let Some(it) = all.into_iter().find(|it| it.host == wish.host) {
            return match it.place == *place {
                true => Ok(it),
                false => Err(fault::bad_combination(&format!(
                    "The machine is shown as an instance of account {} in {}.",
                    it.place.account, it.place.region
                ))),
            };
        }
        let letter = zone_letter(&registered.region, &zone);
        let zone = format!("{}{letter}", place.region);
        let architecture = registered.attributes.get(ARCHITECTURE).cloned().flatten();
        let key = Self::key::<Instance>(call, &id);
        let instance = Instance {
            life: life(registered.registered_at, call, &wish.host, &id),
            ..blank(call, &id, (zone, architecture), wish)
        };
        transact!(self.table, &call.permit, |tx| {
            // One that was let go of is still shown for a while.
            let before = tx.find::<Instance>(&key).await?;
            if before.is_some_and(|it| !is_let_go(&it)) {
                let text = format!("There is another instance {id}.");
                return Err(fault::bad_combination(&text));
            }
            tx.put(&key, &instance);
        });
        Ok(ShownMachine {
            place: place.clone(),
            host: wish.host.clone(),
            id,
            made: true,
        })
    }

    /// Lets go of what machines are shown as; which those were. The machines stay nodes.
    ///
    /// # Errors
    /// The store's.
    pub async fn hide_machines(&self, hosts: &[&str]) -> Result<Vec<ShownMachine>, Fault> {
        let mut hidden = Vec::new();
        for it in self.shown_machines().await? {
            if !hosts.contains(&it.host.as_str()) {
                continue;
            }
            let call = &self.for_shown(&it.place);
            let end = |it: &mut Instance| {
                it.life.terminate(call.now);
                Ok(())
            };
            self.change(call, &it.id, end).await?;
            hidden.push(it);
        }
        Ok(hidden)
    }

    /// All machines that are shown, in all accounts.
    ///
    /// # Errors
    /// The store's.
    pub async fn shown_machines(&self) -> Result<Vec<ShownMachine>, Fault> {
        let all = self.table.everywhere::<Instance>(SERVICE).await?;
        let of = |(scope, _, stored): (Scope, String, Stored<Instance>)| {
            let it = stored.record;
            let Provider::Static(joined) = it.provider else {
                return None;
            };
            let ends = [State::ShuttingDown, State::Terminated].contains(&it.life.state);
            (!ends).then(|| ShownMachine {
                place: Place::new(&scope.account, &scope.region),
                host: joined.host,
                id: it.id,
                made: false,
            })
        };
        Ok(all.into_iter().filter_map(of).collect())
    }

    fn for_shown(&self, place: &Place) -> Call {
        let Place { account, region } = place;
        let context = Context::internal(account, region, PRINCIPAL, self.instances.now());
        Call::by_controller(context, PERMIT)
    }
}

fn is_let_go(it: &Instance) -> bool {
    !it.provider.is_host() && it.life.state == State::Terminated
}

/// Whether it is connected the reconciler looks at next.
fn life(registered_at: Timestamp, call: &Call, host: &str, id: &str) -> Life {
    let mut life = Life::new(call.now);
    life.state = State::Stopped;
    life.wanted = Wanted::Stopped;
    life.reason = Some(Reason::new(
        "Server.InternalError",
        "The machine is not connected",
    ));
    life.launched_at = registered_at;
    life.host = Some(HostRef {
        id: host.to_owned(),
        machine: id.to_owned(),
    });
    life
}

/// It has nothing of what others are launched with.
fn blank(
    call: &Call,
    id: &str,
    (zone, architecture): (String, Option<String>),
    wish: &ShownMachineWish,
) -> Instance {
    Instance {
        id: id.to_owned(),
        reservation: ids::ec2_id("r"),
        launch_index: 0,
        client_token: None,
        requester: None,
        operator: None,
        image: Image {
            id: String::new(),
            architecture: architecture.unwrap_or_else(|| "x86_64".to_owned()),
            registry: None,
            boot_mode: None,
            owner: None,
            root: None,
        },
        instance_type: KIND.to_owned(),
        subnet_id: String::new(),
        vpc_id: String::new(),
        zone,
        interface: Primary::nowhere(),
        dhcp: DhcpGiven::default(),
        key: None,
        profile: None,
        user_data: None,
        metadata: Metadata {
            enabled: false,
            ..Metadata::default()
        },
        monitoring: false,
        disable_api_termination: false,
        disable_api_stop: false,
        ends_on_shutdown: false,
        ebs_optimized: false,
        disk_gib: 0,
        sealed_root: None,
        root: OfRoot::default(),
        devices: Vec::new(),
        placement: None,
        pod: None,
        machine: None,
        spot: None,
        fleet: None,
        events: Vec::new(),
        provider: Provider::Static(Joined {
            host: wish.host.clone(),
            node: wish.node.clone(),
        }),
        life: Life::new(call.now),
        kubelet: None,
        node_boot: None,
        created_at: call.now,
        tags: [("Name".to_owned(), wish.name.clone())]
            .into_iter()
            .collect(),
        unknown: Unknown::new(),
    }
}

impl Primary {
    /// Of an instance that has none in a VPC. The address becomes that of its machine, once it is known.
    pub fn nowhere() -> Self {
        Self {
            id: String::new(),
            owner: None,
            subnet_cidr: Cidr4::ALL,
            address: Ipv4Addr::UNSPECIFIED,
            mac: String::new(),
            secondary: Vec::new(),
            ipv6: Vec::new(),
            groups: Vec::new(),
            delete_on_termination: true,
        }
    }

    /// Where the instance is, if that is known.
    pub fn known_address(&self) -> Option<Ipv4Addr> {
        (!self.address.is_unspecified()).then_some(self.address)
    }
}
