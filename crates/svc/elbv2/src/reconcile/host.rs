//! Hosts come and go: connected, away, lost, forgotten.

use std::sync::Arc;

use wharf_base::Timestamp;
use wharf_reconcile::Next;
use wharf_records::encode;
use wharf_service::fence;
use wharf_store::Txn;

use super::{PERMIT, StepError};
use crate::{config::Config, core::Core, records::Host};

/// What is next for a host.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    Settled,
    /// Nothing changes before then.
    Until(Timestamp),
    /// Its stream is noticed to have ended.
    Away,
    /// It is no longer counted on.
    Lost,
    /// Its interfaces are given up.
    Forgotten,
}

/// After a start of this server nobody is connected yet: hosts have a while to come back.
fn step(host: &Host, connected: bool, started: Timestamp, config: &Config, now: Timestamp) -> Step {
    if connected {
        return Step::Settled;
    }
    let Some(since) = host.disconnected_at else {
        let back_by = started + config.reconnect_grace;
        // A stream that ended since the start ended now; one from before may still come back.
        return if host.connected_at >= started || now >= back_by {
            Step::Away
        } else {
            Step::Until(back_by)
        };
    };
    // While no server ran, nobody could come back.
    let lost = if since < started {
        started + config.reconnect_grace
    } else {
        since + config.host_lost_after
    };
    let forgotten = lost.max(since + config.host_forgotten_after);
    match (host.lost, now) {
        (_, now) if now >= forgotten => Step::Forgotten,
        (false, now) if now >= lost => Step::Lost,
        (false, _) => Step::Until(lost),
        (true, _) => Step::Until(forgotten),
    }
}

/// Follows one host.
pub async fn host(core: Arc<Core>, key: String) -> Result<Next, StepError> {
    let Some(stored) = core.table.read::<Host>(&key).await? else {
        return Ok(Next::Settled);
    };
    let Some((_, _, id)) = wharf_records::Scope::parse(&key) else {
        return Ok(Next::Settled);
    };
    let (now, config) = (core.now(), &core.parts.config);
    let mut record = stored.record.clone();
    match step(
        &record,
        core.is_connected(&id),
        core.started_at,
        config,
        now,
    ) {
        Step::Settled => return Ok(Next::Settled),
        Step::Until(at) => return Ok(Next::After(at.since(now))),
        Step::Away => record.disconnected_at = Some(now),
        Step::Lost => {
            tracing::warn!(
                host = id,
                "a load balancer host timed out; others take over its load balancers"
            );
            record.lost = true;
        }
        Step::Forgotten => {
            let txn = Txn::new()
                .when(fence(&core.shard)?)
                .when(stored.unchanged())
                .delete(&key);
            core.table.commit(&PERMIT, txn).await?;
            return Ok(Next::Settled);
        }
    }
    let txn = Txn::new()
        .when(fence(&core.shard)?)
        .when(stored.unchanged())
        .put(&key, encode(&record));
    // Written, it wakes this key again; not written, somebody else's write does.
    core.table.commit(&PERMIT, txn).await?;
    Ok(Next::Settled)
}

#[cfg(test)]
mod tests {
    use wharf_records::Unknown;

    use super::*;

    #[test]
    fn a_host_that_went() {
        let config = Config::default();
        let host = |connected_at, disconnected_at: Option<i64>, lost| Host {
            zone: "us-east-1a".to_owned(),
            connected_at: Timestamp(connected_at),
            disconnected_at: disconnected_at.map(Timestamp),
            lost,
            version: None,
            unknown: Unknown::new(),
        };
        let started = Timestamp(1_000_000);
        let ask =
            |host: Host, connected, now| step(&host, connected, started, &config, Timestamp(now));
        assert_eq!(ask(host(0, None, false), true, 2_000_000), Step::Settled);
        assert_eq!(
            ask(host(0, None, false), false, 1_000_000),
            Step::Until(Timestamp(1_060_000))
        );
        assert_eq!(ask(host(0, None, false), false, 1_060_000), Step::Away);
        assert_eq!(
            ask(host(1_000_001, None, false), false, 1_000_002),
            Step::Away
        );
        let went_before = |lost| host(0, Some(900_000), lost);
        assert_eq!(
            ask(went_before(false), false, 1_000_000),
            Step::Until(Timestamp(1_060_000))
        );
        assert_eq!(ask(went_before(false), false, 1_060_000), Step::Lost);
        // Longer away than hosts are remembered, and the server with them.
        assert_eq!(
            ask(host(0, Some(-9_000_000), false), false, 1_000_000),
            Step::Until(Timestamp(1_060_000))
        );
        let went = |lost| host(0, Some(2_000_000), lost);
        assert_eq!(
            ask(went(false), false, 2_000_000),
            Step::Until(Timestamp(2_020_000))
        );
        assert_eq!(ask(went(false), false, 2_020_000), Step::Lost);
        assert_eq!(
            ask(went(true), false, 2_020_000),
            Step::Until(Timestamp(5_600_000))
        );
        assert_eq!(ask(went(true), false, 5_600_000), Step::Forgotten);
        assert_eq!(ask(went(true), true, 5_600_000), Step::Settled);
    }
}
