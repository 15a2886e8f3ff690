//! CloudWatch Logs, with all that it does in the background.

use std::sync::Arc;

use wharf_reconcile::Takeover;

use super::{Served, Wiring};
use crate::dropped_logs::DroppedLogs;

pub(super) fn serve(it: &Wiring<'_>) -> Served {
    let (logs, sweeper) = (it.plane.logs.clone(), it.plane.logs.clone());
    logs.calling(it.operations.clone());
    let clock = it.clock.clone();
    let dropped = DroppedLogs {
        logs: logs.clone(),
        dispatcher: it.plane.dispatcher.clone(),
        clock: clock.clone(),
        account: it.config.account.clone(),
        region: it.config.region.clone(),
    };
    Served::by(wharf_api_logs::Routes(Arc::new(logs.clone())))
        .throttled(wharf_svc_logs::RATES)
        .tagged(wharf_svc_logs::TAGGED)
        .forever(
            "the sweep of logs",
            async move { sweeper.sweep(clock).await },
        )
        .forever("the bounds of logs", logs.clone().keep_within_bounds())
        .running("subscriptions of logs", {
            let (logs, clock) = (logs.clone(), it.clock.clone());
            |stop| async move { logs.deliver(clock, stop).await }
        })
        .running("deliveries of logs", {
            let (logs, clock) = (logs.clone(), it.clock.clone());
            |stop| async move { logs.deliver_records(clock, stop).await }
        })
        .running("field indexes of logs", {
            let logs = logs.clone();
            |stop| async move { logs.index_fields(stop).await }
        })
        .running("exports of logs", {
            let (logs, clock) = (logs.clone(), it.clock.clone());
            |stop| async move { logs.work(clock, Takeover::Replace, stop).await }
        })
        .forever(
            "the metrics of logs",
            logs.keep_sending_defaults(it.clock.clone()),
        )
        .forever("the word of dropped logs", dropped.tell())
}
