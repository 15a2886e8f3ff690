//! What the load balancers found out, on disk for the process after this one: it routes by the health
//! of targets until its own checks have said something, and leaves ports to the programs that had
//! them.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use serde::{Serialize, de::DeserializeOwned};
use tokio::sync::watch;
use wharf_durable::{self as durable, Durability};

/// In the node's folder.
pub const HEALTH: &str = "load-balancer-health.json";
pub const PORTS: &str = "load-balancer-ports.json";
/// Bytes that are read; a target takes some 200.
const MOST_BYTES: u64 = 64 << 20;
/// Between two writes.
const SAVE_EVERY: Duration = Duration::from_millis(50);

/// What was kept last; nothing if that cannot be read, since it will be found out again.
pub fn load<T: DeserializeOwned + Default>(path: &Path) -> T {
    match durable::read_json(path, MOST_BYTES) {
        Ok(known) => known.unwrap_or_default(),
        Err(error) => {
            tracing::warn!(path = %path.display(), %error, "failed to load what the load balancer had learned; starting without it");
            T::default()
        }
    }
}

/// Keeps what is known, for ever.
pub async fn keep<T>(mut known: watch::Receiver<T>, path: PathBuf, durability: Durability)
where
    T: Serialize + Clone + Send + Sync + 'static,
{
    let mut failing = false;
    while known.changed().await.is_ok() {
        let now = known.borrow_and_update().clone();
        let to = path.clone();
        let save = move || durable::replace_json(&to, &now, durability);
        let saved = tokio::task::spawn_blocking(save);
        let saved = saved.await.unwrap_or_else(|error| Err(error.into()));
        if let Err(error) = &saved
            && !failing
        {
            tracing::warn!(path = %path.display(), %error, "failed to save what the load balancer learned");
        }
        failing = saved.is_err();
        tokio::time::sleep(SAVE_EVERY).await;
    }
    std::future::pending().await
}

#[cfg(test)]
mod tests {
    use wharf_planeproto::{
        balancer::TargetRef,
        report::{TargetHealth, TargetState},
    };

    use super::*;

    #[tokio::test]
    async fn what_was_kept_is_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(HEALTH);
        assert_eq!(load::<Vec<TargetHealth>>(&path), []);
        let known = vec![TargetHealth {
            target: TargetRef {
                group: "arn:tg".to_owned(),
                id: "10.0.0.1".to_owned(),
                port: 80,
            },
            state: TargetState::Unhealthy,
            reason: Some("Target.Timeout".to_owned()),
            description: None,
        }];
        let (sender, receiver) = watch::channel(Vec::new());
        let keeping = tokio::spawn(keep(receiver, path.clone(), Durability::Process));
        sender.send_replace(known.clone());
        while load::<Vec<TargetHealth>>(&path) != known {
            tokio::task::yield_now().await;
        }
        keeping.abort();
    }

    #[test]
    fn damage_is_no_hindrance() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(HEALTH);
        for damaged in ["", "{", "[{}]", "[1, 2"] {
            std::fs::write(&path, damaged).unwrap();
            assert_eq!(load::<Vec<TargetHealth>>(&path), [], "{damaged}");
        }
    }
}
