//! From the registry into a folder.

use std::collections::{BTreeMap, BTreeSet};

use http_body_util::BodyExt;
use indicatif::ProgressBar;
use wharf_blobs::{Digest, Hashing};

use super::{
    Report, bar,
    layout::Folder,
    manifest::{Descriptor, Manifest},
    registry::Registry,
    show,
};
use crate::problem::Problem;

/// Images by their digests, with their tags.
pub type Images = BTreeMap<Digest, BTreeSet<String>>;

/// What of a repository is wanted.
#[derive(Debug, PartialEq, Eq)]
pub enum Wanted {
    All,
    Tag(String),
    Digest(Digest),
}

/// `web`, `web:tag` or `web@sha256:…`.
pub fn parse(of: &str) -> Result<(&str, Wanted), Problem> {
    if let Some((repository, digest)) = of.split_once('@') {
        let digest = digest
            .parse()
            .map_err(|cause| Problem::caused(format!("{digest:?} is not a digest"), cause))?;
        return Ok((repository, Wanted::Digest(digest)));
    }
    Ok(match of.split_once(':') {
        Some((repository, tag)) => (repository, Wanted::Tag(tag.to_owned())),
        None => (of, Wanted::All),
    })
}

pub async fn run(
    registry: &mut Registry,
    wanted: &Wanted,
    folder: &mut Folder,
) -> Result<Report, Problem> {
    let held = held(registry).await?;
    let images = wanted_of(&held, wanted)?;
    let mut export = Export {
        bar: bar(images.len()),
        shown: String::new(),
        held,
        registry,
        folder,
        done: BTreeMap::new(),
        children: BTreeSet::new(),
        report: Report::default(),
    };
    for (digest, tags) in &images {
        let shown = tags
            .iter()
            .next()
            .cloned()
            .unwrap_or_else(|| digest.to_string());
        show(&export.bar, &shown, export.report.bytes);
        export.shown = shown;
        export.tree(*digest).await?;
        export.bar.inc(1);
    }
    export.bar.finish_and_clear();
    let (children, done, mut report) = (export.children, export.done, export.report);
    let mut entries = Vec::new();
    for (digest, tags) in images {
        let Some(descriptor) = done.get(&digest) else {
            continue;
        };
        // What an index lists comes with it.
        if tags.is_empty() && !children.contains(&digest) {
            entries.push((descriptor.clone(), None));
        }
        entries.extend(tags.into_iter().map(|tag| (descriptor.clone(), Some(tag))));
    }
    report.images = done.len();
    folder.add(entries)?;
    Ok(report)
}

/// The images of the repository, with their tags.
pub async fn held(registry: &mut Registry) -> Result<Images, Problem> {
    let mut images = Images::new();
    for id in registry.images().await? {
        let digest = id.image_digest.as_deref().and_then(|it| it.parse().ok());
        if let Some(digest) = digest {
            images.entry(digest).or_default().extend(id.image_tag);
        }
    }
    Ok(images)
}

/// Those that are wanted, with the tags that are.
fn wanted_of(held: &Images, wanted: &Wanted) -> Result<Images, Problem> {
    let mut images = held.clone();
    match wanted {
        Wanted::All => return Ok(images),
        Wanted::Digest(digest) => images.retain(|it, _| it == digest),
        Wanted::Tag(tag) => {
            images.retain(|_, tags| tags.contains(tag));
            images
                .values_mut()
                .for_each(|tags| tags.retain(|it| it == tag));
        }
    }
    match images.is_empty() {
        true => Err(Problem::other(
            "the repository has no such image: `aws ecr list-images --repository-name NAME` shows what it has",
        )),
        false => Ok(images),
    }
}

struct Export<'a> {
    held: Images,
    registry: &'a mut Registry,
    folder: &'a mut Folder,
    /// Manifests that are in the folder with all they name.
    done: BTreeMap<Digest, Descriptor>,
    /// Those that an index lists.
    children: BTreeSet<Digest>,
    report: Report,
    bar: ProgressBar,
    /// The tag or digest of the image that is under way.
    shown: String,
}

impl Export<'_> {
    /// A manifest, all that indexes list below it, and their blobs.
    async fn tree(&mut self, root: Digest) -> Result<(), Problem> {
        let mut open = vec![root];
        while let Some(digest) = open.pop() {
            if self.done.contains_key(&digest) {
                continue;
            }
            let (text, kind) = self.registry.manifest(&digest).await?;
            let manifest = Manifest::read(&text)?;
            for blob in manifest.blobs() {
                self.blob(blob).await?;
            }
            for child in &manifest.manifests {
                let child = child.digest()?;
                // What a repository holds need not be all that an index lists.
                if self.held.contains_key(&child) {
                    self.children.insert(child);
                    open.push(child);
                }
            }
            let mut incoming = self.folder.incoming(&digest)?;
            incoming.write(&text)?;
            incoming.keep()?;
            let descriptor = Descriptor {
                media_type: kind,
                digest: digest.to_string(),
                size: text.len() as u64,
                annotations: None,
                others: Default::default(),
            };
            self.done.insert(digest, descriptor);
        }
        Ok(())
    }

    async fn blob(&mut self, blob: &Descriptor) -> Result<(), Problem> {
        let digest = blob.digest()?;
        if self.folder.has(&digest, blob.size) {
            self.report.kept += 1;
            return Ok(());
        }
        let mut body = self.registry.blob(&digest).await?;
        let mut incoming = self.folder.incoming(&digest)?;
        let mut hash = Hashing::new(digest.algorithm());
        while let Some(frame) = body.frame().await {
            let frame =
                frame.map_err(|cause| Problem::caused(format!("{digest} ended early"), cause))?;
            if let Ok(bytes) = frame.into_data() {
                hash.update(&bytes);
                self.report.bytes += bytes.len() as u64;
                incoming.write(&bytes)?;
                show(&self.bar, &self.shown, self.report.bytes);
            }
        }
        if hash.finish() != digest {
            return Err(Problem::other(format!(
                "the registry sent something else as {digest}"
            )));
        }
        incoming.keep()?;
        self.report.blobs += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_named_as_docker_names_it() {
        assert_eq!(parse("team/web").unwrap(), ("team/web", Wanted::All));
        assert_eq!(
            parse("team/web:1.2").unwrap(),
            ("team/web", Wanted::Tag("1.2".to_owned()))
        );
        let digest = Digest::of(b"it");
        let named = format!("web@{digest}");
        assert_eq!(parse(&named).unwrap(), ("web", Wanted::Digest(digest)));
        assert!(parse("web@sha256:1").is_err());
    }

    #[test]
    fn an_image_that_is_not_there_says_where_to_look() {
        let refused = wanted_of(&Images::new(), &Wanted::Tag("1".to_owned())).unwrap_err();
        assert!(refused.to_string().contains("aws ecr list-images"));
    }
}
