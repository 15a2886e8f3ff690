//! Images of pods: asked of registries with the rights of the instance's role. Whether the pod's name for an image may be had is asked
//! every time, since what lies on this machine others may have pulled.

use std::sync::Arc;

use async_trait::async_trait;
use tokio::{sync::broadcast, time::timeout};
use wharf_container::image::{
    Endpoint, Image, OnDemandEvent, PullError, PullRequest, Reference, RegistryAuth,
};
use wharf_kubelet::machine::{Images, NoImage, PullPolicy};

use super::{Login, PULL_PATIENCE, RegistryImages, Turn, registry};

/// Images for the pods of one instance.
pub struct PodImages(pub RegistryImages);

fn failed(message: String) -> NoImage {
    NoImage {
        reason: "ErrImagePull",
        message,
    }
}

#[async_trait]
impl Images for PodImages {
    async fn fetch(&self, user: &str, name: &str, policy: PullPolicy) -> Result<Image, NoImage> {
        let of = &self.0;
        let turn = Turn::of(&of.pulling, name);
        let _turn = turn.lock().await;
        let reference = Reference::parse(name).map_err(|error| NoImage {
            reason: "InvalidImageName",
            message: format!(
                "Failed to apply default image tag \"{name}\": couldn't parse image name: {error}"
            ),
        })?;
        let request = self.request(reference).await?;
        let local = of.store.local(&request.reference).await;
        let local = local.map_err(|e| failed(e.to_string()))?;
        let image = match of.current(&request, local.as_ref()).await {
            Some(image) => image,
            None if policy == PullPolicy::Never => {
                return Err(NoImage {
                    reason: "ErrImageNeverPull",
                    message: format!(
                        "Container image \"{name}\" is not present with pull policy of Never"
                    ),
                });
            }
            None => match timeout(PULL_PATIENCE, self.pull(&request)).await {
                Ok(Ok(image)) => image,
                Ok(Err(error)) => {
                    // If the login was why, the next pull asks for a new one.
                    of.logins.forget(&of.api);
                    match local
                        .filter(|_| error.is_unreachable() && policy == PullPolicy::IfNotPresent)
                    {
                        Some(image) => image,
                        None => {
                            let reason = error.reason();
                            return Err(failed(format!(
                                "failed to pull and unpack image \"{name}\": {reason}"
                            )));
                        }
                    }
                }
                Err(_) => return Err(failed(format!("pulling {name} took too long"))),
            },
        };
        let key = format!("{user}/{}", image.digest());
        of.kept.lock().insert(key, image.clone());
        Ok(image)
    }

    fn forget(&self, user: &str) {
        let prefix = format!("{user}/");
        self.0
            .kept
            .lock()
            .retain(|key, _| !key.starts_with(&prefix));
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
    async fn pull(&self, request: &PullRequest) -> Result<Image, PullError> {
        let of = &self.0;
        match of.on_demand {
            true => of.store.pull_on_demand(request).await,
            false => of.store.pull(request).await,
        }
    }

    async fn request(&self, reference: Reference) -> Result<PullRequest, NoImage> {
        let of = &self.0;
        let port = of.api.endpoint().port;
        if !registry::is_own(reference.host(), port, &of.own_hosts) {
            // Asked from the machine's own network, where some answer that are nobody's registry.
            if is_of_machine(reference.host()) {
                let text =
                    format!("the registry of \"{reference}\" is an address of the machine itself");
                return Err(failed(text));
            }
            return Ok(PullRequest {
                reference,
                endpoint: None,
                auth: RegistryAuth::Anonymous,
            });
        }
        let auth = if registry::is_public(reference.repository()) {
            of.visit().await
        } else {
            let login = of.logins.get(&of.api).await;
            let Login { user, password } = login.map_err(|error| {
                failed(format!(
                    "failed to log in to the registry of \"{reference}\": {error}"
                ))
            })?;
            RegistryAuth::Basic { user, password }
        };
        Ok(PullRequest {
            reference,
            endpoint: Some(Endpoint {
                base: of.api.endpoint().to_string(),
            }),
            auth,
        })
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

impl RegistryImages {
    pub(super) fn with_identity(&self, api: crate::client::Api) -> Arc<dyn Images> {
        Arc::new(PodImages(Self {
            store: self.store.clone(),
            logins: self.logins.for_another(),
            api,
            credentials: self.credentials.clone(),
            own_hosts: self.own_hosts.clone(),
            cleanup: self.cleanup.clone(),
            figures: self.figures.clone(),
            pulling: self.pulling.clone(),
            kept: self.kept.clone(),
            of_instance: true,
            on_demand: self.on_demand,
        }))
    }
}
