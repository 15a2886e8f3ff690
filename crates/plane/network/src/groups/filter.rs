//! The groups' rules in the kernel: one table of a VPC's namespace.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use nix::errno::Errno;
use nix::time::{ClockId, clock_gettime};

use super::acls::Edges;
use super::exits::{self, Exit, Exits};
use super::plan::{Plan, Policy, Step};
use super::public::{self, Publics};
use super::ways::Way;
use super::{edges, translations};
use crate::error::NetworkError;
use crate::files;
use crate::model::Subnet;
use crate::names::{Names, SCOPE_UPLINK};
use crate::netlink::Socket;
use crate::netlink::nft::{self, BaseChain, Batch, Direction, Expression, Hook, Side};
use crate::ruleset;
use crate::services::BY_NODE;
use crate::view::{Touched, View};

/// Flow logs count between these chains (`flows`): whoever gives one another priority looks there, too.
pub(crate) const SENDERS: BaseChain = BaseChain {
    name: "senders",
    kind: "filter",
    hook: Hook::Forward,
    priority: 0,
};
pub(crate) const RECEIVERS: BaseChain = BaseChain {
    name: "receivers",
    kind: "filter",
    hook: Hook::Forward,
    priority: 5,
};
/// Whoever calls an instance, before a port of it may lead elsewhere: after connection tracking, before any translation.
const CALLERS: BaseChain = BaseChain {
    name: "callers",
    kind: "filter",
    hook: Hook::Prerouting,
    priority: -150,
};
const CALLED: BaseChain = BaseChain {
    name: "called",
    priority: -147,
    ..CALLERS
};
/// The same of connections that a port led elsewhere, whenever rules changed: whoever may no longer call the instance is cut off.
const CALLERS_AGAIN: BaseChain = BaseChain {
    name: "callers-again",
    priority: -2,
    ..SENDERS
};
const CALLED_AGAIN: BaseChain = BaseChain {
    name: "called-again",
    priority: -1,
    ..SENDERS
};
/// By addresses: whom an interface may call, and who may call it, by the address and port that are called.
const CALLING: &str = "calling";
const CALLABLE: &str = "callable";
/// Addresses of instances, whose ports may lead elsewhere.
const INSTANCES: &str = "instances";
/// Connections that a port of an instance led elsewhere: whether the instance may send there, and who answers takes it from there.
const LED: &str = "led";
const TAKERS: &str = "takers";
/// Who answers load balancers that speak as their clients.
const KEPT: &str = "kept";
/// Marks a connection as judged.
const ADMIT: &str = "admit";
/// What leaves the VPC.
const LEAVING: &str = "leaving";
/// The interfaces that leave by a route table.
const LEAVERS: &str = "leavers";
/// What goes to the name servers.
const DNS: &str = "dns";
const NAME_SERVERS: &str = "name-servers";
const DNS_PORT: u16 = 53;
/// The policy of interfaces that no resource names.
const UNKNOWN_OUT: &str = "out/++unknown";
const UNKNOWN_IN: &str = "in/++unknown";
const UNKNOWN_CALLED: &str = "called/++unknown";

/// The rules of one namespace, in memory and in the kernel.
#[derive(Debug)]
pub(crate) struct Filter {
    socket: Socket,
    names: Names,
    vpc: String,
    /// The host as tasks see it.
    host: Ipv4Addr,
    plan: Plan,
    exits: Exits,
    edges: Edges,
    publics: Publics,
    /// Those that tasks here were given, by this process.
    name_servers: BTreeSet<Ipv4Addr>,
    instances: BTreeSet<Ipv4Addr>,
    table: Table,
    generation: u32,
}

/// What is known of the table in the kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Table {
    /// Left by a former run, and kept as it is until the control plane's word is there:
    /// connections are judged by the last rules known, rather than by none.
    Adopted,
    /// It is what `plan` says.
    Written,
    /// Writing it failed.
    Doubtful,
}

