//! From a folder into the registry.

use std::collections::BTreeSet;

use indicatif::ProgressBar;
use wharf_blobs::Digest;

use super::{
    Report, bar,
    layout::Folder,
    manifest::{Descriptor, Manifest},
    registry::Registry,
    show,
};
use crate::problem::Problem;

/// Indexes within indexes: deeper ones are nobody's.
const MAX_DEPTH: usize = 8;

pub async fn run(registry: &mut Registry, folder: &Folder) -> Result<Report, Problem> {
    let images: Vec<(&Descriptor, Option<&str>)> = folder.images().collect();
    let bar = bar(images.len());
    let mut import = Import {
        registry,
        folder,
        manifests: BTreeSet::new(),
        blobs: BTreeSet::new(),
        report: Report::default(),
        bar: bar.clone(),
        shown: String::new(),
    };
    for (descriptor, tag) in images {
        let name = tag.unwrap_or(&descriptor.digest);
        show(&bar, name, import.report.bytes);
        name.clone_into(&mut import.shown);
        if !import.image(descriptor, tag).await? {
            let text = "not all that it lists is in the folder";
            bar.suspend(|| eprintln!("wharf: {name} was left out: {text}"));
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    import.report.images = import.manifests.len();
    Ok(import.report)
}

struct Import<'a> {
    registry: &'a mut Registry,
    folder: &'a Folder,
    /// Put, or there already.
    manifests: BTreeSet<Digest>,
    blobs: BTreeSet<Digest>,
    report: Report,
    bar: ProgressBar,
    /// The tag or digest of the image that is under way.
    shown: String,
}

impl Import<'_> {
    /// What the manifest names first, so that nothing incomplete is ever seen. `false`: an index of which the folder
    /// has only a part, such as one that was pulled through for one platform; no registry takes that.
    async fn image(&mut self, descriptor: &Descriptor, tag: Option<&str>) -> Result<bool, Problem> {
        if !self.tree(descriptor, 0).await? {
            return Ok(false);
        }
        if let Some(tag) = tag {
            let digest = descriptor.digest()?;
            let text = self.folder.manifest(&digest)?;
            let kind = kind_of(descriptor, &text)?;
            self.registry
                .put_manifest(tag, &digest, &kind, text)
                .await?;
        }
        Ok(true)
    }

    /// Whether all of it is there now.
    async fn tree(&mut self, descriptor: &Descriptor, depth: usize) -> Result<bool, Problem> {
        let digest = descriptor.digest()?;
        if self.manifests.contains(&digest) {
            return Ok(true);
        }
        if depth > MAX_DEPTH {
            return Err(Problem::other(format!(
                "indexes list each other more than {MAX_DEPTH} deep"
            )));
        }
        let text = self.folder.manifest(&digest)?;
        let manifest = Manifest::read(&text)?;
        for blob in manifest.blobs() {
            self.blob(blob).await?;
        }
        let mut whole = true;
        for child in &manifest.manifests {
            let here = self.folder.path(&child.digest()?).exists();
            whole &= here && Box::pin(self.tree(child, depth + 1)).await?;
        }
        if !whole {
            return Ok(false);
        }
        let kind = kind_of(descriptor, &text)?;
        self.registry
            .put_manifest(&descriptor.digest, &digest, &kind, text)
            .await?;
        self.manifests.insert(digest);
        Ok(true)
    }

    async fn blob(&mut self, blob: &Descriptor) -> Result<(), Problem> {
        let digest = blob.digest()?;
        if !self.blobs.insert(digest) {
            return Ok(());
        }
        if self.registry.has_blob(&digest).await? {
            self.report.kept += 1;
            return Ok(());
        }
        let (bar, shown, before) = (self.bar.clone(), self.shown.clone(), self.report.bytes);
        let told = move |sent| show(&bar, &shown, before + sent);
        let file = self.folder.path(&digest);
        self.report.bytes += self.registry.put_blob(&digest, &file, told).await?;
        self.report.blobs += 1;
        Ok(())
    }
}

/// What the manifest calls itself, else what is said of it.
fn kind_of(descriptor: &Descriptor, text: &[u8]) -> Result<String, Problem> {
    let own = Manifest::read(text)?.media_type;
    Ok(own.unwrap_or_else(|| descriptor.media_type.clone()))
}
