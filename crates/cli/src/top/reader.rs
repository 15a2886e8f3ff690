//! Looks at the installation, as root: its overview, the server's metrics, and each few looks what CloudWatch
//! measured, for that changes once a minute. Three calls a look at most, however much there is.

use std::time::{Duration, Instant};

use wharf_api_cloudwatch::{GetMetricDataOutput, schema::SERVICE as CLOUDWATCH};
use wharf_api_wharf::types::{OverviewRequest, OverviewResponse};
use wharf_base::{Clock, SystemClock};

use super::{
    model::{Limit, Model, Seen},
    usage::{self, Usage},
};
use crate::{
    call,
    doctor::near_limits,
    layout::{Layout, Settings},
    problem::Problem,
};

/// How often CloudWatch is asked.
const ASK_EVERY: Duration = Duration::from_secs(10);

pub struct Reader {
    layout: Layout,
    settings: Settings,
    usage: Usage,
    asked: Option<Instant>,
}

impl Reader {
    pub fn new(layout: Layout, settings: Settings) -> Self {
        Self {
            layout,
            settings,
            usage: Usage::default(),
            asked: None,
        }
    }

    /// # Errors
    /// There is no overview. Without the rest there is a model that says so.
    pub async fn look(&mut self) -> Result<Model, Problem> {
        let nothing = OverviewRequest::default();
        let asked = call::wharf(&self.layout, &self.settings, "Overview", &nothing);
        let overview: OverviewResponse = asked.await?;
        let overview = call::document("OverviewResponse", &overview);
        let mut missing = Vec::new();
        if self.asked.is_none_or(|it| it.elapsed() >= ASK_EVERY) {
            let wanted = usage::wanted(&overview);
            match self.measured(&wanted).await {
                Ok(usage) => self.usage = usage,
                Err(problem) => missing.push(format!("use of CPU and memory: {problem}")),
            }
            // What fails is not asked for more often.
            self.asked = Some(Instant::now());
        }
        let limits = match call::metrics(&self.layout, &self.settings).await {
            Ok(text) => near_limits(&text).map(Limit::from).collect(),
            Err(problem) => {
                missing.push(format!("limits: {problem}"));
                Vec::new()
            }
        };
        let seen = Seen {
            overview,
            usage: self.usage.clone(),
            limits,
            missing,
            at: SystemClock.now(),
        };
        let (endpoint, region) = (self.settings.endpoint(), &self.settings.region);
        Ok(Model::new(&seen, &endpoint, region))
    }

    async fn measured(&self, wanted: &[usage::Wanted]) -> Result<Usage, Problem> {
        if wanted.is_empty() {
            return Ok(Usage::default());
        }
        let input = usage::request(wanted, SystemClock.now());
        let (layout, settings) = (&self.layout, &self.settings);
        let answer: GetMetricDataOutput =
            call::of(&CLOUDWATCH, layout, settings, "GetMetricData", &input).await?;
        Ok(usage::read(wanted, answer))
    }
}

impl From<(&'static str, String)> for Limit {
    fn from((what, detail): (&'static str, String)) -> Self {
        Self {
            what: what.to_owned(),
            detail,
        }
    }
}
