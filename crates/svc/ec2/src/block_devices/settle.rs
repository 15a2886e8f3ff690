//! Whether the disks of a launch could be told when it was authorised. Of such that could not, nobody was asked what they may be:
//! the operation refuses the launch, also where they could be told by then.

use wharf_wire::{Context, Fault};

/// For the operation. `launch`: the digest of the request, as it was given.
pub fn settle(cx: &Context, launch: &str, told: Result<(), Fault>) {
    cx.settled
        .put(name(cx, launch), told.map(|()| String::new()));
}

/// What kept the authorisation of the request from telling the disks of its launch.
///
/// # Errors
/// That.
pub fn check_settled(cx: &Context, launch: &str) -> Result<(), Fault> {
    match cx.settled.get(&name(cx, launch)) {
        Some(told) => told.map(drop),
        None => Ok(()),
    }
}

/// Of the caller, the account and the region: a request that is passed on may be another's, or about others.
fn name(cx: &Context, launch: &str) -> String {
    let (caller, account, region) = (&cx.caller.arn, &cx.account, &cx.region);
    format!("ec2/launch-volumes/{caller}/{account}/{region}/{launch}")
}

#[cfg(test)]
mod tests {
    use wharf_base::Timestamp;

    use super::*;
    use crate::fault;

    #[test]
    fn what_could_not_be_told_stays_refused_for_the_request() {
        let cx = Context::internal("000000000000", "us-east-1", "test", Timestamp(0));
        assert!(check_settled(&cx, "one").is_ok());
        settle(&cx, "one", Err(fault::snapshot_state("pending")));
        settle(&cx, "other", Ok(()));
        let refused = check_settled(&cx, "one").unwrap_err();
        assert_eq!(refused.code, fault::snapshot_state("pending").code);
        assert!(check_settled(&cx, "other").is_ok());
        settle(&cx, "one", Ok(()));
        assert!(check_settled(&cx, "one").is_ok());
    }
}
