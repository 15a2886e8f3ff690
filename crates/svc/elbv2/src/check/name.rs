//! Names of load balancers and target groups (platform §5).

use wharf_wire::Fault;

use crate::fault;

const MAX_NAME: usize = 32;

pub fn balancer(name: &str) -> Result<(), Fault> {
    form(name, "The load balancer name")?;
    if name.starts_with("internal-") {
        return Err(fault::invalid(format!(
            "The load balancer name '{name}' cannot begin with 'internal-'"
        )));
    }
    Ok(())
}

pub fn group(name: &str) -> Result<(), Fault> {
    form(name, "Target group name")
}

fn form(name: &str, what: &str) -> Result<(), Fault> {
    let refused = |why: &str| Err(fault::invalid(format!("{what} '{name}' {why}")));
    if name.is_empty() {
        return refused("cannot be empty");
    }
    if name.chars().count() > MAX_NAME {
        return refused("cannot be longer than '32' characters");
    }
    if !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
        return refused(
            "can only contain characters that are alphanumeric characters or hyphens(-)",
        );
    }
    if name.starts_with('-') || name.ends_with('-') {
        return refused("cannot begin or end with a hyphen(-)");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let long = "a".repeat(33);
        for (name, expected) in [
            ("web", None),
            (&long[..32], None),
            ("", Some("The load balancer name '' cannot be empty".to_owned())),
            (
                &long,
                Some(format!("The load balancer name '{long}' cannot be longer than '32' characters")),
            ),
            (
                "a_b",
                Some("The load balancer name 'a_b' can only contain characters that are alphanumeric characters or hyphens(-)".to_owned()),
            ),
            ("-a", Some("The load balancer name '-a' cannot begin or end with a hyphen(-)".to_owned())),
            (
                "internal-a",
                Some("The load balancer name 'internal-a' cannot begin with 'internal-'".to_owned()),
            ),
        ] {
            let found = balancer(name).err().map(|fault| fault.message);
            assert_eq!(found, expected, "{name}");
        }
        assert_eq!(group("internal-a"), Ok(()));
    }
}
