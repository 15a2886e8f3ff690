//! Order, acknowledgement and repetition of the two streams of a session. Pure: the caller brings
//! the time.

use std::{
    collections::{BTreeMap, VecDeque},
    time::{Duration, Instant},
};

use crate::{
    handshake::Acknowledge,
    message::{FIN, Kind, Message, PayloadType, SYN},
};

/// Messages under way before the sender has to wait.
pub const WINDOW: usize = 64;
/// Messages kept that came before their turn; more are not acknowledged and come again.
const AHEAD: usize = 256;
/// A message repeated so often that nobody can be at the other end.
const MAX_REPEATS: u32 = 3000;

const FIRST_TIMEOUT: Duration = Duration::from_millis(200);
const MOST_TIMEOUT: Duration = Duration::from_secs(1);
const LEAST_VARIANCE: Duration = Duration::from_millis(10);
/// Between two repetitions of the same message.
const REPEAT_EVERY: Duration = Duration::from_millis(100);

/// What was sent and not acknowledged.
#[derive(Debug)]
pub struct Outgoing {
    kind: Kind,
    next: i64,
    waiting: VecDeque<Sent>,
    round_trip: Option<Duration>,
    variance: Duration,
}

#[derive(Debug)]
struct Sent {
    message: Message,
    first: Instant,
    last: Instant,
    repeats: u32,
}

impl Outgoing {
    /// `kind` is [`Kind::Input`] for clients and [`Kind::Output`] for agents.
    pub fn new(kind: Kind) -> Self {
        Self {
            kind,
            next: 0,
            waiting: VecDeque::new(),
            round_trip: None,
            variance: Duration::ZERO,
        }
    }

    /// Whether another message may be sent now.
    pub fn has_room(&self) -> bool {
        self.waiting.len() < WINDOW
    }

    /// Everything was acknowledged.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// The frame to send. `created` is milliseconds since 1970; `last` ends the stream.
    pub fn push(
        &mut self,
        payload_type: PayloadType,
        payload: Vec<u8>,
        last: bool,
        created: u64,
        now: Instant,
    ) -> Vec<u8> {
        let first = if self.next == 0 { SYN } else { 0 };
        let end = if last { FIN } else { 0 };
        let message = Message {
            sequence: self.next,
            flags: first | end,
            ..Message::new(self.kind.clone(), created, payload_type, payload)
        };
        self.next += 1;
        let frame = message.encode();
        self.waiting.push_back(Sent {
            message,
            first: now,
            last: now,
            repeats: 0,
        });
        frame
    }

    /// The other end acknowledges one of ours; an acknowledgement that says nothing changes nothing.
    pub fn hear(&mut self, acknowledgement: &Message, now: Instant) {
        if let Some(sequence) = acknowledged(acknowledgement) {
            self.acknowledged(sequence, now);
        }
    }

    fn acknowledged(&mut self, sequence: i64, now: Instant) {
        let Some(at) = self
            .waiting
            .iter()
            .position(|sent| sent.message.sequence == sequence)
        else {
            return;
        };
        if let Some(sent) = self.waiting.remove(at)
            // Of one sent twice nobody knows which was acknowledged.
            && sent.repeats == 0
        {
            self.measure(now.saturating_duration_since(sent.first));
        }
    }

    fn measure(&mut self, took: Duration) {
        let before = self.round_trip.unwrap_or(took);
        self.variance = (self.variance * 3 + before.abs_diff(took)) / 4;
        self.round_trip = Some((before * 7 + took) / 8);
    }

    fn timeout(&self) -> Duration {
        match self.round_trip {
            None => FIRST_TIMEOUT,
            Some(round_trip) => {
                (round_trip + LEAST_VARIANCE.max(self.variance * 4)).min(MOST_TIMEOUT)
            }
        }
    }

    /// When [`Outgoing::repeat`] has something to say, if nothing is acknowledged before.
    pub fn repeat_at(&self) -> Option<Instant> {
        let oldest = self.waiting.front()?;
        Some(match oldest.repeats {
            0 => oldest.first + self.timeout().max(REPEAT_EVERY),
            _ => oldest.last + self.timeout().max(REPEAT_EVERY),
        })
    }

    /// The oldest frame, if it is time to send it again.
    ///
    /// # Errors
    /// Nobody is there any more.
    pub fn repeat(&mut self, now: Instant) -> Result<Option<Vec<u8>>, Gone> {
        if self.repeat_at().is_none_or(|at| at > now) {
            return Ok(None);
        }
        let Some(oldest) = self.waiting.front_mut() else {
            return Ok(None);
        };
        oldest.last = now;
        oldest.repeats += 1;
        if oldest.repeats > MAX_REPEATS {
            return Err(Gone);
        }
        Ok(Some(oldest.message.encode()))
    }

    /// Everything not acknowledged, for a new connection.
    pub fn repeat_all(&mut self, now: Instant) -> Vec<Vec<u8>> {
        for sent in &mut self.waiting {
            sent.last = now;
            sent.repeats = sent.repeats.max(1);
        }
        self.waiting
            .iter()
            .map(|sent| sent.message.encode())
            .collect()
    }
}

/// The other end does not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the other end of the session does not answer")]
pub struct Gone;

/// What was received, brought into its order.
#[derive(Debug, Default)]
pub struct Incoming {
    expected: i64,
    ahead: BTreeMap<i64, Message>,
}

/// What to do with a message.
#[derive(Debug, PartialEq, Eq)]
pub struct Accepted {
    pub acknowledge: bool,
    /// Whose turn it is now, in order.
    pub ready: Vec<Message>,
}

impl Incoming {
    pub fn accept(&mut self, message: Message) -> Accepted {
        let mut ready = Vec::new();
        let sequence = message.sequence;
        if sequence == self.expected {
            ready.push(message);
            self.expected += 1;
            while let Some(next) = self.ahead.remove(&self.expected) {
                ready.push(next);
                self.expected += 1;
            }
        } else if sequence > self.expected {
            if self.ahead.len() >= AHEAD {
                return Accepted {
                    acknowledge: false,
                    ready,
                };
            }
            self.ahead.insert(sequence, message);
        }
        Accepted {
            acknowledge: true,
            ready,
        }
    }
}

/// The acknowledgement of `of`.
pub fn acknowledgement(of: &Message, created: u64) -> Vec<u8> {
    let content = Acknowledge {
        acknowledged_message_type: of.kind.as_str().to_owned(),
        acknowledged_message_id: of.id.to_string(),
        acknowledged_message_sequence_number: of.sequence,
        is_sequential_message: true,
    };
    let payload = serde_json::to_vec(&content).unwrap_or_default();
    Message {
        flags: SYN | FIN,
        ..Message::new(Kind::Acknowledge, created, PayloadType::Undefined, payload)
    }
    .encode()
}

/// Which message an acknowledgement is about.
fn acknowledged(message: &Message) -> Option<i64> {
    let content: Acknowledge = serde_json::from_slice(&message.payload).ok()?;
    Some(content.acknowledged_message_sequence_number)
}

#[cfg(test)]
mod tests;
