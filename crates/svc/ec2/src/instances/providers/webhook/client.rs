//! Requests to a maker: signed, bounded, and each tried once; whoever asks tries again.

use std::time::Duration;

use bytes::Bytes;
use http::{
    Method, Request, Response, StatusCode,
    header::{ACCEPT, CONTENT_TYPE},
};
use wharf_base::{Timestamp, ids};
use wharf_egress::{Failure, Limits};
use wharf_planeproto::machine::MAX_CONSOLE;

use super::{
    Maker,
    listing::Listing,
    protocol::{
        Action, Asked, IDEMPOTENCY_KEY, INSTALLATION, MachineState, NoAnswer, REQUEST_ID,
        SIGNATURE, Said, Signed, TIMESTAMP, listed,
    },
};

/// A maker says at once that it will work on something, and makes no one wait for it.
const OF_ONE: Limits = Limits {
    time: Duration::from_secs(10),
    body: 256 << 10,
};
const OF_ALL: Limits = Limits {
    time: Duration::from_secs(30),
    body: 4 << 20,
};
/// Somebody waits for it.
const OF_CONSOLE: Limits = Limits {
    time: Duration::from_secs(5),
    body: 256 << 10,
};
/// Of an answer that is none, in characters: it is the operator's own server.
const MOST_SHOWN: usize = 200;

