//! What a registry said of an image, for all who wait to hear it.

use std::{collections::BTreeMap, ops::Deref, sync::Arc, time::Instant};

use parking_lot::Mutex;
use wharf_container::image::{Image, PullRequest};

use super::Fetched;

/// That an image is still what its tag means. It is good for all who asked before the registry was asked, as whoever
/// asked it then: tasks that start together need one answer.
pub(super) struct Answer {
    pub asked_at: Instant,
    pub request: PullRequest,
    pub image: Image,
}

impl Answer {
    pub fn is_for(&self, request: &PullRequest, wanted_at: Instant) -> bool {
        self.asked_at >= wanted_at && self.request == *request
    }

    pub fn fetched(&self) -> Fetched {
        Fetched {
            image: self.image.clone(),
            remotely: false,
            confirmed: true,
        }
    }
}

/// What came of the last time that the registry was asked for an image.
type Asked = tokio::sync::Mutex<Option<Answer>>;
/// By image.
pub(super) type Pulling = Mutex<BTreeMap<String, Arc<Asked>>>;

/// To ask for an image. What came of it goes with the last who waits: an answer has the login that it was given for.
pub(super) struct Turn {
    of: Arc<Asked>,
    all: Arc<Pulling>,
}

impl Turn {
    pub fn of(all: &Arc<Pulling>, image: &str) -> Self {
        let of = all.lock().entry(image.to_owned()).or_default().clone();
        Self {
            of,
            all: all.clone(),
        }
    }
}

impl Deref for Turn {
    type Target = Asked;

    fn deref(&self) -> &Asked {
        &self.of
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        // The map has one, and this is one.
        let is_wanted = |it: &Arc<Asked>| !Arc::ptr_eq(it, &self.of) || Arc::strong_count(it) > 2;
        self.all.lock().retain(|_, it| is_wanted(it));
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use wharf_container::image::{ImageConfig, Reference, RegistryAuth};

    use super::*;

    #[test]
    fn what_was_heard_goes_with_the_last_who_waits() {
        let all = Arc::<Pulling>::default();
        let (first, second) = (Turn::of(&all, "a:1"), Turn::of(&all, "a:1"));
        assert!(Arc::ptr_eq(&first.of, &second.of));
        let other = Turn::of(&all, "b:1");
        drop(first);
        assert_eq!(all.lock().len(), 2);
        drop(second);
        assert_eq!(all.lock().keys().collect::<Vec<_>>(), ["b:1"]);
        drop(other);
        assert!(all.lock().is_empty());
    }

    #[test]
    fn an_answer_is_for_whoever_would_have_heard_the_same() {
        let request = |name: &str, password: &str| PullRequest {
            reference: Reference::parse(name).unwrap(),
            endpoint: None,
            auth: RegistryAuth::Basic {
                user: "AWS".into(),
                password: password.into(),
            },
        };
        let asked_at = Instant::now();
        let digest = format!("sha256:{}", "0".repeat(64));
        let answer = Answer {
            asked_at,
            request: request("a:1", "x"),
            image: Image::from_layers(
                digest.try_into().unwrap(),
                ImageConfig::default(),
                Vec::new(),
            ),
        };
        let moment = Duration::from_millis(1);
        assert!(answer.is_for(&request("a:1", "x"), asked_at));
        assert!(answer.is_for(&request("a:1", "x"), asked_at - moment));
        // The tag may have been moved, or the right taken, since the registry was asked.
        assert!(!answer.is_for(&request("a:1", "x"), asked_at + moment));
        assert!(!answer.is_for(&request("a:2", "x"), asked_at));
        assert!(
            !answer.is_for(&request("a:1", "y"), asked_at),
            "another role"
        );
    }
}
