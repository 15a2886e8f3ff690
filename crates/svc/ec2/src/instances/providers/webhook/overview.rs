//! How a maker stands, for whoever looks after the installation.

use wharf_base::Timestamp;
use wharf_wire::Fault;

use crate::{
    Ec2Service,
    instances::{
        life::{Life, State, Wanted},
        providers::Provider,
    },
    records::Instance,
};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MakerOverview {
    /// The host of its address.
    pub name: String,
    /// Machines that are to run, and of those the ones that do.
    pub wanted: u32,
    pub there: u32,
    /// What it may have at a time.
    pub most: u32,
    /// What it did not do last, and when it was asked for that.
    pub failure: Option<(String, Timestamp)>,
}

impl Ec2Service {
    /// `None` where there is no maker.
    ///
    /// # Errors
    /// The store's.
    pub async fn maker_overview(&self) -> Result<Option<MakerOverview>, Fault> {
        let Some(maker) = self.instances.making.maker() else {
            return Ok(None);
        };
        let all = self.table.all::<Instance>(&maker.scope(), "").await?;
        let made = all.iter().map(|it| &it.1.record);
        let made = made.filter(|it| matches!(it.provider, Provider::Webhook(_)));
        let (wanted, there) = counted(made.map(|it| &it.life));
        let config = &maker.parts.config;
        Ok(Some(MakerOverview {
            name: config.url.host().unwrap_or_default().to_owned(),
            wanted,
            there,
            most: config.most,
            failure: maker.failure.lock().clone(),
        }))
    }
}

/// Those that are to run, and of those the ones that do. Pure.
fn counted<'a>(all: impl Iterator<Item = &'a Life>) -> (u32, u32) {
    let wanted = all.filter(|it| it.wanted == Wanted::Running && it.state != State::Terminated);
    wanted.fold((0, 0), |(wanted, there), it| {
        let is_there = it.state == State::Running && it.impaired_since.is_none();
        (wanted + 1, there + u32::from(is_there))
    })
}
