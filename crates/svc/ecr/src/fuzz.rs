//! What fuzzing reaches of this crate's parsers.

use wharf_base::Timestamp;
use wharf_blobs::Digest;
use wharf_records::fuzz::again;

use crate::{
    lifecycle::{Candidate, Class, Policy},
    manifest::Manifest,
    records,
};

/// An image's manifest as it is pushed, with its `Content-Type`.
pub fn manifest(bytes: &[u8], media_type: Option<&str>) {
    let _ = Manifest::parse(bytes, media_type);
}

/// A record as it is stored, of any kind.
pub fn record(bytes: &[u8]) {
    again::<records::Repository>(bytes);
    again::<records::Contents>(bytes);
    again::<records::Image>(bytes);
    again::<records::Tag>(bytes);
    again::<records::Layer>(bytes);
    again::<records::PullThrough>(bytes);
    again::<records::PublicRegistry>(bytes);
    again::<records::CatalogData>(bytes);
    again::<records::Alias>(bytes);
    again::<wharf_wanted::Marker>(bytes);
}

/// A lifecycle policy, and images with these tags: one has none, one all, the others one each.
pub fn lifecycle(policy: &str, tags: &[&str]) {
    const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);
    let Ok(policy) = Policy::read(policy) else {
        return;
    };
    let none: &[&str] = &[];
    let images: Vec<Candidate> = [none, tags]
        .into_iter()
        .chain(tags.chunks(1))
        .zip(
            [0, 1_800_000_000_000, 1_799_000_000_000]
                .into_iter()
                .cycle(),
        )
        .map(|(tags, pushed_at)| Candidate {
            digest: Digest::of(tags.concat().as_bytes()),
            tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
            class: Class::Standard,
            came_at: Timestamp::from_millis(pushed_at),
            used_at: Timestamp::from_millis(pushed_at),
            archived_at: None,
            held: tags.len() == 2,
        })
        .collect();
    let mut gone = vec![false; images.len()];
    for chosen in policy.select(&images, NOW) {
        assert!(!images[chosen.image].held, "what is held stays");
        let before = std::mem::replace(&mut gone[chosen.image], true);
        assert!(!before, "an image goes once");
    }
}
