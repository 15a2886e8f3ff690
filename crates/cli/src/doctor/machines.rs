//! What would run the processors of EC2 instances that are virtual machines: tried as a node with `--vm` does when it starts.

use wharf_base::Chain;
use wharf_guest::NoKvm;

use super::{Finding, Verdict, finding};

/// Nobody needs to have any, so nothing is wrong without KVM.
pub(super) fn processors() -> Finding {
    finding(
        "virtual machines",
        true,
        Verdict::Good,
        said(wharf_agent::probe_kvm()),
        "",
    )
}

fn said(tried: Result<(), NoKvm>) -> String {
    match tried {
        Ok(()) => "KVM, for nodes with --vm".to_owned(),
        Err(why) => format!(
            "slow ones alone, for nodes with --vm; KVM is not usable: {}",
            Chain(&why)
        ),
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[test]
    fn why_they_would_be_slow() {
        assert!(said(Ok(())).starts_with("KVM"));
        let said = said(Err(NoKvm::Device {
            path: "/dev/kvm".into(),
            source: io::Error::other("Permission denied"),
        }));
        assert!(said.ends_with("KVM is not usable: /dev/kvm: Permission denied"));
    }
}
