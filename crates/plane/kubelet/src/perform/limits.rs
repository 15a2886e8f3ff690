//! Volumes that begin empty, on the node's disk, may hold what their `sizeLimit` says: a pod that has more in one is evicted. Looked at
//! now and then, as upstream does, so for a moment there may be more.

use std::{path::Path, sync::Arc, time::Duration};

use serde_json::Value;
use tokio::{sync::mpsc, time::sleep};

use super::volumes::volumes_of;
use crate::{
    disk_use,
    pod::{Pod, Volume},
    quantity,
    state::Event,
    worker::Context,
};

/// As often as upstream's nodes look.
const EVERY: Duration = Duration::from_secs(10);

/// Bytes, and the limit as it was written.
fn limit(of: &Volume) -> Option<(u64, String)> {
    let dir = of.empty_dir.as_ref()?;
    let told = dir.size_limit.as_ref()?;
    let bytes = quantity::whole(told).and_then(|it| u64::try_from(it).ok());
    let shown = match told {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let is_on_disk = matches!(dir.medium.as_deref(), None | Some(""));
    let bytes = bytes.filter(|it| *it > 0 && is_on_disk)?;
    Some((bytes, shown))
}

pub fn has_any(pod: &Pod) -> bool {
    pod.spec.volumes.iter().any(|it| limit(it).is_some())
}

/// Until one of the pod's volumes holds too much.
pub async fn keep_limits(context: Arc<Context>, tell: mpsc::Sender<Event>) {
    loop {
        sleep(EVERY).await;
        let (pod, dir) = (context.pod.lock().clone(), volumes_of(&context));
        let looked = tokio::task::spawn_blocking(move || exceeded(&pod, &dir)).await;
        match looked {
            Ok(Some(message)) => {
                let for_node = false;
                let _ = tell.send(Event::Evicted { message, for_node }).await;
                return;
            }
            Ok(None) => {}
            Err(error) => {
                tracing::warn!(%error, "failed to look what volumes hold; will retry");
            }
        }
    }
}

fn exceeded(pod: &Pod, volumes: &Path) -> Option<String> {
    pod.spec.volumes.iter().find_map(|volume| {
        let (most, shown) = limit(volume)?;
        let used = match disk_use::of(&volumes.join(&volume.name), most) {
            Ok(used) => used.bytes,
            Err(error) => {
                let (pod, volume) = (pod.full_name(), &volume.name);
                tracing::warn!(pod, volume, %error, "failed to look what a volume holds; will retry");
                return None;
            }
        };
        let name = &volume.name;
        // As upstream words it, with what is at its end.
        let text = || format!("Usage of EmptyDir volume \"{name}\" exceeds the limit \"{shown}\". ");
        (used > most).then(text)
    })
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::symlink};

    use serde_json::json;

    use super::*;

    fn pod(limit: Value) -> Pod {
        let volumes = json!([{"name": "v", "emptyDir": limit}]);
        Pod::read(&json!({"metadata": {"name": "p"}, "spec": {"volumes": volumes}})).unwrap()
    }

    #[test]
    fn what_a_volume_holds_is_counted_once_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let volume = dir.path().join("v");
        let deep = volume.join("a/b");
        fs::create_dir_all(&deep).unwrap();
        let other = dir.path().join("other");
        fs::write(&other, vec![1; 1 << 20]).unwrap();
        symlink(&other, volume.join("link")).unwrap();
        symlink(dir.path(), volume.join("folder")).unwrap();
        fs::write(deep.join("file"), vec![1; 256 << 10]).unwrap();
        fs::hard_link(deep.join("file"), volume.join("again")).unwrap();
        let used = disk_use::of(&volume, u64::MAX).unwrap().bytes;
        assert!((256 << 10..400 << 10).contains(&used), "{used}");
        let told = |limit: Value| exceeded(&pod(limit), dir.path());
        assert_eq!(told(json!({"sizeLimit": "1Mi"})), None);
        assert_eq!(told(json!({"sizeLimit": 0})), None);
        assert_eq!(told(json!({})), None);
        assert_eq!(told(json!({"medium": "Memory", "sizeLimit": "1Ki"})), None);
        let text = "Usage of EmptyDir volume \"v\" exceeds the limit \"100Ki\". ";
        assert_eq!(told(json!({"sizeLimit": "100Ki"})).as_deref(), Some(text));
        assert!(has_any(&pod(json!({"sizeLimit": "1Mi"}))));
        assert!(!has_any(&pod(
            json!({"medium": "Memory", "sizeLimit": "1Mi"})
        )));
    }
}
