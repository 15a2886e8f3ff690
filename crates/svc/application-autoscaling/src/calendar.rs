//! Scheduled actions whose time has come.

use wharf_base::Timestamp;
use wharf_scaling::Calendar;
use wharf_service::Stored;

use crate::{activity, reconcile::StepError, records::Scheduled, work::Work};

impl Work<'_> {
    /// The first moment that has come.
    pub fn due<'s>(
        &self,
        scheduled: &'s [Stored<Scheduled>],
    ) -> Option<(&'s Stored<Scheduled>, Timestamp)> {
        let due = scheduled.iter().filter_map(|it| {
            let of = &it.record;
            let at = calendar(of)?.due(of.changed_at, self.done(of), self.now)?;
            Some((it, at))
        });
        due.min_by_key(|it| it.1)
    }

    /// Up to when nothing is left to do.
    pub fn done(&self, of: &Scheduled) -> Timestamp {
        let resumed = self.stored.record.resumed_at;
        resumed.map_or(of.done_until, |it| it.max(of.done_until))
    }

    pub async fn carry_out(
        &self,
        scheduled: &Stored<Scheduled>,
        at: Timestamp,
        desired: u32,
    ) -> Result<(), StepError> {
        let action = &scheduled.record;
        let change = wharf_scaling::Change {
            min: action.min,
            max: action.max,
        };
        let range = activity::range(action.min, action.max);
        let cause = format!("scheduled action name {} was triggered", action.name);
        let resource = &self.stored.record.resource;
        let (id, begun) = activity::begun(
            resource,
            format!("Setting {range}"),
            cause,
            self.core.order(self.now),
        );
        let made = change.of(self.stored.record.bounds(), desired);
        let ended = match &made {
            Ok(_) => begun.ended(
                activity::SUCCESSFUL,
                format!("Successfully set {range}"),
                self.now,
            ),
            Err(bad) => begun.ended(
                activity::FAILED,
                format!("Failed to set {range}. Reason: {bad}"),
                self.now,
            ),
        };
        let done = Scheduled {
            done_until: at,
            ..action.clone()
        };
        self.write(|changes, target| {
            changes.when(scheduled.unchanged());
            changes.put(&scheduled.key, &done);
            if target.suspended.scheduled {
                return;
            }
            activity::put(changes, self.place, self.id, &(id, ended));
            if let Ok((bounds, _)) = made {
                (target.min, target.max) = (bounds.min(), bounds.max());
                target.range_changed = true;
            }
        })
        .await
    }
}

/// `None` for a record whose times cannot be read.
pub fn calendar(of: &Scheduled) -> Option<Calendar> {
    Calendar::new(&of.schedule, of.zone.as_deref(), of.start, of.end).ok()
}
