//! What happens to a task's containers, from the shim.

use wharf_shim_protocol::{ContainerName, Event, ExitRecord, Reply, Request};

use super::{
    client::{Client, Connection},
    error::{ContainerError, Step},
};

/// First the present state of each container as events, then [`Event::CaughtUp`], then what
/// happens. Ends when the shim does.
#[derive(Debug)]
pub struct TaskEvents {
    connection: Connection,
}

impl TaskEvents {
    pub(crate) async fn subscribe(client: &Client) -> Result<Self, ContainerError> {
        let connection = client.open(Step::Inspect, Request::Subscribe, &[]).await?;
        Ok(Self { connection })
    }

    /// `None` when the shim is gone or this reader fell too far behind: subscribe again to find
    /// out. Not to be dropped while waiting: an event might be cut in half.
    pub async fn next(&mut self) -> Option<Event> {
        match self.connection.reply().await {
            Ok(Reply::Event { event }) => Some(event),
            _ => None,
        }
    }

    /// Waits for the end of one container.
    pub(crate) async fn wait_for_exit(
        mut self,
        wanted: &ContainerName,
    ) -> Result<ExitRecord, ContainerError> {
        loop {
            match self.connection.reply().await? {
                Reply::Event {
                    event: Event::Exited { container, exit },
                } if container == *wanted => return Ok(exit),
                Reply::Event { .. } => {}
                _ => {
                    return Err(ContainerError::Confused {
                        step: Step::Inspect,
                    });
                }
            }
        }
    }
}
