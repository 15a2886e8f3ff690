//! Which images a policy takes.
//!
//! Every rule counts all images it is about, those that other rules take among them. An image that
//! a rule is about is out of reach for all rules of higher numbers, whether the rule takes it or
//! not; so each image is taken by at most one rule.

use std::{collections::BTreeSet, time::Duration};

use wharf_base::{Glob, Timestamp};
use wharf_blobs::Digest;

use super::{Action, Class, Count, Policy, Rule, TagSelection};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// What a policy sees of an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Candidate {
    pub digest: Digest,
    pub class: Class,
    pub tags: Vec<String>,
    /// When it was pushed, or came back from the archive: images that come back are as new.
    pub came_at: Timestamp,
    /// The last pull, or else when it came, from a client or from the archive.
    pub used_at: Timestamp,
    /// When it went into the archive, if it is there.
    pub archived_at: Option<Timestamp>,
    /// An index lists it, or it belongs to an image as a signature does: it stays as long as that
    /// does, but is counted.
    pub held: bool,
}

/// An image that a rule takes, as the number of its candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Chosen {
    pub image: usize,
    pub priority: i32,
    pub action: Action,
}

impl Policy {
    /// The images that something becomes of at `now`: by the order of rules, the oldest of each first.
    pub(crate) fn select(&self, images: &[Candidate], now: Timestamp) -> Vec<Chosen> {
        let mut claimed = vec![false; images.len()];
        let mut chosen = Vec::new();
        for rule in &self.rules {
            let about = rule.about(images);
            for image in rule.taken(images, &about, now) {
                if !claimed[image] && !images[image].held {
                    chosen.push(Chosen {
                        image,
                        priority: rule.priority,
                        action: rule.action,
                    });
                }
            }
            for image in about {
                claimed[image] = true;
            }
        }
        chosen
    }
}

impl Rule {
    /// The images it is about, oldest first; of the same age, by digest.
    fn about(&self, images: &[Candidate]) -> Vec<usize> {
        let wanted = self.tags.matcher();
        let mut about: Vec<usize> = (0..images.len())
            .filter(|image| images[*image].class == self.class)
            .filter(|image| wanted(&images[*image].tags))
            .collect();
        about.sort_by_key(|image| {
            let image = &images[*image];
            (self.count.age_from(image), image.digest)
        });
        about
    }

    fn taken(&self, images: &[Candidate], about: &[usize], now: Timestamp) -> Vec<usize> {
        let number = match self.count {
            Count::MoreThan(kept) => about
                .len()
                .saturating_sub(usize::try_from(kept).unwrap_or(usize::MAX)),
            Count::OlderThanDays(days)
            | Count::NotPulledForDays(days)
            | Count::ArchivedForDays(days) => {
                let life = DAY.saturating_mul(days);
                about
                    .partition_point(|image| now.since(self.count.age_from(&images[*image])) > life)
            }
        };
        about[..number].to_vec()
    }
}

impl Count {
    /// When the age began that it counts.
    fn age_from(self, image: &Candidate) -> Timestamp {
        match self {
            Self::MoreThan(_) | Self::OlderThanDays(_) => image.came_at,
            Self::NotPulledForDays(_) => image.used_at,
            Self::ArchivedForDays(_) => image.archived_at.unwrap_or(image.came_at),
        }
    }
}

/// Whether an image with these tags is meant.
type Matcher<'a> = Box<dyn Fn(&[String]) -> bool + 'a>;

impl TagSelection {
    /// Says which tags it is about; patterns are read once for all images.
    fn matcher(&self) -> Matcher<'_> {
        match self {
            Self::Any => Box::new(|_| true),
            Self::Untagged => Box::new(<[String]>::is_empty),
            Self::Prefixes(prefixes) => Box::new(|tags| {
                let has = |prefix: &String| tags.iter().any(|tag| tag.starts_with(prefix.as_str()));
                prefixes.iter().all(has)
            }),
            Self::Patterns(patterns) => {
                let distinct: BTreeSet<&String> = patterns.iter().collect();
                let globs: Vec<Glob> = distinct.into_iter().map(|it| Glob::stars(it)).collect();
                Box::new(move |tags| {
                    globs
                        .iter()
                        .all(|glob| tags.iter().any(|tag| glob.matches(tag)))
                })
            }
        }
    }
}

#[cfg(test)]
mod tests;
