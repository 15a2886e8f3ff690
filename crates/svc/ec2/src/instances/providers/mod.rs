//! Who has the machines that instances are: the contract of providers.
//!
//! | provider | an instance is | its state comes from |
//! | --- | --- | --- |
//! | `host` | a slice of a joined machine | what that machine reports ([`super::life`]) |
//! | `static` | a machine that was joined by hand | its connection ([`standing`]) |
//!
//! A provider is a value in the instance's record, a row of what it can do ([`Provider::lacks`]), and a pure function that moves the
//! record on from what is seen. Operations ask the row before they write anything; the reconciler hands the record to the
//! provider's executor, which reads what is seen and writes what the function made of it. Everything else (filters, tags,
//! authorisation, status checks, quotas, forgetting) is the same for all.

mod executor;
mod showing;
pub mod standing;

use serde::{Deserialize, Serialize};
use wharf_wire::Fault;

pub(super) use executor::reconcile;
pub use showing::{ShownMachine, ShownMachineWish};

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
    /// Volumes, and snapshots of them and of its disk.
    Volumes,
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
    pub const ALL: [Self; 11] = [
        Self::Stop,
        Self::Start,
        Self::Reboot,
        Self::Interfaces,
        Self::Volumes,
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
    pub fn lacks(&self, _: Ability) -> bool {
        match self {
            Self::Host => false,
            Self::Static(_) => true,
        }
    }

    /// After `the instance is `.
    fn what(&self) -> &'static str {
        match self {
            Self::Host => "a slice of a host",
            Self::Static(_) => "a machine that was joined by hand",
        }
    }
}

impl Instance {
    /// That it can do what is asked of it.
    ///
    /// # Errors
    /// Its provider cannot; in words.
    pub fn needs(&self, ability: Ability) -> Result<(), Fault> {
        match self.provider.lacks(ability) {
            false => Ok(()),
            true => Err(fault::provider_lacks(
                &self.id,
                self.provider.what(),
                ability.lacking(),
            )),
        }
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
    fn hosts_can_do_all() {
        let joined = Provider::Static(Joined {
            host: "h".to_owned(),
            node: "wharf-node".to_owned(),
        });
        for ability in Ability::ALL {
            assert!(!Provider::Host.lacks(ability), "{ability:?}");
            assert!(joined.lacks(ability), "{ability:?}");
        }
    }
}
