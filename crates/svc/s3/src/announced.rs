//! What happens in buckets that tell EventBridge. A happening is written down as a parcel in the transaction that
//! makes it so; that it was written is what is announced. Pure.

use wharf_base::Timestamp;
use wharf_delivery::Parcel;
use wharf_records::{Record as _, Scope, decode};
use wharf_service::{
    Place,
    announce::{Announcement, Announcing},
};
use wharf_store::{Event, EventKind};

use crate::{courier::NOTICES, notices::Notice};

/// Objects that are made, deleted and tagged.
pub const ANNOUNCING: Announcing = Announcing {
    service: NOTICES,
    of: announced,
};

/// Types of events, which are the same for as long as the program runs.
const TYPES: [&str; 4] = [
    "Object Created",
    "Object Deleted",
    "Object Tags Added",
    "Object Tags Deleted",
];

fn announced(events: &[&Event], _: Timestamp) -> Vec<Announcement> {
    events.iter().filter_map(|it| announcement(it)).collect()
}

fn announcement(event: &Event) -> Option<Announcement> {
    let (scope, kind, _) = Scope::parse(event.key())?;
    let is_new = event.kind == EventKind::Put && event.previous.is_none();
    if kind != Parcel::<Notice>::KIND || !is_new {
        return None;
    }
    let parcel = match decode::<Parcel<Notice>>(&event.entry.value) {
        Ok(parcel) => parcel,
        Err(error) => {
            let key = &event.entry.key;
            tracing::error!(key, %error, "failed to read a notice, its event is lost");
            return None;
        }
    };
    let Notice::Announcement {
        bucket,
        detail_type,
        detail,
    } = parcel.work
    else {
        return None;
    };
    Some(Announcement {
        place: Place::of_scope(&scope),
        source: "aws.s3",
        detail_type: TYPES.into_iter().find(|it| *it == detail_type)?,
        resources: vec![bucket],
        detail,
    })
}
