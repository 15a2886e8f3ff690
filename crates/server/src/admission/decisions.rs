//! Decisions about images take processor time that accounts choose by their keys and signatures: one at a time for
//! an account and two for all, and the same is not decided again within moments. A service whose tasks find no
//! room is looked at every few seconds.

use std::{collections::HashMap, time::Duration};

use parking_lot::Mutex;
use sha2::{Digest as _, Sha256};
use tokio::sync::Semaphore;
use wharf_base::Timestamp;
use wharf_records::admission::AdmissionRule;
use wharf_service::Turns;

use super::decide::{Image, Refusal, Signature, decide, naming};

const AT_ONCE: usize = 2;
/// A signature may count so much longer than it says.
const KEPT_FOR: Duration = Duration::from_secs(20);
const MOST_KEPT: usize = 1000;

/// An image of an account with its signatures, to be decided about.
#[derive(Debug, Clone)]
pub struct Question {
    pub account: String,
    pub repository: String,
    pub digest: String,
    pub signatures: Vec<Signature>,
}

/// Why an image is not admitted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Inadmissible {
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The decision itself broke off.
    #[error("nobody could decide about it")]
    Undecided,
}

type Answer = Result<(), Inadmissible>;

#[derive(Debug)]
pub struct Decisions {
    all: Semaphore,
    accounts: Turns,
    kept: Mutex<HashMap<[u8; 32], (Timestamp, Answer)>>,
}

impl Default for Decisions {
    fn default() -> Self {
        Self {
            all: Semaphore::new(AT_ONCE),
            accounts: Turns::default(),
            kept: Mutex::default(),
        }
    }
}

impl Decisions {
    /// Whether the rules are met.
    ///
    /// # Errors
    /// They are not, or nobody can tell.
    pub async fn decide(&self, rules: &[AdmissionRule], asked: Question, now: Timestamp) -> Answer {
        let mark = mark(rules, &asked);
        let _turn = self.accounts.take(&asked.account).await;
        if let Some(answer) = self.known(&mark, now) {
            return answer;
        }
        let _permit = self.all.acquire().await;
        let rules = rules.to_vec();
        let decided = tokio::task::spawn_blocking(move || {
            let image = Image {
                repository: &asked.repository,
                signed: Some((&asked.digest, &asked.signatures)),
            };
            decide(&rules, image, now).map_err(Inadmissible::Refused)
        });
        let answer = decided.await.map_err(|_| Inadmissible::Undecided)?;
        self.keep(mark, now, answer.clone());
        answer
    }

    fn known(&self, mark: &[u8; 32], now: Timestamp) -> Option<Answer> {
        let kept = self.kept.lock();
        let (at, answer) = kept.get(mark)?;
        (*at <= now && now < *at + KEPT_FOR).then(|| answer.clone())
    }

    fn keep(&self, mark: [u8; 32], now: Timestamp, answer: Answer) {
        let mut kept = self.kept.lock();
        if kept.len() >= MOST_KEPT {
            kept.retain(|_, (at, _)| *at <= now && now < *at + KEPT_FOR);
        }
        if kept.len() < MOST_KEPT {
            kept.insert(mark, (now, answer));
        }
    }
}

/// All that an answer depends on but the time.
fn mark(rules: &[AdmissionRule], asked: &Question) -> [u8; 32] {
    let mut hash = Sha256::new();
    let mut add = |bytes: &[u8]| {
        hash.update((bytes.len() as u64).to_be_bytes());
        hash.update(bytes);
    };
    for text in [&asked.account, &asked.repository, &asked.digest] {
        add(text.as_bytes());
    }
    for rule in naming(rules, &asked.repository) {
        add(rule.name.as_bytes());
        add(&(rule.keys.len() as u64).to_be_bytes());
        rule.keys.iter().for_each(|key| add(key.as_bytes()));
    }
    add(b"signatures");
    for signature in &asked.signatures {
        match signature {
            Signature::Simple {
                document,
                signature,
            } => [document.as_slice(), signature.as_bytes()]
                .into_iter()
                .for_each(&mut add),
            Signature::Notation(envelope) => {
                [b"".as_slice(), envelope].into_iter().for_each(&mut add)
            }
        }
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use wharf_records::Unknown;

    use super::*;

    const NOW: Timestamp = Timestamp(1_800_000_000_000);

    fn rule(key: &str) -> AdmissionRule {
        AdmissionRule {
            name: "release".to_owned(),
            repositories: vec!["web".to_owned()],
            keys: vec![key.to_owned()],
            changed_at: NOW,
            changed_by: "root".to_owned(),
            unknown: Unknown::new(),
        }
    }

    fn question() -> Question {
        Question {
            account: "1".to_owned(),
            repository: "web".to_owned(),
            digest: "sha256:aa".to_owned(),
            signatures: Vec::new(),
        }
    }

    #[tokio::test]
    async fn the_same_is_decided_once_in_a_while_and_anything_else_anew() {
        let decisions = Decisions::default();
        let rules = [rule("damaged")];
        let refused = decisions.decide(&rules, question(), NOW).await;
        let broken = Refusal::Broken {
            rule: "release".to_owned(),
        };
        assert_eq!(refused, Err(Inadmissible::Refused(broken)));
        let mark = mark(&rules, &question());
        let after = |seconds| NOW + Duration::from_secs(seconds);
        assert!(decisions.known(&mark, after(19)).is_some());
        assert!(decisions.known(&mark, after(20)).is_none());
        let clock_was_set_back = Timestamp(NOW.0 - 1);
        assert!(decisions.known(&mark, clock_was_set_back).is_none());
    }

    #[test]
    fn what_an_answer_depends_on_is_in_its_mark() {
        let rules = [rule("a")];
        let same = mark(&rules, &question());
        let mut others = vec![mark(&[rule("b")], &question()), mark(&[], &question())];
        let changes: [fn(&mut Question); 5] = [
            |it| it.account = "2".to_owned(),
            |it| it.repository = "webs".to_owned(),
            |it| it.digest = "sha256:ab".to_owned(),
            |it| it.signatures = vec![Signature::Notation(Vec::new())],
            |it| {
                it.signatures = vec![Signature::Simple {
                    document: vec![1],
                    signature: String::new(),
                }];
            },
        ];
        for change in changes {
            let mut question = question();
            change(&mut question);
            others.push(mark(&rules, &question));
        }
        others.push(same);
        let all = others.len();
        others.sort_unstable();
        others.dedup();
        assert_eq!(others.len(), all);
        assert_eq!(mark(&[rule("a")], &question()), same);
    }

    #[tokio::test]
    async fn what_is_kept_is_bounded() {
        let decisions = Decisions::default();
        for at in 0..2 * MOST_KEPT {
            let mark = Sha256::digest(at.to_be_bytes()).into();
            decisions.keep(mark, NOW, Ok(()));
        }
        assert_eq!(decisions.kept.lock().len(), MOST_KEPT);
        decisions.keep([0; 32], NOW + Duration::from_secs(60), Ok(()));
        assert_eq!(decisions.kept.lock().len(), 1);
    }
}
