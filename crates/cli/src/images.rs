//! `wharf images export` and `import`: repositories as OCI image layouts, over the registry's own API; and [`index`].
//!
//! ```text
//! DIR/oci-layout               the form's version
//! DIR/index.json               what is in it: a descriptor for each tag and each untagged image
//! DIR/blobs/sha256/<64 hex>    manifests, configurations, layers; sha512/<128 hex> what is named by that
//! ```
//! A folder keeps what it has: a second export brings only what is new, and a tag that moved moves there too. The index
//! is written last, so a folder whose export was cut short is what it was before, with a few blobs more.

mod export;
mod import;
mod index;
mod layout;
mod manifest;
mod registry;

use std::{path::Path, process::ExitCode, time::Duration};

use indicatif::{HumanBytes, ProgressBar, ProgressStyle};

use wharf_container::image::LEAST_LAYER;

use crate::{
    call,
    layout::{Layout, Settings},
    problem::Problem,
    style::Style,
};
use export::Wanted;
use layout::Folder;
use registry::Registry;

/// Manifests are never larger (spec/ecr.md §4).
const MAX_MANIFEST: u64 = 4 << 20;

/// What an export or import came to.
#[derive(Debug, Default)]
struct Report {
    images: usize,
    blobs: usize,
    bytes: u64,
    /// Blobs that the other side had already.
    kept: usize,
}

/// `of`: `web`, `web:tag` or `web@sha256:…`.
pub fn export(
    layout: &Layout,
    region: Option<&str>,
    of: &str,
    dir: &Path,
) -> Result<ExitCode, Problem> {
    let settings = settings(layout, region)?;
    let (repository, wanted) = export::parse(of)?;
    let mut folder = Folder::open_or_create(dir)?;
    let report = call::block_on(async {
        let mut registry = Registry::open(layout, &settings, repository).await?;
        export::run(&mut registry, &wanted, &mut folder).await
    })?;
    said(&report, &format!("{} holds {repository}", dir.display()));
    Ok(ExitCode::SUCCESS)
}

pub fn import(
    layout: &Layout,
    region: Option<&str>,
    dir: &Path,
    repository: &str,
) -> Result<ExitCode, Problem> {
    let settings = settings(layout, region)?;
    let folder = Folder::open(dir)?;
    let report = call::block_on(async {
        registry::create(layout, &settings, repository).await?;
        let mut registry = Registry::open(layout, &settings, repository).await?;
        import::run(&mut registry, &folder).await
    })?;
    said(
        &report,
        &format!("{repository} has what {} holds", dir.display()),
    );
    Ok(ExitCode::SUCCESS)
}

/// `of`: `web:tag`.
pub fn index(layout: &Layout, region: Option<&str>, of: &str) -> Result<ExitCode, Problem> {
    let settings = settings(layout, region)?;
    let (repository, Wanted::Tag(tag)) = export::parse(of)? else {
        let text =
            format!("{of} names no tag: an index is given to one, which means another image then");
        return Err(Problem::other(text));
    };
    let report = call::block_on(async {
        let mut registry = Registry::open(layout, &settings, repository).await?;
        let held = export::held(&mut registry).await?;
        index::run(&mut registry, &tag, &held).await
    })?;
    match report.digest {
        Some(digest) => println!(
            "{} {of} is {digest} now. Indexes of {} layers of {} images take {} bytes.",
            Style::of_stdout().good("Done."),
            report.layers,
            report.images,
            report.bytes
        ),
        None => println!(
            "{} {of} stays as it is: no layer without an index is of {} or more and compressed with gzip.",
            Style::of_stdout().good("Done."),
            HumanBytes(LEAST_LAYER)
        ),
    }
    Ok(ExitCode::SUCCESS)
}

fn settings(layout: &Layout, region: Option<&str>) -> Result<Settings, Problem> {
    let mut settings = layout.settings()?;
    if let Some(region) = region {
        region.clone_into(&mut settings.region);
    }
    Ok(settings)
}

fn said(report: &Report, what: &str) {
    let images = if report.images == 1 {
        "image"
    } else {
        "images"
    };
    println!(
        "{} {what}: {} {images}. Copied {} blobs of {} bytes; {} were there already.",
        Style::of_stdout().good("Done."),
        report.images,
        report.blobs,
        report.bytes,
        report.kept
    );
}

/// Which image is under way, and the bytes that were copied.
fn show(bar: &ProgressBar, image: &str, bytes: u64) {
    bar.set_message(format!("{image}  {}", HumanBytes(bytes)));
}

/// What is under way, on a terminal; nothing elsewhere.
fn bar(images: usize) -> ProgressBar {
    let bar = ProgressBar::new(images as u64);
    let form = "{bar:30} {pos} of {len} images  {msg}";
    bar.set_style(
        ProgressStyle::with_template(form).unwrap_or_else(|_| ProgressStyle::default_bar()),
    );
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}
