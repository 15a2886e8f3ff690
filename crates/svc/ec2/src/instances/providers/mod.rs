//! Who has the machines that instances are: the contract of providers.
//!
//! | provider | an instance is | its state comes from |
//! | --- | --- | --- |
//! | `host` | a slice of a joined machine, or a virtual machine there | what that machine reports ([`super::life`]) |
//! | `static` | a machine that was joined by hand | its connection ([`standing`]) |
//! | `webhook` | a machine that an operator's maker makes | its connection, and what the maker says ([`webhook`]) |
//!
//! A provider is a value in the instance's record, a row of what it can do ([`Provider::lacks`]), and a pure function that moves the
//! record on from what is seen. Operations ask the row before they write anything; the reconciler hands the record to the
//! provider's executor, which reads what is seen and writes what the function made of it. Everything else (filters, tags,
//! authorisation, status checks, quotas, forgetting) is the same for all.

mod executor;
mod showing;
pub mod standing;
pub mod webhook;

use serde::{Deserialize, Serialize};
use wharf_wire::Fault;

pub(super) use executor::reconcile;
pub use showing::{ShownMachine, ShownMachineWish};
pub use webhook::{
    MachineNodes, Maker, MakerConfig, MakerOverview, MakerPace, MakerParts, MakerSecret,
    MakerSecretError, OpenAccounts,
    fargate_pool::{Pool, PoolConfig, PoolMachineShown, PoolShown, PoolSize},
    maker_url, protocol as maker_protocol,
};

use crate::{fault, records::Instance};

/// Who has the machine that an instance is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Provider {
    /// A joined machine, of which it is a slice.
    #[default]
    Host,
    /// It is a joined machine.
    Static(Joined),
    /// It is a machine that was made to be it.
    Webhook(Box<webhook::Made>),
}

/// A machine that joined by hand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Joined {
    /// Of the machine's record.
    pub host: String,
    /// The name of its node.
    pub node: String,
}

/// What can be asked of an instance that not every provider can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ability {
    Stop,
    Start,
    Reboot,
    /// Interfaces of a VPC, their addresses and security groups.
    Interfaces,
    /// Volumes, and snapshots of them.
    Volumes,
    /// Volumes that its host mounts for pods.
    PodVolumes,
    /// Snapshots of its disk.
    RootSnapshots,
    /// The metadata service, and with it the credentials of a role.
    Metadata,
    Console,
    /// Figures of CPU and network.
    Monitoring,
    /// What it is launched with can change.
    Configuration,
    PlacementGroups,
    /// Others can be launched like it.
    Template,
}

impl Ability {
    #[cfg(test)]
    pub const ALL: [Self; 13] = [
        Self::Stop,
        Self::Start,
        Self::Reboot,
        Self::Interfaces,
        Self::Volumes,
        Self::PodVolumes,
        Self::RootSnapshots,
        Self::Metadata,
        Self::Console,
        Self::Monitoring,
        Self::Configuration,
        Self::PlacementGroups,
        Self::Template,
    ];

    /// After `it `.
    fn lacking(self) -> &'static str {
        match self {
            Self::Stop => "is not stopped here",
            Self::Start => "is not started here",
            Self::Reboot => "is not rebooted here",
            Self::Interfaces => "has no network interfaces of a VPC",
            Self::Volumes => "has no volumes",
            Self::PodVolumes => "has no volumes for pods",
            Self::RootSnapshots => "has no snapshots of its root",
            Self::Metadata => "has no metadata service, nor the credentials of a role",
            Self::Console => "has no console here",
            Self::Monitoring => "is not measured here",
            Self::Configuration => "is not configured here",
            Self::PlacementGroups => "is in no placement group",
            Self::Template => "was launched from nothing that others could be launched from",
        }
    }
}

impl Provider {
    pub fn is_host(&self) -> bool {
        matches!(self, Self::Host)
    }

    /// Whether it cannot do that.
    pub fn lacks(&self, ability: Ability) -> bool {
        match self {
            Self::Host => false,
            Self::Static(_) => true,
            Self::Webhook(_) => !matches!(
                ability,
                Ability::Stop | Ability::Start | Ability::Reboot | Ability::Console
            ),
        }
    }

    /// Nothing is left of the machine: nobody joins as it.
    pub(super) fn let_go(&mut self) {
        if let Self::Webhook(made) = self {
            made.token = None;
        }
    }

    /// After `the instance is `.
    fn what(&self) -> &'static str {
        match self {
            Self::Host => "a slice of a host",
            Self::Static(_) => "a machine that was joined by hand",
            Self::Webhook(_) => "a machine of the operator's own maker",
        }
    }
}

/// Whether a host cannot do that for an instance that is a virtual machine: its guest alone mounts what it has.
fn virtual_lacks(ability: Ability) -> bool {
    match ability {
        Ability::PodVolumes => true,
        Ability::Volumes
        | Ability::RootSnapshots
        | Ability::Stop
        | Ability::Start
        | Ability::Reboot
        | Ability::Interfaces
        | Ability::Metadata
        | Ability::Console
        | Ability::Monitoring
        | Ability::Configuration
        | Ability::PlacementGroups
        | Ability::Template => false,
    }
}

impl Instance {
    /// That it can do what is asked of it.
    ///
    /// # Errors
    /// Its provider cannot; in words.
    pub fn needs(&self, ability: Ability) -> Result<(), Fault> {
        let what = match self.is_virtual() {
            true if virtual_lacks(ability) => "a virtual machine of a host",
            _ if self.provider.lacks(ability) => self.provider.what(),
            _ => return Ok(()),
        };
        let lacking = ability.lacking();
        Err(fault::provider_lacks(&self.id, what, lacking))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_of_before_are_of_hosts() {
        assert_eq!(Provider::default(), Provider::Host);
        let joined = Provider::Static(Joined {
            host: "h".to_owned(),
            node: "wharf-node".to_owned(),
        });
        let text = serde_json::to_string(&joined).unwrap();
        assert_eq!(text, r#"{"static":{"host":"h","node":"wharf-node"}}"#);
        assert_eq!(serde_json::from_str::<Provider>(&text).unwrap(), joined);
        assert_eq!(
            serde_json::from_str::<Provider>(r#""host""#).unwrap(),
            Provider::Host
        );
    }

    #[test]
    fn virtual_machines_lack_what_would_be_given_to_their_guests() {
        let lacking = Ability::ALL.into_iter().filter(|it| virtual_lacks(*it));
        let lacking: Vec<Ability> = lacking.collect();
        assert_eq!(lacking, [Ability::PodVolumes]);
    }

    #[test]
    fn hosts_can_do_all() {
        let joined = Provider::Static(Joined {
            host: "h".to_owned(),
            node: "wharf-node".to_owned(),
        });
        for ability in Ability::ALL {
            assert!(!Provider::Host.lacks(ability), "{ability:?}");
            assert!(joined.lacks(ability), "{ability:?}");
        }
        let made = Provider::Webhook(Box::default());
        let can = Ability::ALL.into_iter().filter(|it| !made.lacks(*it));
        let can: Vec<Ability> = can.collect();
        let switches = [Ability::Stop, Ability::Start, Ability::Reboot];
        assert_eq!(can, [&switches[..], &[Ability::Console]].concat());
        assert_eq!(serde_json::to_string(&made).unwrap(), r#"{"webhook":{}}"#);
    }
}
