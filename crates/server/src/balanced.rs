//! What load balancers did, for those who bill it: read from what their hosts measured.

use std::error::Error;

use async_trait::async_trait;
use wharf_series::{Metric, Series, Span};
use wharf_svc_ce::{Balanced, Traffic};

const HOUR: i64 = 3_600;

pub struct Measured(pub Series);

#[async_trait]
impl Balanced for Measured {
    async fn traffic(
        &self,
        (account, region): (&str, &str),
        balancer: &str,
        hour: i64,
    ) -> Result<Traffic, Box<dyn Error + Send + Sync>> {
        let (namespace, names) = match balancer.starts_with("net/") {
            true => (
                "AWS/NetworkELB",
                ["NewFlowCount", "ActiveFlowCount", "ProcessedBytes"],
            ),
            false => (
                "AWS/ApplicationELB",
                [
                    "NewConnectionCount",
                    "ActiveConnectionCount",
                    "ProcessedBytes",
                ],
            ),
        };
        let mut sums = [0; 3];
        for (name, sum) in names.into_iter().zip(&mut sums) {
            let metric = Metric {
                account: account.to_owned(),
                region: region.to_owned(),
                namespace: namespace.to_owned(),
                name: name.to_owned(),
                dimensions: vec![("LoadBalancer".to_owned(), balancer.to_owned())],
            };
            let units = self.0.units(&metric);
            let series = units.into_iter().map(|(_, number)| number).collect();
            let span = Span {
                from: hour,
                to: hour + HOUR,
                period: HOUR,
                spread: false,
            };
            let points = self.0.read(series, span).await?;
            // A sum of whole numbers, of which there are no negative ones.
            *sum = points.iter().flatten().map(|(_, it)| it.sum as u64).sum();
        }
        let [new, active, bytes] = sums;
        Ok(Traffic { new, active, bytes })
    }
}