impl Filter {
    /// Writes the table, unless a former run left one that `adopt` lets live on.
    pub(crate) fn open(
        socket: Socket,
        names: Names,
        vpc: &str,
        host: Ipv4Addr,
        adopt: bool,
    ) -> Result<Self, NetworkError> {
        let mut filter = Self {
            socket,
            names,
            vpc: vpc.to_owned(),
            host,
            plan: Plan::default(),
            exits: Exits::default(),
            edges: Edges::default(),
            publics: Publics::default(),
            name_servers: BTreeSet::new(),
            instances: BTreeSet::new(),
            table: Table::Doubtful,
            generation: 0,
        };
        if adopt && nft::table_exists(&mut filter.socket, filter.names.table())? {
            filter.table = Table::Adopted;
        } else {
            filter.rewrite(&View::default())?;
        }
        Ok(filter)
    }

    /// An interface is about to be wired here. In a table that was adopted it has to wait for the
    /// control plane's word.
    pub(crate) fn add(
        &mut self,
        view: &View,
        address: Ipv4Addr,
        id: &str,
        subnet: Subnet,
    ) -> Result<(), NetworkError> {
        self.wire(address, Some((id, subnet)));
        if self.table != Table::Adopted {
            self.know_name_servers(view)?;
            return self.follow(view, &BTreeSet::from([address]), &Touched::default());
        }
        let mut batch = Batch::new(self.names.table());
        self.write_step(&mut batch, &Step::AddPort(address, Policy::Unknown));
        match batch.commit(&mut self.socket, "admit an interface") {
            // It is one of those that the former run wired.
            Err(error) if error.errno() == Some(Errno::EEXIST as i32) => Ok(()),
            Err(_) => self.rewrite(view),
            Ok(()) => Ok(()),
        }
    }

    fn wire(&mut self, address: Ipv4Addr, interface: Option<(&str, Subnet)>) {
        let (id, subnet) = interface.unzip();
        self.plan.wire(address, id);
        self.publics.wire(address, id);
        self.exits.wire(address, subnet);
        self.edges.wire(address, subnet);
    }

    /// Takes note of an interface that a former run wired; its rules are there.
    pub(crate) fn adopt(
        &mut self,
        view: &View,
        address: Ipv4Addr,
        id: &str,
        subnet: Subnet,
    ) -> Result<(), NetworkError> {
        if self.table == Table::Adopted {
            self.wire(address, Some((id, subnet)));
            Ok(())
        } else {
            self.add(view, address, id, subnet)
        }
    }

    /// An interface that was added or adopted is an instance's: its ports may lead elsewhere.
    pub(crate) fn is_instance(&mut self, address: Ipv4Addr) -> Result<(), NetworkError> {
        self.instances.insert(address);
        let mut batch = Batch::new(self.names.table());
        batch.add_addresses(INSTANCES, [address]);
        tolerate(batch.commit(&mut self.socket, "take note of an instance"))
    }

    fn is_no_instance(&mut self, address: Ipv4Addr) -> Result<(), NetworkError> {
        if !self.instances.remove(&address) {
            return Ok(());
        }
        let mut batch = Batch::new(self.names.table());
        batch.remove_addresses(INSTANCES, [address]);
        tolerate(batch.commit(&mut self.socket, "forget an instance"))
    }

    /// An interface is no longer wired here.
    pub(crate) fn remove(&mut self, view: &View, address: Ipv4Addr) -> Result<(), NetworkError> {
        if !self.plan.has(address) {
            return Ok(());
        }
        self.is_no_instance(address)?;
        self.wire(address, None);
        if self.table != Table::Adopted {
            return self.follow(view, &BTreeSet::from([address]), &Touched::default());
        }
        let mut batch = Batch::new(self.names.table());
        self.write_step(&mut batch, &Step::RemovePort(address));
        match batch.commit(&mut self.socket, "forget an interface") {
            Err(error) if error.errno() == Some(Errno::ENOENT as i32) => Ok(()),
            done => done,
        }
    }

