//! What the machine can do beside running tasks, as attributes of its node. They are said anew with each registration, so that
//! one ends when it is no longer said.

use super::failed;
use crate::{
    config::NodeConfig,
    file_systems::{CAPABILITIES, FileSystems},
    instances::{ATTRIBUTE, DISK_ATTRIBUTE, Instances},
    machine::room_for_disks,
    node::NodeError,
    volumes::CAPABILITY,
};

pub struct Offer<'a> {
    pub volumes: bool,
    /// Those that lie here.
    pub file_systems: Option<&'a FileSystems>,
    /// Tasks here can mount file systems.
    pub mounts: bool,
    /// Where the operator lets it have any.
    pub instances: Option<&'a Instances>,
}

impl Offer<'_> {
    pub fn attributes(
        &self,
        config: &NodeConfig,
    ) -> Result<Vec<(String, Option<String>)>, NodeError> {
        let mut all = Vec::new();
        if self.volumes {
            all.push((CAPABILITY.to_owned(), None));
        }
        let of_file_systems = self.file_systems.into_iter();
        let of_file_systems = of_file_systems.flat_map(FileSystems::attributes);
        all.extend(of_file_systems.map(|it| (it, None)));
        if self.mounts {
            all.extend(CAPABILITIES.map(|it| (it.to_owned(), None)));
        }
        if let Some(offer) = self.instances.and_then(Instances::offer) {
            let words = Some(offer).filter(|words| !words.is_empty());
            all.push((ATTRIBUTE.to_owned(), words));
            let room = match config.instance_disks {
                Some(bytes) => bytes,
                None => room_for_disks(&config.data_dir).map_err(failed("the disk"))?,
            };
            all.push((DISK_ATTRIBUTE.to_owned(), Some((room >> 20).to_string())));
        }
        Ok(all)
    }
}
