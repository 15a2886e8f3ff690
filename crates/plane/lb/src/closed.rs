//! The addresses at which this process should listen and cannot, for people to see.

use std::{collections::HashMap, sync::Arc};

use tokio::sync::watch;
use wharf_planeproto::report::ClosedDoor;

use crate::door::Place;

/// Why each door is closed that is.
type Reasons = HashMap<Place, String>;

/// What is closed now; all doors write it down here.
#[derive(Debug, Clone, Default)]
pub struct ClosedDoors(Arc<watch::Sender<Reasons>>);

impl ClosedDoors {
    pub fn changes(&self) -> ClosedChanges {
        ClosedChanges(self.0.subscribe())
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.borrow().len()
    }

    /// Holds as long as what it returns.
    pub(crate) fn add(&self, place: &Place, reason: String) -> Closed {
        self.0.send_modify(|reasons| {
            reasons.insert(place.clone(), reason);
        });
        Closed {
            doors: self.clone(),
            place: place.clone(),
        }
    }
}

/// A door is closed until this is dropped.
#[derive(Debug)]
pub(crate) struct Closed {
    doors: ClosedDoors,
    place: Place,
}

impl Drop for Closed {
    fn drop(&mut self) {
        self.doors.0.send_modify(|reasons| {
            reasons.remove(&self.place);
        });
    }
}

/// Follows what is closed.
#[derive(Debug)]
pub struct ClosedChanges(watch::Receiver<Reasons>);

impl ClosedChanges {
    /// All that is closed, by address, after the next change; never returns when there will be none.
    pub async fn next(&mut self) -> Vec<ClosedDoor> {
        if self.0.changed().await.is_err() {
            return std::future::pending().await;
        }
        let reasons = self.0.borrow_and_update();
        let mut doors: Vec<ClosedDoor> = reasons
            .iter()
            .map(|(place, reason)| ClosedDoor {
                address: place.address,
                reason: reason.clone(),
            })
            .collect();
        doors.sort_by_key(|door| door.address);
        doors
    }
}
