//! Flow logs: what passes interfaces, and what is dropped at them, written to log groups and buckets.
//!
//! Hosts are told of flow logs ([`crate::plane`]) and count. They report windows of some seconds of each interface (`intake`), which
//! become records, one for each flow log that it is for; a reconciler delivers these (`deliver`) and deletes them. A report counts once:
//! its number is written with what was made of it. A host is believed of the interfaces that are attached to it alone, and for ten minutes of
//! what was before they left it.

mod create;
mod delete;
mod deliver;
mod describe;
mod fault;
mod flow;
mod format;
mod intake;
mod memory;
mod records;

pub use create::create;
pub use delete::delete;
pub(crate) use deliver::{flow_log as reconcile, key_of_batch, source as reconcile_source};
pub use describe::describe;
pub use flow::{Flow, Part};
pub use intake::NotTaken;
pub(crate) use intake::{attached, note};
pub(crate) use memory::Files;
pub use records::{FlowBatch, FlowFile, FlowIntake, FlowLog, FlowSource};

/// Flow logs of one resource, as AWS has it.
const MAX_OF_RESOURCE: usize = 2;
/// Resources of one request.
const MAX_RESOURCES: usize = 1000;
/// Who assumes roles for log groups.
pub(crate) const PRINCIPAL: &str = "vpc-flow-logs.amazonaws.com";
/// Who writes into buckets.
const WRITER: &str = "delivery.logs.amazonaws.com";
