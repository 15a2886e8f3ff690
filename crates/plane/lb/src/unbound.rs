//! The addresses at which this process should listen and cannot, for people to see.

use std::{collections::HashMap, sync::Arc};

use tokio::sync::watch;
use wharf_planeproto::report::UnboundEndpoint;

use crate::endpoint::Place;

/// Why each unbound endpoint is.
type Reasons = HashMap<Place, String>;

/// The endpoints without a socket; each reports itself here.
#[derive(Debug, Clone, Default)]
pub struct UnboundEndpoints(Arc<watch::Sender<Reasons>>);

impl UnboundEndpoints {
    pub fn changes(&self) -> UnboundChanges {
        UnboundChanges(self.0.subscribe())
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.borrow().len()
    }

    /// Holds as long as what it returns.
    pub(crate) fn add(&self, place: &Place, reason: String) -> Unbound {
        self.0.send_modify(|reasons| {
            reasons.insert(place.clone(), reason);
        });
        Unbound {
            endpoints: self.clone(),
            place: place.clone(),
        }
    }
}

/// An endpoint is unbound until this is dropped.
#[derive(Debug)]
pub(crate) struct Unbound {
    endpoints: UnboundEndpoints,
    place: Place,
}

impl Drop for Unbound {
    fn drop(&mut self) {
        self.endpoints.0.send_modify(|reasons| {
            reasons.remove(&self.place);
        });
    }
}

/// Follows what is closed.
#[derive(Debug)]
pub struct UnboundChanges(watch::Receiver<Reasons>);

impl UnboundChanges {
    /// All that is closed, by address, after the next change; never returns when there will be none.
    pub async fn next(&mut self) -> Vec<UnboundEndpoint> {
        if self.0.changed().await.is_err() {
            return std::future::pending().await;
        }
        let reasons = self.0.borrow_and_update();
        let mut endpoints: Vec<UnboundEndpoint> = reasons
            .iter()
            .map(|(place, reason)| UnboundEndpoint {
                address: place.address,
                reason: reason.clone(),
            })
            .collect();
        endpoints.sort_by_key(|endpoint| endpoint.address);
        endpoints
    }
}
