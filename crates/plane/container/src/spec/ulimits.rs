//! Resource limits of processes, fitted to what this node can give.

use nix::sys::resource::{Resource, getrlimit};
use serde::{Deserialize, Serialize};
use wharf_shim_protocol::limits;

use super::SpecError;

/// One limit of a container definition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ulimit {
    /// As ECS names it: `nofile`, `nproc`, `core`, …
    pub name: String,
    /// `u64::MAX` is unlimited.
    pub soft: u64,
    pub hard: u64,
    /// The user asked for it: too much is an error. Otherwise it is a default that gives way.
    pub explicit: bool,
}

/// A limit as the bundle has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rlimit {
    #[serde(rename = "type")]
    pub kind: String,
    pub soft: u64,
    pub hard: u64,
    #[serde(skip)]
    resource: Resource,
}

impl Rlimit {
    /// The kernel's number of the resource, and the hard limit.
    pub fn by_number(&self) -> (u32, u64) {
        (self.resource as u32, self.hard)
    }
}

/// Fits the wanted limits under the node's hard ones. `may_raise`: the node has CAP_SYS_RESOURCE
/// and nothing has to be clamped.
pub fn fit(wanted: &[Ulimit], may_raise: bool) -> Result<Vec<Rlimit>, SpecError> {
    fit_under(wanted, |resource| {
        if may_raise {
            Ok(u64::MAX)
        } else {
            getrlimit(resource).map(|(_, hard)| hard)
        }
    })
}

fn fit_under(
    wanted: &[Ulimit],
    hard_limit: impl Fn(Resource) -> nix::Result<u64>,
) -> Result<Vec<Rlimit>, SpecError> {
    wanted
        .iter()
        .map(|ulimit| {
            let known = limits::of_definition(&ulimit.name);
            let (name, resource) =
                known.ok_or_else(|| SpecError::UnknownUlimit(ulimit.name.clone()))?;
            let ours =
                hard_limit(resource).map_err(|e| SpecError::NodeLimit { name, source: e })?;
            if ulimit.hard > ours {
                if ulimit.explicit {
                    return Err(SpecError::UlimitTooHigh {
                        name,
                        wanted: ulimit.hard,
                        hard: ours,
                    });
                }
                tracing::info!(
                    limit = name,
                    wanted = ulimit.hard,
                    given = ours,
                    "ulimit clamped to the node's hard limit"
                );
            }
            let hard = ulimit.hard.min(ours);
            Ok(Rlimit {
                kind: limits::kind_of(name),
                soft: ulimit.soft.min(hard),
                hard,
                resource,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fit_one(explicit: bool, soft: u64, hard: u64) -> Result<Vec<Rlimit>, SpecError> {
        fit_under(
            &[Ulimit {
                name: "nofile".into(),
                soft,
                hard,
                explicit,
            }],
            |_| Ok(20_000),
        )
    }

    #[test]
    fn defaults_give_way_and_wishes_fail() {
        let rlimit = |soft, hard| {
            vec![Rlimit {
                kind: "RLIMIT_NOFILE".into(),
                soft,
                hard,
                resource: Resource::RLIMIT_NOFILE,
            }]
        };
        assert_eq!(
            fit_one(false, 65_535, 65_535).unwrap(),
            rlimit(20_000, 20_000)
        );
        assert_eq!(fit_one(true, 1024, 4096).unwrap(), rlimit(1024, 4096));
        let error = fit_one(true, 1024, 65_535).unwrap_err().to_string();
        assert_eq!(
            error,
            "ulimit nofile=65535 is above the hard limit of this node, 20000"
        );
        let unknown = Ulimit {
            name: "naps".into(),
            soft: 0,
            hard: 0,
            explicit: true,
        };
        assert!(fit_under(&[unknown], |_| Ok(1)).is_err());
    }
}
