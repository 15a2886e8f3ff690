//! Which logs a request switches on and off.

use std::collections::BTreeSet;

use wharf_api_eks::Logging;
use wharf_wire::Fault;

use crate::{control_planes::LogType, fault};

/// What `given` makes of the logs that are on.
///
/// # Errors
/// A type is not known, or is named twice.
pub fn changed(
    mut on: BTreeSet<LogType>,
    given: Option<Logging>,
) -> Result<BTreeSet<LogType>, Fault> {
    let setups = given.and_then(|it| it.cluster_logging).unwrap_or_default();
    let mut named = BTreeSet::new();
    for setup in setups {
        let enabled = setup.enabled == Some(true);
        for name in setup.types.unwrap_or_default() {
            let kind = LogType::ALL.into_iter().find(|it| it.name() == name);
            let kind = kind.ok_or_else(|| fault::invalid(format!("Invalid log type: {name}")))?;
            if !named.insert(kind) {
                let text = format!("Log type {name} is specified more than once");
                return Err(fault::invalid(text));
            }
            match enabled {
                true => on.insert(kind),
                false => on.remove(&kind),
            };
        }
    }
    Ok(on)
}

#[cfg(test)]
mod tests {
    use wharf_api_eks::LogSetup;

    use super::*;

    fn logging(setups: &[(&[&str], bool)]) -> Option<Logging> {
        let setups = setups.iter().map(|(types, enabled)| LogSetup {
            types: Some(types.iter().map(|it| (*it).to_owned()).collect()),
            enabled: Some(*enabled),
        });
        Some(Logging {
            cluster_logging: Some(setups.collect()),
        })
    }

    #[test]
    fn what_is_not_named_stays() {
        let on = BTreeSet::from([LogType::Api, LogType::Audit]);
        let asked = logging(&[(&["authenticator"], true), (&["api", "scheduler"], false)]);
        let expected = BTreeSet::from([LogType::Audit, LogType::Authenticator]);
        assert_eq!(changed(on.clone(), asked).unwrap(), expected);
        let all: BTreeSet<LogType> = LogType::ALL.into();
        let names = LogType::ALL.map(LogType::name);
        assert_eq!(
            changed(on.clone(), logging(&[(&names, true)])).unwrap(),
            all
        );
        assert_eq!(changed(on.clone(), None).unwrap(), on);
    }

    #[test]
    fn types_that_are_not_known_and_those_named_twice_are_refused() {
        let refused = |setups| {
            let refused = changed(BTreeSet::new(), logging(setups)).unwrap_err();
            refused.message
        };
        assert_eq!(refused(&[(&["x"], false)]), "Invalid log type: x");
        let twice = refused(&[(&["api"], true), (&["api"], false)]);
        assert_eq!(twice, "Log type api is specified more than once");
    }
}
