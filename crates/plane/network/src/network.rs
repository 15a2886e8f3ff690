//! The handle: asks the worker's thread and awaits its answers.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::thread;

use tokio::sync::{mpsc, oneshot};
use wharf_planeproto::flows::Report;
use wharf_planeproto::{Change, Resource};
use wharf_userns::IdRange;

use crate::config::NetworkConfig;
use crate::directory::Directory;
use crate::error::NetworkError;
use crate::model::{Attachment, Counters, Mode, Recovered, Scope};
use crate::names::Names;
use crate::policies::PoliciesUpdate;
use crate::resolver::ResolverSockets;
use crate::services::ServicesUpdate;
use crate::state::{self, StateDir};
use crate::teardown;
use crate::worker::{Command, Worker};

/// Requests that wait for the worker; whoever adds more waits as well.
const QUEUE: usize = 256;
/// Listeners not yet taken from the receiver: those of every scope a host can have.
const LISTENERS: usize = 256;

/// A socket that the tasks of one scope reach at 169.254.170.2 or 169.254.169.254; the peer address of what it
/// accepts is a task's own, and [`Network::key_at`] names the attachment.
#[derive(Debug)]
pub struct EndpointListener {
    pub scope: Scope,
    pub address: Ipv4Addr,
    pub port: u16,
    /// Non-blocking.
    pub listener: TcpListener,
}

/// What the control plane says.
#[derive(Debug, Clone, PartialEq)]
pub enum NetworkUpdate {
    /// Everything there is; what is not in it is no more.
    Snapshot(Vec<Resource>),
    Changes(Vec<Change>),
}

/// This host among those of the control plane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostIdentity {
    /// `i-…`, as interfaces name their hosts.
    pub instance_id: String,
    /// Where this end of the tunnels is: an IPv4 address of this host that all other hosts reach.
    /// `None`: a single machine.
    pub underlay: Option<IpAddr>,
}

/// The network of one node. Clones share the worker; when the last is dropped the worker ends and
/// everything on the host stays as it is.
#[derive(Debug, Clone)]
pub struct Network {
    commands: mpsc::Sender<Command>,
    directory: Directory,
}

impl Network {
    /// Adopts what a former run left, mends what is missing, removes what leaked. The namespaces
    /// (network and mount) of the calling thread are those of the host.
    ///
    /// The receiver yields the in-task endpoints of every scope as it appears, before the
    /// [`Network::attach`] that needed the scope returns.
    ///
    /// # Errors
    /// `StateInUse`, `StateTooNew`, `BadConfig`, `Kernel`.
    pub async fn start(
        config: NetworkConfig,
    ) -> Result<(Self, mpsc::Receiver<EndpointListener>), NetworkError> {
        let (commands, queue) = mpsc::channel(QUEUE);
        let (listeners, endpoints) = mpsc::channel(LISTENERS);
        let directory = Directory::default();
        let shared = directory.clone();
        // Not a thread of a pool: it stays in the caller's namespaces for all of its life.
        in_thread(
            move |started| match Worker::start(config, shared, listeners) {
                Ok(worker) => {
                    let _ = started.send(Ok(()));
                    worker.serve(queue);
                }
                Err(error) => drop(started.send(Err(error))),
            },
        )
        .await?;
        Ok((
            Self {
                commands,
                directory,
            },
            endpoints,
        ))
    }

    /// Gives the task or container `key` its network; the same key in the same mode gives the same
    /// attachment again.
    ///
    /// # Errors
    /// `BadKey`, `BadMode`, `KeyInUse`, `AddressInUse`, `PortInUse`, `PortsExhausted`,
    /// `AddressesExhausted`, `Kernel` …; nothing is left behind then.
    pub async fn attach(&self, key: &str, mode: Mode) -> Result<Attachment, NetworkError> {
        self.attach_owned(key, mode, None).await
    }

    /// As [`Network::attach`]; the network namespace belongs to a new user namespace that has the
    /// range `owner`, and ends with it.
    pub async fn attach_owned(
        &self,
        key: &str,
        mode: Mode,
        owner: Option<IdRange>,
    ) -> Result<Attachment, NetworkError> {
        self.ask(|reply| Command::Attach {
            key: key.to_owned(),
            mode,
            owner,
            node: None,
            reply,
        })
        .await
    }