/// Why a maker did not take something. It may yet do it.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    #[error("the machine maker does not answer: {0}")]
    NoAnswer(#[from] Failure),
    #[error("the machine maker answered {status}: {text}")]
    Refused { status: StatusCode, text: String },
    #[error("the machine maker answered, but {0}")]
    Malformed(#[from] NoAnswer),
    #[error("the machine maker does not take it: {0}")]
    NotTaken(String),
    #[error("the request cannot be made: {0}")]
    Request(#[from] http::Error),
    #[error("what it is to be told cannot be read: {0}")]
    Unreadable(String),
}

impl Trouble {
    /// That of a maker which says itself that it does not do it.
    fn declined(said: &Said) -> Self {
        let why = said.words();
        Self::NotTaken(why.unwrap_or_else(|| "it does not say why".to_owned()))
    }
}

/// What a maker did not take is asked for again.
pub(super) struct Again {
    pub after: Duration,
    /// Whether the maker answers at all.
    pub answers: bool,
}

/// A request as it is signed.
struct Draft<'a> {
    method: Method,
    key: &'a str,
    body: Bytes,
    limits: Limits,
    /// What the maker is told in confidence: web servers repeat what they do not take.
    hidden: Vec<&'a str>,
}

impl Maker {
    /// Asks for something to be done with a machine.
    ///
    /// # Errors
    /// It did not answer, or did not take it.
    pub(super) async fn ask(&self, asked: &Asked<'_>, now: Timestamp) -> Result<Said, Trouble> {
        let draft = Draft {
            method: Method::POST,
            key: &asked.key,
            body: bytes_of(asked)?,
            limits: match asked.action {
                Action::Console => OF_CONSOLE,
                _ => OF_ONE,
            },
            hidden: asked.confidences(),
        };
        match self.send(draft, now).await {
            Ok(answer) => {
                let said = Said::read(answer.body())?;
                match said.declines(asked.action) {
                    true => Err(Trouble::declined(&said)),
                    false => Ok(said),
                }
            }
            // A machine that it does not know is none.
            Err(Trouble::Refused { status, .. })
                if asked.action == Action::Terminate
                    && matches!(status, StatusCode::NOT_FOUND | StatusCode::GONE) =>
            {
                Ok(Said {
                    state: MachineState::Ended,
                    ..Said::default()
                })
            }
            Err(trouble) => Err(trouble),
        }
    }

    /// It has not taken what the machine of that key needs. What it says of one machine is not what is wrong with it.
    pub(super) fn did_not_take(&self, key: &str, trouble: &Trouble, now: Timestamp) -> Again {
        let answers = !matches!(trouble, Trouble::NoAnswer(_));
        match answers {
            true => self.has_failed(&trouble.to_string(), now),
            false => self.is_in_trouble(&trouble.to_string(), now),
        }
        Again {
            after: self.later(key),
            answers,
        }
    }

    /// Nothing is to be left of a machine, whether there is an instance or not.
    pub(super) async fn end(&self, id: &str, now: Timestamp) -> Result<Said, Trouble> {
        let asked = Asked {
            action: Action::Terminate,
            key: format!("{id}:terminate"),
            id,
            installation: &self.parts.installation,
            boot: 0,
            machine: None,
            join: None,
        };
        self.ask(&asked, now).await
    }

    /// The end of a machine's console in base64, if its maker has it.
    pub(super) async fn console(
        &self,
        id: &str,
        now: Timestamp,
    ) -> Result<Option<String>, Trouble> {
        let asked = Asked {
            action: Action::Console,
            key: format!("{id}:console"),
            id,
            installation: &self.parts.installation,
            boot: 0,
            machine: None,
            join: None,
        };
        let console = self.ask(&asked, now).await?.console;
        Ok(console.filter(|it| it.len() <= MAX_CONSOLE.div_ceil(3) * 4))
    }

    /// All machines that it has.
    pub(super) async fn list(&self, now: Timestamp) -> Result<Listing, Trouble> {
        let draft = Draft {
            method: Method::GET,
            key: "",
            body: Bytes::new(),
            limits: OF_ALL,
            hidden: Vec::new(),
        };
        let answer = self.send(draft, now).await?;
        Ok(Listing {
            began_at: now,
            machines: listed(answer.body())?,
        })
    }

    async fn send(&self, draft: Draft<'_>, now: Timestamp) -> Result<Response<Bytes>, Trouble> {
        let config = &self.parts.config;
        let secret = config.secret.now().await;
        let request_id = ids::hex32();
        let path = config.url.path();
        let signed = Signed {
            at: now,
            request_id: &request_id,
            installation: &self.parts.installation,
            method: draft.method.as_str(),
            path,
            body: &draft.body,
        };
        let mut request = Request::builder()
            .method(draft.method.clone())
            .uri(config.url.clone())
            .header(ACCEPT, "application/json")
            .header(TIMESTAMP, signed.timestamp())
            .header(REQUEST_ID, &request_id)
            .header(SIGNATURE, signed.signature(&secret))
            .header(INSTALLATION, &self.parts.installation);
        if !draft.body.is_empty() {
            request = request
                .header(CONTENT_TYPE, "application/json")
                .header(IDEMPOTENCY_KEY, draft.key);
        }
        let request = request.body(draft.body.clone())?;
        let answer = self.parts.egress.send(request, draft.limits).await?;
        let status = answer.status();
        match status.is_success() {
            true => Ok(answer),
            false => Err(Trouble::Refused {
                status,
                text: shown(answer.body(), &draft.hidden),
            }),
        }
    }
}

fn bytes_of(asked: &Asked<'_>) -> Result<Bytes, Trouble> {
    let bytes = serde_json::to_vec(asked);
    let bytes = bytes.map_err(|error| Trouble::Unreadable(error.to_string()))?;
    Ok(Bytes::from(bytes))
}

/// The beginning of what a server says, for its operator, without what is nobody's.
fn shown(body: &[u8], hidden: &[&str]) -> String {
    let mut text = String::from_utf8_lossy(body).into_owned();
    for secret in hidden.iter().filter(|it| !it.is_empty()) {
        text = text.replace(secret, "…");
    }
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    let text: String = text.chars().take(MOST_SHOWN).map(plain).collect();
    match text.trim() {
        "" => "it says nothing".to_owned(),
        text => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_says_is_shown_in_one_short_line() {
        assert_eq!(shown(b" \r\n", &[]), "it says nothing");
        assert_eq!(shown(b"no\nsuch key", &[]), "no such key");
        assert_eq!(shown(&[b'x'; 4096], &[]).len(), MOST_SHOWN);
        assert_eq!(
            shown("\u{e4}".repeat(4096).as_bytes(), &[]).chars().count(),
            MOST_SHOWN
        );
    }

    #[test]
    fn what_a_server_repeats_of_a_request_is_not_shown() {
        assert_eq!(shown(b"bad hush", &["hush", ""]), "bad …");
        let all = shown(b"hush, hush and whisper", &["hush", "whisper"]);
        assert_eq!(all, "…, … and …");
        // Not the beginning of one either that is cut off.
        let cut = format!("{}hush", "x".repeat(MOST_SHOWN - 2));
        assert!(!shown(cut.as_bytes(), &["hush"]).contains('h'));
    }
}