    /// Brings the kernel in line with `view`, about what was touched and the interfaces at
    /// `addresses`. The first word after a start writes the table whole.
    pub(crate) fn follow(
        &mut self,
        view: &View,
        addresses: &BTreeSet<Ipv4Addr>,
        touched: &Touched,
    ) -> Result<(), NetworkError> {
        if self.table != Table::Written {
            return self.rewrite(view);
        }
        let vpc = self.vpc.clone();
        let publics = {
            let changed = touched.vpcs.contains(&vpc);
            self.publics.follow(&vpc, view, addresses, changed)
        };
        let judged: BTreeSet<Ipv4Addr> = addresses
            .iter()
            .copied()
            .chain(self.note(&publics))
            .collect();
        let steps = self.plan.follow(&vpc, view, &judged, touched);
        let exit_of = |subnet| view.exit(&vpc, subnet);
        let routes = touched.exits.contains(&vpc);
        let exits = self.exits.follow(exit_of, addresses, routes);
        let edge_of = |subnet| view.edge(&vpc, subnet);
        let acls = touched.edges.contains(&vpc);
        let edges = self.edges.follow(edge_of, addresses, acls);
        if steps.is_empty() && exits.is_empty() && edges.is_empty() && publics.is_empty() {
            return Ok(());
        }
        let mut batch = Batch::new(self.names.table());
        if steps.iter().any(Step::revokes) || !exits.is_empty() {
            self.generation = next_generation(self.generation)?;
            for chain in [CALLERS_AGAIN, CALLED_AGAIN, SENDERS, RECEIVERS] {
                batch.flush_chain(chain.name);
            }
            batch.flush_chain(ADMIT);
            self.write_entry(&mut batch);
        }
        for step in &steps {
            self.write_step(&mut batch, step);
        }
        for step in &exits {
            write_exit(&mut batch, step);
        }
        for step in &edges {
            edges::write(&mut batch, step);
        }
        for step in &publics {
            translations::write(&mut batch, step);
        }
        let Err(error) = batch.commit(&mut self.socket, "change security groups") else {
            return Ok(());
        };
        // Someone may have flushed the rules: what is recorded counts, so write it whole.
        tracing::warn!(vpc = self.vpc, %error, "security groups differ from the kernel's rules; rewriting them");
        self.rewrite(view)
    }

    /// An interface is called by its public address, too. The addresses that are called for another
    /// now, or for nobody.
    fn note(&mut self, steps: &[public::Step]) -> Vec<Ipv4Addr> {
        let mut touched = Vec::with_capacity(steps.len());
        for step in steps {
            match step {
                public::Step::Remove(it) => {
                    self.plan.wire(it.public, None);
                    touched.push(it.public);
                }
                public::Step::Add(it) => {
                    let id = self.publics.interface(it.private);
                    self.plan.wire(it.public, id);
                    touched.push(it.public);
                }
            }
        }
        touched
    }

    /// The whole table in one batch: no packet sees a moment without rules.
    fn rewrite(&mut self, view: &View) -> Result<(), NetworkError> {
        self.table = Table::Doubtful;
        self.generation = next_generation(self.generation)?;
        let vpc = self.vpc.clone();
        let (former, publics) = self.publics.rebuild(&vpc, view);
        for public in former {
            self.plan.wire(public, None);
        }
        self.note(&publics);
        let steps = self.plan.rebuild(&vpc, view);
        let exits = self.exits.rebuild(|subnet| view.exit(&vpc, subnet));
        let edges = self.edges.rebuild(|subnet| view.edge(&vpc, subnet));
        self.name_servers.extend(files::host_name_servers());
        let mut batch = Batch::new(self.names.table());
        ruleset::begin_scope(&mut batch);
        translations::begin(&mut batch);
        edges::begin(&mut batch, &self.names);
        for map in maps().into_iter().chain([LEAVERS]) {
            batch.verdict_map(map);
        }
        batch.address_set(NAME_SERVERS);
        batch.add_addresses(NAME_SERVERS, self.name_servers.iter().copied());
        batch.address_set(INSTANCES);
        batch.add_addresses(INSTANCES, self.instances.iter().copied());
        let again = [CALLERS_AGAIN, CALLED_AGAIN];
        for chain in [SENDERS, RECEIVERS, CALLERS, CALLED]
            .into_iter()
            .chain(again)
        {
            batch.chain(chain);
        }
        let unknown = [UNKNOWN_OUT, UNKNOWN_IN, UNKNOWN_CALLED];
        for chain in [ADMIT, DNS, LEAVING, LED].into_iter().chain(unknown) {
            batch.inner_chain(chain);
        }
        self.write_entry(&mut batch);
        write_callers(&mut batch);
        write_ways_out(&mut batch);
        batch.rule(UNKNOWN_OUT, Expression::accept());
        let host = Expression::connection_address(Side::Source, self.host, 32);
        for (chain, verdict) in [
            (UNKNOWN_IN, Expression::goto(ADMIT)),
            (UNKNOWN_CALLED, Expression::accept()),
        ] {
            batch.rule(chain, [host.clone(), verdict].concat());
            batch.rule(chain, Expression::discard());
        }
        for step in &steps {
            self.write_step(&mut batch, step);
        }
        for step in &exits {
            write_exit(&mut batch, step);
        }
        for step in &edges {
            edges::write(&mut batch, step);
        }
        for step in &publics {
            translations::write(&mut batch, step);
        }
        batch.commit(&mut self.socket, "write a network's nftables table")?;
        self.table = Table::Written;
        Ok(())
    }

