//! What pods mount: `<node>/efs-mounts/<instance>/<sandbox>.<volume>` has what they do so by. So nothing is left of an instance once its
//! folder is removed, whoever was killed meanwhile.

use std::{fs, io, path::Path};

use async_trait::async_trait;
use wharf_container::runtime::TaskHandle;
use wharf_kube_model::file_volume::FileVolume;
use wharf_kubelet::{linux::PodFiles, machine::Cause};
use wharf_planeproto::file_system::PodMount;

use super::{Asked, Mounts, NotMounted, Wish};
use crate::client::Api;

/// Why a pod has no file system: without the words of ECS.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.reason())]
struct NotForPod(NotMounted);

/// Mounts of the pods of this machine's instances. `api` asks as the machine, which is believed for the instances that it keeps.
#[derive(Clone)]
pub struct PodMounts {
    pub mounts: Mounts,
    pub api: Api,
}

impl PodMounts {
    /// Nothing of any pod of an instance is left.
    pub fn forget_all(&self, instance: &str) -> io::Result<()> {
        self.mounts.forget(instance)
    }
}

#[async_trait]
impl PodFiles for PodMounts {
    async fn mount(
        &self,
        instance: &str,
        (sandbox, volume): (&TaskHandle, &str),
        files: &FileVolume,
        network: &Path,
        place: &Path,
    ) -> Result<(), Cause> {
        let volume = format!("{}.{volume}", sandbox.task_id());
        let wish = Wish {
            owner: instance,
            volume: &volume,
            asked: Asked::Pod(PodMount {
                instance: instance.to_owned(),
                file_system: files.file_system.clone(),
                access_point: files.access_point.clone(),
                root: files.root.clone(),
                encrypted: files.encrypted,
                by_role: files.by_role,
            }),
            read_only: files.read_only,
            // The pod is told of what fails, and tries again by itself.
            tries: 1,
        };
        let range = sandbox.sandbox().user_range;
        let at = (sandbox, place);
        let mounted = self
            .mounts
            .mount_as(&self.api, &wish, network, range, at)
            .await;
        mounted.map_err(|why| NotForPod(why).into())
    }

    fn forget(&self, instance: &str, sandbox: &str) -> io::Result<()> {
        let folder = self.mounts.dir.join(instance);
        let entries = match fs::read_dir(&folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            other => other?,
        };
        let start = format!("{sandbox}.");
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name();
            if name.as_encoded_bytes().starts_with(start.as_bytes()) {
                fs::remove_dir_all(entry.path())?;
            }
        }
        Ok(())
    }
}
