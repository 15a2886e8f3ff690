//! Events that come again and again: pollers ask the same in the name of the same, and what is written of
//! that differs by time and ids alone. Pure.

use std::{
    collections::VecDeque,
    hash::{DefaultHasher, Hash, Hasher},
    net::IpAddr,
    sync::atomic::{AtomicU64, Ordering},
};

use wharf_wire::{
    Caller,
    audit::{Decided, Event},
};

use crate::packed::{Form, Holes, Like};

/// Events kept; each is compared with what comes.
const KEPT: usize = 8;
/// Bytes of an event that is kept.
const MOST_BYTES: usize = 8 << 10;
/// Events that came once, of which no more is kept than that they did.
const NOTED: usize = 16;

/// The latest events that came twice.
#[derive(Default)]
pub(super) struct Known {
    kept: VecDeque<Kept>,
    /// Hashes of those that came once: keeping an event costs more than writing it.
    noted: VecDeque<u64>,
}

/// An event, and all that its text says beside what is in its holes.
struct Kept {
    number: u64,
    form: Form<'static>,
    caller: Caller,
    account: String,
    region: String,
    source_ip: Option<IpAddr>,
    user_agent: String,
    service: String,
    name: String,
    is_api_call: bool,
    read_only: bool,
    parameters: Option<String>,
    decided: Vec<Decided>,
}

impl Kept {
    fn new(event: &Event, form: Form<'static>) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let cx = &event.context;
        Self {
            number: NEXT.fetch_add(1, Ordering::Relaxed),
            form,
            caller: cx.caller.clone(),
            account: cx.account.clone(),
            region: cx.region.clone(),
            source_ip: cx.source_ip,
            user_agent: cx.user_agent.clone(),
            service: event.service.clone(),
            name: event.name.clone(),
            is_api_call: event.is_api_call,
            read_only: event.read_only,
            parameters: event.parameters.clone(),
            decided: event.decided.clone(),
        }
    }

    /// What differs most often is compared first.
    fn fits(&self, event: &Event) -> bool {
        let cx = &event.context;
        self.name == event.name
            && self.parameters == event.parameters
            && self.source_ip == cx.source_ip
            && self.service == event.service
            && self.account == cx.account
            && self.region == cx.region
            && self.user_agent == cx.user_agent
            && self.is_api_call == event.is_api_call
            && self.read_only == event.read_only
            && self.decided == event.decided
            && self.caller == cx.caller
    }
}

/// Whether an event may be like others: failures and changes say more than what was asked.
fn may_recur(event: &Event) -> bool {
    let is_plain = event.error.is_none() && event.details.is_none();
    is_plain && event.response.is_none() && event.repeats.is_none()
}

impl Known {
    /// The place of one that was written as this one will be.
    pub fn find(&self, event: &Event) -> Option<usize> {
        let mut kept = self.kept.iter().filter(|_| may_recur(event));
        kept.position(|kept| kept.fits(event))
    }

    /// What another is like that fits the one of this place.
    pub fn like(&self, place: usize) -> Like<'_> {
        let Kept { number, form, .. } = &self.kept[place];
        Like {
            other: *number,
            form,
        }
    }

    /// Takes note of an event that was not found, and keeps it if it came before.
    pub fn see(&mut self, event: &Event, text: &[u8], holes: Holes) {
        if !may_recur(event) || text.len() > MOST_BYTES {
            return;
        }
        let mut hasher = DefaultHasher::new();
        (&event.name, &event.parameters, &event.context.caller.arn).hash(&mut hasher);
        let hash = hasher.finish();
        if self.noted.contains(&hash) {
            self.noted.retain(|it| *it != hash);
            if let Some(form) = Form::new(text.to_vec(), holes) {
                self.kept.truncate(KEPT - 1);
                self.kept.push_front(Kept::new(event, form));
            }
        } else {
            self.noted.truncate(NOTED - 1);
            self.noted.push_front(hash);
        }
    }
}
