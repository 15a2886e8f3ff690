//! Images that nobody needs any more, and layers that no image needs, are removed.

use std::{
    collections::BTreeSet,
    path::PathBuf,
    time::{Duration, SystemTime},
};

use super::{
    super::{digest::Digest, error::ImageError, layer},
    Inner,
    records::{ImageRecord, remove_file},
};
use crate::runtime::layers_in_use;

/// Which images may go.
#[derive(Debug, Clone)]
pub struct GarbageRules {
    /// In use, whatever their age.
    pub keep: BTreeSet<Digest>,
    /// Folders of runtimes ([`RuntimeOptions::dir`](crate::runtime::RuntimeOptions::dir)). What their containers are made of is
    /// in use as well, whoever knows of them.
    pub runtimes: Vec<PathBuf>,
    pub unused_for: Duration,
    /// The least recently used ones first.
    pub at_most: usize,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Collected {
    pub images: Vec<Digest>,
    pub layers: usize,
}

/// Which images go, and which layers stay.
struct Chosen {
    unneeded: Vec<Digest>,
    layers: BTreeSet<Digest>,
}

/// `records`: with when each was last used, the least recently used first. `in_use`: layers that containers have.
fn choose(
    records: Vec<(SystemTime, ImageRecord)>,
    rules: &GarbageRules,
    in_use: &BTreeSet<Digest>,
    now: SystemTime,
) -> Chosen {
    let mut chosen = Chosen {
        unneeded: Vec::new(),
        layers: in_use.clone(),
    };
    // Which of the images with all of its layers a container was made of, it does not say; none takes room.
    let is_run = |record: &ImageRecord| {
        let mut layers = record.layers.iter();
        !record.layers.is_empty() && layers.all(|it| in_use.contains(it))
    };
    for (used, record) in records {
        let idle = now.duration_since(used).unwrap_or_default() >= rules.unused_for;
        let is_kept = rules.keep.contains(&record.digest) || is_run(&record);
        if !idle || is_kept || chosen.unneeded.len() >= rules.at_most {
            chosen.layers.extend(record.layers);
        } else {
            chosen.unneeded.push(record.digest);
        }
    }
    chosen
}

/// The layers that containers have. Where a layer lies, and where it is shown, the last of its path is its digest.
fn in_use(runtimes: &[PathBuf]) -> Result<BTreeSet<Digest>, ImageError> {
    let mut layers = BTreeSet::new();
    for runtime in runtimes {
        let found = layers_in_use(runtime);
        let found = found.map_err(ImageError::io("look for containers in", runtime))?;
        let names = found.iter().filter_map(|path| path.file_name()?.to_str());
        layers.extend(names.filter_map(|name| Digest::from_hex(name).ok()));
    }
    Ok(layers)
}

impl Inner {
    pub(super) fn collect(&self, rules: &GarbageRules) -> Result<Collected, ImageError> {
        let in_use = in_use(&rules.runtimes)?;
        let mut removals = self.removals();
        *removals += 1;
        let mut collected = Collected::default();
        let layers = self.collect_images(rules, &in_use, &mut collected)?;
        for path in self.files("layers")? {
            let stem = path
                .file_stem()
                .and_then(|stem| stem.to_str())
                .unwrap_or_default();
            if let Ok(diff_id) = Digest::from_hex(stem)
                && !layers.contains(&diff_id)
            {
                // First what makes it trusted, then the layer itself.
                remove_file(&path)?;
                layer::discard(&self.layer_path(&diff_id));
                collected.layers += 1;
            }
        }
        if let Some(lazies) = &self.lazies {
            lazies.collect(&self.dir, |diff_id| layers.contains(diff_id));
        }
        Ok(collected)
    }

    /// Removes those; the layers that stay.
    fn collect_images(
        &self,
        rules: &GarbageRules,
        in_use: &BTreeSet<Digest>,
        collected: &mut Collected,
    ) -> Result<BTreeSet<Digest>, ImageError> {
        let _records = self.records.lock();
        let names = self.names()?;
        let Chosen { unneeded, layers } = choose(self.records()?, rules, in_use, SystemTime::now());
        for digest in unneeded {
            for name in names.get(&digest).into_iter().flatten() {
                remove_file(&self.reference_path(name))?;
            }
            remove_file(&self.image_path(&digest))?;
            collected.images.push(digest);
        }
        Ok(layers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_recently_used_go_first_and_shared_layers_stay() {
        let digest = |it: char| Digest::from_hex(&it.to_string().repeat(64)).unwrap();
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1000);
        let image = |name: char, used: u64, layers: &[char]| {
            let record = ImageRecord {
                digest: digest(name),
                config: Default::default(),
                layers: layers.iter().map(|it| digest(*it)).collect(),
                sources: BTreeSet::new(),
                claims: BTreeSet::new(),
            };
            (SystemTime::UNIX_EPOCH + Duration::from_secs(used), record)
        };
        let chosen = |keep: &[char], in_use: &[char], unused_for: u64, at_most: usize| {
            let records = vec![
                image('a', 100, &['1', '2']),
                image('b', 200, &['2', '3']),
                image('c', 900, &['4']),
                image('d', 950, &[]),
            ];
            let rules = GarbageRules {
                keep: keep.iter().map(|it| digest(*it)).collect(),
                runtimes: Vec::new(),
                unused_for: Duration::from_secs(unused_for),
                at_most,
            };
            let in_use = in_use.iter().map(|it| digest(*it)).collect();
            let chosen = choose(records, &rules, &in_use, now);
            let text = |it: &Digest| it.hex().chars().next().unwrap_or_default();
            let unneeded: String = chosen.unneeded.iter().map(text).collect();
            let layers: String = chosen.layers.iter().map(text).collect();
            (unneeded, layers)
        };
        for (keep, in_use, unused_for, at_most, unneeded, layers) in [
            (&[][..], &[][..], 500, 9, "ab", "4"),
            (&[], &[], 500, 1, "a", "234"),
            (&['a'], &[], 500, 9, "b", "124"),
            (&[], &[], 850, 9, "a", "234"),
            (&[], &[], 0, 9, "abcd", ""),
            (&[], &[], 2000, 9, "", "1234"),
            // A container has all of one image, and a part of another.
            (&[], &['1', '2'], 0, 9, "bcd", "12"),
            // Of an image whose record is gone, or of something else.
            (&[], &['2', '9'], 0, 9, "abcd", "29"),
        ] {
            let expected = (unneeded.to_owned(), layers.to_owned());
            assert_eq!(chosen(keep, in_use, unused_for, at_most), expected);
        }
    }
}
