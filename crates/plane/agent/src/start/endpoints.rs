//! The endpoints of tasks: a listener in each network scope, answered for the tasks of all nodes.

use std::sync::Arc;

use tokio::{net::TcpListener, sync::mpsc};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use wharf_network::{EndpointListener, INSTANCE_METADATA, Network};

use crate::{
    endpoint::{self, CallerOf, Connections, Proxy, Routes, callers_in},
    instances::metadata::{self, MetadataService},
};

/// Port of metadata and credentials inside a task's network.
pub const METADATA_PORT: u16 = 80;
/// Link-local address that every task reaches them at.
pub const IN_TASK: &str = "http://169.254.170.2";
/// Port of the AWS endpoint there.
pub const AWS_PORT: u16 = 4566;

/// Serves what tasks ask for.
#[derive(Clone)]
pub struct Endpoints {
    pub routes: Arc<Routes>,
    pub proxy: Proxy,
    /// What instances ask about themselves, where this machine keeps any.
    pub instances: Option<Arc<MetadataService>>,
    /// Those of all listeners together.
    pub connections: Connections,
    pub running: TaskTracker,
    pub shutdown: CancellationToken,
}

impl Endpoints {
    /// Takes the listeners of network scopes as they appear.
    pub async fn serve_scopes(
        self,
        network: Network,
        mut listeners: mpsc::Receiver<EndpointListener>,
    ) {
        loop {
            let next = tokio::select! {
                () = self.shutdown.cancelled() => return,
                next = listeners.recv() => next,
            };
            let Some(EndpointListener {
                scope,
                address,
                port,
                listener,
            }) = next
            else {
                return;
            };
            let listener = match TcpListener::from_std(listener) {
                Ok(listener) => listener,
                Err(error) => {
                    tracing::error!(%scope, port, %error, "failed to serve a task endpoint");
                    continue;
                }
            };
            let caller = callers_in(network.clone(), scope);
            if address == INSTANCE_METADATA {
                self.instance_metadata(listener, caller);
            } else if port == METADATA_PORT {
                self.metadata(listener, caller);
            } else {
                self.aws(listener, caller);
            }
        }
    }

    fn instance_metadata(&self, listener: TcpListener, caller: CallerOf) {
        let Some(service) = self.instances.clone() else {
            return;
        };
        let (running, shutdown) = (self.running.clone(), self.shutdown.clone());
        let connections = self.connections.clone();
        self.running.spawn(metadata::serve(
            listener,
            service,
            caller,
            connections,
            running,
            shutdown,
        ));
    }

    pub fn metadata(&self, listener: TcpListener, caller: CallerOf) {
        let (running, shutdown) = (self.running.clone(), self.shutdown.clone());
        let (routes, connections) = (self.routes.clone(), self.connections.clone());
        self.running.spawn(endpoint::serve(
            listener,
            routes,
            caller,
            connections,
            running,
            shutdown,
        ));
    }

    pub fn aws(&self, listener: TcpListener, caller: CallerOf) {
        let (running, shutdown) = (self.running.clone(), self.shutdown.clone());
        let (proxy, connections) = (self.proxy.clone(), self.connections.clone());
        self.running
            .spawn(proxy.serve(listener, caller, connections, running, shutdown));
    }
}
