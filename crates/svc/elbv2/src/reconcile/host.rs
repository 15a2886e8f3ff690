//! Hosts come and go: connected, away, lost, forgotten.

use std::sync::Arc;

use wharf_base::Timestamp;
use wharf_reconcile::Next;
use wharf_records::encode;
use wharf_service::fence;
use wharf_store::Txn;

use super::{PERMIT, StepError};
use crate::{
    config::Config,
    core::{Core, Presence},
    records::Host,
};

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

/// After a start of this server nobody is connected yet: hosts have a while to come back. `started`: by the clock as it is now.
fn step(
    host: &Host,
    presence: Presence,
    started: Timestamp,
    config: &Config,
    now: Timestamp,
) -> Step {
    if presence == Presence::Connected {
        return Step::Settled;
    }
    let back_by = started + config.reconnect_grace;
    // A time that is still to come was written before the clock was set back.
    let Some(since) = host.disconnected_at.filter(|it| *it <= now) else {
        // A stream that ended since the start ended now; one from before may still come back.
        return match presence {
            Presence::NotYet if now < back_by => Step::Until(back_by),
            _ => Step::Away,
        };
    };
    // While no server ran, nobody could come back.
    let lost = if since < started {
        back_by
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
        core.presence(&id),
        core.started.shown_by(&*core.parts.clock),
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

    fn host(connected_at: i64, disconnected_at: Option<i64>, lost: bool) -> Host {
        Host {
            zone: "us-east-1a".to_owned(),
            connected_at: Timestamp(connected_at),
            disconnected_at: disconnected_at.map(Timestamp),
            lost,
            version: None,
            unknown: Unknown::new(),
        }
    }

    #[test]
    fn a_host_that_went() {
        use Presence::{Connected, Gone, NotYet};

        let config = Config::default();
        let started = Timestamp(1_000_000);
        let ask =
            |host: Host, presence, now| step(&host, presence, started, &config, Timestamp(now));
        assert_eq!(
            ask(host(0, None, false), Connected, 2_000_000),
            Step::Settled
        );
        assert_eq!(
            ask(host(0, None, false), NotYet, 1_000_000),
            Step::Until(Timestamp(1_060_000))
        );
        assert_eq!(ask(host(0, None, false), NotYet, 1_060_000), Step::Away);
        assert_eq!(
            ask(host(1_000_001, None, false), Gone, 1_000_002),
            Step::Away
        );
        let went_before = |lost| host(0, Some(900_000), lost);
        assert_eq!(
            ask(went_before(false), NotYet, 1_000_000),
            Step::Until(Timestamp(1_060_000))
        );
        assert_eq!(ask(went_before(false), NotYet, 1_060_000), Step::Lost);
        // Longer away than hosts are remembered, and the server with them.
        assert_eq!(
            ask(host(0, Some(-9_000_000), false), NotYet, 1_000_000),
            Step::Until(Timestamp(1_060_000))
        );
        let went = |lost| host(0, Some(2_000_000), lost);
        assert_eq!(
            ask(went(false), Gone, 2_000_000),
            Step::Until(Timestamp(2_020_000))
        );
        assert_eq!(ask(went(false), Gone, 2_020_000), Step::Lost);
        assert_eq!(
            ask(went(true), Gone, 2_020_000),
            Step::Until(Timestamp(5_600_000))
        );
        assert_eq!(ask(went(true), Gone, 5_600_000), Step::Forgotten);
        assert_eq!(ask(went(true), Connected, 5_600_000), Step::Settled);
    }

    /// The records are of a right clock, the start is ten seconds ago.
    #[test]
    fn a_clock_that_is_wrong_takes_no_time_from_hosts() {
        let config = Config::default();
        for (records, now) in [(50_000_000, 1_000_000), (1_000_000, 50_000_000)] {
            let (now, started) = (Timestamp(now), Timestamp(now - 10_000));
            let until = Step::Until(Timestamp(now.0 + 50_000));
            for host in [
                host(records, None, false),
                host(records - 1_000, Some(records), false),
            ] {
                let asked = step(&host, Presence::NotYet, started, &config, now);
                assert_eq!(asked, until, "{host:?}");
            }
        }
        // One that went before the clock was set back is lost as any other, not when the clock is there again.
        let (now, started) = (Timestamp(1_000_000), Timestamp(0));
        let went = host(0, Some(50_000_000), false);
        let asked = step(&went, Presence::Gone, started, &config, now);
        assert_eq!(asked, Step::Away);
    }
}
