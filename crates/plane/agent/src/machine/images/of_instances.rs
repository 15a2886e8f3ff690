//! Images that EC2 instances are made of. Each is asked for with a login for that instance alone, and stays for as long as
//! a disk is written over it.

use std::time::Duration;

use async_trait::async_trait;
use serde::Deserialize;
use tokio::time::timeout;
use wharf_container::image::{Endpoint, Image, PullRequest, Reference, RegistryAuth};

use super::{PULL_PATIENCE, RegistryImages, Turn, registry};
use crate::instances::{InstanceImages, NoInstanceImage};

/// Boots that fail for it are tried again.
const LOGIN_PATIENCE: Duration = Duration::from_secs(20);

#[derive(Deserialize)]
struct LoginFor {
    user: String,
    password: String,
}

#[async_trait]
impl InstanceImages for RegistryImages {
    async fn fetch(
        &self,
        instance: &str,
        name: &str,
        has_lived: bool,
    ) -> Result<Image, NoInstanceImage> {
        let turn = Turn::of(&self.pulling, name);
        let _turn = turn.lock().await;
        let here = match has_lived {
            true => self.lies_here(name).await,
            false => None,
        };
        let image = match here {
            Some(image) => image,
            None => self.pull_for_instance(instance, name).await?,
        };
        let digest = image.digest().clone();
        self.kept.lock().insert(instance.to_owned(), digest);
        Ok(image)
    }

    fn forget(&self, instance: &str) {
        self.kept.lock().remove(instance);
    }
}

impl RegistryImages {
    /// The image that an instance was made of before: nobody's leave is needed for what is on its disk already. Names
    /// without a digest may mean another one by now.
    async fn lies_here(&self, name: &str) -> Option<Image> {
        let reference = Reference::parse(name).ok().filter(|_| name.contains('@'))?;
        self.store.local(&reference).await.ok().flatten()
    }

    async fn pull_for_instance(
        &self,
        instance: &str,
        name: &str,
    ) -> Result<Image, NoInstanceImage> {
        let reference = Reference::parse(name)?;
        let port = self.api.endpoint().port;
        let own = registry::is_own(reference.host(), port, &self.own_hosts);
        let (endpoint, auth) = if own {
            let LoginFor { user, password } = self.login_for(instance).await?;
            let base = self.api.endpoint().to_string();
            (
                Some(Endpoint { base }),
                RegistryAuth::Basic { user, password },
            )
        } else {
            (None, RegistryAuth::Anonymous)
        };
        let request = PullRequest {
            reference,
            endpoint,
            auth,
        };
        match timeout(PULL_PATIENCE, self.store.pull(&request)).await {
            Ok(Ok(image)) => Ok(image),
            Ok(Err(error)) => Err(NoInstanceImage::Pull(Box::new(error))),
            Err(_) => Err(NoInstanceImage::TimedOut(name.to_owned())),
        }
    }

    /// It opens the one repository, by the rights of whoever registered the machine image.
    async fn login_for(&self, instance: &str) -> Result<LoginFor, NoInstanceImage> {
        let path = format!("/wharf/node/instances/{instance}/image");
        let asked = self.api.post_to("GetInstanceImageLogin", &path, "");
        let body = match timeout(LOGIN_PATIENCE, asked).await {
            Ok(Ok(body)) => body,
            Ok(Err(error)) => return Err(NoInstanceImage::Login(error)),
            Err(_) => return Err(NoInstanceImage::NoAnswer),
        };
        serde_json::from_slice(&body).map_err(NoInstanceImage::BadLogin)
    }
}
