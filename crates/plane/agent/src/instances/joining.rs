//! Becoming a container instance, or a node of Kubernetes: once user data has ended, an instance that has a role and whose
//! `/etc/ecs/ecs.config` is there gets a node ([`crate::nodes`]) in the cluster that the file names; one with a NodeConfig, a kubelet
//! for that cluster. Never both: ECS and the scheduler of a cluster would each give out all that the instance has. Where both are asked
//! for it is a container instance, and its console says why it is nothing else.
//!
//! The files are the instance's to write: they are read without leaving its root, within bounds.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use tokio::time::sleep;
use wharf_base::{Backoff, Chain};
use wharf_instance_init::{BadClusterNode, ClusterNode, NODE_CONFIG, USER_DATA_DONE};
use wharf_planeproto::machine::Instance;
use wharf_rootdir::RootDir;

use crate::{
    kubernetes::{KubeletError, NoKubelets},
    node::NodeError,
};

const CONFIG: &str = "etc/ecs/ecs.config";
const MAX_CONFIG: u64 = 64 << 10;
/// For the console of an instance.
const NO_NODE: &str = "wharf: this instance is a container instance of ECS (/etc/ecs/ecs.config), so it was refused as a node of \
    Kubernetes: what it has is given out by one of the two\n";
/// Between two looks whether user data has ended: most ends at once, some takes an hour.
const FIRST_LOOK: Duration = Duration::from_millis(20);
const LOOK_EVERY: Duration = Duration::from_secs(1);
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// What an instance says of the container instance that it is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    pub cluster: String,
    pub attributes: BTreeMap<String, String>,
    /// It takes no more tasks once its Spot capacity is taken back.
    pub drains: bool,
}

