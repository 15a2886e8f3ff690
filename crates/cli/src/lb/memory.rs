//! What the load balancers found of their targets, on disk: the process after this one routes by it
//! until its own checks have said something.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use tokio::sync::watch;
use wharf_durable::{self as durable, Durability};
use wharf_planeproto::report::TargetHealth;

/// In the node's folder.
const FILE: &str = "load-balancer-health.json";
/// Bytes that are read; a target takes some 200.
const MOST_BYTES: u64 = 64 << 20;
/// Between two writes.
const SAVE_EVERY: Duration = Duration::from_millis(50);

/// Where it is kept, given the node's folder.
pub fn file(node_dir: &Path) -> PathBuf {
    node_dir.join(FILE)
}

/// What was kept last; nothing if that cannot be read, since the checks will tell.
pub fn load(path: &Path) -> Vec<TargetHealth> {
    match durable::read_json(path, MOST_BYTES) {
        Ok(known) => known.unwrap_or_default(),
        Err(error) => {
            tracing::warn!(path = %path.display(), %error, "the last known health of targets is not used");
            Vec::new()
        }
    }
}

/// Keeps what is known, for ever. It matters when this process is killed, hardly after the machine
/// was.
pub async fn keep(mut known: watch::Receiver<Vec<TargetHealth>>, path: PathBuf) {
    let mut failing = false;
    while known.changed().await.is_ok() {
        let now = known.borrow_and_update().clone();
        let to = path.clone();
        let save = move || durable::replace_json(&to, &now, Durability::Process);
        let saved = tokio::task::spawn_blocking(save);
        let saved = saved.await.unwrap_or_else(|error| Err(error.into()));
        if let Err(error) = &saved
            && !failing
        {
            tracing::warn!(path = %path.display(), %error, "the health of targets cannot be kept on disk");
        }
        failing = saved.is_err();
        tokio::time::sleep(SAVE_EVERY).await;
    }
    std::future::pending().await
}

#[cfg(test)]
mod tests {
    use wharf_planeproto::{balancer::TargetRef, report::TargetState};

    use super::*;

    #[tokio::test]
    async fn what_was_kept_is_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = file(folder.path());
        assert_eq!(load(&path), []);
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
        let keeping = tokio::spawn(keep(receiver, path.clone()));
        sender.send_replace(known.clone());
        while load(&path) != known {
            tokio::task::yield_now().await;
        }
        keeping.abort();
    }

    #[test]
    fn damage_is_no_hindrance() {
        let folder = tempfile::tempdir().unwrap();
        let path = file(folder.path());
        for damaged in ["", "{", "[{}]", "[1, 2"] {
            std::fs::write(&path, damaged).unwrap();
            assert_eq!(load(&path), [], "{damaged}");
        }
    }
}
