//! A change of a volume's size, type and rates, and when there may be another. Pure.
//!
//! A size that grows is `modifying` until the volume's host says that it has it, or that it cannot; whatever else changes
//! is there at once, or with the size.
//! Nothing is moved, so no change is ever `optimizing`.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use wharf_api_ec2::types as wire;
use wharf_base::Timestamp;
use wharf_planeproto::volume::{VolumeReport, VolumeState};

use super::{Volume, kinds::Sized};
use crate::filter::Fields;

/// As with EBS: between the starts of two.
const AT_MOST_EVERY: Duration = Duration::from_secs(6 * 3600);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Modification {
    pub original: Sized,
    pub target: Sized,
    pub started_at: Timestamp,
    /// Until then it is `modifying`.
    pub ended_at: Option<Timestamp>,
    /// Why the volume is as it was then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<String>,
}

/// Why a volume cannot be modified now.
#[derive(Debug, PartialEq, Eq)]
pub enum NotNow {
    Pending,
    TooSoon,
}

impl Modification {
    pub fn is_pending(&self) -> bool {
        self.ended_at.is_none()
    }

    pub fn state(&self) -> &'static str {
        match (self.ended_at, &self.failed) {
            (None, _) => "modifying",
            (Some(_), None) => "completed",
            (Some(_), Some(_)) => "failed",
        }
    }

    fn progress(&self) -> i64 {
        if self.state() == "completed" { 100 } else { 0 }
    }
}

impl Volume {
    /// Begins to make it what is wanted; what takes no host is done at once.
    pub fn modify(&mut self, target: Sized, now: Timestamp) -> Result<Modification, NotNow> {
        match &self.modification {
            Some(last) if last.is_pending() => return Err(NotNow::Pending),
            Some(last) if now < last.started_at + AT_MOST_EVERY => return Err(NotNow::TooSoon),
            _ => {}
        }
        let original = self.sized();
        // A host has its bytes, or makes them now.
        let takes_host = target.gib > original.gib && self.life.host.is_some();
        let begun = Modification {
            original,
            target,
            started_at: now,
            ended_at: (!takes_host).then_some(now),
            failed: None,
        };
        self.modification = Some(begun.clone());
        if !takes_host {
            self.become_target(target);
            self.meter(now);
        }
        Ok(begun)
    }

    /// Its host says how large it is, and why it stays so if it does.
    pub fn grown(&mut self, said: &VolumeReport, now: Timestamp) {
        let Some(it) = self.modification.as_mut().filter(|it| it.is_pending()) else {
            return;
        };
        if said.bytes >= u64::from(it.target.gib) << 30 {
            it.ended_at = Some(now);
            let target = it.target;
            self.become_target(target);
        } else if let (VolumeState::Ready, Some(why)) = (said.state, &said.reason) {
            it.ended_at = Some(now);
            it.failed = Some(why.chars().take(500).collect());
        }
    }

    fn become_target(&mut self, target: Sized) {
        let Sized {
            kind,
            gib,
            iops,
            throughput,
        } = target;
        (self.kind, self.gib, self.iops, self.throughput) = (kind, gib, iops, throughput);
    }

    pub fn modification_to_wire(&self, it: &Modification) -> wire::VolumeModification {
        let number = |it: u32| i32::try_from(it).ok();
        wire::VolumeModification {
            volume_id: Some(self.id.clone()),
            modification_state: Some(it.state().to_owned()),
            target_size: number(it.target.gib),
            target_iops: it.target.iops.and_then(number),
            target_volume_type: Some(it.target.kind.as_str().to_owned()),
            target_throughput: it.target.throughput.and_then(number),
            target_multi_attach_enabled: Some(false),
            original_size: number(it.original.gib),
            original_iops: it.original.iops.and_then(number),
            original_volume_type: Some(it.original.kind.as_str().to_owned()),
            original_throughput: it.original.throughput.and_then(number),
            original_multi_attach_enabled: Some(false),
            progress: Some(it.progress()),
            start_time: Some(it.started_at),
            end_time: it.ended_at,
            operator: Some(self.operator()),
            status_message: it.failed.clone(),
        }
    }