/// Why an instance has no node, or why something of one is still here.
#[derive(Debug, thiserror::Error)]
pub enum JoinsError {
    #[error("instances of this machine have no nodes")]
    NoNodes,
    #[error(transparent)]
    NoKubelets(#[from] Arc<NoKubelets>),
    #[error(transparent)]
    Ecs(#[from] NodeError),
    #[error(transparent)]
    Kubernetes(#[from] KubeletError),
}

/// Nodes of instances.
#[async_trait]
pub trait Joins: Send + Sync {
    /// One that runs already stays as it is.
    async fn start(&self, it: &Instance, wish: Wish) -> Result<(), JoinsError>;

    /// Its node of Kubernetes, and where that listens for the API server; one that runs already stays as it is.
    async fn start_kubelet(
        &self,
        it: &Instance,
        wish: &ClusterNode,
        first_process: i32,
    ) -> Result<SocketAddr, JoinsError>;

    /// It has no node of Kubernetes, nor pods; there need not be any.
    async fn leave_kubernetes(&self, instance: &str) -> Result<(), JoinsError>;

    /// The same of ECS.
    async fn leave_ecs(&self, instance: &str) -> Result<(), JoinsError>;

    /// Stops it and its tasks; it need not run.
    async fn stop(&self, instance: &str) -> Result<(), JoinsError>;

    /// Nothing of it is left.
    async fn forget(&self, instance: &str) -> Result<(), JoinsError>;

    /// The instances of which something is here, whether they are or not.
    fn known(&self) -> BTreeSet<String>;
}

/// For machines whose instances have no nodes.
pub struct NoNodes;

#[async_trait]
impl Joins for NoNodes {
    async fn start(&self, _: &Instance, _: Wish) -> Result<(), JoinsError> {
        Ok(())
    }

    async fn start_kubelet(
        &self,
        _: &Instance,
        _: &ClusterNode,
        _: i32,
    ) -> Result<SocketAddr, JoinsError> {
        Err(JoinsError::NoNodes)
    }

    async fn leave_kubernetes(&self, _: &str) -> Result<(), JoinsError> {
        Ok(())
    }

    async fn leave_ecs(&self, _: &str) -> Result<(), JoinsError> {
        Ok(())
    }

    async fn stop(&self, _: &str) -> Result<(), JoinsError> {
        Ok(())
    }

    async fn forget(&self, _: &str) -> Result<(), JoinsError> {
        Ok(())
    }

    fn known(&self) -> BTreeSet<String> {
        BTreeSet::new()
    }
}

impl Wish {
    /// As the agent of AWS reads its file: a line a variable. Pure.
    pub fn read(text: &str) -> Self {
        let mut wish = Self {
            cluster: "default".to_owned(),
            attributes: BTreeMap::new(),
            drains: false,
        };
        for line in text.lines() {
            let Some((name, value)) = line.trim().split_once('=') else {
                continue;
            };
            let value = value.trim().trim_matches(['"', '\'']);
            match name.trim() {
                "ECS_CLUSTER" if !value.is_empty() => value.clone_into(&mut wish.cluster),
                "ECS_ENABLE_SPOT_INSTANCE_DRAINING" => {
                    wish.drains = value.eq_ignore_ascii_case("true");
                }
                "ECS_INSTANCE_ATTRIBUTES" => match serde_json::from_str(value) {
                    Ok(attributes) => wish.attributes = attributes,
                    Err(error) => {
                        tracing::warn!(%error, "ECS_INSTANCE_ATTRIBUTES of an instance is no map of texts");
                    }
                },
                _ => {}
            }
        }
        wish
    }
}

/// Waits for the end of user data, and starts the node that the instance asks for. `pid` is its first process. `listens` hears where its
/// kubelet does, `says` what its user is to read.
pub async fn follow(
    it: Arc<Instance>,
    pid: i32,
    joins: Arc<dyn Joins>,
    told: (impl Fn(SocketAddr), impl Fn(&str)),
) {
    let root = PathBuf::from(format!("/proc/{pid}/root"));
    join(&it, &root, pid, &*joins, told).await;
}

async fn join(
    it: &Instance,
    root: &Path,
    pid: i32,
    joins: &dyn Joins,
    (listens, says): (impl Fn(SocketAddr), impl Fn(&str)),
) {
    match asked(&it.id, root).await {
        // It may have named one in an earlier boot, or under an earlier agent: what it ran there ends.
        Asked::Neither => until(&it.id, "stop the node", || joins.stop(&it.id)).await,
        Asked::ContainerInstance { wish, and_node } => {
            if and_node {
                tracing::warn!(
                    instance = it.id,
                    "an instance asks to be a container instance and a node of Kubernetes; it does not join the cluster"
                );
                says(NO_NODE);
            }
            let leave = || joins.leave_kubernetes(&it.id);
            until(&it.id, "stop the kubelet", leave).await;
            let start = || joins.start(it, wish.clone());
            until(&it.id, "start the node", start).await;
        }
        Asked::Node(wish) => {
            let leave = || joins.leave_ecs(&it.id);
            until(&it.id, "stop the node", leave).await;
            let start = || joins.start_kubelet(it, &wish, pid);
            listens(until(&it.id, "start the kubelet", start).await);
        }
    }
}

/// What the files of an instance ask for.
enum Asked {
    Neither,
    ContainerInstance { wish: Wish, and_node: bool },
    Node(ClusterNode),
}

/// Waits until user data has ended and the files can be read. One that cannot, or makes no sense, says nothing: what the instance
/// runs ends only where a file is not there.
async fn asked(instance: &str, root: &Path) -> Asked {
    let mut backoff = Backoff::steady(FIRST_PAUSE, LONGEST_PAUSE);
    let mut looks = Backoff::steady(FIRST_LOOK, LOOK_EVERY);
    let mut known = String::new();
    loop {
        let pause = match read(root).await {
            Ok(Some(asked)) => return asked,
            Ok(None) => looks.wait(),
            Err(error) => {
                let error = Chain(&error).to_string();
                if error != known {
                    tracing::warn!(
                        instance,
                        error,
                        "failed to read what an instance asks to join; will retry"
                    );
                    known = error;
                }
                backoff.wait()
            }
        };
        sleep(pause).await;
    }
}

/// Why it is not known what an instance asks to join.
#[derive(Debug, thiserror::Error)]
enum Unread {
    #[error("its root")]
    Root(#[source] io::Error),
    #[error("/{path}")]
    File {
        path: &'static str,
        source: io::Error,
    },
    #[error(transparent)]
    NodeConfig(#[from] BadClusterNode),
}

/// `None` before the end of user data.
async fn read(root: &Path) -> Result<Option<Asked>, Unread> {
    if look(root, USER_DATA_DONE).await?.is_none() {
        return Ok(None);
    }
    let (container_instance, node) = tokio::join!(look(root, CONFIG), look(root, NODE_CONFIG));
    let asked = match (container_instance?, node) {
        (Some(text), node) => Asked::ContainerInstance {
            wish: Wish::read(&text),
            // Whatever that one says, it changes nothing here.
            and_node: matches!(node, Ok(Some(_))),
        },
        (None, Err(error)) => return Err(error),
        (None, Ok(Some(text))) => Asked::Node(ClusterNode::read(&text)?),
        (None, Ok(None)) => Asked::Neither,
    };
    Ok(Some(asked))
}

/// Tries until it is done.
async fn until<T, F: Future<Output = Result<T, JoinsError>>>(
    instance: &str,
    what: &str,
    tried: impl Fn() -> F,
) -> T {
    let mut backoff = Backoff::steady(FIRST_PAUSE, LONGEST_PAUSE);
    loop {
        let error = match tried().await {
            Ok(done) => return done,
            Err(error) => error,
        };
        tracing::warn!(
            instance,
            error = %Chain(&error),
            "failed to {what} of an instance; will retry"
        );
        sleep(backoff.wait()).await;
    }
}

fn is_absent(kind: io::ErrorKind) -> bool {
    matches!(kind, io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// A file of the instance; `None` if there is none.
async fn look(root: &Path, path: &'static str) -> Result<Option<String>, Unread> {
    let root = root.to_owned();
    let failed = move |source| Unread::File { path, source };
    let read = move || {
        // Without its root, which goes with its first process, nobody knows what is there.
        let root = RootDir::open(&root).map_err(Unread::Root)?;
        match root.read(Path::new(path), MAX_CONFIG) {
            Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
            Err(error) if is_absent(error.kind()) => Ok(None),
            Err(error) => Err(failed(error)),
        }
    };
    let read = tokio::task::spawn_blocking(read).await;
    read.unwrap_or_else(|error| Err(failed(io::Error::other(error))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instances::metadata::instance;

    #[test]
    fn a_line_a_variable() {
        let wish = Wish::read(
            "# of mine\nECS_CLUSTER=blue\nECS_INSTANCE_ATTRIBUTES={\"stack\":\"a=b\"}\nnothing\n",
        );
        assert_eq!(wish.cluster, "blue");
        assert_eq!(wish.attributes["stack"], "a=b");
        assert_eq!(Wish::read("").cluster, "default");
        for (value, expected) in [
            ("true", true),
            ("\"True\"", true),
            ("1", false),
            ("", false),
        ] {
            let wish = Wish::read(&format!("ECS_ENABLE_SPOT_INSTANCE_DRAINING={value}"));
            assert_eq!(wish.drains, expected, "{value}");
        }
        let odd = Wish::read("ECS_CLUSTER=\nECS_INSTANCE_ATTRIBUTES=[1]\n");
        assert_eq!((odd.cluster.as_str(), odd.attributes.len()), ("default", 0));
        assert_eq!(Wish::read("ECS_CLUSTER=\"quoted\"").cluster, "quoted");
    }

    #[tokio::test]
    async fn no_link_leads_out_of_the_instance() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("root");
        std::fs::create_dir_all(root.join("etc/ecs")).unwrap();
        std::fs::write(dir.path().join("secret"), "ECS_CLUSTER=host").unwrap();
        std::os::unix::fs::symlink("../../../secret", root.join(CONFIG)).unwrap();
        assert_eq!(look(&root, CONFIG).await.unwrap(), None);
        std::fs::write(root.join("secret"), "own").unwrap();
        let read = look(&root, CONFIG).await.unwrap();
        assert_eq!(read.as_deref(), Some("own"));
    }

    #[derive(Default)]
    struct Told(parking_lot::Mutex<Vec<String>>);

    #[async_trait]
    impl Joins for Told {
        async fn start(&self, _: &Instance, wish: Wish) -> Result<(), JoinsError> {
            self.0.lock().push(format!("ecs {}", wish.cluster));
            Ok(())
        }

        async fn start_kubelet(
            &self,
            _: &Instance,
            wish: &ClusterNode,
            _: i32,
        ) -> Result<SocketAddr, JoinsError> {
            self.0.lock().push(format!("kubernetes {}", wish.cluster));
            Ok(SocketAddr::from(([127, 0, 0, 1], 1)))
        }

        async fn leave_kubernetes(&self, _: &str) -> Result<(), JoinsError> {
            self.0.lock().push("no kubernetes".to_owned());
            Ok(())
        }

        async fn leave_ecs(&self, _: &str) -> Result<(), JoinsError> {
            self.0.lock().push("no ecs".to_owned());
            Ok(())
        }

        async fn stop(&self, _: &str) -> Result<(), JoinsError> {
            self.0.lock().push("neither".to_owned());
            Ok(())
        }

        async fn forget(&self, _: &str) -> Result<(), JoinsError> {
            Ok(())
        }

        fn known(&self) -> BTreeSet<String> {
            BTreeSet::new()
        }
    }

    const NODE: &str = "apiVersion: node.eks.aws/v1alpha1\nkind: NodeConfig\nspec:\n  cluster:\n    name: c\n    apiServerEndpoint: https://x:1\n    certificateAuthority: QQ==\n";

    fn put(root: &Path, path: &str, text: &str) {
        let path = root.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// Something that is there and cannot be read.
    fn spoil(root: &Path, path: &str) {
        std::fs::create_dir_all(root.join(path)).unwrap();
    }

    #[tokio::test]
    async fn an_instance_is_one_of_the_two() {
        for (ecs, kubernetes, expected) in [
            (false, false, &["neither"][..]),
            (true, false, &["no kubernetes", "ecs blue"]),
            (false, true, &["no ecs", "kubernetes c"]),
            (true, true, &["no kubernetes", "ecs blue"]),
        ] {
            let root = tempfile::tempdir().unwrap();
            put(root.path(), USER_DATA_DONE, "");
            if ecs {
                put(root.path(), CONFIG, "ECS_CLUSTER=blue");
            }
            if kubernetes {
                put(root.path(), NODE_CONFIG, NODE);
            }
            let (joins, said) = (Told::default(), parking_lot::Mutex::new(String::new()));
            let says = |text: &str| said.lock().push_str(text);
            join(&instance(), root.path(), 1, &joins, (|_| (), says)).await;
            assert_eq!(*joins.0.lock(), expected);
            assert_eq!(said.lock().is_empty(), !(ecs && kubernetes));
        }
    }

    #[tokio::test]
    async fn only_a_file_that_is_not_there_is_none() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("root");
        // Its first process is gone.
        assert!(look(&root, CONFIG).await.is_err());
        std::fs::create_dir(&root).unwrap();
        assert_eq!(look(&root, CONFIG).await.unwrap(), None);
        std::fs::create_dir(root.join("etc")).unwrap();
        std::fs::write(root.join("etc/ecs"), "").unwrap();
        assert_eq!(look(&root, CONFIG).await.unwrap(), None);
        std::fs::remove_file(root.join("etc/ecs")).unwrap();
        spoil(&root, CONFIG);
        let error = look(&root, CONFIG).await.unwrap_err();
        assert!(matches!(error, Unread::File { path: CONFIG, .. }));
    }

    #[tokio::test]
    async fn files_that_cannot_be_read_say_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        assert!(matches!(read(root).await, Ok(None)));
        put(root, USER_DATA_DONE, "");
        for path in [CONFIG, NODE_CONFIG] {
            spoil(root, path);
            assert!(read(root).await.is_err(), "{path}");
            std::fs::remove_dir(root.join(path)).unwrap();
        }
        put(root, NODE_CONFIG, "kind: [");
        assert!(read(root).await.is_err());
        put(root, NODE_CONFIG, NODE);
        assert!(matches!(read(root).await, Ok(Some(Asked::Node(wish))) if wish.cluster == "c"));
        // A container instance it is whatever the other file says.
        std::fs::remove_file(root.join(NODE_CONFIG)).unwrap();
        spoil(root, NODE_CONFIG);
        put(root, CONFIG, "ECS_CLUSTER=blue");
        let Ok(Some(Asked::ContainerInstance { wish, and_node })) = read(root).await else {
            panic!("it is no container instance");
        };
        assert_eq!((wish.cluster.as_str(), and_node), ("blue", false));
    }

    #[tokio::test(start_paused = true)]
    async fn what_an_instance_runs_stays_until_its_files_can_be_read() {
        let root = tempfile::tempdir().unwrap();
        put(root.path(), USER_DATA_DONE, "");
        spoil(root.path(), CONFIG);
        let (it, joins) = (instance(), Told::default());
        let joined = join(&it, root.path(), 1, &joins, (|_| (), |_: &str| ()));
        tokio::pin!(joined);
        // It looks, and does nothing.
        let looked = tokio::time::timeout(FIRST_PAUSE / 2, &mut joined).await;
        assert!(looked.is_err() && joins.0.lock().is_empty());
        std::fs::remove_dir(root.path().join(CONFIG)).unwrap();
        put(root.path(), CONFIG, "ECS_CLUSTER=blue");
        joined.await;
        assert_eq!(*joins.0.lock(), ["no kubernetes", "ecs blue"]);
    }
}
