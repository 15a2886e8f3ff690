//! Sessions, who may take part in them, and when they are over.

use std::{collections::HashMap, sync::Arc, time::Duration};

use parking_lot::{Mutex, MutexGuard};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use wharf_base::Timestamp;
use wharf_datachannel::{Kind, Message, PayloadType, handshake::Closed};

use crate::buffer::Lane;

/// Sessions of one server at a time.
const MAX_SESSIONS: usize = 1000;
/// And of one account: the tasks of one leave sessions to those of others.
const MAX_PER_ACCOUNT: usize = 250;
/// Sessions of one task at a time: each is a process in it.
const MAX_PER_TASK: usize = 16;
/// A session in which nobody says anything for so long is ended, as the published service does.
const IDLE: Duration = Duration::from_secs(20 * 60);
/// An agent that was told, or lost its connection, comes within this time.
const AGENT_GRACE: Duration = Duration::from_secs(10);
/// A client that stays away longer has given up.
const CLIENT_GRACE: Duration = Duration::from_secs(60);
/// How often sessions are looked after.
const TICK: Duration = Duration::from_secs(1);

/// An end of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Client,
    Agent,
}

/// The session is over, or there is no such session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the session is over")]
pub struct Ended;

/// There is no room for another session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooMany;

/// All sessions of this server. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Sessions {
    all: Arc<Mutex<HashMap<String, Arc<Session>>>>,
}

/// A new session with the secrets its ends are given.
pub struct Opened {
    pub id: String,
    pub client_token: String,
    pub agent_token: String,
}

#[derive(Debug)]
pub struct Session {
    pub id: String,
    /// ARN of the task.
    task: String,
    /// ARN of the principal that may come back to it.
    owner: String,
    agent_token: Hash,
    pub(super) to_client: Lane,
    pub(super) to_agent: Lane,
    state: Mutex<State>,
    /// Cancelled when all that remains is to deliver what waits.
    pub(super) over: CancellationToken,
}

type Hash = [u8; 32];

#[derive(Debug)]
struct State {
    /// Of the token that opens the next connection; each opens one.
    client_token: Option<Hash>,
    client: End,
    agent: End,
    spoke: Instant,
}

#[derive(Debug)]
struct End {
    /// The connection that is there.
    current: Option<CancellationToken>,
    number: u64,
    /// Since when it is there or is not.
    since: Instant,
}

impl End {
    fn absent() -> Self {
        Self {
            current: None,
            number: 0,
            since: Instant::now(),
        }
    }
}

/// A connection's place in a session; leaving is dropping it.
#[derive(Debug)]
pub struct Seat {
    pub session: Arc<Session>,
    pub side: Side,
    number: u64,
    /// Cancelled when another connection takes the place.
    pub replaced: CancellationToken,
}

/// The account that a task is of, by its ARN.
fn account(task: &str) -> &str {
    task.split(':').nth(4).unwrap_or_default()
}

impl Sessions {
    /// Makes a session and looks after it until it is over.
    pub fn open(&self, task: &str, owner: &str) -> Result<Opened, TooMany> {
        let opened = Opened {
            id: format!(
                "ecs-execute-command-{}",
                &hex::encode(rand::random::<[u8; 9]>())[..17]
            ),
            client_token: hex::encode(rand::random::<[u8; 32]>()),
            agent_token: hex::encode(rand::random::<[u8; 32]>()),
        };
        let session = Arc::new(Session {
            id: opened.id.clone(),
            task: task.to_owned(),
            owner: owner.to_owned(),
            agent_token: hash(&opened.agent_token),
            to_client: Lane::default(),
            to_agent: Lane::default(),
            state: Mutex::new(State {
                client_token: Some(hash(&opened.client_token)),
                client: End::absent(),
                agent: End::absent(),
                spoke: Instant::now(),
            }),
            over: CancellationToken::new(),
        });
        {
            let mut all = self.lock();
            let of_task = all.values().filter(|other| other.task == task).count();
            let own = account(task);
            let of_account = all.values().filter(|it| account(&it.task) == own);
            if all.len() >= MAX_SESSIONS
                || of_task >= MAX_PER_TASK
                || of_account.count() >= MAX_PER_ACCOUNT
            {
                return Err(TooMany);
            }
            all.insert(opened.id.clone(), session.clone());
        }
        tokio::spawn(self.clone().look_after(session));
        Ok(opened)
    }

