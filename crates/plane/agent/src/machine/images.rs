//! Images for containers: where they come from and when they are asked for again (§5, "Pull").

mod answer;
mod error;
mod of_instances;
mod of_pods;

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use parking_lot::Mutex;
use tokio::{sync::broadcast, time::timeout};
use wharf_base::Clock;
use wharf_container::image::{
    Digest, Endpoint, GarbageRules, Image, ImageStore, OnDemandEvent, OnDemandUser, PullRequest,
    Reference, RegistryAuth,
};
use wharf_kubelet::machine::Images;
use wharf_layers::Sharing;

use answer::{Answer, Pulling, Turn};
pub use error::NotPulled;
use of_pods::PodImages;

use super::{
    Fetched, ImageSource,
    registry::{self, Login, LoginError, Logins},
    secrets::{
        fetch,
        reference::{self, SecretVersion},
    },
};
use crate::{
    client::Api,
    config::{ImageCleanup, NodeConfig},
    figures::Figures,
    instances::{self, InstanceImages},
    node::{core::TaskContext, credentials::CredentialStore},
    protocol::payload::{AsmAuthData, Container, RegistryAuthentication},
};

/// How long credentials of an execution role are waited for (§5).
const CREDENTIALS_PATIENCE: Duration = Duration::from_secs(60);
/// The launch type whose tasks share a node with tasks of others.
const FARGATE: &str = "FARGATE";
/// A pull takes no longer (§5).
const PULL_PATIENCE: Duration = Duration::from_secs(2 * 60 * 60);

/// Images from registries, kept in the node's store.
#[derive(Clone)]
pub struct RegistryImages {
    store: ImageStore,
    api: Api,
    logins: Logins,
    credentials: CredentialStore,
    /// Further names of wharf's own registry.
    own_hosts: Vec<String>,
    cleanup: ImageCleanup,
    /// Folders of those whose containers are made of images from here.
    runtimes: Vec<PathBuf>,
    figures: Figures,
    /// One pull of an image at a time: whoever comes second finds it here, or what the registry said.
    pulling: Arc<Pulling>,
    /// What EC2 instances and pods here are made of, as far as this process knows: by the ids of instances; by the sandboxes of
    /// pods and the image.
    kept: Arc<Mutex<BTreeMap<String, Digest>>>,
    /// The node's folder, where instances say what they are made of: those that are stopped have no container that would.
    node: PathBuf,
    /// All tasks are an instance's, which shares the machine with others.
    of_instance: bool,
    /// Tasks may start before the whole of an image is here.
    on_demand: bool,
}

#[async_trait]
impl ImageSource for RegistryImages {
    /// A registry is asked whether the task may have the image, and what a tag means now: our own for
    /// every task, any other for those of Fargate and of instances, which share the machine with tasks of others, and for
    /// containers with a login of their own. Our own is
    /// asked with the execution role's rights, those of Fargate tasks never with the node's. What lies
    /// here is good enough only where the registry does not answer; where it says no, nothing is.
    async fn fetch(
        &self,
        context: &TaskContext,
        at: usize,
        began: &(dyn Fn() + Send + Sync),
    ) -> Result<Fetched, NotPulled> {
        let wanted_at = Instant::now();
        let of = &context.task.containers[at];
        let turn = Turn::of(&self.pulling, &of.image);
        let mut answer = turn.lock().await;
        let reference = Reference::parse(&of.image)?;
        let port = self.api.endpoint().port;
        let own = registry::is_own(reference.host(), port, &self.own_hosts);
        let private = private_login(of).is_some();
        let is_shared = self.of_instance || context.task.launch_type == FARGATE;
        let asks = own || private || is_shared;
        let named = reference.clone();
        let request = if asks {
            Some(self.request(context, of, reference, own).await)
        } else {
            None
        };
        if let (Some(Ok(request)), Some(answer)) = (&request, answer.as_ref())
            && answer.is_for(request, wanted_at)
        {
            return Ok(answer.fetched());
        }
        let local = self.store.local(&named).await?;
        let request = match (request, &local) {
            (None, Some(image)) => return Ok(unasked(&named, image.clone())),
            (None, None) => self.request(context, of, named.clone(), own).await,
            (Some(request), _) => request,
        };
        let request = match request {
            Ok(request) => request,
            Err(error) => return or_local(error, &named, local),
        };
        let asked_at = Instant::now();
        match self.current(&request, local.as_ref()).await {
            Some(image) => {
                let found = answer.insert(Answer {
                    asked_at,
                    request,
                    image,
                });
                Ok(found.fetched())
            }
            None => {
                began();
                self.pull(context, of, request, local).await
            }
        }
    }

    async fn local(&self, context: &TaskContext, at: usize) -> Option<Image> {
        let reference = Reference::parse(&context.task.containers[at].image).ok()?;
        self.store.local(&reference).await.ok().flatten()
    }

