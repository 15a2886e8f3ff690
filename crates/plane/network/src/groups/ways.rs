//! The ways in which the rules of a group are asked, each with chains of its own: a connection has two ends, and who called a port of an
//! instance may have been led elsewhere.

use sha2::{Digest, Sha256};

use super::rule::{Group, Peer, Rule};
use super::traffic::ICMP;
use crate::netlink::nft::{Expression, Side};

/// The kernel takes 255 bytes.
const NAME_MAX: usize = 200;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// The sender's egress, about who answers.
    Out,
    /// The ingress of who answers, about the sender.
    In,
    /// As `In`, for what a port of an instance led here: from the instance, whoever called it.
    Take,
    /// The sender's egress about what it called, wherever that led.
    Call,
    /// The ingress of what was called, about the sender.
    Called,
    /// As `In`, for connections of load balancers that speak as their clients: what `In` allows, and what is allowed to the load balancer's own groups.
    Kept,
}

impl Way {
    pub(super) const ALL: [Self; 6] = [
        Self::Out,
        Self::In,
        Self::Take,
        Self::Call,
        Self::Called,
        Self::Kept,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Out => "out",
            Self::In => "in",
            Self::Take => "take",
            Self::Call => "call",
            Self::Called => "called",
            Self::Kept => "kept",
        }
    }

    /// The chain of a group.
    pub(crate) fn of_group(self, id: &str) -> String {
        format!("{}/{id}", self.name())
    }

    /// The chain of a policy. Ids hold no `+`, so it is no group's; the kernel's names end somewhere.
    pub(crate) fn of_policy(self, groups: &[String]) -> String {
        let way = self.name();
        let name = format!("{way}/+{}", groups.join("+"));
        if name.len() <= NAME_MAX {
            return name;
        }
        let hash = Sha256::digest(name.as_bytes());
        let digits: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{way}/++{digits}")
    }

    pub(super) fn rules(self, group: &Group) -> &[Rule] {
        match self {
            Self::Out | Self::Call => &group.egress,
            Self::In | Self::Take | Self::Called | Self::Kept => &group.ingress,
        }
    }

    /// Whether the rule says anything that the other ways do not.
    pub(super) fn speaks(self, rule: &Rule) -> bool {
        self != Self::Kept || matches!(rule.peer, Peer::Group(_))
    }

    /// What a policy asks of each of its groups, one after the other.
    pub(super) fn asked(self) -> &'static [Self] {
        match self {
            Self::Out => &[Self::Out],
            Self::In => &[Self::In],
            Self::Take => &[Self::Take],
            Self::Call => &[Self::Call],
            Self::Called => &[Self::Called],
            Self::Kept => &[Self::In, Self::Kept],
        }
    }

    /// Where the rule's peer is.
    const fn peer(self) -> Side {
        match self {
            Self::Out => Side::Destination,
            Self::In | Self::Called | Self::Kept => Side::Source,
            Self::Take | Self::Call => Side::Called,
        }
    }

    /// What is asked about the peer of a rule; each of these will do.
    fn about(self, peer: &Peer, set: impl Fn(&str) -> String) -> Vec<Vec<Expression>> {
        let side = self.peer();
        match peer {
            Peer::Range(range) if range.prefix() == 0 => vec![vec![]],
            Peer::Range(range) => {
                let (network, prefix) = (range.network(), range.prefix());
                vec![Expression::connection_address(side, network, prefix)]
            }
            Peer::Group(id) => {
                let own = Expression::connection_address_in(side, &set(id));
                let balancer = Expression::balancer_in(&set(id));
                match self {
                    Self::Kept => vec![balancer],
                    // Who calls a port is asked about once: as the client, or as the load balancer that speaks as its client.
                    Self::Called => vec![own, balancer],
                    Self::Out | Self::In | Self::Take | Self::Call => vec![own],
                }
            }
        }
    }

    /// The rules that let through what a rule of a group allows: `admit` is where nobody else has to be asked, `set` names the set of a group.
    pub(super) fn expressions(
        self,
        rule: &Rule,
        admit: &str,
        set: impl Fn(&str) -> String,
    ) -> Vec<Vec<Expression>> {
        let ports = |first, last| match self {
            Self::Out | Self::In | Self::Take | Self::Kept => {
                Expression::connection_ports(first, last)
            }
            Self::Call | Self::Called => Expression::called_ports(first, last),
        };
        let verdict = || match self {
            Self::In | Self::Take | Self::Kept => Expression::goto(admit),
            // Others have yet to be asked, in the chains that come next.
            Self::Out | Self::Call | Self::Called => Expression::accept(),
        };
        let about = self.about(&rule.peer, set).into_iter();
        let all = about.map(|peer| {
            let traffic = rule.traffic.of_connections(ICMP, ports);
            [traffic, peer, verdict()].concat()
        });
        all.collect()
    }
}