    pub fn modification_fields(&self) -> Fields {
        let Some(it) = &self.modification else {
            return Vec::new();
        };
        let one = |text: &str| vec![text.to_owned()];
        let number = |it: Option<u32>| it.map(|it| it.to_string()).into_iter().collect();
        let (original, target) = (it.original, it.target);
        vec![
            ("modification-state", one(it.state())),
            (
                "operator.managed",
                vec![self.requester.is_some().to_string()],
            ),
            (
                "operator.principal",
                self.requester.iter().cloned().collect(),
            ),
            ("original-iops", number(original.iops)),
            ("original-size", number(Some(original.gib))),
            ("original-volume-type", one(original.kind.as_str())),
            ("originalMultiAttachEnabled", one("false")),
            ("start-time", vec![it.started_at.to_string()]),
            ("target-iops", number(target.iops)),
            ("target-size", number(Some(target.gib))),
            ("target-volume-type", one(target.kind.as_str())),
            ("targetMultiAttachEnabled", one("false")),
            ("volume-id", one(&self.id)),
        ]
    }
}

#[cfg(test)]
mod tests {
    use wharf_records::{Unknown, ecs::Tags};

    use super::{
        super::{kinds::Kind, life::Life},
        *,
    };

    const HOUR: i64 = 3_600_000;

    fn volume(host: Option<&str>) -> Volume {
        Volume {
            id: "vol-1".to_owned(),
            kind: Kind::Gp3,
            gib: 1,
            iops: Some(3000),
            throughput: Some(125),
            zone: "us-east-1a".to_owned(),
            source: None,
            encryption: None,
            requester: None,
            token_id: None,
            asked: None,
            life: Life {
                host: host.map(str::to_owned),
                ..Life::default()
            },
            modification: None,
            auto_enable_io: false,
            metered: None,
            created_at: Timestamp(0),
            tags: Tags::new(),
            unknown: Unknown::new(),
        }
    }

    fn said(gib: u64, reason: Option<&str>) -> VolumeReport {
        VolumeReport {
            id: "vol-1".to_owned(),
            state: VolumeState::Ready,
            reason: reason.map(str::to_owned),
            bytes: gib << 30,
            mounted: false,
            attached: false,
            placed: false,
        }
    }

    fn target(volume: &Volume, gib: u32) -> Sized {
        Sized {
            gib,
            ..volume.sized()
        }
    }

    #[test]
    fn a_size_grows_when_its_host_says_so() {
        let mut of = volume(Some("i-1"));
        let wanted = target(&of, 2);
        let begun = of.modify(wanted, Timestamp(0)).unwrap();
        assert_eq!(
            (begun.state(), of.gib, of.wanted_gib()),
            ("modifying", 1, 2)
        );
        of.grown(&said(1, None), Timestamp(5));
        assert_eq!(of.modify(wanted, Timestamp(7 * HOUR)), Err(NotNow::Pending));
        of.grown(&said(2, None), Timestamp(9));
        let done = of.modification.clone().unwrap();
        assert_eq!(
            (done.state(), done.ended_at, of.gib),
            ("completed", Some(Timestamp(9)), 2)
        );
    }

    #[test]
    fn one_that_its_host_has_no_room_for_fails_and_changes_nothing() {
        let mut of = volume(Some("i-1"));
        let wanted = target(&of, 16_384);
        of.modify(wanted, Timestamp(0)).unwrap();
        let report = said(1, Some("File too large"));
        of.life.reported(&report);
        of.grown(&report, Timestamp(5));
        let ended = of.modification.clone().unwrap();
        assert_eq!((ended.state(), ended.progress()), ("failed", 0));
        let shown = of.modification_to_wire(&ended);
        assert_eq!(shown.status_message.as_deref(), Some("File too large"));
        assert_eq!(
            (of.gib, of.wanted_gib(), of.life.state()),
            (1, 1, "available")
        );
        assert!(of.modify(target(&of, 2), Timestamp(7 * HOUR)).is_ok());
    }

    #[test]
    fn one_change_in_six_hours() {
        let mut of = volume(None);
        let wanted = target(&of, 2);
        assert!(!of.modify(wanted, Timestamp(0)).unwrap().is_pending());
        assert_eq!(of.gib, 2);
        let wanted = target(&of, 3);
        let soon = Timestamp(6 * HOUR - 1);
        assert_eq!(of.modify(wanted, soon), Err(NotNow::TooSoon));
        assert!(of.modify(wanted, Timestamp(6 * HOUR)).is_ok());
    }
}
