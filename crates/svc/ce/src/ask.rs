//! Reads what an account's tasks used, and has it added up.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use wharf_billing::Prices;
use wharf_service::Faults as _;
use wharf_wire::Fault;

use crate::{
    fault::{self, CeFaults},
    filter::{ActiveTags, Filter, Key},
    ledger::{self, Charge, Entry, Reader as _},
    period::Periods,
    records::{Meter, TagKey, scope},
    report::{Question, Report, Sums},
    service::Core,
};

/// What is asked about an account.
pub(crate) struct Asked {
    pub account: String,
    pub periods: Periods,
    pub filter: Filter,
    pub groups: Vec<Key>,
}

impl Asked {
    fn is_of_resources(&self) -> bool {
        self.filter.is_of_resources() || self.groups.iter().any(Key::is_of_resources)
    }
}

/// Says, when it is dropped, that nobody waits for a report any more.
struct Unwanted(Arc<AtomicBool>);

impl Unwanted {
    fn new() -> (Self, Arc<AtomicBool>) {
        let said = Arc::new(AtomicBool::new(false));
        (Self(said.clone()), said)
    }
}

impl Drop for Unwanted {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// The keys of tags that reports of an account know.
pub(crate) async fn active_tags(core: &Core, account: &str) -> Result<ActiveTags, Fault> {
    let keys = core.table.all::<TagKey>(&scope(account), "").await?;
    let active = keys.into_iter().filter(|(_, it)| it.record.active);
    Ok(active.map(|(key, _)| key).collect())
}

/// Quantities and costs by period and group.
///
/// # Errors
/// The report is too large, or records cannot be read.
pub(crate) async fn sums(core: &Arc<Core>, asked: Asked, prices: Prices) -> Result<Sums, Fault> {
    let share = core.shares.take(&asked.account).await;
    let active = active_tags(core, &asked.account).await?;
    // Before the ledger: a meter that is deleted meanwhile is in the ledger by then.
    let meters = core.table.all::<Meter>(&scope(&asked.account), "").await?;
    let (ledger, now) = (core.ledger.clone(), core.now());
    let (unwanted, is_unwanted) = Unwanted::new();
    let added = tokio::task::spawn_blocking(move || {
        // As long as there is work, whoever waits for it.
        let _share = share;
        let question = Question {
            account: &asked.account,
            periods: &asked.periods,
            prices: &prices,
            filter: &asked.filter,
            groups: &asked.groups,
            active: &active,
            by_task: asked.is_of_resources(),
            is_unwanted: &is_unwanted,
        };
        let mut report = Report::new(&question);
        let meters = meters.into_iter().filter(|(_, it)| !it.record.settled);
        let meters = meters.filter_map(|(_, it)| {
            let span = it.record.span(now)?;
            Some((it.record, span))
        });
        let meters: Vec<_> = meters.collect();
        let rows = || {
            let rows = meters.iter();
            rows.flat_map(|(meter, span)| ledger::months(*span).map(move |it| (meter, *span, it)))
        };
        for (meter, _, month) in rows() {
            report.wait_for(&meter.id, month);
        }
        for month in asked.periods.months() {
            ledger.read(&asked.account, month, &mut report);
        }
        for (meter, span, month) in rows() {
            if report.is_over() {
                break;
            }
            if report.is_awaited(&meter.id, month) {
                let charge = Charge {
                    arns: meter.arns.clone(),
                    used: meter.used.clone(),
                };
                let known = report.charge(&charge);
                report.task(
                    &known,
                    Entry {
                        id: &meter.id,
                        span,
                    },
                    month,
                );
            }
        }
        (report.is_full, report.finish())
    });
    let added = added.await;
    drop(unwanted);
    match added.map_err(|error| CeFaults::internal(&error))? {
        (true, _) => Err(fault::limit(
            "The report has too many groups: ask about a shorter time, or group by less.",
        )),
        (false, sums) => Ok(sums),
    }
}