    /// Hands the interface of an attachment in awsvpc mode to the guest of a virtual machine, who is reached by the tap
    /// that [`open_tap`](crate::open_tap) opens in its namespace. May be repeated.
    ///
    /// # Errors
    /// `NoSuchAttachment` if there is none with that key, or its namespace is gone; `Kernel`.
    pub async fn hand_to_guest(&self, key: &str) -> Result<(), NetworkError> {
        self.ask(|reply| Command::HandToGuest {
            key: key.to_owned(),
            reply,
        })
        .await
    }

    /// As [`Network::attach_owned`], for a pod of the node that the attachment `node` is: it may call that node's services.
    pub async fn attach_pod(
        &self,
        key: &str,
        mode: Mode,
        owner: Option<IdRange>,
        node: &str,
    ) -> Result<Attachment, NetworkError> {
        self.ask(|reply| Command::Attach {
            key: key.to_owned(),
            mode,
            owner,
            node: Some(node.to_owned()),
            reply,
        })
        .await
    }

    /// Leads those who belong to the node that the attachment `node` is to the services of its cluster. The first word is a snapshot;
    /// until then what a former run wrote holds.
    ///
    /// # Errors
    /// `NoSuchAttachment` for what is not attached, and for changes to nothing; `Kernel`.
    pub async fn services(&self, node: &str, update: ServicesUpdate) -> Result<(), NetworkError> {
        self.ask(|reply| Command::Services {
            node: node.to_owned(),
            update,
            reply,
        })
        .await
    }

    /// Holds pods of the node that the attachment `node` is to the network policies of its cluster. The first word is the whole; until
    /// then what a former run wrote holds.
    ///
    /// # Errors
    /// `NoSuchAttachment` for what is not attached, and for changes to nothing; `Kernel`.
    pub async fn policies(&self, node: &str, update: PoliciesUpdate) -> Result<(), NetworkError> {
        self.ask(|reply| Command::Policies {
            node: node.to_owned(),
            update,
            reply,
        })
        .await
    }

    /// Takes it away again, once the processes have ended. An unknown key is fine.
    pub async fn detach(&self, key: &str) -> Result<(), NetworkError> {
        self.ask(|reply| Command::Detach {
            key: key.to_owned(),
            reply,
        })
        .await
    }

    /// Says which host this is. Until then nothing is reached on other hosts, and no load
    /// balancer's interface is wired. An underlay that is no address of this host is sought again
    /// with every update, which says so until it is there.
    pub async fn set_host(&self, own: HostIdentity) -> Result<(), NetworkError> {
        self.ask(|reply| Command::SetHost { own, reply }).await
    }

    /// Follows the control plane's word: security groups, routes to other hosts, interfaces of
    /// load balancers. Only what differs from the last word is touched. The first word after a
    /// start is a snapshot; until then everything stays as a former run left it.
    ///
    /// # Errors
    /// `NoSnapshot` for changes to nothing. Otherwise the first trouble on the way; everything
    /// else is done all the same, and what failed is tried again with the next update.
    pub async fn apply(&self, update: NetworkUpdate) -> Result<(), NetworkError> {
        self.ask(|reply| Command::Apply { update, reply }).await
    }

    /// The host as its tasks see it, in all networks; `None` while there is no network.
    pub async fn host_address(&self) -> Result<Option<Ipv4Addr>, NetworkError> {
        self.ask(|reply| Command::HostAddress { reply }).await
    }

    /// What passed interfaces for the flow logs that the control plane told of, and is to be reported next; `None` while nothing is
    /// recorded. Windows up to the number `taken` are kept by the control plane. To be asked every few seconds.
    ///
    /// # Errors
    /// `Stopped`.
    pub async fn flows(&self, taken: u64) -> Result<Option<Report>, NetworkError> {
        self.ask(|reply| Command::Flows { taken, reply }).await
    }

    /// What went through an attachment's interface; `None` for one that has none of its own.
    ///
    /// # Errors
    /// `NoSuchAttachment`, `Kernel`.
    pub async fn counters(&self, key: &str) -> Result<Option<Counters>, NetworkError> {
        self.ask(|reply| Command::Counters {
            key: key.to_owned(),
            reply,
        })
        .await
    }

    /// Where the namespace of attachment `key` is mounted while it is attached.
    pub fn netns_path(state_dir: &Path, key: &str) -> PathBuf {
        state::netns_path(state_dir, key)
    }

    /// All attachments on record, and how they are; those of load balancers excepted, which the
    /// network keeps itself.
    pub async fn recover(&self) -> Result<Vec<Recovered>, NetworkError> {
        self.ask(|reply| Command::Recover { reply }).await
    }