    async fn collect(&self, keep: BTreeSet<Digest>) {
        let node = self.node.clone();
        let recorded = tokio::task::spawn_blocking(move || instances::images_in_use(&node)).await;
        let recorded = match recorded.unwrap_or_else(|e| Err(io::Error::other(e))) {
            Ok(recorded) => recorded,
            Err(error) => {
                tracing::warn!(%error, "images stay: what an instance is made of cannot be told; will retry");
                return;
            }
        };
        let kept: Vec<Digest> = self.kept.lock().values().cloned().collect();
        let rules = GarbageRules {
            keep: keep.into_iter().chain(recorded).chain(kept).collect(),
            // Also what nobody was told of since the start.
            runtimes: self.runtimes.clone(),
            unused_for: self.cleanup.minimum_age,
            at_most: self.cleanup.at_most,
        };
        match self.store.collect(rules).await {
            Ok(collected) => tracing::debug!(?collected, "images were cleaned up"),
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "failed to clean up images; will retry"
                );
            }
        }
    }

    fn sharing(&self) -> Option<Sharing> {
        self.store.sharing().cloned()
    }

    fn note_user(&self, image: &Image, task_id: &str) {
        self.store.note_user(image, task_id);
    }

    fn on_demand_events(&self) -> Option<(Vec<OnDemandUser>, broadcast::Receiver<OnDemandEvent>)> {
        self.store.on_demand_events()
    }

    async fn again(
        &self,
        context: &TaskContext,
        at: usize,
        image: &Digest,
    ) -> Result<(), NotPulled> {
        let of = &context.task.containers[at];
        let reference = Reference::parse(&of.image)?;
        let port = self.api.endpoint().port;
        let own = registry::is_own(reference.host(), port, &self.own_hosts);
        let reference = reference.at(image.clone());
        let request = self.request(context, of, reference, own).await?;
        let pulled = timeout(PULL_PATIENCE, self.store.pull_on_demand(&request)).await;
        match pulled {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => {
                if private_login(of).is_none()
                    && let Some(api) = self.identity(context, of).await
                {
                    self.logins.forget(&api);
                }
                Err(NotPulled::pull(error, &context.task.launch_type))
            }
            Err(_) => Err(NotPulled::TimedOut(of.image.clone())),
        }
    }

    fn of_instances(self: Arc<Self>) -> Option<Arc<dyn InstanceImages>> {
        Some(self)
    }

    fn for_pods(&self, api: Api) -> Arc<dyn Images> {
        Arc::new(PodImages(self.of_an_instance(api)))
    }

    fn for_instance(&self, api: Api, credentials: CredentialStore) -> Arc<dyn ImageSource> {
        Arc::new(Self {
            credentials,
            ..self.of_an_instance(api)
        })
    }
}

