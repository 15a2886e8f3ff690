//! Images of pods: asked of registries with the logins that the pod names, or the rights of the instance's role. Whether the pod's name for an image may be had is asked
//! every time, since what lies on this machine others may have pulled.

use std::time::Instant;

use async_trait::async_trait;
use tokio::{sync::broadcast, time::timeout};
use wharf_container::image::{
    Endpoint, Image, ImageDisk, OnDemandEvent, PullError, PullRequest, Reference, RegistryAuth,
};
use wharf_kubelet::machine::{Images, Login, NoImage, Progress, Pull, PullPolicy, Took};

use super::{LoginError, PULL_PATIENCE, RegistryImages, Turn, registry};

/// Images for the pods of one instance.
pub struct PodImages(pub RegistryImages);

fn failed(message: String) -> NoImage {
    NoImage {
        reason: "ErrImagePull",
        message,
    }
}

fn not_present(name: &str) -> NoImage {
    NoImage {
        reason: "ErrImageNeverPull",
        message: format!("Container image \"{name}\" is not present with pull policy of Never"),
    }
}

#[async_trait]
impl Images for PodImages {
    async fn fetch(&self, user: &str, pull: Pull<'_>) -> Result<Image, NoImage> {
        let (of, name, wanted_at) = (&self.0, pull.name, Instant::now());
        let told = |progress: Progress| {
            let waited = wanted_at.elapsed();
            (pull.told)(match progress {
                Progress::Done(took) => Progress::Done(Took { waited, ..took }),
                begun => begun,
            });
        };
        let pull = Pull {
            told: &told,
            ..pull
        };
        let turn = Turn::of(&of.pulling, name);
        let _turn = turn.lock().await;
        let reference = Reference::parse(name).map_err(|error| NoImage {
            reason: "InvalidImageName",
            message: format!(
                "Failed to apply default image tag \"{name}\": couldn't parse image name: {error}"
            ),
        })?;
        let local = of.store.local(&reference).await;
        let local = local.map_err(|e| failed(e.to_string()))?;
        let image = self.fetch_as_one(&reference, pull, local).await?;
        let key = format!("{user}/{}", image.digest());
        of.kept.lock().insert(key, image.digest().clone());
        Ok(image)
    }

    fn forget(&self, user: &str) {
        let prefix = format!("{user}/");
        let mut kept = self.0.kept.lock();
        kept.retain(|key, _| !key.starts_with(&prefix));
    }

    async fn disk(&self) -> Option<ImageDisk> {
        let disk = self.0.store.disk().await;
        disk.inspect_err(
            |error| tracing::warn!(%error, "failed to look at the disk of images; will retry"),
        )
        .ok()
    }

    fn note_user(&self, image: &Image, user: &str) {
        self.0.store.note_user(image, user);
    }

    fn on_demand_events(&self) -> Option<broadcast::Receiver<OnDemandEvent>> {
        // Who waited before is asked for by those who look after running pods.
        let (_, events) = self.0.store.on_demand_events()?;
        Some(events)
    }
}

impl PodImages {
    /// As the first of those who may ask that gets it: whom the pod names, and the node.
    async fn fetch_as_one(
        &self,
        reference: &Reference,
        pull: Pull<'_>,
        local: Option<Image>,
    ) -> Result<Image, NoImage> {
        let of = &self.0;
        let port = of.api.endpoint().port;
        let own = registry::is_own(reference.host(), port, &of.own_hosts);
        // Asked from the machine's own network, where some answer that are nobody's registry.
        if !own && is_of_machine(reference.host()) {
            let text =
                format!("the registry of \"{reference}\" is an address of the machine itself");
            return Err(failed(text));
        }
        if pull.policy == PullPolicy::Never && local.is_none() {
            return Err(not_present(pull.name));
        }
        let mut refused = None;
        for Login { user, password } in pull.logins.iter().cloned() {
            let auth = RegistryAuth::Basic { user, password };
            match self.try_one(reference, own, auth, pull, &local).await {
                Ok(image) => return Ok(image),
                Err(no) => refused = Some(no),
            }
        }
        match refused {
            // Where there are logins, nobody is asked without.
            Some(no) if !own => Err(no),
            _ => match self.own_login(reference, own).await {
                Ok(auth) => self.try_one(reference, own, auth, pull, &local).await,
                Err(error) => {
                    let may_be_old = error.is_unanswered() && pull.policy != PullPolicy::Always;
                    match local.filter(|_| may_be_old) {
                        Some(image) => Ok(image),
                        None if pull.policy == PullPolicy::Never => Err(not_present(pull.name)),
                        None => Err(failed(format!(
                            "failed to log in to the registry of \"{reference}\": {error}"
                        ))),
                    }
                }
            },
        }
    }

