//! DescribeFlowLogs.

use wharf_api_ec2::types::{DescribeFlowLogsRequest, DescribeFlowLogsResult};
use wharf_wire::{Call, Fault};

use super::FlowLog;
use crate::{
    Ec2Service,
    fault::dry_run,
    filter::{Asked, Fields, names},
};

pub async fn describe(
    service: &Ec2Service,
    call: &Call,
    input: DescribeFlowLogsRequest,
) -> Result<DescribeFlowLogsResult, Fault> {
    dry_run(input.dry_run)?;
    let asked = Asked {
        ids: input.flow_log_ids,
        filters: input.filter,
        next_token: input.next_token,
        max_results: input.max_results,
    };
    let one = |text: &str| vec![text.to_owned()];
    let fields = |it: &FlowLog| -> Fields {
        vec![
            ("deliver-log-status", one(it.status())),
            ("flow-log-id", one(&it.id)),
            ("log-destination-type", one(it.destination.kind())),
            (
                "log-group-name",
                it.group().map(str::to_owned).into_iter().collect(),
            ),
            ("resource-id", one(it.of.id())),
            ("traffic-type", one(it.traffic.name())),
        ]
    };
    let (page, next_token) = service
        .select(call, asked, &names::FLOW_LOGS, fields)
        .await?;
    Ok(DescribeFlowLogsResult {
        flow_logs: Some(page.iter().map(FlowLog::to_wire).collect()),
        next_token,
    })
}
