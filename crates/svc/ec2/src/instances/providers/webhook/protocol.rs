//! What a maker of machines is sent and answers: JSON, signed. Pure.
//!
//! Each request has a time, a number that no other has, and a signature over both, whose it is, the method, the path and the body; so a
//! maker that refuses what is older than some minutes, and numbers it has seen in these, is sent nothing twice by others.
//! `docs/machine-makers.md` is the contract.

use std::collections::BTreeMap;

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use wharf_base::{Cidr4, Timestamp};
use wharf_records::ecs::Tags;
use wharf_seal::Secret;

/// What is said in front of everything that is signed, and of the signature.
const VERSION: &str = "v1";
/// Machines of one list.
const MOST_LISTED: usize = 10_000;
/// What is kept of a maker's words, in characters.
const MAX_WORDS: usize = 512;

pub const TIMESTAMP: &str = "wharf-timestamp";
pub const REQUEST_ID: &str = "wharf-request-id";
pub const SIGNATURE: &str = "wharf-signature";
pub const INSTALLATION: &str = "wharf-installation";
pub const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// What is to be done with a machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Make it, and have it join.
    Run,
    Stop,
    Start,
    Reboot,
    /// Nothing is to be left of it.
    Terminate,
    /// Show the end of its console; nothing is done with it.
    Console,
}

/// How a machine is, by its maker.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MachineState {
    /// It will be worked on.
    #[default]
    Accepted,
    Working,
    /// It is switched on.
    Running,
    Stopped,
    /// Nothing is left of it.
    Ended,
    /// What was asked for does not come about.
    Failed,
}

/// A request about one machine.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Asked<'a> {
    pub action: Action,
    /// The same for each try of the same thing.
    pub key: String,
    /// `i-…`
    pub id: &'a str,
    pub installation: &'a str,
    /// Counts the times that it is switched on, or anew.
    pub boot: u64,
    /// Of what is to be run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub machine: Option<Wanted>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub join: Option<Joining>,
}

impl Asked<'_> {
    /// What of it is for its maker alone.
    pub fn confidences(&self) -> Vec<&str> {
        let token = self.join.as_ref().map(|it| it.token.as_str());
        let user_data = match &self.machine {
            Some(Wanted::Instance(machine)) => machine.user_data.as_deref(),
            _ => None,
        };
        token.into_iter().chain(user_data).collect()
    }
}

/// What is to be made.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Wanted {
    Instance(Box<Machine>),
    OfFargate(FargateMachine),
}

/// A machine for Fargate, which is no instance of an account.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FargateMachine {
    /// `fargate`
    pub purpose: &'static str,
    pub account: String,
    pub region: String,
    pub zone: String,
    pub instance_type: String,
    pub vcpus: u32,
    #[serde(rename = "memoryMiB")]
    pub memory_mib: u32,
    pub architecture: String,
    #[serde(rename = "diskGiB")]
    pub disk_gib: u32,
}

/// What is to be made of an instance.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Machine {
    pub account: String,
    pub region: String,
    pub zone: String,
    pub instance_type: String,
    pub vcpus: u32,
    #[serde(rename = "memoryMiB")]
    pub memory_mib: u64,
    pub architecture: String,
    /// Of its root file system.
    #[serde(rename = "diskGiB")]
    pub disk_gib: u32,
    pub vpc_id: String,
    pub subnet_id: String,
    pub subnet_cidr: Cidr4,
    /// Nobody else of the subnet has it.
    pub private_address: String,
    pub mac: String,
    pub security_groups: Vec<Named>,
    pub image_id: String,
    /// The name that it is pulled by, of an image of the registry.
    pub image: Option<String>,
    /// Of the key pair that it was launched with.
    pub public_key: Option<String>,
    /// In base64.
    pub user_data: Option<String>,
    pub tags: Tags,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Named {
    pub id: String,
    pub name: String,
}

/// How its node joins.
#[derive(Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Joining {
    /// For `wharf node --join-file`.
    pub token: String,
    /// For `wharf node --server`: any of them.
    pub servers: Vec<String>,
    /// The certificates of the server's authorities in PEM.
    pub authorities: String,
    pub cluster: String,
}

impl std::fmt::Debug for Joining {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Joining")
            .field("servers", &self.servers)
            .finish_non_exhaustive()
    }
}

