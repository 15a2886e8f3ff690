//! Models that were made, until they are to be made again. Bounded in all and by account: what does not fit is made
//! again when it is wanted.

use std::{collections::BTreeMap, sync::Arc};

use parking_lot::Mutex;
use wharf_base::Timestamp;
use wharf_service::Stored;
use wharf_store::Revision;

use super::Model;
use crate::records::Detector;

/// Seconds of the stretches that models are made anew in.
pub const REFRESHED: i64 = 900;
/// How soon it is tried again where there were too few points.
const RETRIED_MILLIS: i64 = 60_000;
/// Models of all accounts, and of each: one has some kilobytes.
const MOST: usize = 5000;
const MOST_OF_ACCOUNT: usize = 1000;

/// How far the training of a detector is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Training {
    Pending,
    TooFewPoints,
    Trained,
}

impl Training {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pending => "PENDING_TRAINING",
            Self::TooFewPoints => "TRAINED_INSUFFICIENT_DATA",
            Self::Trained => "TRAINED",
        }
    }
}

#[derive(Debug)]
struct Kept {
    /// `None`: there were too few points.
    model: Option<Arc<Model>>,
    made_at: Timestamp,
}

/// By account, and what identifies the model.
type Key = (String, String);

#[derive(Debug, Default)]
pub struct Models {
    kept: Mutex<BTreeMap<Key, Kept>>,
    /// Of detectors, by the keys of their records, with the revision of the record that it is about.
    training: Mutex<BTreeMap<String, (Revision, Training)>>,
}

impl Models {
    /// One that was made; `Some(None)` if its points were too few a moment ago.
    pub fn find(&self, account: &str, id: &str, now: Timestamp) -> Option<Option<Arc<Model>>> {
        let kept = self.kept.lock();
        let found = kept.get(&(account.to_owned(), id.to_owned()))?;
        let age = now.millis() - found.made_at.millis();
        let usable = found.model.is_some() || (0..RETRIED_MILLIS).contains(&age);
        usable.then(|| found.model.clone())
    }

    pub fn keep(&self, account: &str, id: &str, model: Option<Arc<Model>>, now: Timestamp) {
        let mut kept = self.kept.lock();
        let own = (account.to_owned(), String::new())..;
        let own = kept.range(own).take_while(|it| it.0.0 == account);
        if own.clone().count() >= MOST_OF_ACCOUNT {
            let oldest = own.min_by_key(|it| it.1.made_at).map(|it| it.0.clone());
            oldest.and_then(|it| kept.remove(&it));
        } else if kept.len() >= MOST {
            let oldest = kept.iter().min_by_key(|it| it.1.made_at);
            let oldest = oldest.map(|it| it.0.clone());
            oldest.and_then(|it| kept.remove(&it));
        }
        let made_at = now;
        kept.insert((account.to_owned(), id.to_owned()), Kept { model, made_at });
    }

    /// How far a detector is: what was noted of an earlier record of it counts for nothing.
    pub fn training(&self, of: &Stored<Detector>) -> Training {
        match self.training.lock().get(&of.key) {
            Some((revision, training)) if *revision == of.revision => *training,
            _ => Training::Pending,
        }
    }

    pub fn note(&self, of: &Stored<Detector>, training: Training) {
        let mut noted = self.training.lock();
        noted.insert(of.key.clone(), (of.revision, training));
    }

    pub fn forget(&self, key: &str) {
        self.training.lock().remove(key);
    }
}

#[cfg(test)]
mod tests {
    use wharf_records::Unknown;

    use super::*;
    use crate::{anomaly::Settings, records::DetectorSource};

    fn model() -> Option<Arc<Model>> {
        let points: Vec<(i64, f64)> = (0..30).map(|it| (it * 60, 1.0)).collect();
        Model::fit(&points, 60, 1800, Settings::default()).map(Arc::new)
    }

    #[test]
    fn an_account_has_its_share_and_too_few_points_are_looked_at_again() {
        let models = Models::default();
        let at = Timestamp::from_millis;
        models.keep("quiet", "m", model(), at(0));
        for it in 0..2000 {
            models.keep("loud", &it.to_string(), model(), at(it));
        }
        assert_eq!(models.kept.lock().len(), 1 + MOST_OF_ACCOUNT);
        assert!(models.find("quiet", "m", at(5000)).is_some());
        assert!(models.find("loud", "0", at(5000)).is_none());
        assert!(models.find("loud", "1999", at(5000)).unwrap().is_some());

        models.keep("quiet", "few", None, at(0));
        assert_eq!(models.find("quiet", "few", at(59_999)), Some(None));
        assert_eq!(models.find("quiet", "few", at(60_000)), None);
        assert_eq!(models.find("quiet", "few", at(-1)), None);
    }

    #[test]
    fn what_was_noted_of_a_record_before_counts_for_nothing() {
        let models = Models::default();
        let of = |revision| Stored {
            key: "detector".to_owned(),
            record: Detector {
                source: DetectorSource::Queries(Vec::new()),
                excluded: Vec::new(),
                timezone: None,
                adaptation_speed: None,
                outlier_filtering: None,
                periodic_spikes: None,
                unknown: Unknown::new(),
            },
            revision,
            created: 1,
        };
        models.note(&of(1), Training::Trained);
        assert_eq!(models.training(&of(1)), Training::Trained);
        assert_eq!(models.training(&of(2)), Training::Pending);
        models.note(&of(2), Training::TooFewPoints);
        assert_eq!(models.training(&of(2)), Training::TooFewPoints);
        models.forget("detector");
        assert_eq!(models.training(&of(2)), Training::Pending);
    }

    #[test]
    fn models_of_many_accounts_are_bounded_in_all() {
        let models = Models::default();
        for account in 0..6 {
            for it in 0..MOST_OF_ACCOUNT {
                let now = Timestamp::from_millis((account * MOST_OF_ACCOUNT + it) as i64);
                models.keep(&account.to_string(), &it.to_string(), None, now);
            }
        }
        assert_eq!(models.kept.lock().len(), MOST);
    }
}