    async fn look_after(self, session: Arc<Session>) {
        let mut tick = interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = session.over.cancelled() => break,
                _ = tick.tick() => if let Some(why) = session.verdict() {
                    session.finish(why);
                    break;
                },
            }
        }
        self.lock().remove(&session.id);
        tracing::info!(
            session = session.id,
            task = session.task,
            "an exec session is over"
        );
    }

    pub fn find(&self, id: &str) -> Option<Arc<Session>> {
        self.lock().get(id).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<Session>>> {
        self.all.lock()
    }
}

impl Session {
    /// A place for who holds a token. The client's is spent by that.
    pub fn sit(self: &Arc<Self>, token: &str) -> Result<Seat, Ended> {
        let given = hash(token);
        let mut state = self.lock();
        // Both are always compared, so that time tells nothing of either.
        let agent = bool::from(self.agent_token.ct_eq(&given));
        let client = state
            .client_token
            .is_some_and(|token| bool::from(token.ct_eq(&given)));
        let side = match (agent, client) {
            _ if self.over.is_cancelled() => return Err(Ended),
            (true, _) => Side::Agent,
            (_, true) => Side::Client,
            _ => return Err(Ended),
        };
        if side == Side::Client {
            state.client_token = None;
        }
        let replaced = CancellationToken::new();
        let end = state.end(side);
        if let Some(before) = end.current.replace(replaced.clone()) {
            before.cancel();
        }
        end.number += 1;
        end.since = Instant::now();
        let number = end.number;
        let both = state.client.current.is_some() && state.agent.current.is_some();
        drop(state);
        self.lane(side).set_attended(true);
        if both {
            self.to_agent.force(notice(Kind::StartPublication));
        }
        Ok(Seat {
            session: self.clone(),
            side,
            number,
            replaced,
        })
    }

    /// A new token for a client that lost its connection, if `caller` is who began the session.
    pub fn resume(&self, caller: &str) -> Option<String> {
        if self.over.is_cancelled() || caller != self.owner {
            return None;
        }
        let token = hex::encode(rand::random::<[u8; 32]>());
        self.lock().client_token = Some(hash(&token));
        Some(token)
    }

    /// ARN of the task that the command runs in.
    pub fn task(&self) -> &str {
        &self.task
    }

    /// ARN of the principal that the client's tokens are given to.
    pub fn owner(&self) -> &str {
        &self.owner
    }

    pub fn is_owned_by(&self, caller: &str) -> bool {
        self.owner == caller
    }

    /// Ends it; the client is told `output`, which may be empty.
    pub fn finish(&self, output: &str) {
        if self.over.is_cancelled() {
            return;
        }
        let closed = Closed::new(&self.id, now().iso8601(), output, None);
        let payload = serde_json::to_vec(&closed).unwrap_or_default();
        let message = Message::new(
            Kind::ChannelClosed,
            created(),
            PayloadType::Undefined,
            payload,
        );
        self.to_client.force(message.encode());
        self.over.cancel();
    }

    pub fn lane(&self, to: Side) -> &Lane {
        match to {
            Side::Client => &self.to_client,
            Side::Agent => &self.to_agent,
        }
    }

    /// Somebody said something.
    pub fn heard(&self) {
        self.lock().spoke = Instant::now();
    }

    /// Why the session ends now, if it does.
    fn verdict(&self) -> Option<&'static str> {
        let state = self.lock();
        let away = |end: &End, grace| end.current.is_none() && end.since.elapsed() >= grace;
        if away(&state.agent, AGENT_GRACE) {
            Some("The container's agent is not connected.")
        } else if away(&state.client, CLIENT_GRACE) {
            Some("")
        } else if state.spoke.elapsed() >= IDLE {
            Some("The session was idle for 20 minutes.")
        } else {
            None
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }
}

