//! What a registry said of an image, for all who wait to hear it.

use std::time::Instant;

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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use wharf_container::image::{ImageConfig, Reference, RegistryAuth};

    use super::*;

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
