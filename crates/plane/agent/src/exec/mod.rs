//! ECS Exec on the node: serves sessions that the control plane asks for (spec ecs-agent §7).
//!
//! The agent opens its end of the session's data channel, agrees with the client on a terminal or
//! pipes, and runs the command in the container through its shim. The process is bound to the
//! session: when the session, this agent or the container ends, so does the process.

mod command;
mod process;
mod session;
mod transcript;

pub use transcript::Transcripts;

use std::sync::Arc;

use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    client::Api,
    node::{directory::Directory, machine::Machine},
    protocol::acs::ExecuteCommand,
};

/// What a session of this node works with. Cheap to clone.
#[derive(Clone)]
pub struct ExecServer {
    pub api: Api,
    pub directory: Directory,
    pub machine: Arc<dyn Machine>,
    pub transcripts: Transcripts,
    pub running: TaskTracker,
    pub shutdown: CancellationToken,
}

impl ExecServer {
    /// Serves one session in the background.
    pub fn begin(&self, order: ExecuteCommand) {
        let (this, shutdown) = (self.clone(), self.shutdown.clone());
        self.running.spawn(async move {
            tokio::select! {
                () = shutdown.cancelled() => {}
                () = session::run(&this, &order) => {}
            }
        });
    }
}