impl State {
    fn end(&mut self, side: Side) -> &mut End {
        match side {
            Side::Client => &mut self.client,
            Side::Agent => &mut self.agent,
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let session = &self.session;
        let mut state = session.lock();
        let end = state.end(self.side);
        if end.number != self.number {
            return;
        }
        end.current = None;
        end.since = Instant::now();
        drop(state);
        session.lane(self.side).set_attended(false);
        if self.side == Side::Client {
            session.to_agent.force(notice(Kind::PausePublication));
        }
    }
}

/// A message of the server's own.
fn notice(kind: Kind) -> Vec<u8> {
    Message::new(kind, created(), PayloadType::Undefined, Vec::new()).encode()
}

fn now() -> Timestamp {
    use wharf_base::Clock;
    wharf_base::SystemClock.now()
}

fn created() -> u64 {
    u64::try_from(now().millis()).unwrap_or(1)
}

fn hash(token: &str) -> Hash {
    Sha256::digest(token.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWNER: &str = "arn:aws:iam::000000000000:user/a";

    fn open() -> (Sessions, Opened, Arc<Session>) {
        let sessions = Sessions::default();
        let opened = sessions.open("task", OWNER).ok().unwrap();
        let session = sessions.find(&opened.id).unwrap();
        (sessions, opened, session)
    }

    #[tokio::test]
    async fn tokens_open_their_own_end_once() {
        let (_, opened, session) = open();
        assert_eq!(session.sit("guess").unwrap_err(), Ended);
        let client = session.sit(&opened.client_token).unwrap();
        assert_eq!(client.side, Side::Client);
        assert!(session.sit(&opened.client_token).is_err());
        let agent = session.sit(&opened.agent_token).unwrap();
        assert_eq!(agent.side, Side::Agent);
        let first = Message::decode(&session.to_agent.pop().await).unwrap();
        assert_eq!(first.kind, Kind::StartPublication);
        let again = session.sit(&opened.agent_token).unwrap();
        assert!(agent.replaced.is_cancelled() && !again.replaced.is_cancelled());
    }

    #[tokio::test]
    async fn only_who_began_it_comes_back() {
        let (_, opened, session) = open();
        drop(session.sit(&opened.client_token).unwrap());
        assert_eq!(session.resume("somebody else"), None);
        let token = session.resume(OWNER).unwrap();
        assert!(session.sit(&token).is_ok());
        session.finish("");
        assert_eq!(session.resume(OWNER), None);
        assert!(session.sit(&opened.agent_token).is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn sessions_end_when_an_end_stays_away() {
        let (sessions, opened, session) = open();
        session.over.cancelled().await;
        let closed = Message::decode(&session.to_client.pop().await).unwrap();
        assert_eq!(closed.kind, Kind::ChannelClosed);
        while sessions.find(&opened.id).is_some() {
            tokio::task::yield_now().await;
        }

        let (_, opened, session) = open();
        let _agent = session.sit(&opened.agent_token).unwrap();
        let before = Instant::now();
        session.over.cancelled().await;
        assert!(before.elapsed() >= CLIENT_GRACE);

        let (_, opened, session) = open();
        let _agent = session.sit(&opened.agent_token).unwrap();
        let _client = session.sit(&opened.client_token).unwrap();
        let before = Instant::now();
        session.over.cancelled().await;
        assert!(before.elapsed() >= IDLE);
    }

    #[tokio::test]
    async fn a_task_has_so_many_and_no_more() {
        let sessions = Sessions::default();
        for _ in 0..MAX_PER_TASK {
            assert!(sessions.open("task", OWNER).is_ok());
        }
        assert!(sessions.open("task", OWNER).is_err());
        assert!(sessions.open("other", OWNER).is_ok());
    }

    #[tokio::test]
    async fn an_account_leaves_sessions_to_others() {
        let sessions = Sessions::default();
        let open = |account: &str, number: usize| {
            let task = number / MAX_PER_TASK;
            let task = format!("arn:aws:ecs:us-east-1:{account}:task/default/{task}");
            sessions.open(&task, OWNER)
        };
        for number in 0..MAX_PER_ACCOUNT {
            assert!(open("111111111111", number).is_ok(), "{number}");
        }
        assert!(open("111111111111", MAX_SESSIONS).is_err());
        assert!(open("222222222222", 0).is_ok());
    }
}