/// What a maker says of a machine. An answer of nothing is that it was accepted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Said {
    pub state: MachineState,
    /// In words.
    pub reason: Option<String>,
    /// `InsufficientInstanceCapacity`: there is no room, and there may be elsewhere.
    pub code: Option<String>,
    /// The end of its console, in base64.
    pub console: Option<String>,
}

/// An answer that means nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoAnswer {
    #[error("its answer is not understood: {0}")]
    Malformed(String),
    #[error("its list has more than {most} machines", most = MOST_LISTED)]
    TooMany,
    #[error("its list has the machine {0} twice")]
    Twice(String),
}

impl Said {
    /// # Errors
    /// It is none.
    pub fn read(body: &[u8]) -> Result<Self, NoAnswer> {
        match body.trim_ascii().is_empty() {
            true => Ok(Self::default()),
            false => serde_json::from_slice(body).map_err(malformed),
        }
    }

    /// That it is to be asked for that again. A machine that does not come about is no such case: nobody asks for it twice.
    pub fn declines(&self, action: Action) -> bool {
        let again = matches!(action, Action::Terminate | Action::Stop | Action::Reboot);
        again && self.state == MachineState::Failed
    }

    /// That it has nothing for it.
    pub fn lacks_capacity(&self) -> bool {
        let code = self.code.as_deref().unwrap_or_default();
        code.trim_start_matches("Server.") == "InsufficientInstanceCapacity"
    }

    /// As people are shown it.
    pub fn words(&self) -> Option<String> {
        let reason = self.reason.as_deref().map(printable);
        reason.filter(|it| !it.is_empty())
    }
}

/// A maker's words as people are shown them.
pub fn printable(words: &str) -> String {
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    let text: String = words.chars().take(MAX_WORDS).map(plain).collect();
    text.trim().to_owned()
}

/// All machines that a maker has for an installation, by their ids.
pub fn listed(body: &[u8]) -> Result<BTreeMap<String, Said>, NoAnswer> {
    #[derive(Deserialize)]
    struct List {
        machines: Vec<One>,
    }
    #[derive(Deserialize)]
    struct One {
        id: String,
        #[serde(flatten)]
        said: Said,
    }
    let list: List = serde_json::from_slice(body).map_err(malformed)?;
    if list.machines.len() > MOST_LISTED {
        return Err(NoAnswer::TooMany);
    }
    let mut found = BTreeMap::new();
    for One { id, said } in list.machines {
        if found.contains_key(&id) {
            return Err(NoAnswer::Twice(printable(&id)));
        }
        found.insert(id, said);
    }
    Ok(found)
}

/// Where it is wrong; what it says may be a secret.
fn malformed(error: serde_json::Error) -> NoAnswer {
    let kind = match error.classify() {
        serde_json::error::Category::Data => "a member is missing or of another kind",
        _ => "it is no JSON",
    };
    let place = format!("line {}, column {}", error.line(), error.column());
    NoAnswer::Malformed(format!("{kind} at {place}"))
}

/// What is signed of a request.
pub struct Signed<'a> {
    pub at: Timestamp,
    /// No other request has it.
    pub request_id: &'a str,
    pub installation: &'a str,
    pub method: &'a str,
    /// With the query.
    pub path: &'a str,
    pub body: &'a [u8],
}

