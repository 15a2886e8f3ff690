//! What the machine speaks of: messages and their stages, changes that are under way, what is asked and answered.

use std::sync::Arc;

use super::{Millis, Seq};

/// What is known of a message without its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The lower half of the message's id, of which 62 bits are random: enough to tell who knows it.
    pub mark: u64,
    /// When it may be received (again).
    pub visible_at: Millis,
    /// How often it was received.
    pub receives: u32,
    /// Of its record and of its parts.
    pub bytes: u32,
    pub group: Option<Arc<str>>,
    pub stage: Stage,
}

impl Message {
    /// The mark of an id.
    pub fn mark(id: u128) -> u64 {
        id as u64
    }
}

/// Where a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Whoever asks may have it.
    Ready,
    /// Nobody may have it before `visible_at`.
    Delayed,
    /// Somebody has received it, until `visible_at`.
    Held,
    /// A change of it is being written.
    Busy,
}

/// What became of a change that was begun.
#[derive(Debug, Clone)]
pub enum Settled {
    /// The message is so from now on.
    Is(Message),
    /// It is gone.
    Gone,
}

/// A message that a change has set aside, as it was.
#[derive(Debug, Clone)]
pub struct Aside {
    pub seq: Seq,
    pub before: Message,
}

/// What a receive may take.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    pub most: usize,
    /// Messages that were received so often go to the dead-letter queue instead.
    pub max_receives: Option<u32>,
    /// Messages that may be held at a time.
    pub max_held: usize,
}

/// What a receive took; all of it is busy.
#[derive(Debug, Default)]
pub struct Taken {
    pub received: Vec<Aside>,
    pub dead: Vec<Aside>,
    /// So many are held already that no more may be.
    pub over_limit: bool,
}

/// Counts that a queue shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    pub ready: usize,
    pub delayed: usize,
    pub held: usize,
    /// Message groups with messages that are held; none without an order.
    pub groups_held: usize,
}

/// Why a receipt changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotHeld {
    /// Another change of the message is being written: ask again once it is.
    Busy,
    /// There is no such message any more.
    Gone,
    /// It was received again since.
    Superseded,
    /// It was held, and may be received by others now.
    Expired,
}
