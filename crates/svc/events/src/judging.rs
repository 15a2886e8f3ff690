//! Events held against the rules of their buses: those of an account one after the other, those of several accounts at the same
//! time, so that one with many long patterns does not have the others wait for each of its events.

use std::collections::BTreeMap;

use futures_util::future::try_join_all;

use crate::{
    accept::Arriving,
    compiled::{Judged, Origin},
    core::{ChangeError, Core},
};

/// What of their buses wants events, in the order of these.
///
/// # Errors
/// The store's.
pub async fn judged(core: &Core, events: &[Arriving]) -> Result<Vec<Judged>, ChangeError> {
    let mut by_account: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (place, arriving) in events.iter().enumerate() {
        let account = arriving.bus.place.account.as_str();
        by_account.entry(account).or_default().push(place);
    }
    let of_accounts = by_account.into_values().map(|places| async move {
        let mut all = Vec::with_capacity(places.len());
        for place in places {
            all.push((place, judge(core, &events[place]).await?));
        }
        Ok::<_, ChangeError>(all)
    });
    let all = try_join_all(of_accounts).await?;
    let in_order: BTreeMap<usize, Judged> = all.into_iter().flatten().collect();
    Ok(in_order.into_values().collect())
}

async fn judge(core: &Core, arriving: &Arriving) -> Result<Judged, ChangeError> {
    let Arriving { bus, event, .. } = arriving;
    // Nobody else's events have such a source.
    let is_announced = event.source.starts_with("aws.") && event.replay.is_none();
    let origin = match is_announced {
        true => Origin::Service,
        false => Origin::Call,
    };
    let matcher = core.compiled.of(origin, &core.table, bus).await?;
    let (account, document) = (&bus.place.account, event.document());
    // What is sent once more is not kept once more.
    let judged = matcher.judged(origin, account, document, event.replay.is_none());
    judged.await.map_err(ChangeError::other)
}
