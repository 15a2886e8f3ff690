//! Actions of alarms that go because what they called is gone, as a policy of scaling that is deleted. The alarms stay
//! without them, as with AWS.
//!
//! Nothing is kept of how far this is: whoever is killed asks again, and finds the alarms that still have the action.

use std::sync::Arc;

use wharf_base::{Clock, Permit};
use wharf_delivery::Alarms;
use wharf_service::{Place, Table, transact};
use wharf_store::Store;
use wharf_wire::{Fault, async_trait};

use crate::{alarm::history, fault::CloudwatchFaults, names, records::Alarm};

const PERMIT: Permit = Permit::for_controller("cloudwatch-detached");

/// The alarms in a store, for services that stand beside this one.
pub struct StoredAlarms {
    table: Table<CloudwatchFaults>,
    clock: Arc<dyn Clock>,
}

impl StoredAlarms {
    pub fn new(store: Store, clock: Arc<dyn Clock>) -> Self {
        Self {
            table: Table::new(store),
            clock,
        }
    }

    /// Changes the alarm as it is by then: what its owner changes meanwhile does not come undone.
    async fn detach_from(&self, place: &Place, name: &str, action: &str) -> Result<(), Fault> {
        let (key, now) = (names::alarm_key(place, name), self.clock.now());
        transact!(self.table, &PERMIT, |tx| {
            if let Some(mut alarm) = tx.find::<Alarm>(&key).await?
                && take_out(&mut alarm, action)
            {
                alarm.configured_at = now;
                let said = history::configured(&alarm, "updated");
                history::note(&mut tx, place, &mut alarm, said, now);
                tx.put(&key, &alarm);
            }
        });
        Ok(())
    }
}

#[async_trait]
impl Alarms for StoredAlarms {
    async fn detach(&self, place: &Place, action: &str) -> Result<(), Fault> {
        let all = self.table.all::<Alarm>(&names::scope(place), "").await?;
        for (name, mut found) in all {
            if take_out(&mut found.record, action) {
                self.detach_from(place, &name, action).await?;
            }
        }
        Ok(())
    }
}

/// Takes an action out of an alarm; whether it had it.
fn take_out(alarm: &mut Alarm, action: &str) -> bool {
    let lists = [
        &mut alarm.ok_actions,
        &mut alarm.alarm_actions,
        &mut alarm.insufficient_data_actions,
    ];
    let mut had_it = false;
    for list in lists {
        let before = list.len();
        list.retain(|it| it != action);
        had_it |= list.len() < before;
    }
    had_it
}
