//! Capacity units of load balancers, hour by hour ([`crate::capacity`]).

use std::collections::{BTreeMap, HashSet};

use wharf_records::{Record as _, encode};
use wharf_service::fence;
use wharf_store::Txn;
use wharf_wire::fault::Chain;

use super::{Changed, Failed, Meters, PERMIT, look};
use crate::{
    capacity::{self, Balancer, Next},
    fault::CeFaults,
    period::Month,
    records::{Meter, SERVICE, scope},
};

/// Hours that are metered at a time.
const MOST_HOURS: usize = 2_000;

impl Meters {
    /// Meters the units of load balancers, in hours of which nothing more can be reported.
    pub(super) async fn count_units(&mut self) -> Result<(), Failed> {
        let core = self.core.clone();
        let mut left = MOST_HOURS;
        let all = core.table.everywhere::<Balancer>(SERVICE).await?;
        if !std::mem::replace(&mut self.looked, true) {
            // The ledger may be ahead of a store that came back from a backup.
            let mut wanted: BTreeMap<(String, Month), HashSet<String>> = BTreeMap::new();
            for (of, _, stored) in &all {
                for (hour, id) in stored.record.due(core.now().millis()) {
                    let at = (of.account.clone(), Month::of(hour));
                    wanted.entry(at).or_default().insert(id);
                }
            }
            let ledger = core.ledger.clone();
            let looked = tokio::task::spawn_blocking(move || look(&ledger, wanted)).await;
            self.settled.extend(looked.map_err(Failed::other)?);
        }
        for (of, _, stored) in all {
            let (mut balancer, mut condition) = (stored.record.clone(), stored.unchanged());
            let key = stored.key;
            while left > 0 {
                left -= 1;
                let mut txn = Txn::new()
                    .when(fence::<CeFaults>(&core.shard)?)
                    .when(condition);
                let mut meter = None;
                match balancer.next(core.now().millis()) {
                    Next::Nothing => break,
                    Next::Over => txn = txn.delete(&key),
                    Next::Hour(hour) => {
                        let place = (of.account.as_str(), balancer.used.region.as_str());
                        let read = core.balanced.traffic(place, &balancer.id, hour / 1_000);
                        let traffic = match read.await {
                            Ok(traffic) => traffic,
                            Err(error) => {
                                let error = Chain(&*error).to_string();
                                tracing::warn!(
                                    balancer = balancer.id,
                                    error,
                                    "failed to read what a load balancer did, will retry"
                                );
                                break;
                            }
                        };
                        meter = balancer.meter(hour, traffic);
                        balancer.next = hour + capacity::HOUR;
                        txn = txn.put(&key, encode(&balancer));
                    }
                }
                if let Some(meter) = &meter {
                    let at = scope(&of.account).key(Meter::KIND, &meter.id);
                    txn = txn.put(at, encode(meter));
                }
                if !core.table.commit(&PERMIT, txn).await? {
                    return Err(Changed::fenced().into());
                }
                if let Some(meter) = meter {
                    let at = (of.account.clone(), meter.id.clone());
                    self.ended.insert(at, meter);
                }
                match core.table.read::<Balancer>(&key).await? {
                    Some(now) => condition = now.unchanged(),
                    None => break,
                }
            }
        }
        Ok(())
    }
}
