//! Security groups, in the forward path of each VPC's namespace.
//!
//! What decides about a packet is the first packet of its connection: connection tracking keeps
//! its addresses and ports, and every later packet, whichever way it goes, is judged by them. A
//! connection is therefore let through as long as the groups allow its beginning, answers and
//! the ICMP errors about it included; and a rule that is revoked cuts what lives by it with the
//! next packet, without a search for such connections.
//!
//! ```text
//! senders, receivers   chains on the forward hook, one after the other
//!   ct mark <generation>                  judged since the last change: accept
//!   ct original saddr vmap @senders       who began, if wired here: goto its policy
//!   ct reply saddr vmap @receivers        who answers, if wired here
//! callers, called      before any translation, new connections to @instances: may they begin? By @calling call/+<groups> of who calls,
//!                      by @callable called/+<groups> of the instance
//! callers-, called-again  the same in the forward path, of connections that a port led elsewhere: rules may have changed
//! led, @takers         what a port of an instance led elsewhere (`services`): out of the instance, take/+<groups> of who answers
//! out/+<groups>, in/+<groups> a policy: what the interfaces with these groups may; jumps to
//! out/<group>, in/<group>     one rule for each permission of the group
//! group/<group>               set: the addresses of all interfaces that have the group
//! leaving                     connections of tasks to the outside: ct original saddr vmap @leavers
//! exit/<route table>          one rule for each route; what has none ends here
//! nat/<route table>           as whom it leaves (`translations`)
//! acl-out/…, acl-in/…         before all of these: what crosses the edge of a subnet (`edges`)
//! dns                         the name servers that tasks are given: no matter of groups or routes
//! ```
//! take/<group> are the rules of in/<group>, asked of the instance that was called instead of who began. kept/+<groups>, by @kept, is asked
//! about load balancers that speak as their clients (`kept`): it jumps to in/<group>, about the client, and to kept/<group>, which has the
//! rules about groups once more, about the load balancer. Where they call an instance, @calling is asked about the load balancer, and
//! called/<group> about both; where a port leads them elsewhere, the way from there is the instance's, as for everybody.
//! Judging costs a walk through the rules, so a connection that passed carries the generation of
//! the rules as its mark; a change counts the generation on, and each connection is judged again
//! once.
//!
//! Invariants: `plan` is pure and knows what is in the kernel; a namespace holds the objects that
//! its own interfaces need, nothing else; each change is one atomic batch of what changed; a link
//! whose address is in no map neither sends nor receives.

mod acls;
mod bound;
mod edges;
mod exits;
mod filter;
mod plan;
mod public;
mod rule;
mod traffic;
mod translations;
mod ways;

pub(crate) use acls::{Acl, Edge};
pub(crate) use edges::{ENTERING, LEAVING};
pub(crate) use exits::{Exit, Target};
pub(crate) use filter::{Filter, RECEIVERS, SENDERS, next_generation};
pub(crate) use plan::Policy;
pub(crate) use rule::{Group, is_name};
pub(crate) use traffic::{ICMP, ICMPV6, Traffic, verdict};
pub(crate) use ways::Way;