    async fn try_one(
        &self,
        reference: &Reference,
        own: bool,
        auth: RegistryAuth,
        pull: Pull<'_>,
        local: &Option<Image>,
    ) -> Result<Image, NoImage> {
        let (of, asked_at) = (&self.0, Instant::now());
        let Pull { name, policy, .. } = pull;
        let request = PullRequest {
            reference: reference.clone(),
            endpoint: own.then(|| Endpoint {
                base: of.api.endpoint().to_string(),
            }),
            auth,
        };
        if policy == PullPolicy::Never {
            let present = self.without_pull(&request, local.as_ref()).await;
            return present.ok_or_else(|| not_present(name));
        }
        // One that is asked for each time is pulled, though nothing of it may have to come.
        let is_asked_for = policy == PullPolicy::Always;
        if is_asked_for {
            (pull.told)(Progress::Begun);
        }
        if let Some(image) = of.current(&request, local.as_ref()).await {
            if is_asked_for {
                self.tell(pull, &image, asked_at).await;
            }
            return Ok(image);
        }
        (pull.told)(Progress::Begun);
        match timeout(PULL_PATIENCE, self.pull(&request)).await {
            Ok(Ok(image)) => {
                self.tell(pull, &image, asked_at).await;
                Ok(image)
            }
            Ok(Err(error)) => {
                // If the login was why, the next pull asks for a new one.
                of.logins.forget(&of.api);
                let may_be_old = error.is_unreachable() && policy == PullPolicy::IfNotPresent;
                match local.clone().filter(|_| may_be_old) {
                    Some(image) => Ok(image),
                    None => {
                        let reason = error.reason();
                        Err(failed(format!(
                            "failed to pull and unpack image \"{name}\": {reason}"
                        )))
                    }
                }
            }
            Err(_) => Err(failed(format!("pulling {name} took too long"))),
        }
    }

    async fn tell(&self, pull: Pull<'_>, image: &Image, asked_at: Instant) {
        let time = asked_at.elapsed();
        let bytes = self.0.store.bytes(image).await;
        (pull.told)(Progress::Done(Took {
            time,
            waited: time,
            bytes,
        }));
    }

    /// What lies here under the name, whatever the name means at its registry now, unless that says that it may not be had.
    async fn without_pull(&self, request: &PullRequest, local: Option<&Image>) -> Option<Image> {
        let (store, local) = (&self.0.store, local?);
        match store.resolve(request).await {
            // Whoever gets the manifest may have what came from its repository.
            Ok(_) => store.pulled_before(request, local.digest()).await.ok()?,
            Err(error) => error.is_unreachable().then(|| local.clone()),
        }
    }

    async fn pull(&self, request: &PullRequest) -> Result<Image, PullError> {
        let of = &self.0;
        match of.on_demand {
            true => of.store.pull_on_demand(request).await,
            false => of.store.pull(request).await,
        }
    }

    /// What the node itself asks with.
    async fn own_login(
        &self,
        reference: &Reference,
        own: bool,
    ) -> Result<RegistryAuth, LoginError> {
        let of = &self.0;
        if !own {
            return Ok(RegistryAuth::Anonymous);
        }
        if registry::is_public(reference.repository()) {
            return Ok(of.visit().await);
        }
        let super::Login { user, password } = of.logins.get(&of.api).await?;
        Ok(RegistryAuth::Basic { user, password })
    }
}

fn is_of_machine(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    match name.parse::<std::net::IpAddr>() {
        Ok(std::net::IpAddr::V4(ip)) => {
            ip.is_loopback() || ip.is_link_local() || ip.is_unspecified()
        }
        Ok(std::net::IpAddr::V6(ip)) => {
            ip.is_loopback() || ip.is_unspecified() || ip.to_ipv4_mapped().is_some()
        }
        Err(_) => name == "localhost" || name.ends_with(".localhost"),
    }
}
