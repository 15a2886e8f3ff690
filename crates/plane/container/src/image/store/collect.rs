//! Images that nobody needs any more, and layers that no image needs, are removed.

use std::{
    collections::BTreeSet,
    time::{Duration, SystemTime},
};

use super::{
    super::{digest::Digest, error::ImageError, layer},
    Inner,
    records::{ImageRecord, remove_file},
};

/// Which images may go.
#[derive(Debug, Clone)]
pub struct GarbageRules {
    /// In use, whatever their age.
    pub keep: BTreeSet<Digest>,
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

/// `records`: with when each was last used, the least recently used first.
fn choose(
    records: Vec<(SystemTime, ImageRecord)>,
    rules: &GarbageRules,
    now: SystemTime,
) -> Chosen {
    let mut chosen = Chosen {
        unneeded: Vec::new(),
        layers: BTreeSet::new(),
    };
    for (used, record) in records {
        let idle = now.duration_since(used).unwrap_or_default() >= rules.unused_for;
        if !idle || rules.keep.contains(&record.digest) || chosen.unneeded.len() >= rules.at_most {
            chosen.layers.extend(record.layers);
        } else {
            chosen.unneeded.push(record.digest);
        }
    }
    chosen
}

impl Inner {
    pub(super) fn collect(&self, rules: &GarbageRules) -> Result<Collected, ImageError> {
        let mut removals = self.removals();
        *removals += 1;
        let mut collected = Collected::default();
        let names = self.names()?;
        let Chosen { unneeded, layers } = choose(self.records()?, rules, SystemTime::now());
        for digest in unneeded {
            for name in names.get(&digest).into_iter().flatten() {
                remove_file(&self.reference_path(name))?;
            }
            remove_file(&self.image_path(&digest))?;
            collected.images.push(digest);
        }
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
        let chosen = |keep: &[char], unused_for: u64, at_most: usize| {
            let records = vec![
                image('a', 100, &['1', '2']),
                image('b', 200, &['2', '3']),
                image('c', 900, &['4']),
            ];
            let rules = GarbageRules {
                keep: keep.iter().map(|it| digest(*it)).collect(),
                unused_for: Duration::from_secs(unused_for),
                at_most,
            };
            let chosen = choose(records, &rules, now);
            let text = |it: &Digest| it.hex().chars().next().unwrap_or_default();
            let unneeded: String = chosen.unneeded.iter().map(text).collect();
            let layers: String = chosen.layers.iter().map(text).collect();
            (unneeded, layers)
        };
        for (keep, unused_for, at_most, unneeded, layers) in [
            (&[][..], 500, 9, "ab", "4"),
            (&[], 500, 1, "a", "234"),
            (&['a'], 500, 9, "b", "124"),
            (&[], 850, 9, "a", "234"),
            (&[], 0, 9, "abc", ""),
            (&[], 2000, 9, "", "1234"),
        ] {
            let expected = (unneeded.to_owned(), layers.to_owned());
            assert_eq!(chosen(keep, unused_for, at_most), expected);
        }
    }
}
