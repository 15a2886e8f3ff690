//! ECS Exec: sessions between a client and a container (spec ecs-agent §7).
//!
//! ExecuteCommand makes a [`session`] and tells the agent over its ACS connection. Client and agent
//! then each open the session's data [`channel`] and say who they are by their tokens; frames pass
//! from one to the other as they came. [`ssm`] holds the two operations by which clients come back
//! to a session and end it.
//!
//! Sessions live in this process alone: when the server ends they are over, and both ends see that
//! at their next try to connect.

#![forbid(unsafe_code)]

mod buffer;
pub mod channel;
pub mod session;
pub mod ssm;

pub use session::Sessions;
pub use wharf_datachannel::PATH;
