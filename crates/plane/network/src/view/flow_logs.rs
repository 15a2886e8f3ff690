//! Whose packets are recorded.

use std::collections::BTreeSet;

use wharf_planeproto::flows::{FlowLog, FlowsOf};
use wharf_planeproto::{Kind, Resource};

use super::View;
use crate::flows::Metering;
use crate::model::Eni;

impl View {
    pub(crate) fn has_flow_logs(&self) -> bool {
        self.of_kind(Kind::FlowLog).next().is_some()
    }

    /// What is to be recorded of an interface, if anything.
    pub(crate) fn metering(&self, eni: &Eni) -> Option<Metering> {
        let logs = self.of_kind(Kind::FlowLog).filter_map(|it| match it {
            Resource::FlowLog(log) if log.vpc == eni.vpc_id => Some(log),
            _ => None,
        });
        let mut metering: Option<Metering> = None;
        for log in logs.filter(|log| is_about(log, eni)) {
            let metering = metering.get_or_insert_with(|| Metering {
                account: log.account.clone(),
                region: log.region.clone(),
                address: eni.address,
                ipv6: self.own_ipv6(&eni.vpc_id, &eni.eni_id).unwrap_or_default(),
                logs: BTreeSet::new(),
                accepted: false,
                rejected: false,
                tcp_flags: false,
            });
            metering.logs.insert(log.id.clone());
            metering.accepted |= log.accepted;
            metering.rejected |= log.rejected;
            metering.tcp_flags |= log.tcp_flags;
        }
        metering
    }
}

/// Whether the interface's traffic is to be recorded.
fn is_about(log: &FlowLog, eni: &Eni) -> bool {
    match &log.of {
        FlowsOf::Vpc => true,
        FlowsOf::Subnet(range) => range.parse() == Ok(eni.subnet),
        FlowsOf::Interface(id) => *id == eni.eni_id,
    }
}
