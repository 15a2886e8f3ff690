//! Ends of containers, as their shim tells of them.

use tokio::sync::mpsc;
use wharf_container::runtime::{Event, TaskHandle};

use crate::machine::Seen;

/// Until the shim is gone, or nobody listens. A reader that fell behind is told all again.
pub(super) async fn tell_events(handle: &TaskHandle, tell: &mpsc::Sender<Seen>) {
    loop {
        let Ok(mut events) = handle.events().await else {
            return;
        };
        while let Some(event) = events.next().await {
            if let Event::Exited { container, exit } = event
                && tell.send(Seen::Exited(container, exit)).await.is_err()
            {
                return;
            }
        }
        if tell.is_closed() {
            return;
        }
    }
}