    /// The host's name servers may have changed since the last task came. Former ones stay: they
    /// are what earlier tasks ask.
    fn know_name_servers(&mut self, view: &View) -> Result<(), NetworkError> {
        let now: BTreeSet<Ipv4Addr> = files::host_name_servers().into_iter().collect();
        if self.table != Table::Written || now.is_subset(&self.name_servers) {
            return Ok(());
        }
        let mut batch = Batch::new(self.names.table());
        batch.add_addresses(NAME_SERVERS, now.difference(&self.name_servers).copied());
        let added = batch.commit(&mut self.socket, "add name servers");
        self.name_servers.extend(now);
        added.or_else(|_| self.rewrite(view))
    }

    /// The rules at the entrance, which carry the generation.
    fn write_entry(&self, batch: &mut Batch<'_>) {
        let links = self.names.veth_prefix();
        let unlisted = |first: bool, direction| {
            [
                Expression::first_direction(first),
                Expression::link_prefix(direction, nft::Compare::Equal, &links),
                Expression::discard(),
            ]
            .concat()
        };
        // What came from outside goes to an interface, or it goes round and round.
        let through = [
            Expression::link(Direction::In, nft::Compare::Equal, SCOPE_UPLINK),
            Expression::link(Direction::Out, nft::Compare::Equal, SCOPE_UPLINK),
            Expression::discard(),
        ];
        let judged = [Expression::marked(self.generation), Expression::accept()].concat();
        for (chain, end, map) in [
            (CALLERS_AGAIN.name, Side::Source, CALLING),
            (CALLED_AGAIN.name, Side::Called, CALLABLE),
        ] {
            let led = Expression::led_from(INSTANCES);
            batch.rule(chain, judged.clone());
            write_called(batch, chain, &led, end, map);
        }
        for rule in [
            ruleset::link_local_stays(),
            through.concat(),
            judged.clone(),
            [Expression::invalid(), Expression::discard()].concat(),
            [Expression::led_from(INSTANCES), Expression::goto(LED)].concat(),
            // A load balancer that speaks as its client is judged as itself, on its own host.
            Expression::balancer_verdict(SENDERS.name),
            [Expression::kept(), Expression::accept()].concat(),
            Expression::connection_verdict(Side::Source, SENDERS.name),
            unlisted(true, Direction::In),
            unlisted(false, Direction::Out),
        ] {
            batch.rule(SENDERS.name, rule);
        }
        let taken = [
            Expression::led_from(INSTANCES),
            Expression::connection_verdict(Side::Destination, TAKERS),
        ];
        let outside = Expression::link(Direction::Out, nft::Compare::Equal, SCOPE_UPLINK);
        let kept = Expression::connection_verdict(Side::Destination, KEPT);
        for rule in [
            judged,
            // The client's address means nothing there; that of a node does.
            [
                Expression::kept(),
                outside,
                Expression::source_as_it_came(),
                Expression::packet_marked_otherwise(BY_NODE),
                Expression::discard(),
            ]
            .concat(),
            taken.concat(),
            [Expression::kept(), kept].concat(),
            Expression::connection_verdict(Side::Destination, RECEIVERS.name),
            unlisted(true, Direction::Out),
            unlisted(false, Direction::In),
        ] {
            batch.rule(RECEIVERS.name, rule);
        }
        for leaving in to_outside() {
            let rule = [leaving, Expression::goto(LEAVING)].concat();
            batch.rule(RECEIVERS.name, rule);
        }
        batch.rule(RECEIVERS.name, Expression::goto(ADMIT));
        batch.rule(ADMIT, Expression::set_mark(self.generation));
        batch.rule(ADMIT, Expression::accept());
    }

