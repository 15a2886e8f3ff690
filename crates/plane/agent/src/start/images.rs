//! The images of the machine, from registries.

use wharf_container::{
    image::{ImageOptions, ImageStore},
    runtime::shims_group,
};
use wharf_layers::Sharing;
use wharf_sealed_file::Program;

use super::{Base, failed};
use crate::{machine::RegistryImages, node::NodeError};

pub async fn open(base: &Base) -> Result<RegistryImages, NodeError> {
    let dir = base.config.data_dir.join("images");
    let sharing = base.config.share_layers.map(|_| {
        let opened = Sharing::open(&dir.join("shelf"), base.clock.clone());
        opened.map_err(failed("the layers that it shares"))
    });
    let store = ImageStore::open(
        &dir,
        base.config.installation.clone(),
        // Where the server is far away its registry is too, behind the same authority.
        ImageOptions {
            tls: base.api.dialer().tls(),
            sharing: sharing.transpose()?,
            // Also where no more layers are to be read so: containers may have some.
            on_demand: Some(Program {
                path: base.config.shim.clone(),
                group: Some(shims_group(&base.config.installation)),
            }),
            ..ImageOptions::default()
        },
    )
    .await
    .map_err(failed("the image store"))?;
    base.config.figures.watch_images(&store);
    Ok(RegistryImages::new(
        store,
        &base.config,
        base.api.clone(),
        base.credentials.clone(),
        base.clock.clone(),
    ))
}