    /// The attachment that has `address` in `scope`. Addresses cannot be borrowed, so this says
    /// who is at the other end of a connection to an in-task endpoint.
    pub fn key_at(&self, scope: &Scope, address: Ipv4Addr) -> Option<String> {
        let directory = self.directory.read();
        let holder = directory.get(&(scope.clone(), address));
        holder.map(|it| it.key.clone())
    }

    /// As [`Network::key_at`], if it is the instance `node` or a pod that was attached as one of that node.
    pub fn member_at(&self, scope: &Scope, address: Ipv4Addr, node: &str) -> Option<String> {
        let directory = self.directory.read();
        let holder = directory.get(&(scope.clone(), address));
        let member = holder.filter(|it| it.belongs_to(node));
        member.map(|it| it.key.clone())
    }

    /// A non-blocking listening socket inside a scope's namespace.
    ///
    /// # Errors
    /// `NoSuchScope` if no task here is in it.
    pub async fn listen_in(
        &self,
        scope: &Scope,
        address: SocketAddr,
    ) -> Result<TcpListener, NetworkError> {
        self.ask(|reply| Command::Listen {
            scope: scope.clone(),
            address,
            reply,
        })
        .await
    }

    /// As [`Network::listen_in`], inside the namespace of an attachment.
    ///
    /// # Errors
    /// `NoSuchAttachment` if there is none with that key, or its namespace is gone.
    pub async fn listen_at(
        &self,
        key: &str,
        address: SocketAddr,
    ) -> Result<TcpListener, NetworkError> {
        self.ask(|reply| Command::ListenAt {
            key: key.to_owned(),
            address,
            reply,
        })
        .await
    }

    /// Sockets for questions to [`CLUSTER_RESOLVER`] inside a VPC, where services of Kubernetes may lead: to the first who asks since
    /// the VPC is on this host, and `None` to all others.
    ///
    /// # Errors
    /// `NoSuchScope` if nothing of the VPC is here; `Kernel`.
    ///
    /// [`CLUSTER_RESOLVER`]: crate::CLUSTER_RESOLVER
    pub async fn cluster_resolver(
        &self,
        vpc: &str,
    ) -> Result<Option<ResolverSockets>, NetworkError> {
        self.ask(|reply| Command::ClusterResolver {
            scope: Scope::Vpc(vpc.to_owned()),
            reply,
        })
        .await
    }

    /// Ends the worker and lets go of the state folder; everything on the host stays. Later calls
    /// give `Stopped`.
    pub async fn close(&self) -> Result<(), NetworkError> {
        self.ask(|reply| Command::Close { reply }).await
    }

    /// Removes everything of this installation from the host and restores what was changed; ends
    /// the worker.
    pub async fn teardown_all(&self) -> Result<(), NetworkError> {
        self.ask(|reply| Command::Teardown { reply }).await
    }

    /// As `teardown_all`, for an installation whose node does not run.
    ///
    /// # Errors
    /// `StateInUse` if it does.
    pub async fn teardown(config: &NetworkConfig) -> Result<(), NetworkError> {
        let config = config.clone();
        in_thread(move |done| {
            let removed = StateDir::open(&config.state_dir).and_then(|state| {
                teardown::remove_all(&Names::new(&config.installation), &config.shared_dir, state)
            });
            let _ = done.send(removed);
        })
        .await
    }

    async fn ask<T>(
        &self,
        command: impl FnOnce(oneshot::Sender<Result<T, NetworkError>>) -> Command,
    ) -> Result<T, NetworkError> {
        let (reply, answer) = oneshot::channel();
        self.commands
            .send(command(reply))
            .await
            .map_err(|_| NetworkError::Stopped)?;
        answer.await.map_err(|_| NetworkError::Stopped)?
    }
}

/// Runs `work` on a thread that inherits the caller's namespaces; awaits what it sends.
async fn in_thread(
    work: impl FnOnce(oneshot::Sender<Result<(), NetworkError>>) + Send + 'static,
) -> Result<(), NetworkError> {
    let (sender, receiver) = oneshot::channel();
    thread::Builder::new()
        .name("wharf-network".into())
        .spawn(move || work(sender))
        .map_err(|e| NetworkError::kernel("start a thread", e))?;
    receiver.await.map_err(|_| NetworkError::Stopped)?
}
