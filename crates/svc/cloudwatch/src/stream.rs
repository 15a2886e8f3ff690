//! Metric streams: minute by minute, what was measured goes to an API destination of EventBridge.
//!
//! - `chosen` says which metrics are in a stream and which statistics go with them; `update` is one of them in one
//!   minute, `json` and `otlp` are the forms it goes in. All pure.
//! - `deliver` sends. A position on disk says which minute, and behind which metric of it, is next; it moves when the
//!   destination has taken what is before it. So everything goes once, in the order of the minutes, and after a crash
//!   the last request may go again. Nothing is queued: what is behind stays where it was measured.

pub mod chosen;
pub mod deliver;
pub mod json;
pub mod otlp;
pub mod update;
