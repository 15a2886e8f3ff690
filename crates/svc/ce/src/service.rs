//! The service: what it stands on, its loops, and one line for each operation.

use std::{path::PathBuf, sync::Arc, time::Duration};

use tokio_util::sync::CancellationToken;
use wharf_base::{Clock, Permit, Timestamp};
use wharf_journal::Journal;
use wharf_reconcile::{Shard, Takeover};
use wharf_seal::Keyring;
use wharf_service::{Loops, Pages, Shares, Table, Turns};
use wharf_store::Store;
use wharf_wire::Context;

use crate::{
    authorize, capacity::Balanced, fault::CeFaults, ledger::Ledger, meters, ops, prices::PriceFile,
    records::SERVICE,
};

/// Reports that are made at once, and of one account.
const REPORTS: usize = 4;
const REPORTS_OF_ONE: usize = 2;

/// What the service stands on.
pub struct Parts {
    pub store: Store,
    /// Keeps the ledger.
    pub journal: Journal,
    /// Seals page tokens.
    pub keyring: Keyring,
    /// The operator's price lists, if there is such a file.
    pub prices: PathBuf,
    pub clock: Arc<dyn Clock>,
    /// What load balancers did.
    pub balanced: Arc<dyn Balanced>,
    /// Whether another server may hold the shard of the loop.
    pub takeover: Takeover,
    /// How often what tasks used is written down without news of them: [`STRIDE`].
    ///
    /// [`STRIDE`]: crate::STRIDE
    pub stride: Duration,
}

/// What operations and the loop work with.
pub(crate) struct Core {
    pub table: Table<CeFaults>,
    pub journal: Journal,
    pub ledger: Ledger,
    pub prices: PriceFile,
    pub shard: Shard,
    /// Of keys of tags, by account.
    pub turns: Turns,
    /// Of making reports.
    pub shares: Shares,
    pub balanced: Arc<dyn Balanced>,
    keyring: Keyring,
    clock: Arc<dyn Clock>,
    takeover: Takeover,
    pub stride: Duration,
}

impl Core {
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The pages of a list of the caller's; `selection` is all that a request chooses by.
    pub fn pages(
        &self,
        cx: &Context,
        list: &str,
        selection: &impl std::fmt::Debug,
    ) -> Pages<'_, CeFaults> {
        Pages::new(&self.keyring, cx, list, selection)
    }
}

/// The service over the store and the journal that hold its records.
#[derive(Clone)]
pub struct CeService {
    core: Arc<Core>,
}

impl CeService {
    pub fn new(parts: Parts) -> Self {
        let core = Core {
            table: Table::new(parts.store),
            ledger: Ledger::new(parts.journal.clone()),
            journal: parts.journal,
            prices: PriceFile::new(parts.prices),
            shard: Shard::new("/w1/c0/ce/shard/0"),
            turns: Turns::default(),
            shares: Shares::new(REPORTS, REPORTS_OF_ONE),
            balanced: parts.balanced,
            keyring: parts.keyring,
            clock: parts.clock,
            takeover: parts.takeover,
            stride: parts.stride,
        };
        Self {
            core: Arc::new(core),
        }
    }

    #[cfg(test)]
    pub(crate) fn core(&self) -> &Arc<Core> {
        &self.core
    }

    /// Meters tasks until `stop`, or until a part of it panics.
    pub async fn run(&self, stop: CancellationToken) {
        let core = self.core.clone();
        let mut loops = Loops::new(SERVICE, stop.clone());
        let permit = Permit::for_controller("ce-shard");
        loops
            .hold(&core.shard, core.table.store(), permit, core.takeover)
            .await;
        loops.spawn(meters::follow(core, stop));
        loops.run().await;
    }
}

/// Which members of requests operations heed.
static UNDERSTOOD: wharf_wire::understood::Understood =
    wharf_wire::understood::Understood::new(include_str!("understood.txt"));

wharf_api_ce::operations! {
    impl CeService;
    authorize(self, _cx, input) = Ok(authorize::checks(input));
    understood = UNDERSTOOD;
    run(self, operation, call, input) = operation(&self.core, call, input).await;

    get_cost_and_usage = ops::costs::get_cost_and_usage;
    get_cost_and_usage_with_resources = ops::costs::get_cost_and_usage_with_resources;
    get_dimension_values = ops::values::get_dimension_values;
    get_tags = ops::values::get_tags;
    list_cost_allocation_tags = ops::tags::list_cost_allocation_tags;
    update_cost_allocation_tags_status = ops::tags::update_cost_allocation_tags_status;
}