    fn write_step(&self, batch: &mut Batch<'_>, step: &Step) {
        match step {
            Step::AddSet(id) => batch.address_set(&set(id)),
            Step::AddMembers(id, members) => {
                batch.add_addresses(&set(id), members.iter().copied());
            }
            Step::RemoveMembers(id, members) => {
                batch.remove_addresses(&set(id), members.iter().copied());
            }
            Step::RemoveSet(id) => batch.delete_set(&set(id)),
            Step::AddGroup(id, group) | Step::RewriteGroup(id, group) => {
                for way in Way::ALL {
                    let chain = way.of_group(id);
                    if matches!(step, Step::AddGroup(..)) {
                        batch.inner_chain(&chain);
                    } else {
                        batch.flush_chain(&chain);
                    }
                    for rule in way.rules(group).iter().filter(|it| way.speaks(it)) {
                        for rule in way.expressions(rule, ADMIT, set) {
                            batch.rule(&chain, rule);
                        }
                    }
                }
            }
            Step::RemoveGroup(id) => {
                for way in Way::ALL {
                    batch.delete_chain(&way.of_group(id));
                }
            }
            Step::AddPolicy(Policy::Groups(groups)) => {
                for way in Way::ALL {
                    let chain = way.of_policy(groups);
                    batch.inner_chain(&chain);
                    if way == Way::Out {
                        batch.rule(&chain, Expression::jump(DNS));
                    }
                    for group in groups {
                        for asked in way.asked() {
                            batch.rule(&chain, Expression::jump(&asked.of_group(group)));
                        }
                    }
                    batch.rule(&chain, Expression::discard());
                }
            }
            Step::RemovePolicy(Policy::Groups(groups)) => {
                for way in Way::ALL {
                    batch.delete_chain(&way.of_policy(groups));
                }
            }
            // It is part of every table.
            Step::AddPolicy(Policy::Unknown) | Step::RemovePolicy(Policy::Unknown) => {}
            Step::AddPort(address, policy) => {
                for (way, map) in Way::ALL.into_iter().zip(maps()) {
                    let chain = match policy {
                        Policy::Unknown => unknown(way).to_owned(),
                        Policy::Groups(groups) => way.of_policy(groups),
                    };
                    batch.add_verdict(map, *address, &chain);
                }
            }
            Step::RemovePort(address) => {
                for map in maps() {
                    batch.remove_addresses(map, [*address]);
                }
            }
        }
    }
}

/// The maps from addresses to the policies of each way.
fn maps() -> [&'static str; 6] {
    Way::ALL.map(|it| match it {
        Way::Out => SENDERS.name,
        Way::In => RECEIVERS.name,
        Way::Take => TAKERS,
        Way::Call => CALLING,
        Way::Called => CALLABLE,
        Way::Kept => KEPT,
    })
}

fn unknown(way: Way) -> &'static str {
    match way {
        Way::Out | Way::Call => UNKNOWN_OUT,
        Way::In | Way::Take | Way::Kept => UNKNOWN_IN,
        Way::Called => UNKNOWN_CALLED,
    }
}

/// The first packet to an instance is judged by the port that it calls; then its connection, which the port may lead elsewhere.
fn write_callers(batch: &mut Batch<'_>) {
    let calls = [
        Expression::new_connection(),
        Expression::translated(false),
        Expression::destination_in(INSTANCES),
    ]
    .concat();
    for (chain, end, map) in [
        (CALLERS, Side::Source, CALLING),
        (CALLED, Side::Called, CALLABLE),
    ] {
        write_called(batch, chain.name, &calls, end, map);
    }
    batch.rule(
        LED,
        Expression::connection_verdict(Side::Called, SENDERS.name),
    );
    batch.rule(LED, Expression::discard());
}

/// Whether who calls an instance may, or whom it lets in. A load balancer that speaks as its client calls as itself, on its own host.
fn write_called(batch: &mut Batch<'_>, chain: &str, calls: &[Expression], end: Side, map: &str) {
    if matches!(end, Side::Source) {
        batch.rule(chain, [calls, &Expression::balancer_verdict(map)].concat());
        batch.rule(
            chain,
            [calls, &Expression::kept(), &Expression::accept()].concat(),
        );
    }
    let verdict = Expression::connection_verdict(end, map);
    batch.rule(chain, [calls, &verdict].concat());
}

