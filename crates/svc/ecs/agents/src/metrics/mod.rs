//! What agents report of what tasks used, as metrics.
//!
//! | module | what |
//! | --- | --- |
//! | [`message`] | a report as it comes over the telemetry channel |
//! | [`rounds`] | the rounds of agents that report every 20 seconds, gathered by the minute |
//! | [`reported`] | what a connection has reported already |
//! | [`used`] | what a task used, and what points of metrics that makes; pure |
//! | [`insights`], [`containers`] | the metrics of Container Insights, and those of single containers; pure |
//! | [`performance`] | the performance events of Container Insights; pure |
//! | [`keep`] | a report of a node into the store of samples |
//! | [`reservation`] | how much of a cluster's machines is reserved and how many tasks and services it has, once a minute |
//!
//! A node only reports of tasks that were placed on it: whose metrics a report changes is said by the task's
//! record alone. Points land in the account that owns the task.

pub(crate) mod containers;
pub(crate) mod insights;
pub(crate) mod keep;
pub(crate) mod message;
pub(crate) mod performance;
pub(crate) mod reported;
pub(crate) mod reservation;
pub(crate) mod rounds;
pub(crate) mod used;
