//! Images that EC2 instances are made of. They are asked for with the node's rights, and stay for as long as a disk is
//! written over them.

use async_trait::async_trait;
use tokio::time::timeout;
use wharf_container::image::{Endpoint, Image, PullRequest, Reference, RegistryAuth};

use super::{Login, PULL_PATIENCE, RegistryImages, registry};
use crate::instances::InstanceImages;

#[async_trait]
impl InstanceImages for RegistryImages {
    async fn fetch(&self, instance: &str, name: &str) -> Result<Image, String> {
        let turn = self.turn(name);
        let _turn = turn.lock().await;
        let image = match self.lies_here(name).await {
            Some(image) => image,
            None => self.pull_for_instance(name).await?,
        };
        self.kept.lock().insert(instance.to_owned(), image.clone());
        Ok(image)
    }

    async fn keep(&self, instance: &str, name: &str) {
        if self.kept.lock().contains_key(instance) {
            return;
        }
        if let Some(image) = self.lies_here(name).await {
            self.kept.lock().insert(instance.to_owned(), image);
        }
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

    async fn pull_for_instance(&self, name: &str) -> Result<Image, String> {
        let reference = Reference::parse(name).map_err(|e| e.to_string())?;
        let port = self.api.endpoint().port;
        let own = registry::is_own(reference.host(), port, &self.own_hosts);
        let (endpoint, auth) = if own {
            let Login { user, password } = self
                .logins
                .get(&self.api)
                .await
                .map_err(|e| e.to_string())?;
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
            Ok(Err(error)) => Err(error.reason()),
            Err(_) => Err(format!("pulling {name} took too long")),
        }
    }
}
