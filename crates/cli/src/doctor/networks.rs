//! What tasks' networks need of the kernel. Each part is tried, which makes the kernel load its modules;
//! only what it then cannot do is missing.

use std::error::Error;

use nix::unistd::geteuid;
use wharf_network::{NetworkError, trial};

use super::{Finding, Verdict, finding};

pub(super) fn packet_filter() -> Finding {
    judge(
        "packet filter",
        Verdict::Bad,
        trial::rules,
        "nftables",
        "use a kernel that has it: `modprobe -a nf_tables nft_chain_nat nft_ct nft_fib_ipv4 nft_masq \
         nf_conntrack_netlink` says what could not be loaded",
    )
}

pub(super) fn of_tasks() -> Finding {
    judge(
        "task networks",
        Verdict::Bad,
        trial::links,
        "veth",
        "use a kernel that has it: `modprobe veth` says why it could not be loaded",
    )
}

/// A single machine does without.
pub(super) fn between_hosts() -> Finding {
    judge(
        "networks of several hosts",
        Verdict::Doubtful,
        trial::tunnels,
        "vxlan",
        "tasks reach only those of this machine; `modprobe vxlan` says why it could not be loaded",
    )
}

fn judge(
    what: &'static str,
    otherwise: Verdict,
    trial: fn() -> Result<(), NetworkError>,
    has: &str,
    remedy: &str,
) -> Finding {
    if !geteuid().is_root() {
        let detail = "only root can try";
        return finding(
            what,
            false,
            Verdict::Doubtful,
            detail,
            "run wharf with sudo",
        );
    }
    let tried = trial();
    let detail = match &tried {
        Ok(()) => has.to_owned(),
        Err(error) => {
            let cause = error.source().map(|cause| format!(": {cause}"));
            format!("no {has}: {error}{}", cause.unwrap_or_default())
        }
    };
    finding(what, tried.is_ok(), otherwise, detail, remedy)
}