impl RegistryImages {
    /// Those of the machine's own node.
    pub fn new(
        store: ImageStore,
        config: &NodeConfig,
        api: Api,
        credentials: CredentialStore,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            store,
            api,
            logins: Logins::new(clock),
            credentials,
            own_hosts: config.registry_hosts.clone(),
            cleanup: config.images.clone(),
            runtimes: vec![
                super::runtime_dir(&config.data_dir),
                instances::runtime_dir(&config.data_dir),
                wharf_kubelet::linux::runtime_dir(&config.data_dir),
            ],
            figures: config.figures.clone(),
            pulling: Arc::default(),
            kept: Arc::default(),
            node: config.data_dir.clone(),
            of_instance: false,
            on_demand: config.on_demand,
        }
    }

    /// The same images, asked for with the rights of an instance.
    fn of_an_instance(&self, api: Api) -> Self {
        Self {
            api,
            logins: self.logins.for_another(),
            of_instance: true,
            ..self.clone()
        }
    }

    /// The image that the tag means now, if it lies here already.
    async fn current(&self, request: &PullRequest, local: Option<&Image>) -> Option<Image> {
        local?;
        // Whoever gets the manifest may pull.
        let digest = self.store.resolve(request).await.ok()?;
        let image = self.store.pulled_before(request, &digest).await;
        image.ok()?
    }

    async fn pull(
        &self,
        context: &TaskContext,
        of: &Container,
        request: PullRequest,
        local: Option<Image>,
    ) -> Result<Fetched, NotPulled> {
        let begun = Instant::now();
        let pulling = async {
            match self.on_demand {
                true => self.store.pull_on_demand(&request).await,
                false => self.store.pull(&request).await,
            }
        };
        let pulled = timeout(PULL_PATIENCE, pulling).await;
        let well = matches!(pulled, Ok(Ok(_)));
        self.figures.pulled(well, begun.elapsed());
        let error = match pulled {
            Ok(Ok(image)) => {
                return Ok(Fetched {
                    image,
                    remotely: true,
                    confirmed: true,
                });
            }
            Ok(Err(error)) => {
                // If the login was why, the next task asks for a new one.
                if private_login(of).is_none()
                    && let Some(api) = self.identity(context, of).await
                {
                    self.logins.forget(&api);
                }
                NotPulled::pull(error, &context.task.launch_type)
            }
            Err(_) => NotPulled::TimedOut(of.image.clone()),
        };
        or_local(error, &request.reference, local)
    }

    async fn request(
        &self,
        context: &TaskContext,
        of: &Container,
        reference: Reference,
        own: bool,
    ) -> Result<PullRequest, NotPulled> {
        let endpoint = own.then(|| Endpoint {
            base: self.api.endpoint().to_string(),
        });
        if let Some(from) = private_login(of) {
            let Login { user, password } = self.login_of_secret(context, from).await?;
            return Ok(PullRequest {
                reference,
                endpoint,
                auth: RegistryAuth::Basic { user, password },
            });
        }
        if !own {
            return Ok(PullRequest {
                reference,
                endpoint: None,
                auth: RegistryAuth::Anonymous,
            });
        }
        if registry::is_public(reference.repository()) {
            return Ok(PullRequest {
                reference,
                endpoint,
                auth: self.visit().await,
            });
        }
        if context.task.launch_type == FARGATE && !by_execution_role(of) {
            return Err(NotPulled::NoLogin(reference));
        }
        let api = self.identity(context, of).await;
        let api = api.ok_or(NotPulled::NoRole)?;
        let Login { user, password } = self.logins.get(&api).await?;
        let auth = RegistryAuth::Basic { user, password };
        Ok(PullRequest {
            reference,
            endpoint,
            auth,
        })
    }

    /// What an image of the public gallery is pulled with. Anybody may; a node that says who it is may as
    /// often as it has to.
    async fn visit(&self) -> RegistryAuth {
        match self.logins.get(&self.api).await {
            Ok(Login { user, password }) => RegistryAuth::Basic { user, password },
            Err(_) => RegistryAuth::Anonymous,
        }
    }

    /// The login that the container's `repositoryCredentials` name.
    async fn login_of_secret(
        &self,
        context: &TaskContext,
        from: &AsmAuthData,
    ) -> Result<Login, NotPulled> {
        let api = execution_role(context, &self.credentials, &self.api).await;
        let api = api.ok_or(NotPulled::NoRole)?;
        let of = SecretVersion {
            id: from.credentials_parameter.clone(),
            region: match from.region.as_str() {
                "" => api.region().to_owned(),
                region => region.to_owned(),
            },
            ..SecretVersion::default()
        };
        let step = match context.task.launch_type.as_str() {
            FARGATE => {
                "ResourceInitializationError: unable to pull secrets or registry auth: execution \
                 resource retrieval failed: unable to get registry auth from asm"
            }
            _ => "CannotPullContainerError",
        };
        let value = fetch::secret(&api, &of).await;
        let value = value.map_err(|error| NotPulled::Secret {
            step,
            id: of.id.clone(),
            source: Box::new(error),
        })?;
        let login = value.expose_str().and_then(reference::login);
        let bad = || NotPulled::BadSecret {
            step,
            id: of.id.clone(),
        };
        let (user, password) = login.ok_or_else(bad)?;
        Ok(Login { user, password })
    }

    /// The execution role if the container says so, else the node.
    async fn identity(&self, context: &TaskContext, of: &Container) -> Option<Api> {
        if !by_execution_role(of) {
            return Some(self.api.clone());
        }
        execution_role(context, &self.credentials, &self.api).await
    }
}

/// Where the login for the container's registry is, if it has one of its own.
fn private_login(of: &Container) -> Option<&AsmAuthData> {
    let authentication = of.registry_authentication.as_ref();
    let of_secret = authentication.filter(|a| a.kind == "asm");
    of_secret?.asm_auth_data.as_ref()
}

/// Whether the image is pulled with the rights of the task's execution role.
fn by_execution_role(of: &Container) -> bool {
    let by_role = |a: &RegistryAuthentication| {
        a.ecr_auth_data
            .as_ref()
            .is_some_and(|data| data.use_execution_role)
    };
    of.registry_authentication.as_ref().is_some_and(by_role)
}

/// Calls with the credentials of the task's execution role, waited for up to a minute.
pub async fn execution_role(
    context: &TaskContext,
    credentials: &CredentialStore,
    api: &Api,
) -> Option<Api> {
    let id = context.execution_credentials_id.as_deref()?;
    let found = timeout(CREDENTIALS_PATIENCE, credentials.wait_for(id))
        .await
        .ok()?;
    Some(
        api.with_keys(found.signing_keys())
            .in_region(context.region(api.region())),
    )
}

/// What lies here of an image that no registry was asked for: a tag may mean another one by now.
fn unasked(reference: &Reference, image: Image) -> Fetched {
    Fetched {
        image,
        remotely: false,
        confirmed: reference.digest().is_some(),
    }
}

/// What lies on the node, if the registry did not say no.
fn or_local(
    error: NotPulled,
    reference: &Reference,
    local: Option<Image>,
) -> Result<Fetched, NotPulled> {
    match local {
        Some(image) if error.is_unreachable() => {
            tracing::warn!(%error, "pulling an image failed; using the one on this node");
            Ok(unasked(reference, image))
        }
        _ => Err(error),
    }
}

#[cfg(test)]
mod tests;