fn tolerate(done: Result<(), NetworkError>) -> Result<(), NetworkError> {
    // A table of a former version has no such set; it is written anew with the first word of the control plane.
    match done {
        Err(error)
            if [Errno::EEXIST, Errno::ENOENT]
                .iter()
                .any(|it| error.errno() == Some(*it as i32)) =>
        {
            Ok(())
        }
        done => done,
    }
}

/// Packets of connections that began in the VPC and go to the outside: on their way there, and back.
fn to_outside() -> [Vec<Expression>; 2] {
    [(true, Direction::Out), (false, Direction::In)].map(|(first, direction)| {
        let uplink = Expression::link(direction, nft::Compare::Equal, SCOPE_UPLINK);
        [Expression::first_direction(first), uplink].concat()
    })
}

/// What the rules about the outside have in common, whatever is told of routes.
fn write_ways_out(batch: &mut Batch<'_>) {
    const PROTOCOLS: [u8; 2] = [6, 17];
    for leaving in to_outside() {
        for protocol in PROTOCOLS {
            let rule = [
                leaving.clone(),
                Expression::connection_protocol(protocol),
                Expression::connection_ports(DNS_PORT, DNS_PORT),
                Expression::connection_address_in(Side::Destination, NAME_SERVERS),
                Expression::goto(ADMIT),
            ];
            batch.rule(DNS, rule.concat());
        }
    }
    for rule in [
        Expression::jump(DNS),
        Expression::connection_verdict(Side::Source, LEAVERS),
        Expression::goto(ADMIT),
    ] {
        batch.rule(LEAVING, rule);
    }
}

fn write_exit(batch: &mut Batch<'_>, step: &exits::Step) {
    let chain = |table: &str| format!("exit/{table}");
    let write = |batch: &mut Batch<'_>, table: &str, exit: &Exit| {
        for (range, way) in exit.routes() {
            let (side, network) = (Side::Destination, range.network());
            let to = Expression::connection_address(side, network, range.prefix());
            let verdict = match way {
                exits::Way::Out | exits::Way::Nat(_) => Expression::goto(ADMIT),
                exits::Way::Nowhere => Expression::discard(),
            };
            batch.rule(&chain(table), [to, verdict].concat());
        }
        batch.rule(&chain(table), Expression::discard());
        translations::write_ways(batch, table, exit);
    };
    match step {
        exits::Step::AddTable(table, exit) => {
            batch.inner_chain(&chain(table));
            batch.inner_chain(&translations::chain(table));
            write(batch, table, exit);
        }
        exits::Step::RewriteTable(table, exit) => {
            batch.flush_chain(&chain(table));
            batch.flush_chain(&translations::chain(table));
            write(batch, table, exit);
        }
        exits::Step::RemoveTable(table) => {
            batch.delete_chain(&chain(table));
            batch.delete_chain(&translations::chain(table));
        }
        exits::Step::AddInterface(address, table) => {
            batch.add_verdict(LEAVERS, *address, &chain(table));
            translations::bind(batch, *address, table);
        }
        exits::Step::RemoveInterface(address) => {
            batch.remove_addresses(LEAVERS, [*address]);
            translations::unbind(batch, *address);
        }
    }
}

/// The set of the addresses that have a group.
fn set(group: &str) -> String {
    format!("group/{group}")
}

/// A number that no connection carries yet. Connections outlive this process, and their marks with
/// them, so it counts on with the time since boot: a thousand a second, more than there are changes.
pub(crate) fn next_generation(last: u32) -> Result<u32, NetworkError> {
    let now = clock_gettime(ClockId::CLOCK_BOOTTIME)
        .map_err(|e| NetworkError::kernel("read the time since boot", e))?;
    let ticks = now
        .tv_sec()
        .wrapping_mul(1000)
        .wrapping_add(now.tv_nsec() / 1_000_000);
    // It goes round in seven weeks, in which each living connection is judged again.
    let ticks = (ticks & i64::from(u32::MAX)) as u32;
    Ok(ticks.max(last.wrapping_add(1)).max(1))
}