impl Signed<'_> {
    /// Seconds since 1970.
    pub fn timestamp(&self) -> i64 {
        self.at.millis().div_euclid(1000)
    }

    /// The signature as its header has it.
    pub fn signature(&self, secret: &Secret) -> String {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(secret.expose()).expect("HMAC takes keys of any length");
        let head = format!(
            "{VERSION}\n{}\n{}\n{}\n{}\n{}\n",
            self.timestamp(),
            self.request_id,
            self.installation,
            self.method,
            self.path
        );
        mac.update(head.as_bytes());
        mac.update(self.body);
        format!("{VERSION}={}", hex::encode(mac.finalize().into_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_over_all_that_a_replay_would_change() {
        let secret = Secret::from("0123456789abcdef0123456789abcdef");
        let one = || Signed {
            at: Timestamp(1_700_000_000_999),
            request_id: "0a0b",
            installation: "ab12",
            method: "POST",
            path: "/machines",
            body: br#"{"action":"run"}"#,
        };
        // printf 'v1\n1700000000\n0a0b\nab12\nPOST\n/machines\n{"action":"run"}' | openssl dgst -sha256 -hmac 0123456789abcdef0123456789abcdef
        assert_eq!(one().signature(&secret), KNOWN);
        let others = [
            Signed {
                at: Timestamp(1_700_000_001_000),
                ..one()
            },
            Signed {
                request_id: "0a0c",
                ..one()
            },
            Signed {
                installation: "ab13",
                ..one()
            },
            Signed {
                method: "GET",
                ..one()
            },
            Signed {
                path: "/machines?all",
                ..one()
            },
            Signed { body: b"", ..one() },
        ];
        for other in others {
            assert_ne!(other.signature(&secret), KNOWN);
        }
        assert_ne!(one().signature(&Secret::from("another")), KNOWN);
    }

    const KNOWN: &str = "v1=e807b629092c1313fce9cb3bac08ff229fad0fe8437438c988d81e807a41a3c1";

    #[test]
    fn answers() {
        assert_eq!(Said::read(b" \n").unwrap(), Said::default());
        let full = br#"{"state":"failed","reason":"no\nroom","code":"InsufficientInstanceCapacity","more":1}"#;
        let full = Said::read(full).unwrap();
        assert_eq!(full.state, MachineState::Failed);
        assert_eq!(full.words().as_deref(), Some("no room"));
        assert!(full.lacks_capacity() && !Said::default().lacks_capacity());
        for (text, words) in [
            (&b"{"[..], "no JSON at line 1"),
            (&br#"{"state":"melted"}"#[..], "of another kind"),
            (&b"7"[..], "of another kind"),
        ] {
            let error = Said::read(text).unwrap_err().to_string();
            // What it said is not repeated.
            assert!(
                error.contains(words) && !error.contains("melted"),
                "{error}"
            );
        }
        let long = Said {
            reason: Some("x".repeat(10_000)),
            ..Said::default()
        };
        assert_eq!(long.words().unwrap().len(), MAX_WORDS);
    }

    #[test]
    fn lists() {
        let text =
            br#"{"machines":[{"id":"i-1","state":"running"},{"id":"i-2","state":"working"}]}"#;
        let found = listed(text).unwrap();
        assert_eq!(found["i-1"].state, MachineState::Running);
        assert_eq!(found["i-2"].state, MachineState::Working);
        assert_eq!(listed(br#"{"machines":[]}"#).unwrap().len(), 0);
        // An answer that is no list says nothing of machines.
        assert!(listed(b"{}").is_err() && listed(b"").is_err());
        let twice = listed(br#"{"machines":[{"id":"i-1"},{"id":"i-1"}]}"#);
        assert_eq!(twice, Err(NoAnswer::Twice("i-1".to_owned())));
    }

    #[test]
    fn what_failed_is_asked_for_again_unless_it_is_a_machine() {
        let said = |state| Said {
            state,
            ..Said::default()
        };
        for (action, again) in [
            (Action::Run, false),
            (Action::Start, false),
            (Action::Stop, true),
            (Action::Reboot, true),
            (Action::Terminate, true),
            (Action::Console, false),
        ] {
            let failed = said(MachineState::Failed);
            assert_eq!(failed.declines(action), again, "{action:?}");
            for state in [MachineState::Accepted, MachineState::Ended] {
                assert!(!said(state).declines(action), "{action:?}");
            }
        }
    }

    #[test]
    fn what_is_asked_for() {
        let asked = Asked {
            action: Action::Terminate,
            key: "i-1:terminate".to_owned(),
            id: "i-1",
            installation: "ab12",
            boot: 2,
            machine: None,
            join: None,
        };
        assert_eq!(
            serde_json::to_string(&asked).unwrap(),
            r#"{"action":"terminate","key":"i-1:terminate","id":"i-1","installation":"ab12","boot":2}"#
        );
    }

    #[test]
    fn a_token_is_printed_nowhere() {
        let joining = Joining {
            token: "hush".to_owned(),
            servers: vec!["https://10.0.0.1:4566".to_owned()],
            authorities: String::new(),
            cluster: "default".to_owned(),
        };
        assert!(!format!("{joining:?}").contains("hush"));
    }
}
